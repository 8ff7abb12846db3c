from __future__ import annotations

import dataclasses

import gradio as gr
import pytest

from apps.pages.context import PageContext
from apps.pages.who import user_of
from homespun.errors import HomespunError


@pytest.mark.parametrize(("username", "user"), [("ada", "ada"), ("Zoe\u0308", "Zo\u00eb"), ("Ada", "Ada")])
def test_the_user_is_who_logged_in(context: PageContext, username: str, user: str) -> None:
    known = dataclasses.replace(context, users=True, owner=False)
    assert user_of(known, gr.Request(username=username)) == user


def test_who_has_not_logged_in_is_nobody(context: PageContext) -> None:
    known = dataclasses.replace(context, users=True, owner=False)
    with pytest.raises(HomespunError, match="Log in"):
        user_of(known, gr.Request())


def test_without_a_login_it_is_the_owner_on_their_machine_and_a_guest_elsewhere(context: PageContext) -> None:
    assert user_of(context, gr.Request()) == "local"
    assert user_of(dataclasses.replace(context, owner=False), gr.Request()) == "guest"

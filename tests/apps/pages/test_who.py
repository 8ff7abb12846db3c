from __future__ import annotations

import gradio as gr
import pytest

from apps.pages.who import user_of


@pytest.mark.parametrize(
    ("username", "user"), [("ada", "ada"), (None, "local"), ("Zoe\u0308", "Zo\u00eb"), ("Ada", "Ada")]
)
def test_the_user_is_who_logged_in_or_local(username: str | None, user: str) -> None:
    assert user_of(gr.Request(username=username)) == user

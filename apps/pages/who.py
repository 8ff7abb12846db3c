"""Who sits before the page.

Contract: a name is the same whichever way it was typed at the login, so that it can stand for a person's
memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.users import LOCAL, canonical

if TYPE_CHECKING:
    import gradio as gr


def user_of(request: gr.Request) -> str:
    """Returns the name of who is logged in, or `LOCAL` where there is no login."""
    return canonical(request.username) if request.username else LOCAL

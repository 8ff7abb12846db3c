"""Who sits before the page.

Contract: a name is the same whichever way it was typed at the login, so that it can stand for a person's
memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.users import canonical
from graphs.chatbot.state import GUEST, LOCAL
from homespun.errors import HomespunError

if TYPE_CHECKING:
    import gradio as gr

    from apps.pages.context import PageContext


def user_of(context: PageContext, request: gr.Request) -> str:
    """Returns the name of who is logged in, `LOCAL` on one's own machine, or `GUEST` on a page open to all.

    Raises:
        HomespunError: if there's a login and nobody has logged in.
    """
    if not context.users:
        return LOCAL if context.owner else GUEST
    if not request.username:
        raise HomespunError("Log in first.")
    return canonical(request.username)

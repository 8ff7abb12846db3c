"""A small suite behind the real gate: `locked.py SECRET [USERS]` serves it until it's killed.

Pages, events and a route of its own have the secret in them. The first line that it says is its address.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

from starlette.responses import PlainTextResponse
from starlette.routing import Route

from apps import ui
from apps.pages.context import PageContext
from apps.pages.who import user_of
from apps.users import Users
from homespun.names import Table

ui.quiet()
import gradio as gr  # noqa: E402

SECRET, FILE = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None
PAGES: Table[Any] = Table("page", {"first": "__main__:first", "second": "__main__:second"})


USED: list[PageContext] = []
"""What the pages were built with."""


def who(request: gr.Request) -> str:
    return user_of(USED[0], request)


def echo(text: str, chosen: str, request: gr.Request) -> str:
    return f"{user_of(USED[0], request)} {text} {chosen}"


def thrice(request: gr.Request) -> Iterator[str]:
    for count in range(3):
        yield f"{user_of(USED[0], request)} {count}"
        time.sleep(0.02)


def first(context: PageContext) -> None:
    USED.append(context)
    from gradio.context import Context

    said = gr.Textbox(SECRET, label=SECRET)
    chosen = gr.Dropdown([SECRET], value=SECRET)
    button = gr.Button()
    assert Context.root_block is not None
    Context.root_block.load(who, None, said)
    clicked = button.click(who, None, said)
    button.click(thrice, None, said)
    button.click(who, None, said, queue=False)
    clicked.then(who, None, said)
    button.click(echo, [said, chosen], said)


def second(_context: PageContext) -> None:
    gr.Textbox(SECRET)


def report(_request: Any) -> PlainTextResponse:
    return PlainTextResponse(SECRET)


if __name__ == "__main__":
    users = None if FILE is None else Users.read(FILE)
    nothing: Any = None  # its pages keep nothing
    context = PageContext(
        graph=lambda _model: None,
        models=[],
        model="",
        state=nothing,
        running=nothing,
        routes=lambda: [Route("/evals-report/{run}", report)],
        owner=users is None,
        users=users is not None,
    )
    _, address = ui.launch(
        context,
        pages=PAGES,
        port=0,
        block=False,
        auth=None if users is None else users.check,
        mark=None if users is None else users.mark,
    )
    print(address, flush=True)  # noqa: T201
    threading.Event().wait()

"""`homespun ui`: the Gradio suite in a browser."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apps.cli.output import complain
from homespun.errors import UsageError

if TYPE_CHECKING:
    from apps.users import Users


def ui(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = None,
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="Which model is chosen at first.")
    ] = None,
    auth: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Let in only the users of this file; see `homespun users`."),
    ] = None,
    browser: Annotated[bool, typer.Option("--open", help="Show it in the browser.")] = False,
) -> None:
    """Start the suite on http://127.0.0.1:7860."""
    from apps import compose
    from apps.ui import launch
    from homespun.settings import load_settings

    settings = load_settings(host=host, port=port, model=model, auth=auth)
    compose.check_page_model(settings)
    if model is not None:
        compose.chat_model(settings)  # a mistyped name is told here, not on the page's first answer
    users = None if settings.auth is None else _users(settings.auth)
    with compose.open_state(settings) as state:
        context = compose.page_context(settings, state)
        app, address = launch(
            context,
            pages=compose.pages(settings),
            host=settings.host,
            port=settings.port,
            open_browser=browser,
            block=False,
            auth=None if users is None else users.check,
            mark=None if users is None else users.mark,
        )
        compose.warm(settings)
        print(f"Homespun is on {address} (Ctrl-C ends it)", flush=True)
        try:
            # Gradio's own wait would turn Ctrl-C into success.
            threading.Event().wait()
        finally:
            context.running.close()  # what is being written is kept as far as it is
            app.close(verbose=False)


def _users(file: Path) -> Users:
    """Reads the file of users, and refuses one by which nobody could log in."""
    from apps.users import Users

    users = Users.read(file)
    if not users.names:
        raise UsageError(
            f"There are no users in {file}, so nobody could log in: homespun users add NAME --file {file}"
        )
    if users.exposed:
        complain(f"Everybody on this machine can read {file}: chmod 600 makes it yours alone.")
    return users

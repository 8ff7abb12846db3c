"""`homespun ui`: the Gradio suite in a browser."""

from __future__ import annotations

import threading
from typing import Annotated

import typer


def ui(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = None,
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="Which model is chosen at first.")
    ] = None,
    browser: Annotated[bool, typer.Option("--open", help="Show it in the browser.")] = False,
) -> None:
    """Start the suite on http://127.0.0.1:7860."""
    from apps import compose
    from apps.ui import launch
    from homespun.settings import load_settings

    settings = load_settings(host=host, port=port, model=model)
    compose.check_page_model(settings)
    if model is not None:
        compose.chat_model(settings)  # a mistyped name is told here, not on the page's first answer
    with compose.open_threads(settings) as saver:
        app, address = launch(
            compose.page_context(settings, saver),
            pages=compose.pages(settings),
            host=settings.host,
            port=settings.port,
            open_browser=browser,
            block=False,
        )
        compose.warm(settings)
        print(f"Homespun is on {address} (Ctrl-C ends it)", flush=True)
        try:
            # Gradio's own wait would turn Ctrl-C into success.
            threading.Event().wait()
        finally:
            app.close(verbose=False)

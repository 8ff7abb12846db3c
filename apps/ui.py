"""The Gradio suite: builds the app out of the pages and serves it on this machine.

Contract: nothing leaves the machine. Gradio's analytics are switched off before Gradio is imported, fonts
are the system's, and the API pages are hidden. `build_app` makes the ``gr.Blocks``; `launch` serves it,
behind a login where it is given a check of names and passwords.
"""

from __future__ import annotations

import dataclasses
import errno
import os
import socket
import warnings
from typing import Any

from apps.gate import Auth, Gate, Mark, in_turn
from apps.pages import PAGES
from apps.pages.context import PageContext
from homespun.errors import UsageError
from homespun.names import Table

TITLE = "Homespun"


def quiet() -> None:
    """Switches off everything by which Gradio and its hub client speak to other machines.

    To be called before the first import of Gradio; later it is of no use.
    """
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ["GRADIO_SHARE"] = "False"


def build_app(context: PageContext, pages: Table[Any] = PAGES) -> Any:
    """Returns the ``gr.Blocks`` of all pages; the first one is the root."""
    quiet()
    import gradio as gr

    names = pages.listed()
    context = dataclasses.replace(context, pages=names)
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True, fill_height=True) as app:
        pages[names[0]](context)
    for name in names[1:]:
        with app.route(name.capitalize(), f"/{name}"):
            pages[name](context)
    return app


def launch(
    context: PageContext,
    *,
    pages: Table[Any] = PAGES,
    host: str = "127.0.0.1",
    port: int = 7860,
    open_browser: bool = False,
    block: bool = True,
    auth: Auth | None = None,
    mark: Mark | None = None,
) -> tuple[Any, str]:
    """Serves the suite.

    Args:
        context: what the pages are given.
        pages: which pages there are; the first one is the root.
        host: address to listen on; anything but a loopback address opens the suite to the network.
        port: TCP port; 0 takes a free one.
        open_browser: shows the page in the default browser.
        block: waits until Ctrl-C; otherwise returns at once.
        auth: ``auth(name, password)`` says who may log in, and nothing is served to others; None asks nobody.
        mark: ``mark(name)`` gives what changes when a user's logins end, see `apps.gate.Gate`; None: they
            last until the user logs out or the server ends.

    Returns:
        The running ``gr.Blocks`` and its address.

    Raises:
        UsageError: if the port is taken or the address isn't one of this machine's.
    """
    port = free_port(host, port)
    app = build_app(context, pages)
    from apps.pages import look

    served: dict[str, Any] = {"routes": list(context.routes())}
    if auth is not None:
        from starlette.middleware import Middleware

        served["middleware"] = [Middleware(Gate, pages=pages.listed(), mark=mark)]
    app.queue(default_concurrency_limit=8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Gradio's own deprecations are no business of the user's
        _, address, _ = app.launch(
            server_name=host,
            server_port=port,
            theme=look.theme(),
            css_paths=[look.STYLE],
            js=look.SCRIPT.read_text(encoding="utf-8"),
            app_kwargs=served,
            auth=None if auth is None else in_turn(auth),
            footer_links=[],
            run_history=False,
            enable_monitoring=False,
            ssr_mode=False,
            share=False,
            pwa=False,
            mcp_server=False,
            show_error=True,
            quiet=True,
            inbrowser=open_browser,
            prevent_thread_lock=True,
        )
    if block:
        app.block_thread()
    return app, address


def free_port(host: str, port: int) -> int:
    """Returns `port`, or a free one for 0, after seeing that it can be listened on.

    Raises:
        UsageError: if it can't; the line says what to do.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            return int(probe.getsockname()[1])
    except (OSError, OverflowError) as error:
        number = getattr(error, "errno", None)
        if number == errno.EADDRINUSE:
            line = (
                f"Port {port} is taken by another program. Choose another one: homespun ui --port {port + 1}"
            )
        elif number == errno.EACCES:
            line = f"Port {port} needs more rights than this program has. Choose one above 1023."
        else:
            line = f"{host}:{port} can't be listened on ({error}). Use an address of this machine."
        raise UsageError(line) from error

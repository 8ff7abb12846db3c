"""The HTML reports, served from this machine to the Evals page's frame and to a tab of their own.

Contract: a report is shut in: it runs its own script in an origin of its own, reaches neither the pages of
the suite nor the network, and only those pages may frame it. The route is there only where runs may be read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from homespun.errors import HomespunError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from apps.pages.evals.desk import Desk

PATH = "/evals-report"
HEADERS = {
    # "sandbox" makes the frame's attribute hold for the report in a tab of its own as well.
    "Content-Security-Policy": "sandbox allow-scripts; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def address(run: str) -> str:
    """Returns where a run's report is served, relative to the Evals page."""
    return f"{PATH.removeprefix('/')}/{quote(run)}"


def routes(desk: Desk) -> list[Any]:
    """Returns the route that serves the reports of the runs that are kept."""
    from starlette.responses import HTMLResponse, PlainTextResponse
    from starlette.routing import Route

    def report(request: Request) -> Response:
        try:
            page = desk.page(request.path_params["run"])
        except HomespunError as error:
            return PlainTextResponse(str(error), status_code=404, headers=HEADERS)
        theme = request.query_params.get("theme")
        if theme in ("light", "dark"):  # shut in, the report can't see what its frame is like
            page = page.replace("<html ", f'<html data-theme="{theme}" ', 1)
        return HTMLResponse(page, headers=HEADERS)

    return [Route(PATH + "/{run}", report, methods=["GET"])]

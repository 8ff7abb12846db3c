"""The gate before everything that the suite serves, where one has to log in.

Contract: Gradio checks the password and keeps who is logged in. The gate stands before all of it, also before
the routes beside the pages, which Gradio doesn't guard: without a login there is the login page and nothing
else. That page is ours, since Gradio's holds the labels, choices and defaults of the page behind it. It
fetches nothing from anywhere. Other sites' pages get nothing either, whoever looks at them: Gradio would let
them ask under the login of their visitor. The gate remembers names and hashes, never passwords.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from apps.pages import look
from homespun.errors import HomespunError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

Auth = Callable[[str, str], bool]
Mark = Callable[[str], str | None]

log = logging.getLogger(__name__)

OPEN = frozenset({"/login", "/logout", "/gradio_api/startup-events"})
"""What everybody reaches: Gradio's check of a password, the way out, and how `launch` starts the queue."""

FOREIGN = "Another site's page asked for this."
REFUSAL = "Nobody is logged in here. Load the page anew to log in."
"""Gradio's script shows it where a page was open when its login ended."""

LOGIN = look.STATIC / "login.html"

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Gate:
    """The middleware.

    Args:
        app: what is behind it.
        pages: the names of the pages, of which the first one is the root.
        mark: ``mark(name)`` gives what stands for a user's present password, None for a name that isn't a
            user (any more). Whoever logged in under another mark is logged out.
    """

    def __init__(self, app: ASGIApp, pages: Iterable[str], mark: Mark | None = None) -> None:
        self.app, self.mark = app, mark
        self._pages = frozenset({"/", *(f"/{name}" for name in list(pages)[1:])})
        self._login = LOGIN.read_text(encoding="utf-8")
        self._marks: dict[str, str | None] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets a request through, or answers with status 401 (for a page, the login page) or 403."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif _is_foreign(scope):
            await _refuse(scope, receive, send, 403, FOREIGN)
        elif self._user(scope) is not None:
            await self.app(scope, receive, send)
        elif scope["type"] == "http" and scope["path"].rstrip("/") in OPEN:
            await self.app(scope, receive, send)
            self._note(scope["app"].tokens)
        else:
            is_page = scope["path"] in self._pages and scope.get("method") in ("GET", "HEAD")
            await _refuse(scope, receive, send, 401, REFUSAL, self._login if is_page else None)

    def _user(self, scope: Scope) -> str | None:
        """Returns who is logged in, by the cookies and tokens that Gradio made."""
        from starlette.requests import HTTPConnection

        server: Any = scope["app"]
        cookies = HTTPConnection(scope).cookies
        tokens = [cookies.get(f"access-token{kind}-{server.cookie_id}") for kind in ("", "-unsecure")]
        for token in tokens:
            if token is not None and token in server.tokens and not self._stands(token, server.tokens):
                server.tokens.pop(token, None)
        # As Gradio has it: a first cookie that is of no use isn't made up for by the second.
        user: str | None = server.tokens.get(tokens[0] or tokens[1])
        return user

    def _stands(self, token: str, tokens: dict[str, str]) -> bool:
        """Says whether the password is still the one with which this token was got."""
        if self.mark is None:
            return True
        self._note(tokens)
        try:
            mark = self.mark(tokens.get(token, ""))
        except HomespunError:
            return True  # a broken file says nothing against anybody; nobody new gets in by it either
        return mark is not None and mark == self._marks.get(token)

    def _note(self, tokens: dict[str, str]) -> None:
        """Keeps for each new token the mark of its user, and forgets the tokens that are gone.

        At once after the login: a token that is used only later mustn't outlast the password it was got with.
        """
        tokens = dict(tokens)  # at once: /logout takes some away in another thread
        if self.mark is None or tokens.keys() == self._marks.keys():
            return
        marks = {token: self._marks[token] for token in tokens if token in self._marks}
        with suppress(HomespunError):
            marks |= {token: self.mark(name) for token, name in tokens.items() if token not in marks}
        self._marks = marks


def _is_foreign(scope: Scope) -> bool:
    """Says whether another site's page makes a browser ask for this, other than by a link to here.

    Browsers say so themselves wherever they'd send the login along; other programs have no such header.
    """
    from starlette.datastructures import Headers

    headers = Headers(scope=scope)
    followed = (
        scope.get("method") == "GET"
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest") == "document"
    )
    return headers.get("sec-fetch-site", "none") not in ("none", "same-origin") and not followed


async def _refuse(
    scope: Scope, receive: Receive, send: Send, status: int, why: str, page: str | None = None
) -> None:
    if scope["type"] != "http":
        await send({"type": "websocket.close", "code": 1008})
        return
    from starlette.responses import HTMLResponse, JSONResponse

    answer = JSONResponse({"detail": why}, status) if page is None else HTMLResponse(page, status)
    answer.headers.update(HEADERS)
    await answer(scope, receive, send)


def in_turn(auth: Auth) -> Callable[[str, str], Awaitable[bool]]:
    """Returns the same check for a server: beside its event loop, and one after the other.

    A hash takes time and memory on purpose. So guesses, however many at once, use one processor and the
    memory of one hash, and answers go on streaming meanwhile. A check that can't be made lets nobody in.
    """
    turn = asyncio.Lock()

    async def check(name: str, password: str) -> bool:
        async with turn:
            try:
                return await asyncio.to_thread(auth, name, password)
            except HomespunError as error:
                log.warning("Nobody can log in: %s", error)
                return False

    return check

from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from apps.gate import Gate, in_turn
from homespun.errors import UsageError


async def test_checks_run_one_after_the_other_and_hold_nothing_up() -> None:
    go_on = threading.Event()
    running: list[str] = []

    def slow(name: str, _password: str) -> bool:
        running.append(name)
        assert go_on.wait(60)
        return name == "ada"

    check = in_turn(slow)
    guesses = [asyncio.create_task(check(name, "x")) for name in ("ada", "bea", "cyd")]  # type: ignore[arg-type]
    while not running:
        await asyncio.sleep(0.001)  # the loop goes on
    await asyncio.sleep(0.05)
    assert running == ["ada"]
    go_on.set()
    assert await asyncio.gather(*guesses) == [True, False, False]
    assert running == ["ada", "bea", "cyd"]


async def test_a_check_that_cannot_be_made_lets_nobody_in(caplog: pytest.LogCaptureFixture) -> None:
    def broken(_name: str, _password: str) -> bool:
        raise UsageError("the file is broken")

    assert await in_turn(broken)("ada", "x") is False
    assert "Nobody can log in: the file is broken" in caplog.text


async def test_a_socket_without_a_login_is_closed() -> None:
    server = SimpleNamespace(cookie_id="c", tokens={"t": "ada"})

    async def behind(scope: Any, _receive: Any, _send: Any) -> None:
        reached.append(scope["path"])

    reached: list[str] = []
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    gate = Gate(behind, ["first"])
    for path, cookie in (("/", b""), ("/login", b""), ("/in", b"access-token-c=t")):
        scope = {"type": "websocket", "path": path, "app": server, "headers": [(b"cookie", cookie)]}
        await gate(scope, None, send)  # type: ignore[arg-type]
    assert reached == ["/in"]
    assert [message["type"] for message in sent] == ["websocket.close"] * 2

"""A scripted model that knows a few openers, the page's context over it, and the real server in a browser."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from apps import compose
from apps.pages.context import PageContext
from homespun.settings import Settings, load_settings

SCRIPT = [
    {"match": "^Hello", "text": "Hello! How can I help you today?", "token_delay": 0.15},
    {"match": "^Count", "text": " ".join(f"{i}," for i in range(1, 301)), "token_delay": 0.1},
    {"match": "^Quick", "text": " ".join(str(i) for i in range(600))},
    {"match": "^Break", "text": "I was about", "error": {"message": "out of wool", "after": 2}},
    {"match": "^Fail", "error": "out of wool"},
    {"match": "^Markup", "text": "A <b>tag</b> and `<i>code</i>`."},
    {"match": ".", "text": "I see."},
]

CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def script(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of the scripted model."""
    file = tmp_path_factory.mktemp("script") / "talk.json"
    file.write_text(json.dumps([{**turn, "repeat": True} for turn in SCRIPT]), encoding="utf-8")
    return f"scripted:{file}"


@pytest.fixture
def settings(script: str, tmp_path: Path) -> Settings:
    return load_settings(home=tmp_path, model=script)


@pytest.fixture
def context(settings: Settings) -> Iterator[PageContext]:
    with compose.open_state(settings) as state:
        yield compose.page_context(settings, state)


@pytest.fixture(scope="session")
def homes() -> dict[str, Path]:
    """Where the servers that `serve` started keep things: model and further arguments → home."""
    return {}


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory, homes: dict[str, Path]) -> Iterator[Callable[..., str]]:
    """Starts `homespun ui` for a model and further arguments, once each, and gives the address."""
    running: dict[tuple[str, ...], tuple[subprocess.Popen[bytes], str]] = {}

    def start(model: str, *more: str) -> str:
        if (model, *more) not in running:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = probe.getsockname()[1]
            home = homes[" ".join((model, *more))] = tmp_path_factory.mktemp("home")
            command = [sys.executable, "-m", "apps", "ui", "--port", str(port), "--model", model, *more]
            log = (home / "log").open("wb")
            process = subprocess.Popen(
                command, env={**os.environ, "HOMESPUN_HOME": str(home)}, stdout=log, stderr=log
            )
            log.close()
            address = f"http://127.0.0.1:{port}/"
            running[model, *more] = process, address
            for _ in range(240):
                if process.poll() is not None:
                    pytest.fail((home / "log").read_text(encoding="utf-8", errors="replace"))
                try:
                    urllib.request.urlopen(address, timeout=2).close()
                    break
                except urllib.error.HTTPError:
                    break  # one has to log in
                except OSError:
                    time.sleep(0.25)
            else:
                pytest.fail(f"{' '.join(command)} did not answer within a minute.")
        return running[model, *more][1]

    yield start
    for process, _ in running.values():
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's Chromium; without it the test skips, or fails where a browser is required.

    While it is open, Playwright keeps an event loop running in this thread, in which no asynchronous test can
    start: so it closes with the module.
    """
    path = shutil.which("chromium")
    if path is None:
        missing = "There is no Chromium here; `apt-get install chromium` brings one."
        if os.environ.get("HOMESPUN_REQUIRE_BROWSER") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=CHROMIUM)
        yield chromium
        chromium.close()

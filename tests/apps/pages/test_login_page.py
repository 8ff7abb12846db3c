"""The login page in a real browser, before a small suite of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from apps.passwords import Cost
from apps.users import Users

pytestmark = pytest.mark.browser

SERVER = Path(__file__).parents[1] / "locked.py"
PASSWORD = "correct horse"


@pytest.fixture(scope="module")
def users(tmp_path_factory: pytest.TempPathFactory) -> Users:
    users = Users.read(tmp_path_factory.mktemp("users") / "users.toml", Cost(ln=2, r=1, p=1))
    users.add("ada", PASSWORD)
    return users


@pytest.fixture(scope="module")
def address(users: Users) -> Iterator[str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(SERVER.parents[2])}
    command = [sys.executable, str(SERVER), "kept secret", str(users.path)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.kill()


@pytest.fixture
def asked() -> list[str]:
    """The addresses that the page has asked for something."""
    return []


@pytest.fixture
def page(browser: Any, address: str, asked: list[str]) -> Iterator[Any]:
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    yield page
    context.close()


def login(page: Any, password: str = PASSWORD) -> None:
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill(password)
    page.keyboard.press("Enter")


def test_it_needs_nothing_but_itself(page: Any, address: str, asked: list[str]) -> None:
    assert page.evaluate("document.activeElement.name") == "username"
    page.get_by_role("button", name="Log in").wait_for()
    assert asked == [address]


def test_a_wrong_password_is_said_and_can_be_mended(page: Any) -> None:
    login(page, "wrong horse")
    page.get_by_role("alert").get_by_text("That isn’t a name and its password.").wait_for()
    assert page.get_by_label("Name").input_value() == "ada"
    assert page.evaluate("document.activeElement.name") == "password"
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_function("() => [...document.querySelectorAll('textarea')].some(t => t.value === 'ada')")


def test_one_lands_on_the_page_that_was_asked_for(page: Any, address: str, asked: list[str]) -> None:
    page.goto(f"{address}second")
    login(page)
    page.wait_for_function("() => [...document.querySelectorAll('textarea')].some(t => t.value)")
    assert urlsplit(page.url).path == "/second"
    assert {urlsplit(url).netloc for url in asked if url.startswith("http")} == {urlsplit(address).netloc}


def test_a_frame_that_is_shut_in_is_let_in_too(page: Any) -> None:
    login(page)
    page.wait_for_selector("textarea")
    page.evaluate(
        """() => { const frame = document.createElement("iframe"); frame.sandbox = "allow-scripts";
        frame.id = "shut"; frame.src = "evals-report/run"; document.body.append(frame); }"""
    )
    page.frame_locator("#shut").get_by_text("kept secret").wait_for()


def test_logging_out_leads_back_to_it(page: Any, address: str) -> None:
    login(page)
    page.wait_for_selector("textarea")
    page.goto(f"{address}logout")
    page.get_by_label("Password").wait_for()
    assert urlsplit(page.url).path == "/"
    page.go_back()
    page.reload()
    page.get_by_label("Password").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_the_page_in_light_and_dark(browser: Any, address: str, scheme: str) -> None:
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    page.goto(address)
    paper, ink = page.evaluate(
        """() => { const style = getComputedStyle(document.body);
        return [style.backgroundColor, style.color].map(c => c.match(/\\d+/g).map(Number)
          .reduce((sum, part) => sum + part)); }"""
    )
    context.close()
    assert (paper > 700, ink < 120) == (True, True) if scheme == "light" else (paper < 120, ink > 700)

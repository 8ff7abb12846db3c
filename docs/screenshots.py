"""Makes the pictures of the running suite in this folder: ``python docs/screenshots.py [MODEL]``.

Starts ``homespun ui`` with an empty home folder, talks to it in Debian's Chromium and writes ``chat.png``
(what the README shows), ``chat-empty.png``, ``chat-dark.png``, ``chat-narrow.png``, ``evals.png`` and
``evals-dark.png`` beside this file. MODEL is "home" unless given; what it answers is shown as it comes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
ADDRESS = "http://127.0.0.1:7861/"
QUESTIONS = ("Hello! How are you today?", "My cat is called Tom.", "What is my cat called?")
ANSWERED = """count => {
  const answers = document.querySelectorAll("#chat [data-testid=bot]");
  return answers.length === count && answers[count - 1].innerText.trim().length > 1;
}"""
BROWSER = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


def main(model: str) -> None:
    """Serves `model` and takes the pictures."""
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, "-m", "apps", "ui", "--port", "7861", "--model", model]
        environment = {**os.environ, "HOMESPUN_HOME": home}
        server = subprocess.Popen(command, cwd=HERE.parent, env=environment)
        try:
            _wait(server)
            with sync_playwright() as playwright:
                chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=BROWSER)
                _pictures(chromium)
                _evals(chromium)
                chromium.close()
        finally:
            server.terminate()
            server.wait(20)


def _pictures(chromium: Any) -> None:
    page = chromium.new_page(viewport={"width": 1280, "height": 800}, device_scale_factor=1)
    page.goto(ADDRESS)
    page.wait_for_function("() => document.activeElement?.closest('#message')")
    _settle(page)
    page.screenshot(path=HERE / "chat-empty.png")
    for asked, question in enumerate(QUESTIONS, start=1):
        page.fill("#message textarea", question)
        page.press("#message textarea", "Enter")
        page.wait_for_function(ANSWERED, arg=asked, timeout=120_000)
        page.wait_for_selector("#message .submit-button", timeout=120_000)
    page.mouse.move(780, 640)
    _settle(page)
    page.screenshot(path=HERE / "chat.png")
    page.click("#sampling .label-wrap")
    page.click("#theme")
    _settle(page)
    page.screenshot(path=HERE / "chat-dark.png")
    page.click("#theme")
    page.set_viewport_size({"width": 390, "height": 844})
    page.reload()
    page.wait_for_selector("#chat [data-testid=bot]")
    _settle(page)
    page.screenshot(path=HERE / "chat-narrow.png")


def _evals(chromium: Any) -> None:
    page = chromium.new_page(viewport={"width": 1280, "height": 800}, device_scale_factor=1)
    page.goto(ADDRESS + "evals")
    page.wait_for_selector("#suites label")
    for suite in ("lm", "chat_memory"):  # first_contact is ticked already
        page.locator("#suites label", has_text=suite).first.click()
    page.fill("#limit :is(input, textarea)", "40")
    page.click("#go")
    page.wait_for_selector("#heading h2", timeout=600_000)
    _settle(page)
    page.screenshot(path=HERE / "evals.png")
    page.get_by_role("tab", name="Samples").click()
    page.click("#theme")
    _settle(page)
    page.screenshot(path=HERE / "evals-dark.png")


def _settle(page: Any) -> None:
    page.wait_for_load_state("load")
    time.sleep(1)


def _wait(server: subprocess.Popen[bytes]) -> None:
    for _ in range(240):
        if server.poll() is not None:
            raise SystemExit("The suite did not start.")
        try:
            urllib.request.urlopen(ADDRESS, timeout=2).close()
            return
        except OSError:
            time.sleep(0.25)
    raise SystemExit("The suite did not answer within a minute.")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "home")

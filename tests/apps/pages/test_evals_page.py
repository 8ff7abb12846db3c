"""The Evals page in a real browser, over `homespun ui` with a scripted model."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from evals import run_folder
from evals.result import Report, SuiteResult, SystemResult, Timings

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser: Any, serve: Callable[[str], str], script: str) -> Iterator[Any]:
    """The Evals page; nothing may go wrong on it, and nobody else may be asked for anything."""
    address = serve(script)
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    trouble: list[str] = []
    hosts: set[str] = set()
    opened.on("pageerror", lambda error: trouble.append(str(error)))
    opened.on("console", lambda m: m.type in ("error", "warning") and trouble.append(m.text))
    opened.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    opened.set_default_timeout(60_000)
    opened.goto(address + "evals")
    opened.wait_for_selector("#suites label")
    yield opened
    context.close()
    # Gradio's own script complains of the connection that a reload cuts.
    cut = ("AbortError", "Connection errored out", "Failed to fetch")
    assert [line for line in trouble if not any(word in line for word in cut)] == []
    assert hosts == {urlsplit(address).netloc}


def choose(page: Any, *suites: str) -> None:
    for label in page.locator("#suites label.selected").all_inner_texts():
        page.locator("#suites label", has_text=label.split(" — ")[0] + " — ").click()
    for suite in suites:
        page.locator("#suites label", has_text=f"{suite} — ").click()


def test_a_run_is_started_ends_and_is_looked_into(page: Any) -> None:
    (ticked,) = page.locator("#suites label.selected").all_inner_texts()
    assert ticked.startswith("first_contact — ")
    choose(page, "lm")
    page.click("#go")  # lm can't be run on a script: one line says so
    page.locator("#work .bad").wait_for()
    choose(page, "chat_memory", "recorded")
    page.fill("#limit :is(input, textarea)", "3")
    page.click("#go")
    page.locator("#heading h2", has_text="chat memory").wait_for()
    assert not page.locator("#start").is_visible()
    assert page.locator("#runs label.selected").count() == 1
    run = page.evaluate("new URL(location.href).searchParams.get('run')")
    assert run

    # A failure and the thread behind it.
    page.get_by_role("tab", name="Samples").click()
    page.locator("#samples label", has_text="×").first.click()
    page.locator("#detail").get_by_text("I see.").first.wait_for()
    page.click("#jump")
    page.locator("#thread", has_text="1 checkpoint").wait_for()
    page.locator("#thread summary").first.click()
    assert '"messages"' in page.locator("#thread pre.data").first.inner_text()

    # The report is shut in, and as dark as the page.
    page.get_by_role("tab", name="Report").click()
    report = page.frame_locator("#frame iframe")
    report.locator("#list li").first.wait_for()
    assert report.locator("html").get_attribute("data-theme") == "light"
    assert page.locator("#frame iframe").get_attribute("sandbox") == "allow-scripts"
    page.click("#theme")
    report.locator("html[data-theme=dark]").wait_for()

    # A reload shows the same; so does the way there and back.
    page.reload()
    page.locator("#heading h2", has_text="chat memory").wait_for()
    page.locator("#pages a", has_text="Chat").click()
    page.wait_for_selector("#message textarea")
    page.wait_for_function("() => document.querySelector('#pages a:not([aria-current])')?.search")
    page.locator("#pages a", has_text="Evals").click()
    page.locator("#heading h2", has_text="chat memory").wait_for()
    assert page.evaluate("new URL(location.href).searchParams.get('run')") == run


def test_a_running_one_is_found_again_stopped_and_gone_on_with(page: Any, tmp_path: Path) -> None:
    slow = tmp_path / "slow.jsonl"
    turns = [{"messages": [{"role": "user", "content": f"Hello {n}"}], "answer": "Hi"} for n in range(4)]
    slow.write_text("".join(json.dumps(turn) + "\n" for turn in turns), encoding="utf-8")
    choose(page, "recorded")
    page.click("#more .label-wrap")
    page.fill("#data :is(input, textarea)", str(slow))
    page.click("#go")
    page.locator("#work", has_text=" of 4").wait_for()
    page.reload()
    page.locator("#work", has_text="Running").wait_for()
    page.click("#halt")
    page.locator("#work h2", has_text="Stopped").wait_for()
    assert "so far. What was answered is kept" in page.locator("#work").inner_text()
    assert page.locator("#heading h2").count() == 0
    page.click("#again")
    page.locator("#heading", has_text="slow.jsonl").or_(
        page.locator("#summary", has_text="slow.jsonl")
    ).wait_for()


def test_a_turn_of_a_chat_is_kept_as_a_sample(page: Any) -> None:
    page.locator("#pages a", has_text="Chat").click()
    page.wait_for_selector("#message textarea")
    page.wait_for_function("() => document.activeElement?.closest('#message')")
    page.keyboard.type("Hello")
    page.keyboard.press("Enter")
    page.locator("#chat [data-testid=bot]", has_text="today?").wait_for()
    page.click("#sample")
    page.fill("#keep-accept textarea", "help")
    page.click("#keep-yes")
    page.get_by_text("Kept. The suite").wait_for()
    assert not page.locator("#keep").is_visible()
    page.locator("#pages a", has_text="Evals").click()
    page.get_by_text("1 turn of your chats kept").wait_for()
    choose(page, "recorded")
    page.click("#go")
    page.locator("#heading strong", has_text="100").wait_for()
    page.locator("#summary", has_text="recorded.jsonl").wait_for()


def test_a_long_list_of_runs_scrolls_in_one_place(page: Any, homes: dict[str, Path], script: str) -> None:
    system = SystemResult(name="m", fingerprint="f", estimates=[], samples=[])
    suite = SuiteResult(
        suite="sums", version=1, about="", data="built-in", digest="d", seed=0, limit=4, system=system
    )
    for n in range(25):
        started = Timings(started=f"2026-01-01T00:{n:02}:00+00:00", wall_s=1)
        report = Report(suites=[suite], timings=started)
        run_folder.write(
            homes[script] / "runs" / "evals" / f"sums-m-{n:08x}", report, [], {"report.html": ""}
        )
    page.reload()
    rows, top = page.locator("#runs label"), "document.querySelector('#runs [data-testid=block-info]')"
    rows.nth(24).wait_for(state="attached")
    page.wait_for_function("() => document.body.classList.contains('ready')")
    scroll = (
        "[...document.querySelectorAll('#side, #side *')].filter(e => e.scrollHeight > e.clientHeight + 1 &&"
        + " ['auto', 'scroll'].includes(getComputedStyle(e).overflowY)).map(e => e.className.split(' ')[0])"
    )
    assert page.evaluate(scroll) == ["wrap"]
    before = page.evaluate(f"{top}.getBoundingClientRect().top")
    rows.nth(3).hover()
    page.mouse.wheel(0, 20_000)
    page.wait_for_function("() => document.querySelector('#runs .wrap:not(.hide)').scrollTop > 100")
    rows.last.click()
    page.locator("#runs label.selected").wait_for()
    page.locator("#opened h2").wait_for()
    assert page.evaluate(f"{top}.getBoundingClientRect().top") == before
    seen = rows.last.bounding_box()
    assert seen["y"] + seen["height"] <= 900


def test_narrow_and_dark(page: Any) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark")
    page.reload()
    page.wait_for_selector("#suites label")
    page.wait_for_function("() => document.body.classList.contains('ready')")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("document.body.classList.contains('dark')")
    nameless = (
        "[...document.querySelectorAll('button, a, input, textarea')].filter(e => e.offsetParent && "
        + "!(e.innerText.trim() || e.ariaLabel || e.title || e.labels?.length)).map(e => e.outerHTML)"
    )
    assert page.evaluate(nameless) == []

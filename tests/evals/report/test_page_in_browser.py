"""The report's page in Chromium: filters, deep links, highlighted sentences, dark and light, phone width."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from evals.compare import Difference
from evals.report import html
from evals.result import Answered, Asked, Record, Report, SuiteResult, SystemResult

pytestmark = pytest.mark.browser
CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
Show = Callable[..., Any]


@pytest.fixture(scope="module")
def address(
    whole: tuple[Report, list[Record]], difference: Difference, tmp_path_factory: pytest.TempPathFactory
) -> str:
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(html.render(*whole, difference), encoding="utf-8")
    return Path(file).as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright isn't installed")
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("there is no Chromium on this machine")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=program, args=CHROMIUM)
        yield chromium
        chromium.close()


@pytest.fixture
def show(browser: Any, address: str) -> Iterator[Show]:
    """Opens the page; whatever the console said fails the test at its end."""
    said: list[str] = []
    contexts = []

    def open_page(fragment: str = "", *, width: int = 1280, scheme: str = "light") -> Any:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(5000)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: said.extend([request.url] * (not request.url.startswith("file:"))))
        page.goto(address + fragment)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert said == []


def ids(page: Any) -> list[str]:
    return [text.strip() for text in page.locator("#list .id").all_inner_texts()]


def test_samples_are_filtered_by_suite_state_tag_and_text(show: Show) -> None:
    page = show()
    assert page.inner_text("#found") == "272 samples"
    page.select_option("#suite", "chat_memory")
    assert page.inner_text("#found") == "60 samples"
    page.select_option("#show", "errors")
    assert ids(page) == ["dialogue-007", "dialogue-027", "dialogue-047"]
    page.select_option("#show", "lost")
    assert len(ids(page)) == 14
    page.select_option("#show", "all")
    page.select_option("#tag", '["depth","far"]')
    assert page.inner_text("#found") == "20 samples"
    page.fill("#search", "dialogue-00 tallinn")
    page.wait_for_function("() => document.querySelector('#found').textContent === '3 samples'")
    assert ids(page) == ["dialogue-001", "dialogue-004", "dialogue-007"]
    page.select_option("#tag", "")
    page.select_option("#system", "b says the last noun")
    page.wait_for_function("() => document.querySelectorAll('#list a').length === 10")


def test_a_deep_link_opens_its_sample_whatever_is_filtered(show: Show) -> None:
    page = show("#chat_memory/dialogue-041")
    assert page.inner_text("#detail h3") == "dialogue-041"
    assert page.inner_text("#detail .said .user >> nth=0").endswith("My sister lives in Tallinn.")
    page.evaluate("location.hash = '#judge/claim-150'")
    page.wait_for_function("() => document.querySelector('#detail h3').textContent === 'claim-150'")
    assert page.inner_text("#list a[aria-current] .id") == "claim-150"
    page.evaluate("location.hash = '#chat_memory/dialogue-003/says%20the%20last%20noun'")
    page.locator(".chips [aria-current]", has_text="says the last noun (baseline)").wait_for()


def test_a_link_of_the_report_shows_the_failures(show: Show) -> None:
    page = show()
    page.click("text=Look at them")
    assert page.input_value("#show") == "errors"
    assert "TimeoutError" in page.inner_text("#detail .error-text")


def test_a_chosen_sentence_shows_its_support_in_the_passage(show: Show) -> None:
    page = show("#answers/arden-0")
    sentences = page.locator(".sentence")
    assert sentences.all_inner_texts() == [
        "The mill was built in 1821 by the brothers Holt.",
        "It was rebuilt in 1880.",
        "The market is on Thursdays.",
    ]
    assert page.locator(".sentence.unsupported").inner_text() == "It was rebuilt in 1880."
    assert page.locator(".sentence.unsupported .odd").inner_text() == "1880"
    assert page.locator("mark").count() == 0
    sentences.nth(0).click()
    assert page.locator("mark").all_inner_texts() == [
        "The mill at Arden was built in 1821 by the brothers Holt."
    ]
    page.keyboard.press("Tab")  # the keyboard does as much as the mouse
    assert page.locator("mark.near").all_inner_texts() == ["It burned down in 1874 and wasn't rebuilt."]
    assert "unsupported (number), probability of support 8.0 %" in page.inner_text("#detail [role=status]")
    assert sentences.nth(1).get_attribute("aria-pressed") == "true"


def open_one(browser: Any, folder: Path, answer: str, **output: Any) -> Any:
    """Opens a report of one sample."""
    record = Record(
        suite="s",
        system="m",
        sample=Asked(id="a"),
        digest="d",
        output=Answered(answer=answer, **output),
    )
    system = SystemResult(name="m", fingerprint="f", estimates=[], samples=[])
    suite = SuiteResult(
        suite="s", version=1, about="", data="built-in", digest="", seed=0, limit=None, system=system
    )
    file = folder / "report.html"
    file.write_text(html.render(Report(suites=[suite]), [record]), encoding="utf-8")
    page = browser.new_page()
    page.goto(file.as_uri())
    return page


def test_positions_count_characters_beyond_the_basic_plane(browser: Any, tmp_path: Path) -> None:
    support = [
        {"start": 0, "end": 8, "verdict": "supported", "passage": 0, "evidence": [[0, 2, 9]]},
        {"start": 9, "end": 16, "verdict": "unsupported", "passage": None, "evidence": []},
    ]
    passages = ["𝔸 sheep 🐑 gives wool."]
    page = open_one(browser, tmp_path, "🧶🧶 wool. Not so.", passages=passages, trace={"support": support})
    page.locator(".sentence").first.click()
    assert page.locator(".sentence").all_inner_texts() == ["🧶🧶 wool.", "Not so."]
    assert page.locator("mark").inner_text() == "sheep 🐑"
    page.close()


def test_hostile_answers_are_only_text(show: Show) -> None:
    page = show()
    page.select_option("#suite", "answers")
    page.locator("#list a").filter(has_text="script").first.click()
    page.wait_for_function("() => document.querySelector('#detail h3').textContent.includes('onerror')")
    assert page.evaluate("() => window.hurt") is None
    assert page.locator("#detail img, #detail script").count() == 0
    assert "U+202E" in page.inner_text("#detail")


def test_a_huge_answer_is_shown_in_part_until_asked_for(browser: Any, tmp_path: Path) -> None:
    page = open_one(browser, tmp_path, "long " * 200_000)
    assert len(page.inner_text("#detail")) < 10_000
    page.click("text=show all (1,000,000 characters)")
    assert page.evaluate("() => document.querySelector('#detail').textContent.length") > 1_000_000
    page.close()


def test_the_switch_turns_dark_and_stays_so(show: Show) -> None:
    paper = "() => getComputedStyle(document.body).backgroundColor"
    page = show()
    light = page.evaluate(paper)
    assert page.inner_text("#theme") == "☾ dark", "the button says what it does"
    page.click("#theme")
    dark = page.evaluate(paper)
    assert dark != light
    page.reload()
    assert page.evaluate(paper) == dark
    other = show(scheme="dark")
    assert other.evaluate(paper) == dark
    assert other.inner_text("#theme") == "☀ light"
    assert other.get_attribute("#theme", "aria-label") == "Change to light"


def test_the_menu_shows_on_a_phone_that_it_goes_on(show: Show) -> None:
    assert not show().get_attribute("nav", "class")
    page = show(width=390)
    assert page.get_attribute("nav", "class") == "more"
    assert "gradient" in page.evaluate("() => getComputedStyle(document.querySelector('nav ul')).maskImage")
    page.evaluate("() => { document.querySelector('nav ul').scrollLeft = 9999; }")
    page.wait_for_function("() => document.querySelector('nav').className === 'less'")


def test_versions_are_folded_away(show: Show) -> None:
    page = show()
    assert not page.locator("header dt", has_text="torch").is_visible()
    page.click(".versions summary")
    assert page.locator("header dt", has_text="torch").is_visible()


def test_a_phone_needs_no_sideways_scroll(show: Show) -> None:
    page = show(width=390)
    # Wide tables scroll in their own frame.
    assert page.evaluate(
        "() => [...document.querySelectorAll('.scroll')].some((one) => one.scrollWidth > one.clientWidth)"
    )
    for fragment in ("summary", "answers/arden-0", "answers/arden-5", "chat_memory/dialogue-007"):
        page.evaluate("(fragment) => { location.hash = fragment; }", fragment)
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 390

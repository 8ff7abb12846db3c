"""The same page with a model behind a server of OpenAI's protocol."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from models import ChatScripted

pytestmark = pytest.mark.browser


def test_the_page_talks_with_a_server_and_tells_it_what_is_remembered(
    browser: Any,
    serve: Callable[..., str],
    openai_server: Callable[[Any], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("langchain_openai")
    with openai_server(ChatScripted(script=[{"text": "Nice to hear.", "repeat": True}])) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-right")
        page = browser.new_context().new_page()
        page.set_default_timeout(60_000)
        page.goto(serve("openai:tiny"))
        for text in ("My cat is called Tom.", "What is my cat called?"):
            page.wait_for_function("() => document.activeElement?.matches('#message textarea')")
            page.keyboard.type(text)
            page.keyboard.press("Enter")
            page.locator("#chat [data-testid=bot]", has_text="Nice to hear.").wait_for()
            page.wait_for_selector("#message .submit-button")
            page.locator("#chats label", has_text=text).wait_for()
            page.click("#new")
            page.locator("#chat .example").first.wait_for()
        lead, question = server.asked[-1]["messages"]
        assert (lead["role"], question["content"]) == ("system", "What is my cat called?")
        assert "My cat is called Tom." in lead["content"]
        page.context.close()

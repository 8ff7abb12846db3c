"""`homespun chat --model openai:…`, with a server of OpenAI's protocol on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("langchain_openai")

from models import ChatScripted


@pytest.fixture
def server(openai_server: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    model = ChatScripted(script=[{"text": "one two three four", "repeat": True}])
    with openai_server(model) as started:
        monkeypatch.setenv("OPENAI_BASE_URL", started.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-right")
        yield started


def test_a_model_behind_a_server_answers(homespun: Any, server: Any) -> None:
    done = homespun("chat", "Hello", "--model", "openai:tiny", "--temperature", "0.5", "--seed", "3")
    assert (done.status, done.out, done.err) == (0, "one two three four\n", "")
    [asked] = server.asked
    assert (asked["model"], asked["temperature"]) == ("tiny", 0.5)
    assert asked["messages"][-1] == {"role": "user", "content": "Hello"}
    # A name that OpenAI has too: nothing is fetched to count the question's tokens.
    answer = homespun("chat", "Hello", "--json", "--model", "openai:gpt-4o-mini").json
    assert (answer["answer"], answer["finish_reason"]) == ("one two three four", "stop")


@pytest.mark.parametrize(
    ("name", "status", "said"),
    [
        ("busy", 1, "takes no more requests"),
        ("broken", 1, "failed: The server had an error."),
        ("lost", 2, "doesn't have this model"),
    ],
)
def test_what_a_server_refuses_is_one_line(
    homespun: Any, server: Any, name: str, status: int, said: str
) -> None:
    done = homespun("chat", "Hello", "--model", f"openai:{name}")
    assert (done.status, done.out) == (status, "")
    assert f"127.0.0.1:{server.server_port} {said}" in done.line


def test_wrong_and_missing_keys_are_misuse(
    homespun: Any, server: Any, monkeypatch: pytest.MonkeyPatch, homespun_home: Path
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-wrong")
    done = homespun("chat", "Hello", "--model", "openai:tiny")
    assert (done.status, "refuses the key" in done.line, "OPENAI_API_KEY" in done.line) == (2, True, True)
    monkeypatch.delenv("OPENAI_API_KEY")
    done = homespun("chat", "Hello", "--model", "openai:tiny", "--thread", "t")
    assert (done.status, "OPENAI_API_KEY" in done.line) == (2, True)


def test_a_server_that_is_down_is_one_line(
    homespun: Any, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    done = homespun("chat", "Hello", "--model", "openai:tiny")
    assert (done.status, done.out) == (1, "")
    assert "127.0.0.1:9 can't be reached" in done.line


def test_an_answer_that_breaks_off_keeps_what_was_said(
    homespun: Any, server: Any, homespun_home: Path
) -> None:
    from graphs.persistence import open_state
    from graphs.threads import Threads

    done = homespun("chat", "Hello", "--model", "openai:dying", "--thread", "t")
    assert (done.status, done.out) == (1, "one two three")
    assert "broke off" in done.line
    with open_state(homespun_home / "state.sqlite") as kept:
        assert [str(message.text) for message in Threads(kept).read("t")] == ["Hello", "one two three"]

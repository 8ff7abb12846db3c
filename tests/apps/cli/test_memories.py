from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def told(homespun: Any, scripted: Any) -> Any:
    """A command line that was told where its user lives."""
    model = scripted({"text": "I see.", "repeat": True})
    assert homespun("chat", "I live in Bergen.", "--thread", "a", "--model", model).status == 0
    return homespun


def test_what_is_told_in_one_thread_is_recalled_in_the_next(told: Any, scripted: Any) -> None:
    answer = told("chat", "Hello", "--json", "--model", scripted("Hi")).json
    assert answer["recalled"] == ["I live in Bergen."]
    assert answer["learned"] == []
    answer = told("chat", "I moved to Oslo.", "--json", "--model", scripted("Nice")).json
    assert answer["learned"] == [{"what": "changed", "text": "I moved to Oslo."}]
    found = told("memories", "--json").json
    assert found["on"] is True
    assert [(m["text"], m["about"], m["before"]) for m in found["memories"]] == [
        ("I moved to Oslo.", "home", ["I live in Bergen."])
    ]


def test_nothing_is_recalled_or_kept_without_memory(told: Any, scripted: Any) -> None:
    for switch in (["--no-memory"], []):
        if not switch:
            assert told("memories", "off", "--json").json == {"on": False}
        answer = told("chat", "My cat is called Tom.", "--json", "--model", scripted("Hi"), *switch).json
        assert (answer["recalled"], answer["learned"]) == ([], [])
    assert [m["text"] for m in told("memories", "--json").json["memories"]] == ["I live in Bergen."]
    told("memories", "on")
    assert told("chat", "Hello", "--json", "--model", scripted("Hi")).json["recalled"] != []


def test_memories_are_added_edited_and_forgotten(told: Any) -> None:
    key = told("memories", "add", "I like plums.").out.strip()
    assert told("memories", "edit", key, "I like pears.", "--json").json["before"] == ["I like plums."]
    assert [line.split()[0] for line in told("memories").out.splitlines()][:2] == ["KEY", key]
    done = told("memories", "forget", key, "nothing")
    assert (done.status, "no memory 'nothing'" in done.line) == (2, True)
    assert told("memories", "forget", key, "--json").json["forgotten"][0]["text"] == "I like pears."
    assert told("memories", "add", "  ").status == 2
    assert told("memories", "clear", "--yes", "--json").json == {"forgotten": 1}
    assert told("memories", "--json").json["memories"] == []

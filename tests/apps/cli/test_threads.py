from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def talked(homespun: Any, scripted: Any) -> Any:
    """A command line whose state holds two threads."""
    model = scripted({"text": "Hi **you**", "repeat": True})
    for name in ("first", "second"):
        assert homespun("chat", f"hello {name}", "--thread", name, "--model", model).status == 0
    return homespun


def test_listing_shows_the_newest_first(talked: Any) -> None:
    assert [line.split()[0] for line in talked("threads", "list").out.splitlines()] == [
        "THREAD",
        "second",
        "first",
    ]
    assert talked("threads").out == talked("threads", "list").out
    listed = talked("threads", "--json").json["threads"]
    assert [(t["name"], t["title"], t["messages"]) for t in listed] == [
        ("second", "hello second", 2),
        ("first", "hello first", 2),
    ]


def test_no_threads_is_no_error(homespun: Any) -> None:
    assert (homespun("threads").status, homespun("threads").out) == (0, "")
    assert homespun("threads", "list", "--json").json == {"threads": []}


def test_showing_and_exporting(talked: Any, tmp_path: Path) -> None:
    assert talked("threads", "show", "first").out == "You: hello first\nModel: Hi **you**\n"
    shown = talked("threads", "show", "first", "--json").json
    assert [m["role"] for m in shown["messages"]] == ["user", "assistant"]
    assert talked("threads", "export", "first").out == "## You\n\nhello first\n\n## Model\n\nHi **you**\n\n"
    target = tmp_path / "out" / "thread.json"
    assert talked("threads", "export", "first", "--json", "--output", str(target)).out == ""
    assert json.loads(target.read_text()) == shown


def test_deleting_is_all_or_none(talked: Any) -> None:
    done = talked("threads", "delete", "first", "third")
    assert (done.status, "no thread 'third'" in done.line) == (2, True)
    assert len(talked("threads", "--json").json["threads"]) == 2
    assert talked("threads", "delete", "first", "second", "--json").json == {"deleted": ["first", "second"]}
    assert talked("threads", "--json").json == {"threads": []}


def test_a_deleted_thread_comes_back_unless_it_was_for_good(talked: Any) -> None:
    talked("threads", "delete", "first", "second")
    assert talked("threads", "restore", "first", "--json").json == {"restored": "first"}
    assert [t["name"] for t in talked("threads", "--json").json["threads"]] == ["first"]
    talked("threads", "delete", "first", "--forever")
    done = talked("threads", "restore", "first")
    assert (done.status, "No thread 'first' was deleted" in done.line) == (2, True)


def test_a_thread_gets_another_title_and_is_found_by_its_words(talked: Any) -> None:
    made = talked("threads", "rename", "first", "About wool", "--json").json
    assert made == {"thread": "first", "title": "About wool"}
    found = talked("threads", "list", "--search", "wool HELLO", "--json").json["threads"]
    assert [(t["name"], t["title"]) for t in found] == [("first", "About wool")]
    assert talked("threads", "list", "--search", "flax", "--json").json == {"threads": []}


def test_a_fork_is_named_on_standard_output(talked: Any) -> None:
    name = talked("threads", "fork", "first", "--at", "1").out.strip()
    assert talked("threads", "show", name).out == "You: hello first\n"
    made = talked("threads", "fork", "first", "--name", "third", "--json").json
    assert made == {"thread": "third", "forked_from": "first", "messages": 2}
    assert talked("threads", "fork", "first", "--name", "third").status == 2


def test_a_database_that_is_none_is_one_line(homespun: Any, homespun_home: Path) -> None:
    (homespun_home / "state.sqlite").write_bytes(b"nonsense" * 200)
    done = homespun("threads", "list")
    assert (done.status, "Move it away" in done.line) == (1, True)


def test_a_server_as_database_is_refused_clearly(homespun: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMESPUN_DATABASE", "postgresql://user:secret@host/db")
    done = homespun("threads", "list")
    assert (done.status, "secret" in done.line) == (2, False)


def test_another_file_may_hold_the_threads(
    homespun: Any, scripted: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOMESPUN_DATABASE", str(tmp_path / "other.sqlite"))
    homespun("chat", "hi", "--model", scripted("x"))
    assert (tmp_path / "other.sqlite").is_file()


def test_what_a_stranger_wrote_does_not_steer_the_terminal(
    homespun: Any, scripted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    homespun("chat", "hi", "--thread", "t", "--model", scripted("\x1b[2Jcleared\x07"))
    assert homespun("threads", "show", "t").out == "You: hi\nModel: [2Jcleared\n"


def test_a_turn_is_kept_as_a_sample_once(talked: Any, homespun_home: Path) -> None:
    kept = talked("threads", "sample", "first", "--accept", "hi", "--note", "greets", "--json").json
    again = talked("threads", "sample", "first", "--json").json
    assert (kept["added"], again["added"], again["id"]) == (True, False, kept["id"])
    line = json.loads(Path(kept["file"]).read_text())
    assert (line["messages"], line["answer"]) == (
        [{"role": "user", "content": "hello first"}],
        "Hi **you**",
    )
    assert (line["accept"], line["note"], line["thread"]) == (["hi"], "greets", "first")
    assert Path(kept["file"]).is_relative_to(homespun_home)


def test_people_are_told_where_a_sample_is_kept_and_what_it_changes(
    talked: Any, homespun_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr("apps.cli.threads.note", told.append)
    kept = talked("threads", "sample", "first").out
    assert len(kept.split()) == 1
    assert str(homespun_home) in told[0]
    assert "hello first" in told[0]
    assert "doesn't count for `accepted`" in told[1]
    assert "asks this turn of yours, not those that are built in" in told[2]
    told.clear()
    talked("threads", "sample", "second", "--accept", "hi")
    assert len(told) == 2
    assert "asks your 2 kept turns" in told[1]
    told.clear()
    talked("threads", "sample", "first", "--accept", "hi")  # doesn't change what is kept
    assert "stays as it was" in told[0]
    assert "doesn't count" in told[1]


def test_a_sample_of_a_turn_that_is_not_there_is_misuse(talked: Any) -> None:
    done = talked("threads", "sample", "first", "--turn", "2")
    assert (done.status, "there is no number 2" in done.line) == (2, True)

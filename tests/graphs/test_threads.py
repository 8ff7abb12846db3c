from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langgraph.checkpoint.sqlite import SqliteSaver

from graphs import threads
from graphs.chatbot import build
from graphs.persistence import open_checkpointer
from homespun.errors import UnknownName, UsageError
from models import ChatScripted


@pytest.fixture
def graph(saver: SqliteSaver) -> Any:
    return build(ChatScripted(script=[{"text": "yes", "repeat": True}]), checkpointer=saver)


def _talk(graph: Any, name: str, *questions: str) -> None:
    for question in questions:
        graph.invoke({"messages": [("user", question)]}, {"configurable": {"thread_id": name}})


def test_a_new_file_has_no_threads(saver: SqliteSaver) -> None:
    assert threads.list_threads(saver) == []


def test_threads_are_listed_with_the_last_changed_first(saver: SqliteSaver, graph: Any) -> None:
    _talk(graph, "old", "What  is\na cat? " + "x" * 100)
    _talk(graph, "new", "Hello", "again")
    found = threads.list_threads(saver)
    assert [(info.name, info.messages) for info in found] == [("new", 4), ("old", 2)]
    assert found[1].title.startswith("What is a cat? xxx")
    assert len(found[1].title) == 60
    assert found[0].updated > found[1].updated


def test_an_unknown_thread_names_the_nearest(saver: SqliteSaver, graph: Any) -> None:
    _talk(graph, "holiday", "hi")
    with pytest.raises(UnknownName, match="Did you mean holiday"):
        threads.read_thread(saver, "holidy")
    with pytest.raises(UnknownName):
        threads.delete_thread(saver, "holidy")


def test_a_deleted_thread_is_gone_and_the_others_stay(saver: SqliteSaver, graph: Any) -> None:
    _talk(graph, "a", "hi")
    _talk(graph, "b", "hi")
    threads.delete_thread(saver, "a")
    assert [info.name for info in threads.list_threads(saver)] == ["b"]
    assert saver.conn.execute("SELECT count(*) FROM writes WHERE thread_id = 'a'").fetchone() == (0,)


def test_a_fork_goes_on_by_itself(saver: SqliteSaver, graph: Any) -> None:
    _talk(graph, "a", "one", "two")
    assert threads.fork_thread(saver, "a", "b") == 4
    assert threads.fork_thread(saver, "a", "c", at=2) == 2
    _talk(graph, "b", "three")
    _talk(graph, "c", "drei")
    texts = {name: [m.text for m in threads.read_thread(saver, name)] for name in "abc"}
    assert texts == {
        "a": ["one", "yes", "two", "yes"],
        "b": ["one", "yes", "two", "yes", "three", "yes"],
        "c": ["one", "yes", "drei", "yes"],
    }


@pytest.mark.parametrize(("new", "at"), [("a", None), ("", None), (" x", None), ("b", 3), ("b", 0)])
def test_a_fork_that_makes_no_sense_changes_nothing(
    saver: SqliteSaver, graph: Any, new: str, at: int | None
) -> None:
    _talk(graph, "a", "one")
    with pytest.raises(UsageError):
        threads.fork_thread(saver, "a", new, at=at)
    assert [info.name for info in threads.list_threads(saver)] == ["a"]


def test_pruning_keeps_the_thread_and_frees_the_rest(saver: SqliteSaver, graph: Any) -> None:
    _talk(graph, "a", *(str(i) for i in range(10)))
    _talk(graph, "b", "untouched")
    before = saver.conn.execute("SELECT count(*) FROM checkpoints WHERE thread_id = 'b'").fetchone()
    assert threads.prune(saver, "a", keep=2) > 20
    assert saver.conn.execute("SELECT count(*) FROM checkpoints WHERE thread_id = 'a'").fetchone() == (2,)
    assert saver.conn.execute("SELECT count(*) FROM checkpoints WHERE thread_id = 'b'").fetchone() == before
    _talk(graph, "a", "more")
    assert len(threads.read_thread(saver, "a")) == 22


@pytest.mark.parametrize("name", ["", " ", "a\nb", "\x1b[31m", "x" * 129, "trailing ", "\ud800"])
def test_names_that_a_terminal_could_stumble_over_are_refused(name: str) -> None:
    with pytest.raises(UsageError):
        threads.check_name(name)


@given(st.text(min_size=1, max_size=128))
def test_every_name_is_refused_or_keeps_its_thread(tmp_path_factory: Any, name: str) -> None:
    try:
        threads.check_name(name)
    except UsageError:
        return
    path: Path = tmp_path_factory.mktemp("names") / "state.sqlite"
    with open_checkpointer(path) as saver:
        _talk(build(ChatScripted(script=["yes"]), checkpointer=saver), name, "hi")
        assert [(info.name, info.messages) for info in threads.list_threads(saver)] == [(name, 2)]


def test_new_names_differ_and_are_allowed() -> None:
    names = {threads.check_name(threads.new_name()) for _ in range(200)}
    assert len(names) == 200

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphs.chatbot import build
from graphs.feedback import Feedback, FeedbackBook
from graphs.persistence import State, open_state
from graphs.threads import Threads, check_name, new_name, purge
from homespun.errors import UnknownName, UsageError
from models import ChatScripted


@pytest.fixture
def graph(state: State) -> Any:
    return build(ChatScripted(script=[{"text": "yes", "repeat": True}]), checkpointer=state.saver)


@pytest.fixture
def threads(state: State) -> Threads:
    return Threads(state)


def _talk(graph: Any, name: str, *questions: str) -> None:
    for question in questions:
        graph.invoke({"messages": [("user", question)]}, {"configurable": {"thread_id": name}})


def _names(threads: Threads) -> list[str]:
    return [info.name for info in threads.listed()]


def test_a_new_file_has_no_threads(threads: Threads) -> None:
    assert threads.listed() == []


def test_threads_are_listed_with_the_last_changed_first(threads: Threads, graph: Any) -> None:
    _talk(graph, "old", "What  is\na cat? " + "x" * 100)
    _talk(graph, "new", "Hello", "again")
    found = threads.listed()
    assert [(info.name, info.messages) for info in found] == [("new", 4), ("old", 2)]
    assert found[1].title.startswith("What is a cat? xxx")
    assert len(found[1].title) == 60
    assert found[0].updated > found[1].updated


def test_an_unknown_thread_names_the_nearest(threads: Threads, graph: Any) -> None:
    _talk(graph, "holiday", "hi")
    with pytest.raises(UnknownName, match="Did you mean holiday"):
        threads.read("holidy")
    with pytest.raises(UnknownName):
        threads.delete("holidy")


def test_a_thread_is_its_users_alone(state: State, graph: Any) -> None:
    ada, bob, local = Threads(state, "ada"), Threads(state, "bob"), Threads(state)
    assert ada.open("a") == "a"
    _talk(graph, "a", "secret of ada")
    _talk(graph, "script", "nobody's")
    assert _names(ada) == ["a"]
    assert _names(bob) == []
    assert _names(local) == ["script"]
    assert ada.is_mine("a")
    assert bob.is_mine("fresh")
    for other in (bob, local):
        assert not other.is_mine("a")
        for act in (other.read, other.delete, other.restore):
            with pytest.raises(UnknownName):
                act("a")
        with pytest.raises(UnknownName):
            other.rename("a", "x")
        with pytest.raises(UnknownName):
            other.fork("a", "stolen")
        with pytest.raises(UsageError, match="taken"):
            other.open("a")
    with pytest.raises(UsageError, match="taken"):
        bob.open("script")
    assert bob.search("secret") == []


def test_a_deleted_thread_can_be_taken_back_until_it_is_purged(
    state: State, threads: Threads, graph: Any
) -> None:
    _talk(graph, "a", "hi")
    _talk(graph, "b", "hi")
    FeedbackBook(state.store, "local").put("a", "m", Feedback(True, "hi", "yes"))
    threads.delete("a")
    assert _names(threads) == ["b"]
    with pytest.raises(UnknownName):
        threads.read("a")
    assert not threads.is_mine("a")
    threads.restore("a")
    assert len(threads.read("a")) == 2
    with pytest.raises(UnknownName, match="was deleted"):
        threads.restore("a")
    threads.delete("a")
    assert purge(state) == 0
    assert purge(state, timedelta(0), only=["b"]) == 0
    with pytest.raises(UsageError, match="was deleted: homespun threads restore a"):
        threads.open("a")
    assert purge(state, timedelta(0)) == 1
    with pytest.raises(UnknownName):
        threads.restore("a")
    assert state.saver.get_tuple({"configurable": {"thread_id": "a"}}) is None
    assert FeedbackBook(state.store, "local").of("a") == {}
    assert _names(threads) == ["b"]


def test_names_with_full_stops_and_users_with_addresses_are_no_trouble(state: State, graph: Any) -> None:
    threads = Threads(state, "ada@example.org")
    threads.open("v1.2%")
    _talk(graph, "v1.2%", "hi")
    book = FeedbackBook(state.store, "ada@example.org")
    book.put("v1.2%", "m", Feedback(True, "hi", "yes"))
    assert [(thread, message) for thread, message, *_ in book.all()] == [("v1.2%", "m")]
    threads.delete("v1.2%")
    assert purge(state, timedelta(0)) == 1
    assert book.all() == []


def test_of_two_who_claim_a_name_at_once_one_gets_it(state: State) -> None:
    import threading

    got: list[str] = []
    ready = threading.Barrier(8)

    def claim(user: str) -> None:
        ready.wait()
        try:
            Threads(state, user).open("x")
        except UsageError:
            return
        got.append(user)

    workers = [threading.Thread(target=claim, args=(f"user {i}",)) for i in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(got) == 1
    assert [user for user in (f"user {i}" for i in range(8)) if Threads(state, user).is_mine("x")] == got


def test_a_title_can_be_given_and_taken_away(threads: Threads, graph: Any) -> None:
    _talk(graph, "a", "What is wool?")
    threads.rename("a", "  About\n wool ")
    assert threads.listed()[0].title == "About wool"
    threads.rename("a", "")
    assert threads.listed()[0].title == "What is wool?"


def test_search_finds_all_words_in_titles_and_messages(threads: Threads, graph: Any) -> None:
    _talk(graph, "a", "What is wool?")
    _talk(graph, "b", "What is flax?")
    threads.rename("b", "Linen")
    assert [info.name for info in threads.search("WHAT is")] == ["b", "a"]
    assert [info.name for info in threads.search("wool yes")] == ["a"]
    assert [info.name for info in threads.search("linen")] == ["b"]
    assert threads.search("linen wool") == []


def test_a_fork_goes_on_by_itself(threads: Threads, graph: Any) -> None:
    _talk(graph, "a", "one", "two")
    assert threads.fork("a", "b") == 4
    assert threads.fork("a", "c", at=2) == 2
    _talk(graph, "b", "three")
    _talk(graph, "c", "drei")
    texts = {name: [m.text for m in threads.read(name)] for name in "abc"}
    assert texts == {
        "a": ["one", "yes", "two", "yes"],
        "b": ["one", "yes", "two", "yes", "three", "yes"],
        "c": ["one", "yes", "drei", "yes"],
    }


@pytest.mark.parametrize(("new", "at"), [("a", None), ("", None), (" x", None), ("b", 3), ("b", 0)])
def test_a_fork_that_makes_no_sense_changes_nothing(
    threads: Threads, graph: Any, new: str, at: int | None
) -> None:
    _talk(graph, "a", "one")
    with pytest.raises(UsageError):
        threads.fork("a", new, at=at)
    assert _names(threads) == ["a"]


@pytest.mark.parametrize("name", ["", " ", "a\nb", "\x1b[31m", "x" * 129, "trailing ", "\ud800"])
def test_names_that_a_terminal_could_stumble_over_are_refused(name: str) -> None:
    with pytest.raises(UsageError):
        check_name(name)


@given(st.text(min_size=1, max_size=128))
def test_every_name_is_refused_or_keeps_its_thread(tmp_path_factory: Any, name: str) -> None:
    try:
        check_name(name)
    except UsageError:
        return
    path: Path = tmp_path_factory.mktemp("names") / "state.sqlite"
    with open_state(path) as state:
        threads = Threads(state)
        threads.open(name)
        _talk(build(ChatScripted(script=["yes"]), checkpointer=state.saver), name, "hi")
        assert [(info.name, info.messages) for info in threads.listed()] == [(name, 2)]


def test_new_names_differ_and_are_allowed() -> None:
    names = {check_name(new_name()) for _ in range(200)}
    assert len(names) == 200

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langgraph.store.memory import InMemoryStore

from graphs.memories.book import MAX_TEXT, Book
from graphs.memories.statements import Statement, statements
from homespun.errors import UnknownName, UsageError

WORDS = ["cat", "dog", "name", "called", "learning", "language", "tea", "like", "code", "shed"]


def _bag(texts: list[str]) -> list[list[float]]:
    """Vectors of a few words' counts, so that what shares words is near."""
    lowered = [text.lower() for text in texts]
    return [[*(float(word in text) for word in WORDS), 0.1] for text in lowered]


@pytest.fixture
def store() -> InMemoryStore:
    return InMemoryStore(index={"dims": len(WORDS) + 1, "embed": _bag, "fields": ["text"]})


@pytest.fixture
def book(store: InMemoryStore) -> Book:
    return Book(store, "ada")


def _tell(book: Book, *messages: str) -> list[tuple[str, str]]:
    return [(c.what, c.memory.text) for message in messages for c in book.keep(statements(message), "t")]


def _texts(book: Book) -> list[str]:
    return [memory.text for memory in book.all()]


def test_what_there_is_one_of_is_replaced_and_its_past_is_kept(book: Book) -> None:
    assert _tell(book, "I live in Bergen.", "I moved to Oslo.", "I moved to Oslo") == [
        ("kept", "I live in Bergen."),
        ("changed", "I moved to Oslo."),
        ("known", "I moved to Oslo."),
    ]
    (memory,) = book.all()
    assert (memory.about, memory.before, memory.thread) == ("home", ("I live in Bergen.",), "t")


def test_what_there_may_be_several_of_stands_side_by_side(book: Book) -> None:
    _tell(book, "I like tea.", "I like plums.", "I like tea.")
    assert sorted(_texts(book)) == ["I like plums.", "I like tea."]


def test_a_change_replaces_what_is_nearest_in_meaning_though_it_has_no_key(book: Book) -> None:
    new = "I switched, I'm learning another language now."
    told = _tell(book, "The language I'm learning is Basque.", new)
    assert [what for what, _ in told] == ["kept", "changed"]
    assert _texts(book) == [new]
    _tell(book, "My shed has the code 12.", "I'm learning the lute now.")
    assert "My shed has the code 12." in _texts(book)


def test_without_an_index_what_was_told_last_is_recalled() -> None:
    book = Book(InMemoryStore(), "ada")
    for i in range(6):
        book.add(f"I like tea number {i}.")
    assert [memory.text for memory in book.recall("tea", few=3, limit=2)] == [
        "I like tea number 4.",
        "I like tea number 5.",
    ]


def test_without_an_index_nothing_is_guessed() -> None:
    book = Book(InMemoryStore(), "ada")
    _tell(book, "The language I'm learning is Basque.", "I switched, I'm learning another language now.")
    assert len(book.all()) == 2


def test_recall_gives_all_where_they_are_few_and_the_nearest_where_they_are_many(book: Book) -> None:
    for i in range(6):
        book.add(f"I like tea number {i}.")
    book.add("My cat is called Tom.")
    assert len(book.recall("What is my cat called?")) == 7
    long = "I like tea. " * 100 + "And so on. " * 15 + "What is my cat called?"
    for asked in ("What is my cat called?", long):
        (found,) = book.recall(asked, few=6, limit=1)
        assert found.text == "My cat is called Tom."
    changed = [memory.changed for memory in book.recall("tea", few=6, limit=3)]
    assert changed == sorted(changed)


def test_a_user_sees_their_own_alone(store: InMemoryStore, book: Book) -> None:
    key = book.add("My cat is called Tom.").memory.key
    other = Book(store, "bob")
    assert (other.all(), other.recall("cat"), other.forget("my cat"), other.clear()) == ([], [], [], 0)
    for act in (other.get, other.delete):
        with pytest.raises(UnknownName):
            act(key)
    other.switch(False)
    assert (book.on, other.on) == (True, False)


def test_a_memory_is_edited_and_forgotten(book: Book) -> None:
    key = book.add("My cat is called Tom.").memory.key
    assert book.edit(key, " My cat is\ncalled Max. ").text == "My cat is called Max."
    # What it tells now decides what replaces it later.
    other = book.edit(key, "I like tea.")
    assert (other.about, other.before) == ("", ("My cat is called Tom.", "My cat is called Max."))
    _tell(book, "My cat is called Flo.")
    assert sorted(_texts(book)) == ["I like tea.", "My cat is called Flo."]
    key = book.edit(other.key, "I live in Bergen.").key
    _tell(book, "I moved to Oslo.")
    assert sorted(_texts(book)) == ["I moved to Oslo.", "My cat is called Flo."]
    book.delete(key)
    assert _texts(book) == ["My cat is called Flo."]
    for text in ("", " \n", "x" * (MAX_TEXT + 1)):
        with pytest.raises(UsageError):
            book.edit(key, text)
        with pytest.raises(UsageError):
            book.add(text)


@pytest.mark.parametrize(
    ("what", "left"),
    [
        ("my cat's name", ["I like tea.", "My dog is called Rex."]),
        ("that I like tea", ["My cat is called Tom.", "My dog is called Rex."]),
        ("my horse", ["I like tea.", "My cat is called Tom.", "My dog is called Rex."]),
        ("it", ["I like tea.", "My cat is called Tom.", "My dog is called Rex."]),
        ("everything", []),
        ("everything about me", []),
        ("all that I told you", []),
    ],
)
def test_forgetting_by_words_takes_what_they_mean_and_nothing_else(
    book: Book, what: str, left: list[str]
) -> None:
    _tell(book, "My cat is called Tom.", "My dog is called Rex.", "I like tea.")
    gone = book.forget(what)
    assert sorted(_texts(book)) == left
    assert len(gone) == 3 - len(left)


def test_memories_beyond_a_page_are_all_there(book: Book) -> None:
    for i in range(205):
        book.keep([Statement(f"I own thing {i}.")])
    assert len(book.all()) == 205
    assert book.clear() == 205


@given(st.lists(st.tuples(st.sampled_from(["", "home", "job"]), st.sampled_from("abc")), max_size=20))
def test_of_what_there_is_one_of_only_the_newest_stays(told: list[tuple[str, str]]) -> None:
    book = Book(InMemoryStore(), "ada")
    newest: dict[Any, str] = {}
    for about, letter in told:
        text = f"{about or 'thing'} {letter}"
        book.keep([Statement(text, about)])
        newest[about or text] = text
    assert sorted(_texts(book)) == sorted(newest.values())

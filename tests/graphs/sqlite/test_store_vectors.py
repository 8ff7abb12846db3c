from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast
from zlib import crc32

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.embeddings import Embeddings
from langgraph.store.base import BaseStore, PutOp, SearchOp
from langgraph.store.memory import InMemoryStore

from graphs.sqlite.database import Database
from graphs.sqlite.store import SqliteIndexConfig, SqliteStore
from graphs.sqlite.vectors import best_cosines, pack

DIMS = 64


def bag(texts: Sequence[str]) -> list[list[float]]:
    """A count for each word, at a place that its hash gives."""
    rows = np.zeros((len(texts), DIMS))
    for row, text in zip(rows, texts, strict=True):
        for word in text.lower().replace('"', " ").split():
            row[crc32(word.encode()) % DIMS] += 1
    return rows.tolist()


class Counted(Embeddings):
    """The same, and what was asked of it."""

    def __init__(self) -> None:
        self.documents: list[str] = []
        self.queries: list[str] = []
        self.threads: set[str] = set()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.documents += texts
        self.threads.add(threading.current_thread().name)
        return bag(texts)

    def embed_query(self, text: str) -> list[float]:
        self.queries.append(text)
        self.threads.add(threading.current_thread().name)
        return bag([text])[0]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / "state.sqlite")
    yield opened
    opened.close()


def _index(embed: Any = bag, **more: Any) -> SqliteIndexConfig:
    index: Any = {"dims": DIMS, "embed": embed, **more}
    return cast(SqliteIndexConfig, index)


@pytest.fixture(params=["ours", "peer"])
def make(request: pytest.FixtureRequest, database: Database) -> Callable[..., BaseStore]:
    """Makes a store with an index of the fields that are named."""
    kind: Any = InMemoryStore if request.param == "peer" else lambda **more: SqliteStore(database, **more)
    return lambda *fields, embed=bag: kind(index=_index(embed, fields=list(fields) or None))


def _scores(found: Any) -> dict[str, float | None]:
    return {item.key: item.score if item.score is None else round(item.score, 5) for item in found}


def test_the_nearest_comes_first_with_its_cosine(make: Callable[..., BaseStore]) -> None:
    store = make("text")
    store.put(("a",), "far", {"text": "a dog barks"})
    store.put(("a",), "near", {"text": "the cat sleeps here"})
    store.put(("a",), "same", {"text": "the cat sleeps"})
    store.put(("b",), "same", {"text": "the cat sleeps"})
    found = store.search(("a",), query="the cat sleeps")
    assert list(_scores(found)) == ["same", "near", "far"]
    assert _scores(found) == {"same": 1.0, "near": round(3 / 12**0.5, 5), "far": 0.0}
    assert {item.namespace for item in found} == {("a",)}
    assert all(type(item.score) is float for item in found)


async def test_asynchronous_callers_get_the_same(make: Callable[..., BaseStore]) -> None:
    store = make("text")
    await asyncio.gather(
        *(store.aput(("a",), f"k{n}", {"text": " ".join(["cat"] * n + ["dog"] * (5 - n))}) for n in range(6))
    )
    found = await store.asearch(("a",), query="cat")
    assert [item.key for item in found] == ["k5", "k4", "k3", "k2", "k1", "k0"]
    assert _scores(found) == _scores(await asyncio.to_thread(store.search, ("a",), query="cat"))


def test_the_best_of_an_items_vectors_counts(make: Callable[..., BaseStore]) -> None:
    store = make("title", "parts[*].text", "deep.er")
    store.put(("a",), "one", {"title": "fish", "parts": [{"text": "red cat"}, {"text": "blue cat"}, {}]})
    store.put(("a",), "two", {"title": "cat", "deep": {"er": "dog"}})
    store.put(("a",), "three", {"other": "cat"})
    assert _scores(store.search(("a",), query="blue cat")) == {
        "one": 1.0,
        "two": round(0.5**0.5, 5),
        "three": None,
    }
    assert store.search(("a",), query="dog")[0].key == "two"
    assert store.search(("a",), query="fish")[0].key == "one"


def test_without_fields_the_whole_value_is_embedded(make: Callable[..., BaseStore]) -> None:
    store = make()
    store.put(("a",), "one", {"note": "red cat", "n": 1})
    store.put(("a",), "two", {"note": "blue dog", "n": 1})
    assert store.search(("a",), query="dog")[0].key == "two"


def test_a_put_may_say_what_to_index_or_nothing(make: Callable[..., BaseStore]) -> None:
    store = make("text")
    value = {"text": "cat", "other": "dog"}
    store.put(("a",), "fields", value)
    store.put(("a",), "other", value, index=["other"])
    store.put(("a",), "never", value, index=False)
    found = store.search(("a",), query="dog")
    assert [(item.key, item.score) for item in found] == [
        ("other", pytest.approx(1.0)),
        ("fields", 0.0),
        ("never", None),
    ]
    assert store.get(("a",), "never") is not None


def test_filters_and_pages_go_with_a_query(make: Callable[..., BaseStore]) -> None:
    store = make("text")
    for n in range(10):
        text = " ".join(["cat"] * (n + 1) + ["dog"] * (9 - n))
        store.put(("a",), f"k{n}", {"text": text, "even": n % 2 == 0})
    found = [
        [item.key for item in store.search(("a",), query="cat", filter={"even": True}, limit=2, offset=at)]
        for at in (0, 2, 4, 6)
    ]
    assert found == [["k8", "k6"], ["k4", "k2"], ["k0"], []]


def test_pages_of_scored_and_unscored_items_have_each_item_once(database: Database) -> None:
    store = SqliteStore(database, index=_index())
    for n in range(10):
        store.put(("a",), f"k{n}", {"text": f"cat {n % 2}"}, index=["text"] if n % 3 else False)
    whole = [item.key for item in store.search(("a",), query="cat 1")]
    paged = [
        item.key for at in range(0, 12, 3) for item in store.search(("a",), query="cat 1", limit=3, offset=at)
    ]
    assert paged == whole == ["k1", "k5", "k7", "k2", "k4", "k8", "k0", "k3", "k6", "k9"]


def test_an_update_and_a_deletion_take_the_old_vectors_along(database: Database) -> None:
    store = SqliteStore(database, index=_index(fields=["text[*]"]), ttl={"default_ttl": None})

    def count() -> int:
        return int(database.run(lambda c: c.execute("SELECT count(*) FROM item_vector").fetchone()[0]))

    store.put(("a",), "k", {"text": ["cat", "dog", "cow"]})
    assert count() == 3
    store.put(("a",), "k", {"text": ["cow", "cow"]})
    assert _scores(store.search(("a",), query="cat")) == {"k": 0.0}
    assert count() == 1
    store.put(("a",), "k", {"text": ["cow"]}, index=False)
    assert _scores(store.search(("a",), query="cow")) == {"k": None}
    assert count() == 0
    store.put(("a",), "k", {"text": ["cow"]})
    store.delete(("a",), "k")
    assert count() == 0


def test_sweeping_takes_vectors_along(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("graphs.sqlite.store.time", lambda: now[0])
    store = SqliteStore(database, index=_index(fields=["text"]))
    store.put(("a",), "brief", {"text": "cat"}, ttl=1)
    store.put(("a",), "ever", {"text": "dog"})
    now[0] = 59
    assert [item.key for item in store.search(("a",), query="cat", limit=1)] == ["brief"]  # renewed by that
    now[0] = 118
    assert [item.key for item in store.search(("a",), query="cat", refresh_ttl=False)] == ["brief", "ever"]
    now[0] = 119
    assert [item.key for item in store.search(("a",), query="cat")] == ["ever"]
    assert store.sweep_ttl() == 1
    assert database.run(lambda c: c.execute("SELECT count(*) FROM item_vector").fetchone()) == (1,)


def test_a_text_is_embedded_once(database: Database) -> None:
    counted = Counted()
    store = SqliteStore(database, index=_index(counted, fields=["text", "more"]))
    store.batch([PutOp(("a",), key, {"text": "cat", "more": "cat"}) for key in ("k", "l")])
    assert counted.documents == ["cat"]
    store.put(("a",), "k", {"text": "cat", "more": "dog", "n": 1})
    assert counted.documents == ["cat", "dog"]
    store.put(("a",), "k", {"text": "dog", "n": 2})
    assert counted.documents == ["cat", "dog"]
    assert _scores(store.search(("a",), query="dog")) == {"k": 1.0, "l": 0.0}
    store.batch([SearchOp(("a",), query="cow"), SearchOp(("b",), query="cow"), SearchOp(("b",), query="")])
    assert counted.queries == ["dog", "cow"]


def test_only_what_is_stored_in_the_end_is_embedded(database: Database) -> None:
    counted = Counted()
    store = SqliteStore(database, index=_index(counted, fields=["text"]))
    store.batch(
        [
            PutOp(("a",), "k", {"text": "first"}),
            PutOp(("a",), "k", {"text": "second"}),
            PutOp(("a",), "l", {"text": "gone"}),
            PutOp(("a",), "l", None),
        ]
    )
    assert counted.documents == ["second"]


def test_texts_are_found_in_tuples_too(database: Database) -> None:
    store = SqliteStore(database, index=_index(fields=["parts[*]"]))
    store.put(("a",), "k", {"parts": ("dog", "cat")})
    assert _scores(store.search(("a",), query="cat")) == {"k": 1.0}


async def test_embedding_is_outside_of_the_database_and_of_the_event_loop(database: Database) -> None:
    counted = Counted()
    store = SqliteStore(database, index=_index(counted, fields=["text"]))
    await store.aput(("a",), "k", {"text": "cat"})
    await store.asearch(("a",), query="cat")
    assert counted.threads
    assert not counted.threads & {"homespun-database", threading.current_thread().name}
    counted.threads.clear()
    await asyncio.to_thread(store.put, ("a",), "l", {"text": "dog"})
    assert "homespun-database" not in counted.threads


async def test_others_go_on_while_a_text_is_embedded(database: Database) -> None:
    go = threading.Event()

    def slow(texts: Sequence[str]) -> list[list[float]]:
        assert go.wait(10)
        return bag(texts)

    store = SqliteStore(database, index=_index(slow, fields=["text"]))
    waiting = asyncio.create_task(store.aput(("a",), "slow", {"text": "cat"}))
    await asyncio.sleep(0.01)
    await store.aput(("a",), "quick", {"text": "cat"}, index=False)
    assert [item.key for item in await store.asearch(("a",))] == ["quick"]
    assert not waiting.done()
    go.set()
    await waiting
    assert [item.key for item in await store.asearch(("a",))] == ["quick", "slow"]


async def test_an_asynchronous_function_may_embed(database: Database) -> None:
    async def embed(texts: Sequence[str]) -> list[list[float]]:
        await asyncio.sleep(0)
        return bag(texts)

    store = SqliteStore(database, index=_index(embed, fields=["text"]))
    await store.aput(("a",), "k", {"text": "cat"})
    assert _scores(await store.asearch(("a",), query="cat")) == {"k": 1.0}


@pytest.mark.parametrize(
    "made",
    [
        [[1.0, 2.0]],
        [[float("nan")] * DIMS],
        [[float("inf")] * DIMS],
        [],
        [[1.0] * DIMS] * 2,
        [[[1.0]] * DIMS],
    ],
    ids=["short", "nan", "inf", "none", "two", "deep"],
)
def test_bad_embeddings_are_refused_and_change_nothing(database: Database, made: Any) -> None:
    store = SqliteStore(database, index=_index(lambda texts: made, fields=["text"]))
    store.put(("a",), "k", {"text": "old"}, index=False)
    with pytest.raises(ValueError, match=r"embed|Embed"):
        store.put(("a",), "k", {"text": "new"})
    assert [item.value for item in store.search(("a",))] == [{"text": "old"}]


def test_an_index_says_how_to_embed(database: Database) -> None:
    with pytest.raises(ValueError, match="embed"):
        SqliteStore(database, index={"dims": 3})


def test_an_embedding_that_fails_changes_nothing(database: Database) -> None:
    def fail(texts: Sequence[str]) -> list[list[float]]:
        raise RuntimeError("no model")

    store = SqliteStore(database, index=_index(fail))
    with pytest.raises(RuntimeError, match="no model"):
        store.batch([PutOp(("a",), "l", {}, index=False), PutOp(("a",), "k", {})])
    assert store.search(("a",)) == []


def test_vectors_of_another_model_or_length_are_not_compared(database: Database) -> None:
    counted = Counted()
    first = SqliteStore(database, index=_index(counted, fields=["text"], model="first"))
    second = SqliteStore(database, index=_index(counted, fields=["text"], model="second"))
    small: Any = {
        "dims": 2,
        "embed": lambda texts: [[1.0, 0.0]] * len(texts),
        "fields": ["text"],
        "model": "first",
    }
    third = SqliteStore(database, index=small)
    for key in ("k", "l"):
        first.put(("a",), key, {"text": "cat"})
    assert _scores(second.search(("a",), query="cat")) == {"k": None, "l": None}
    assert _scores(third.search(("a",), query="cat")) == {"k": None, "l": None}
    second.put(("a",), "k", {"text": "cat"})
    assert counted.documents == ["cat", "cat", "cat"]
    assert _scores(second.search(("a",), query="cat")) == {"k": 1.0, "l": None}
    assert _scores(first.search(("a",), query="cat")) == {"l": 1.0, "k": None}
    third.put(("a",), "l", {"text": "cat"})
    assert _scores(third.search(("a",), query="cat")) == {"l": 1.0, "k": None}


def test_vectors_outlive_the_store(tmp_path: Path) -> None:
    for times in range(2):
        database = Database(tmp_path / "kept.sqlite")
        store = SqliteStore(database, index=_index(fields=["text"]))
        if not times:
            store.put(("a",), "k", {"text": "cat"})
        assert _scores(store.search(("a",), query="cat")) == {"k": 1.0}
        database.close()


def test_texts_that_no_file_could_hold_are_embedded(database: Database) -> None:
    seen: list[str] = []

    def embed(texts: Sequence[str]) -> list[list[float]]:
        seen.extend(texts)
        return [[1.0] * DIMS] * len(texts)

    store = SqliteStore(database, index=_index(embed, fields=["text"]))
    store.put(("a",), "k", {"text": "\ud800"})
    assert _scores(store.search(("a",), query="'; DROP TABLE item_vector; --")) == {"k": 1.0}
    assert seen == ["\ud800", "'; DROP TABLE item_vector; --"]


words = st.lists(st.sampled_from(["cat", "dog", "cow", "red"]), max_size=4).map(" ".join)


@settings(max_examples=20)
@given(
    texts=st.lists(words, min_size=1, max_size=8, unique=True),
    query=words.filter(bool),
    limit=st.integers(1, 9),
)
def test_scores_are_those_of_the_reference(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], query: str, limit: int
) -> None:
    database = Database(tmp_path_factory.mktemp("scores") / "state.sqlite")
    ours, peer = (
        SqliteStore(database, index=_index(fields=["text"])),
        InMemoryStore(index=_index(fields=["text"])),
    )
    for store in (ours, peer):
        for n, text in enumerate(texts):
            store.put(("a",), f"k{n}", {"text": text})
    found, expected = (store.search(("a",), query=query, limit=limit) for store in (ours, peer))
    database.close()
    assert [item.score for item in found] == pytest.approx([item.score for item in expected], abs=1e-6)
    # Equals may be either of them; each has the score that is its own.
    whole = {item.key: item.score for item in peer.search(("a",), query=query)}
    assert all(item.score == pytest.approx(whole[item.key], abs=1e-6) for item in found)


numbers = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(numbers, min_size=1, max_size=6))
def test_packed_vectors_have_length_one_or_none(vector: list[float]) -> None:
    length = float(np.linalg.norm(np.frombuffer(pack(vector), dtype="<f4")))
    assert length == pytest.approx(1.0 if any(vector) else 0.0, abs=1e-6)


def test_zeros_are_near_to_nothing() -> None:
    zero, one = pack([0.0, 0.0]), pack([3.0, 0.0])
    assert best_cosines([(1, zero), (2, one)], one) == {1: 0.0, 2: 1.0}
    assert best_cosines([(1, zero), (2, one)], zero) == {1: 0.0, 2: 0.0}
    assert best_cosines([(5, pack([-1.0, 0.0])), (2, one), (5, pack([0.0, 1.0]))], one) == {2: 1.0, 5: 0.0}
    assert best_cosines([], one) == {}

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypedDict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from langgraph.graph import START, StateGraph
from langgraph.runtime import Runtime
from langgraph.store.base import (
    BaseStore,
    GetOp,
    InvalidNamespaceError,
    ListNamespacesOp,
    MatchCondition,
    Op,
    PutOp,
    Result,
    SearchItem,
    SearchOp,
    TTLConfig,
)
from langgraph.store.memory import InMemoryStore

from graphs.sqlite.database import Database
from graphs.sqlite.store import SqliteStore

ODD = [
    "'; DROP TABLE item; --",
    '" OR 1=1 --',
    "') OR 1=1 --",
    "x') UNION SELECT * FROM sqlite_master --",
    "%",
    "_",
    "a%' ESCAPE '%",
    "[0]",
    "a'b\"c`d[e]f\\g",
    "äöü 漢字 🎈",
    "\ud800",
    "\x01",
    "\U0010ffff",
    " ",
    "*",
    "\n",
]


class Peer(InMemoryStore):
    """The reference without the empty namespaces that asking for an item leaves there."""

    def _handle_list_namespaces(self, op: ListNamespacesOp) -> list[tuple[str, ...]]:
        for namespace in [namespace for namespace, held in self._data.items() if not held]:
            del self._data[namespace]
        return super()._handle_list_namespaces(op)


class Awaited(BaseStore):
    """A store whose synchronous side is another's asynchronous one."""

    def __init__(self, store: BaseStore) -> None:
        self.store = store
        self.ttl_config = store.ttl_config
        self.supports_ttl = store.supports_ttl

    def batch(self, ops: Any) -> list[Result]:
        return asyncio.run(self.store.abatch(ops))

    async def abatch(self, ops: Any) -> list[Result]:
        return await self.store.abatch(ops)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.sqlite"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    opened = Database(path)
    yield opened
    opened.close()


@pytest.fixture
def ours(database: Database) -> SqliteStore:
    return SqliteStore(database)


@pytest.fixture(params=["ours", "ours awaited", "peer"])
def store(request: pytest.FixtureRequest, ours: SqliteStore) -> BaseStore:
    """What both promise is asked of both."""
    made: dict[str, Callable[[], BaseStore]] = {
        "ours": lambda: ours,
        "ours awaited": lambda: Awaited(ours),
        "peer": Peer,
    }
    return made[request.param]()


class Clock:
    """The time that stores see; it stands until it's moved."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.25

    def __call__(self) -> float:
        return self.now

    def wait(self, minutes: float) -> None:
        self.now += 60 * minutes


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("graphs.sqlite.store.time", made)
    return made


def _keys(found: Any) -> list[str]:
    return [item.key for item in found]


def test_what_was_put_is_got(store: BaseStore) -> None:
    value = {
        "text": "hé\u0000llo",
        "n": 1,
        "x": 1.5,
        "yes": True,
        "none": None,
        "deep": {"list": [1, {"a": []}]},
    }
    before = datetime.now(UTC)
    store.put(("users", "ann"), "k", value)
    item = store.get(("users", "ann"), "k")
    assert item is not None
    assert (item.namespace, item.key, item.value) == (("users", "ann"), "k", value)
    assert type(item.value["yes"]) is bool
    assert before - timedelta(milliseconds=1) <= item.created_at <= datetime.now(UTC)
    assert item.created_at.utcoffset() == timedelta(0)
    assert "score" not in item.dict()
    assert store.get(("users", "ann"), "other") is None
    assert store.get(("users",), "k") is None
    assert store.get(("users", "ann", "k"), "k") is None


def test_a_put_takes_the_place_of_the_old_value(store: BaseStore) -> None:
    store.put(("a",), "k", {"old": 1, "both": 1})
    store.put(("a",), "k", {"both": 2})
    item = store.get(("a",), "k")
    assert item is not None
    assert item.value == {"both": 2}
    assert len(store.search(("a",))) == 1


def test_an_update_keeps_when_it_was_created_and_a_new_item_does_not(ours: SqliteStore, clock: Clock) -> None:
    ours.put(("a",), "k", {})
    clock.wait(1)
    ours.put(("a",), "k", {})
    item = ours.get(("a",), "k")
    assert item is not None
    assert item.created_at == datetime.fromtimestamp(1_700_000_000.25, UTC)
    assert item.updated_at - item.created_at == timedelta(minutes=1)
    ours.delete(("a",), "k")
    ours.put(("a",), "k", {})
    again = ours.get(("a",), "k")
    assert again is not None
    assert again.created_at == item.updated_at


def test_what_was_given_may_be_changed_without_harm(ours: SqliteStore) -> None:
    value = {"list": [1]}
    ours.put(("a",), "k", value)
    value["list"].append(2)
    item = ours.get(("a",), "k")
    assert item is not None
    item.value["list"].append(3)
    again = ours.get(("a",), "k")
    assert again is not None
    assert again.value == {"list": [1]}


def test_what_is_no_json_is_refused_and_changes_nothing(ours: SqliteStore) -> None:
    ours.put(("a",), "k", {"v": 1})
    with pytest.raises(TypeError):
        ours.batch([PutOp(("a",), "new", {}), PutOp(("a",), "k", {"v": object()})])
    assert [item.value for item in ours.search(("a",))] == [{"v": 1}]


def test_deleting_removes_one_item_and_may_be_repeated(store: BaseStore) -> None:
    store.put(("a",), "k", {})
    store.put(("a",), "l", {})
    store.put(("a", "b"), "k", {})
    store.delete(("a",), "k")
    store.delete(("a",), "k")
    store.delete(("nowhere",), "k")
    assert store.get(("a",), "k") is None
    assert _keys(store.search(("a",))) == ["l", "k"]


def test_a_prefix_is_of_whole_labels(store: BaseStore) -> None:
    for namespace in [("a",), ("ab",), ("a", "b"), ("a\x01",), ("a ",), ("b", "a"), ("a", "bc"), ("A",)]:
        store.put(namespace, "k", {})
    assert {item.namespace for item in store.search(("a",))} == {("a",), ("a", "b"), ("a", "bc")}
    assert {item.namespace for item in store.search(("a", "b"))} == {("a", "b")}
    assert len(store.search(())) == 8
    assert store.search(("c",)) == []


@pytest.mark.parametrize("label", ODD)
def test_labels_and_keys_are_any_text(store: BaseStore, label: str) -> None:
    store.put(("safe",), "k", {"v": 0})
    store.put((label,), label, {label: label})
    store.put((label, "sub"), "k", {})
    item = store.get((label,), label)
    assert item is not None
    assert (item.namespace, item.key, item.value) == ((label,), label, {label: label})
    assert _keys(store.search((label,), filter={label: label})) == [label]
    assert _keys(store.search((), filter={label: {"$eq": label}})) == [label]
    assert [found.namespace for found in store.search((label,))] == [(label,), (label, "sub")]
    assert store.search(("safe",), filter={label: label}) == []
    assert store.list_namespaces(suffix=("sub",)) == [(label, "sub")]
    assert store.list_namespaces() == sorted([("safe",), (label,), (label, "sub")])
    store.delete((label,), label)
    assert store.get((label,), label) is None
    assert store.get(("safe",), "k") is not None


def test_nothing_that_is_said_becomes_sql(ours: SqliteStore, database: Database) -> None:
    def everything(connection: Any) -> Any:
        return connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name").fetchall()

    before = database.run(everything, writes=False)
    ours.put(("safe",), "k", {"secret": 1})
    for text in ODD:
        ours.put((text,), text, {text: {text: [text]}}, index=[text])
        assert [found.namespace for found in ours.search((text,), query=text)] == [(text,)]
        assert len(ours.search((), filter={text: {text: [text]}})) == 1
        assert ours.search(("safe",), filter={text: {"$ne": None}}) == []
        assert ours.search(("safe",), filter={"secret": text}) == []
        ours.delete(("safe",), text)
    assert database.run(everything, writes=False) == before
    assert len(ours.search((), limit=100)) == len(ODD) + 1


@pytest.mark.parametrize("namespace", [("",), ("a", ""), ("a.b",), ("a\0b",), ("a", 1)])
def test_namespaces_that_langgraph_refuses_are_refused_in_batches_too(
    ours: SqliteStore, namespace: Any
) -> None:
    ops: list[Op] = [
        PutOp(namespace, "k", {}),
        GetOp(namespace, "k"),
        SearchOp(namespace),
        ListNamespacesOp((MatchCondition("prefix", namespace),)),
    ]
    for op in ops:
        with pytest.raises(InvalidNamespaceError):
            ours.batch([PutOp(("a",), "k", {}), op])
    assert ours.search(()) == []


def test_root_namespaces_are_as_everywhere(store: BaseStore) -> None:
    with pytest.raises(InvalidNamespaceError):
        store.put((), "k", {})
    with pytest.raises(InvalidNamespaceError):
        store.put(("langgraph", "a"), "k", {})


def test_pages_follow_each_other_in_the_order_of_creation(store: BaseStore) -> None:
    names = [f"k{i * 7 % 25}" for i in range(25)]
    for name in names:
        store.put(("a",), name, {"even": int(name[1:]) % 2 == 0})
    store.put(("a",), names[3], {"even": False})  # an update moves nothing
    assert [_keys(store.search(("a",), limit=10, offset=at)) for at in (0, 10, 20, 30)] == [
        names[:10],
        names[10:20],
        names[20:],
        [],
    ]
    odd = [key for i, key in enumerate(names) if int(key[1:]) % 2 or i == 3]
    pages = [
        _keys(store.search(("a",), filter={"even": False}, limit=4, offset=at)) for at in range(0, 16, 4)
    ]
    assert pages == [odd[:4], odd[4:8], odd[8:12], odd[12:]]
    assert store.search(("a",), limit=0) == []
    assert len(store.search(("a",))) == 10
    assert len(store.search(("a",), limit=10**30)) == 25
    assert store.search(("a",), offset=10**30) == []


def test_pages_before_the_first_are_refused(ours: SqliteStore) -> None:
    for op in (SearchOp((), limit=-1), SearchOp((), offset=-1), ListNamespacesOp(limit=-1)):
        with pytest.raises(ValueError, match="negative"):
            ours.batch([op])


ITEMS: dict[str, dict[str, Any]] = {
    "red": {"colour": "red", "n": 1, "in": {"a": 1, "b": {"c": "x"}}, "tags": ["p", "q"]},
    "blue": {"colour": "blue", "n": 2.5, "in": {"a": 2}, "tags": ["p"]},
    "text": {"colour": "7", "n": "3", "in": "a", "a.b": 1, "it's": 1, '"q"': 1, "$odd": 1, "": 1},
    "none": {"colour": None, "n": -4, "in": None, "a": {"b": 1}, "yes": True},
}
FILTERS: list[dict[str, Any]] = [
    {"colour": "red"},
    {"colour": {"$eq": "red"}},
    {"colour": {"$ne": "red"}},
    {"colour": None},
    {"missing": None},
    {"missing": {"$ne": 1}},
    {"n": 1},
    {"n": 1.0},
    {"n": True},
    {"n": {"$gt": 1}},
    {"n": {"$gte": 1}},
    {"n": {"$lt": 2.5}},
    {"n": {"$lte": 2.5}},
    {"n": {"$gt": "1"}},
    {"n": {"$gt": 1, "$lt": 3}},
    {"n": {"$gt": -10}, "colour": "blue"},
    {"in": {"a": 1}},
    {"in": {"b": {"c": "x"}}},
    {"in": {"a": {"$ne": 1}}},
    {"in": {}},
    {"in": {"$eq": {"a": 2}}},
    {"tags": ["p"]},
    {"tags": ["p", {"$ne": "z"}]},
    {"tags": ("p", "q")},
    {"tags": {"$eq": ["p"]}},
    {"a.b": 1},
    {"a": {"b": 1}},
    {"it's": 1},
    {'"q"': 1},
    {"$odd": 1},
    {"": 1},
    {"yes": True},
    {"yes": 1},
    {"yes": {"$ne": "' OR 1=1 --"}},
    {"' OR 1=1 --": {"$eq": None}},
    {},
]


@pytest.mark.parametrize("asked", FILTERS, ids=str)
def test_filters_find_what_the_reference_finds(ours: SqliteStore, asked: dict[str, Any]) -> None:
    peer = Peer()
    for key, value in ITEMS.items():
        ours.put(("a",), key, value)
        peer.put(("a",), key, value)
    assert _keys(ours.search(("a",), filter=asked)) == _keys(peer.search(("a",), filter=asked))


def test_filters_by_the_docs(store: BaseStore) -> None:
    store.put(("docs",), "one", {"status": "active", "score": 4.99, "color": "red"})
    store.put(("docs",), "two", {"status": "active", "score": 5, "color": "blue"})
    store.put(("docs",), "three", {"status": "old", "score": 3.0, "color": "red"})
    found = [
        _keys(store.search(("docs",), filter=asked))
        for asked in (
            {"status": "active"},
            {"score": {"$gt": 4.99}},
            {"score": {"$gte": 3.0}, "color": "red"},
            {"color": {"$ne": "red"}},
        )
    ]
    assert found == [["one", "two"], ["two"], ["one", "three"], ["two"]]


def test_an_odd_item_fails_no_search(ours: SqliteStore) -> None:
    values = {"number": 5, "text": "five", "list": [5], "null": None, "huge": 10**400, "day": "2024-05-06"}
    for key, value in values.items():
        ours.put(("a",), key, {"n": value})
    ours.put(("a",), "missing", {})
    assert _keys(ours.search(("a",), filter={"n": {"$gt": 4}})) == ["number"]
    assert _keys(ours.search(("a",), filter={"n": {"$lt": "2024-06-01", "$gt": "2024-01-01"}})) == ["day"]


@pytest.mark.parametrize(
    "asked",
    [{"a": {"$regex": "x"}}, {"a": {"$gt": 1, "b": 2}}, {"a": {"b": {"$in": []}}}, {"a": [{"$x": 1}]}],
)
def test_unknown_operators_are_named(ours: SqliteStore, asked: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="Unsupported operator"):
        ours.search((), filter=asked)


def test_namespaces_are_listed_as_the_docs_say(store: BaseStore) -> None:
    names = [("a", "b", "c"), ("a", "b", "d", "e"), ("a", "b", "d", "i"), ("a", "b", "f"), ("a", "c", "f")]
    for namespace in reversed(names):
        store.put(namespace, "k", {})
        store.put(namespace, "l", {})
    assert store.list_namespaces() == names
    assert store.list_namespaces(prefix=("a", "b"), max_depth=3) == [names[0], ("a", "b", "d"), names[3]]
    assert store.list_namespaces(suffix=("f",)) == [names[3], names[4]]
    assert store.list_namespaces(prefix=("a", "*", "f")) == [names[3], names[4]]
    assert store.list_namespaces(prefix=("*", "b"), suffix=("d", "*")) == names[1:3]
    assert store.list_namespaces(prefix=("a", "b", "c", "d")) == []
    assert store.list_namespaces(max_depth=1) == [("a",)]
    assert store.list_namespaces(limit=2, offset=1) == names[1:3]
    assert store.list_namespaces(max_depth=2, offset=1) == [("a", "c")]
    store.delete(("a", "c", "f"), "k")
    assert store.list_namespaces(prefix=("a", "c")) == [("a", "c", "f")]
    store.delete(("a", "c", "f"), "l")
    assert store.list_namespaces(prefix=("a", "c")) == []


def test_a_batch_answers_in_its_order_from_what_was_there_before(store: BaseStore) -> None:
    store.put(("a",), "old", {"v": 0})
    ops: list[Op] = [
        PutOp(("a",), "new", {"v": 1}),
        GetOp(("a",), "new"),
        GetOp(("a",), "old"),
        SearchOp(("a",)),
        PutOp(("a",), "old", None),
        PutOp(("b",), "twice", {"v": 1}),
        PutOp(("b",), "twice", {"v": 2}),
        PutOp(("b",), "gone", {"v": 1}),
        PutOp(("b",), "gone", None),
        PutOp(("b",), "back", None),
        PutOp(("b",), "back", {"v": 1}),
        ListNamespacesOp(),
    ]
    results: Any = store.batch(iter(ops))
    assert results[0] is results[1] is results[4] is None
    assert results[2].value == {"v": 0}
    assert _keys(results[3]) == ["old"]
    assert results[11] == [("a",)]
    assert {(item.key, item.value["v"]) for item in store.search(())} == {
        ("new", 1),
        ("twice", 2),
        ("back", 1),
    }


def test_an_empty_batch_has_no_results(store: BaseStore) -> None:
    assert store.batch([]) == []


def test_what_is_no_operation_is_refused(store: BaseStore) -> None:
    with pytest.raises(ValueError, match="operation"):
        store.batch([("a", "b")])  # type: ignore[list-item]


def test_without_an_index_a_query_is_ignored(store: BaseStore) -> None:
    store.put(("a",), "k", {"text": "cat"}, index=["text"])
    store.put(("a",), "l", {"text": "dog"}, index=False)
    found = store.search(("a",), query="dog")
    assert [(item.key, item.score) for item in found] == [("k", None), ("l", None)]


labels = st.sampled_from(["a", "ab", "b", "*", "a\x01", "é"])
namespaces = st.lists(labels, min_size=1, max_size=3).map(tuple)
prefixes = st.lists(labels, max_size=2).map(tuple)
keys = st.sampled_from(["k", "l", "", "'", "k\0"])
scalars = st.one_of(st.none(), st.booleans(), st.integers(-2, 2), st.sampled_from(["", "1", "x'", 0.5]))
values = st.dictionaries(
    st.sampled_from(["x", "y", "x.y", "$gt"]),
    scalars
    | st.lists(scalars, max_size=2)
    | st.dictionaries(st.sampled_from(["x", "y"]), scalars, max_size=2),
    max_size=3,
)
conditions = st.one_of(
    scalars,
    st.lists(scalars, max_size=2),
    st.dictionaries(st.sampled_from(["x", "y"]), scalars, max_size=1),
    st.dictionaries(st.sampled_from(["$eq", "$ne"]), scalars, min_size=1, max_size=2),
)
filters = st.none() | st.dictionaries(st.sampled_from(["x", "y", "x.y"]), conditions, max_size=2)
puts = st.builds(PutOp, namespaces, keys, st.none() | values, st.none(), st.none())
gets = st.builds(GetOp, namespaces, keys, st.booleans())
searches = st.builds(
    SearchOp, prefixes, filters, st.just(1000), st.just(0), st.none() | st.just("x"), st.booleans()
)
matches = st.builds(MatchCondition, st.sampled_from(["prefix", "suffix"]), prefixes)
listings = st.builds(
    ListNamespacesOp,
    st.none() | st.lists(matches, max_size=2).map(tuple),
    st.none() | st.integers(0, 3),
    st.integers(0, 5),
    st.integers(0, 3),
)


def _plain(result: Any) -> Any:
    """A result without times, and without an order that nothing promises."""
    if isinstance(result, list):
        return sorted(map(_plain, result), key=repr) if result and hasattr(result[0], "key") else result
    return result and (result.namespace, result.key, result.value)


class Compared(RuleBasedStateMachine):
    """Ours and the reference, asked the same."""

    def __init__(self) -> None:
        super().__init__()
        self.database = Database(self.folder / f"{next(self.numbers)}.sqlite")
        self.ours = SqliteStore(self.database)
        self.peer = Peer()

    folder: Path
    numbers: Iterator[int]

    @rule(ops=st.lists(st.one_of(puts, puts, gets, searches, listings), max_size=6))
    def batch(self, ops: list[Op]) -> None:
        assert [_plain(result) for result in self.ours.batch(ops)] == [
            _plain(result) for result in self.peer.batch(ops)
        ]

    @rule(prefix=prefixes, asked=filters, limit=st.integers(1, 4))
    def pages(self, prefix: tuple[str, ...], asked: Any, limit: int) -> None:
        whole = self.ours.search(prefix, filter=asked, limit=1000)
        paged: list[SearchItem] = []
        while page := self.ours.search(prefix, filter=asked, limit=limit, offset=len(paged)):
            assert len(page) <= limit
            paged += page
        assert paged == whole

    @rule()
    def reopen(self) -> None:
        before = self.ours.search((), limit=1000)
        self.database.close()
        self.database = Database(self.database.path)
        self.ours = SqliteStore(self.database)
        assert self.ours.search((), limit=1000) == before

    @invariant()
    def same(self) -> None:
        assert _plain(self.ours.search((), limit=1000)) == _plain(self.peer.search((), limit=1000))

    def teardown(self) -> None:
        self.database.close()


def test_anything_that_is_done_to_both_ends_the_same(tmp_path: Path) -> None:
    class Machine(Compared):
        folder = tmp_path
        numbers = iter(range(10**6))

    case = Machine.TestCase
    case.settings = settings(max_examples=25, stateful_step_count=10, deadline=None)
    case("runTest").runTest()


@given(
    st.lists(st.lists(st.text(min_size=1).filter(lambda t: not set(t) & {".", "\0"}), min_size=1), min_size=1)
)
@settings(max_examples=50)
def test_names_come_back_and_sort_like_their_bytes(found: list[list[str]]) -> None:
    from graphs.sqlite.namespaces import bounds, decode_namespace, encode_namespace

    tuples = [tuple(labels) for labels in found]
    packed = [encode_namespace(labels) for labels in tuples]
    assert [decode_namespace(data) for data in packed] == tuples
    assert [decode_namespace(data) for data in sorted(packed)] == sorted(tuples)
    for prefix in {labels[:n] for labels in tuples for n in range(3)}:
        least, past = bounds(prefix)
        under = [labels for labels, data in zip(tuples, packed, strict=True) if least <= data < past]
        assert under == [labels for labels in tuples if labels[: len(prefix)] == prefix]


def test_an_item_expires_after_its_time(ours: SqliteStore, clock: Clock) -> None:
    ours.put(("a",), "brief", {}, ttl=1)
    ours.put(("a",), "long", {}, ttl=2.5)
    ours.put(("b",), "ever", {}, ttl=None)
    ours.put(("b",), "unsaid", {})
    clock.wait(0.99)
    assert _keys(ours.search((), refresh_ttl=False)) == ["brief", "long", "ever", "unsaid"]
    clock.wait(0.01)
    assert ours.get(("a",), "brief", refresh_ttl=False) is None
    assert _keys(ours.search((), refresh_ttl=False)) == ["long", "ever", "unsaid"]
    assert _keys(ours.search((), filter={"x": None}, refresh_ttl=False)) == ["long", "ever", "unsaid"]
    clock.wait(2)
    assert ours.list_namespaces() == [("b",)]
    clock.wait(10**6)
    assert _keys(ours.search(())) == ["ever", "unsaid"]


@pytest.mark.parametrize("seen", [True, False])
@pytest.mark.parametrize("how", ["get", "search", "filter", "batch"])
def test_reading_renews_if_it_is_to(ours: SqliteStore, clock: Clock, how: str, seen: bool) -> None:
    ours.put(("a",), "k", {"x": 1}, ttl=10)
    ours.put(("a",), "unread", {"x": 2}, ttl=10)
    clock.wait(9)
    if how == "get":
        assert ours.get(("a",), "k", refresh_ttl=seen)
    elif how == "search":
        assert ours.search(("a",), limit=1, refresh_ttl=seen)
    elif how == "filter":
        assert ours.search(("a",), filter={"x": 1}, refresh_ttl=seen)
    else:
        assert ours.batch([PutOp(("b",), "k", {}), GetOp(("a",), "k", refresh_ttl=seen)])[1]
    clock.wait(9)
    assert _keys(ours.search(("a",), refresh_ttl=False)) == (["k"] if seen else [])
    clock.wait(1)
    assert ours.search(("a",)) == []


@pytest.mark.parametrize(
    ("ttl", "lives"),
    [
        (None, False),
        ({}, False),
        ({"default_ttl": 10}, True),
        ({"default_ttl": 10, "refresh_on_read": True}, True),
        ({"default_ttl": 10, "refresh_on_read": False}, False),
    ],
)
async def test_the_configuration_says_what_a_call_does_not(
    database: Database, clock: Clock, ttl: TTLConfig | None, lives: bool
) -> None:
    store = SqliteStore(database, ttl=ttl)
    if ttl and "default_ttl" in ttl:
        await store.aput(("a",), "k", {})
        await store.aput(("a",), "ever", {}, ttl=None)
    else:
        await store.aput(("a",), "k", {}, ttl=10)
        await store.aput(("a",), "ever", {})
        lives = True  # reading renews, if nothing is said
    clock.wait(9)
    assert await store.aget(("a",), "k")
    clock.wait(9)
    assert (await store.aget(("a",), "k") is not None) == lives
    clock.wait(99)
    assert _keys(await store.asearch(("a",))) == ["ever"]


def test_a_put_begins_the_time_anew(ours: SqliteStore, clock: Clock) -> None:
    ours.put(("a",), "k", {}, ttl=10)
    clock.wait(9)
    ours.put(("a",), "k", {}, ttl=10)
    clock.wait(9)
    assert ours.get(("a",), "k", refresh_ttl=False)
    ours.put(("a",), "k", {}, ttl=None)
    clock.wait(99)
    assert ours.get(("a",), "k")


def test_what_has_expired_is_no_older_version(ours: SqliteStore, clock: Clock) -> None:
    ours.put(("a",), "k", {}, ttl=1)
    ours.put(("a",), "other", {})
    clock.wait(2)
    ours.put(("a",), "k", {})
    item = ours.get(("a",), "k")
    assert item is not None
    assert item.created_at == datetime.fromtimestamp(clock.now, UTC)
    assert _keys(ours.search(("a",))) == ["other", "k"]
    assert ours.sweep_ttl() == 0


async def test_sweeping_deletes_what_has_expired_and_nothing_else(
    ours: SqliteStore, database: Database, clock: Clock
) -> None:
    for i in range(5):
        ours.put(("a",), f"k{i}", {}, ttl=i + 1)
    ours.put(("a",), "ever", {})
    clock.wait(2)
    assert ours.sweep_ttl() == 2
    assert await ours.asweep_ttl() == 0
    clock.wait(1)
    assert await ours.asweep_ttl() == 1
    held = database.run(lambda connection: connection.execute("SELECT count(*) FROM item").fetchone())
    assert held == (3,)
    assert _keys(ours.search(("a",))) == ["k3", "k4", "ever"]


def test_items_survive_the_file_being_reopened(path: Path) -> None:
    first = Database(path)
    SqliteStore(first).put(("a",), "k", {"v": 1})
    item = SqliteStore(first).get(("a",), "k")
    first.close()
    second = Database(path)
    assert SqliteStore(second).get(("a",), "k") == item
    second.close()


def test_two_files_opened_at_once_see_each_other(path: Path) -> None:
    one, two = Database(path), Database(path)
    here, there = SqliteStore(one), SqliteStore(two)
    here.put(("a",), "k", {"v": 1})
    there.put(("a",), "k", {"v": 2})
    assert [item.value for item in here.search(("a",))] == [{"v": 2}]
    here.delete(("a",), "k")
    assert there.search(("a",)) == []
    one.close()
    two.close()


def test_another_process_sees_the_same(ours: SqliteStore, path: Path) -> None:
    ours.put(("a",), "ours", {"v": 1})
    script = """
import sys
from graphs.sqlite.database import Database
from graphs.sqlite.store import SqliteStore
database = Database(sys.argv[1])
store = SqliteStore(database)
store.put(("a",), "theirs", store.get(("a",), "ours").value)
database.close()
"""
    root = Path(__file__).parents[3]
    subprocess.run([sys.executable, "-c", script, str(path)], check=True, cwd=root, timeout=60)
    assert [(item.key, item.value) for item in ours.search(("a",))] == [
        ("ours", {"v": 1}),
        ("theirs", {"v": 1}),
    ]


async def test_many_tasks_at_once_lose_nothing(ours: SqliteStore) -> None:
    async def work(task: int) -> None:
        for i in range(5):
            await ours.aput(("task", str(task)), str(i), {"v": i})
            await ours.aput(("shared",), "k", {"v": task, "same": task})
            found = await ours.asearch(("task", str(task)))
            assert _keys(found) == [str(j) for j in range(i + 1)]
            shared = await ours.aget(("shared",), "k")
            assert shared is not None
            assert shared.value["v"] == shared.value["same"]

    await asyncio.gather(*map(work, range(60)))
    assert len(await ours.asearch(("task",), limit=1000)) == 300
    assert len(await ours.alist_namespaces()) == 61


def test_threads_may_share_a_store(ours: SqliteStore) -> None:
    failed: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for i in range(10):
                ours.put(("t", str(number)), str(i), {"v": i})
                assert len(ours.search(("t", str(number)))) == i + 1
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(ours.search(("t",), limit=1000)) == 80


async def test_the_event_loop_goes_on_while_the_file_is_busy(ours: SqliteStore, database: Database) -> None:
    held, go = threading.Event(), threading.Event()

    def hold(connection: Any) -> None:
        held.set()
        assert go.wait(10)

    holding = asyncio.create_task(database.arun(hold))
    while not held.is_set():
        await asyncio.sleep(0.001)
    asked = [
        asyncio.create_task(ours.aput(("a",), "k", {}, ttl=1)),
        asyncio.create_task(ours.aget(("a",), "k")),
        asyncio.create_task(ours.asearch(("a",))),
        asyncio.create_task(ours.asweep_ttl()),
    ]
    await asyncio.sleep(0.02)
    assert not any(task.done() for task in asked)
    go.set()
    await asyncio.gather(holding, *asked)


class Count(TypedDict):
    n: int


async def test_nodes_of_a_graph_remember_across_threads(ours: SqliteStore) -> None:
    async def count(state: Count, runtime: Runtime[None]) -> dict[str, Any]:
        assert runtime.store is not None
        held = await runtime.store.aget(("users", "ann"), "count")
        n = held.value["n"] + 1 if held else 1
        await runtime.store.aput(("users", "ann"), "count", {"n": n})
        return {"n": n}

    builder = StateGraph(Count)
    builder.add_node("count", count)
    builder.add_edge(START, "count")
    graph = builder.compile(store=ours)
    for n in (1, 2):
        assert (await graph.ainvoke({"n": 0}))["n"] == n

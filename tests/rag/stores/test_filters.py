"""What filters mean, and that SQLite and Chroma take them to mean the same."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.documents import Document

from homespun.errors import UsageError
from rag.stores.chroma import ChromaStore
from rag.stores.filters import CONDITIONS, matches, parse, to_sql

PAGE = {"source": "a.md", "page": 3, "done": True, "weight": 0.5}


@pytest.mark.parametrize(
    ("asked", "through"),
    [
        ({}, True),
        ({"source": "a.md"}, True),
        ({"source": "a"}, False),
        ({"source": {"$eq": "a.md"}, "page": 3}, True),
        ({"source": "a.md", "page": 4}, False),
        ({"page": 3.0}, True),
        ({"page": "3"}, False),
        ({"page": {"$gt": 2, "$lt": 4}}, True),
        ({"page": {"$gte": 3, "$lte": 3}}, True),
        ({"page": {"$gt": 3}}, False),
        ({"page": {"$lt": 3}}, False),
        ({"weight": {"$lte": 0.5}}, True),
        ({"done": True}, True),
        ({"done": 1}, False),
        ({"done": {"$ne": 1}}, True),
        ({"done": {"$gte": 0}}, False),
        ({"source": {"$gt": 0}}, False),
        ({"page": {"$in": [1, "3"]}}, False),
        ({"page": {"$in": ["x", True, 3]}}, True),
        ({"page": {"$nin": [1, "3"]}}, True),
        ({"page": {"$nin": [3]}}, False),
        ({"page": {"$in": []}}, False),
        ({"page": {"$nin": []}}, True),
        ({"lacking": {"$ne": 1}}, True),
        ({"lacking": {"$nin": [1]}}, True),
        ({"lacking": 1}, False),
        ({"lacking": {"$lt": 1}}, False),
        ({"$or": [{"page": 4}, {"source": "a.md"}]}, True),
        ({"$and": [{"page": 4}, {"source": "a.md"}]}, False),
        ({"$and": [{"page": 3}]}, True),
        ({"$or": [{"page": 4}, {"$and": [{"done": True}, {"weight": {"$gt": 0}}]}], "page": 3}, True),
    ],
)
def test_a_filter_means_the_same_here_and_in_sqlite(
    asked: dict[str, Any], through: bool, table: sqlite3.Connection
) -> None:
    assert matches(asked, PAGE) is through
    assert _in_sqlite(table, asked, [PAGE]) == [through]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["source"], "a dict"),
        ({1: "a"}, "names of metadata"),
        ({"page": {"$greater": 3}}, "'[$]greater'.*[$]gte"),
        ({"$not": {"page": 3}}, "begin with '[$]not'"),
        ({"$gt": 3}, "stands behind a name"),
        ({"page": {}}, "empty dict"),
        ({"page": [1, 2]}, "'[$]in'"),
        ({"page": None}, "NoneType"),
        ({"page": {"$gt": "3"}}, "'3' is none"),
        ({"page": {"$gt": True}}, "True is none"),
        ({"page": {"$in": "abc"}}, "takes a list"),
        ({"page": {"$in": [[1]]}}, "is a list"),
        ({"page": float("nan")}, "finite"),
        ({"page": 2**63}, "64 bits"),
        ({"source": "a\0"}, "NUL"),
        ({"a\0": 1}, "NUL"),
        ({"source": "\ud800"}, "surrogate"),
        ({"$and": []}, "one filter or more"),
        ({"$or": {"page": 3}}, "one filter or more"),
        ({"$or": ["page"]}, "a dict"),
        ({"$or": [{"page": number} for number in range(CONDITIONS + 1)]}, f"more than {CONDITIONS}"),
    ],
)
def test_what_is_wrong_with_a_filter_is_named(asked: Any, said: str) -> None:
    for use in (parse, to_sql, lambda one: matches(one, {})):
        with pytest.raises(UsageError, match=said):
            use(asked)


def test_a_filter_is_nested_to_a_bound() -> None:
    deep: dict[str, Any] = {"page": 1}
    for _ in range(15):
        deep = {"$and": [deep]}
    assert matches(deep, {"page": 1})
    for _ in range(10_000):
        deep = {"$and": [deep]}
    with pytest.raises(UsageError, match="deeper"):
        parse(deep)


def test_sql_holds_nothing_that_was_asked() -> None:
    where, values = to_sql({'x") OR 1=1 --': "'; DROP TABLE rows; --", "plain": {"$in": ["'", 'b"']}})
    assert "DROP" not in where
    assert "1=1" not in where
    assert "plain" not in where
    assert where.count("?") == len(values)


def test_long_lists_are_one_parameter(table: sqlite3.Connection) -> None:
    asked = {"page": {"$in": [*range(100_000), "a"]}}
    assert len(to_sql(asked)[1]) < 10
    assert _in_sqlite(table, asked, [{"page": 99_999}, {"page": -1}, {"page": "a"}]) == [True, False, True]


def test_keys_are_names_and_no_paths(table: sqlite3.Connection) -> None:
    for key in ("a.b", 'a"b', "a[0]", "$.a", "é", "a\\b", "'", "a\nb", "", "%s", "?", "{0}", "数"):
        if not key.startswith("$"):
            rows: list[dict[str, Any]] = [{key: 1}, {"a": {"b": 1}}, {"a": [1]}, {}]
            assert _in_sqlite(table, {key: 1}, rows) == [True, False, False, False], key
            assert _in_sqlite(table, {key: {"$ne": 1}}, rows) == [False, True, True, True], key


KEYS = st.sampled_from(["a", "b", "a.b", 'q"', "é"]) | st.text(max_size=4).filter(
    lambda key: not key.startswith("$") and "\0" not in key and key.isprintable()
)
VALUES = (
    st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([0.5, 1.0, -2.0, 1e300, 2**53 + 1, -(2**63)])
    | st.sampled_from(["", "a", "1", "true", 'q"', "\\", "é", "A"])
    | st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=3)
)
NUMBERS = st.integers(-3, 3) | st.sampled_from([0.5, 1.0, 1e300, 2**53, -(2**63)])
CONDITION = (
    VALUES
    | st.fixed_dictionaries({}, optional={"$eq": VALUES, "$ne": VALUES}).filter(bool)
    | st.fixed_dictionaries({}, optional=dict.fromkeys(("$gt", "$gte", "$lt", "$lte"), NUMBERS)).filter(bool)
    | st.fixed_dictionaries({}, optional=dict.fromkeys(("$in", "$nin"), st.lists(VALUES, max_size=4))).filter(
        bool
    )
)
PLAIN = st.dictionaries(KEYS, CONDITION, max_size=3)
FILTERS = st.recursive(
    PLAIN,
    lambda inner: st.fixed_dictionaries(
        {}, optional=dict.fromkeys(("$and", "$or"), st.lists(inner, min_size=1, max_size=3))
    ),
    max_leaves=5,
)
METADATA = st.dictionaries(KEYS, VALUES, max_size=4)


@given(FILTERS, st.lists(METADATA, max_size=6), st.booleans())
def test_sqlite_agrees_with_the_plain_meaning(
    asked: dict[str, Any], rows: list[dict[str, Any]], escaped: bool
) -> None:
    with sqlite3.connect(":memory:") as table:
        found = _in_sqlite(table, asked, rows, escaped)
    table.close()
    assert found == [matches(asked, row) for row in rows]


@pytest.fixture(scope="module")
def in_chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ChromaStore, list[dict[str, Any]]]]:
    pytest.importorskip("chromadb")
    random = Random(5)
    values = [
        True,
        False,
        -1,
        0,
        1,
        2,
        0.5,
        1.0,
        -2.0,
        1e300,
        2**53 + 1,
        "",
        "a",
        "1",
        "true",
        'q"',
        "\\",
        "é",
    ]
    keys = ["a", "b", "a.b", 'q"', "é", "source"]
    rows = [
        {key: random.choice(values) for key in random.sample(keys, random.randrange(5))} for _ in range(80)
    ]
    with ChromaStore("filters", folder=tmp_path_factory.mktemp("chroma")) as store:
        documents = [Document(page_content="", metadata=row) for row in rows]
        store.add_vectors(documents, np.eye(80) + 0.1, [str(number) for number in range(80)])
        yield store, rows


@given(asked=FILTERS)
@settings(max_examples=60)
def test_chroma_agrees_with_the_plain_meaning(
    asked: dict[str, Any], in_chroma: tuple[ChromaStore, list[dict[str, Any]]]
) -> None:
    store, rows = in_chroma
    found = {int(one) for one, _ in store.nearest(np.ones(80), 80, asked)}
    assert found == {number for number, row in enumerate(rows) if matches(asked, row)}


@pytest.mark.parametrize("key", ["#document", "#x", "chroma:document", ""])
def test_names_that_chroma_keeps_to_itself_are_never_there(
    key: str, in_chroma: tuple[ChromaStore, list[dict[str, Any]]]
) -> None:
    store, rows = in_chroma
    assert store.nearest(np.ones(80), 80, {key: "a"}) == []
    assert len(store.nearest(np.ones(80), 80, {key: {"$ne": "a"}})) == len(rows)


@pytest.fixture
def table() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    yield connection
    connection.close()


def _in_sqlite(
    table: sqlite3.Connection, asked: dict[str, Any], rows: list[dict[str, Any]], escaped: bool = False
) -> list[bool]:
    table.execute("DROP TABLE IF EXISTS rows")
    table.execute("CREATE TABLE rows (number INTEGER PRIMARY KEY, metadata TEXT)")
    table.executemany(
        "INSERT INTO rows VALUES (?, ?)",
        [(number, json.dumps(row, ensure_ascii=escaped)) for number, row in enumerate(rows)],
    )
    where, values = to_sql(asked)
    found = {number for (number,) in table.execute(f"SELECT number FROM rows WHERE {where}", values)}
    return [number in found for number in range(len(rows))]


def test_filters_that_differ_are_never_taken_for_each_other() -> None:
    from types import MappingProxyType

    from rag.stores.sieve import _key

    keys = [
        _key(MappingProxyType({"u": "ada"})),
        _key({"u": "ben"}),
        _key({"u": {"$in": [1]}}),
        _key({"u": {"$in": ["1"]}}),
        _key({"u": 1}),
        _key({"u": True}),
        _key({"u": 1.0}),
    ]
    assert len(set(keys)) == len(keys)

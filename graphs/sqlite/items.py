"""Items and their vectors in SQLite's tables: works for a `Database`, given its connection.

Contract: names, keys, values and filters reach SQLite as parameters only. What has expired isn't seen, swept
or not. Times are seconds since 1970, a time to live is in minutes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from sqlite3 import Connection
from sys import maxsize
from typing import Any

from langgraph.store.base import GetOp, ListNamespacesOp, SearchItem, SearchOp

from graphs.sqlite.filters import matches
from graphs.sqlite.namespaces import bounds, decode, decode_namespace, encode, encode_namespace, fits
from graphs.sqlite.vectors import best_cosines

_TABLES = (
    # Numbers aren't used again, so an item keeps its place in listings for as long as it's there.
    """CREATE TABLE IF NOT EXISTS item (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        namespace BLOB NOT NULL,
        key BLOB NOT NULL,
        value TEXT NOT NULL,
        created REAL NOT NULL,
        updated REAL NOT NULL,
        ttl REAL,
        expires REAL,
        UNIQUE (namespace, key)
    )""",
    "CREATE INDEX IF NOT EXISTS item_expires ON item (expires) WHERE expires IS NOT NULL",
    """CREATE TABLE IF NOT EXISTS item_vector (
        item INTEGER NOT NULL,
        text BLOB NOT NULL,
        model TEXT NOT NULL,
        vector BLOB NOT NULL,
        UNIQUE (item, text)
    )""",
    """CREATE TRIGGER IF NOT EXISTS item_gone AFTER DELETE ON item
        BEGIN DELETE FROM item_vector WHERE item = old.number; END""",
)
_ROW = "SELECT number, namespace, key, value, created, updated, ttl FROM item"
_LIVE = "(expires IS NULL OR expires > :now)"
_NAMED = "namespace = :namespace AND key = :key"
_UNDER = f"namespace >= :least AND namespace < :past AND {_LIVE}"

_Row = tuple[int, bytes, bytes, str, float, float, float | None]


@dataclass(frozen=True)
class Found:
    """An item as it was read.

    Attributes:
        number: Its own among all items; the older, the lower.
        item: What LangGraph gets; the score is None where nothing was compared.
        lasts: Whether it lives for ever.
    """

    number: int
    item: SearchItem
    lasts: bool


@dataclass(frozen=True)
class Query:
    """What a search compares with: a packed vector, and the name of the model that made it."""

    vector: bytes
    model: str


@dataclass(frozen=True)
class Put:
    """A put or, without a value, a deletion.

    Attributes:
        namespace: Encoded.
        key: Encoded.
        value: JSON.
        ttl: Minutes.
        texts: What to embed, by digest.
    """

    namespace: bytes
    key: bytes
    value: str | None
    ttl: float | None
    texts: Mapping[bytes, str]


def make_tables(connection: Connection) -> None:
    """Makes what the file lacks."""
    for statement in _TABLES:
        connection.execute(statement)


def get(connection: Connection, op: GetOp, now: float) -> Found | None:
    """Returns an item, if it's there."""
    where = {"namespace": encode_namespace(op.namespace), "key": encode(op.key), "now": now}
    row = connection.execute(f"{_ROW} WHERE {_NAMED} AND {_LIVE}", where).fetchone()
    return None if row is None else _found(row)


def search(connection: Connection, op: SearchOp, now: float, query: Query | None) -> list[Found]:
    """Returns a page of items: the oldest first or, with a query, the nearest first.

    Without a vector that may be compared an item has no score and comes after those that have one.
    """
    least, past = bounds(op.namespace_prefix)
    where: dict[str, Any] = {"least": least, "past": past, "now": now}
    if query is not None:
        return _nearest(connection, op, where, query)
    limit, offset = min(op.limit, maxsize), min(op.offset, maxsize)
    if op.filter:
        return list(islice(islice(_fitting(connection, op.filter, where), offset, None), limit))
    where.update(limit=limit, offset=offset)
    rows = connection.execute(f"{_ROW} WHERE {_UNDER} ORDER BY number LIMIT :limit OFFSET :offset", where)
    return [_found(row) for row in rows]


def list_namespaces(connection: Connection, op: ListNamespacesOp, now: float) -> list[tuple[str, ...]]:
    """Returns a page of the namespaces that have items, in order."""
    least, past = bounds(())
    rows = connection.execute(
        f"SELECT DISTINCT namespace FROM item WHERE {_UNDER}", {"least": least, "past": past, "now": now}
    )
    names = [decode_namespace(row[0]) for row in rows]
    for condition in op.match_conditions or ():
        names = [labels for labels in names if fits(labels, condition)]
    return sorted({labels[: op.max_depth] for labels in names})[op.offset :][: op.limit]


def known_vectors(connection: Connection, put: Put, model: str) -> dict[bytes, bytes]:
    """Returns the vectors that the item to be changed has, by the digests of their texts."""
    rows = connection.execute(
        "SELECT text, vector FROM item CROSS JOIN item_vector ON item = number "
        f"WHERE {_NAMED} AND model = :model",
        {"namespace": put.namespace, "key": put.key, "model": model},
    )
    return dict(rows.fetchall())


def change(connection: Connection, put: Put, now: float, vectors: Mapping[bytes, bytes], model: str) -> None:
    """Puts or deletes an item; `vectors` has one for each digest among its texts."""
    where = {"namespace": put.namespace, "key": put.key, "now": now, "value": put.value, "ttl": put.ttl}
    if put.value is None:
        connection.execute(f"DELETE FROM item WHERE {_NAMED}", where)
        return
    # What has expired is no older version of this item.
    connection.execute(f"DELETE FROM item WHERE {_NAMED} AND NOT {_LIVE}", where)
    connection.execute(
        "INSERT INTO item (namespace, key, value, created, updated, ttl, expires) "
        "VALUES (:namespace, :key, :value, :now, :now, :ttl, :now + 60 * :ttl) "
        "ON CONFLICT (namespace, key) DO UPDATE SET value = excluded.value, updated = excluded.updated, "
        "ttl = excluded.ttl, expires = excluded.expires",
        where,
    )
    (number,) = connection.execute(f"SELECT number FROM item WHERE {_NAMED}", where).fetchone()
    connection.execute("DELETE FROM item_vector WHERE item = ?", (number,))
    connection.executemany(
        "INSERT INTO item_vector (item, text, model, vector) VALUES (?, ?, ?, ?)",
        [(number, digest, model, vectors[digest]) for digest in put.texts],
    )


def refresh(connection: Connection, numbers: Iterable[int], now: float) -> None:
    """Lets items that are still there live their whole time from now on."""
    connection.executemany(
        "UPDATE item SET expires = :now + 60 * ttl WHERE number = :number AND expires > :now",
        [{"number": number, "now": now} for number in numbers],
    )


def sweep(connection: Connection, now: float) -> int:
    """Deletes what has expired and returns how many items that were."""
    return connection.execute("DELETE FROM item WHERE expires <= ?", (now,)).rowcount


def _nearest(connection: Connection, op: SearchOp, where: dict[str, Any], query: Query) -> list[Found]:
    if op.filter:
        numbers = [found.number for found in _fitting(connection, op.filter, where)]
    else:
        rows = connection.execute(f"SELECT number FROM item WHERE {_UNDER} ORDER BY number", where)
        numbers = [row[0] for row in rows]
    vectors = connection.execute(
        "SELECT item, vector FROM item CROSS JOIN item_vector ON item = number "
        f"WHERE {_UNDER} AND model = :model AND length(vector) = :length",
        {**where, "model": query.model, "length": len(query.vector)},
    )
    scores = best_cosines(vectors, query.vector)
    # Sorting keeps equals in the order of their age.
    scored = sorted((number for number in numbers if number in scores), key=lambda n: -scores[n])
    ranked = [*scored, *(number for number in numbers if number not in scores)]
    page = []
    for number in ranked[op.offset :][: op.limit]:
        row = connection.execute(f"{_ROW} WHERE number = ?", (number,)).fetchone()
        page.append(_found(row, scores.get(number)))
    return page


def _fitting(connection: Connection, asked: dict[str, Any], where: dict[str, Any]) -> Iterator[Found]:
    for row in connection.execute(f"{_ROW} WHERE {_UNDER} ORDER BY number", where):
        found = _found(row)
        if matches(found.item.value, asked):
            yield found


def _found(row: _Row, score: float | None = None) -> Found:
    number, namespace, key, value, created, updated, ttl = row
    item = SearchItem(
        namespace=decode_namespace(namespace),
        key=decode(key),
        value=json.loads(value),
        created_at=datetime.fromtimestamp(created, UTC),
        updated_at=datetime.fromtimestamp(updated, UTC),
        score=score,
    )
    return Found(number, item, ttl is None)

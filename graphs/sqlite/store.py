"""LangGraph's store in a SQLite file: values by namespace and key, found by filters and by meaning.

Contract: a `SqliteStore` does what `BaseStore` promises, for synchronous and asynchronous callers, over a
`Database` that others may share; it holds no connection, no thread and no items of its own, so any number of
stores and processes may use one file.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from sqlite3 import Connection
from time import time
from typing import cast

from langchain_core.embeddings import Embeddings
from langgraph.store.base import (
    BaseStore,
    GetOp,
    IndexConfig,
    Item,
    ListNamespacesOp,
    Op,
    PutOp,
    Result,
    SearchOp,
    TTLConfig,
    ensure_embeddings,
    get_text_at_path,
    validate_op_namespace,
)

from graphs.sqlite import items
from graphs.sqlite.database import Database
from graphs.sqlite.filters import check_filter
from graphs.sqlite.items import Found, Put, Query
from graphs.sqlite.namespaces import encode, encode_namespace
from graphs.sqlite.vectors import pack


class SqliteIndexConfig(IndexConfig, total=False):
    """What to embed, and how.

    Attributes:
        model: A name of what embeds. Vectors that another model made are neither compared nor kept, so the
            name should change with it: items that were put before are found without a score until they are
            put again.
    """

    model: str


class SqliteStore(BaseStore):
    """A store in a file.

    Args:
        database: The file. Tables that it lacks are made.
        index: What to embed, and how; without it a query in a search is ignored. See `SqliteIndexConfig`.
        ttl: How long items live if a put doesn't say, and whether reading them renews that. Expired items
            aren't given out; they are in the file until `sweep_ttl` is called, which nothing does unasked.

    Raises:
        sqlite3.Error: If the tables can't be made.
        ValueError: If `index` doesn't say how to embed.
    """

    supports_ttl = True

    def __init__(
        self, database: Database, *, index: IndexConfig | None = None, ttl: TTLConfig | None = None
    ) -> None:
        self.index_config = index
        self.ttl_config = ttl
        self.embeddings: Embeddings | None = None if index is None else ensure_embeddings(index.get("embed"))
        self._database = database
        database.run(items.make_tables)

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        """Does several operations in one transaction: all of them or, if it raises, none.

        Gets, searches and listings see what was there before the batch, and of several puts of one key the
        last counts, as in `InMemoryStore`. Texts are embedded before the transaction; a text that its item
        had before isn't embedded again.

        Raises:
            InvalidNamespaceError: If a label is empty, isn't text, or holds a full stop or a zero character.
            TypeError: If a value can't be written as JSON.
            ValueError: If a filter, a limit or an embedding makes no sense.
            sqlite3.Error: If the file can't be read or written.
        """
        batch = _Batch(ops, self.index_config)
        if self.embeddings is not None:
            if batch.texts:
                self._database.run(batch.recall, writes=False)
            if missing := batch.missing:
                batch.learn(missing, self.embeddings.embed_documents(missing))
            if asked := batch.asked:
                batch.ask(asked, [self.embeddings.embed_query(query) for query in asked])
        results = self._database.run(batch.work, writes=bool(batch.puts))
        if batch.read:
            self._database.run(batch.refresh)
        return results

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        """Does what `batch` does, without holding the event loop."""
        batch = _Batch(ops, self.index_config)
        if self.embeddings is not None:
            if batch.texts:
                await self._database.arun(batch.recall, writes=False)
            if missing := batch.missing:
                made = await self.embeddings.aembed_documents(missing)
                await asyncio.to_thread(batch.learn, missing, made)
            if asked := batch.asked:
                batch.ask(asked, await asyncio.gather(*map(self.embeddings.aembed_query, asked)))
        results = await self._database.arun(batch.work, writes=bool(batch.puts))
        if batch.read:
            await self._database.arun(batch.refresh)
        return results

    def sweep_ttl(self) -> int:
        """Deletes the items that have expired and returns how many there were."""
        return self._database.run(lambda connection: items.sweep(connection, time()))

    async def asweep_ttl(self) -> int:
        """Does what `sweep_ttl` does, without holding the event loop."""
        return await self._database.arun(lambda connection: items.sweep(connection, time()))


class _Batch:
    """Operations on their way: looked over, then given the vectors that they need, then done.

    Attributes:
        puts: The changes, one for each item.
        read: The numbers of the items that are still to be refreshed for having been read.

    Raises:
        ValueError: If an operation makes no sense.
    """

    def __init__(self, ops: Iterable[Op], index: IndexConfig | None) -> None:
        self._ops = list(ops)
        self._index = index
        self._dims = None if index is None else index.get("dims")
        self._model = "" if index is None else cast(SqliteIndexConfig, index).get("model", "")
        self._vectors: dict[bytes, bytes] = {}
        self._queries: dict[str, Query] = {}
        self.puts: dict[tuple[bytes, bytes], Put] = {}
        self.read: set[int] = set()
        for op in self._ops:
            if not isinstance(op, (GetOp, PutOp, SearchOp, ListNamespacesOp)):
                raise ValueError(f"There is no operation {type(op).__name__}.")
            validate_op_namespace(op)
            if isinstance(op, PutOp):
                put = self._put(op)
                self.puts[put.namespace, put.key] = put
            elif not isinstance(op, GetOp) and min(op.limit, op.offset) < 0:
                raise ValueError(f"limit ({op.limit}) and offset ({op.offset}) can't be negative.")
            elif isinstance(op, SearchOp):
                check_filter(op.filter or {})

    @property
    def texts(self) -> dict[bytes, str]:
        """What needs vectors, by digest."""
        return {digest: text for put in self.puts.values() for digest, text in put.texts.items()}

    @property
    def missing(self) -> list[str]:
        """The texts that have no vector yet."""
        return [text for digest, text in self.texts.items() if digest not in self._vectors]

    @property
    def asked(self) -> list[str]:
        """The queries of the searches, each once."""
        return list(dict.fromkeys(op.query for op in self._ops if isinstance(op, SearchOp) and op.query))

    def recall(self, connection: Connection) -> None:
        """Takes the vectors that the items to be changed have already."""
        for put in self.puts.values():
            known = items.known_vectors(connection, put, self._model) if put.texts else {}
            for digest, vector in known.items():
                if self._dims is None or len(vector) == 4 * self._dims:
                    self._vectors[digest] = vector

    def learn(self, texts: Sequence[str], vectors: Sequence[Sequence[float]]) -> None:
        """Takes the vectors that were made of `texts`.

        Raises:
            ValueError: If they aren't as many, or aren't what the index says.
        """
        if len(vectors) != len(texts):
            raise ValueError(f"{len(texts)} texts were to be embedded, {len(vectors)} vectors came back.")
        for text, vector in zip(texts, vectors, strict=True):
            self._vectors[_digest(text)] = pack(vector, self._dims)

    def ask(self, queries: Sequence[str], vectors: Sequence[Sequence[float]]) -> None:
        """Takes the vectors of the queries.

        Raises:
            ValueError: If they aren't what the index says.
        """
        for query, vector in zip(queries, vectors, strict=True):
            self._queries[query] = Query(pack(vector, self._dims), self._model)

    def work(self, connection: Connection) -> list[Result]:
        """Does everything, what reads before what changes; returns a result for each operation."""
        now = time()
        results = [self._result(connection, op, now) for op in self._ops]
        if self.puts:
            items.refresh(connection, self.read, now)
            self.read.clear()
        for put in self.puts.values():
            items.change(connection, put, now, self._vectors, self._model)
        return results

    def refresh(self, connection: Connection) -> None:
        """Lets what was read live on."""
        items.refresh(connection, self.read, time())

    def _put(self, op: PutOp) -> Put:
        value = None if op.value is None else json.dumps(dict(op.value))
        texts: list[str] = []
        if value is not None and self._index is not None and op.index is not False:
            # What will be read back: it has lists where the caller may have tuples.
            stored = json.loads(value)
            for path in (self._index.get("fields") or ["$"]) if op.index is None else op.index:
                texts += get_text_at_path(stored, path)
        by_digest = {_digest(text): text for text in texts}
        return Put(encode_namespace(op.namespace), encode(op.key), value, op.ttl, by_digest)

    def _result(self, connection: Connection, op: Op, now: float) -> Result:
        if isinstance(op, GetOp):
            found = items.get(connection, op, now)
            self._note(op, [] if found is None else [found])
            return None if found is None else _without_score(found.item)
        if isinstance(op, SearchOp):
            page = items.search(connection, op, now, self._queries.get(op.query or ""))
            self._note(op, page)
            return [found.item for found in page]
        if isinstance(op, ListNamespacesOp):
            return items.list_namespaces(connection, op, now)
        return None

    def _note(self, op: GetOp | SearchOp, page: Iterable[Found]) -> None:
        if op.refresh_ttl:
            self.read.update(found.number for found in page if not found.lasts)


def _without_score(item: Item) -> Item:
    return Item(
        value=item.value,
        key=item.key,
        namespace=item.namespace,
        created_at=item.created_at,
        updated_at=item.updated_at,
    )


def _digest(text: str) -> bytes:
    return blake2b(encode(text), digest_size=16).digest()

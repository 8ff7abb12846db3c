"""Threads in a SQLite file: a checkpointer for synchronous and asynchronous graphs alike.

Contract: all of `BaseCheckpointSaver`, `delete_for_runs`, `copy_thread` and `prune` among it, and what
channels that store only changes (`DeltaChannel`) need is never removed. Every checkpoint can be returned to:
messages are stored once (`graphs.sqlite.shelf`), so that keeping all checkpoints of a long thread costs
little. Only messages and plain values are read back: a row that names any other type is returned as data,
never imported. Messages of one listing are shared between its checkpoints: don't change them in place.
"""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    get_checkpoint_id,
    get_checkpoint_metadata,
)
from langgraph.checkpoint.serde.base import SerializerProtocol
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from graphs.sqlite import rows, shelf
from graphs.sqlite.database import Database

Storing = Callable[[sqlite3.Connection], None]


class SqliteSaver(BaseCheckpointSaver[str]):
    """A checkpointer over an open `Database`.

    Args:
        database: The file; its tables are made if they are missing.
        serde: How values are written; by default LangGraph's, strict about what is read back.
    """

    def __init__(self, database: Database, *, serde: SerializerProtocol | None = None) -> None:
        # None: no types beside LangGraph's own list of safe ones (messages, dates, numbers, paths).
        super().__init__(serde=serde or JsonPlusSerializer(allowed_msgpack_modules=None))
        self.database = database
        database.run(lambda connection: rows.make(connection, rows.SCHEMA + shelf.SCHEMA))

    # Reading --------------------------------------------------------------------------------------------

    def get_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Returns the checkpoint that `config` names, or the thread's newest; None if there is none."""
        found = self.database.run(rows.finder(config), writes=False)
        return None if found is None else self._tuple(found, {})

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Does what `get_tuple` does."""
        found = await self.database.arun(rows.finder(config), writes=False)
        return None if found is None else self._tuple(found, {})

    def list(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002 (LangGraph's name)
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> Iterator[CheckpointTuple]:
        """Yields checkpoints, the newest first; `filter` compares entries of their metadata."""
        yield from self._tuples(self.database.run(rows.lister(config, filter, before, limit), writes=False))

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002 (LangGraph's name)
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        """Does what `list` does."""
        for found in self._tuples(
            await self.database.arun(rows.lister(config, filter, before, limit), writes=False)
        ):
            yield found

    def threads(self) -> Sequence[str]:
        """Returns the names of all threads."""
        return self.database.run(
            lambda connection: [
                row[0] for row in connection.execute("SELECT DISTINCT thread_id FROM checkpoint")
            ],
            writes=False,
        )

    # Writing --------------------------------------------------------------------------------------------

    def put(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Stores a checkpoint and returns the configuration that names it."""
        del new_versions
        self.database.run(self.putting(config, checkpoint, metadata))
        return _after(config, checkpoint)

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Does what `put` does."""
        del new_versions
        await self.database.arun(self.putting(config, checkpoint, metadata))
        return _after(config, checkpoint)

    def put_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Stores what a task wrote at the checkpoint that `config` names."""
        self.database.run(self.writing(config, _placed(writes), task_id, task_path))

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Does what `put_writes` does."""
        await self.database.arun(self.writing(config, _placed(writes), task_id, task_path))

    # Whole threads --------------------------------------------------------------------------------------

    def delete_thread(self, thread_id: str) -> None:
        """Removes a thread with all its namespaces."""
        self.database.run(rows.deleter(thread_id))

    async def adelete_thread(self, thread_id: str) -> None:
        """Does what `delete_thread` does."""
        await self.database.arun(rows.deleter(thread_id))

    def copy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        """Copies all checkpoints and writes of a thread to another name."""
        self.database.run(rows.copier(source_thread_id, target_thread_id))

    async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        """Does what `copy_thread` does."""
        await self.database.arun(rows.copier(source_thread_id, target_thread_id))

    def prune(self, thread_ids: Sequence[str], *, strategy: str = "keep_latest") -> None:
        """Removes checkpoints.

        Args:
            thread_ids: Of these threads.
            strategy: "keep_latest" keeps the newest one of each namespace, and those that its channels of
                changes rest on; "delete" keeps none.

        Raises:
            ValueError: For another strategy.
        """
        self.database.run(self._pruner(thread_ids, strategy))

    async def aprune(self, thread_ids: Sequence[str], *, strategy: str = "keep_latest") -> None:
        """Does what `prune` does."""
        await self.database.arun(self._pruner(thread_ids, strategy))

    def delete_for_runs(self, run_ids: Sequence[str]) -> None:
        """Removes the checkpoints that these runs made, but for those that channels of changes rest on."""
        self.database.run(self._run_deleter(run_ids))

    async def adelete_for_runs(self, run_ids: Sequence[str]) -> None:
        """Does what `delete_for_runs` does."""
        await self.database.arun(self._run_deleter(run_ids))

    def get_next_version(self, current: str | None, channel: None) -> str:
        """Returns a version that is greater than `current`, and of another branch's no equal."""
        del channel
        number = int(str(current).partition(".")[0]) if current is not None else 0
        return f"{number + 1:032}.{random.random():016}"

    # How ------------------------------------------------------------------------------------------------

    def _tuples(self, found: Sequence[rows.Row]) -> Iterator[CheckpointTuple]:
        made: dict[str, dict[int, Any]] = {}
        for row in found:
            yield self._tuple(row, made.setdefault(row.head[0], {}))

    def _tuple(self, row: rows.Row, made: dict[int, Any]) -> CheckpointTuple:
        thread, ns, name, parent, kind, body, lists, metadata = row.head
        checkpoint = cast(Checkpoint, self.serde.loads_typed((kind, body)))
        checkpoint["channel_values"] |= shelf.restored(json.loads(lists), row.raw, self.serde, made)
        writes = []
        for task, channel, kind, body, lists in row.writes:
            own = shelf.restored(json.loads(lists), row.raw, self.serde, made)
            writes.append((task, channel, own[rows.VALUE] if own else self.serde.loads_typed((kind, body))))
        return CheckpointTuple(
            rows.named(thread, ns, name),
            checkpoint,
            cast(CheckpointMetadata, json.loads(metadata)),
            rows.named(thread, ns, parent) if parent else None,
            writes,
        )

    def putting(
        self, config: RunnableConfig, checkpoint: Checkpoint, metadata: CheckpointMetadata
    ) -> Storing:
        """Returns the work that stores a checkpoint."""
        thread, ns = rows.where(config)
        values = checkpoint["channel_values"]
        split = {
            name: shelf.pieces(value, self.serde) for name, value in values.items() if shelf.splits(value)
        }
        rest = {name: value for name, value in values.items() if name not in split}
        body = self.serde.dumps_typed({**checkpoint, "channel_values": rest})
        about = get_checkpoint_metadata(config, metadata)
        row = (thread, ns, checkpoint["id"], get_checkpoint_id(config), about.get("run_id"), *body)
        text = json.dumps(about, ensure_ascii=False).encode("utf-8", "replace").decode()

        def work(connection: sqlite3.Connection) -> None:
            lists = {name: shelf.put(connection, thread, found) for name, found in split.items()}
            connection.execute(
                "INSERT OR REPLACE INTO checkpoint VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*row, json.dumps(lists), text),
            )

        return work

    def writing(
        self, config: RunnableConfig, writes: Sequence[tuple[int, str, Any]], task_id: str, task_path: str
    ) -> Storing:
        """Returns the work that stores writes: place, channel and value each."""
        thread, ns = rows.where(config)
        at = str(get_checkpoint_id(config))
        listed = []
        for place, channel, value in writes:
            split = shelf.pieces(value, self.serde) if shelf.splits(value) else None
            listed.append((place, channel, self.serde.dumps_typed(None if split else value), split))
        # What a task wrote stays as it was written first; an interrupt's or an error's place is for the last.
        how = "REPLACE" if all(channel in WRITES_IDX_MAP for _, channel, _ in writes) else "IGNORE"

        def work(connection: sqlite3.Connection) -> None:
            for place, channel, body, split in listed:
                lists = {} if split is None else {rows.VALUE: shelf.put(connection, thread, split)}
                connection.execute(
                    f"INSERT OR {how} INTO pending VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (thread, ns, at, task_id, place, task_path, channel, *body, json.dumps(lists)),
                )

        return work

    def _pruner(self, threads: Sequence[str], strategy: str) -> Storing:
        if strategy not in ("keep_latest", "delete"):
            raise ValueError(f"strategy is keep_latest or delete, not {strategy!r}.")

        def work(connection: sqlite3.Connection) -> None:
            for thread in map(str, threads):
                if strategy == "delete":
                    rows.deleter(thread)(connection)
                else:
                    newest = connection.execute(
                        "SELECT ns, max(id) FROM checkpoint WHERE thread_id = ? GROUP BY ns", (thread,)
                    )
                    self._keep(connection, thread, set(newest.fetchall()))

        return work

    def _run_deleter(self, runs: Sequence[str]) -> Storing:
        def work(connection: sqlite3.Connection) -> None:
            marks = (json.dumps([str(run) for run in runs]),)
            of_runs = "run_id IN (SELECT value FROM json_each(?))"
            threads = connection.execute(
                f"SELECT DISTINCT thread_id FROM checkpoint WHERE {of_runs}", marks
            ).fetchall()
            for (thread,) in threads:
                kept = connection.execute(
                    f"SELECT ns, id FROM checkpoint "
                    f"WHERE thread_id = ? AND (run_id IS NULL OR NOT {of_runs})",
                    (thread, *marks),
                )
                self._keep(connection, thread, set(kept.fetchall()))

        return work

    def _keep(self, connection: sqlite3.Connection, thread: str, kept: set[tuple[str, str]]) -> None:
        """Removes all checkpoints of a thread but these and what they rest on."""
        for ns, name in sorted(kept):
            kept |= self._rests_on(connection, thread, ns, name)
        there = connection.execute("SELECT ns, id FROM checkpoint WHERE thread_id = ?", (thread,)).fetchall()
        gone = [(thread, *one) for one in there if one not in kept]
        connection.executemany("DELETE FROM checkpoint WHERE thread_id = ? AND ns = ? AND id = ?", gone)
        connection.executemany(
            "DELETE FROM pending WHERE thread_id = ? AND ns = ? AND checkpoint_id = ?", gone
        )
        lists = connection.execute(
            "SELECT lists FROM checkpoint WHERE thread_id = ? "
            "UNION ALL SELECT lists FROM pending WHERE thread_id = ?",
            (thread, thread),
        )
        shelf.sweep(connection, thread, [row[0] for row in lists])

    def _rests_on(
        self, connection: sqlite3.Connection, thread: str, ns: str, name: str
    ) -> set[tuple[str, str]]:
        """The ancestors from whose writes LangGraph rebuilds a checkpoint's channels of changes."""
        found: set[tuple[str, str]] = set()
        missing: set[str] | None = None
        at: str | None = name
        while at is not None and (missing is None or missing):
            row = connection.execute(
                "SELECT parent, type, body, lists, metadata FROM checkpoint "
                "WHERE thread_id = ? AND ns = ? AND id = ?",
                (thread, ns, at),
            ).fetchone()
            if row is None:
                break
            if missing is None:
                missing = set(json.loads(row[4]).get("counters_since_delta_snapshot") or {})
                if not missing:
                    break
            found.add((ns, at))
            missing -= {*self.serde.loads_typed((row[1], row[2]))["channel_values"], *json.loads(row[3])}
            at = row[0]
        return found


def _after(config: RunnableConfig, checkpoint: Checkpoint) -> RunnableConfig:
    given = config["configurable"]
    return rows.named(given["thread_id"], given.get("checkpoint_ns", ""), checkpoint["id"])


def _placed(writes: Sequence[tuple[str, Any]]) -> Sequence[tuple[int, str, Any]]:
    return [
        (WRITES_IDX_MAP.get(channel, place), channel, value) for place, (channel, value) in enumerate(writes)
    ]

"""Whether a file of state is whole: sound, and without rows that belong to nothing."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path


def check(file: Path) -> None:
    """Fails where the file isn't sound, or holds writes, elements or vectors that nothing owns."""
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        stray = (
            "SELECT thread_id, checkpoint_id FROM pending "
            "WHERE (thread_id, ns, checkpoint_id) NOT IN (SELECT thread_id, ns, id FROM checkpoint)"
        )
        assert database.execute(stray).fetchall() == []
        held = "SELECT thread_id, lists FROM checkpoint UNION ALL SELECT thread_id, lists FROM pending"
        named = {
            (thread, number)
            for thread, lists in database.execute(held)
            for runs in json.loads(lists).values()
            for first, count in runs
            for number in range(first, first + count)
        }
        assert set(database.execute("SELECT thread_id, number FROM piece")) == named
        assert (
            database.execute(
                "SELECT item FROM item_vector WHERE item NOT IN (SELECT number FROM item)"
            ).fetchall()
            == []
        )

"""A process that dies at its n-th call of C code while it indexes, again and again: POINTS SEED FOLDER.

Prints what was wrong afterwards, by kind, as JSON: nothing should be.
"""

from __future__ import annotations

import collections
import json
import os
import random
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

# Imported before the first fork: else each child would pay for it, and die in it.
import bm25s  # noqa: F401
import faiss  # noqa: F401
import Stemmer  # noqa: F401
from hashed import HashedWords

from rag import Library
from rag.library.collection import Collection
from rag.library.writer import LEXICAL, MARK

State = dict[str, list[tuple[str, int]]]
POINTS, SEED, FOLDER = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
SOURCE = FOLDER / "source"


def write(edition: int) -> None:
    """Of the second edition one file is changed, one moved by some lines, one gone, one new."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    SOURCE.mkdir(parents=True)
    for number in range(6):
        text = f"# File {number}\n\nThe file {number} speaks of water {number}.\n"
        if edition and number == 0:
            text = text.replace("water", "wind")
        if edition and number == 1:
            text = "\n\n\n" + text
        if not (edition and number == 2):
            (SOURCE / f"{number}.md").write_text(text, encoding="utf-8")
    if edition:
        (SOURCE / "new.md").write_text("Only now.\n", encoding="utf-8")


def state(collection: Collection) -> State:
    return {
        record.name: [
            (chunk.page_content, chunk.metadata["start"]) for chunk in collection.chunks(record.name)
        ]
        for record in collection.sources()
    }


def opened(root: Path) -> Collection:
    return Library(root, encoder=HashedWords()).collection()


def dies(root: Path, point: int | None) -> int:
    """Indexes in a child that dies at a call; returns how many calls there are where it doesn't."""
    reads, writes = os.pipe()
    child = os.fork()
    if not child:
        calls = 0

        def count(frame: object, event: str, argument: object) -> None:
            nonlocal calls
            if event in ("c_call", "c_return"):
                calls += 1
                if calls == point:
                    os._exit(9)

        collection = opened(root)
        sys.setprofile(count)
        collection.index([SOURCE])
        sys.setprofile(None)
        os.write(writes, str(calls).encode())
        os._exit(0)
    os.close(writes)
    said = os.read(reads, 99)
    os.close(reads)
    os.waitpid(child, 0)
    return int(said or 0)


def begin(root: Path, first: bool) -> None:
    shutil.rmtree(root, ignore_errors=True)
    if not first:
        shutil.copytree(FOLDER / "base", root)


def points(total: int, draw: random.Random) -> list[int]:
    return sorted(draw.sample(range(1, total + 1), min(POINTS, total)))


def checked(root: Path, right: Callable[[State], bool], after: State) -> list[str]:
    """What is wrong with a collection whose run was killed, and after the next run."""
    wrong = []
    collection = opened(root)
    if not right(state(collection)):
        wrong.append("neither the state before nor the one after")
    wrong += [str(fault) for fault in collection.verify() if "belong to no chunk" not in str(fault)]
    collection.index([SOURCE])
    if state(collection) != after:
        wrong.append("not the state after, once it's indexed again")
    wrong += [f"after the next run: {fault}" for fault in collection.verify(deep=True)]
    if len(list((collection.folder / LEXICAL).iterdir())) != 1 or (collection.folder / MARK).exists():
        wrong.append("something is left over")
    collection.close()
    return wrong


def main() -> None:
    draw = random.Random(SEED)
    write(1)
    collection = opened(FOLDER / "after")
    collection.index([SOURCE])
    collection.retriever("hybrid").invoke("warm")
    after = state(collection)
    collection.close()
    write(0)
    collection = opened(FOLDER / "base")
    collection.index([SOURCE])
    before = state(collection)
    collection.close()
    write(1)
    found: collections.Counter[str] = collections.Counter()
    root = FOLDER / "killed"
    killed = 0
    for first in (False, True):
        begin(root, first)
        total = dies(root, None)
        for point in points(total, draw):
            begin(root, first)
            killed += not dies(root, point)
            earlier = {} if first else before
            for fault in checked(root, lambda now, earlier=earlier: now in (earlier, after), after):  # type: ignore[misc]
                found[fault[:100]] += 1
    sys.stdout.write(json.dumps({"killed": killed, "wrong": found}) + "\n")


main()

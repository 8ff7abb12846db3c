"""Whatever happens to the process or the disk, a collection is as it was or as it should be, never between.

The moments of the kills come of the seed that the test prints; HOMESPUN_KILL_SEED sets another one.
"""

# ruff: noqa: T201

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest

from homespun.errors import HomespunError, OutOfSpace
from rag import Library
from rag.library.collection import Collection

INDEXER = str(Path(__file__).with_name("indexer.py"))
SEED = int(os.environ.get("HOMESPUN_KILL_SEED", "1"))
FILES = 30


def _write(folder: Path, edition: int) -> None:
    folder.mkdir(exist_ok=True)
    for number in range(FILES):
        if edition and number % 3 == 0:
            text = (
                f"# File {number}\n\nEdition {edition} of file {number} speaks of wind {number * edition}.\n"
            )
        else:
            text = f"# File {number}\n\nThe old file {number} speaks of water {number}.\n"
        (folder / f"{number}.md").write_text(text * 3, encoding="utf-8")
    extra = folder / "extra.md"
    if edition % 2:
        extra.write_text(f"Only odd editions such as {edition} have this.\n", encoding="utf-8")
    else:
        extra.unlink(missing_ok=True)


def _state(collection: Collection) -> dict[str, list[str]]:
    return {
        record.name: [chunk.page_content for chunk in collection.chunks(record.name)]
        for record in collection.sources()
    }


def _kill(rounds: int, tmp_path: Path, words: Any) -> None:
    draw = Random(SEED)
    folder, root = tmp_path / "files", tmp_path / "library"
    _write(folder, 0)
    first = Library(root, encoder=words)
    first.collection().index([folder])
    state = _state(first.collection())
    first.close()
    killed = 0
    stages = []
    print("seed", SEED)
    for edition in range(1, rounds + 1):
        _write(folder, edition)
        process = subprocess.Popen(
            [sys.executable, INDEXER, str(root), str(folder), "0.02"], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(draw.uniform(0, 0.25))
        process.send_signal(signal.SIGKILL)
        said = process.stdout.read().split("\n")
        process.stdout.close()
        killed += process.wait() == -signal.SIGKILL
        stages.append(next((line for line in reversed(said) if line), "before"))
        library = Library(root, encoder=words)
        collection = library.collection()
        found = _state(collection)
        # The manifest is the state before or the one after, and every chunk of it has what it needs.
        after = dict(found)
        if found != state:
            library.collection().index([folder])
            after = _state(collection)
            assert found == after
        needed = [fault for fault in collection.verify() if "belong to no chunk" not in str(fault)]
        assert needed == []
        collection.repair()
        assert collection.verify(deep=True) == []
        collection.index([folder])
        state = _state(collection)
        assert collection.verify() == []
        assert len(state) == FILES + edition % 2
        library.close()
    print({stage: stages.count(stage) for stage in sorted(set(stages))})
    assert killed >= rounds // 2


def test_a_killed_index_run_leaves_the_state_before_or_after(tmp_path: Path, words: Any) -> None:
    _kill(6, tmp_path, words)


@pytest.mark.stress
@pytest.mark.timeout(1800)
def test_thirty_kills(tmp_path: Path, words: Any) -> None:
    _kill(30, tmp_path, words)


def _dies_anywhere(points: int, tmp_path: Path) -> None:
    command = [
        sys.executable,
        str(Path(__file__).with_name("killer.py")),
        str(points),
        str(SEED),
        str(tmp_path),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["wrong"] == {}
    assert told["killed"] > points


def test_a_run_that_dies_at_any_call_leaves_the_state_before_or_after(tmp_path: Path) -> None:
    _dies_anywhere(15, tmp_path)


@pytest.mark.stress
@pytest.mark.timeout(1800)
def test_hundreds_of_deaths(tmp_path: Path) -> None:
    _dies_anywhere(300, tmp_path)


def test_two_processes_that_index_one_collection_take_turns(tmp_path: Path, words: Any) -> None:
    one, two, root = tmp_path / "one", tmp_path / "two", tmp_path / "library"
    _write(one, 0)
    _write(two, 1)
    started = [
        subprocess.Popen(
            [sys.executable, INDEXER, str(root), str(folder), "0.3"], stdout=subprocess.PIPE, text=True
        )
        for folder in (one, two)
    ]
    told = [process.communicate(timeout=120)[0] for process in started]
    assert [process.returncode for process in started] == [0, 0]
    assert sum("waiting" in said for said in told) >= 1
    library = Library(root, encoder=words)
    assert library.collection().counts()[0] == FILES + FILES + 1
    assert library.collection().verify(deep=True) == []
    library.close()


def test_who_doesnt_want_to_wait_is_told(tmp_path: Path, words: Any, notes: Path) -> None:
    from rag.library.lock import locked

    library = Library(tmp_path / "library", encoder=words)
    collection = library.collection()
    with locked(collection.folder), pytest.raises(HomespunError, match="Another process"):
        collection.index([notes], wait=0.1)
    library.close()


def test_a_collection_on_a_full_disk_stays_as_it_was(tmp_path: Path, words: Any, notes: Path) -> None:
    library = Library(tmp_path / "library", encoder=words)
    collection = library.collection()
    collection.index([notes])
    before = _state(collection)
    library.close()
    big = tmp_path / "big"
    big.mkdir()
    draw = Random(0)
    for number in range(60):
        text = " ".join(str(draw.random()) for _ in range(1000))
        (big / f"{number}.txt").write_text(text, encoding="utf-8")
    code = (
        "import resource, sys, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "sys.path.insert(0, sys.argv[1]); from hashed import HashedWords; from rag import Library; "
        "collection = Library(sys.argv[2], encoder=HashedWords()).collection(); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000)); collection.index([sys.argv[3]])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(Path(__file__).parents[1]), str(library.root), str(big)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert OutOfSpace.__name__ in done.stderr
    after = Library(tmp_path / "library", encoder=words)
    assert _state(after.collection()) == before
    assert "Margit" in after.collection().retriever("hybrid").invoke("boat")[0].page_content
    after.collection().repair()
    assert after.collection().verify(deep=True) == []
    after.collection().index([big])
    assert after.collection().verify() == []
    after.close()


READS = """
import sys
sys.path.insert(0, sys.argv[1])
from hashed import HashedWords
from rag import Library
from rag.errors import ReadOnly
collection = Library(sys.argv[2], encoder=HashedWords()).collection()
assert "Margit" in collection.retriever("hybrid").invoke("boat")[0].page_content
assert collection.verify() == []
try:
    collection.index([sys.argv[3]])
except ReadOnly as error:
    print(error)
"""


def test_a_read_only_collection_can_be_searched_and_says_that_it_cant_be_changed(
    tmp_path: Path, words: Any, notes: Path
) -> None:
    library = Library(tmp_path / "library", encoder=words)
    library.collection().index([notes])
    library.close()
    root = str(library.root)
    command = [sys.executable, "-c", READS, str(Path(__file__).parents[1]), root, str(notes / "boat.md")]
    if os.geteuid() == 0:
        # Rights bind root to nothing, so it's mounted read-only, for this process alone.
        mount = f"mount --bind -o ro {shlex.quote(root)} {shlex.quote(root)}"
        command = ["unshare", "--mount", "sh", "-c", f"{mount} && exec {shlex.join(command)}"]
        if subprocess.run([*command[:-1], mount], capture_output=True, check=False).returncode != 0:
            pytest.skip("a folder can't be made read-only for root here: mount isn't allowed")
    else:
        for path in [library.root, *library.root.rglob("*")]:
            path.chmod(0o500 if path.is_dir() else 0o400)
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    finally:
        if os.geteuid() != 0:
            for path in [library.root, *library.root.rglob("*")]:
                path.chmod(0o700)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Can't ")

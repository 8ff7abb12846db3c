"""`FaissStore` against plain arithmetic, against other processes, and against being stopped."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.documents import Document

from homespun.errors import HomespunError, OutOfSpace
from rag.stores.faiss import FILE, FaissStore
from rag.stores.filters import matches

ROOT = Path(__file__).parents[3]
WORKER = Path(__file__).with_name("worker.py")
DIRECTIONS = np.random.default_rng(8).standard_normal((12, 4)).astype(np.float32)

IDS = st.sampled_from([f"id{number}" for number in range(14)])
ADD = st.tuples(
    st.just("add"), st.lists(st.tuples(IDS, st.integers(0, 11), st.integers(0, 3)), min_size=1, max_size=9)
)
DELETE = st.tuples(st.just("delete"), st.lists(IDS, max_size=6))
ASK = st.tuples(st.just("ask"), st.tuples(st.integers(0, 11), st.integers(1, 6), st.booleans()))
AGAIN = st.tuples(st.sampled_from(["reopen", "clear"]), st.none())


@pytest.mark.parametrize("flat_up_to", [100, 5, 0])
@given(steps=st.lists(ADD | ADD | DELETE | ASK | ASK | AGAIN, max_size=14))
@settings(max_examples=40)
def test_finds_what_comparing_all_finds(
    flat_up_to: int, steps: list[tuple[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("store")
    held: dict[str, tuple[int, int]] = {}
    store, other = FaissStore(folder, flat_up_to=flat_up_to), FaissStore(folder, read_only=True)
    for way, what in [*steps, ("ask", (0, 20, False)), ("ask", (1, 3, True))]:
        if way == "add":
            documents = [Document(page_content=one, metadata={"page": page}) for one, _, page in what]
            store.add_vectors(
                documents, DIRECTIONS[[place for _, place, _ in what]], [one for one, _, _ in what]
            )
            held |= {one: (place, page) for one, place, page in what}
        elif way == "delete":
            store.delete(what)
            held = {one: row for one, row in held.items() if one not in what}
        elif way == "clear":
            store.delete()
            held = {}
        elif way == "reopen":
            store.close()
            store = FaissStore(folder, flat_up_to=flat_up_to)
        else:
            place, k, narrowed = what
            asked = {"page": {"$in": [1, 2]}} if narrowed else None
            wanted = _by_comparing(DIRECTIONS[place], k, held, asked)
            for one in (store, other):
                found = one.nearest(DIRECTIONS[place], k, asked)
                assert [name for name, _ in found] == [name for name, _ in wanted]
                assert [cosine for _, cosine in found] == pytest.approx(
                    [cosine for _, cosine in wanted], abs=1e-6
                )
    assert store.ids() == set(held)
    store.close()
    other.close()
    shutil.rmtree(folder)


def test_a_filter_that_lets_little_through_still_finds_all_of_it(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    vectors = random.standard_normal((3000, 8)).astype(np.float32)
    documents = [Document(page_content="", metadata={"rare": number % 1000}) for number in range(3000)]
    with FaissStore(tmp_path) as store:
        store.add_vectors(documents, vectors, [str(number) for number in range(3000)])
        for number in (3, 3, 7):
            found = {int(one) for one, _ in store.nearest(vectors[0], 10, {"rare": number})}
            assert found == {number, number + 1000, number + 2000}
        store.delete(["3", "1003"])
        store.add_vectors(documents[3:4], vectors[5:6], ["new"])
        assert [one for one, _ in store.nearest(vectors[5], 10, {"rare": 3})] == ["new", "2003"]


def test_a_graph_finds_most_of_what_comparing_all_finds_and_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(2)
    vectors = random.standard_normal((1500, 16)).astype(np.float32)
    ids = [f"{number:04d}" for number in range(1500)]
    documents = [Document(page_content=one) for one in ids]
    with FaissStore(tmp_path, flat_up_to=1000) as store:
        store.add_vectors(documents[:1200], vectors[:1200], ids[:1200])
        store.nearest(vectors[0], 1)
        assert [path.name for path in tmp_path.glob("graph-*")] == ["graph-1200.faiss"]
        store.add_vectors(documents[1200:], vectors[1200:], ids[1200:])
        store.delete(ids[:100])
    built: list[int] = []
    from rag.stores import near

    add = near.Near.add

    def counted(self: near.Near, numbers: Any, rows: Any) -> None:
        built.append(len(numbers))
        add(self, numbers, rows)

    monkeypatch.setattr(near.Near, "add", counted)
    with FaissStore(tmp_path, flat_up_to=1000) as store, FaissStore(tmp_path) as flat:
        hits = 0
        for question in random.standard_normal((30, 16)):
            mine = [one for one, _ in store.nearest(question, 10)]
            hits += len(set(mine) & {one for one, _ in flat.nearest(question, 10)})
            assert not set(mine) & set(ids[:100])
        assert hits >= 0.95 * 300
    assert sum(built) == 300 + 1400  # the graph's new rows, and all of the flat one
    assert [path.name for path in tmp_path.glob("graph-*")] == ["graph-1500.faiss"]


def test_what_is_dead_goes_when_it_is_more_than_a_fifth(tmp_path: Path) -> None:
    vectors = np.random.default_rng(2).standard_normal((100, 4)).astype(np.float32)
    ids = [f"{number:03d}" for number in range(100)]
    with FaissStore(tmp_path) as store:
        store.add_vectors([Document(page_content="")] * 100, vectors, ids)
        store.nearest(vectors[0], 1)
        for count, held in ((20, 100), (21, 79)):
            store.delete(ids[:count])
            assert len(store.nearest(vectors[0], 100)) == 100 - count
            assert store._near is not None
            assert len(store._near.numbers) == held


def test_rows_that_are_wrong_are_named_and_spoil_no_search(tmp_path: Path) -> None:
    ids = ["fine", "narrow", "endless", "zero", "text", "about", "other"]
    with FaissStore(tmp_path) as store:
        store.add_vectors([Document(page_content="x")] * 7, np.eye(7), ids)
        store.nearest(np.ones(7), 1)
        with closing(sqlite3.connect(tmp_path / FILE)) as file, file:
            change = "UPDATE rows SET vector = ? WHERE id = ?"
            file.execute(change, (np.ones(3, dtype=np.float32).tobytes(), "narrow"))
            file.execute(change, (np.full(7, np.inf, dtype=np.float32).tobytes(), "endless"))
            file.execute(change, (np.zeros(7, dtype=np.float32).tobytes(), "zero"))
            file.execute(change, ("a text", "text"))
            file.execute("UPDATE rows SET metadata = '[' WHERE id = 'about'")
    with FaissStore(tmp_path) as store:
        assert {one for one, _ in store.nearest(np.ones(7), 9)} == {"fine", "about", "other"}
        assert store.faults() == {
            "narrow": "its vector has 3 numbers instead of 7",
            "endless": "its vector isn't finite",
            "zero": "its vector is zero",
            "text": "its vector has no numbers instead of 7",
            "about": "its metadata can't be read",
        }
        assert set(store.vectors(ids)) == {"fine", "about", "other"}
        with pytest.raises(HomespunError, match=r"metadata of about in .*vectors\.sqlite is damaged"):
            store.get_by_ids(["about"])
        store.add_vectors([Document(page_content="x")] * 5, np.eye(7)[1:6], ids[1:6])
        assert store.faults() == {}
        assert len(store.nearest(np.ones(7), 9)) == 7


@pytest.mark.parametrize("content", [b"no database, but something else" * 300, None])
def test_a_file_that_is_none_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / FILE
    if content is None:
        with closing(sqlite3.connect(file)) as other, other:
            other.execute("CREATE TABLE rows (name TEXT)")
    else:
        file.write_bytes(content)
    with pytest.raises(HomespunError, match=r"vectors\.sqlite"):
        FaissStore(tmp_path)


def test_an_empty_file_is_an_empty_store(tmp_path: Path) -> None:
    (tmp_path / FILE).touch()
    with FaissStore(tmp_path) as store:
        assert store.nearest([1, 0], 1) == []
        assert store.ids() == set()
        store.add_vectors([Document(page_content="x")], [[1, 0]], ["a"])
        assert store.nearest([1, 0], 1) == [("a", 1.0)]


def test_a_damaged_page_is_told_and_the_rest_can_be_read(tmp_path: Path) -> None:
    ids = [f"{number:04d}" for number in range(400)]
    with FaissStore(tmp_path) as store:
        vectors = np.random.default_rng(0).standard_normal((400, 256)).astype(np.float32)
        store.add_vectors([Document(page_content="x")] * 400, vectors, ids)
        with closing(sqlite3.connect(tmp_path / FILE)) as file:
            (root,) = file.execute("SELECT rootpage FROM sqlite_master WHERE name = 'rows'").fetchone()
    data = bytearray((tmp_path / FILE).read_bytes())
    pages = [place for place in range(0, len(data), 8192) if data[place] == 13 and place != (root - 1) * 8192]
    data[pages[20] : pages[20] + 400] = b"\xff" * 400
    (tmp_path / FILE).write_bytes(data)
    with FaissStore(tmp_path) as store:
        faults = store.faults()
        assert 0 < len(faults) < 20
        assert all(why.startswith("can't be read") for why in faults.values())
        with pytest.raises(HomespunError, match=r"vectors\.sqlite is damaged"):
            store.nearest(vectors[0], 1)


def test_reading_makes_no_folder(tmp_path: Path) -> None:
    with FaissStore(tmp_path / "none") as store:
        assert store.nearest([1, 0], 1) == []
        assert store.get_by_ids(["a"]) == []
        store.delete(["a"])
    assert not (tmp_path / "none").exists()


def test_a_store_that_takes_the_place_of_another_is_seen(tmp_path: Path) -> None:
    with FaissStore(tmp_path / "a") as store, FaissStore(tmp_path / "b") as other:
        store.add_vectors([Document(page_content="x")], [[1, 0]], ["old"])
        other.add_vectors([Document(page_content="x")], [[1, 0, 0]], ["new"])
        assert store.nearest([1, 0], 1) == [("old", 1.0)]
        other.close()
        shutil.rmtree(tmp_path / "a")
        assert store.nearest([1, 0], 1) == []
        (tmp_path / "b").replace(tmp_path / "a")
        assert store.nearest([1, 0, 0], 1) == [("new", 1.0)]


def test_what_a_filter_let_through_of_another_file_is_forgotten(tmp_path: Path) -> None:
    vectors = np.random.default_rng(1).standard_normal((400, 8))
    ids = [str(number) for number in range(400)]
    with FaissStore(tmp_path / "a") as store:
        for rare in (3, 5):
            documents = [
                Document(page_content="", metadata={"rare": number == rare}) for number in range(400)
            ]
            with FaissStore(tmp_path / "a") as other:
                other.add_vectors(documents, vectors, ids)
            assert [one for one, _ in store.nearest(vectors[0], 2, {"rare": True})] == [str(rare)]
            shutil.rmtree(tmp_path / "a")


def test_threads_may_share_a_store(tmp_path: Path) -> None:
    failed: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for step in range(8):
                ids = [f"{number}-{step}-{row}" for row in range(5)]
                store.add_vectors([Document(page_content="x")] * 5, DIRECTIONS[:5], ids)
                assert len(store.nearest(DIRECTIONS[0], 5)) == 5
                store.delete(ids[:2])
        except BaseException as error:
            failed.append(error)

    with FaissStore(tmp_path) as store:
        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []
        assert len(store.ids()) == 4 * 8 * 3
        assert len(store.nearest(DIRECTIONS[0], 200)) == 4 * 8 * 3


def test_processes_write_at_once_and_a_reader_sees_it(tmp_path: Path) -> None:
    with _worker(tmp_path, "seen") as reader, _worker(tmp_path, "add", "a", "20", "30") as one:
        assert _ask(reader).split()[0].isdigit()
        with _worker(tmp_path, "add", "b", "20", "30") as other:
            for process in (one, other):
                assert process.wait(60) == 0
        assert _ask(reader).split()[0] == "1200"
        with FaissStore(tmp_path) as store:
            store.add_vectors([Document(page_content="x")], [[9, 0, 0, 0]], ["best"])
            assert _ask(reader) == "1201 best"
            store.delete(["best"])
            assert _ask(reader).split()[0] == "1200"
            assert len(store.nearest([1, 0, 0, 0], 2000)) == 1200
            assert store.faults() == {}


def test_a_kill_leaves_whole_steps(tmp_path: Path) -> None:
    for number in range(3):
        with _worker(tmp_path, "add", f"k{number}", "1000", "200") as process:
            assert process.stdout is not None
            for _ in range(number + 1):
                process.stdout.readline()
            process.kill()
            said = [line.split()[1] for line in process.stdout.read().splitlines() if line.startswith("done")]
        with closing(sqlite3.connect(tmp_path / FILE)) as file:
            assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        with FaissStore(tmp_path) as store:
            mine = [one for one in store.ids() if one.startswith(f"k{number}-")]
            steps = {one.split("-")[1] for one in mine}
            assert len(mine) == 200 * len(steps)
            assert set(said) <= steps
            assert len(store.nearest([1, 0, 0, 0], 10)) == min(10, len(store.ids()))
            assert store.faults() == {}


def test_without_room_it_says_so_and_keeps_what_was_there(tmp_path: Path) -> None:
    with FaissStore(tmp_path) as store:
        store.add_vectors([Document(page_content="x")], [[1, 0, 0, 0]], ["before"])
    script = (
        "import resource, sys, numpy as np\n"
        "from langchain_core.documents import Document\n"
        "from homespun.errors import OutOfSpace\n"
        "from rag.stores.faiss import FaissStore\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))\n"
        "with FaissStore(sys.argv[1]) as store:\n"
        "    try:\n"
        "        store.add_vectors([Document(page_content='x' * 1000)] * 900, np.ones((900, 4)), "
        "[str(n) for n in range(900)])\n"
        "    except OutOfSpace as error:\n"
        "        print(error)\n"
        "    print(store.nearest([1, 0, 0, 0], 2))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script, tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.stderr == ""
    said, found = run.stdout.splitlines()
    assert said.startswith(f"Can't write {tmp_path / FILE}: no space left")
    assert found == "[('before', 1.0)]"
    with FaissStore(tmp_path) as store:
        assert store.ids() == {"before"}


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    with FaissStore(tmp_path) as store:
        store.add_vectors([Document(page_content="x")], [[1, 0]], ["a"])
        with store._rows.reading() as connection:
            assert connection is not None
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
        assert store._rows._connection is not None
        store._rows._connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(OutOfSpace, match=r"vectors\.sqlite: no space left"):
            store.add_vectors([Document(page_content="x" * 100_000)], [[0, 1]], ["b"])
        assert store.nearest([1, 1], 5) == [("a", pytest.approx(0.5**0.5))]


def test_a_file_that_another_holds_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rag.stores import rows

    monkeypatch.setattr(rows, "BUSY_SECONDS", 0.1)
    with FaissStore(tmp_path) as store:
        store.add_vectors([Document(page_content="x")], [[1, 0]], ["a"])
        with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(HomespunError, match="in use by another process"):
                store.delete(["a"])
            assert store.nearest([1, 0], 1) == [("a", 1.0)]
            other.execute("ROLLBACK")
        store.delete(["a"])


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that another user may enter, as pytest's own may not be."""
    with TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        yield Path(made)


def test_what_can_not_be_written_can_be_searched(open_folder: Path) -> None:
    folder = open_folder
    with FaissStore(folder / "store") as store:
        store.add_vectors([Document(page_content="x")] * 2, np.eye(2), ["a", "b"])
    script = (
        "import os, sys\n"
        "from langchain_core.documents import Document\n"
        "from homespun.errors import HomespunError\n"
        "import faiss, numpy\n"
        "import rag.stores.faiss as stores\n"
        "import homespun.files\n"
        "if os.getuid() == 0:\n"
        "    os.setuid(65534)\n"
        "for read_only in (False, True):\n"
        "    with stores.FaissStore(sys.argv[1], read_only=read_only, flat_up_to=0) as store:\n"
        "        print(store.nearest([1, 0], 1), store.faults())\n"
        "        for write in (lambda: store.delete(['a']), "
        "lambda: store.add_vectors([Document(page_content='x')], [[1, 0]], ['c'])):\n"
        "            try:\n"
        "                write()\n"
        "            except HomespunError as error:\n"
        "                print(error)\n"
        "        print(len(store.ids()), store.nearest([0, 1], 1))\n"
    )
    store_folder = folder / "store"
    (store_folder / FILE).chmod(0o444)
    store_folder.chmod(0o555)
    before = sorted(path.name for path in store_folder.iterdir())
    try:
        run = subprocess.run(
            [sys.executable, "-c", script, store_folder],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        store_folder.chmod(0o755)
    assert run.stderr == ""
    said = run.stdout.splitlines()
    assert said[0] == said[4] == "[('a', 1.0)] {}"
    assert said[3] == said[7] == "2 [('b', 1.0)]"
    for line in said[1:3]:
        assert line.startswith(f"Can't use {store_folder / FILE}: no right to write")
    for line in said[5:7]:
        assert line == f"{store_folder / FILE} was opened for reading only."
    assert sorted(path.name for path in store_folder.iterdir()) == before


def _by_comparing(
    question: np.ndarray[Any, Any], k: int, held: dict[str, tuple[int, int]], asked: dict[str, Any] | None
) -> list[tuple[str, float]]:
    unit = DIRECTIONS.astype(np.float64) / np.linalg.norm(
        DIRECTIONS.astype(np.float64), axis=1, keepdims=True
    )
    cosines = unit @ (question.astype(np.float64) / np.linalg.norm(question.astype(np.float64)))
    found = [
        (one, float(cosines[place]))
        for one, (place, page) in held.items()
        if asked is None or matches(asked, {"page": page})
    ]
    return sorted(found, key=lambda pair: (-round(pair[1], 9), pair[0]))[:k]


@contextmanager
def _worker(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A process of `worker.py` that has opened the store."""
    process = subprocess.Popen(
        [sys.executable, WORKER, folder, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
    )
    with process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def _ask(process: subprocess.Popen[str]) -> str:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("\n")
    process.stdin.flush()
    return process.stdout.readline().strip()

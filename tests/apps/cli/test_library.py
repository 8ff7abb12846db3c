"""The library from the command line: index, search, collections."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """A folder of two notes."""
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "lease.md").write_text(
        "# The lease\n\n## Rent\n\nThe rent is due on the first of each month.\n", encoding="utf-8"
    )
    (folder / "boat.txt").write_text("The boat is called Margit and lies at berth 14.\n", encoding="utf-8")
    return folder


def test_files_are_indexed_and_found(homespun: Any, notes: Path) -> None:
    report = homespun("index", str(notes), "--json").json
    assert (len(report["added"]), report["chunks"], report["skipped"]) == (2, 2, {})
    found = homespun("search", "What is the ship called?", "--json").json["found"]
    assert found[0]["source"] == str(notes / "boat.txt")
    assert "Margit" in found[0]["text"]
    said = homespun("search", "When is the rent due?", "-k", "1", "--explain").out
    assert said.startswith(f"1. {notes / 'lease.md'}, characters ")
    assert "hybrid" in said
    assert "bm25" in said
    assert "(rank 1)" in said
    assert "rent is due" in said


def test_indexing_again_tells_what_changed(homespun: Any, notes: Path) -> None:
    homespun("index", str(notes))
    (notes / "boat.txt").write_text("The boat is called Solveig.\n", encoding="utf-8")
    (notes / "lease.md").unlink()
    (notes / "new.txt").write_text("Something new.\n", encoding="utf-8")
    report = homespun("index", "--json").json
    assert [Path(name).name for kind in ("added", "changed", "removed") for name in report[kind]] == [
        "new.txt",
        "boat.txt",
        "lease.md",
    ]
    assert homespun("index").out.startswith("default: 2 unchanged; 2 chunks, 0 new, 0 embedded")


def test_what_cant_be_read_is_one_line_on_standard_error(homespun: Any, notes: Path) -> None:
    (notes / "empty.md").touch()
    done = homespun("index", str(notes))
    assert done.status == 0
    assert done.err.strip() == f"homespun: skipped {notes / 'empty.md'}: is empty"
    assert "2 new, 1 skipped" in done.out


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("index", "/nowhere/at/all"), "/nowhere/at/all"),
        (("index", "--verify"), "no collection 'default'"),
        (("index", "x", "--verify"), "leave the paths out"),
        (("index", "--verify", "--repair"), "without each other"),
        (("index", "--deep"), "--deep goes with --verify"),
        (("search", "x"), "no collection 'default'"),
        (("search", " "), "Say what to look for"),
        (("collections", "show", "papers"), "no collection 'papers'"),
        (("collections", "delete", "papers", "--yes"), "no collection 'papers'"),
        (("collections", "share", "papers", "ada"), "no collection 'papers'"),
    ],
)
def test_misuse_is_one_clear_line(homespun: Any, command: tuple[str, ...], said: str) -> None:
    done = homespun(*command)
    assert (done.status, said in done.line) == (2, True)


def test_an_index_without_paths_in_an_empty_library_says_what_to_do(homespun: Any) -> None:
    done = homespun("index")
    assert done.status == 2
    assert "homespun index PATH" in done.line


def test_filters_and_bounds(homespun: Any, notes: Path) -> None:
    homespun("index", str(notes))

    def sources(*given: str) -> list[str]:
        found = homespun("search", "the boat and the rent", "--json", *given).json["found"]
        return [Path(one["source"]).name for one in found]

    assert len(sources()) == 2
    assert sources("--where", f"source={notes / 'boat.txt'}") == ["boat.txt"]
    assert sources("--where", '{"title": {"$ne": "The lease"}}') == ["boat.txt"]
    assert sources("--least", "0.99") == []
    assert sources("--by", "bm25", "-k", "1") != []
    for wrong, said in (
        (("--where", "colour"), "KEY=VALUE"),
        (("--where", "{"), "isn't JSON"),
        (("--by", "magic"), "way of searching"),
        (("--by", "bm25", "--least", "0.5"), "bm25 gives none"),
        (("--where", '{"page": {"$near": 3}}'), "$near"),
    ):
        done = homespun("search", "boat", *wrong)
        assert (done.status, said in done.line) == (2, True), wrong


def test_collections_are_listed_shown_emptied_and_deleted(homespun: Any, notes: Path) -> None:
    assert homespun("collections", "--json").json == {"collections": []}
    homespun("index", str(notes), "-c", "papers")
    (listed,) = homespun("collections", "--json").json["collections"]
    assert (listed["address"], listed["sources"], listed["chunks"]) == ("papers", 2, 2)
    shown = homespun("collections", "show", "papers", "--json").json
    assert shown["paths"] == [str(notes)]
    assert [source["title"] for source in shown["sources"]] == ["boat", "The lease"]
    gone = homespun("collections", "remove", str(notes / "boat.txt"), "-c", "papers", "--json").json
    assert gone["removed"] == [str(notes / "boat.txt")]
    assert homespun("collections", "share", "papers", "ada", "--json").json["readers"] == ["ada"]
    assert "ada" in homespun("collections").out
    assert homespun("collections", "delete", "papers", "--yes", "--json").json == {"deleted": "papers"}
    assert homespun("collections", "--json").json == {"collections": []}
    assert (notes / "boat.txt").is_file()


def test_a_damaged_collection_is_told_and_mended(homespun: Any, notes: Path, homespun_home: Path) -> None:
    homespun("index", str(notes))
    assert homespun("index", "--verify").out == "default is whole: 2 sources, 2 chunks\n"
    (folder,) = (homespun_home / "library" / "local" / "default" / "lexical").iterdir()
    shutil.rmtree(folder)
    done = homespun("index", "--verify")
    assert done.status == 1
    assert "wrong: lexical" in done.err
    assert "--repair" in done.err
    assert homespun("index", "--verify", "--json").json["whole"] is False
    assert homespun("index", "--repair").status == 0
    assert homespun("index", "--verify", "--deep").status == 0


def test_watching_indexes_what_changes_until_ctrl_c(notes: Path, homespun_home: Path) -> None:
    command = [sys.executable, "-m", "apps", "index", str(notes), "--watch"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ}
    )
    assert process.stdout is not None
    assert "2 new" in process.stdout.readline()
    time.sleep(0.5)  # what is written before the watch stands is found by the next change
    (notes / "late.txt").write_text("The anchor is rusty.\n", encoding="utf-8")
    assert "1 new, 2 unchanged" in process.stdout.readline()
    (notes / "boat.txt").unlink()
    assert "1 gone" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, "Traceback" in err) == (0, False)

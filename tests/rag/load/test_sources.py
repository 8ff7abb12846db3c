from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from homespun.errors import UsageError
from rag.load.sources import Limits, Skipped, Source, absolute, find
from rag.parsed import Unreadable

LIMITS = Limits()


def _names(found: list[Source | Skipped], top: Path) -> list[str]:
    return [one.name.removeprefix(f"{top}/") for one in found if isinstance(one, Source)]


def _skipped(found: list[Source | Skipped], top: Path) -> dict[str, str]:
    return {one.name.removeprefix(f"{top}/"): one.reason for one in found if isinstance(one, Skipped)}


@pytest.fixture
def top(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    for name in ("b.md", "a/deep/x.txt", "a/y.md", "c.md"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def test_a_folder_is_walked_in_order(top: Path) -> None:
    found = list(find([top], limits=LIMITS))
    assert _names(found, top) == ["a/deep/x.txt", "a/y.md", "b.md", "c.md"]
    assert {one.root for one in found} == {str(top)}
    first = found[0]
    assert isinstance(first, Source)
    assert (first.path, first.member, first.size) == (top / "a/deep/x.txt", None, len("a/deep/x.txt"))
    assert first.read() == b"a/deep/x.txt"
    assert first.modified == first.path.stat().st_mtime_ns


def test_several_paths_give_each_file_once(top: Path) -> None:
    found = list(find([top / "b.md", str(top), top / "a"], limits=LIMITS))
    assert _names(found, top) == ["b.md", "a/deep/x.txt", "a/y.md", "c.md"]
    assert found[0].root == str(top / "b.md")


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*.md", ["b.md", "c.md"]),
        ("**/*.md", ["a/y.md", "b.md", "c.md"]),
        ("**", ["a/deep/x.txt", "a/y.md", "b.md", "c.md"]),
        ("*", ["a/deep/x.txt", "a/y.md", "b.md", "c.md"]),
        ("a/*/x.txt", ["a/deep/x.txt"]),
        ("[!b].md", ["c.md"]),
        ("?.md", ["b.md", "c.md"]),
        ("[a-b]*", ["a/deep/x.txt", "a/y.md", "b.md"]),
        ("a?y.md", []),
    ],
)
def test_globs_find_what_they_do_in_a_shell(top: Path, pattern: str, names: list[str]) -> None:
    found = list(find([top / pattern], limits=LIMITS))
    assert _names(found, top) == names
    if not names:
        assert _skipped(found, top) == {pattern: "matches no file"}


def test_a_file_with_a_globs_name_is_a_file(top: Path) -> None:
    (top / "[b].md").write_text("brackets")
    assert _names(list(find([top / "[b].md"], limits=LIMITS)), top) == ["[b].md"]


def test_a_missing_path_is_told_before_anything_is_found(top: Path) -> None:
    for path in (top / "none.md", top / "none" / "*.md", top / "b.md" / "x", "", "a\0b"):
        with pytest.raises(UsageError):
            find([top, path], limits=LIMITS)
    (top / "dangling").symlink_to(top / "gone")
    with pytest.raises(UsageError):
        find([top / "dangling"], limits=LIMITS)


def test_relative_paths_have_the_names_of_absolute_ones(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(top / "a")
    assert _names(list(find([".."], limits=LIMITS)), top) == ["a/deep/x.txt", "a/y.md", "b.md", "c.md"]
    assert [one.name for one in find(["y.md"], limits=LIMITS)] == [str(top / "a" / "y.md")]
    assert next(iter(find([".."], limits=LIMITS))).root == absolute("..")


def test_what_nobody_means_is_passed_over_in_silence(top: Path) -> None:
    for name in (
        *(".hidden.md", ".git/config", "node_modules/m/readme.md", "__pycache__/x.txt", "CVS/Root"),
        *("env/pyvenv.cfg", "env/lib/z.md", "~$open.docx"),
    ):
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text("x")
    found = list(find([top], limits=LIMITS))
    assert len(found) == 4
    # What is named itself is meant.
    assert len(list(find([top / ".git"], limits=LIMITS))) == 1
    assert len(list(find([top / "env"], limits=LIMITS))) == 2


def test_what_isnt_read_is_told(top: Path, tmp_path: Path) -> None:
    (top / "empty.md").touch()
    (top / "photo.JPG").write_bytes(b"\xff\xd8\xff")
    with (top / "huge.txt").open("wb") as stream:
        stream.truncate(200 * 1024 * 1024)
    os.mkfifo(top / "pipe.md")
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(top / "s"))
    server.close()
    (tmp_path / "outside.md").write_text("secret")
    (top / "out.md").symlink_to(tmp_path / "outside.md")
    (top / "up").symlink_to(tmp_path)
    (top / "round").symlink_to(top / "round")
    (top / "a" / "again").symlink_to(top)
    (top / "nowhere").symlink_to(top / "gone")
    began = time.perf_counter()
    found = list(find([top], limits=LIMITS))
    assert time.perf_counter() - began < 1.0
    assert _skipped(found, top) == {
        "empty.md": "is empty",
        "photo.JPG": "is an image",
        "huge.txt": "is larger than 64 MiB (200 MiB)",
        "pipe.md": "is a named pipe, not a file",
        "s": "is a socket, not a file",
        "out.md": "is a link that leads out of the folder",
        "up": "is a link that leads out of the folder",
        "round": "is a link that leads in a circle",
        "a/again": "is a link to a folder that holds it",
        "nowhere": "is a link that leads nowhere",
    }
    assert len(_names(found, top)) == 4


def test_links_within_a_folder_lead_to_what_isnt_found_otherwise(top: Path) -> None:
    (top / ".store").mkdir()
    (top / ".store" / "kept.md").write_text("kept")
    (top / "kept.md").symlink_to(top / ".store" / "kept.md")
    (top / "twice.md").symlink_to(top / "b.md")
    (top / "linked").symlink_to(top / "a")
    found = list(find([top], limits=LIMITS))
    assert _names(found, top) == ["a/deep/x.txt", "a/y.md", "b.md", "c.md", "kept.md"]
    assert _skipped(found, top) == {}


def test_a_path_that_is_a_link_is_followed(top: Path, tmp_path: Path) -> None:
    (tmp_path / "file.md").symlink_to(top / "b.md")
    (tmp_path / "folder").symlink_to(top)
    assert [one.name for one in find([tmp_path / "file.md"], limits=LIMITS)] == [str(tmp_path / "file.md")]
    found = list(find([tmp_path / "folder"], limits=LIMITS))
    assert _names(found, tmp_path / "folder") == ["a/deep/x.txt", "a/y.md", "b.md", "c.md"]


def test_an_unchanged_file_has_the_same_stamp_and_a_changed_one_another(top: Path) -> None:
    def stamp() -> str:
        (one,) = find([top / "b.md"], limits=LIMITS)
        assert isinstance(one, Source)
        return one.stamp

    before = stamp()
    assert stamp() == before
    status = (top / "b.md").stat()
    (top / "b.md").write_text("x.md")  # as long, and dated back
    os.utime(top / "b.md", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert stamp() != before


def test_what_happens_between_finding_and_reading_is_told(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = Limits(file_bytes=10)
    found = {one.path.name: one for one in find([top], limits=limits) if isinstance(one, Source)}
    assert set(found) == {"y.md", "b.md", "c.md"}
    (top / "b.md").unlink()
    with pytest.raises(Unreadable, match="can't be read: vanished"):
        found["b.md"].read()
    (top / "c.md").write_text("twelve bytes")
    with pytest.raises(Unreadable, match="is larger than 10 bytes"):
        found["c.md"].read()
    (top / "c.md").write_text("")
    with pytest.raises(Unreadable, match="is empty"):
        found["c.md"].read()
    (top / "c.md").unlink()
    os.mkfifo(top / "c.md")
    with pytest.raises(Unreadable, match="is a named pipe"):
        found["c.md"].read()

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(Unreadable, match="can't be read: no permission"):
        found["y.md"].read()


def test_a_folder_that_cant_be_listed_is_told(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    def refuse(path: str) -> Iterator[os.DirEntry[str]]:
        if path.endswith("deep"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found = list(find([top], limits=LIMITS))
    assert _skipped(found, top) == {"a/deep": "can't be listed: no permission"}
    assert _names(found, top) == ["a/y.md", "b.md", "c.md"]


def test_names_that_arent_utf8_are_written_out(tmp_path: Path) -> None:
    with Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.md")).open("w") as stream:
        stream.write("text")
    (one,) = find([tmp_path], limits=LIMITS)
    assert one.name == f"{tmp_path}/caf\\xe9.md"
    assert isinstance(one, Source)
    assert one.read() == b"text"


def test_folders_may_be_nested_deeply(tmp_path: Path) -> None:
    path = str(tmp_path)
    for _ in range(1200):  # deeper than Python's own recursion goes
        path += "/d"
        os.mkdir(path)  # noqa: PTH102
    Path(path, "e.md").write_text("found")
    try:
        assert [Path(one.name).name for one in find([tmp_path], limits=LIMITS)] == ["e.md"]
    finally:
        Path(path, "e.md").unlink()
        while path != str(tmp_path):
            os.rmdir(path)  # noqa: PTH106
            path = path[: -len("/d")]

from __future__ import annotations

import io
import stat
import struct
import zipfile
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from rag.load.parse import parse
from rag.load.sources import Limits, Skipped, Source, find
from rag.parsed import Unreadable

LIMITS = Limits()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.zip"


def _write(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> None:
    with zipfile.ZipFile(path, "w", method) as made:
        for name, data in members.items():
            made.writestr(name, data)


def _found(path: Path, limits: Limits = LIMITS) -> tuple[dict[str, Source], dict[str, str]]:
    found = list(find([path], limits=limits))
    read = {one.name.removeprefix(f"{path}!/"): one for one in found if isinstance(one, Source)}
    return read, {one.name.removeprefix(f"{path}!/"): one.reason for one in found if isinstance(one, Skipped)}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_members_are_found_by_name_and_read(path: Path, method: int) -> None:
    members = {"b.md": b"# B", "dir/a.txt": b"words " * 99_999, ".git/config": b"x", "__MACOSX/a.txt": b"x"}
    _write(path, members, method)
    read, skipped = _found(path)
    assert list(read) == ["b.md", "dir/a.txt"]
    assert skipped == {}
    for name, source in read.items():
        assert (source.member, source.path, source.root) == (name, path, str(path))
        assert source.read() == members[name]
        assert source.read() == members[name]


def test_archives_in_folders_are_looked_into(path: Path) -> None:
    _write(path, {"b.md": b"# B"})
    assert [one.name for one in find([path.parent], limits=LIMITS)] == [f"{path}!/b.md"]


def test_members_that_arent_read_are_told(path: Path) -> None:
    _write(
        path,
        {
            "../out.md": b"x",
            "/etc/passwd": b"x",
            "C:\\x.md": b"x",
            "a\\..\\b.md": b"x",
            "inner.zip": b"PK",
            "inner.tar.gz": b"x",
            "photo.png": b"x",
            "empty.md": b"",
            "dir/": b"",
            "large.txt": b"x" * 2000,
        },
    )
    with zipfile.ZipFile(path, "a") as made:
        link = zipfile.ZipInfo("link.md")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        made.writestr(link, "/etc/passwd")
        made.writestr("odd.md", b"x", zipfile.ZIP_BZIP2)
    leads_out = "has a name that leads out of its archive"
    read, skipped = _found(path, Limits(file_bytes=1000))
    assert read == {}
    assert skipped == {
        "../out.md": leads_out,
        "/etc/passwd": leads_out,
        "C:\\x.md": leads_out,
        "a\\..\\b.md": leads_out,
        "inner.zip": "is an archive in an archive, which isn't opened",
        "inner.tar.gz": "is an archive that isn't opened (only .zip is)",
        "photo.png": "is an image",
        "empty.md": "is empty",
        "large.txt": "is larger than 1,000 bytes (2,000 bytes)",
        "link.md": "is a link in an archive",
        "odd.md": "is packed in a way that isn't read (method 12)",
    }


def test_encrypted_members_are_told(path: Path) -> None:
    _write(path, {"a.md": b"secret"})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    assert _found(path) == ({}, {"a.md": "is encrypted"})


def test_a_bomb_of_zeros_is_stopped(path: Path) -> None:
    _write(path, {"a.txt": bytes(60 << 20)})
    read, _ = _found(path)
    with pytest.raises(Unreadable, match=r"unpacks to over 200 times its size"):
        read["a.txt"].read()
    _write(path, {"a.txt": bytes(80 << 20)})
    assert _found(path)[1] == {"a.txt": "is larger than 64 MiB (80 MiB)"}
    _write(path, {f"{number}.txt": bytes(60 << 20) for number in range(3)})
    assert _found(path, Limits(archive_bytes=100 << 20))[1] == {str(path): "unpacks to more than 100 MiB"}


def test_what_headers_say_of_sizes_isnt_believed(path: Path) -> None:
    _write(path, {name: bytes(5 << 20) for name in ("a.txt", "b.txt")})
    data = path.read_bytes().replace(struct.pack("<L", 5 << 20), struct.pack("<L", 10))
    path.write_bytes(data)
    read, skipped = _found(path, Limits(file_bytes=1 << 20))
    assert (list(read), skipped) == (["a.txt", "b.txt"], {})
    with pytest.raises(Unreadable, match="unpacks to more than 1 MiB"):
        read["a.txt"].read()
    read, _ = _found(path, Limits(file_bytes=6 << 20, archive_bytes=8 << 20, ratio=2000))
    assert len(read["a.txt"].read()) == 5 << 20
    with pytest.raises(Unreadable, match="is in an archive that unpacks to more than 8 MiB"):
        read["b.txt"].read()


def test_damage_is_told(path: Path) -> None:
    _write(path, {"a.txt": b"words " * 1000, "b.txt": b"others " * 1000})
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert _found(path) == ({}, {str(path): "is a damaged zip archive"})
    path.write_bytes(whole[:60] + b"\xff\x00\xff" + whole[63:])
    read, _ = _found(path)
    with pytest.raises(Unreadable, match="is damaged"):
        read["a.txt"].read()
    assert read["b.txt"].read() == b"others " * 1000
    path.write_bytes(b"Something else by now.")
    with pytest.raises(Unreadable, match="is damaged: it"):
        read["b.txt"].read()
    path.unlink()
    with pytest.raises(Unreadable, match="can't be read: vanished"):
        read["b.txt"].read()


def test_too_many_members_are_too_many(path: Path) -> None:
    _write(path, {f"{number}.txt": b"x" for number in range(30)})
    assert _found(path, Limits(members=20))[1] == {str(path): "has more than 20 members"}


def test_what_is_no_archive_though_its_name_says_so_is_left_to_the_loaders(
    path: Path, samples: dict[str, bytes]
) -> None:
    for data, media in ((samples["rules.docx"], "wordprocessing"), (b"Just words.", "text/plain")):
        path.write_bytes(data)
        read, skipped = _found(path)
        assert skipped == {}
        assert media in parse(str(path), read[str(path)].read()).media


def test_members_of_an_unchanged_archive_have_their_stamps(path: Path) -> None:
    _write(path, {"a.md": b"one"})
    before = _found(path)[0]["a.md"].stamp
    assert _found(path)[0]["a.md"].stamp == before
    _write(path, {"a.md": b"two"})
    assert _found(path)[0]["a.md"].stamp != before


def test_many_members_are_read_without_reading_the_list_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(path, {f"{number:04}.txt": b"x" for number in range(500)})
    read, _ = _found(path)

    def never(*_: object) -> None:
        raise AssertionError("the archive is opened again")

    monkeypatch.setattr(zipfile, "ZipFile", never)
    assert {source.read() for source in read.values()} == {b"x"}


def test_damaged_archives_raise_nothing_else(path: Path, make: type) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        made.writestr("a.txt", "words")
        made.writestr("b/c.md", "# More words" * 20)
    random = Random(3)
    for _ in range(300):
        path.write_bytes(make.mutated(stream.getvalue(), random) or b"x")  # type: ignore[attr-defined]
        for one in find([path], limits=LIMITS):
            if isinstance(one, Source):
                with suppress(Unreadable):
                    one.read()

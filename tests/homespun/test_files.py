from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from homespun.errors import OutOfSpace
from homespun.files import atomic_folder, atomic_stream, atomic_write, no_space_is_clear, sha256, sweep


def test_text_and_bytes_are_written_and_folders_made(tmp_path: Path) -> None:
    atomic_write(tmp_path / "a" / "text", "häuslich\n")
    atomic_write(tmp_path / "a" / "bytes", b"\x00\xff")
    assert (tmp_path / "a" / "text").read_bytes() == "häuslich\n".encode()
    assert (tmp_path / "a" / "bytes").read_bytes() == b"\x00\xff"
    assert sorted(p.name for p in (tmp_path / "a").iterdir()) == ["bytes", "text"]


def test_a_crash_before_the_rename_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_text("old")
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom homespun import files\n"
        "Path.replace = lambda self, other: os._exit(9)\n"
        "files.atomic_write(sys.argv[1], 'new' * 1000)\n"
    )
    assert subprocess.run([sys.executable, "-c", code, target], check=False).returncode == 9
    assert target.read_text() == "old"
    atomic_write(target, "new")
    assert target.read_text() == "new"


def test_a_failed_write_leaves_the_old_file_and_no_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "file"
    target.write_text("old")

    def fail(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OutOfSpace, match=r"file: No space left on device\. Free some space"):
        atomic_write(target, "new")
    assert target.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_file_size_limit_is_out_of_space_too(tmp_path: Path) -> None:
    code = (
        "import resource, signal, sys\n"
        "from homespun.errors import OutOfSpace\nfrom homespun.files import atomic_write\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "try:\n    atomic_write(sys.argv[1], b'x' * 100_000)\n"
        "except OutOfSpace as error:\n    print(error, error.exit_status)\n"
    )
    assert resource.RLIM_INFINITY in resource.getrlimit(resource.RLIMIT_FSIZE)
    target = tmp_path / "big"
    done = subprocess.run([sys.executable, "-c", code, target], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"Can't write {target}: File too large.")
    assert done.stdout.endswith(" 1\n")
    assert list(tmp_path.iterdir()) == []


def test_other_errors_stay_what_they_are(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError), no_space_is_clear("here"):
        (tmp_path / "file" / "below").write_text("")


def test_permissions_of_a_replaced_file_stay(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_text("old")
    target.chmod(0o640)
    atomic_write(target, "new")
    assert target.stat().st_mode & 0o777 == 0o640


def test_what_is_written_bit_by_bit_takes_its_place_in_the_end(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "file"

    def fill(parts: list[bytes], error: Exception | None = None) -> None:
        with atomic_stream(target) as stream:
            for part in parts:
                stream.write(part)
            if error is not None:
                raise error

    fill([b"a", b"b"])
    with pytest.raises(ValueError, match="not this"):
        fill([b"c"], ValueError("not this"))
    with pytest.raises(OutOfSpace):
        fill([b"d"], OSError(28, "No space left on device"))
    assert target.read_bytes() == b"ab"
    assert list(target.parent.iterdir()) == [target]


def test_a_folder_takes_its_place_whole(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    for content in ("one", "two"):
        with atomic_folder(target) as temporary:
            (temporary / content).write_text(content)
            assert not (target / content).exists()
        assert [p.name for p in target.iterdir()] == [content]
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]


def test_an_error_in_the_body_leaves_the_old_folder(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    with atomic_folder(target) as temporary:
        (temporary / "old").write_text("")

    def fill() -> None:
        with atomic_folder(target) as temporary:
            (temporary / "new").write_text("")
            raise OSError(28, "No space left on device")

    with pytest.raises(OutOfSpace):
        fill()
    assert [p.name for p in target.iterdir()] == ["old"]
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]


def test_sha256_is_the_standards(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")  # FIPS 180-2, appendix B.1
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256(tmp_path / "abc") == expected


def test_what_a_killed_writer_left_is_swept_and_nothing_else(tmp_path: Path) -> None:
    kept = [".hidden", ".a.tmp", ".a.0123456789ab.old", "a.0123456789ab.tmp", ".b.0123456789ab.tmp"]
    for name in kept:
        (tmp_path / name).write_text("x")
    (tmp_path / ".a.0123456789ab.tmp").mkdir()
    (tmp_path / ".a.0123456789ab.tmp" / "part").write_text("x")
    (tmp_path / ".a.ba9876543210.tmp").write_text("x")
    sweep(tmp_path, "a")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(kept)
    sweep(tmp_path)
    assert not (tmp_path / ".b.0123456789ab.tmp").exists()

from __future__ import annotations

import io
import zipfile

import pytest

from rag.load.kinds import kind_of
from rag.load.media import media_of
from rag.load.parse import parse
from rag.parsed import Unreadable

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


def _zip(*names: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        for name in names:
            made.writestr(name, "x")
    return stream.getvalue()


def test_a_misnamed_file_is_loaded_as_what_it_is(samples: dict[str, bytes]) -> None:
    assert parse("log.txt", samples["log.pdf"]).media == "application/pdf"
    assert parse("rules.zip", samples["rules.docx"]).title == "Rules of the quay"
    assert parse("rules", samples["rules.docx"]).title == "Rules of the quay"
    assert parse("notes.pdf", b"Just words.").media == "text/plain"
    assert parse("notes.docx", b"Just words.").text == "Just words."
    assert parse("saved.pdf", samples["tide.html"]).media == "text/html"
    assert parse("saved.md", samples["tide.html"]).title == "Tide & time"


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.md", PNG, "is named .md but is a PNG image, which isn't read"),
        ("a.bin", PNG, "is a PNG image, which isn't read"),
        ("a.pdf", bytes(range(256)), "is named .pdf but isn't one"),
        ("a.docx", bytes(range(256)), "is named .docx but isn't one"),
        ("a.zip", bytes(range(256)), "is named .zip but isn't one"),
        ("a.txt", bytes(range(256)), "is named .txt but isn't one"),
        ("a.unknown", bytes(range(256)), "isn't text, and of no kind that's read"),
        ("a.unknown", b"almost\x00 text", "isn't text, and of no kind that's read"),
        ("a.xlsx", _zip("xl/workbook.xml"), "is an Excel workbook, which isn't read"),
        ("a.txt", _zip("a.txt"), "is named .txt but is an archive, which isn't read"),
        ("a.docx", _zip("a.txt")[:40], "is a damaged Word document"),
        (
            "a.docx",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "is encrypted",
        ),
        (
            "a.doc",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99),
            "is an old Office file (such as .doc), which",
        ),
        ("a.rtf", b"{\\rtf1 words}", "is a Rich Text file, which isn't read"),
        ("a.pdf", b"", "is empty"),
    ],
)
def test_what_cant_be_read_is_told(name: str, data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as caught:
        kind_of(name, data)
    assert str(caught.value).startswith(reason)


def test_text_without_a_known_name_is_text() -> None:
    assert kind_of("README", b"Words.") == "text"
    assert kind_of("a.unknown", "Wörter.".encode("latin-1")) == "text"
    assert kind_of("Makefile", b"all:\n") == "code"


def test_media_types_are_of_what_a_file_is() -> None:
    assert media_of("a.py", "code") == "text/x-python"
    assert media_of("a.tsv", "csv") == "text/tab-separated-values"
    assert media_of("a.pdf", "text") == "text/plain"
    assert media_of("a.XHTML", "html") == "application/xhtml+xml"

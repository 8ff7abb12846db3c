"""What kind a file is: its content decides where that's clear, else its name."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO

from rag.load.archives import BROKEN, WORD
from rag.load.decoding import is_textual
from rag.load.junk import suffix_of
from rag.load.media import expected
from rag.parsed import Unreadable

_PDF = b"%PDF-"
_ZIP = b"PK\x03\x04"
_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_SIGNS = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "a PNG image"),
    (re.compile(rb"\xff\xd8\xff"), "a JPEG image"),
    (re.compile(rb"GIF8[79]a"), "a GIF image"),
    (re.compile(rb"II\*\0|MM\0\*"), "a TIFF image"),
    (re.compile(rb"BM.{4}\0\0\0\0", re.DOTALL), "a BMP image"),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), "a WebP image"),
    (re.compile(rb"RIFF.{4}WAVE|fLaC|OggS|ID3[\x02-\x04]", re.DOTALL), "a sound"),
    (re.compile(rb"RIFF.{4}AVI |.{4}ftyp|\x1aE\xdf\xa3", re.DOTALL), "a video"),
    (re.compile(rb"\x1f\x8b\x08|BZh[1-9]1AY|\xfd7zXZ\0|7z\xbc\xaf\x27\x1c|Rar!\x1a\x07"), "an archive"),
    (re.compile(rb"\x28\xb5\x2f\xfd|.{257}ustar", re.DOTALL), "an archive"),
    (re.compile(rb"\x7fELF|MZ.\0|\xca\xfe\xba\xbe|\xcf\xfa\xed\xfe|\0asm", re.DOTALL), "a program"),
    (re.compile(rb"SQLite format 3\0"), "a database"),
    (re.compile(rb"\{\\rtf1"), "a Rich Text file"),
    (re.compile(rb"wOF[F2]|OTTO\0|\0\x01\0\0\0"), "a font"),
    (re.compile(rb"PAR1|\x93NUMPY|\x89HDF\r\n|ARROW1\0"), "a table or array in binary form"),
    (re.compile(rb"%!PS-Adobe"), "a PostScript file"),
)
_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s{0,999}(?:<\?xml[^>]{0,200}>\s{0,999})?(?:<!doctype\s+html|<html[\s>])",
    re.IGNORECASE,
)
_INSIDE = (
    ("xl/", "an Excel workbook"),
    ("ppt/", "a PowerPoint deck"),
    ("content.xml", "an OpenDocument file"),
    ("META-INF/container.xml", "an EPUB book"),
    ("META-INF/MANIFEST.MF", "a Java archive"),
)


def kind_of(name: str, data: bytes) -> str:
    """Returns the name of the loader for a file.

    Args:
        name: of the file; its suffix counts.
        data: its content.

    Raises:
        Unreadable: nothing reads it; what it is, or isn't though its name says so.
    """
    if not data:
        raise Unreadable("is empty")
    suffix = suffix_of(name)
    promised = expected(name)
    kind = promised[0] if promised else None
    if data.startswith(_PDF) or (kind == "pdf" and _PDF in data[:1024]):
        return "pdf"
    if data.startswith(_ZIP):
        return _of_zip(suffix, kind, data)
    if data.startswith(_OFFICE):
        if _ENCRYPTED in data:
            raise Unreadable("is encrypted")
        raise Unreadable(_is("an old Office file (such as .doc), which isn't read", suffix, kind))
    for sign, what in _SIGNS:
        if sign.match(data):
            raise Unreadable(_is(f"{what}, which isn't read", suffix, kind))
    if not is_textual(data, strictly=kind is None or kind in {"pdf", "docx"}):
        if promised or suffix == ".zip":
            raise Unreadable(f"is named {suffix or name} but isn't one")
        raise Unreadable("isn't text, and of no kind that's read")
    if kind in {None, "text", "markdown", "pdf", "docx"} and _HTML.match(data[:2048]):
        return "html"
    return "text" if kind is None or kind in {"pdf", "docx"} else kind


def _of_zip(suffix: str, kind: str | None, data: bytes) -> str:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            names = archive.namelist()
    except BROKEN as error:
        what = "Word document" if kind == "docx" else "archive"
        raise Unreadable(f"is a damaged {what}") from error
    if WORD in names:
        return "docx"
    what = next(
        (what for inside, what in _INSIDE if any(name.startswith(inside) for name in names)), "an archive"
    )
    raise Unreadable(_is(f"{what}, which isn't read", suffix, kind))


def _is(what: str, suffix: str, kind: str | None) -> str:
    return f"is named {suffix} but is {what}" if kind and suffix else f"is {what}"

"""From bytes to characters.

Contract: the text that comes out is the original that spans count in; a byte order mark is its first
character. The same bytes give the same text.
"""

from __future__ import annotations

import codecs
import re

# The longer ones first: that of UTF-16 begins that of UTF-32.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE = 1 << 15
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\v\f\r\x1b\x1a\x08") + b"\x7f"
_ASCII = bytes(range(128))
_TEXTUAL = 100
# Of single-byte encodings those that are met; each further one makes guesses worse.
_LATIN = ("cp1252", "cp1250")
_SINGLE = (*_LATIN, "cp1251", "cp1253", "cp1255", "cp1256", "koi8_r")
_GUESSED = [*_SINGLE, "shift_jis", "cp932", "euc_jp", "iso2022_jp", "gb18030", "big5", "euc_kr"]


def decode(data: bytes, declared: str | None = None) -> tuple[str, str]:
    """Returns the text and the name of its encoding.

    A byte order mark decides; else UTF-8 where it's valid, else what the file declares, else a guess by what
    letters come out.

    Args:
        data: of the whole file.
        declared: the encoding that the file itself names.
    """
    wide = _wide(data)
    if wide:
        return data.decode(wide, "replace"), wide
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    if declared and (text := _as(data, declared)) is not None:
        return text, codecs.lookup(declared).name
    damaged = data.decode("utf-8", "replace")
    lost = damaged.count("\ufffd")
    if len(data) - len(damaged) > 4 * lost:
        return damaged, "utf-8"
    encoding = _guess(data)
    return data.decode(encoding, "replace"), encoding


def is_textual(data: bytes, strictly: bool = False) -> bool:
    """Says whether bytes look like text of any encoding, by how few control characters they have.

    Args:
        data: of the whole file.
        strictly: whether a single one is one too many.
    """
    wide = _wide(data)
    if wide:
        try:
            # Two binary bytes in a row are some character or other; a whole file of them isn't.
            data = data.decode(wide).encode("utf-8")
        except UnicodeDecodeError:
            return False
    controls = len(data) - len(data.translate(None, _CONTROLS))
    if strictly:
        return not controls and not _random(data)
    return controls <= 1 + len(data) // _TEXTUAL


def _random(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        high = sum(byte > 127 for byte in data[:_SAMPLE])
        return _guess(data) == "cp1252" and high * 4 > min(len(data), _SAMPLE)
    return False


def _wide(data: bytes) -> str | None:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    # Without a mark: in Western text every other byte is zero.
    sample = data[:4096]
    pairs = len(sample) // 2
    if pairs < 4 or b"\0" not in sample:
        return None
    first, second = sample[0 : 2 * pairs : 2].count(0), sample[1 : 2 * pairs : 2].count(0)
    if second > 0.7 * pairs and first < 0.05 * pairs:
        return "utf-16-le"
    if first > 0.7 * pairs and second < 0.05 * pairs:
        return "utf-16-be"
    return None


def _as(data: bytes, encoding: str) -> str | None:
    try:
        if not codecs.lookup(encoding)._is_text_encoding:
            return None
        return data.decode(encoding)
    except (LookupError, ValueError):
        return None


def _guess(data: bytes) -> str:
    """Returns the likeliest encoding of what isn't UTF-8."""
    from charset_normalizer import from_bytes

    sample = _sample(data)
    for cut in range(4):  # the sample may end within a character
        found = from_bytes(
            sample[: len(sample) - cut],
            cp_isolation=_GUESSED,
            steps=5,
            chunk_size=512,
            preemptive_behaviour=False,
        ).best()
        if found is not None and found.encoding not in _SINGLE:
            return found.encoding
        if len(sample) == len(data) or sample.endswith(b"\n"):
            break
    if found is None or found.encoding in _LATIN:
        return "cp1250" if _is_eastern(sample) else "cp1252"
    return found.encoding


def _sample(data: bytes) -> bytes:
    """Returns whole lines, from the first one on that has more than ASCII."""
    first = len(data) - len(data.lstrip(_ASCII))
    start = data.rfind(b"\n", max(0, first - _SAMPLE // 2), first) + 1 or max(0, first - _SAMPLE // 2)
    end = start + _SAMPLE
    if end < len(data):
        end = data.rfind(b"\n", first, end) + 1 or end
    return data[start:end]


def _is_eastern(sample: bytes) -> bool:
    """Says whether Latin letters are those of Central Europe rather than of the West.

    Both encodings have letters for almost every byte; these bytes are marks in the one and letters in the
    other, or letters that no Western language has beside each other.
    """
    if re.search(rb"[A-Za-z\xc0-\xff][\xb3\xb9\xbf\x9f\xbe][a-z\xe0-\xff]", sample):
        return True
    return any(pair <= set(sample) for pair in ({0xEC, 0xF8}, {0xF5, 0xFB}))

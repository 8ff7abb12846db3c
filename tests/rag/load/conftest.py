"""A small file of each kind, and a check of what every parsed file is."""

from __future__ import annotations

import io
import json
import re
import unicodedata
import zipfile
from collections.abc import Callable
from random import Random
from typing import Any

import docx
import fpdf
import pytest

from rag.load.decoding import decode
from rag.load.normal import normalise
from rag.parsed import Parsed

_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
_PAIRS = 60

MARKDOWN = """---
title: "The harbour"
author: Ida
---
# The harbour

Boats come *in* by the northern light.

Fees
----

- one boat, one crown
- two boats
  - a discount

| Boat | Berth |
|------|-------|
| Tern | 4     |
| Skua | 9     |

```sh
ring bell

wait
```

1. Tie up
2. Pay

> Quiet after ten.
"""
HTML = """<!DOCTYPE html>
<html><head><title>Tide &amp; time</title><style>p { color: red }</style></head>
<body><nav><a href="/">Home</a></nav>
<h1>High  water</h1>
<p>It rises at caf&eacute; <b>Ebb</b>
   twice a day.<br>Mind your feet.</p>
<ul><li>spring tide<li>neap tide</ul>
<table><tr><th>Day</th><th>Hour</th></tr><tr><td>Mon</td><td>6 &lt; 7</td></tr></table>
<pre>  a = 1
    b &gt; a</pre>
<div hidden>never shown</div><script>var x = "<p>no</p>";</script>
<footer>All rights</footer></body></html>
"""
CSV = 'boat;berth;note\r\nTern;4;"says ""ahoy"";\r\noften"\r\nSkua;9;\r\n'
MAIL = """From: Ida <ida@quay.example>\r
To: Jon <jon@quay.example>\r
Subject: =?utf-8?q?The_caf=C3=A9?= on the quay\r
Date: Mon, 4 May 2020 10:00:00 +0200\r
MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary=cut\r
\r
--cut\r
Content-Type: text/plain; charset=iso-8859-1\r
Content-Transfer-Encoding: base64\r
\r
SXQgb3BlbnMgYXQgdGVuLgoKQ29tZSB0byB0aGUgY2Fm6S4K\r
--cut\r
Content-Type: application/pdf\r
Content-Disposition: attachment; filename="menu.pdf"\r
Content-Transfer-Encoding: base64\r
\r
JVBERi0xLjQK\r
--cut--\r
"""
CODE = '''import os


def ring(times):
    """Rings."""

    return times * 2


class Bell:
    tone = "low"
'''


def pdf(pages: int = 2, password: str | None = None) -> bytes:
    """A PDF with parted words, a gap, a title; encrypted if a password is given."""
    made = fpdf.FPDF()
    made.set_title("Log of the Tern")
    made.set_author("Ida")
    made.set_font("helvetica", size=12)
    for number in range(1, pages + 1):
        made.add_page()
        made.multi_cell(80, 6, f"Page {number} of the log be-\ngins here and goes on for a line or two more.")
        made.ln(12)
        made.multi_cell(80, 6, "The wind was fair.")
    if password is not None:
        made.set_encryption(owner_password="owner", user_password=password)
    return bytes(made.output())


def word() -> bytes:
    """A Word document with headings, items and a table between paragraphs."""
    made = docx.Document()
    made.core_properties.title = "Rules of the quay"
    made.core_properties.author = "Ida"
    made.add_heading("Rules", 1)
    made.add_paragraph("No fishing from the steps.")
    made.add_paragraph("Ropes coiled", style="List Bullet")
    made.add_paragraph("Lights out", style="List Number")
    table = made.add_table(2, 2)
    for at, words in enumerate(("Gate", "Closes", "North", "22:00")):
        table.cell(at // 2, at % 2).text = words
    made.add_heading("Fines", 2)
    made.add_paragraph("Ten crowns.")
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def repacked(data: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """A zip file whose members are changed, with right checksums."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return stream.getvalue()


def mutated(data: bytes, random: Random) -> bytes:
    """The bytes with some cut out, doubled, swapped for others, or the end cut off."""
    changed = bytearray(data)
    for _ in range(random.randint(1, 6)):
        start = random.randrange(len(changed) + 1)
        end = min(len(changed), start + random.choice((1, 1, 2, 8, 64)))
        match random.randrange(5):
            case 0:
                del changed[start:end]
            case 1:
                changed[start:start] = changed[start:end] * random.choice((1, 2, 50))
            case 2:
                changed[start:end] = random.randbytes(end - start)
            case 3:
                changed[start:end] = bytes(
                    random.choice(b'<>"&{}[],:\\\n\r\0-#|`') for _ in range(end - start)
                )
            case _:
                if random.random() < 0.2:
                    del changed[start:]
    return bytes(changed)


def _samples() -> dict[str, bytes]:
    record = {
        "title": "Berths",
        "berth": {"number": 4, "free": False, "since": None},
        "tags": ["a\u00e9", "b"],
    }
    long = {"id": 7, "text": "First line.\n\nSecond \u201cpart\u201d of it.", "end": 1.5}
    return {
        "log.txt": "Fair wind.\r\nMore of it.\r\n\r\nThe glass\u00a0falls: so\u00adon rain.\r\n".encode(),
        "harbour.md": MARKDOWN.encode(),
        "tide.html": HTML.encode(),
        "log.pdf": pdf(),
        "rules.docx": word(),
        "boats.csv": CSV.encode(),
        "boats.tsv": b"boat\tberth\nTern\t4\nSkua\t9\n",
        "berths.json": json.dumps(record, indent=1).encode(),
        "list.json": json.dumps([record, long], ensure_ascii=False).encode(),
        "berths.jsonl": "\n".join(json.dumps(one) for one in (record, long, [1, 2])).encode(),
        "note.eml": MAIL.encode(),
        "bell.py": CODE.encode(),
        "bell.yaml": b"bell:\n  tone: low\n\nlight: green\n",
    }


@pytest.fixture(scope="session")
def samples() -> dict[str, bytes]:
    """A small file of each kind by name."""
    return _samples()


@pytest.fixture(scope="session")
def make() -> Any:
    """Makers of files: `pdf`, `word`, `repacked`, `mutated`."""

    class Make:
        pass

    for maker in (pdf, word, repacked, mutated):
        setattr(Make, maker.__name__, staticmethod(maker))
    return Make


@pytest.fixture(scope="session")
def check() -> Callable[[str, bytes, Parsed], None]:
    """Checks that a parsed file is what `rag.parsed` says."""
    return checked


def checked(name: str, data: bytes, parsed: Parsed) -> None:
    text = parsed.text
    assert text.strip()
    assert unicodedata.is_normalized("NFC", text)
    assert not _INVISIBLE.search(text)
    assert parsed.title == " ".join(parsed.title.split())
    assert re.fullmatch(r"[a-z]+/[-+.a-z0-9]+", parsed.media)
    assert all(isinstance(value, str | int | float | bool) for value in parsed.metadata.values())

    end = 0
    for block in parsed.blocks:
        assert end <= block.start < block.end <= len(text)
        assert not text[end : block.start].strip()
        assert text[block.start : block.end].strip()
        assert (block.level > 0) == (block.kind == "heading")
        end = block.end
    assert not text[end:].strip()

    if parsed.pages:
        assert [page.number for page in parsed.pages] == list(range(1, len(parsed.pages) + 1))
        assert all(one.end <= other.start for one, other in zip(parsed.pages, parsed.pages[1:], strict=False))
        for block in parsed.blocks:
            assert any(page.start <= block.start and block.end <= page.end for page in parsed.pages)

    binary = parsed.media in {"application/pdf", "message/rfc822"} or "wordprocessing" in parsed.media
    original = text if binary else decode(data, str(parsed.metadata.get("encoding", "")))[0]
    origin = parsed.origin
    place = source = 0
    for run in origin.runs:
        assert run.length > 0
        assert run.start >= place
        assert run.source >= source
        assert run.source + run.source_length <= len(original)
        place, source = run.start + run.length, run.source
        if run.length == run.source_length:
            there, here = original[run.source : run.source + run.length], text[run.start : place]
            assert _same(there, here)
    assert place <= len(text)

    random = Random(len(text))
    spans = [(0, len(text))]
    for _ in range(_PAIRS):
        start = random.randrange(len(text))
        spans.append((start, random.randint(start, len(text))))
    for start, stop in spans:
        low, high = origin.span(start, stop)
        assert 0 <= low <= high <= len(original)
    ends = sorted(stop for _, stop in spans)
    assert [origin.span(0, stop)[1] for stop in ends] == sorted(origin.span(0, stop)[1] for stop in ends)


def _same(there: str, here: str) -> bool:
    """Whether characters are the same, or twins: blanks of other kinds, marks in another order."""
    return normalise(there).text == here or all(
        one == other or (one.isspace() and other.isspace()) or normalise(one).text == other
        for one, other in zip(there, here, strict=True)
    )

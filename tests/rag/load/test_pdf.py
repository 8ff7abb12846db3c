from __future__ import annotations

import threading
from typing import Any

import fpdf
import pytest

from rag.load import pdf
from rag.load.parse import parse
from rag.parsed import Unreadable


def test_pages_have_numbers_and_paragraphs(samples: dict[str, bytes]) -> None:
    parsed = parse("log.pdf", samples["log.pdf"])
    assert parsed.title == "Log of the Tern"
    assert parsed.metadata == {"pages": 2, "author": "Ida"}
    assert [page.number for page in parsed.pages] == [1, 2]
    blocks = [" ".join(parsed.text[block.start : block.end].split()) for block in parsed.blocks]
    assert blocks == [
        "Page 1 of the log begins here and goes on for a line or two more.",
        "The wind was fair.",
        "Page 2 of the log begins here and goes on for a line or two more.",
        "The wind was fair.",
    ]
    assert "\n" in parsed.text[parsed.blocks[0].start : parsed.blocks[0].end]
    assert parsed.origin.runs == ()
    assert parsed.text[parsed.pages[1].start :].startswith("Page 2")


def test_parted_words_and_ligatures_are_whole() -> None:
    assert pdf._mended("exam-\nple") == "example"
    assert pdf._mended("exam\ufffeple, exam\x02\nple") == "example, example"
    assert pdf._mended("North-\nSouth, 1-\n2, UTF-\n8, a -\nb") == "North-\nSouth, 1-\n2, UTF-\n8, a -\nb"
    assert pdf._mended("a\ufffe4") == "a-4"
    assert pdf._mended("\ufb01nd o\ufb03ce \ufb06") == "find office st"


def test_encrypted_ones_are_told(make: Any) -> None:
    with pytest.raises(Unreadable, match=r"^is encrypted$"):
        parse("a.pdf", make.pdf(password="secret"))
    assert parse("a.pdf", make.pdf()).pages


def test_one_that_anybody_may_open_is_read(make: Any) -> None:
    assert "fair" in parse("a.pdf", make.pdf(password="")).text


def test_scans_are_told() -> None:
    made = fpdf.FPDF()
    made.add_page()
    made.line(0, 0, 50, 50)
    with pytest.raises(Unreadable, match=r"has no text layer \(a scan\?\)"):
        parse("a.pdf", bytes(made.output()))


def test_a_page_without_words_keeps_its_number() -> None:
    made = fpdf.FPDF()
    made.set_font("helvetica", size=12)
    made.add_page()
    made.add_page()
    made.cell(text="Second")
    parsed = parse("a.pdf", bytes(made.output()))
    assert [(page.number, parsed.text[page.start : page.end]) for page in parsed.pages] == [
        (1, ""),
        (2, "Second"),
    ]


def test_truncated_ones_are_told(samples: dict[str, bytes]) -> None:
    data = samples["log.pdf"]
    for size in (20, len(data) // 3):
        with pytest.raises(Unreadable, match=r"damaged PDF|no text layer"):
            parse("a.pdf", data[:size])


def test_limits_are_kept(samples: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MOST_PAGES", 1)
    with pytest.raises(Unreadable, match="has more than 1 pages"):
        parse("a.pdf", samples["log.pdf"])
    monkeypatch.undo()
    monkeypatch.setattr(pdf, "MOST_CHARACTERS", 100)
    with pytest.raises(Unreadable, match="has more than 100 characters"):
        parse("a.pdf", samples["log.pdf"])


def test_threads_take_turns(make: Any) -> None:
    data = make.pdf(pages=3)
    expected = parse("a.pdf", data)
    found: list[object] = []
    threads = [
        threading.Thread(target=lambda: found.extend(parse("a.pdf", data) for _ in range(10)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 40

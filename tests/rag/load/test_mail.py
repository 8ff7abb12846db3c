from __future__ import annotations

import pytest

from rag.load.parse import parse
from rag.parsed import Unreadable


def test_mail_is_its_headers_and_its_words(samples: dict[str, bytes]) -> None:
    parsed = parse("note.eml", samples["note.eml"])
    assert parsed.text == (
        "Subject: The café on the quay\nFrom: Ida <ida@quay.example>\nTo: Jon <jon@quay.example>\n"
        "Date: Mon, 04 May 2020 10:00:00 +0200\nAttached: menu.pdf\n\n"
        "It opens at ten.\n\nCome to the café."
    )
    assert (parsed.title, parsed.media) == ("The café on the quay", "message/rfc822")
    assert parsed.metadata == {"author": "Ida <ida@quay.example>"}
    assert [block.kind for block in parsed.blocks] == ["paragraph"] * 3


def test_a_page_is_read_where_there_are_no_plain_words() -> None:
    page = b"Subject: Tides\nContent-Type: text/html; charset=cp1252\n\n<h2>Caf\xe9</h2><p>High <b>water</b>"
    parsed = parse("a.eml", page)
    assert parsed.text == "Subject: Tides\n\nCafé\n\nHigh water"
    assert [(block.kind, block.level) for block in parsed.blocks][1:] == [("heading", 2), ("paragraph", 0)]
    both = (
        b"Subject: Both\nContent-Type: multipart/alternative; boundary=x\n\n--x\nContent-Type: text/html\n\n"
        b"<p>page\n--x\nContent-Type: text/plain\n\nplain\n--x--\n"
    )
    assert parse("a.eml", both).text == "Subject: Both\n\nplain"


def test_an_encoding_that_nobody_knows_costs_no_words() -> None:
    assert parse("a.eml", b"Subject: A\nContent-Type: text/plain; charset=odd\n\nWords.").text.endswith(
        "Words."
    )


def test_what_is_no_mail_is_text() -> None:
    assert parse("a.eml", b"Just words.\n\nMore.").text == "Just words.\n\nMore."


def test_mail_of_too_many_parts_is_refused() -> None:
    data = b"Subject: A\nContent-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\nx\n" * 2000
    with pytest.raises(Unreadable, match=r"has too many pieces \(more than 1,000\)"):
        parse("a.eml", data)


@pytest.mark.parametrize(
    "header", ["To: " + "a@b.example,\r\n " * 9_000, "Content-Type: text/plain; " + "a=b; " * 20_000]
)
def test_headers_that_would_take_long_are_refused(header: str) -> None:
    with pytest.raises(Unreadable, match="has headers that are too long"):
        parse("a.eml", f"Subject: A\r\n{header}\r\n\r\nWords.".encode())
    assert parse("a.eml", f"Subject: A\r\n\r\n{'Words: ' * 9_000}".encode()).title == "A"

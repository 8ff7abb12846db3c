from __future__ import annotations

import html

import pytest

from rag.load.parse import parse


def _blocks(source: str) -> list[tuple[str, str]]:
    parsed = parse("a.html", source.encode())
    return [(block.kind, parsed.text[block.start : block.end]) for block in parsed.blocks]


def test_a_page_is_what_a_reader_sees(samples: dict[str, bytes]) -> None:
    parsed = parse("tide.html", samples["tide.html"])
    assert parsed.title == "Tide & time"
    assert parsed.text == (
        "High water\n\nIt rises at café Ebb twice a day.\nMind your feet.\n\nspring tide\nneap tide\n\n"
        "Day | Hour\nMon | 6 < 7\n\n  a = 1\n    b > a"
    )
    assert [(block.kind, block.level) for block in parsed.blocks] == [
        ("heading", 1),
        ("paragraph", 0),
        ("item", 0),
        ("item", 0),
        ("row", 0),
        ("row", 0),
        ("code", 0),
    ]


def test_each_word_leads_to_its_place_in_the_source(samples: dict[str, bytes]) -> None:
    source = samples["tide.html"].decode()
    parsed = parse("tide.html", source.encode())
    for words in ("High water", "café", "caf", "Ebb twice", "neap", "6 < 7", "b > a", "rises"):
        start = parsed.text.index(words)
        low, high = parsed.origin.span(start, start + len(words))
        found = " ".join(html.unescape(source[low:high]).replace("<b>", "").replace("</b>", "").split())
        assert found == words or (words == "caf" and found == "caf")


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>no</script>",
        "<style>no</style>",
        "<template>no</template>",
        "<noscript>no</noscript>",
        "<nav><ul><li>no</ul></nav>",
        "<footer>no</footer>",
        "<p hidden>no<p>",
        "<span aria-hidden='true'>no <b>no</b></span>",
        "<div style='color: red; DISPLAY : none'>no<div>no</div></div>",
        "<svg><title>no</title></svg>",
        "<ul><li hidden>no<li>",
        "<table><tr hidden><td>no<tr><td>",
        "<!-- no -->",
    ],
)
def test_what_isnt_shown_is_left_out(hidden: str) -> None:
    text = parse("a.html", f"<p>Before</p>{hidden}After &amp; on.".encode()).text
    assert " ".join(text.split()) == "Before After & on."


def test_markup_that_is_left_open_hides_nothing() -> None:
    assert _blocks("<p>One<p>Two<ul><li>a<li>b<ul><li>c</ul></ul><h2>Three") == [
        ("paragraph", "One"),
        ("paragraph", "Two"),
        ("item", "a"),
        ("item", "b"),
        ("item", "c"),
        ("heading", "Three"),
    ]
    for source in ("<p>a < b & c &unknown; AT&T <!-- d", "a<![endif]>b", "1 &#0; 2 &#x110000; 3", "x &#"):
        assert _blocks(source)


@pytest.mark.parametrize(
    "first", ["<h1>", "", "<p>", "<main>", "<custom-part>", "<a href='x'>", "<table><tr><td>"]
)
def test_a_head_that_is_left_open_ends_where_the_body_begins(first: str) -> None:
    source = f"<html><head><meta charset=utf-8><title>T</title><style>no</style>\n<link href=x>{first}Hello"
    parsed = parse("a.html", source.encode())
    assert (parsed.title, parsed.text) == ("T", "Hello")
    parsed = parse("a.html", f"<head><head><title>T</title><noscript>no</noscript>{first}Hello".encode())
    assert (parsed.title, parsed.text) == ("T", "Hello")


def test_the_title_is_that_of_the_page() -> None:
    drawing = "<svg><title>Drawn</title></svg><template><title>no</title></template><p>Words"
    assert parse("a.html", f"<body>{drawing}".encode()).title == ""
    assert parse("a.html", f"{drawing}<math><title>no</title></math>".encode()).title == ""
    assert parse("a.html", f"<title>Page</title>{drawing}".encode()).title == "Page"
    assert parse("a.html", f"<html><head><title>Page</title></head>{drawing}".encode()).title == "Page"


def test_rows_hold_the_words_of_their_cells() -> None:
    assert _blocks(
        "<table><tr><td><p>a</p><p>b</p></td><td><div>c</div></td></tr><tr><td></td></tr></table>"
    ) == [("row", "a b | c")]
    # A table that only lays out a page isn't one row.
    assert _blocks("<table><tr><td><h1>T</h1><ul><li>a<li>b</ul><td>c</table>") == [
        ("heading", "T"),
        ("item", "a"),
        ("item", "b"),
        ("row", "c"),
    ]


def test_blanks_are_shown_as_a_browser_does() -> None:
    assert _blocks("<p>  a\n\t b<b> c</b>d <i> e</i><br>\n f </p>\n<pre>\n x  y\n</pre>") == [
        ("paragraph", "a b cd e\nf"),
        ("code", " x  y"),
    ]


def test_a_page_is_decoded_as_it_declares() -> None:
    source = "<html><head><meta charset=iso-8859-2></head><body>ąęł</body></html>"
    assert parse("a.html", source.encode("iso-8859-2")).text == "ąęł"

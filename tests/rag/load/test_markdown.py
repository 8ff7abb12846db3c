from __future__ import annotations

from rag.load.parse import parse


def _blocks(text: str) -> list[tuple[str, str]]:
    parsed = parse("a.md", text.encode())
    return [(block.kind, parsed.text[block.start : block.end]) for block in parsed.blocks]


def test_blocks_are_the_source_itself(samples: dict[str, bytes]) -> None:
    parsed = parse("harbour.md", samples["harbour.md"])
    assert parsed.text == samples["harbour.md"].decode()
    assert [(block.kind, parsed.text[block.start : block.end]) for block in parsed.blocks] == [
        ("code", '---\ntitle: "The harbour"\nauthor: Ida\n---'),
        ("heading", "# The harbour"),
        ("paragraph", "Boats come *in* by the northern light."),
        ("heading", "Fees\n----"),
        ("item", "- one boat, one crown"),
        ("item", "- two boats"),
        ("item", "- a discount"),
        ("row", "| Boat | Berth |\n|------|-------|"),
        ("row", "| Tern | 4     |"),
        ("row", "| Skua | 9     |"),
        ("code", "```sh\nring bell\n\nwait\n```"),
        ("item", "1. Tie up"),
        ("item", "2. Pay"),
        ("paragraph", "> Quiet after ten."),
    ]
    assert [block.level for block in parsed.blocks if block.kind == "heading"] == [1, 2]
    assert parsed.title == "The harbour"
    assert parsed.metadata == {"author": "Ida", "encoding": "utf-8"}


def test_the_title_is_front_matters_or_the_first_highest_heading() -> None:
    assert parse("a.md", b"## Two\n\n# One `x` #\n\n# Other\n").title == "One `x`"
    assert parse("a.md", b"+++\ntitle = 'Front'\n+++\n# One\n").title == "Front"
    assert parse("a.md", b"---\nnot: closed\n# One\n").title == "One"
    assert parse("a.md", b"Words.\n").title == ""


def test_what_the_grammar_makes_nothing_of_is_a_paragraph() -> None:
    assert _blocks("[a]: http://b.c\n\n<div>x</div>\n\n***\n") == [
        ("paragraph", "[a]: http://b.c"),
        ("paragraph", "<div>x</div>"),
        ("paragraph", "***"),
    ]
    assert [kind for kind, _ in _blocks("- a\n\n  b\n\n      code\n- c\n")] == [
        "item",
        "paragraph",
        "code",
        "item",
    ]


def test_code_isnt_taken_for_headings() -> None:
    assert _blocks("~~~\n# no heading\n~~~\n") == [("code", "~~~\n# no heading\n~~~")]


def test_lists_nested_deeper_than_anyone_reads_are_covered() -> None:
    text = "".join("  " * depth + "- x\n" for depth in range(60))
    assert "".join(words.replace("- ", "") for _, words in _blocks(text)).count("x") == 60

from __future__ import annotations

from rag.load.parse import parse


def _blocks(name: str, text: str) -> list[str]:
    parsed = parse(name, text.encode())
    return [parsed.text[block.start : block.end] for block in parsed.blocks]


def test_paragraphs_are_what_blank_lines_part() -> None:
    assert _blocks("a.txt", "\n\n One\ntwo \n \t\n\nThree\n") == ["One\ntwo", "Three"]


def test_spans_count_in_the_file_as_it_is() -> None:
    original = "\ufeffOne\r\ntwo.\r\n\r\nSo\xadon."
    parsed = parse("a.log", original.encode())
    start = parsed.text.index("Soon")
    assert original[slice(*parsed.origin.span(start, start + 4))] == "So\xadon"
    assert original[slice(*parsed.origin.span(0, 7))] == "One\r\ntwo"
    assert parsed.metadata == {"encoding": "utf-8"}


def test_code_is_parted_where_something_new_begins() -> None:
    source = "import os\n\n\ndef f(\n\n    a,\n\n):\n    x\n\n    y\n\n\nclass A:\n    pass\n"
    assert _blocks("a.py", source) == [
        "import os",
        "def f(\n\n    a,\n\n):\n    x\n\n    y",
        "class A:\n    pass",
    ]


def test_tabs_and_indentation_of_code_stay() -> None:
    assert _blocks("a.c", "\n\tint a;\n\n\tint b;\n") == ["\tint a;\n\n\tint b;"]


def test_code_is_decoded_as_it_declares() -> None:
    source = "# -*- coding: iso-8859-2 -*-\ns = 'ąęł'\n"
    assert parse("a.py", source.encode("iso-8859-2")).text == source

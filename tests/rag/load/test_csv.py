from __future__ import annotations

import csv

import pytest

from rag.load.parse import parse


def _lines(text: str, name: str = "a.csv") -> list[str]:
    parsed = parse(name, text.encode())
    assert {block.kind for block in parsed.blocks} == {"row"}
    return [parsed.text[block.start : block.end] for block in parsed.blocks]


def test_a_row_is_a_line_that_leads_to_its_row(samples: dict[str, bytes]) -> None:
    original = samples["boats.csv"].decode()
    parsed = parse("boats.csv", samples["boats.csv"])
    assert parsed.text == 'boat: Tern; berth: 4; note: says "ahoy"; often\nboat: Skua; berth: 9'
    first, second = parsed.blocks
    assert original[slice(*parsed.origin.span(first.start, first.end))] == 'Tern;4;"says ""ahoy"";\r\noften"'
    assert original[slice(*parsed.origin.span(second.start, second.end))] == "Skua;9;"
    assert original[slice(*parsed.origin.span(second.start + 1, second.start + 3))] == "Skua;9;"
    assert parsed.metadata["rows"] == 2


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_found(delimiter: str) -> None:
    text = "name,town\nAnn,Oslo\nBob,Bergen\n".replace(",", delimiter)
    assert _lines(text) == ["name: Ann; town: Oslo", "name: Bob; town: Bergen"]


def test_delimiters_within_text_mislead_nobody() -> None:
    assert _lines("id,text\n1,one; two; three\n2,four; five\n") == [
        "id: 1; text: one; two; three",
        "id: 2; text: four; five",
    ]
    assert _lines("name\tnote\nAnn\ta, b\nBob\tc, d\n", "a.tsv") == [
        "name: Ann; note: a, b",
        "name: Bob; note: c, d",
    ]


@pytest.mark.parametrize("text", ["1,2\n3,4\n", "Ann,3\nAnn,4\n", "x,x\ny,z\n"])
def test_a_first_row_of_values_is_a_row(text: str) -> None:
    assert _lines(text) == text.replace(",", "; ").splitlines()


def test_a_header_alone_is_told() -> None:
    assert _lines("name,town\n") == ["name; town"]


def test_ragged_rows_keep_their_values() -> None:
    assert _lines("a,b\n1,2,3\n4\n\n,,\n,5\n") == ["a: 1; b: 2; 3", "a: 4", "b: 5"]


def test_huge_fields_are_read_and_the_modules_limit_stays() -> None:
    before = csv.field_size_limit()
    assert len(_lines(f'a,b\n1,"{"x" * 300_000}"\n')[0]) > 300_000
    assert csv.field_size_limit() == before


def test_a_quotation_mark_thats_never_closed_swallows_nothing() -> None:
    lines = _lines("a,b\n" + '"1,2\n' + "3,4\n" * 3000)
    assert len(lines) == 3001
    assert lines[-1] == "a: 3; b: 4"


def test_a_row_as_long_as_its_line_stands_as_a_whole() -> None:
    original = '"a"\n"bcd"\n12345\n'
    parsed = parse("a.csv", original.encode())
    for block in parsed.blocks:
        whole = parsed.origin.span(block.start, block.end)
        assert original[slice(*whole)] in original.splitlines()
        assert parsed.origin.span(block.start, block.start + 1) == whole

"""What kinds of values ask of a schema, how they are said, and what spells them."""

from __future__ import annotations

import re
from random import Random

import pytest

from finetune.data.calls.generated.forms import Form, Said
from finetune.data.calls.generated.grammar import parse, render
from finetune.data.calls.generated.kinds import kind
from finetune.data.calls.generated.telling import tell
from homespun.errors import UsageError


def _drawn(spec: str, count: int = 300) -> list[tuple[Form, Said]]:
    rng, made = Random(1), kind(spec)
    forms = [made(rng) for _ in range(count)]
    return [(form, form.draw(rng)) for form in forms]


def _spelled(said: Said) -> list[str]:
    return [text for text, spells in said.pieces if spells]


def _whole(said: Said) -> str:
    return "".join(text for text, _ in said.pieces)


def test_a_percentage_is_a_share_only_where_the_description_says_so() -> None:
    seen = set()
    for form, said in _drawn("percent 1 40 1"):
        spelled = _spelled(said)[0]
        assert "%" not in spelled
        if not re.fullmatch(r"[\d.]+", spelled):
            continue
        share = bool(re.search(r"decimal|fraction", form.tail)) or not form.tail
        stated = "%" in _whole(said) or "cent" in _whole(said)
        number = float(spelled) / 100 if share and stated else float(spelled)
        assert said.value == pytest.approx(number), (form.tail, said)
        seen.add((share, stated))
    assert seen == {(True, True), (True, False), (False, True)}


@pytest.mark.parametrize("spec", ["money 5 90000", "num 1 60 2 m/meters", "int 2 9 people", "exp -9 4 kg"])
def test_units_and_signs_stand_outside_what_spells_a_number(spec: str) -> None:
    drawn = _drawn(spec)
    for form, said in drawn:
        (spelled,) = _spelled(said)
        assert not re.search(r"[$€£]|\b(?:m|meters|people|kg|dollars|euros)\b", spelled), spelled
        assert form.schema["type"] == "number" or isinstance(said.value, int)
    assert any(_whole(said) != _spelled(said)[0] for _, said in drawn)


def test_lists_have_a_piece_for_each_element() -> None:
    for form, said in _drawn("list 2 4 town"):
        assert form.schema["items"] == {"type": "string"}
        assert _spelled(said) == said.value
        assert 2 <= len(said.value) <= 4


def test_a_span_has_its_smaller_end_first() -> None:
    for _, said in _drawn("span int -9 30"):
        first, last = said.value
        assert first <= last
        assert len(_spelled(said)) == 2


def test_choices_are_spelled_only_where_the_schema_lists_none() -> None:
    listed = told = 0
    for form, said in _drawn("enum metric: in metric units/metric; imperial: in imperial units"):
        if "enum" in form.schema:
            listed += 1
            assert said.value in form.schema["enum"]
            assert not _spelled(said)
        else:
            told += 1
            assert _spelled(said) == [said.value]
    assert listed > told > 20


def test_dates_take_the_form_that_is_asked_for() -> None:
    iso = [said for form, said in _drawn("date", 900) if "YYYY-MM-DD" in form.tail]
    whole = [said for said in iso if re.search(r"\d{4}", _spelled(said)[0])]
    assert len(whole) > 50
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", said.value) for said in whole)


def test_an_article_is_no_part_of_a_value() -> None:
    for _, said in _drawn("museum"):
        assert not said.value.startswith("the ")
        assert _whole(said).removeprefix("the ") == said.value


@pytest.mark.parametrize("spec", ["int", "enum one", "list 2 x town", "town extra", "no_such_list"])
def test_what_is_no_kind_is_refused(spec: str) -> None:
    with pytest.raises(UsageError):
        kind(spec)


def test_a_group_goes_with_its_slot_and_blanks_are_mended() -> None:
    template = parse("Find [a |the ]{what}< , near {where}> .")
    assert template.loose == {"where"}
    for left_out, ending in ((frozenset({"where"}), "tea."), (frozenset[str](), "tea, near tea.")):
        pieces = render(template.parts, Random(0), lambda slot: [("tea", slot)], left_out)
        told = tell(pieces, Random(0))
        assert told.text.endswith(ending)
        assert all(told.text[start:end] == "tea" for spans in told.places.values() for start, end in spans)


@pytest.mark.parametrize("text", ["[a|b", "a]", "<a", "{a", "a>"])
def test_marks_that_do_not_match_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse(text)

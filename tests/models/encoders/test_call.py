"""Calls by the encoder alone, with adapters that know a few conversations by heart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from homespun.errors import CorruptWeights, UsageError
from models.encoders.call import Caller, load_caller
from models.encoders.fill import Argument
from models.encoders.parameters import parameters, question, tool_text

BOOK = {
    "name": "book_table",
    "description": "Book a table in a restaurant.",
    "parameters": {
        "type": "object",
        "properties": {
            "place": {"type": "string", "description": "Name of the restaurant."},
            "guests": {"type": "integer", "description": "How many people come."},
            "outside": {"type": "boolean", "description": "Whether to sit outside."},
        },
        "required": ["place", "guests"],
    },
}
SING = {
    "name": "sing",
    "description": "Sing a song.",
    "parameters": {
        "type": "object",
        "properties": {
            "songs": {"type": "array", "items": {"type": "string"}, "description": "Which songs."}
        },
        "required": ["songs"],
    },
}
WHOLE = "Book a table for four at Lumen, outside please."
PART = "I want a table at Lumen."
LIST = "Sing Daisy and Blue Moon."
IDLE = "Good morning!"
SAID: dict[str, dict[str, Any]] = {
    WHOLE: {"place": "Lumen", "guests": "four", "outside": 0},
    PART: {"place": "Lumen", "guests": "", "outside": -1},
    LIST: {"songs": ["Daisy", "Blue Moon"]},
}


def lessons(taught: ModuleType) -> tuple[list[Any], list[Any]]:
    """What the chooser and the filler are to know."""
    wanted = {WHOLE: BOOK, PART: BOOK, LIST: SING}
    chosen = [
        taught.Row(tool_text(tool), said, score=6.0 if wanted.get(said) is tool else -6.0)
        for said in (*wanted, IDLE)
        for tool in (BOOK, SING)
    ]
    found = []
    for said, tool in wanted.items():
        for parameter in parameters(tool):
            asked, value = question(parameter), SAID[said][parameter.name]
            if parameter.options:
                found.append(taught.Row(asked.text, said, options=asked.options, option=value))
            elif isinstance(value, list):
                found.append(taught.Row(asked.text, said, elements=tuple(value)))
            else:
                found.append(taught.Row(asked.text, said, span=value))
    return chosen, found


@pytest.fixture(scope="module")
def home(
    teacher: Callable[[Path], Any], taught: ModuleType, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    home = tmp_path_factory.mktemp("adapters")
    chosen, found = lessons(taught)
    teacher(home)("choose", chosen)
    teacher(home)("fill", found)
    strict = {"weights": {"odds": 1.0, "required": 8.0}, "constant": -10.0}
    teacher(home)("choose", chosen, name="strict", call=strict)
    teacher(home)("choose", name="wrong", call={"weights": {"luck": 1.0}, "constant": 0.0})
    return home


@pytest.fixture
def caller(home: Path) -> Caller:
    return load_caller(home=home)


def said(text: str) -> Sequence[tuple[str, str]]:
    return [("user", text)]


def test_the_right_tool_is_called_with_values_of_the_schemas_types(caller: Caller) -> None:
    call = caller.call(said(WHOLE), [SING, BOOK])
    assert call is not None
    assert (call.name, call.place) == ("book_table", 1)
    assert call.arguments == {"place": "Lumen", "guests": 4, "outside": True}
    assert call.probability > 0.9
    assert call.required > 0.9
    assert not call.unmentioned
    assert [argument.name for argument in call.found] == ["place", "guests", "outside"]
    assert call.found[0].texts == ("Lumen",)


def test_each_element_of_a_list_is_found(caller: Caller) -> None:
    call = caller.call(said(LIST), [BOOK, SING])
    assert call is not None
    assert call.arguments == {"songs": ["Daisy", "Blue Moon"]}


def test_no_tool_is_called_where_none_is_wanted_or_offered(caller: Caller) -> None:
    assert caller.call(said(IDLE), [BOOK, SING]) is None
    assert caller.call(said(WHOLE), []) is None
    likeliest = caller.likeliest(said(IDLE), [BOOK, SING])
    assert likeliest is not None
    assert likeliest.probability < 0.1


def test_what_nobody_mentioned_is_named_and_left_out_where_it_may_be(caller: Caller) -> None:
    call = caller.likeliest(said(PART), [BOOK])
    assert call is not None
    assert call.unmentioned == ("guests",)
    assert "outside" not in call.arguments
    assert call.required == pytest.approx(0.5, abs=0.05)


def test_a_calibration_weighs_the_odds_against_what_was_mentioned(home: Path) -> None:
    strict = load_caller("strict", home=home)
    whole, part = (strict.likeliest(said(text), [BOOK, SING]) for text in (WHOLE, PART))
    assert whole is not None
    assert part is not None
    assert whole.probability > 0.9
    assert part.probability == pytest.approx(0.5, abs=0.2)
    assert part.willing > 0.9
    assert strict.fingerprint != load_caller(home=home).fingerprint


def test_a_calibration_of_something_else_is_refused(home: Path) -> None:
    with pytest.raises(CorruptWeights, match="luck"):
        load_caller("wrong", home=home)


def test_a_default_serves_where_nothing_was_said(caller: Caller) -> None:
    tool = {
        **BOOK,
        "parameters": {**BOOK["parameters"], "properties": dict(BOOK["parameters"]["properties"])},
    }  # type: ignore[dict-item]
    tool["parameters"]["properties"]["guests"] = {  # type: ignore[index]
        **tool["parameters"]["properties"]["guests"],  # type: ignore[index]
        "default": 2,
    }
    call = caller.call(said(PART), [tool])
    assert call is not None
    assert call.arguments["guests"] == 2
    assert not call.unmentioned


def test_between_passes_somebody_may_end_it(caller: Caller) -> None:
    def stop() -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        caller.call(said(WHOLE), [BOOK], stop)


def test_nothing_said_and_the_wrong_adapters_are_refused(caller: Caller, home: Path) -> None:
    with pytest.raises(UsageError, match="conversation"):
        caller.call([], [BOOK])
    with pytest.raises(UsageError, match="for choosing"):
        load_caller("fill", "fill", home=home)
    with pytest.raises(UsageError, match="for filling"):
        load_caller("choose", "choose", home=home)


def test_of_several_calls_each_has_what_the_function_needs(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(*guests: int | None) -> list[list[Argument]]:
        return [
            [
                Argument("place", "Lumen", 0.9, 0.9, required=True),
                Argument("guests", one, 0.9, 0.9, required=True),
            ]
            for one in guests
        ]

    call = caller.likeliest(said(WHOLE), [BOOK])
    assert call is not None
    monkeypatch.setattr("models.encoders.call.several", lambda *_: found(2, 4))
    calls = caller.several(said(WHOLE), call, BOOK)
    assert [caller.passed(one) for one in calls] == [
        {"place": "Lumen", "guests": guests} for guests in (2, 4)
    ]
    for lead, several in ((0.91, 2), (0.89, 0)):
        mixed = replace(call, choice=replace(call.choice, place=0, probabilities=(lead, 1 - lead)))
        assert len(caller.several(said(WHOLE), mixed, BOOK)) == several
    monkeypatch.setattr("models.encoders.call.several", lambda *_: found(2, None))
    assert caller.several(said(WHOLE), call, BOOK) == []


def test_one_request_is_not_several_calls(caller: Caller) -> None:
    call = caller.likeliest(said(WHOLE), [BOOK])
    assert call is not None
    assert caller.several(said(WHOLE), call, BOOK) == []

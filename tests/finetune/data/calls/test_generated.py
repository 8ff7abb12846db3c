"""Generated examples of tool calling: exact, varied, and apart from what the built-in suite asks."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import Any

import jsonschema
import pytest

from evals.suite import Source
from evals.suites import SUITES
from finetune.data.calls.example import CallExample
from finetune.data.calls.generated import generated
from finetune.data.calls.generated.functions import Function, domains
from models.encoders.numbers import parse_number

RUN = 5


@cache
def _some() -> tuple[CallExample, ...]:
    return tuple(generated(11, 6000))


def _functions() -> list[Function]:
    return [function for room in domains() for function in room.functions]


def _called() -> list[tuple[CallExample, dict[str, Any]]]:
    return [
        (one, next(dict(tool) for tool in one.tools if tool["name"] == one.tool))
        for one in _some()
        if one.tool is not None
    ]


def test_the_same_seed_gives_the_same_examples() -> None:
    assert list(generated(3, 60)) == list(generated(3, 60))
    assert list(generated(3, 60)) != list(generated(4, 60))


def test_arguments_fit_the_schema() -> None:
    for one, tool in _called():
        call = {name: argument.value for name, argument in one.arguments.items()}
        schema = {**tool["parameters"], "required": [], "additionalProperties": False}
        jsonschema.Draft202012Validator(schema).validate(call)
        missing = set(tool["parameters"]["required"]) - set(call)
        assert not missing, (one.turns, missing)


def test_places_spell_the_values() -> None:
    for one, tool in _called():
        for name, argument in one.arguments.items():
            schema = tool["parameters"]["properties"][name]
            said = [one.turns[turn].text[start:end] for turn, start, end in argument.places]
            if schema["type"] == "boolean" or "enum" in schema:
                assert not said
                continue
            values = argument.value if schema["type"] == "array" else [argument.value]
            assert len(said) == len(values), (one.turns, name, argument)
            for text, value in zip(said, values, strict=True):
                _spells(text, value)


def _spells(text: str, value: Any) -> None:
    if isinstance(value, str):
        # A date may be asked for in another form than the one it was said in.
        assert text == value or (re.search(r"\d{4}", text) and re.fullmatch(r"[\d/-]{10}", value)), text
        return
    found = parse_number(text)
    assert found is not None, text
    assert found[0] == pytest.approx(value) or found[0] / 100 == pytest.approx(value), (text, value)
    assert not re.search(r"[%$€£]", text)


def test_turns_alternate_and_the_user_speaks_last() -> None:
    for one in _some():
        roles = [turn.role for turn in one.turns]
        assert roles == ["user", "assistant"] * (len(roles) // 2) + ["user"]
        assert all(turn.text.strip() for turn in one.turns)


def test_tools_on_offer_are_distinct_json_schemas() -> None:
    for one in _some()[:600]:
        names = [tool["name"] for tool in one.tools]
        assert 1 <= len(names) == len(set(names)) <= 4
        for tool in one.tools:
            jsonschema.Draft202012Validator.check_schema(dict(tool["parameters"]))
            for name, schema in tool["parameters"]["properties"].items():
                if "default" in schema:
                    jsonschema.Draft202012Validator(schema).validate(schema["default"])
                assert schema["description"], name


def test_kinds_of_examples_have_their_shares() -> None:
    some = _some()
    none = sum(one.tool is None for one in some) / len(some)
    turns = sum(len(one.turns) > 1 for one in some) / len(some)
    assert 0.27 < none < 0.33
    assert 0.2 < turns < 0.42
    chosen = [one for one in some if one.tool and len(one.tools) == 3]
    places = Counter([tool["name"] for tool in one.tools].index(one.tool) for one in chosen)
    assert all(places[at] > len(chosen) / 5 for at in range(3))


def test_tools_have_several_ways_to_ask_for_them() -> None:
    for function in _functions():
        assert len({ask.text for ask in function.asks}) >= 4, function.key
        assert len(function.names) >= 2 or len(function.about) >= 2, function.key


@cache
def _held_out() -> tuple[set[str], set[str], set[str]]:
    names: set[str] = set()
    descriptions: set[str] = set()
    runs: set[str] = set()
    for sample in SUITES["tools"].samples(Source()):
        for message in sample.input["messages"]:
            runs |= _runs(message["content"])
        for tool in sample.input["functions"]:
            names.add(_plain(tool["name"]))
            parameters = tool["parameters"]["properties"].values()
            descriptions |= {_plain(parameter["description"]) for parameter in parameters}
    return names, descriptions, runs


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _runs(text: str) -> set[str]:
    words = re.findall(r"[\w']+", text.lower())
    return {" ".join(words[at : at + RUN]) for at in range(len(words) - RUN + 1)}


def test_nothing_is_shared_with_the_built_in_suite() -> None:
    """No tool's name, no parameter's description, no run of five words of what is said."""
    names, descriptions, runs = _held_out()
    assert min(len(names), len(descriptions), len(runs)) > 20
    for function in _functions():
        assert not {_plain(name) for name in function.names} & names, function.key
        for param in function.params.values():
            assert not {_plain(about) for about in param.about} & descriptions, (function.key, param.slot)
    for one in _some():
        assert not {_plain(str(tool["name"])) for tool in one.tools} & names
        for turn in one.turns:
            assert not _runs(turn.text) & runs, turn

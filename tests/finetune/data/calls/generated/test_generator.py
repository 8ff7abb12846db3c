"""Generated examples of tool calling: exact, varied, and apart from what the built-in suite asks."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from itertools import product
from random import Random
from typing import Any

import jsonschema
import pytest

from evals.suite import Source
from evals.suites import SUITES
from finetune.data.calls.example import CallExample
from finetune.data.calls.generated import generated
from finetune.data.calls.generated.dialogue import Conversation, converse
from finetune.data.calls.generated.functions import Function, domains, read
from finetune.data.calls.generated.generator import _ALIKE, _BROAD, _WORDY
from finetune.data.calls.generated.grammar import Part, Pick, Slot, parse, render
from finetune.data.calls.generated.schemas import make
from finetune.data.calls.generated.telling import Habit
from finetune.data.calls.generated.words import lists
from finetune.data.conversations.words import lexicon
from homespun.errors import UsageError
from models.encoders.numbers import parse_number

RUN = 5
SLOT = "\0"


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
    for one, tool in _called()[:1800]:
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
    for one in _some()[:300]:
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


def test_there_are_many_tools_of_many_subjects() -> None:
    assert len(domains()) >= 40
    assert len({function.family for function in _functions()}) >= 250
    for function in _functions():
        assert len({ask.text for ask in function.asks}) >= 4, function.key
        assert len(function.names) >= 2, function.key
        assert 1 <= len(function.params) <= 6, function.key


def test_every_template_says_values_where_it_claims_to() -> None:
    """With everything mentioned and with only what must be."""
    rng = Random(5)
    for function in _functions():
        for ask in function.asks:
            for left_out in (frozenset(), frozenset(ask.loose)):
                talk = Conversation(make(function, rng), rng, Habit())
                talk.user(render(ask.parts, rng, talk.say, left_out))
                text = talk.turns[0].text
                assert not re.search(r"[{}|]|  | [,.?]|,[.?]", _between(talk)), text
                needed = {slot for slot, param in function.params.items() if param.required}
                assert needed - left_out <= set(talk.arguments) <= ask.slots, text


def _between(talk: Conversation) -> str:
    """The user's words without those that spell values."""
    text = talk.turns[0].text
    places = [place for argument in talk.arguments.values() for place in argument.places]
    for _, start, end in sorted(places, reverse=True):
        text = text[:start] + "0" + text[end:]
    return text


def test_all_templates_of_a_tool_are_used() -> None:
    rng = Random(2)
    for function in _functions()[::60]:
        first = [
            re.match(r"[^\[{<]*", ask.text)[0].strip().lower()  # type: ignore[index]
            for ask in function.asks
        ]
        said = [converse(make(function, rng), rng).turns[-1].text.lower() for _ in range(250)]
        for words in first:
            assert any(words in text for text in said), (function.key, words)


def test_examples_hardly_repeat() -> None:
    some = _some()
    assert len({(one.turns, one.tool) for one in some}) > 0.96 * len(some)
    asked = [one.turns for one in some if one.tool is not None]
    assert len(set(asked)) > 0.995 * len(asked)
    groups = {one.group for one in some}
    assert len(groups) > 0.95 * len(_functions())


def test_wordings_vary() -> None:
    """The same tool has other names, other types and other descriptions in other examples."""
    seen: dict[str, set[str]] = {}
    kinds: dict[str, set[str]] = {}
    for one, tool in _called():
        seen.setdefault(one.group, set()).add(tool["name"])
        for name, schema in tool["parameters"]["properties"].items():
            kinds.setdefault(f"{one.group} {name}", set()).add(schema["description"])
    assert sum(len(names) for names in seen.values()) > 4 * len(seen)
    assert len({about for abouts in kinds.values() for about in abouts}) > 5000


def test_a_broken_file_of_tools_says_where() -> None:
    good = "== add | sum.up\nd: Adds.\np: a = int 1 9 | One\nq: Add {a}."
    assert read("maths", good).functions[0].key == "maths/add"
    for bad, words in (
        ("q: Add {b}.", "says b"),
        ("q: Add it.", "doesn't say a"),
        ("r: what", "begins with none"),
        ("p: nothing", "no parameter"),
        ("p: b = int x y", "no kind of value"),
        ("p: b = nowhere_list", "no word list"),
        ("q: Add [{a}.", "unclosed"),
    ):
        with pytest.raises(UsageError, match=re.escape(words)):
            read("maths", f"{good}\n{bad}")


@cache
def _held_out() -> tuple[set[str], set[str], set[tuple[str, ...]]]:
    """What the built-in suite has: names, descriptions, and runs of words, also with any one of them open."""
    names: set[str] = set()
    descriptions: set[str] = set()
    runs: set[tuple[str, ...]] = set()
    for sample in SUITES["tools"].samples(Source()):
        for message in sample.input["messages"]:
            for run in _runs(message["content"]):
                runs |= {run, *((*run[:at], SLOT, *run[at + 1 :]) for at in range(RUN))}
        for tool in sample.input["functions"]:
            names.add(_plain(tool["name"]))
            parameters = tool["parameters"]["properties"].values()
            descriptions |= {_plain(parameter["description"]) for parameter in parameters}
    return names, descriptions, runs


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(rf"[\w']+|{SLOT}", text.lower())
    return {tuple(words[at : at + RUN]) for at in range(len(words) - RUN + 1)}


def _texts(parts: tuple[Part, ...]) -> list[str]:
    """All that a template can say, a slot standing for any word."""
    options: list[list[str]] = []
    for part in parts:
        if isinstance(part, str):
            options.append([part])
        elif isinstance(part, Slot):
            options.append([f" {SLOT} "])
        elif isinstance(part, Pick):
            options.append([text for option in part.options for text in _texts(option)])
        else:
            options.append(["", *_texts(part.parts)])
    return ["".join(chosen) for chosen in product(*options)]


def test_no_template_can_say_five_words_of_the_built_in_suite() -> None:
    runs = _held_out()[2]
    templates = [ask for function in _functions() for ask in function.asks]
    templates += [other for room in domains() for other in room.others]
    templates += [
        parse(entry, groups=False) for name, of in lists().items() if name not in lexicon() for entry in of
    ]
    assert len(templates) > 3000
    for template in templates:
        for text in _texts(template.parts):
            assert not _runs(text) & runs, template.text
    assert _runs("please fire the kiln at 1060") & runs
    assert _runs(f"fire the kiln at {SLOT} ") & runs


def test_no_example_shares_anything_with_the_built_in_suite() -> None:
    """No tool's name, no parameter's description, no run of five words of what is said."""
    names, descriptions, runs = _held_out()
    assert min(len(names), len(descriptions), len(runs)) > 20
    for function in _functions():
        assert not {_plain(name) for name in function.names} & names, function.key
        for param in function.params.values():
            assert not {_plain(about) for about in param.about} & descriptions, (function.key, param.slot)
    for one in _some():
        for tool in one.tools:
            assert _plain(str(tool["name"])) not in names
            made = {_plain(schema["description"]) for schema in tool["parameters"]["properties"].values()}
            assert not made & descriptions
        for turn in one.turns:
            assert not _runs(turn.text) & runs, turn


def test_tools_that_could_serve_a_request_are_not_offered_as_wrong() -> None:
    """The table of likenesses names families that exist, and is kept to."""
    by_name: dict[str, set[str]] = {}
    for function in _functions():
        by_name.setdefault(function.family, set()).update(map(_plain, function.names))
    for group in _ALIKE:
        assert set(group) <= set(by_name)
    assert set(_BROAD) <= {function.key for function in _functions()}
    assert set(_WORDY) <= {room.name for room in domains()}
    family = {function.key: function.family for function in _functions()}
    for one in _some():
        asked = family.get(one.group, "")
        for group in _ALIKE:
            if asked in group:
                others = set().union(*(by_name[name] for name in group if name != asked)) - by_name[asked]
                offered = {_plain(str(tool["name"])) for tool in one.tools}
                assert not offered & others, (asked, offered & others)

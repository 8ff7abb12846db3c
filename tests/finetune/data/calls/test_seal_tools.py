"""Queries with calls become one example a call, from small files in the same form."""

import json
from pathlib import Path
from typing import Any

from finetune.data.calls.example import CallExample
from finetune.data.calls.seal_tools import read
from finetune.data.calls.spelling import words


def tool(name: str, field: str, **types: str) -> dict[str, Any]:
    parameters = {key: {"type": kind, "description": key} for key, kind in types.items()}
    described = {"api_name": name, "api_description": f"Does {name}", "field": field}
    return {**described, "parameters": parameters, "required": list(types)[:1]}


TOOLS = [
    tool("getWeather", "Earth/Weather", city="str", day="str", hours="int"),
    tool("bookRoom", "Travel/Hotels", city="str", price="float", guests="list", quiet="bool"),
    *(tool(f"measure{letter}thing", f"Earth/{letter}", value="float") for letter in "ABCDEF"),
    *(tool(f"paint{letter}wall", f"Art/{letter}", colour="str") for letter in "ABCDEF"),
]
QUERY = "Get the weather in Rome for May 3rd, 2022, then book a quiet room in Oslo below 75.5 for Ann and Bo."
CALLS = [
    {"api": "getWeather", "parameters": {"city": "Rome", "day": "2022-05-03"}},
    {
        "api": "bookRoom",
        "parameters": {"city": "API_call_0", "price": 75.5, "guests": ["Ann", "Bo"], "quiet": True},
    },
]


def examples(folder: Path, queries: int = 1, seed: int = 0) -> list[CallExample]:
    (folder / "seal_tools").mkdir(exist_ok=True)
    dev = [{"id": f"dev-{number}", "query": QUERY, "calling": CALLS} for number in range(queries)]
    for name, records in (("tool", TOOLS), ("dev", dev)):
        (folder / "seal_tools" / f"{name}.jsonl").write_text(
            "".join(json.dumps(one) + "\n" for one in records)
        )
    return list(read(folder, seed))


def test_values_are_typed_and_placed_where_they_are_said(tmp_path: Path) -> None:
    weather, room = [one for one in examples(tmp_path) if one.tool]
    said = {
        name: (value.value, [QUERY[start:end] for _, start, end in value.places])
        for one in (weather, room)
        for name, value in one.arguments.items()
    }
    assert said == {
        "city": ("Rome", ["Rome"]),
        "day": ("2022-05-03", ["May 3rd, 2022"]),
        "price": (75.5, ["75.5"]),
        "guests": (["Ann", "Bo"], ["Ann", "Bo"]),
        "quiet": (True, []),
    }


def test_the_result_of_another_call_is_unsure(tmp_path: Path) -> None:
    weather, room = [one for one in examples(tmp_path) if one.tool]
    assert room.unsure == {"city"}
    assert weather.unsure == frozenset()
    assert "hours" not in weather.arguments


def test_types_are_those_of_json_schema(tmp_path: Path) -> None:
    room = [one for one in examples(tmp_path) if one.tool][1]
    schema = next(tool for tool in room.tools if tool["name"] == room.tool)["parameters"]
    assert [one["type"] for one in schema["properties"].values()] == ["string", "number", "array", "boolean"]
    assert schema["required"] == ["city"]


def test_the_other_call_of_a_query_is_never_on_offer_and_none_means_none(tmp_path: Path) -> None:
    found = examples(tmp_path, 60)
    none = [one for one in found if one.tool is None]
    assert len(found) - len(none) == 120
    assert none
    for one in found:
        right = [tool["name"] for tool in one.tools if {"get", "book"} & set(words(tool["name"]))]
        assert right == ([one.tool] if one.tool else [])
        assert len(one.tools) >= (2 if one.tool else 1)


def test_the_same_seed_gives_the_same(tmp_path: Path) -> None:
    assert examples(tmp_path, 10) == examples(tmp_path, 10)
    assert examples(tmp_path, 10) != examples(tmp_path, 10, seed=1)
    assert {one.group for one in examples(tmp_path, 2)} == {"seal_tools/dev-0", "seal_tools/dev-1"}

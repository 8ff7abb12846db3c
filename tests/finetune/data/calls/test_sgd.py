"""Dialogues become examples whose spans spell their values, from small files in the same form."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from finetune.data.calls.example import CallExample
from finetune.data.calls.sgd import read
from finetune.data.calls.spelling import words
from homespun.errors import UsageError


def slot(name: str, *values: str) -> dict[str, Any]:
    described = {"name": name, "description": f"The {name}"}
    return {**described, "is_categorical": bool(values), "possible_values": list(values)}


def service(
    name: str, slots: list[dict[str, Any]], **intents: tuple[list[str], dict[str, str]]
) -> dict[str, Any]:
    return {
        "service_name": name,
        "description": name,
        "slots": slots,
        "intents": [
            {"name": intent, "description": intent, "required_slots": required, "optional_slots": optional}
            for intent, (required, optional) in intents.items()
        ],
    }


SCHEMA = [
    service(
        "Restaurants_1",
        [
            slot("city"),
            slot("restaurant_name"),
            slot("date"),
            slot("party_size", "1", "2", "3"),
            slot("price_range", "moderate", "expensive"),
            slot("has_live_music", "True", "False"),
        ],
        FindRestaurants=(["city"], {"price_range": "dontcare", "has_live_music": "dontcare"}),
        ReserveRestaurant=(["restaurant_name", "city"], {"date": "2019-03-01", "party_size": "2"}),
    ),
    service("Restaurants_2", [slot("city")], FindRestaurants=(["city"], {})),
    service("Weather_1", [slot("city")], GetWeather=(["city"], {})),
    service("Banks_1", [slot("amount")], TransferMoney=(["amount"], {})),
]


def user(text: str, intent: str) -> dict[str, Any]:
    return {"speaker": "user", "text": text, "intent": intent}


def system(text: str, method: str | None = None, **parameters: str) -> dict[str, Any]:
    call = (
        {"call": {"service": "Restaurants_1", "method": method, "parameters": parameters}} if method else {}
    )
    return {"speaker": "system", "text": text, **call}


def dialogue(name: str, *turns: dict[str, Any]) -> dict[str, Any]:
    return {"id": name, "services": ["Restaurants_1"], "turns": list(turns)}


DINNER = dialogue(
    "1",
    user("I am hungry, with music please", "FindRestaurants"),
    system("In which city?"),
    user("In San Jose, something pricey", "FindRestaurants"),
    system(
        "San Jose Grill?", "FindRestaurants", city="San Jose", price_range="expensive", has_live_music="True"
    ),
    user("Yes, reserve a table there for 3 people", "ReserveRestaurant"),
    system("Which day?"),
    user("Tomorrow.", "ReserveRestaurant"),
    system(
        "Done",
        "ReserveRestaurant",
        city="San Jose",
        restaurant_name="San Jose Grill",
        date="2019-03-02",
        party_size="3",
    ),
    user("No, thanks, that is all", "NONE"),
    system("Bye"),
)


def examples(folder: Path, *dialogues: dict[str, Any], seed: int = 0) -> list[CallExample]:
    text = "".join(json.dumps(one) + "\n" for one in dialogues)
    (folder / "sgd.jsonl.gz").write_bytes(gzip.compress(text.encode()))
    (folder / "sgd-schema.json").write_text(json.dumps(SCHEMA))
    return list(read(folder, seed))


def plain(example: CallExample) -> dict[str, tuple[Any, list[str]]]:
    """Parameter in snake case → its value and what was said at its places."""
    return {
        "_".join(words(name)): (value.value, [example.turns[t].text[s:e] for t, s, e in value.places])
        for name, value in example.arguments.items()
    }


def unsure(example: CallExample) -> set[str]:
    return {"_".join(words(name)) for name in example.unsure}


def called(found: list[CallExample]) -> list[CallExample]:
    return [one for one in found if one.tool is not None]


def test_a_call_gives_values_where_they_are_said(tmp_path: Path) -> None:
    first, second, third, fourth = called(examples(tmp_path, DINNER))
    assert plain(second) == {
        "city": ("San Jose", ["San Jose"]),
        "price_range": ("expensive", []),
        "has_live_music": (True, []),
    }
    assert plain(fourth) == {
        "city": ("San Jose", ["San Jose"]),
        "restaurant_name": ("San Jose Grill", ["San Jose Grill"]),
        "date": ("2019-03-02", ["Tomorrow"]),
        "party_size": (3, ["3"]),
    }
    assert fourth.arguments[next(n for n in fourth.arguments if n.endswith("city"))].places[0][0] == 2
    assert [len(one.turns) for one in (first, second, third, fourth)] == [1, 3, 5, 7]


def test_what_is_said_only_later_is_absent_before(tmp_path: Path) -> None:
    first, _, third, _ = called(examples(tmp_path, DINNER))
    assert plain(first) == {"has_live_music": (True, [])}
    assert unsure(first) == set()
    assert set(plain(third)) == {"city", "restaurant_name", "party_size"}
    assert unsure(third) == set()


def test_a_value_that_nobody_says_is_unsure_not_absent(tmp_path: Path) -> None:
    (example,) = called(
        examples(
            tmp_path,
            dialogue(
                "1",
                user("Something to eat by the bay", "FindRestaurants"),
                system("Here", "FindRestaurants", city="Oakland"),
            ),
        )
    )
    assert plain(example) == {}
    assert unsure(example) == {"city"}


def test_a_value_that_replaces_another_is_unsure_before(tmp_path: Path) -> None:
    found = called(
        examples(
            tmp_path,
            dialogue(
                "1",
                user("Find food in Milpitas", "FindRestaurants"),
                system("Please confirm: in Milpitas?"),
                user("Oakland", "FindRestaurants"),
                system("Here", "FindRestaurants", city="Oakland"),
            ),
        )
    )
    assert [unsure(one) for one in found] == [{"city"}, set()]


def test_numbers_and_booleans_are_typed(tmp_path: Path) -> None:
    example = called(examples(tmp_path, DINNER))[-1]
    tool = next(tool for tool in example.tools if tool["name"] == example.tool)
    types = {"_".join(words(name)): s["type"] for name, s in tool["parameters"]["properties"].items()}
    assert types == {"restaurant_name": "string", "city": "string", "date": "string", "party_size": "integer"}
    assert [set(words(name)) for name in tool["parameters"]["required"]] == [{"restaurant", "name"}, {"city"}]


def test_where_nothing_is_wanted_or_fits_none_is_right(tmp_path: Path) -> None:
    many = [{**DINNER, "id": str(number)} for number in range(20)]
    none = [one for one in examples(tmp_path, *many) if one.tool is None]
    thanks = [one for one in none if one.turns[-1].text.startswith("No, thanks")]
    others = [one for one in none if one not in thanks]
    assert len(thanks) == 20
    assert others
    for one in others:
        assert not any("restaurant" in tool["name"].lower() for tool in one.tools)
        assert one.tools


def test_other_services_of_the_kind_are_never_on_offer(tmp_path: Path) -> None:
    for example in examples(tmp_path, *({**DINNER, "id": str(number)} for number in range(20))):
        names = [tool["name"] for tool in example.tools]
        assert len(names) == len(set(names))
        found = [tool for tool in example.tools if sorted(words(tool["name"])) == ["find", "restaurants"]]
        assert all(len(tool["parameters"]["properties"]) == 3 for tool in found)


def test_names_are_spelt_in_several_ways_but_one_in_a_dialogue(tmp_path: Path) -> None:
    found = called(examples(tmp_path, *({**DINNER, "id": str(number)} for number in range(30))))
    spelt: dict[str, set[str | None]] = {}
    for one in found:
        if "find" in words(str(one.tool)):
            spelt.setdefault(one.group, set()).add(one.tool)
    assert all(len(names) == 1 for names in spelt.values())
    assert len({name for names in spelt.values() for name in names}) > 3


def test_the_same_seed_gives_the_same_and_another_gives_others(tmp_path: Path) -> None:
    many = [{**DINNER, "id": str(number)} for number in range(5)]
    assert examples(tmp_path, *many) == examples(tmp_path, *many)
    assert examples(tmp_path, *many) != examples(tmp_path, *many, seed=1)


def test_a_dialogue_is_a_group(tmp_path: Path) -> None:
    found = examples(tmp_path, DINNER, {**DINNER, "id": "2"})
    assert {one.group for one in found} == {"sgd/1", "sgd/2"}
    assert {one.source for one in found} == {"sgd"}


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"sgd\.jsonl\.gz is missing"):
        list(read(tmp_path))

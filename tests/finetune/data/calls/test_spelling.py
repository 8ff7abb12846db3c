"""Names keep their words in every spelling."""

import random

import pytest

from finetune.data.calls.spelling import PARAMETERS, TOOLS, Spelling, dotted, drawn, respelt, snake, words


@pytest.mark.parametrize("style", [*TOOLS, *PARAMETERS])
def test_every_spelling_keeps_the_words(style) -> None:  # type: ignore[no-untyped-def]
    assert sorted(words(style("GetTimesForMovie"))) == ["for", "get", "movie", "times"]
    assert sorted(words(style("number_of_beds"))) == ["beds", "number", "of"]


def test_dotted_puts_the_verb_last() -> None:
    assert dotted("FindRestaurants") == "restaurants.find"
    assert dotted("timer") == "timer"


def test_a_tool_is_respelt_throughout() -> None:
    parameters = {
        "type": "object",
        "properties": {"partySize": {"type": "integer"}},
        "required": ["partySize"],
    }
    tool, names = respelt(
        {"name": "BookTable", "description": "d", "parameters": parameters}, Spelling(dotted, snake)
    )
    assert tool["name"] == "table.book"
    assert tool["parameters"]["properties"] == {"party_size": {"type": "integer"}}
    assert tool["parameters"]["required"] == ["party_size"]
    assert names == {"partySize": "party_size"}


def test_parameters_that_would_become_one_keep_their_names() -> None:
    parameters = {"type": "object", "properties": {"user_id": {}, "userId": {}}}
    _, names = respelt({"name": "a", "description": "", "parameters": parameters}, Spelling(snake, snake))
    assert names == {"user_id": "user_id", "userId": "userId"}


def test_a_drawn_spelling_depends_on_the_seed_alone() -> None:
    assert drawn(random.Random("a")) == drawn(random.Random("a"))
    assert len({drawn(random.Random(n)).tool for n in range(40)}) > 3

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.metrics.tool_calls import (
    KINDS,
    Argument,
    Call,
    kind_of,
    match_call,
    match_calls,
    match_category,
    safe_name,
)

PLAY: dict[str, Any] = {
    "name": "music.play",
    "parameters": {
        "type": "dict",
        "properties": {
            "artist": {"type": "string"},
            "minutes": {"type": "integer"},
            "volume": {"type": "float"},
            "loop": {"type": "boolean"},
        },
        "required": ["artist"],
    },
}
STOP: dict[str, Any] = {"name": "stop", "parameters": {"type": "dict", "properties": {}, "required": []}}
TRUTH = {"music.play": {"artist": ["ABBA"], "minutes": [20], "volume": [0.5, ""]}}


def play(**arguments: Any) -> Call:
    return Call("music_play", arguments)


@pytest.mark.parametrize(
    ("call", "error", "argument"),
    [
        (play(artist="ABBA", minutes=20), None, None),
        (play(artist="abba", minutes=20, volume=0.5), None, None),
        (Call("music.play", {"artist": "ABBA", "minutes": 20}), None, None),
        (Call("play", {"artist": "ABBA", "minutes": 20}), "wrong_name", None),
        (Call("Music_play", {"artist": "ABBA", "minutes": 20}), "wrong_name", None),
        (play(minutes=20), "missing_argument", "artist"),
        (play(artist="ABBA"), "missing_argument", "minutes"),
        (play(artist="ABBA", minutes=20, loop=True), "unexpected_argument", "loop"),
        (play(artist="ABBA", minutes=20, colour="red"), "unexpected_argument", "colour"),
        (play(artist="ABBA", minutes="20"), "wrong_type", "minutes"),
        (play(artist="ABBA", minutes=True), "wrong_type", "minutes"),
        (play(artist="ABBA", minutes=21), "wrong_value", "minutes"),
        (play(artist="ABBA", minutes=20, volume=1), "wrong_value", "volume"),
        (play(minutes=21, colour="red"), "missing_argument", "artist"),
    ],
)
def test_one_call(call: Call, error: str | None, argument: str | None) -> None:
    verdict = match_call(call, TRUTH, [PLAY, STOP])
    assert (verdict.right, verdict.error, verdict.argument) == (error is None, error, argument)
    assert bool(verdict.message) == (error is not None)
    whole = match_calls([call], [TRUTH], [PLAY, STOP])
    assert (whole.right, whole.error, whole.argument) == (error is None, error, argument)


def test_arguments_are_counted_by_type() -> None:
    verdict = match_call(play(artist="ABBA", minutes=21, volume=0.5, loop=True), TRUTH, [PLAY])
    assert verdict.arguments == (
        Argument("artist", "string", True),
        Argument("minutes", "integer", False),
        Argument("volume", "float", True),
    )


def test_an_argument_that_may_be_left_out_is_counted_only_if_given() -> None:
    assert [a.name for a in match_call(play(artist="ABBA", minutes=20), TRUTH, [PLAY]).arguments] == [
        "artist",
        "minutes",
    ]


def test_without_a_call_every_demanded_argument_is_wrong() -> None:
    verdict = match_calls([], [TRUTH], [PLAY])
    assert verdict.error == "wrong_count"
    assert not verdict.names
    assert verdict.arguments == (Argument("artist", "string", False), Argument("minutes", "integer", False))


def test_the_right_tool_with_wrong_arguments_has_the_right_name() -> None:
    assert match_calls([play()], [TRUTH], [PLAY]).names
    assert not match_calls([Call("stop", {})], [TRUTH], [PLAY, STOP]).names
    assert not match_calls([play(), play()], [TRUTH], [PLAY, STOP]).names


def test_a_call_too_many_is_wrong_and_so_is_one_too_few() -> None:
    right = play(artist="ABBA", minutes=20)
    assert match_calls([right, right], [TRUTH], [PLAY]).error == "wrong_count"
    assert match_calls([right], [TRUTH, TRUTH], [PLAY]).error == "wrong_count"
    assert match_calls([right, right], [TRUTH, TRUTH], [PLAY]).right


def minutes(*accepted: int) -> dict[str, Any]:
    return {"music.play": {"artist": ["x"], "minutes": list(accepted)}}


@given(st.permutations(list(range(4))), st.permutations(list(range(4))))
def test_parallel_calls_have_no_order(ours: list[int], theirs: list[int]) -> None:
    calls = [play(artist="x", minutes=number) for number in ours]
    truth = [minutes(number) for number in theirs]
    assert match_calls(calls, truth, [PLAY]).right
    assert match_calls([*calls[:-1], play(artist="x", minutes=9)], truth, [PLAY]).error == "no_match"


def test_each_call_is_used_once() -> None:
    calls = [play(artist="x", minutes=1), play(artist="x", minutes=1)]
    verdict = match_calls(calls, [minutes(1), minutes(2)], [PLAY])
    assert verdict.error == "no_match"
    assert [a.right for a in verdict.arguments] == [True, True, True, False]


def test_an_assignment_is_found_that_taking_the_first_would_miss() -> None:
    calls = [play(artist="x", minutes=1), play(artist="x", minutes=2)]
    assert match_calls(calls, [minutes(1, 2), minutes(1)], [PLAY]).right


def test_several_tools_in_one_answer() -> None:
    truth = [TRUTH, {"stop": {}}]
    assert match_calls([Call("stop", {}), play(artist="ABBA", minutes=20)], truth, [PLAY, STOP]).right
    wrong = match_calls([Call("stop", {}), play(artist="ABBA", minutes=2)], truth, [PLAY, STOP])
    assert (wrong.error, wrong.names) == ("no_match", True)
    assert "music.play" in wrong.message


@pytest.mark.parametrize("category", ["irrelevance", "live_irrelevance"])
def test_irrelevance_wants_no_call(category: str) -> None:
    assert match_category(category, [], None, [STOP]).right
    assert match_category(category, [Call("stop", {})], None, [STOP]).error == "unwanted_call"


def test_relevance_wants_a_call_of_any_kind() -> None:
    assert match_category("live_relevance", [Call("whatever", {})], None, [STOP]).right
    assert match_category("live_relevance", [], None, [STOP]).error == "no_call"


def test_truth_about_a_tool_that_is_not_on_offer_is_refused() -> None:
    with pytest.raises(ValueError, match=r"music\.play"):
        match_calls([], [TRUTH], [STOP])


def test_names_are_made_of_what_providers_allow() -> None:
    assert safe_name("a.b-c_d/é 1") == "a_b-c_d___1"


def test_every_type_has_a_kind() -> None:
    named = [
        "integer",
        "float",
        "number",
        "string",
        "any",
        "boolean",
        "array",
        "tuple",
        "dict",
        "object",
        "odd",
    ]
    assert {kind_of({"type": name}) for name in named} == set(KINDS)
    assert kind_of({"type": ["string", "null"]}) == "string"


@given(st.lists(st.sampled_from([play(artist="ABBA", minutes=20), play(), Call("stop", {})]), max_size=4))
def test_only_the_right_calls_are_right(calls: list[Call]) -> None:
    verdict = match_calls(calls, [TRUTH, {"stop": {}}], [PLAY, STOP])
    wanted = sorted(call.name for call in calls) == ["music_play", "stop"] and play() not in calls
    assert verdict.right == wanted
    assert len([a for a in verdict.arguments if a.name in ("artist", "minutes")]) == 2

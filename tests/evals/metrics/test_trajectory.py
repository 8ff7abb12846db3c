from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.metrics.tool_calls import Call
from evals.metrics.trajectory import MODES, compare_trajectories, on_keys, trajectory_match


def call(name: str, **arguments: Any) -> Call:
    return Call(name, arguments)


A, B, C = call("a", x=1), call("b"), call("c")


@pytest.mark.parametrize(
    ("made", "reference", "holds"),
    [
        ([[A], [B]], [[A], [B]], {"strict", "unordered", "subset", "superset"}),
        ([[B], [A]], [[A], [B]], {"unordered", "subset", "superset"}),
        ([[A, B]], [[A], [B]], {"unordered", "subset", "superset"}),
        ([[A], [B], [C]], [[A], [B]], {"superset"}),
        ([[A]], [[A], [B]], {"subset"}),
        ([[A], [A]], [[A]], {"superset"}),
        ([[A]], [[A], [A]], {"subset"}),
        ([[A], [C]], [[A], [B]], set()),
        ([], [], {"strict", "unordered", "subset", "superset"}),
        ([[], [A]], [[A]], {"unordered", "subset", "superset"}),
        ([], [[A]], {"subset"}),
        ([[call("a", x=2)]], [[A]], set()),
    ],
)
def test_modes(made: Any, reference: Any, holds: set[str]) -> None:
    assert {mode for mode in MODES if trajectory_match(made, reference, mode)} == holds


@pytest.mark.parametrize(
    ("made", "reference", "matchers"),
    [
        ({"x": 1}, {"x": 1}, {"exact", "ignore", "subset", "superset"}),
        ({"x": 1, "y": 2}, {"x": 1}, {"ignore", "superset"}),
        ({"x": 1}, {"x": 1, "y": 2}, {"ignore", "subset"}),
        ({"x": 2}, {"x": 1}, {"ignore"}),
        ({}, {"x": 1}, {"ignore", "subset"}),
    ],
)
def test_matchers_of_arguments(made: Any, reference: Any, matchers: set[str]) -> None:
    names: Any = ("exact", "ignore", "subset", "superset")
    steps, wanted = [[Call("a", made)]], [[Call("a", reference)]]
    assert {name for name in names if trajectory_match(steps, wanted, "strict", name)} == matchers


def test_a_tool_may_have_a_matcher_of_its_own() -> None:
    made, wanted = [[call("a", x=1, at="now"), B]], [[call("a", x=1, at="then"), B]]
    assert not trajectory_match(made, wanted)
    assert trajectory_match(made, wanted, overrides={"a": on_keys("x")})
    assert not trajectory_match(made, wanted, overrides={"a": on_keys("x", "at")})
    assert not trajectory_match(made, wanted, overrides={"b": "ignore"})
    assert trajectory_match(made, wanted, arguments=lambda ours, theirs: ours.keys() == theirs.keys())


def test_a_missing_key_is_not_none() -> None:
    assert not trajectory_match([[call("a", x=None)]], [[call("a")]], overrides={"a": on_keys("x")})


def test_what_is_missing_and_extra_is_named() -> None:
    found = compare_trajectories([[A], [C]], [[A], [B]])
    assert (found.missing, found.extra, found.in_order) == ((B,), (C,), False)


def test_the_best_assignment_counts() -> None:
    made = [[call("a", x=1, y=2)], [call("a", x=1)]]
    reference = [[call("a", x=1)], [call("a", x=1, y=2)]]
    assert trajectory_match(made, reference, "unordered", "superset")


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ValueError, match="there is no matcher 'near'"):
        trajectory_match([], [], "strict", "near")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="there is no mode 'loose'"):
        trajectory_match([], [], "loose")  # type: ignore[arg-type]


calls = st.builds(Call, st.sampled_from("ab"), st.dictionaries(st.just("x"), st.integers(0, 1)))
trajectories = st.lists(st.lists(calls, max_size=2), max_size=3)


@given(trajectories, trajectories)
def test_how_the_modes_hang_together(made: list[list[Call]], reference: list[list[Call]]) -> None:
    holds = {mode: trajectory_match(made, reference, mode) for mode in MODES}
    assert holds["unordered"] == (holds["subset"] and holds["superset"])
    assert holds["unordered"] or not holds["strict"]
    assert holds["subset"] == trajectory_match(reference, made, "superset")
    assert trajectory_match(made, made, "strict")

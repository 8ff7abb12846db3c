"""Trajectories: whether an agent called the tools that a reference called.

Contract: the terms are those of LangChain's agentevals. A trajectory is a sequence of steps, one for each
message of the model, and a step the calls in it. `strict` wants the same calls in the same steps and order;
`unordered` the same calls, however ordered and divided; `superset` at least the reference's; `subset` at most
those. Every call is used once. Whether two calls with one name are the same is the matcher's affair: `exact`,
`ignore` (the name is enough), `superset` (the reference's arguments are all there), `subset` (no others are).

Two differences: in `strict` agentevals compares the roles of all messages, here a trajectory is its calls;
and where a call may match several, the best assignment counts (a maximum matching), not the first found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from evals.metrics.matching import matching
from evals.metrics.tool_calls import Call

Arguments = Mapping[str, Any]
Matcher = Callable[[Arguments, Arguments], bool]
"""``matcher(arguments made, arguments of the reference)``."""
Matching = Literal["exact", "ignore", "subset", "superset"] | Matcher
Mode = Literal["strict", "unordered", "subset", "superset"]
Steps = Sequence[Sequence[Call]]

MODES: tuple[Mode, ...] = ("strict", "unordered", "subset", "superset")


@dataclass(frozen=True)
class Comparison:
    """How a trajectory compares with a reference.

    Attributes:
        missing: calls of the reference that were not made.
        extra: calls that were made and are not in the reference.
        in_order: whether steps and calls are one by one the same.
    """

    missing: tuple[Call, ...]
    extra: tuple[Call, ...]
    in_order: bool

    def holds(self, mode: Mode) -> bool:
        """Returns whether the trajectory matches in this way.

        Raises:
            ValueError: There is no such mode.
        """
        if mode == "strict":
            return self.in_order
        if mode == "unordered":
            return not self.missing and not self.extra
        if mode == "superset":
            return not self.missing
        if mode == "subset":
            return not self.extra
        raise ValueError(f"there is no mode {mode!r}; there are: {', '.join(MODES)}")


def trajectory_match(
    made: Steps,
    reference: Steps,
    mode: Mode = "strict",
    arguments: Matching = "exact",
    overrides: Mapping[str, Matching] | None = None,
) -> bool:
    """Returns whether a trajectory matches a reference; see `compare_trajectories` for the arguments."""
    return compare_trajectories(made, reference, arguments, overrides).holds(mode)


def compare_trajectories(
    made: Steps,
    reference: Steps,
    arguments: Matching = "exact",
    overrides: Mapping[str, Matching] | None = None,
) -> Comparison:
    """Compares a trajectory with a reference.

    Args:
        made: the agent's steps.
        reference: the steps that are right.
        arguments: how arguments are compared.
        overrides: by a tool's name, how its arguments are compared instead.

    Raises:
        ValueError: A matcher's name is unknown.
    """
    chosen = {name: _matcher(how) for name, how in (overrides or {}).items()}
    usual = _matcher(arguments)

    def same(call: Call, wanted: Call) -> bool:
        if call.name != wanted.name:
            return False
        return chosen.get(wanted.name, usual)(call.arguments, wanted.arguments)

    calls = [call for step in made for call in step]
    wanted = [call for step in reference for call in step]
    pairs = matching([[same(call, one) for call in calls] for one in wanted])
    used = set(pairs.values())
    return Comparison(
        missing=tuple(one for place, one in enumerate(wanted) if place not in pairs),
        extra=tuple(call for place, call in enumerate(calls) if place not in used),
        in_order=[len(step) for step in made] == [len(step) for step in reference]
        and all(same(call, one) for call, one in zip(calls, wanted, strict=True)),
    )


def on_keys(*keys: str) -> Matcher:
    """Returns a matcher that looks at these arguments only; one that is missing on both sides is the same."""

    def same(made: Arguments, reference: Arguments) -> bool:
        return all(
            (key in made) == (key in reference) and made.get(key) == reference.get(key) for key in keys
        )

    return same


def _contains(outer: Arguments, inner: Arguments) -> bool:
    return all(key in outer and outer[key] == value for key, value in inner.items())


_MATCHERS: Mapping[str, Matcher] = {
    "exact": lambda made, reference: dict(made) == dict(reference),
    "ignore": lambda *_: True,
    "subset": lambda made, reference: _contains(reference, made),
    "superset": lambda made, reference: _contains(made, reference),
}


def _matcher(how: Matching) -> Matcher:
    if callable(how):
        return how
    if how not in _MATCHERS:
        raise ValueError(f"there is no matcher {how!r}; there are: {', '.join(_MATCHERS)}, or a function")
    return _MATCHERS[how]

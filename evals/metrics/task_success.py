"""Task success: whether what a task should bring about is there in the end, and nothing that it must not.

Contract: a task's end is a final answer (text) and a final state (plain nested values, such as a calendar or
the effects that tools had). Facts are looked for in the answer, effects in the state. Whoever writes a task
says what is required and what is forbidden; anything else that happens is allowed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True)
class Task:
    """What the end of a task should be.

    Attributes:
        facts: for each fact its wordings; one of them must be in the answer. A wording is found as whole
            words and numbers, whatever its case, blanks and Unicode form.
        no_facts: wordings that must not be in the answer.
        effects: paths into the state with the values that must stand there, as in
            ``{"events.0.title": "Dentist"}``; a part of a path is a key or a place in a list, and ``*`` any
            of them.
        no_effects: paths with values that must not stand there; None as the value: nothing may stand there.
    """

    facts: Sequence[Sequence[str]] = ()
    no_facts: Sequence[str] = ()
    effects: Mapping[str, Any] | None = None
    no_effects: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Outcome:
    """How a task ended.

    Attributes:
        missing: required facts (their first wording) and effects (their path) that are not there.
        forbidden: forbidden ones that are.
        required: how many were required.
    """

    missing: tuple[str, ...]
    forbidden: tuple[str, ...]
    required: int

    @property
    def success(self) -> bool:
        """Whether all that is required is there, and nothing forbidden."""
        return not self.missing and not self.forbidden

    @property
    def progress(self) -> float:
        """The share of what is required that is there, in [0, 1]; 1 where nothing is."""
        return 1.0 - len(self.missing) / self.required if self.required else 1.0


def task_success(task: Task, answer: str, state: Any = None) -> Outcome:
    """Checks the end of a task.

    Args:
        task: what should be.
        answer: what was said in the end.
        state: what there is in the end: dictionaries, lists and plain values.

    Raises:
        ValueError: A fact has no wording, or a wording is blank.
    """
    text = _plain(answer)
    missing = [
        wordings[0] for wordings in map(_checked, task.facts) if not any(_said(w, text) for w in wordings)
    ]
    missing += [path for path, value in (task.effects or {}).items() if value not in _at(state, path)]
    forbidden = [wording for wording in _checked(task.no_facts, may_be_empty=True) if _said(wording, text)]
    for path, value in (task.no_effects or {}).items():
        found = _at(state, path)
        if found and (value is None or value in found):
            forbidden.append(path)
    return Outcome(tuple(missing), tuple(forbidden), len(task.facts) + len(task.effects or {}))


def _checked(wordings: Sequence[str], *, may_be_empty: bool = False) -> Sequence[str]:
    if isinstance(wordings, str):
        raise ValueError(f"a fact is a list of wordings, not the text {wordings!r}")
    if not (wordings or may_be_empty) or not all(_plain(wording) for wording in wordings):
        raise ValueError("a fact needs at least one wording, and none may be blank")
    return wordings


def _plain(text: str) -> str:
    return _BLANKS.sub(" ", unicodedata.normalize("NFKC", text)).strip().casefold()


def _said(wording: str, text: str) -> bool:
    """Whether the wording stands in the text, not as a part of a longer word or number."""
    wanted = _plain(wording)
    before = r"(?<!\w)(?<!\d[.,])" if wanted[0].isdigit() else r"(?<!\w)" if wanted[0].isalnum() else ""
    after = r"(?!\w)(?![.,]\d)" if wanted[-1].isdigit() else r"(?!\w)" if wanted[-1].isalnum() else ""
    return re.search(before + re.escape(wanted) + after, text) is not None


def _at(state: Any, path: str) -> list[Any]:
    """All values that a path leads to."""
    found = [state]
    for part in path.split("."):
        found = [inner for outer in found for inner in _step(outer, part)]
    return found


def _step(outer: Any, part: str) -> list[Any]:
    if isinstance(outer, Mapping):
        return list(outer.values()) if part == "*" else [outer[part]] if part in outer else []
    if isinstance(outer, list | tuple):
        if part == "*":
            return list(outer)
        return [outer[int(part)]] if part.isdigit() and int(part) < len(outer) else []
    return []

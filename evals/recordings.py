"""Recordings: turns of real conversations, kept as samples.

Contract: a recording is one question with all that was said before it, the answer that was given, and what
its owner says of it. The file is JSON Lines, appended to, one recording a line; a turn that is there already
isn't added twice. The suite `recorded` asks the questions again.

What it does not know: whether the recorded answer was right, unless its owner said so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from evals.data import is_hub, located
from evals.sample import digest
from homespun.errors import UsageError
from homespun.files import no_space_is_clear

ROLES = ("user", "assistant", "system")


class Recording(BaseModel):
    """One turn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    messages: list[dict[str, str]] = Field(min_length=1)
    """``{"role": "user" | "assistant" | "system", "content": …}``, the question last."""
    answer: str
    """What was answered then."""
    accept: list[str] = Field(default_factory=list)
    """Regular expressions; a right answer matches one of them (case doesn't matter)."""
    reject: list[str] = Field(default_factory=list)
    """Regular expressions that a right answer doesn't match."""
    note: str = ""
    thread: str = ""
    model: str = ""

    @field_validator("messages")
    @classmethod
    def _question_last(cls, messages: list[dict[str, str]]) -> list[dict[str, str]]:
        for message in messages:
            if message.keys() != {"role", "content"} or message["role"] not in (
                "user",
                "assistant",
                "system",
            ):
                raise ValueError('a message is {"role": "user", "assistant" or "system", "content": …}')
        if messages[-1]["role"] != "user":
            raise ValueError("the last message must be the user's question")
        return messages

    @field_validator("accept", "reject")
    @classmethod
    def _compiles(cls, patterns: list[str]) -> list[str]:
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is not a regular expression: {error}") from error
        return patterns

    @property
    def id(self) -> str:
        """Twelve hexadecimal digits of the question with its history."""
        return digest(self.messages)[:12]


def turn(messages: Sequence[Mapping[str, Any]], at: int | None = None, **said: Any) -> Recording:
    """Makes a recording of one turn of a thread.

    Args:
        messages: the thread, as ``{"role", "content"}``, with "model" where an answer's is known; tools' are
            left out.
        at: which question, counted from 1; None for the last that was answered.
        said: `accept`, `reject`, `note`, `thread`.

    Raises:
        UsageError: if there is no such answered question, or a pattern isn't one.
    """
    messages = [message for message in messages if message["role"] in ROLES]
    asked = [i for i, message in enumerate(messages) if message["role"] == "user"]
    answered = [i for i in asked if i + 1 < len(messages) and messages[i + 1]["role"] == "assistant"]
    if not answered:
        raise UsageError("Nothing in this thread has been answered yet, so there is nothing to record.")
    if at is not None and not 1 <= at <= len(asked):
        raise UsageError(f"The thread has {len(asked)} questions; there is no number {at}.")
    place = answered[-1] if at is None else asked[at - 1]
    if place not in answered:
        raise UsageError(f"Question {at} has no answer, so there is nothing to record.")
    known = [{"role": m["role"], "content": m["content"]} for m in messages[: place + 1]]
    answer = messages[place + 1]
    try:
        return Recording(messages=known, answer=answer["content"], model=answer.get("model", ""), **said)
    except ValueError as error:
        raise UsageError(f"This can't be recorded: {_first(error)}.") from error


def add(path: Path, recording: Recording) -> bool:
    """Appends a recording to the file, which is made if it's missing.

    Returns:
        False if the same question with the same history is there already; the file is then unchanged.

    Raises:
        UsageError: if the file holds something else.
        OutOfSpace: if the disk is full.
    """
    if any(held.id == recording.id for held in read(path)):
        return False
    line = json.dumps(recording.model_dump(), ensure_ascii=False) + "\n"
    with no_space_is_clear(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as stream:
            stream.write(line)
    return True


def read(address: str | Path) -> list[Recording]:
    """Returns the recordings of a file, gzipped or not, or of a public set; none if there is no file.

    Raises:
        UsageError: if a line isn't a recording; the message says which.
        HomespunError: if the hub can't be reached.
    """
    if not is_hub(str(address)) and not Path(address).exists():
        return []
    found = []
    for where, row in located(address, what="recordings", fields=(), empty=True):
        try:
            found.append(Recording.model_validate(row))
        except ValueError as error:
            raise UsageError(
                f"{where}, is not a recording: {_first(error)}. docs/data.md tells what one looks like."
            ) from error
    return found


def _first(error: ValueError) -> str:
    """What is wrong, with the field's name; all the fields that are missing or unknown are named."""
    if not isinstance(error, ValidationError):
        return str(error).rstrip(".")
    found = error.errors()
    parts = []
    for kind, said in (("missing", "it has no"), ("extra_forbidden", "a recording has no field")):
        if names := [_place(one["loc"]) for one in found if one["type"] == kind]:
            parts.append(f"{said} {' and no '.join(map(repr, names))}")
    if not parts:
        text = str(found[0]["msg"]).removeprefix("Value error, ").rstrip(".")
        parts.append(f"{_place(found[0]['loc'])}: {text[:1].lower()}{text[1:]}")
    return "; ".join(parts)


def _place(where: tuple[int | str, ...]) -> str:
    return ".".join(map(str, where))

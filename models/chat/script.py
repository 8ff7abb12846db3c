"""The script of a scripted chat model: what one turn may say, and reading turns from values or a file."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from langchain_core.messages import AIMessage
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from homespun.errors import UsageError


class ScriptedCall(BaseModel):
    """A tool call; without an `id` it gets a fresh one each time."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    name: str
    args: dict[str, Any] = Field(default_factory=dict, alias="arguments")
    id: str | None = None


class ScriptedError(BaseModel):
    """An error to raise, before anything is said or `after` so many chunks of a stream."""

    model_config = ConfigDict(extra="forbid")

    message: str = "scripted error"
    type: Literal["error", "timeout", "connection", "value"] = "error"
    after: int = Field(default=0, ge=0)

    def make(self) -> Exception:
        """The exception itself."""
        kinds = {"timeout": TimeoutError, "connection": ConnectionError, "value": ValueError}
        return kinds.get(self.type, RuntimeError)(self.message)


class Turn(BaseModel):
    """One answer.

    Attributes:
        text: What is said.
        tool_calls: Calls that are made after it.
        match: A regular expression (searched, ignoring case) that the newest human message must satisfy.
        repeat: Whether the turn may be used again and again.
        delay: Seconds before the first chunk.
        token_delay: Seconds before every later chunk.
        error: An error in place of, or in the middle of, the answer; a string is its message.
        usage: `[input, output]` tokens; counted in words where it is left out.
        finish_reason: By default `"stop"`, or `"tool_calls"`.
    """

    model_config = ConfigDict(extra="forbid")

    text: str = ""
    tool_calls: list[ScriptedCall] = Field(default_factory=list)
    match: str | None = None
    repeat: bool = False
    delay: float = Field(default=0, ge=0)
    token_delay: float = Field(default=0, ge=0)
    error: ScriptedError | None = None
    usage: tuple[int, int] | None = None
    finish_reason: str | None = None

    @field_validator("error", mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        return {"message": value} if isinstance(value, str) else value

    @field_validator("match")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                re.compile(value)
            except re.error as error:
                raise ValueError(f"match is no regular expression: {error}") from error
        return value

    def fits(self, text: str) -> bool:
        """Whether this turn may answer a human message."""
        return self.match is None or re.search(self.match, text, re.IGNORECASE) is not None

    def pieces(self) -> list[str]:
        """The text as it is streamed: a word with the white space before it at a time."""
        return re.findall(r"\s*\S+|\s+$", self.text)


def to_turns(script: Any) -> list[Turn]:
    """Read turns: strings, AI messages, dictionaries or turns.

    Raises:
        UsageError: The script is empty or a turn is not understood; the message says which and why.
    """
    if not isinstance(script, Sequence) or isinstance(script, str) or not script:
        raise UsageError("a script is a list of at least one turn")
    return [_turn(entry, number) for number, entry in enumerate(script, 1)]


def read_script(path: Path) -> dict[str, Any]:
    """Read a JSON or YAML file: a list of turns, or `{"turns": […], "on_end": …}`, as fields of the model.

    Raises:
        UsageError: It is not there, or not JSON or YAML of that form.
    """
    import yaml  # type: ignore[import-untyped]

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the script {path} cannot be read: {error}") from error
    try:
        data = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except (ValueError, yaml.YAMLError) as error:
        raise UsageError(
            f"the script {path} is no valid JSON or YAML: {' '.join(str(error).split())}"
        ) from error
    if isinstance(data, dict):
        if not {"turns"} <= data.keys() <= {"turns", "on_end"}:
            raise UsageError(f"the script {path} may have the keys turns and on_end only")
        return {("script" if key == "turns" else key): value for key, value in data.items()}
    return {"script": data}


def _turn(entry: Any, number: int) -> Turn:
    if isinstance(entry, Turn):
        return entry
    if isinstance(entry, str):
        return Turn(text=entry)
    if isinstance(entry, AIMessage):
        calls = [ScriptedCall(name=c["name"], arguments=c["args"], id=c["id"]) for c in entry.tool_calls]
        return Turn(text=entry.text, tool_calls=calls)
    try:
        return Turn.model_validate(entry)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the turn"
        raise UsageError(f"turn {number} of the script: {where}: {first['msg']}") from error

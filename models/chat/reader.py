"""From an answer's tokens to text and tool calls, as they arrive.

A call begins with a special token of its own (our models) or with a textual marker (foreign models); its
JSON is `{"name":…,"arguments":{…}}`. Text goes out as soon as it is certain, a call's name as soon as it is
complete, its arguments character by character. What was cut off is reported as such, never as a shorter but
whole call.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from models.inference.text import TextStream

_HEAD = re.compile(r'\s*\{\s*"name"\s*:\s*("(?:[^"\\]|\\.)*")\s*,\s*"arguments"\s*:\s*(?=\{)')


@dataclass
class Call:
    """One tool call: `text` is its arguments' JSON so far, `whole` whether that is complete."""

    index: int
    id: str = field(default_factory=lambda: f"call_{uuid.uuid4().hex}")
    name: str | None = None
    text: str = ""
    whole: bool = False


@dataclass(frozen=True)
class Piece:
    """A part of the answer: text, or a part of a call (`name` and `id` once, with its first part)."""

    text: str = ""
    call: int | None = None
    id: str | None = None
    name: str | None = None


class Reader:
    """Reads one answer.

    Attributes:
        calls: The calls so far.
        stopped: Whether a stop string has ended the answer.
    """

    def __init__(self, stop: Sequence[str], call_token: int | None, marker: str | None = None) -> None:
        """Begin.

        Args:
            stop: Strings that end the text (they do not count inside calls).
            call_token: The special token that begins a call.
            marker: The text that begins a call, for models without such a token.
        """
        self.calls: list[Call] = []
        self.stopped = False
        self._token, self._marker = call_token, marker
        self._text = TextStream([*stop, *([marker] if marker else [])])
        self._raw = b""
        self._scanner: _Scanner | None = None

    def push(self, token: int, data: bytes) -> Iterator[Piece]:
        """Take one more token and its bytes."""
        if token == self._token:
            yield from self._leave()
            self._enter()
        elif self._scanner is not None:
            yield from self._feed(data)
        else:
            if self._marker:
                self._raw += data
            if text := self._text.push(data):
                yield Piece(text)
            if self._text.stopped is not None and self._text.stopped == self._marker:
                self._enter()
                yield from self._feed(self._raw.partition(self._marker.encode())[2])
            elif self._text.stopped is not None:
                self.stopped = True

    def finish(self) -> Iterator[Piece]:
        """End: give what was held back; make a call that was cut off unreadable (see `invalidate`)."""
        yield from self._leave()

    def invalidate(self, call: Call) -> Piece:
        """A part that makes a call's arguments unreadable as JSON.

        Readers of LangChain's streams complete partial JSON on their own. A bracket that fits nothing makes
        them report the call as invalid, which it is.
        """
        return Piece(_misfit(call.text), call=call.index)

    def _leave(self) -> Iterator[Piece]:
        if self._scanner is None:
            if text := self._text.finish():
                yield Piece(text)
        elif not self.calls[-1].whole:
            yield from self._scanner.cut()

    def _enter(self) -> None:
        self.calls.append(Call(len(self.calls)))
        self._scanner = _Scanner(self.calls[-1])

    def _feed(self, data: bytes) -> Iterator[Piece]:
        assert self._scanner is not None
        yield from self._scanner.push(data)
        while self._marker and self.calls[-1].whole:
            _, found, rest = self._scanner.rest.partition(self._marker)
            if not found:
                return
            self._enter()
            yield from self._scanner.push(rest.encode())


class _Scanner:
    """Follows the JSON of one call: its head with the name, then the arguments to their last brace."""

    def __init__(self, call: Call) -> None:
        self.rest = ""
        self._call = call
        self._text = TextStream()
        self._head = ""
        self._depth = 0
        self._quoted = self._escaped = False

    def push(self, data: bytes) -> Iterator[Piece]:
        text = self._text.push(data)
        if self._call.whole:
            self.rest += text
            return
        first = self._call.name is None
        if first:
            self._head += text
            match = _HEAD.match(self._head)
            if match is None:
                return
            self._call.name = json.loads(match[1])
            text = self._head[match.end() :]
        taken = self._scan(text)
        self._call.text += text[:taken]
        self.rest += text[taken:]
        if first:
            yield Piece(text[:taken], self._call.index, self._call.id, self._call.name)
        elif taken:
            yield Piece(text[:taken], self._call.index)

    def cut(self) -> Iterator[Piece]:
        if self._call.name is None:
            self._call.text = self._head
            yield Piece(self._head + _misfit(self._head), self._call.index, self._call.id)
        else:
            yield Piece(_misfit(self._call.text), self._call.index)

    def _scan(self, text: str) -> int:
        """Follow brackets and strings; return how many characters belong to the arguments."""
        for place, character in enumerate(text):
            if self._escaped:
                self._escaped = False
            elif self._quoted:
                self._escaped = character == "\\"
                self._quoted = character != '"'
            elif character == '"':
                self._quoted = True
            elif character in "{[":
                self._depth += 1
            elif character in "}]":
                self._depth -= 1
                if self._depth == 0:
                    self._call.whole = True
                    return place + 1
        return len(text)


def _misfit(text: str) -> str:
    """Characters after which `text` cannot be the beginning of any JSON."""
    open_, quoted, escaped = [], False, False
    for character in text:
        if escaped:
            escaped = False
        elif quoted:
            escaped, quoted = character == "\\", character != '"'
        elif character == '"':
            quoted = True
        elif character in "{[":
            open_.append(character)
        elif character in "}]" and open_:
            open_.pop()
    closing = "}" if open_ and open_[-1] == "[" else "]"
    return ("\\" if escaped else "") + ('"' if quoted else "") + closing

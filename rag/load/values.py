"""The leaves of JSON, with where they stand.

Contract: no recursion, so no depth of nesting overflows the stack.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from json import JSONDecodeError
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import NamedTuple

from rag.load.bounds import few
from rag.parsed import Unreadable

DEPTH = 200
_BLANK = re.compile(r"[ \t\n\r]*")
_PLAIN = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null|NaN|-?Infinity")
_CLOSES = {"{": "}", "[": "]"}
_KEY = 100


class Leaf(NamedTuple):
    """A value that holds no other.

    Attributes:
        path: keys and numbers on the way to it, joined by points; "" for a value by itself.
        record: of the outermost list's elements, which one it's in; 0 where the outermost isn't a list.
        start: of its characters in the text, within the quotation marks of a string.
        end: after them.
        string: its text; None for what isn't a string.
    """

    path: str
    record: int
    start: int
    end: int
    string: str | None


class _Open:
    """A list or an object that isn't closed yet."""

    __slots__ = ("closes", "number", "path")

    def __init__(self, closes: str, path: str) -> None:
        self.closes, self.path, self.number = closes, path, 0


def leaves(text: str, at: int = 0) -> Generator[Leaf, None, int]:
    """Gives the leaves of the value that begins at `at` or after blanks; returns where it ends.

    Raises:
        JSONDecodeError: it isn't JSON.
        Unreadable: it's nested deeper than `DEPTH`.
    """
    stack: list[_Open] = []
    path = ""
    while True:
        at = _skip(text, at)
        char = text[at : at + 1]
        record = stack[0].number if stack and stack[0].closes == "]" else 0
        if char == '"':
            string, at_end = scanstring(text, at + 1, False)
            yield Leaf(path, record, at + 1, at_end - 1, string)
            at = at_end
        elif char in _CLOSES:
            if len(stack) == DEPTH:
                raise Unreadable(f"is nested more than {DEPTH} deep")
            inner = _skip(text, at + 1)
            if not text.startswith(_CLOSES[char], inner):
                stack.append(_Open(_CLOSES[char], path))
                path, at = _next(text, inner, stack[-1])
                continue
            at = inner + 1
        elif plain := _PLAIN.match(text, at):
            yield Leaf(path, record, at, plain.end(), None)
            at = plain.end()
        else:
            raise JSONDecodeError("a value is missing", text, at)
        # Behind a value: what it's in goes on or closes.
        while stack:
            at = _skip(text, at)
            if text.startswith(",", at):
                stack[-1].number += 1
                path, at = _next(text, _skip(text, at + 1), stack[-1])
                break
            if not text.startswith(stack[-1].closes, at):
                raise JSONDecodeError("a comma or bracket is missing", text, at)
            stack.pop()
            at += 1
        else:
            return at


class Reading:
    """The leaves of a value, and where it ends once all are given.

    Args:
        text: that it's in.
        at: where it begins, or blanks before it.
    """

    def __init__(self, text: str, at: int) -> None:
        self._text = text
        self.end = at

    def __iter__(self) -> Iterator[Leaf]:
        """Gives them, and raises what `leaves` does."""
        self.end = yield from leaves(self._text, self.end)


def record(text: str, shift: int, at: int = 0) -> tuple[list[Leaf], int]:
    """Returns the leaves of the value at `at`, and where it ends; places are `shift` further on.

    Raises:
        JSONDecodeError: there is none.
        Unreadable: it's nested too deeply, or holds too many.
    """
    reading = Reading(text, at)
    found = [
        leaf._replace(start=leaf.start + shift, end=leaf.end + shift) if shift else leaf
        for leaf in few(reading)
    ]
    return found, reading.end + shift


def _next(text: str, at: int, inside: _Open) -> tuple[str, int]:
    """Returns the path of an element and where its value begins."""
    key = str(inside.number)
    if inside.closes == "}":
        if not text.startswith('"', at):
            raise JSONDecodeError("a key is missing", text, at)
        key, at = scanstring(text, at + 1, False)
        at = _skip(text, at)
        if not text.startswith(":", at):
            raise JSONDecodeError("a colon is missing", text, at)
        at += 1
        key = " ".join(key[:_KEY].split())
    return (f"{inside.path}.{key}" if inside.path else key), at


def _skip(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at

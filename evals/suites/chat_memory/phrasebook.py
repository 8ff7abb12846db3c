"""The texts that dialogues are made of: ways to tell and to ask, values, small talk.

Contract: the three text files beside this module are the suite's alone: no phrase, name or value in them is
used in training, and a test holds that. In a line ``{v}`` is a slot and ``{a:v}`` the slot with "a" or "an".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_SLOT = re.compile(r"\{(a:)?(\w+)\}")


@dataclass(frozen=True)
class Kind:
    """One kind of fact.

    Attributes:
        name: for example "town".
        tell_plain: ways in which the user tells it, in plain words.
        tell: roundabout ways.
        ask_plain: ways in which it's asked back, in plain words.
        ask: roundabout ways.
        other: ways to tell the like of somebody else.
        fix: ways to correct it.
    """

    name: str
    tell_plain: tuple[str, ...]
    tell: tuple[str, ...]
    ask_plain: tuple[str, ...]
    ask: tuple[str, ...]
    other: tuple[str, ...]
    fix: tuple[str, ...]


@cache
def kinds() -> Mapping[str, Kind]:
    """Returns the kinds of facts by name, in the file's order."""
    return {name: Kind(name, **parts) for name, parts in read_sections(__package__, "facts").items()}


@cache
def values() -> Mapping[str, tuple[str, ...]]:
    """Returns the lists of values by name."""
    return {
        name: tuple(part.strip() for part in " ".join(lines).split(",") if part.strip())
        for name, lines in _sections(__package__, "values").items()
    }


@cache
def small_talk() -> tuple[str, ...]:
    """Returns what is said between a fact and its question."""
    return tuple(_lines(__package__, "talk"))


def fill(line: str, slots: Mapping[str, str]) -> str:
    """Returns a line with its slots filled and its first letter raised."""

    def value(match: re.Match[str]) -> str:
        text = slots[match[2]]
        return f"{article(text)} {text}" if match[1] else text

    text = _SLOT.sub(value, line)
    return text[0].upper() + text[1:]


def article(noun: str) -> str:
    """Returns "a" or "an"; what sounds other than it is written ("ukulele") isn't used here."""
    return "an" if noun[0].lower() in "aeiou" else "a"


def read_sections(package: str, name: str) -> dict[str, dict[str, tuple[str, ...]]]:
    """Returns the lines of a text file by section ("== town") and part ("-- ask").

    Args:
        package: where the file is.
        name: the file's, without its ending.
    """
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for section, lines in _sections(package, name).items():
        parts: dict[str, list[str]] = {}
        for line in lines:
            if line.startswith("-- "):
                parts[line[3:]] = []
            else:
                parts[next(reversed(parts))].append(line)
        found[section] = {part: tuple(held) for part, held in parts.items()}
    return found


def _lines(package: str, name: str) -> list[str]:
    text = (files(package) / f"{name}.txt").read_text(encoding="utf-8")
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def _sections(package: str, name: str) -> dict[str, list[str]]:
    sections: dict[str, list[str]] = {}
    for line in _lines(package, name):
        if line.startswith("== "):
            sections[line[3:]] = []
        else:
            sections[next(reversed(sections))].append(line)
    return sections

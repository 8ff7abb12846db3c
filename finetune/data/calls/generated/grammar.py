"""Templates of what users say.

A template is plain text with three marks: ``[a|b|]`` picks one alternative, ``{slot}`` says a value, and
``<…>`` is a part that is left out when one of its slots is not to be mentioned (without slots: now and then).
They nest. Templates are parsed once.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass
from random import Random

from homespun.errors import UsageError

Piece = tuple[str, str | None]
"""Text, and the parameter whose value it spells (None: it spells none)."""


@dataclass(frozen=True)
class Slot:
    """A place for a value."""

    name: str


@dataclass(frozen=True)
class Pick:
    """One of several."""

    options: tuple[tuple[Part, ...], ...]


@dataclass(frozen=True)
class Group:
    """What can be left out.

    Attributes:
        parts: Its content.
        slots: The slots in it, at any depth.
    """

    parts: tuple[Part, ...]
    slots: frozenset[str]


Part = str | Slot | Pick | Group


@dataclass(frozen=True)
class Template:
    """A parsed template.

    Attributes:
        text: As it was written.
        parts: Its parts.
        slots: All its slots.
        loose: The slots that only stand in groups, which can be left out.
    """

    text: str
    parts: tuple[Part, ...]
    slots: frozenset[str]
    loose: frozenset[str]


def parse(text: str, *, groups: bool = True) -> Template:
    """Parse a template.

    Args:
        text: The template.
        groups: Whether ``<…>`` is a mark; without, both are characters like others.

    Raises:
        UsageError: Its marks don't match.
    """
    parts, end = _sequence(text, 0, "", "[]{}<>" if groups else "[]{}")
    if end != len(text):
        raise UsageError(f"unbalanced template: {text!r}")
    return Template(text, parts, _slots(parts), _slots(parts) - _slots(parts, groups=False))


def render(
    parts: tuple[Part, ...], rng: Random, say: Callable[[str], list[Piece]], left_out: Set[str] = frozenset()
) -> list[Piece]:
    """One text of a template, in pieces.

    Args:
        parts: Of a template.
        rng: The only source of chance.
        say: The pieces that spell a slot's value; called once for every slot that is said.
        left_out: Slots whose groups are left out.
    """
    out: list[Piece] = []
    _render(parts, rng, say, left_out, out)
    return out


def _render(
    parts: tuple[Part, ...],
    rng: Random,
    say: Callable[[str], list[Piece]],
    left_out: Set[str],
    out: list[Piece],
) -> None:
    for part in parts:
        if isinstance(part, str):
            out.append((part, None))
        elif isinstance(part, Slot):
            out.extend(say(part.name))
        elif isinstance(part, Pick):
            _render(part.options[int(rng.random() * len(part.options))], rng, say, left_out, out)
        elif part.slots.isdisjoint(left_out) if part.slots else rng.random() < 0.5:
            _render(part.parts, rng, say, left_out, out)


def _sequence(text: str, at: int, until: str, marks: str) -> tuple[tuple[Part, ...], int]:
    parts: list[Part] = []
    while at < len(text) and text[at] not in until:
        char = text[at]
        if char == "[":
            options, at = [], at + 1
            while True:
                option, at = _sequence(text, at, "|]", marks)
                options.append(option)
                if at >= len(text):
                    raise UsageError(f"unclosed [ in template: {text!r}")
                at += 1
                if text[at - 1] == "]":
                    break
            parts.append(Pick(tuple(options)))
        elif char == "<" and char in marks:
            inner, at = _sequence(text, at + 1, ">", marks)
            if at >= len(text):
                raise UsageError(f"unclosed < in template: {text!r}")
            parts.append(Group(inner, _slots(inner)))
            at += 1
        elif char == "{":
            end = text.find("}", at)
            if end < 0:
                raise UsageError(f"unclosed {{ in template: {text!r}")
            parts.append(Slot(text[at + 1 : end]))
            at = end + 1
        elif char == "|" or (char in "]>}" and char in marks):
            raise UsageError(f"{char} without its beginning in template: {text!r}")
        else:
            end = at
            while end < len(text) and text[end] not in marks and not ("|" in until and text[end] == "|"):
                end += 1
            end = max(end, at + 1)
            parts.append(text[at:end])
            at = end
    return tuple(parts), at


def _slots(parts: tuple[Part, ...], *, groups: bool = True) -> frozenset[str]:
    found: set[str] = set()
    for part in parts:
        if isinstance(part, Slot):
            found.add(part.name)
        elif isinstance(part, Pick):
            for option in part.options:
                found |= _slots(option, groups=groups)
        elif isinstance(part, Group) and groups:
            found |= part.slots
    return frozenset(found)

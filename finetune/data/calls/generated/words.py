"""Words and phrases that fill slots: lists in ``lists/``, those of generated conversations, invented names.

An entry may itself be a template over lists (``The {adjective} {noun}``), so few lines make many titles.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from random import Random

from finetune.data.calls.generated.grammar import Piece, Template, parse, render
from finetune.data.conversations.words import invented, lexicon
from homespun.errors import UsageError

_RANDOM = {"9": "0123456789", "A": "ABCDEFGHJKLMNPQRSTUVWXYZ", "a": "abcdefghijklmnopqrstuvwxyz"}
_RANDOM["x"] = "0123456789abcdef"


@cache
def lists() -> dict[str, tuple[str, ...]]:
    """Every list by name. ``== name`` begins one with commas between entries, ``==; name`` semicolons."""
    found = dict(lexicon())
    for path in sorted((files(__package__) / "lists").iterdir(), key=lambda one: one.name):
        if not path.name.endswith(".txt"):
            continue
        sections: list[tuple[str, str, list[str]]] = []
        for line in path.read_text(encoding="utf-8").splitlines():
            head = re.match(r"==(;?) (\w+)$", line)
            if head:
                sections.append((head[2], head[1] or ",", []))
            elif line.strip() and not line.startswith("# "):
                sections[-1][2].append(line.strip())
        for name, mark, lines in sections:
            entries = mark.join(line.rstrip(mark) for line in lines).split(mark)
            found[name] = tuple(dict.fromkeys(entry.strip() for entry in entries if entry.strip()))
    return found


@cache
def _entry(text: str) -> Template | None:
    return parse(text, groups=False) if "{" in text or "[" in text else None


def phrase(rng: Random, names: tuple[str, ...]) -> str:
    """One entry of one of the lists.

    Raises:
        UsageError: There's no such list.
    """
    name = names[int(rng.random() * len(names))] if len(names) > 1 else names[0]
    if name in _MADE:
        return _MADE[name](rng)
    known(name)
    entries = lists()[name]
    text = entries[int(rng.random() * len(entries))]
    template = _entry(text)
    if template is None:
        return text
    made = expand(template, rng)
    return _titled(made) if name.endswith("_title") or name in _TITLED else made


_TITLED = ("company", "hotel", "playlist", "musician", "restaurant")
_SMALL = ("a", "an", "and", "by", "for", "in", "of", "on", "the", "to", "under", "with", "from")


def _titled(text: str) -> str:
    words = text.split(" ")
    return " ".join(
        word if at and word in _SMALL else word[:1].upper() + word[1:] for at, word in enumerate(words)
    )


def known(name: str) -> None:
    """Nothing where there's such a list.

    Raises:
        UsageError: There's none.
    """
    if name not in _MADE and name not in lists():
        raise UsageError(f"there is no word list {name!r}")


def expand(template: Template, rng: Random) -> str:
    """A text of a template whose slots are lists; ``{code:AA-99}`` is a random code."""

    def say(slot: str) -> list[Piece]:
        if slot.startswith("code:"):
            return [(code(rng, slot[5:]), None)]
        return [(phrase(rng, tuple(slot.split(","))), None)]

    return "".join(text for text, _ in render(template.parts, rng, say))


def code(rng: Random, form: str) -> str:
    """A random code: 9 is a digit, A and a are letters, x is hexadecimal; a backslash keeps what's next."""
    out, kept = [], False
    for char in form:
        if char == "\\" and not kept:
            kept = True
            continue
        out.append(char if kept or char not in _RANDOM else rng.choice(_RANDOM[char]))
        kept = False
    return "".join(out)


def _person(rng: Random) -> str:
    first = phrase(rng, ("name",)) if rng.random() < 0.85 else invented(rng, 2).capitalize()
    return f"{first} {_surname(rng)}"


def _surname(rng: Random) -> str:
    if rng.random() < 0.8:
        return phrase(rng, ("surname_known",))
    return (invented(rng, 1) + phrase(rng, ("surname_end",))).capitalize()


def _first(rng: Random) -> str:
    return phrase(rng, ("name",)) if rng.random() < 0.85 else invented(rng, 2).capitalize()


def _town(rng: Random) -> str:
    chance = rng.random()
    if chance < 0.5:
        return phrase(rng, ("city",))
    if chance < 0.85:
        return phrase(rng, ("city_more",))
    return (invented(rng, 1) + phrase(rng, ("town_end",))).capitalize()


_MADE: dict[str, Callable[[Random], str]] = {
    "person": _person,
    "surname": _surname,
    "first": _first,
    "town": _town,
    "invented": lambda rng: invented(rng, rng.choice((1, 2, 2))),
}
"""Lists without an end."""

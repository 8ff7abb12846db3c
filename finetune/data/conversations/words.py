"""Words that fill the slots of patterns: lists from two files of ``patterns/``, and invented words."""

from __future__ import annotations

import string
from functools import lru_cache
from importlib.resources import files
from random import Random

_TOWN_ENDINGS = ("", "", "ton", "ville", "burg", "mouth", "ham", "field", "stad", "wick", "ford")


def read_pattern_file(name: str) -> list[str]:
    """Lines of a file in ``patterns/`` without comments and blank lines; " / " stands for a line break."""
    text = (files(__package__) / "patterns" / f"{name}.txt").read_text(encoding="utf-8")
    return [
        line.strip().replace(" / ", "\n")
        for line in text.splitlines()
        if line.strip() and not line.startswith("#")
    ]


def read_sections(name: str) -> dict[str, list[str]]:
    """Lines of a pattern file by the ``== key`` above them."""
    sections: dict[str, list[str]] = {}
    for line in read_pattern_file(name):
        if line.startswith("== "):
            sections[line[3:]] = []
        else:
            sections[next(reversed(sections))].append(line)
    return sections


@lru_cache(maxsize=1)
def lexicon() -> dict[str, tuple[str, ...]]:
    """Every word list by the name of its slot."""
    read = {**read_sections("memory_words"), **read_sections("words")}
    sections = {key: " ".join(lines).split(",") for key, lines in read.items()}
    words = {key: tuple(part.strip() for part in parts if part.strip()) for key, parts in sections.items()}
    words["num"] = tuple(str(number) for number in range(2, 21))
    return words


@lru_cache(maxsize=1)
def _all_lines() -> dict[str, tuple[str, ...]]:
    return {key: tuple(lines) for key, lines in read_sections("lines").items()}


def lines(key: str) -> tuple[str, ...]:
    """The patterns of one section of ``patterns/lines.txt``."""
    return _all_lines()[key]


def pick(rng: Random, key: str) -> str:
    """One word of a list."""
    return rng.choice(lexicon()[key])


def invented(rng: Random, syllables: int | None = None) -> str:
    """A pronounceable word, lower case, probably in no dictionary; for copying what was never seen."""
    count = syllables or rng.choice((1, 2, 2, 2, 3, 3))
    text = "".join(pick(rng, part) for _ in range(count) for part in ("onset", "vowel", "coda")).replace(
        "-", ""
    )
    return text if len(text) > 2 else text + rng.choice("nrlk")


def digits(layout: str, rng: Random) -> str:
    """A layout with a digit for every "#", a capital for every "@"."""
    chars = {"#": string.digits, "@": string.ascii_uppercase}
    return "".join(rng.choice(chars[char]) if char in chars else char for char in layout)


def person_name(rng: Random) -> str:
    """A first name: usually a real one, often an invented one, sometimes with a second name."""
    name = pick(rng, "name") if rng.random() < 0.6 else invented(rng, rng.choice((2, 2, 3))).capitalize()
    if rng.random() < 0.06:
        name += " " + (pick(rng, "name") if rng.random() < 0.3 else invented(rng, 2).capitalize())
    return name


def town_name(rng: Random) -> str:
    """A town: usually a real one, otherwise an invented one."""
    if rng.random() < 0.7:
        return pick(rng, "city")
    return (invented(rng, rng.choice((1, 2))) + rng.choice(_TOWN_ENDINGS)).capitalize()

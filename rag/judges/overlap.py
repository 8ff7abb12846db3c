"""What the words of a claim and of a premise have in common, as five figures in [0, 1].

Contract: pure; a figure of 1 is what a claim copied from the premise gets. Every figure is a share of the
claim's own words, so a longer premise can only raise it.
"""

from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import NamedTuple

from homespun.text.words import FUNCTION_WORDS, names, words

_RAW = re.compile(r"\w+")
_STEM = 5
"""Longer content words that agree in so many letters are the same one: "govern", "government"."""
_REACH = 3
"""Two content words are neighbours when at most this many steps apart in the premise."""


class Overlap(NamedTuple):
    """How much of a claim is in a premise.

    Attributes:
        copied: 1 - log(pieces) / log(words + 1), where pieces is the least number of runs copied from the
            premise that make the claim (a word that isn't there is a piece of its own; after the fragments
            of Grusky et al., 2018).
        content: share of the claim's content words that the premise has.
        neighbours: share of its pairs of successive content words that the premise has, in this order and
            at most three content words apart.
        numbers: 0 if the claim has a number that the premise hasn't, else 1.
        names: share of the words with a capital, the first word aside, that the premise has.
    """

    copied: float
    content: float
    neighbours: float
    numbers: float
    names: float


class Premise:
    """A premise, made ready to be compared with many claims."""

    def __init__(self, text: str) -> None:
        self._raw = _raw(text)
        self._places: dict[str, list[int]] = {}
        for place, word in enumerate(self._raw):
            self._places.setdefault(word, []).append(place)
        every = words(text)
        self._words = frozenset(every)
        self._stems = frozenset(word[:_STEM] for word in every)
        content = [word for word in every if word not in FUNCTION_WORDS]
        self._pairs = frozenset(
            (word, later)
            for place, word in enumerate(content)
            for later in content[place + 1 : place + 1 + _REACH]
        )

    def overlap(self, claim: str) -> Overlap:
        """Returns the five figures; a claim without a word has them all 1."""
        every, raw = words(claim), _raw(claim)
        if not every or not raw:
            return Overlap(1.0, 1.0, 1.0, 1.0, 1.0)
        content = [word for word in every if word not in FUNCTION_WORDS] or every
        known = sum(self._has(word) for word in content) / len(content)
        pairs = list(pairwise(content))
        named = names(claim)
        return Overlap(
            copied=1 - math.log(self._pieces(raw)) / math.log(len(raw) + 1),
            content=known,
            neighbours=sum(pair in self._pairs for pair in pairs) / len(pairs)
            if pairs
            else float(content[0] in self._words),
            numbers=float(
                all(word in self._words for word in every if any(letter.isdigit() for letter in word))
            ),
            names=sum(word in self._words for word in named) / len(named) if named else 1.0,
        )

    def _has(self, word: str) -> bool:
        return word in self._words or (len(word) >= _STEM and word[:_STEM] in self._stems)

    def _pieces(self, claim: list[str]) -> int:
        place = pieces = 0
        while place < len(claim):
            place += max(1, self._run(claim, place))
            pieces += 1
        return pieces

    def _run(self, claim: list[str], place: int) -> int:
        """How many words from `place` on are in the premise in a row."""
        longest = 0
        for start in self._places.get(claim[place], ()):
            # Only a start whose run would be longer is worth walking along.
            if claim[place : place + longest + 1] != self._raw[start : start + longest + 1]:
                continue
            length = longest + 1
            while (
                place + length < len(claim)
                and start + length < len(self._raw)
                and claim[place + length] == self._raw[start + length]
            ):
                length += 1
            longest = length
            if place + longest == len(claim):
                break
        return longest


def _raw(text: str) -> list[str]:
    return [found[0].lower() for found in _RAW.finditer(text)]

"""Trivial readers: one that abstains, and three that compare words.

Contract: their probabilities are the share of the question's content words that the sentence has, so that
abstention and calibration have a baseline too; nothing about them was fitted.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from homespun.text.sentences import Span, split
from homespun.text.words import FUNCTION_WORDS, normal, words
from models.encoders.read import Reading

_WORD = re.compile(r"[^\W_]+(?:[.,'’-][^\W_]+)*")


class Sentence(NamedTuple):
    """Characters start:end of a passage, and the content words in them."""

    passage: int
    start: int
    end: int
    words: frozenset[str]


class Abstains:
    """Says of everything that the passages don't tell."""

    name = "always abstains"
    fingerprint = "abstains-1"

    def read(self, question: str, passages: Sequence[str]) -> Reading:
        """Returns nothing."""
        del question, passages
        return Reading()


class _ByWords(ABC):
    """Chooses a sentence, and a span in it.

    Args:
        threshold: abstain below this share of the question's words.
    """

    name: str
    fingerprint: str

    def __init__(self, threshold: float = 0.0) -> None:
        self._threshold = threshold

    @abstractmethod
    def choose(self, asked: frozenset[str], sentences: Sequence[Sentence]) -> Sentence:
        """Returns one of the sentences, of which there is at least one."""

    def span(self, passage: str, sentence: Sentence, asked: frozenset[str]) -> Span:  # noqa: ARG002
        """Returns the characters of the passage to give: by default the sentence."""
        return Span(sentence.start, sentence.end)

    def read(self, question: str, passages: Sequence[str]) -> Reading:
        """Returns a span of the sentence chosen."""
        asked = frozenset(words(question)) - FUNCTION_WORDS
        sentences = [
            Sentence(number, *found) for number, text in enumerate(passages) for found in _sentences(text)
        ]
        if not sentences:
            return Reading()
        chosen = self.choose(asked, sentences)
        start, end = self.span(passages[chosen.passage], chosen, asked)
        share = len(asked & chosen.words) / len(asked) if asked else 0.0
        best = passages[chosen.passage][start:end]
        text = best if share >= self._threshold else ""
        return Reading(text, chosen.passage, start, end, share, share, best)


class FirstSentence(_ByWords):
    """Copies the first sentence of the first passage."""

    name = "first sentence of the first passage"
    fingerprint = "first-sentence-1"

    def choose(self, asked: frozenset[str], sentences: Sequence[Sentence]) -> Sentence:
        """The first one."""
        del asked
        return sentences[0]


class BestSentence(_ByWords):
    """Copies the sentence that has most of the question's content words, the first of those that tie."""

    name = "sentence with most of the question's words"
    fingerprint = "best-sentence-1"

    def choose(self, asked: frozenset[str], sentences: Sequence[Sentence]) -> Sentence:
        """The one that shares most."""
        return max(sentences, key=lambda sentence: len(asked & sentence.words))


class NewWords(BestSentence):
    """Copies the longest run of words of that sentence that aren't the question's: an answer is news."""

    name = "longest run of other words in that sentence"
    fingerprint = "new-words-1"

    def span(self, passage: str, sentence: Sentence, asked: frozenset[str]) -> Span:
        """The run of most content words, without function words at its ends; the sentence if none is new."""
        runs = list(_runs(passage[sentence.start : sentence.end], asked))
        if not runs:
            return Span(sentence.start, sentence.end)
        _, start, end = max(runs, key=lambda run: run[0])
        return Span(sentence.start + start, sentence.start + end)


def _runs(text: str, asked: frozenset[str]) -> Iterator[tuple[int, int, int]]:
    """Runs of words with only blanks between them and none of `asked`: content words, start and end."""
    count = start = end = last = 0
    for found in _WORD.finditer(text):
        word = normal(found[0])
        joined = count > 0 and not text[last : found.start()].strip()
        if count and (word in asked or not joined):
            yield count, start, end
            count = 0
        if word not in asked and word not in FUNCTION_WORDS:
            count, start, end = count + 1, start if count else found.start(), found.end()
        last = found.end()
    if count:
        yield count, start, end


@lru_cache(4096)
def _sentences(passage: str) -> tuple[tuple[int, int, frozenset[str]], ...]:
    return tuple(
        (start, end, frozenset(words(passage[start:end])) - FUNCTION_WORDS) for start, end in split(passage)
    )

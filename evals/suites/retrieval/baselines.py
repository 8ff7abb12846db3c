"""Trivial retrieval: in the order of the file, and by shared words.

Contract: nothing heavy, nothing that was fitted, and the same order everywhere: ties go by the passages'
order.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import islice

from evals.systems import Corpus, Ranked
from homespun.text.words import FUNCTION_WORDS, words


class InOrder:
    """Gives the passages as they stand in the corpus, whatever is asked."""

    name = "in the order of the file"
    fingerprint = "in-order-1"

    def index(self, corpus: Corpus) -> None:
        """There is nothing to do."""

    def search(self, corpus: Corpus, queries: Sequence[str], k: int) -> list[list[Ranked]]:
        """Returns the first `k` for every query."""
        return [[Ranked(name) for name in islice(corpus.passages, k)] for _ in queries]


class SharedWords:
    """Ranks by how many of the query's content words a passage has, its title being part of it."""

    name = "shared words"
    fingerprint = "shared-words-1"

    def __init__(self) -> None:
        # The last corpus only: an evaluation has one.
        self._fingerprint = ""
        self._holders: dict[str, list[int]] = {}
        self._names: list[str] = []

    def index(self, corpus: Corpus) -> None:
        """Notes for each word which passages have it."""
        if self._fingerprint == corpus.fingerprint:
            return
        holders: defaultdict[str, list[int]] = defaultdict(list)
        for place, passage in enumerate(corpus.passages.values()):
            for word in set(words(f"{passage.title}\n{passage.text}")) - FUNCTION_WORDS:
                holders[word].append(place)
        self._holders, self._names = dict(holders), list(corpus.passages)
        self._fingerprint = corpus.fingerprint

    def search(self, corpus: Corpus, queries: Sequence[str], k: int) -> list[list[Ranked]]:
        """Returns the best `k` that share a word at all."""
        self.index(corpus)
        return [self._one(query, k) for query in queries]

    def _one(self, query: str, k: int) -> list[Ranked]:
        shared = Counter(
            place for word in set(words(query)) - FUNCTION_WORDS for place in self._holders.get(word, ())
        )
        best = sorted(shared.items(), key=lambda found: (-found[1], found[0]))[:k]
        return [Ranked(self._names[place], float(count)) for place, count in best]

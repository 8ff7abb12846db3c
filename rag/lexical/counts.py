"""How often which stem occurs in which document: all that BM25 needs to know of the texts.

Contract: the arrays are never changed in place, so they may be mapped from files. A document's row holds
each of its stems once, in the order of their numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from rag.lexical.words import Analyzer

if TYPE_CHECKING:
    from numpy import bool_, float64, int32, int64
    from numpy.typing import NDArray

_BATCH = 8192
"""Documents that are counted at once; bounds the memory of it."""


@dataclass(frozen=True)
class Counts:
    """The counts of N documents over V stems, row by row.

    Attributes:
        vocabulary: stem → number, in the order of the numbers 0 … V - 1.
        ends: [N + 1]; the entries of document d are ``ends[d]:ends[d + 1]``.
        terms: the stem's number, of each entry.
        times: how often it occurs, of each entry.
    """

    vocabulary: Mapping[str, int]
    ends: NDArray[int64]
    terms: NDArray[int32]
    times: NDArray[int32]

    def __len__(self) -> int:
        return len(self.ends) - 1

    @property
    def lengths(self) -> NDArray[float64]:
        """The documents' lengths in stems, [N]."""
        sums = np.concatenate([[0], np.cumsum(self.times, dtype=np.int64)])
        return np.diff(sums[self.ends]).astype(np.float64)

    def kept(self, mask: NDArray[bool_]) -> Counts:
        """Returns the counts of the documents where `mask` [N] is true, in the same vocabulary."""
        sizes = np.diff(self.ends)
        entries = np.repeat(mask, sizes)
        return Counts(self.vocabulary, _ends(sizes[mask]), self.terms[entries], self.times[entries])

    def joined(self, other: Counts) -> Counts:
        """Returns these documents and then the other's; stems that none of them holds are dropped."""
        vocabulary = dict(self.vocabulary)
        numbers = np.array(
            [vocabulary.setdefault(stem, len(vocabulary)) for stem in other.vocabulary], dtype=np.int32
        )
        terms = np.concatenate([self.terms, numbers[other.terms]])
        used = np.zeros(len(vocabulary), dtype=bool)
        used[terms] = True
        renumbered = (np.cumsum(used) - 1).astype(np.int32)
        left = [stem for stem, one in zip(vocabulary, used.tolist(), strict=True) if one]
        return Counts(
            {stem: number for number, stem in enumerate(left)},
            np.concatenate([self.ends, self.ends[-1] + other.ends[1:]]),
            renumbered[terms],
            np.concatenate([self.times, other.times]),
        )


def count(texts: Iterable[str], analyzer: Analyzer) -> Counts:
    """Counts the stems of texts."""
    vocabulary: dict[str, int] = {}
    numbers = _Numbers()
    sizes: list[NDArray[int64]] = []
    terms: list[NDArray[int32]] = []
    times: list[NDArray[int32]] = []
    for batch in _batches(texts):
        size, term, often = _counted(batch, analyzer, numbers, vocabulary)
        sizes.append(size)
        terms.append(term)
        times.append(often)
    return Counts(
        vocabulary,
        _ends(np.concatenate(sizes) if sizes else np.zeros(0, dtype=np.int64)),
        np.concatenate(terms) if terms else np.zeros(0, dtype=np.int32),
        np.concatenate(times) if times else np.zeros(0, dtype=np.int32),
    )


class _Numbers(dict[str, int]):
    """word → number; an unseen word gets the next one."""

    def __init__(self) -> None:
        super().__init__()
        self.firsts: list[int] = [0]
        self.terms: list[int] = []

    def __missing__(self, word: str) -> int:
        number = len(self)
        self[word] = number
        return number

    def extend(self, analyzer: Analyzer, vocabulary: dict[str, int]) -> None:
        """Notes the stems of words that came since: word w has ``terms[firsts[w]:firsts[w + 1]]``."""
        for word in islice(self, len(self.firsts) - 1, None):
            self.terms += [vocabulary.setdefault(stem, len(vocabulary)) for stem in analyzer.of(word)]
            self.firsts.append(len(self.terms))


def _counted(
    texts: list[str], analyzer: Analyzer, numbers: _Numbers, vocabulary: dict[str, int]
) -> tuple[NDArray[int64], NDArray[int32], NDArray[int32]]:
    """Returns the entries of each document, [N], and the entries' stems and times."""
    from scipy.sparse import csr_matrix

    found = [np.fromiter(map(numbers.__getitem__, analyzer.words(text)), dtype=np.int64) for text in texts]
    numbers.extend(analyzer, vocabulary)
    words = np.concatenate(found)
    firsts, stems = np.array(numbers.firsts), np.array(numbers.terms, dtype=np.int32)
    widths = np.diff(firsts)[words] if len(words) else np.zeros(0, dtype=np.int64)
    begins = _ends(widths)
    # Each word is replaced by its stems: mostly one, none for a function word.
    places = np.repeat(firsts[words] - begins[:-1], widths) + np.arange(begins[-1])
    rows = begins[_ends(np.array([len(one) for one in found]))]
    terms = stems[places]
    shape = (len(texts), max(1, len(vocabulary)))
    matrix = csr_matrix((np.ones(len(terms), dtype=np.int32), terms, rows), shape=shape)
    matrix.sum_duplicates()
    return (
        np.diff(matrix.indptr).astype(np.int64),
        matrix.indices.astype(np.int32),
        matrix.data.astype(np.int32),
    )


def _ends(sizes: NDArray[int64]) -> NDArray[int64]:
    return np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]).astype(np.int64)


def _batches(texts: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(texts)
    while batch := list(islice(rest, _BATCH)):
        yield batch

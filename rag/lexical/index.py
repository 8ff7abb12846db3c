"""The index of words: BM25 over named texts, kept in a folder.

Contract: an index never changes; `updated` gives another one, having analysed the new texts only. The order
of its documents is the order in which they came. Any number of threads may search one at once. BM25 itself is
bm25s'.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from homespun.errors import UsageError
from homespun.files import atomic_folder
from rag.lexical.counts import Counts, count
from rag.lexical.files import CorruptIndex, check, damaged, write_meta
from rag.lexical.scores import SETTINGS, scored
from rag.lexical.words import Analyzer

if TYPE_CHECKING:
    from bm25s import BM25
    from numpy import bool_, float32
    from numpy.typing import NDArray

_IDS, _ARRAYS = "ids.json", ("ends", "terms", "times")


class LexicalIndex:
    """BM25 over texts by their words; made by `build`, `updated` or `load`.

    Example:
        ```python
        index = LexicalIndex.build(["a", "b"], ["The mill stands.", "A river runs."])
        index.top("rivers", 5)  # [("b", 0.48)]
        ```
    """

    def __init__(self, ids: Sequence[str], counts: Counts, scores: BM25, analyzer: Analyzer) -> None:
        self.ids = tuple(ids)
        self.analyzer = analyzer
        self._counts, self._bm25 = counts, scores

    @classmethod
    def build(
        cls, ids: Iterable[str], texts: Iterable[str], analyzer: Analyzer | None = None
    ) -> LexicalIndex:
        """Makes the index of texts.

        Raises:
            UsageError: An id comes twice, or there are more of one than of the other.
        """
        analyzer = analyzer or Analyzer()
        named, counts = list(ids), count(texts, analyzer)
        if len(named) != len(counts) or len(set(named)) != len(named):
            raise UsageError("an index of words needs one text for each id, and each id once")
        return cls(named, counts, scored(counts), analyzer)

    def updated(self, removed: Collection[str], added: Mapping[str, str]) -> LexicalIndex:
        """Returns the index without some documents and with others behind the rest.

        What is added under a name that's there takes its place away; a name to remove that isn't there is
        passed over. Scores are those that `build` would give.

        Raises:
            CorruptIndex: The mapped files were damaged.
        """
        gone = {one for one in (*removed, *added) if one in self._places}
        if not gone and not added:
            return self
        left = np.array([one not in gone for one in self.ids], dtype=bool)
        new = count(added.values(), self.analyzer)
        try:
            counts = self._counts.kept(left).joined(new)
        except (IndexError, ValueError) as error:  # what was mapped says what can't be
            raise _spoilt() from error
        ids = [*(one for one in self.ids if one not in gone), *added]
        return LexicalIndex(ids, counts, scored(counts), self.analyzer)

    def __len__(self) -> int:
        return len(self.ids)

    def top(
        self, query: str, k: int, allowed: NDArray[bool_] | Container[str] | None = None
    ) -> list[tuple[str, float]]:
        """Returns the ids and scores of the best `k` documents that hold a word of the query, best first.

        Args:
            query: as its user wrote it; a word that comes twice counts twice.
            k: how many at most.
            allowed: which documents may be found: a mask [N] in the order of `ids`, or a container of ids.

        Raises:
            UsageError: A mask of another shape.
            CorruptIndex: The mapped files were damaged.
        """
        scores = self._scores(query)
        if scores is None or k < 1:
            return []
        if allowed is not None:
            scores[~self._mask(allowed)] = 0
        places = np.flatnonzero(scores > 0)
        if len(places) > k:
            least = np.partition(scores[places], -k)[-k]
            better, equal = places[scores[places] > least], places[scores[places] == least]
            places = np.sort(np.concatenate([better, equal[: k - len(better)]]))
        places = places[np.argsort(-scores[places], kind="stable")]
        return [(self.ids[place], float(scores[place])) for place in places.tolist()]

    def score(self, query: str, ids: Iterable[str]) -> dict[str, float]:
        """Returns the scores of documents, 0 where one holds no word of the query; unknown ids are left out.

        Raises:
            CorruptIndex: The mapped files were damaged.
        """
        scores = self._scores(query)
        known = {one: self._places[one] for one in ids if one in self._places}
        return {one: 0.0 if scores is None else float(scores[place]) for one, place in known.items()}

    def save(self, folder: Path | str) -> None:
        """Writes the index; an old one in its place is there until the new one is complete.

        Raises:
            OutOfSpace: There is no room; the old one is untouched.
        """
        with atomic_folder(folder) as new:
            self._bm25.save(new, show_progress=False)
            for name in _ARRAYS:
                np.save(new / f"{name}.npy", getattr(self._counts, name), allow_pickle=False)
            (new / _IDS).write_text(json.dumps(self.ids), encoding="utf-8")
            write_meta(new, {"analyzer": self.analyzer.fingerprint, "documents": len(self), **SETTINGS})

    @classmethod
    def load(cls, folder: Path | str, *, mmap: bool = True, analyzer: Analyzer | None = None) -> LexicalIndex:
        """Returns the index in `folder`.

        Args:
            folder: where it was saved.
            mmap: whether the arrays stay on disk, to be read where a search needs them.
            analyzer: what it must have been built by.

        Raises:
            CorruptIndex: A file is missing or damaged, or the analysis of words is another one by now; also
                where another process puts an index in this folder at the very moment.
        """
        return _opened(Path(folder), mmap, analyzer or Analyzer())

    @staticmethod
    def check(folder: Path | str, *, deep: bool = False) -> None:
        """Compares the files in `folder` with what was written: their sizes, or (`deep`) all they hold.

        Raises:
            CorruptIndex: One is missing or damaged.
        """
        check(Path(folder), deep=deep)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {one: place for place, one in enumerate(self.ids)}

    def _scores(self, query: str) -> NDArray[float32] | None:
        """The scores of all documents, [N]; None where no word of the query is in the index."""
        vocabulary = self._bm25.vocab_dict
        terms = [vocabulary[stem] for stem in self.analyzer.stems(query) if stem in vocabulary]
        if not terms or not self.ids:
            return None
        try:
            scores: NDArray[float32] = self._bm25.get_scores_from_ids(terms)
        except (IndexError, ValueError) as error:
            raise _spoilt() from error
        return scores

    def _mask(self, allowed: NDArray[bool_] | Container[str]) -> NDArray[bool_]:
        if not isinstance(allowed, np.ndarray):
            return np.fromiter((one in allowed for one in self.ids), dtype=bool, count=len(self.ids))
        if allowed.shape != (len(self.ids),) or allowed.dtype != bool:
            raise UsageError(f"a mask of {len(self.ids)} booleans is needed, not of {allowed.shape}")
        return allowed


def _spoilt() -> CorruptIndex:
    return CorruptIndex("the index of words is damaged: build it again from its texts")


def _opened(folder: Path, mmap: bool, analyzer: Analyzer) -> LexicalIndex:
    from bm25s import BM25

    meta = check(folder)
    if meta["analyzer"] != analyzer.fingerprint or any(meta.get(key) != SETTINGS[key] for key in SETTINGS):
        raise damaged(folder, "it was made by another analysis of words")
    try:
        scores = BM25.load(folder, mmap=mmap, show_progress=False)
        ids = json.loads((folder / _IDS).read_bytes())
        for name in ("data", "indices", "indptr"):
            scores.scores[name] = np.asarray(scores.scores[name])
        mode: Literal["r"] | None = "r" if mmap else None
        arrays = [np.asarray(np.load(folder / f"{name}.npy", mmap_mode=mode)) for name in _ARRAYS]
    except (OSError, ValueError, TypeError, KeyError, EOFError) as error:
        raise damaged(folder, "a file can't be read") from error
    counts = Counts(scores.vocab_dict, *arrays)
    _fit(ids, counts, scores, int(meta["documents"]), folder)
    return LexicalIndex(ids, counts, scores, analyzer)


def _fit(ids: Sequence[str], counts: Counts, scores: BM25, documents: int, folder: Path) -> None:
    """Raises CorruptIndex where the files are of different indexes, or no index's."""
    arrays, ends = scores.scores, counts.ends
    same = len({len(ids), len(counts), int(arrays["num_docs"]), documents}) == 1
    same &= len({len(counts.terms), len(counts.times), len(arrays["data"]), len(arrays["indices"])}) == 1
    same &= len(arrays["indptr"]) == max(1, len(counts.vocabulary)) + 1
    if not (same and ends[0] == 0 and ends[-1] == len(counts.terms) and np.all(np.diff(ends) >= 0)):
        raise damaged(folder, "its files don't fit each other")

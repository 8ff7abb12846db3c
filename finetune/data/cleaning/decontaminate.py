"""Keeping training apart from evaluation: which documents share words with evaluation texts.

A document clashes with an evaluation text if both have a run of eight words in common, or if a message (or a
line of one) is as a whole a shorter evaluation text of at least four words. Case, punctuation and apostrophes
don't count. Of runs only hashes of 64 bits are kept: that two different ones have the same is possible, but
for a billion words of training against a million of evaluation it's less likely than one in ten thousand.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from finetune.data.cleaning.comparable import WordHashes, runs, said, words
from finetune.data.documents import Document
from homespun.errors import UsageError

RUN, SHORT = 8, 4
_BATCH = 4096
_JSON = (".json", ".jsonl")
_TEXT = (*_JSON, ".csv", ".md", ".tsv", ".txt")


@dataclass(frozen=True)
class Clash:
    """Why a document is no training data.

    Attributes:
        words: Whose texts it shares words with, suites or paths as they were given → the first words that it
            shares with them, as they are compared.
    """

    words: Mapping[str, str]

    @property
    def names(self) -> frozenset[str]:
        """Whose texts it shares words with."""
        return frozenset(self.words)


class Apart:
    """Evaluation texts that training mustn't see.

    Args:
        texts: Name of a suite or file → its texts.
        run: How many words in a row make a clash.
        short: How many words a shorter text must have to count as a whole.

    Raises:
        ValueError: `run` or `short` is below 1.
    """

    def __init__(self, texts: Mapping[str, Iterable[str]], run: int = RUN, short: int = SHORT) -> None:
        if min(run, short) < 1:
            raise ValueError(f"run is {run} and short {short}; both must be 1 or more")
        self.run, self.short = run, short
        self.counts: dict[str, int] = {}
        """Name → how many different texts it has."""
        self._hashes = WordHashes()
        self._whole: dict[str, frozenset[str]] = {}
        found, owners = [np.zeros(0, np.uint64)], [np.zeros(0, np.int32)]
        for number, (name, own) in enumerate(texts.items()):
            different = dict.fromkeys(own)
            self.counts[name] = len(different)
            mine = [np.zeros(0, np.uint64)]
            for text in different:
                line = words(text)
                mine.append(runs(self._hashes.of(line), run))
                if short <= len(line) < run:
                    whole = " ".join(line)
                    self._whole[whole] = self._whole.get(whole, frozenset()) | {name}
            found.append(np.unique(np.concatenate(mine)))
            owners.append(np.full(len(found[-1]), number, np.int32))
        self._names = list(self.counts)
        every = np.concatenate(found)
        order = np.argsort(every, kind="stable")
        self._runs, self._owners = every[order], np.concatenate(owners)[order]

    def clashes(self, documents: Sequence[Document]) -> list[Clash | None]:
        """For each document its clash, or None where there is none."""
        return [
            clash
            for start in range(0, len(documents), _BATCH)
            for clash in self._clashes(documents[start : start + _BATCH])
        ]

    def _clashes(self, documents: Sequence[Document]) -> list[Clash | None]:
        shared: list[dict[str, str]] = [{} for _ in documents]
        flat: list[str] = []
        lengths: list[int] = []  # of texts, in words
        owner: list[int] = []  # of texts: the document's place
        for place, document in enumerate(documents):
            for text in said(document):
                lines = [words(line) for line in text.split("\n")]
                message = [word for line in lines for word in line]
                for whole in lines if len(lines) == 1 else [message, *lines]:
                    if self.short <= len(whole) < self.run:
                        joined = " ".join(whole)
                        for name in self._whole.get(joined, ()):
                            shared[place].setdefault(name, joined)
                flat += message
                lengths.append(len(message))
                owner.append(place)
        found = runs(self._hashes.of(flat), self.run)
        text_of = np.repeat(np.arange(len(lengths)), lengths)
        inside = text_of[: len(found)] == text_of[self.run - 1 :]  # a run may not reach into the next text
        low = np.searchsorted(self._runs, found, "left")
        high = np.searchsorted(self._runs, found, "right")
        for at in np.flatnonzero(inside & (low < high)):
            own = shared[owner[text_of[at]]]
            for number in self._owners[low[at] : high[at]]:
                if (name := self._names[number]) not in own:
                    own[name] = " ".join(flat[at : at + self.run])
        return [Clash(own) if own else None for own in shared]


def texts_of(value: Any) -> Iterator[str]:
    """All texts in plain values, at any depth; names of fields are none."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from texts_of(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts_of(inner)


def read_texts(path: Path) -> Iterator[str]:
    """Evaluation texts of a file, or of all readable files in a folder and the folders in it.

    Of JSON and JSON Lines every text in a record counts; of any other file the whole and each of its lines.
    Either may be gzipped. In a folder, files of other endings than JSON's and those of plain text are passed
    over.

    Raises:
        UsageError: There is no such file, or none that can be read.
    """
    if path.is_dir():
        inside = [one for one in sorted(path.rglob("*")) if one.is_file() and _ending(one) in _TEXT]
        if not inside:
            raise UsageError(f"{path} holds no evaluation texts: no file in it ends in {', '.join(_TEXT)}")
        for one in inside:
            yield from read_texts(one)
        return
    text = _read(path)
    if _ending(path) not in _JSON:
        yield text
        yield from text.splitlines()
        return
    try:
        yield from texts_of(json.loads(text))
    except ValueError:
        for number, line in enumerate(text.splitlines(), 1):
            try:
                yield from texts_of(json.loads(line) if line.strip() else None)
            except ValueError as error:
                raise UsageError(f"{path}, line {number} is no JSON: {error}") from error


def _ending(path: Path) -> str:
    return Path(path.stem).suffix.lower() if path.suffix == ".gz" else path.suffix.lower()


def _read(path: Path) -> str:
    try:
        data = path.read_bytes()
        return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} can't be read: it isn't UTF-8 text") from error
    except (OSError, EOFError, zlib.error) as error:
        why = getattr(error, "strerror", None) or error
        raise UsageError(f"the evaluation texts in {path} can't be read: {why}") from error

"""The reader: a question and passages in, the exact characters that answer it out, or "not here".

Passages are read in windows that overlap, all under one normaliser; of the likely spans of all, the one wins
that shares most with the others. An answer comes with the probability that it is right and that the passages
hold one at all; both are calibrated on questions of one passage each, from the odds and from how far the
passage speaks of what the question says. Where the latter probability is below the adapter's threshold, the
reader abstains. It copies and never writes: it can't count, compare, or join what stands in two places.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from homespun.errors import UsageError
from models.encoders.adapters import Adapter
from models.encoders.calibration import Calibration
from models.encoders.skill import Skill, settings_of
from models.encoders.spans import likely_spans, most_shared
from models.encoders.support import SIGNS, support
from models.encoders.windows import Pieces, Window

if TYPE_CHECKING:
    from numpy.typing import NDArray

TASK = "read"
_INPUTS = frozenset({"odds", "share", *SIGNS})
"""What calibrations may weigh."""

_CANDIDATES = 30
"""Spans that are weighed against each other."""
_LEAST = -30.0
"""Log-odds below this are no less likely."""


@dataclass(frozen=True)
class Reading:
    """What was read.

    Attributes:
        text: The answer; "" where the reader abstains.
        passage: Number of the passage with the best span; -1 where there is none at all.
        start: Its first character.
        end: After its last character; `passages[passage][start:end]` is `best`.
        confidence: Probability that `best` is right.
        answerable: Probability that the passages hold an answer.
        best: The best span, whether the reader abstains or not.
        signs: What both probabilities are told by: "odds", the log-odds of the likeliest span against "not
            here"; "share", the logarithm of this one's share among all spans; and what
            `models.encoders.support` gives.
        tokens: How many were read, special ones included.
    """

    text: str = ""
    passage: int = -1
    start: int = 0
    end: int = 0
    confidence: float = 0.0
    answerable: float = 0.0
    best: str = ""
    signs: Mapping[str, float] = field(default_factory=dict)
    tokens: int = 0


class Reader:
    """Reads with an adapter on the encoder; found when made, loaded at the first question.

    Threads may share one; passes take turns.

    Args:
        name: The adapter's name or folder.
        home: The state folder; by default the one in the settings.
        threads: Processor threads of one pass; None leaves torch's setting.
        threshold: Abstain below this probability of an answer; None takes the adapter's own, 0 never does.

    Raises:
        ModelNotFound: There's no such adapter, or the encoder isn't here.
        UsageError: It's an adapter for something else, or a value makes no sense.
        CorruptWeights: At the first question, where a file is damaged.
    """

    def __init__(
        self,
        name: str = TASK,
        *,
        home: Path | None = None,
        threads: int | None = None,
        threshold: float | None = None,
    ) -> None:
        if threshold is not None and not 0.0 <= threshold <= 1.0:
            raise UsageError(f"threshold must be from 0 to 1, not {threshold}")
        self._skill = Skill(name, TASK, "reading", home, threads)
        self.adapter: Adapter = self._skill.adapter
        with settings_of(self.adapter) as settings:
            self.threshold = float(settings.get("threshold", 0.5)) if threshold is None else threshold
            self._longest = int(settings.get("max_answer", 30))
            self._confidence = Calibration.from_dict(settings.get("confidence"), "odds", _INPUTS)
            self._answerable = Calibration.from_dict(settings.get("answerable"), "odds", _INPUTS)

    @property
    def fingerprint(self) -> str:
        """Changes with all that could change an answer but the processor's arithmetic; hexadecimal."""
        return f"{self.adapter.fingerprint}-{self.threshold}"

    def read(
        self, question: str, passages: Sequence[str], between: Callable[[], None] | None = None
    ) -> Reading:
        """Answer a question from passages; without any, or from empty ones, it abstains.

        Args:
            question: In words.
            passages: Of any length.
            between: Called before each pass; what it raises ends the reading.

        Raises:
            UsageError: The question is blank.
        """
        return self.read_many([(question, passages)], between)[0]

    def read_many(
        self, asked: Sequence[tuple[str, Sequence[str]]], between: Callable[[], None] | None = None
    ) -> list[Reading]:
        """Answer several questions, each from its own passages, in passes of like length together.

        Raises:
            UsageError: A question is blank.
        """
        if any(not question.strip() for question, _ in asked):
            raise UsageError("the question is blank: ask something")
        layout = self._skill.layout
        questions = layout.pieces([question for question, _ in asked])
        texts = [
            (number, place) for number, (_, passages) in enumerate(asked) for place in range(len(passages))
        ]
        pieces = layout.pieces([asked[number][1][place] for number, place in texts])
        rows: list[tuple[int, int, Pieces, Window]] = []
        for (number, place), piece in zip(texts, pieces, strict=True):
            if piece.ids:
                rows += [
                    (number, place, piece, window) for window in layout.windows(questions[number], piece)
                ]
        found: list[list[tuple[int, Pieces, Window, NDArray[np.float32]]]] = [[] for _ in asked]
        for (number, place, piece, window), logits in zip(
            rows, self._skill.logits([r[3] for r in rows], between), strict=True
        ):
            found[number].append((place, piece, window, logits))
        return [self._best(*one, rows) for one, rows in zip(asked, found, strict=True)]

    def _best(
        self,
        question: str,
        passages: Sequence[str],
        rows: Sequence[tuple[int, Pieces, Window, NDArray[np.float32]]],
    ) -> Reading:
        odds: dict[tuple[int, int, int], float] = {}
        tokens: dict[tuple[int, int, int], int] = {}
        sums = []
        for place, piece, window, logits in rows:
            stop = window.second + window.pieces
            spans, total = likely_spans(
                logits[:, 0], logits[:, 1], window.second, stop, self._longest, _CANDIDATES
            )
            sums.append(total)
            offset = window.first_piece - window.second
            for span in spans:
                start, end = piece.spans[span.first + offset][0], piece.spans[span.last + offset][1]
                # Windows overlap, so a span may come twice.
                odds[place, start, end] = max(span.odds, odds.get((place, start, end), _LEAST))
                tokens[place, start, end] = span.last - span.first + 1
        if not odds:
            return Reading()
        found = sorted(odds, key=lambda one: -odds[one])[:_CANDIDATES]
        place, start, end = found[
            most_shared(
                np.asarray([odds[one] for one in found]),
                np.asarray([tokens[one] for one in found]),
                np.asarray([one[0] for one in found]),
                [one[1:] for one in found],
            )
        ]
        share = odds[place, start, end] - float(np.logaddexp.reduce(sums))
        signs = {
            "odds": max(_LEAST, odds[found[0]]),
            "share": max(_LEAST, share),
            **support(question, passages[place], start),
        }
        answerable = self._answerable(signs)
        text = passages[place][start:end]
        return Reading(
            text=text if answerable >= self.threshold else "",
            passage=place,
            start=start,
            end=end,
            confidence=self._confidence(signs),
            answerable=answerable,
            best=text,
            signs=signs,
            tokens=sum(len(window.ids) for _, _, window, _ in rows),
        )


def load_reader(name: str = TASK, home: Path | None = None, threads: int | None = None) -> Reader:
    """Make the reader that a name leads to; see `Reader`."""
    return Reader(name, home=home, threads=threads)

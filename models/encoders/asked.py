"""A conversation as a filler has read it: for each parameter the head's numbers, and where they point."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.encoders.calibration import sigmoid
from models.encoders.parameters import Conversation, Parameter, Question
from models.encoders.spans import likely_spans
from models.encoders.windows import Pieces, Window

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Answer = tuple[Window, NDArray[np.float32]]
    """A row, and what the head says of its tokens."""

START, END, OPTION, BEGIN, INSIDE = range(5)
"""What the head's outputs are."""


@dataclass(frozen=True)
class Asked:
    """What was asked and read.

    Attributes:
        told: The conversation.
        wanted: The parameters.
        questions: Each of them in words.
        firsts: Those words in tokens.
        second: The conversation in tokens.
        answers: For each parameter its rows.
    """

    told: Conversation
    wanted: Sequence[Parameter]
    questions: Sequence[Question]
    firsts: Sequence[Pieces]
    second: Pieces
    answers: Sequence[Sequence[Answer]]

    def spans(
        self, number: int, longest: int, most: int, start: int = 0, end: int | None = None
    ) -> Iterator[tuple[int, int, float]]:
        """A parameter's likeliest spans in start:end: characters and log-odds of each.

        Args:
            number: Which parameter.
            longest: Tokens of a span.
            most: How many are wanted of each row.
            start: Where they may begin.
            end: Where they must have ended; None is the conversation's end.
        """
        tokens = self.second.tokens(start, len(self.told.text) if end is None else end)
        if tokens is None:
            return
        for window, logits in self.answers[number]:
            offset = window.first_piece - window.second
            begin = max(window.second, tokens[0] - offset)
            stop = min(window.second + window.pieces, tokens[1] + 1 - offset)
            found, _ = likely_spans(logits[:, START], logits[:, END], begin, stop, longest, most)
            for span in found:
                first, last = self.second.spans[span.first + offset], self.second.spans[span.last + offset]
                yield first[0], last[1], span.odds

    def mentioned(self, number: int, longest: int) -> float:
        """Probability that the conversation says anything of a parameter that takes words."""
        sums = []
        for window, logits in self.answers[number]:
            stop = window.second + window.pieces
            _, total = likely_spans(logits[:, START], logits[:, END], window.second, stop, longest, 1)
            sums.append(total)
        return sigmoid(float(np.logaddexp.reduce(sums)) if sums else float("-inf"))

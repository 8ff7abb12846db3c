"""Reading examples as rows for the encoder: `[CLS] question [SEP] passage [SEP]`, start and end marked."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

from finetune.adapting.rows import Mark, Row
from finetune.data.reading.squad import ReadingExample
from models.encoders.windows import Layout, Window

CHUNK = 512
EMPTY_WINDOWS = 0.3
"""Share of passages of several windows that also give one without the answer."""


def reading_units(examples: Iterable[ReadingExample], layout: Layout, seed: int) -> Iterator[list[Row]]:
    """One row for each example, and some of windows that lack the answer; each a unit of its own.

    An answer whose ends fall inside of tokens is marked by the tokens that hold them.
    """
    draw = random.Random(seed)
    for chunk in _chunks(examples):
        questions = layout.pieces([one.question for one in chunk])
        passages = layout.pieces([one.passage for one in chunk])
        for one, question, passage in zip(chunk, questions, passages, strict=True):
            windows = layout.windows(question, passage)
            if one.start < 0:
                yield [_row(draw.choice(windows), {})]
                continue
            place = passage.tokens(one.start, one.end)
            if place is None:
                continue
            holding = [window for window in windows if _holds(window, place)]
            if holding:
                # The one in which the answer stands farthest from an edge.
                window = max(holding, key=lambda found: _margin(found, place))
                offset = window.second - window.first_piece
                marks = {place[0] + offset: Mark.START}
                marks[place[1] + offset] = marks.get(place[1] + offset, Mark.NONE) | Mark.END
                yield [_row(window, marks)]
            rest = [window for window in windows if not _overlaps(window, place)]
            if rest and draw.random() < EMPTY_WINDOWS:
                yield [_row(draw.choice(rest), {})]


def _row(window: Window, marks: dict[int, Mark]) -> Row:
    return Row(window.ids, window.second, marks)


def _holds(window: Window, place: tuple[int, int]) -> bool:
    return window.first_piece <= place[0] and place[1] < window.first_piece + window.pieces


def _overlaps(window: Window, place: tuple[int, int]) -> bool:
    return window.first_piece <= place[1] and place[0] < window.first_piece + window.pieces


def _margin(window: Window, place: tuple[int, int]) -> int:
    return min(place[0] - window.first_piece, window.first_piece + window.pieces - place[1])


def _chunks(examples: Iterable[ReadingExample]) -> Iterator[list[ReadingExample]]:
    chunk: list[ReadingExample] = []
    for one in examples:
        chunk.append(one)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk

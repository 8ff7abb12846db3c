"""Batches of prepared rows, of few shapes: units of like length together, padded to one of some widths.

Few shapes, because a compiled step is compiled anew for each. The order is a pure function of seed and epoch,
so the state of a `RowBatches` is two integers and resuming is exact. Units that fill no batch at the end of
an epoch wait for the next epoch's order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from finetune.adapting.rows import Rows
from homespun.errors import UsageError

WIDTHS = (64, 96, 128, 160, 192, 224, 256, 320)


@dataclass(frozen=True)
class RowBatch:
    """B units of K rows of T tokens; where a unit has fewer rows, the rest are empty.

    Attributes:
        ids: [B * K, T].
        mask: [B * K, T], True where there is a token.
        types: [B * K, T], 0 before the second text and 1 from there on.
        marks: [B * K, T] uint8, see `finetune.adapting.rows.Mark`.
        kinds: [B * K] which loss.
        real: [B, K], whether there is such a row.
    """

    ids: Tensor
    mask: Tensor
    types: Tensor
    marks: Tensor
    kinds: Tensor
    real: Tensor

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """All of them, in the order above."""
        return self.ids, self.mask, self.types, self.marks, self.kinds, self.real


def collate(rows: Rows, units: NDArray[np.int64], width: int, size: int) -> RowBatch:
    """Pad units to [len(units) * size, width]."""
    count = len(units) * size
    ids = np.zeros((count, width), np.int64)
    mask = np.zeros((count, width), bool)
    types = np.zeros((count, width), np.int64)
    marks = np.zeros((count, width), np.uint8)
    kinds = np.zeros(count, np.int64)
    real = np.zeros((len(units), size), bool)
    mask[:, 0] = True  # attention over nothing would be no number
    for place, unit in enumerate(units):
        for number in range(int(rows.sizes[unit])):
            row, at = int(rows.firsts[unit]) + number, place * size + number
            begin, length = int(rows.offsets[row]), int(rows.lengths[row])
            ids[at, :length] = rows.ids[begin : begin + length]
            marks[at, :length] = rows.marks[begin : begin + length]
            mask[at, :length] = True
            types[at, int(rows.seconds[row]) : length] = 1
            kinds[at] = rows.kinds[row]
            real[place, number] = True
    return RowBatch(*(torch.from_numpy(array) for array in (ids, mask, types, marks, kinds, real)))


class RowBatches:
    """Endless shuffled batches.

    Args:
        rows: What is drawn from.
        tokens: Of a batch, padding included; a batch has at least one unit.
        seed: Of the order.
        widths: Lengths to pad to; longer rows are refused.

    Raises:
        UsageError: A row is longer than every width.
    """

    def __init__(self, rows: Rows, tokens: int, *, seed: int, widths: Sequence[int] = WIDTHS) -> None:
        self.rows, self.tokens, self.seed = rows, tokens, seed
        self.size = int(rows.sizes.max(initial=1))
        longest = rows.widths()
        if longest.max(initial=0) > max(widths):
            raise UsageError(f"a row of {longest.max()} tokens is longer than {max(widths)}")
        self.widths = np.asarray(sorted(widths))
        self._places = np.searchsorted(self.widths, longest)
        self.epoch = self.position = 0
        self._planned = -1
        self._made: list[tuple[int, NDArray[np.int64]]] = []

    def count(self, place: int) -> int:
        """Units of a batch of a width."""
        return max(1, self.tokens // (int(self.widths[place]) * self.size))

    def _plan(self) -> list[tuple[int, NDArray[np.int64]]]:
        if self._planned != self.epoch:
            draw = np.random.default_rng([self.seed, self.epoch])
            waiting: list[list[int]] = [[] for _ in self.widths]
            plan = []
            for unit in draw.permutation(len(self.rows)):
                place = int(self._places[unit])
                waiting[place].append(int(unit))
                if len(waiting[place]) == self.count(place):
                    plan.append((place, np.asarray(waiting[place])))
                    waiting[place] = []
            self._made, self._planned = plan, self.epoch
        return self._made

    @property
    def per_epoch(self) -> int:
        """Batches of this epoch."""
        return len(self._plan())

    def shapes(self) -> Iterator[RowBatch]:
        """One batch of each shape that this epoch has; `next` goes on as if none had been taken."""
        for place, units in {place: (place, units) for place, units in reversed(self._plan())}.values():
            yield collate(self.rows, units, int(self.widths[place]), self.size)

    def next(self) -> RowBatch:
        """The next batch; goes over into the next epoch where needed.

        Raises:
            UsageError: The rows fill no batch at all.
        """
        if not self._plan():
            raise UsageError(
                f"{len(self.rows)} units fill no batch of {self.tokens} tokens: prepare more or take less"
            )
        place, units = self._plan()[self.position]
        self.position += 1
        if self.position >= len(self._plan()):
            self.epoch, self.position = self.epoch + 1, 0
        return collate(self.rows, units, int(self.widths[place]), self.size)

    def once(self) -> Iterator[RowBatch]:
        """All units once, in batches of like length, incomplete ones too: for validation."""
        for place in range(len(self.widths)):
            units = np.flatnonzero(self._places == place)
            for at in range(0, len(units), self.count(place)):
                yield collate(
                    self.rows, units[at : at + self.count(place)], int(self.widths[place]), self.size
                )

    def state_dict(self) -> dict[str, int]:
        """Where the next batch begins."""
        return {"epoch": self.epoch, "position": self.position}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go to where `state_dict` was taken."""
        self.epoch, self.position = int(state["epoch"]), int(state["position"])

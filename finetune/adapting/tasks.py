"""What is learnt: for each task the head's width and how its loss is made of a batch's states."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from finetune.adapting import losses
from finetune.adapting.rows import Mark


@dataclass(frozen=True)
class Task:
    """One task.

    Attributes:
        name: Of the adapter.
        outputs: Numbers that the head gives for a token; 0 for as many as the rows' meta names labels.
        loss: (logits [B * K, T, outputs] in float32, mask, types, marks, kinds, real) to a loss for each
            unit [B]; the arguments are those of `RowBatch`.
    """

    name: str
    outputs: int
    loss: Callable[[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor], Tensor]


def _second(mask: Tensor, types: Tensor) -> Tensor:
    """The second text without the [SEP] behind it."""
    inside = mask & (types > 0)
    return inside & torch.nn.functional.pad(inside[:, 1:], (0, 1))


def _read(logits: Tensor, mask: Tensor, types: Tensor, marks: Tensor, kinds: Tensor, real: Tensor) -> Tensor:
    del kinds, real
    return losses.spans(logits[..., 0], logits[..., 1], marks, _second(mask, types))


def _fill(logits: Tensor, mask: Tensor, types: Tensor, marks: Tensor, kinds: Tensor, real: Tensor) -> Tensor:
    del real
    second = _second(mask, types)
    found = losses.spans(logits[..., 0], logits[..., 1], marks, second)
    chosen = losses.options(logits[..., 2], marks)
    listed = losses.lists(logits[..., 3], logits[..., 4], marks, second)
    return torch.where(kinds == losses.OPTIONS, chosen, torch.where(kinds == losses.LISTS, listed, found))


def _choose(
    logits: Tensor, mask: Tensor, types: Tensor, marks: Tensor, kinds: Tensor, real: Tensor
) -> Tensor:
    del mask, types, kinds
    right = ((marks[:, 0] & int(Mark.RIGHT)) > 0).view(real.shape)
    return losses.choices(logits[:, 0, 0].view(real.shape), right, real)


def _intent(
    logits: Tensor, mask: Tensor, types: Tensor, marks: Tensor, kinds: Tensor, real: Tensor
) -> Tensor:
    del types, marks, real
    return losses.classes(logits, mask, kinds)


TASKS = {
    task.name: task
    for task in (
        Task("read", 2, _read),
        Task("fill", 5, _fill),
        Task("choose", 1, _choose),
        Task("intent", 0, _intent),
    )
}
"""By name."""

"""Losses of an encoder's heads, one for each kind of row; all in nats, one number a row or unit.

`spans`: where a right span begins and ends, each by one softmax over the first token, which stands for "not
here", and the second text. Several right places share the probability (marginal likelihood). `options`: which
option, by one softmax over the first token and the options. `lists`: for every token of the second text
whether an element begins there and whether it's inside of one. `choices`: which row of a unit, by one softmax
over the rows and a constant 0, which stands for none. `classes`: which class a row is of, by one softmax over
the mean of its tokens' logits.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from finetune.adapting.rows import Mark

SPANS, OPTIONS, LISTS = 0, 1, 2
"""Kinds of rows of a task that has several."""

_HIDDEN = -1e4


def pointed(logits: Tensor, right: Tensor, seen: Tensor) -> Tensor:
    """Negative log of the probability that falls on the right places.

    Args:
        logits: [B, T].
        right: [B, T] boolean; where a row has none, its first place is right.
        seen: [B, T] boolean: which places count; the first always does.

    Returns:
        [B].
    """
    first = torch.zeros_like(right)
    first[:, 0] = True
    right = torch.where(right.any(1, keepdim=True), right, first)
    logits = torch.where(seen | first, logits, _HIDDEN)
    return logits.logsumexp(1) - torch.where(right, logits, _HIDDEN).logsumexp(1)


def spans(start: Tensor, end: Tensor, marks: Tensor, second: Tensor) -> Tensor:
    """Mean of the two pointers' losses; all arguments [B, T], the result [B]."""
    begins, ends = (marks & int(Mark.START)) > 0, (marks & int(Mark.END)) > 0
    return (pointed(start, begins, second) + pointed(end, ends, second)) / 2


def options(logits: Tensor, marks: Tensor) -> Tensor:
    """Loss of one choice among the options of each row; arguments [B, T], the result [B]."""
    return pointed(logits, (marks & int(Mark.RIGHT)) > 0, (marks & int(Mark.OPTION)) > 0)


def lists(begin: Tensor, inside: Tensor, marks: Tensor, second: Tensor) -> Tensor:
    """Binary losses of all tokens of a row, summed and halved; arguments [B, T], the result [B]."""
    total = torch.zeros(len(marks), device=marks.device)
    for logits, mark in ((begin, Mark.START), (inside, Mark.INSIDE)):
        target = ((marks & int(mark)) > 0).float()
        loss = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
        total = total + torch.where(second, loss, 0.0).sum(1)
    return total / 2


def choices(scores: Tensor, right: Tensor, real: Tensor) -> Tensor:
    """Loss of one choice among rows or none; arguments [B, K], the result [B]."""
    none = torch.zeros_like(scores[:, :1])
    padded = torch.cat([none, torch.where(real, scores, _HIDDEN)], 1)
    return pointed(padded, F.pad(right, (1, 0)), torch.ones_like(padded, dtype=torch.bool))


def classes(logits: Tensor, mask: Tensor, right: Tensor) -> Tensor:
    """Loss of a row's class, a twentieth of its target spread over all (label smoothing).

    Args:
        logits: [B, T, classes].
        mask: [B, T], which tokens there are.
        right: [B], the class.

    Returns:
        [B].
    """
    there = mask.unsqueeze(2).float()
    mean = (logits * there).sum(1) / there.sum(1)
    return F.cross_entropy(mean, right, label_smoothing=0.05, reduction="none")

"""Exponential moving average of weights: often a better model than the last step's, for one more copy."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class AveragedWeights:
    """Running averages of a net's parameters."""

    def __init__(self, net: nn.Module, decay: float) -> None:
        """Begin at the present weights. `decay` in (0, 1): 0.999 averages about the last 1,000 steps.

        Parameters that aren't trained are left out.
        """
        self.decay = decay
        self._live = [parameter for parameter in net.parameters() if parameter.requires_grad]
        self.values = [p.detach().clone() for p in self._live]

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take in the weights after a step; early steps count more, so the random start is soon forgotten."""
        decay = min(self.decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(self.values, [p.detach() for p in self._live], 1.0 - decay)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Within this context the net has the averaged weights."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    @torch.no_grad()
    def _swap(self) -> None:
        for live, average in zip(self._live, self.values, strict=True):
            kept = live.detach().clone()
            live.copy_(average)
            average.copy_(kept)

    def load(self, values: list[Tensor]) -> None:
        """Restore averages saved as `values`."""
        for mine, given in zip(self.values, values, strict=True):
            mine.copy_(given)

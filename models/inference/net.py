"""What the engine needs of a net: ours from raw tensors, or anybody's behind the same few methods.

`models.nets.decoder.Decoder` has them by itself, `models.interop.causal.CausalNet` puts them around a model
of `transformers`. Grammars, sampling, stopping, deadlines and streaming are the engine's and know no more of
a net than this.
"""

from __future__ import annotations

from typing import Any, Protocol, Self

import torch
from torch import Tensor


class Shape(Protocol):
    """The two sizes that the engine has to know."""

    @property
    def vocab_size(self) -> int:
        """Width of a row of logits; token ids are below it."""

    @property
    def max_positions(self) -> int:
        """Most tokens of one sequence."""


class Net(Protocol):
    """A causal language model with a cache of its own kind.

    Contract: with the same cache, calls over the parts of a sequence give the logits of one call over the
    whole, however it is cut.
    """

    @property
    def config(self) -> Shape:
        """Its sizes."""

    @property
    def device(self) -> torch.device:
        """Where token ids have to be."""

    def eval(self) -> Self:
        """Put it into evaluation mode."""

    def new_cache(self, batch: int, capacity: int) -> Any:
        """An empty cache for `batch` sequences of at most `capacity` tokens; only this net reads it."""

    def __call__(self, ids: Tensor, *, cache: Any, last_only: bool) -> Tensor:
        """Append `ids` [B, T] to the cached sequences; logits [B, T, vocab], or [B, 1, vocab] of the last."""

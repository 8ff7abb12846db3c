"""The key-value cache of a decoder: one preallocated pair of tensors a layer, written in place.

Keys and values of layer `l` live in `[batch, kv_heads, capacity, head_dim]`. A forward pass calls `update`
once for each layer (which writes at `length` without moving it) and then `advance` once, so that a pass that
is interrupted between layers leaves the cache as it was. Slices are written by `copy_` into a view: no
`index_copy_`, no concatenation, nothing is allocated after construction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from models.nets.decoder import DecoderConfig


class KVCache:
    """Keys and values of the tokens seen so far, for one batch of equally long sequences.

    Attributes:
        length: Number of positions that are filled; the next token has this position.
        capacity: Number of positions that fit.
        batch: Number of sequences.
        keys: One tensor `[batch, kv_heads, capacity, head_dim]` for each layer.
        values: Like `keys`.
    """

    def __init__(
        self,
        config: DecoderConfig,
        batch: int,
        capacity: int,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str | None = None,
    ) -> None:
        """Allocate an empty cache.

        Args:
            config: Configuration of the decoder: `num_layers`, `num_kv_heads` and `head_dim` are read.
            batch: Number of sequences.
            capacity: Number of positions to reserve.
            dtype: Element type; that of the decoder's activations.
            device: Where the tensors live; by default torch's current default device.

        Raises:
            ValueError: If `batch` or `capacity` is not positive.
        """
        if batch < 1 or capacity < 1:
            raise ValueError(f"a cache needs a positive batch and capacity, not {batch} and {capacity}")
        self.batch = batch
        self.capacity = capacity
        self.length = 0
        shape = (batch, config.num_kv_heads, capacity, config.head_dim)
        # Zeros, not empty: a masked-out NaN would still poison an attention product.
        self.keys = [torch.zeros(shape, dtype=dtype, device=device) for _ in range(config.num_layers)]
        self.values = [torch.zeros(shape, dtype=dtype, device=device) for _ in range(config.num_layers)]

    def update(self, layer: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Write the new positions of one layer and return all filled ones, the new ones included.

        Args:
            layer: Index of the layer.
            k: Keys `[batch, kv_heads, new, head_dim]`, positions already applied.
            v: Values of the same shape.

        Returns:
            Views `[batch, kv_heads, length + new, head_dim]` of keys and values; they are not copies.

        Raises:
            ValueError: If the new positions do not fit.
        """
        new = k.shape[2]
        end = self.length + new
        if end > self.capacity:
            raise ValueError(f"{end} positions do not fit into a cache of {self.capacity}")
        keys = self.keys[layer].narrow(2, 0, end)
        values = self.values[layer].narrow(2, 0, end)
        keys.narrow(2, self.length, new).copy_(k)
        values.narrow(2, self.length, new).copy_(v)
        return keys, values

    def advance(self, n: int) -> None:
        """Count `n` positions, written by `update` in every layer, as filled.

        Raises:
            ValueError: If more positions would be filled than fit.
        """
        if n < 0 or self.length + n > self.capacity:
            raise ValueError(f"cannot advance by {n} from {self.length} in a cache of {self.capacity}")
        self.length += n

    def truncate(self, n: int) -> None:
        """Keep the first `n` positions and forget the later ones (their memory is written over).

        Raises:
            ValueError: If fewer than `n` positions are filled.
        """
        if not 0 <= n <= self.length:
            raise ValueError(f"cannot truncate to {n}: the cache holds {self.length} positions")
        self.length = n

"""The forward of an encoder with few and cheap torch calls and no padding: the fast path on a CPU.

The rows of a batch stand one behind the other in one matrix [tokens, width], so linear maps, norms and the
activation see no padding; only attention goes by rows, those of one length together. Query, key and value
are one matrix, the activation is inside its product, norms are torch's own kernels. Matrices are laid out
once (`models.inference.linear`); a net with adapters takes those of its base from another pass and holds only
the low-rank parts.

Tolerance: float32 states within 1e-5 of the reference; `models.encoders.passes` says how near vectors come in
bfloat16 and int8.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from homespun.errors import UsageError
from models.blocks.lora import LoRALinear
from models.inference.linear import Adapted, Matrix, Precision

if TYPE_CHECKING:
    from models.blocks.norms import LayerNorm
    from models.nets.encoder import Encoder, EncoderLayer


Key = tuple[tuple[int, int, int], ...]


class EncoderStep:
    """States of the last layer, for a net in float32 on a CPU; dropout is off.

    The net's weights are read at construction: `current` says whether they are still the same. The net itself
    is not kept.

    Args:
        net: The encoder, with adapters or without.
        precision: Of the linear maps; with "bfloat16" and "int8" all that is between them is bfloat16.
        shelf: `matrices` of others of this precision, which serve where the weights are the same.

    Attributes:
        matrices: What was laid out, by the weights' identity and state.
    """

    def __init__(
        self, net: Encoder, precision: Precision = "float32", shelf: Mapping[Key, Matrix] | None = None
    ) -> None:
        """Copy and lay out the weights."""
        self.precision, self.matrices = precision, dict[Key, Matrix]()
        self._config = net.config
        self._words, self._types = net.embedding.weight, net.types.weight
        self._places = net.positions.weight[net.config.position_offset :]
        self._norm = net.embedding_norm
        self._dtype = torch.float32 if precision == "float32" else torch.bfloat16
        self._parameters = list(net.parameters())
        self._state = _state(self._parameters)
        with torch.inference_mode():
            self._layers = [_Layer(layer, self, shelf or {}) for layer in net.layers]  # type: ignore[arg-type]

    @staticmethod
    def fits(net: Encoder) -> bool:
        """Whether this can serve an encoder: float32 on a CPU."""
        weight = net.embedding.weight
        return weight.dtype == torch.float32 and weight.device.type == "cpu"

    @property
    def current(self) -> bool:
        """Whether the weights are unchanged since construction."""
        return self._state == _state(self._parameters)

    def map(self, linears: Sequence[nn.Module], shelf: Mapping[Key, Matrix]) -> Matrix | Adapted:
        """One map of several with the same input, its matrix from the shelf where that has it."""
        plain = [linear.base if isinstance(linear, LoRALinear) else linear for linear in linears]
        weights: list[Tensor] = [linear.weight for linear in plain]  # type: ignore[misc]
        biases: list[Tensor] = [linear.bias for linear in plain]  # type: ignore[misc]
        key = _state((*weights, *biases))
        matrix = shelf.get(key)
        if matrix is None:
            matrix = Matrix(torch.cat(weights), torch.cat(biases), self.precision)
        self.matrices[key] = matrix
        if any(isinstance(linear, LoRALinear) for linear in linears):
            return Adapted(matrix, linears, self._dtype)
        return matrix

    @torch.inference_mode()
    def __call__(self, ids: Tensor, lengths: Sequence[int], types: Tensor | None = None) -> Tensor:
        """Read rows that stand one behind the other.

        Args:
            ids: Token ids [N].
            lengths: Tokens of each row, N together; quickest where equal ones are neighbours.
            types: Token types [N]; all 0 if None.

        Returns:
            States [N, hidden_size], float32.

        Raises:
            UsageError: A row is empty or doesn't fit into `max_positions`.
        """
        least, longest = min(lengths), max(lengths)
        if least < 1 or longest > self._config.max_positions:
            wrong, most = least if least < 1 else longest, self._config.max_positions
            raise UsageError(f"a row has {wrong} tokens: this encoder reads 1 to {most} at once")
        x = F.embedding(ids, self._words)
        groups = list(runs(lengths))
        for first, rows, length in groups:
            x[first : first + rows * length].view(rows, length, -1).add_(self._places[:length])
        x += self._types[0] if types is None else F.embedding(types, self._types)
        x = _normed(self._norm, x).to(self._dtype)
        for layer in self._layers:
            x = layer(x, groups, self._config.activation)
        return x.float()


class _Layer:
    def __init__(self, layer: EncoderLayer, step: EncoderStep, shelf: Mapping[Key, Matrix]) -> None:
        attention, feedforward = layer.attention, layer.feedforward
        self.heads = attention.num_heads
        self.qkv = step.map((attention.query, attention.key, attention.value), shelf)
        self.output = step.map((attention.output,), shelf)
        self.up = step.map((feedforward.up,), shelf)
        self.down = step.map((feedforward.down,), shelf)
        self.attention_norm, self.feedforward_norm = layer.attention_norm, layer.feedforward_norm

    def __call__(self, x: Tensor, groups: Sequence[tuple[int, int, int]], activation: str) -> Tensor:
        qkv = self.qkv(x)
        mixed = torch.empty_like(x)
        for first, rows, length in groups:
            at = slice(first, first + rows * length)
            _attend(qkv[at], mixed[at], rows, length, self.heads)
        x = _normed(self.attention_norm, self.output(mixed).add_(x))
        return _normed(self.feedforward_norm, self.down(self.up(x, activation)).add_(x))


def runs(lengths: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Neighbours of one length: the first one's first token, how many they are, and their length."""
    first = 0
    for length, same in itertools.groupby(lengths):
        rows = sum(1 for _ in same)
        yield first, rows, length
        first += rows * length


def _attend(qkv: Tensor, out: Tensor, rows: int, length: int, heads: int) -> None:
    """Attention of rows of one length: `qkv` [rows * length, 3 * width] into `out` [rows * length, width]."""
    size = out.shape[1] // heads
    split = qkv.view(rows, length, 3, heads, size).permute(2, 0, 3, 1, 4)
    into = out.view(rows, length, heads, size).transpose(1, 2)
    if qkv.dtype == torch.float32:
        into.copy_(F.scaled_dot_product_attention(split[0], split[1], split[2]))
        return
    # Written out: torch's fused kernel is slower than bfloat16's batched products (measured: by half).
    q, k, v = split.reshape(3, rows * heads, length, size).unbind(0)
    scores = torch.baddbmm(q.new_empty(()), q, k.transpose(1, 2), beta=0, alpha=1 / math.sqrt(size))
    into.copy_(torch.bmm(scores.softmax(-1), v).view(rows, heads, length, size))


def _normed(norm: LayerNorm, x: Tensor) -> Tensor:
    return F.layer_norm(x, (x.shape[1],), norm.weight, norm.bias, norm.eps)


def _state(parameters: Sequence[Tensor]) -> Key:
    """Which tensors these are, and what changes when one is written."""
    return tuple(
        (id(parameter), parameter.data_ptr(), 0 if parameter.is_inference() else parameter._version)
        for parameter in parameters
    )

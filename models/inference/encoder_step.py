"""The forward of an encoder with few and cheap torch calls and no padding: the fast path on a CPU.

The rows of a batch stand one behind the other in one matrix [tokens, width], so linear maps, norms and the
activation see no padding; only attention goes by rows, those of one length together. Query, key and value
are one matrix, the activation is inside its product, norms are torch's own kernels. Matrices are laid out
once (`models.inference.linear`); a net with adapters takes those of its base from another pass and holds only
the low-rank parts.

In "int8" a net without adapters, and with GELU, has layers of their own where the processor has quick
products of bytes (`models.inference.rounded`). Ranges are taken once, at construction (MiniLM: 0.6 s), from
random tokens in rows of many lengths: those need no tokenizer, and serve nearly as well as sentences did.

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
from models.inference.linear import GELU, Adapted, Matrix, Precision, has_onednn
from models.inference.rounded import Rounded, RoundedFeedForward, has_bytes, to_bytes

if TYPE_CHECKING:
    from models.blocks.norms import LayerNorm
    from models.nets.encoder import Encoder, EncoderLayer


Key = tuple[tuple[int, int, int], ...]

# Lengths of rows that ranges are taken from. A token alone, or often, has states that are found nowhere else.
_SAMPLE = (1, 2, 3, 5, 8, 12, 20, 30, 40, 60, 80, 120, 160, 254) * 2 + (1,) * 40
_SAME = (20,) * 6


class EncoderStep:
    """States of the last layer, for a net in float32 on a CPU; dropout is off.

    The net's weights are read at construction: `current` says whether they are still the same. The net itself
    is not kept.

    Args:
        net: The encoder, with adapters or without.
        precision: Of the linear maps; with "bfloat16" all that is between them is bfloat16, with
            "int8" attention at least.
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
        rounded = precision == "int8" and _rounds(net)
        self._dtype = torch.float32 if precision == "float32" or rounded else torch.bfloat16
        self._parameters = list(net.parameters())
        self._state = _state(self._parameters)
        with torch.inference_mode():
            self._layers: list[_Layer] | list[_RoundedLayer]
            if rounded:
                pairs = zip(net.layers, _greatest(net), strict=True)
                self._layers = [_RoundedLayer(layer, seen, net.config.activation) for layer, seen in pairs]  # type: ignore[arg-type]
            else:
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


class _RoundedLayer:
    """The same on bytes; states between the maps are float32, attention is bfloat16 where that is quick.

    Args:
        layer: One without adapters.
        greatest: Of the inputs of its four maps, in their order.
        activation: Some GELU.
    """

    def __init__(self, layer: EncoderLayer, greatest: Sequence[Tensor], activation: str) -> None:
        attention, feedforward = layer.attention, layer.feedforward
        self.heads = attention.num_heads
        self._dtype = torch.bfloat16 if has_onednn(torch.bfloat16) else torch.float32
        self.output = Rounded(attention.output.weight, attention.output.bias, greatest[1])
        linears = (attention.query, attention.key, attention.value)
        # Attention weighs values, whatever their unit: they come in that of the next map's bytes.
        factor = torch.cat((torch.ones(2 * len(self.output.factor)), self.output.factor))
        weight = torch.cat([linear.weight for linear in linears]) * factor[:, None]
        self.qkv = Rounded(weight, torch.cat([linear.bias for linear in linears]) * factor, greatest[0])
        up, down = feedforward.up, feedforward.down
        self.feedforward = RoundedFeedForward(
            (up.weight, up.bias), (down.weight, down.bias), (greatest[2], greatest[3]), activation
        )
        self.attention_norm, self.feedforward_norm = layer.attention_norm, layer.feedforward_norm

    def __call__(self, x: Tensor, groups: Sequence[tuple[int, int, int]], _: str) -> Tensor:
        qkv = self.qkv(self.qkv.round(x), self._dtype)
        mixed = torch.empty_like(x)
        for first, rows, length in groups:
            at = slice(first, first + rows * length)
            _attend(qkv[at], mixed[at], rows, length, self.heads)
        x = _normed(self.attention_norm, self.output.add(to_bytes(mixed), x))
        return _normed(self.feedforward_norm, self.feedforward(x))


class _Watched:
    """A map that keeps the greatest absolute value of each of its inputs."""

    def __init__(self, matrix: Matrix | Adapted) -> None:
        self._matrix, self.greatest = matrix, torch.zeros(())

    def __call__(self, x: Tensor, activation: str | None = None) -> Tensor:
        self.greatest = torch.maximum(self.greatest, x.abs().amax(0))
        return self._matrix(x, activation)


def _rounds(net: Encoder) -> bool:
    """Whether layers of bytes can serve this net here."""
    adapted = any(isinstance(part, LoRALinear) for part in net.modules())
    return has_bytes() and not adapted and net.config.activation in GELU


def _greatest(net: Encoder) -> list[list[Tensor]]:
    """The greatest absolute inputs of each layer's four maps, over random rows; the same every time."""
    generator = torch.Generator().manual_seed(0)
    most, words = net.config.max_positions, net.config.vocab_size
    step = EncoderStep(net)
    watched: list[list[_Watched]] = []
    for layer in step._layers:
        maps = [_Watched(getattr(layer, name)) for name in ("qkv", "output", "up", "down")]
        layer.qkv, layer.output, layer.up, layer.down = maps  # type: ignore[union-attr,assignment]
        watched.append(maps)
    lengths = [min(length, most) for length in (*_SAMPLE, *_SAME)]
    parts = [torch.randint(words, (length,), generator=generator) for length in lengths[: len(_SAMPLE)]]
    parts += [
        torch.randint(words, (1,), generator=generator).expand(length) for length in lengths[len(_SAMPLE) :]
    ]
    step(torch.cat(parts), lengths)
    return [[part.greatest for part in maps] for maps in watched]


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

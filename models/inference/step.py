"""The one-token step of a decoder with few and cheap torch calls: the fast path of decoding on a CPU.

Small decoders spend their time in overhead, not arithmetic. Against `Decoder.forward` this step has the
query, key and value matrices (and SwiGLU's gate and up) in one, matrices stored for a row times matrix
product, the weight of RMSNorm folded into the matrix behind it and its scale into the product's factor,
residual additions inside the products, rotation of queries and keys together, and no copies of grouped
heads. The weights are copied once.

Tolerance: float32 logits within 1e-4 of the reference (tested over the span of configurations).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.blocks.feedforward import ACTIVATIONS
from models.blocks.norms import LayerNorm, RMSNorm

if TYPE_CHECKING:
    from models.inference.cache import KVCache
    from models.nets.decoder import Decoder, DecoderLayer


class _Matrix:
    """A linear map with the norm before it: `y = norm(x) @ w + b` for one row."""

    def __init__(self, norm: nn.Module, linears: list[nn.Linear]) -> None:
        weights: list[Tensor] = [linear.weight for linear in linears]
        weight = torch.cat(weights)
        self.eps = 0.0
        self.layer_norm: LayerNorm | None = None
        if isinstance(norm, RMSNorm):
            self.eps = norm.eps
            weight = weight * norm.weight
        else:
            assert isinstance(norm, LayerNorm)
            self.layer_norm = norm
        self.weight = weight.t().contiguous()
        biases: list[Tensor] = [
            torch.zeros(linear.out_features) if linear.bias is None else linear.bias for linear in linears
        ]
        self.biased = any(linear.bias is not None for linear in linears)
        self.bias = torch.cat(biases)[None]
        self.size = float(weight.shape[1])

    def __call__(self, x: Tensor) -> Tensor:
        """Map `x` [1, in] to [1, out]."""
        norm = self.layer_norm
        if norm is not None:
            x = functional.layer_norm(x, (x.shape[1],), norm.weight, norm.bias, norm.eps)
            return torch.addmm(self.bias, x, self.weight)
        row = x[0]
        scale = 1.0 / math.sqrt(torch.dot(row, row).item() / self.size + self.eps)
        return torch.addmm(self.bias, x, self.weight, beta=1.0 if self.biased else 0.0, alpha=scale)


@dataclass
class _Layer:
    qkv: _Matrix
    qk_weight: Tensor | None  # of the norm of query and key heads, one row a head
    output: Tensor
    output_bias: Tensor | None
    up: _Matrix
    down: Tensor
    down_bias: Tensor | None


class OneTokenStep:
    """Logits after one more token, for one sequence, on a CPU in float32.

    The decoder's weights are read at construction: `current` says whether they are still the same.
    """

    def __init__(self, net: Decoder) -> None:
        """Copy and fuse the weights."""
        self._net = net
        self._config = net.config
        self._versions = _versions(net)
        with torch.inference_mode():
            self._layers = [_fuse(layer) for layer in net.layers]  # type: ignore[arg-type]
            head = nn.Linear(net.config.hidden_size, net.config.vocab_size, bias=False, device="meta")
            head.weight = net.embedding.weight if net.head is None else net.head.weight
            self._head = _Matrix(net.norm, [head])
            self._rope: tuple[Tensor, Tensor] | None = None
            self._places: Tensor | None = None
            places = torch.arange(net.config.max_positions)
            if net.config.positions == "rope":
                cos, sin = (table[0, 0] for table in net.positions(places))
                half = net.config.head_dim // 2
                sin[:, :half].neg_()  # indexing made it a copy; with the sign, rotation is one roll
                self._rope = cos, sin
            else:
                self._places = net.positions(places)

    @staticmethod
    def fits(net: Decoder) -> bool:
        """Whether this step can serve a decoder: float32 on a CPU."""
        weight = net.embedding.weight
        return weight.dtype == torch.float32 and weight.device.type == "cpu"

    @property
    def current(self) -> bool:
        """Whether the decoder's weights are unchanged since construction."""
        return self._versions == _versions(self._net)

    def __call__(self, token: int, cache: KVCache) -> Tensor:
        """Append a token to the cached sequence (batch 1); return logits [vocab]."""
        config, position = self._config, cache.length
        heads, kv, size = config.num_heads, config.num_kv_heads, config.head_dim
        first = 0
        if config.sliding_window is not None:
            first = max(0, position + 1 - config.sliding_window)
        x = self._net.embedding.weight[token : token + 1]
        if self._places is not None:
            x = x + self._places[position]
        if self._rope is not None:
            cos, sin = self._rope[0][position], self._rope[1][position]
        for layer, keys, values in zip(self._layers, cache.keys, cache.values, strict=True):
            qkv = layer.qkv(x).view(heads + 2 * kv, size)
            qk = qkv[: heads + kv]
            if layer.qk_weight is not None:
                qk = _unit(qk, config.norm_eps).mul_(layer.qk_weight)
            if self._rope is not None:
                qk = torch.addcmul(qk.roll(size // 2, 1).mul_(sin), qk, cos)
            keys[0].select(1, position).copy_(qk[heads:])
            values[0].select(1, position).copy_(qkv[heads + kv :])
            # The heads of a group stand where a sequence's positions would: no keys are repeated.
            mixed = functional.scaled_dot_product_attention(
                qk[:heads].view(1, kv, heads // kv, size),
                keys[:, :, first : position + 1],
                values[:, :, first : position + 1],
            )
            x = torch.addmm(x, mixed.reshape(1, heads * size), layer.output)
            if layer.output_bias is not None:
                x.add_(layer.output_bias)
            inner = layer.up(x)
            if config.activation == "swiglu":
                gate, up = inner.chunk(2, 1)
                inner = functional.silu(gate, inplace=True).mul_(up)
            else:
                inner = ACTIVATIONS[config.activation](inner)
            x = torch.addmm(x, inner, layer.down)
            if layer.down_bias is not None:
                x.add_(layer.down_bias)
        cache.advance(1)
        return self._head(x)[0]


def _fuse(layer: DecoderLayer) -> _Layer:
    attention, feedforward = layer.attention, layer.feedforward
    qk_weight = None
    if attention.query_norm is not None and attention.key_norm is not None:
        of_queries = attention.query_norm.weight.expand(attention.num_heads, -1)
        of_keys = attention.key_norm.weight.expand(attention.num_kv_heads, -1)
        qk_weight = torch.cat((of_queries, of_keys))
    ups = [feedforward.up] if feedforward.gate is None else [feedforward.gate, feedforward.up]
    return _Layer(
        qkv=_Matrix(layer.attention_norm, [attention.query, attention.key, attention.value]),
        qk_weight=qk_weight,
        output=attention.output.weight.t().contiguous(),
        output_bias=attention.output.bias,
        up=_Matrix(layer.feedforward_norm, ups),
        down=feedforward.down.weight.t().contiguous(),
        down_bias=feedforward.down.bias,
    )


def _unit(x: Tensor, eps: float) -> Tensor:
    """Rows of `x` divided by their root mean square."""
    return x * torch.rsqrt(torch.linalg.vecdot(x, x)[:, None] / x.shape[1] + eps)


def _versions(net: Decoder) -> list[tuple[int, int]]:
    """What changes when a parameter is written or replaced."""
    return [
        (parameter.data_ptr(), 0 if parameter.is_inference() else parameter._version)
        for parameter in net.parameters()
    ]

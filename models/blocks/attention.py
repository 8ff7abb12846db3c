"""Attention: multi-head, grouped and multi-query; causal, bidirectional or from another sequence; cached.

The written-out path is the reference; `F.scaled_dot_product_attention` is the fast path beside it, and the
two give equal results (tested). A boolean mask says what may be seen (True = may). A query that may see
nothing gives zeros on both paths, never NaN.
"""

import math
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from homespun.errors import UsageError
from models.blocks.norms import RMSNorm
from models.blocks.positions import rotate


class Cache(Protocol):
    """What attention asks of a key-value cache (`models.inference.cache.KVCache` is one)."""

    @property
    def length(self) -> int:
        """Positions already held."""

    def update(self, layer: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Append `k`, `v` [B, kv_heads, T, head_dim] of one layer; return everything held, these included."""

    def advance(self, n: int) -> None:
        """Say that all layers have appended `n` positions."""


def attention_mask(
    length: int,
    *,
    start: int = 0,
    causal: bool = True,
    window: int | None = None,
    documents: Tensor | None = None,
    device: torch.device | None = None,
) -> Tensor | None:
    """What each of `length` queries at positions `start`… may see of the keys at 0…start + length - 1.

    Args:
        length: Number of queries, T.
        start: Number of keys before the first query (held in a cache).
        causal: Whether a query sees only itself and what came before.
        window: Whether it sees only keys fewer than this many places away.
        documents: Document id of every key, [B, start + length]: only equal ids see each other. Padding has
            an id of its own (-1), so every query sees at least itself.
        device: Where the mask is made.

    Returns:
        Boolean [1 or B, 1, length, start + length], or None where everything may be seen.
    """
    total = start + length
    mask: Tensor | None = None
    narrow = window is not None and window < total
    if (causal and length > 1) or narrow:
        query = torch.arange(start, total, device=device)[:, None]
        key = torch.arange(total, device=device)[None, :]
        if causal:
            mask = key <= query
            if window is not None and narrow:
                mask = mask & (query - key < window)
        elif window is not None:
            mask = (query - key).abs() < window
    if documents is not None:
        same = documents[:, start:, None] == documents[:, None, :]
        mask = same if mask is None else same & mask
        return mask[:, None]
    return None if mask is None else mask[None, None]


def attend(
    q: Tensor, k: Tensor, v: Tensor, *, mask: Tensor | None = None, causal: bool = False, dropout: float = 0.0
) -> Tensor:
    """Scaled dot-product attention written out (Vaswani et al. 2017, arXiv:1706.03762, equation 1).

    Args:
        q: [B, heads, T, head_dim].
        k: [B, heads, S, head_dim].
        v: [B, heads, S, head_dim].
        mask: Boolean, broadcastable to [B, heads, T, S].
        causal: Query `t` sees keys 0…t; in place of a mask.
        dropout: Share of weights dropped.

    Returns:
        [B, heads, T, head_dim], in the type of `v`.
    """
    if causal:
        mask = torch.ones(q.shape[-2], k.shape[-2], dtype=torch.bool, device=q.device).tril()
    scores = (q @ k.transpose(-2, -1)).float() / math.sqrt(q.shape[-1])
    if mask is not None:
        # Not -inf: a row without any visible key would be NaN, and its gradient too.
        scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
    weights = scores.softmax(-1)
    if mask is not None:
        weights = weights.masked_fill(~mask, 0.0)
    return F.dropout(weights, dropout).type_as(v) @ v


def attend_fused(
    q: Tensor, k: Tensor, v: Tensor, *, mask: Tensor | None = None, causal: bool = False, dropout: float = 0.0
) -> Tensor:
    """The same as `attend`, by torch's fused kernels."""
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, dropout_p=dropout, is_causal=causal)


class Attention(nn.Module):
    """Multi-head attention, grouped where key-value heads are fewer (Ainslie et al. 2023, arXiv:2305.13245).

    Args:
        hidden_size: Width in and out.
        num_heads: Query heads.
        num_kv_heads: Key and value heads; divides `num_heads`.
        head_dim: Features of one head (`num_heads * head_dim` need not be `hidden_size`).
        bias: Whether the query, key and value projections have one.
        output_bias: Whether the output projection has one.
        qk_norm: RMSNorm of every query and key head before rotation, as in Qwen3 (after Henry et al. 2020,
            arXiv:2010.04245).
        norm_eps: Of that norm.
        dropout: Of attention weights and of the output, while training.
        fused: Whether torch's fused kernels serve instead of the written-out path.

    Raises:
        UsageError: The heads do not divide.
    """

    def __init__(
        self,
        hidden_size: int,
        num_heads: int,
        num_kv_heads: int,
        head_dim: int,
        *,
        bias: bool = False,
        output_bias: bool = False,
        qk_norm: bool = False,
        norm_eps: float = 1e-6,
        dropout: float = 0.0,
        fused: bool = True,
    ) -> None:
        super().__init__()
        if num_kv_heads < 1 or num_heads % num_kv_heads:
            raise UsageError(f"num_heads ({num_heads}) must be a multiple of num_kv_heads ({num_kv_heads})")
        self.num_heads, self.num_kv_heads, self.head_dim = num_heads, num_kv_heads, head_dim
        self.dropout, self.fused = dropout, fused
        self.query = nn.Linear(hidden_size, num_heads * head_dim, bias=bias)
        self.key = nn.Linear(hidden_size, num_kv_heads * head_dim, bias=bias)
        self.value = nn.Linear(hidden_size, num_kv_heads * head_dim, bias=bias)
        self.output = nn.Linear(num_heads * head_dim, hidden_size, bias=output_bias)
        self.query_norm = RMSNorm(head_dim, norm_eps) if qk_norm else None
        self.key_norm = RMSNorm(head_dim, norm_eps) if qk_norm else None

    def forward(
        self,
        x: Tensor,
        *,
        source: Tensor | None = None,
        rope: tuple[Tensor, Tensor] | None = None,
        mask: Tensor | None = None,
        causal: bool = False,
        cache: Cache | None = None,
        layer: int = 0,
    ) -> Tensor:
        """Mix every position of `x` with those it may see.

        Args:
            x: [B, T, hidden_size].
            source: Where keys and values come from, [B, S, hidden_size]; `x` itself where None.
            rope: Cosines and sines for the positions of `x` (self-attention only).
            mask: Boolean [1 or B, 1, T, S]; True = may be seen.
            causal: In place of a mask, query `t` sees keys 0…t; needs T = S.
            cache: Keys and values of earlier positions; these are appended under `layer`.
            layer: The number of this layer in the cache.

        Returns:
            [B, T, hidden_size].
        """
        source = x if source is None else source
        batch, length, _ = x.shape
        q = self.query(x).view(batch, length, self.num_heads, self.head_dim)
        k = self.key(source).view(batch, source.shape[1], self.num_kv_heads, self.head_dim)
        v = self.value(source).view(batch, source.shape[1], self.num_kv_heads, self.head_dim).transpose(1, 2)
        if self.query_norm is not None and self.key_norm is not None:
            q, k = self.query_norm(q), self.key_norm(k)
        q, k = q.transpose(1, 2), k.transpose(1, 2)
        if rope is not None:
            q, k = rotate(q, *rope), rotate(k, *rope)
        if cache is not None:
            k, v = cache.update(layer, k, v)
        groups = self.num_heads // self.num_kv_heads  # head h reads key-value head h // groups
        if groups > 1 and length == 1:
            # One step: the heads of a group are as good as queries of one head, and nothing need be copied.
            q = q.view(batch, self.num_kv_heads, groups, self.head_dim)
            causal = False
        elif groups > 1:
            k, v = k.repeat_interleave(groups, 1), v.repeat_interleave(groups, 1)
        dropout = self.dropout if self.training else 0.0
        mixed = (attend_fused if self.fused else attend)(q, k, v, mask=mask, causal=causal, dropout=dropout)
        if q.shape[1] == self.num_heads:
            mixed = mixed.transpose(1, 2)
        mixed = mixed.reshape(batch, length, self.num_heads * self.head_dim)
        return F.dropout(self.output(mixed), self.dropout, self.training)

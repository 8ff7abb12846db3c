"""The decoder: a stack of pre-norm layers that predicts the next token, GPT-2 to Llama by configuration.

`forward` gives logits for every position. Tokens of one row see each other only inside equal `documents` ids,
so several documents can be packed into one window and rows can be padded on either side (id -1; what comes
out at padding is finite and means nothing). Positions run on through a packed window where they are rotary
(only differences matter) and start anew in every document where they are learned or sinusoidal.

Initialisation (GPT-2): matrices and embeddings normal with deviation 0.02; the two projections of a layer
that write into the residual stream 0.02 / sqrt(2 · num_layers), so that the stream's variance does not grow
with depth; biases 0, norms 1.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from homespun.errors import UsageError
from models.blocks.attention import Attention, Cache, attention_mask
from models.blocks.feedforward import FeedForward
from models.blocks.norms import make_norm
from models.blocks.positions import Rotary, Sinusoidal
from models.nets.decoder_config import DecoderConfig

if TYPE_CHECKING:
    from models.inference.cache import KVCache

__all__ = ["Decoder", "DecoderConfig", "DecoderLayer"]

_STD = 0.02


class DecoderLayer(nn.Module):
    """`x + attention(norm(x))`, then `x + feedforward(norm(x))`."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.attention_norm = make_norm(config.norm, config.hidden_size, config.norm_eps)
        self.attention = Attention(
            config.hidden_size,
            config.num_heads,
            config.num_kv_heads,
            config.head_dim,
            bias=config.attention_bias,
            output_bias=config.has_output_bias,
            qk_norm=config.qk_norm,
            norm_eps=config.norm_eps,
            dropout=config.dropout,
            fused=config.fused_attention,
        )
        self.feedforward_norm = make_norm(config.norm, config.hidden_size, config.norm_eps)
        self.feedforward = FeedForward(
            config.hidden_size,
            config.intermediate_size,
            config.activation,
            bias=config.mlp_bias,
            dropout=config.dropout,
        )

    def forward(
        self,
        x: Tensor,
        rope: tuple[Tensor, Tensor] | None,
        mask: Tensor | None,
        causal: bool,
        cache: Cache | None,
        layer: int,
    ) -> Tensor:
        """Map `x` [B, T, hidden_size] to the same shape; the arguments are those of `Attention.forward`."""
        normed = self.attention_norm(x)
        x = x + self.attention(normed, rope=rope, mask=mask, causal=causal, cache=cache, layer=layer)
        mapped: Tensor = x + self.feedforward(self.feedforward_norm(x))
        return mapped


class Decoder(nn.Module):
    """A language model over token ids.

    Args:
        config: Its shape.
    """

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocab_size, config.hidden_size)
        self.positions: nn.Module
        if config.positions == "rope":
            self.positions = Rotary(
                config.head_dim, config.max_positions, config.rope_theta, config.rope_scaling
            )
        elif config.positions == "sinusoidal":
            self.positions = Sinusoidal(config.hidden_size, config.max_positions)
        else:
            self.positions = nn.Embedding(config.max_positions, config.hidden_size)
        self.layers = nn.ModuleList(DecoderLayer(config) for _ in range(config.num_layers))
        self.norm = make_norm(config.norm, config.hidden_size, config.norm_eps)
        # Tied, there is no second matrix at all: state dictionaries and counts hold the embedding once.
        self.head = (
            None if config.tie_embeddings else nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        )
        self.initialise()

    @torch.no_grad()
    def initialise(self) -> None:
        """Draw all parameters anew (see the module's docstring), from torch's global generator."""
        residual = _STD / math.sqrt(2 * self.config.num_layers)
        for name, parameter in self.named_parameters():
            if parameter.dim() < 2:
                parameter.fill_(0.0 if name.endswith("bias") else 1.0)
            else:
                written = name.endswith(("attention.output.weight", "feedforward.down.weight"))
                parameter.normal_(0.0, residual if written else _STD)

    @property
    def device(self) -> torch.device:
        """Where it lives."""
        return self.embedding.weight.device

    def num_parameters(self) -> int:
        """Trainable numbers; a tied embedding counts once."""
        return sum(parameter.numel() for parameter in self.parameters())

    def new_cache(self, batch: int, capacity: int) -> KVCache:
        """An empty key-value cache for `batch` rows of at most `capacity` positions."""
        from models.inference.cache import KVCache

        weight = self.embedding.weight
        return KVCache(self.config, batch, capacity, weight.dtype, weight.device)

    def forward(
        self,
        ids: Tensor,
        *,
        positions: Tensor | None = None,
        documents: Tensor | None = None,
        cache: Cache | None = None,
        last_only: bool = False,
    ) -> Tensor:
        """Logits of the next token.

        Args:
            ids: Token ids [B, T].
            positions: Their places [B, T] or [T], each below `max_positions`; if None, counted from
                `cache.length`, or as the module's docstring says where there are documents.
            documents: Document ids [B, T], equal for tokens that may see each other, -1 for padding. With a
                cache that holds something, those of the held positions stand before them:
                [B, cache.length + T].
            cache: Keys and values of earlier positions; those of `ids` are appended, the cache is advanced.
            last_only: Whether only the last position's logits are computed.

        Returns:
            [B, T, vocab_size], or [B, 1, vocab_size] with `last_only`.

        Raises:
            UsageError: The tokens don't fit into `max_positions`, or a shape is wrong.
        """
        if ids.dim() != 2 or ids.shape[1] < 1:
            raise UsageError(
                f"ids must have the shape [batch, length] with a length above 0, not {list(ids.shape)}"
            )
        length, config = ids.shape[1], self.config
        start = 0 if cache is None else cache.length
        if documents is not None and documents.shape != (ids.shape[0], start + length):
            raise UsageError(
                f"documents must have the shape {[ids.shape[0], start + length]}, not {list(documents.shape)}"
            )
        if positions is None:
            if start + length > config.max_positions:
                raise UsageError(
                    f"{start + length} tokens are too many: this model's context is {config.max_positions}"
                )
            if documents is None or config.positions == "rope":
                positions = torch.arange(start, start + length, device=ids.device)
            else:
                positions = positions_in_documents(documents)[:, start:]

        x = self.embedding(ids)
        rope: tuple[Tensor, Tensor] | None = None
        if config.positions == "rope":
            rope = self.positions(positions)
        else:
            x = x + self.positions(positions)
        x = F.dropout(x, config.dropout, self.training)

        # Whole plain windows take the kernels' own causal mode; everything else one mask for all layers.
        causal = documents is None and start == 0 and length > 1
        causal = causal and (config.sliding_window is None or config.sliding_window >= length)
        mask = None
        if not causal:
            mask = attention_mask(
                length, start=start, window=config.sliding_window, documents=documents, device=ids.device
            )
        for number, layer in enumerate(self.layers):
            x = layer(x, rope, mask, causal, cache, number)
        if cache is not None:
            cache.advance(length)
        if last_only:
            x = x[:, -1:]
        x = self.norm(x)
        return F.linear(x, self.embedding.weight if self.head is None else self.head.weight)


def positions_in_documents(documents: Tensor) -> Tensor:
    """Place of every token in its own document, [B, T]; a document is one run of equal ids in `documents`."""
    places = torch.arange(documents.shape[1], device=documents.device).expand_as(documents)
    begins = torch.ones_like(documents, dtype=torch.bool)
    begins[:, 1:] = documents[:, 1:] != documents[:, :-1]
    return places - torch.where(begins, places, 0).cummax(1).values

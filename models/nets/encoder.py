"""The encoder: a stack of post-norm layers that reads a whole text at once, as BERT does.

After Devlin et al. 2019 (arXiv:1810.04805). `forward` gives one state a token. Every token sees all tokens of
its row that the mask doesn't hide; what comes out at hidden places (padding) is finite and means nothing.
Padding stands on the right.

Initialisation (BERT): matrices and embeddings normal with deviation 0.02; biases 0, norms 1.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from homespun.errors import UsageError
from models.blocks.attention import Attention
from models.blocks.feedforward import FeedForward
from models.blocks.norms import LayerNorm
from models.nets.encoder_config import EncoderConfig

__all__ = ["Encoder", "EncoderConfig", "EncoderLayer"]

_STD = 0.02


class EncoderLayer(nn.Module):
    """`norm(x + attention(x))`, then `norm(x + feedforward(x))`."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.attention = Attention(
            config.hidden_size,
            config.num_heads,
            config.num_heads,
            config.head_dim,
            bias=True,
            output_bias=True,
            dropout=config.dropout,
            fused=config.fused_attention,
        )
        self.attention_norm = LayerNorm(config.hidden_size, config.norm_eps)
        self.feedforward = FeedForward(
            config.hidden_size,
            config.intermediate_size,
            config.activation,
            bias=True,
            dropout=config.dropout,
        )
        self.feedforward_norm = LayerNorm(config.hidden_size, config.norm_eps)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """Map `x` [B, T, hidden_size] to the same shape; `mask` is [B, 1, 1, T], True = may be seen."""
        x = self.attention_norm(x + self.attention(x, mask=mask))
        mapped: Tensor = self.feedforward_norm(x + self.feedforward(x))
        return mapped


class Encoder(nn.Module):
    """A BERT-style encoder."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.config = config
        width = config.hidden_size
        self.embedding = nn.Embedding(config.vocab_size, width)
        self.positions = nn.Embedding(config.position_offset + config.max_positions, width)
        self.types = nn.Embedding(config.num_types, width)
        self.embedding_norm = LayerNorm(width, config.norm_eps)
        self.layers = nn.ModuleList(EncoderLayer(config) for _ in range(config.num_layers))
        self.pooler = nn.Linear(width, width) if config.pooler else None
        self.initialise()

    @torch.no_grad()
    def initialise(self) -> None:
        """Draw all parameters anew (see the module's docstring), from torch's global generator."""
        for name, parameter in self.named_parameters():
            if parameter.dim() < 2:
                parameter.fill_(0.0 if name.endswith("bias") else 1.0)
            else:
                parameter.normal_(0.0, _STD)

    def num_parameters(self) -> int:
        """Trainable numbers."""
        return sum(parameter.numel() for parameter in self.parameters())

    def forward(self, ids: Tensor, *, mask: Tensor | None = None, types: Tensor | None = None) -> Tensor:
        """States of the last layer.

        Args:
            ids: Token ids [B, T].
            mask: Boolean [B, T], True where there is a token and not padding; None where all are tokens.
            types: Token types [B, T]; all 0 if None.

        Returns:
            [B, T, hidden_size].

        Raises:
            UsageError: The tokens don't fit into `max_positions`, or a shape is wrong.
        """
        if ids.dim() != 2 or ids.shape[1] < 1:
            raise UsageError(
                f"ids must have the shape [batch, length] with a length above 0, not {list(ids.shape)}"
            )
        for name, given in (("mask", mask), ("types", types)):
            if given is not None and given.shape != ids.shape:
                raise UsageError(f"{name} must have the shape {list(ids.shape)}, not {list(given.shape)}")
        length, config = ids.shape[1], self.config
        if length > config.max_positions:
            raise UsageError(
                f"{length} tokens are too many: this encoder reads {config.max_positions} at once"
            )
        start = config.position_offset
        x: Tensor = self.embedding(ids) + self.positions.weight[start : start + length]
        x = x + (self.types.weight[0] if types is None else self.types(types))
        x = F.dropout(self.embedding_norm(x), config.dropout, self.training)
        seen = None if mask is None else mask[:, None, None, :]
        for layer in self.layers:
            x = layer(x, seen)
        return x

    def pooled(self, states: Tensor) -> Tensor:
        """BERT's summary of a text: `tanh` of a projection of the first token's state.

        Args:
            states: What `forward` gave, [B, T, hidden_size].

        Returns:
            [B, hidden_size].

        Raises:
            UsageError: This encoder has no pooler.
        """
        if self.pooler is None:
            raise UsageError("this encoder has no pooler: make it with pooler=True")
        projected: Tensor = self.pooler(states[:, 0])
        return torch.tanh(projected)

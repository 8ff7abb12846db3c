"""The shape of an encoder, as data: BERT and RoBERTa by values. Imports no torch."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from homespun.errors import UsageError

ACTIVATIONS = ("gelu_erf", "gelu", "relu2")


@dataclass(frozen=True)
class EncoderConfig:
    """Everything that decides an encoder's shape and arithmetic; hashable, and checked when made.

    Attributes:
        vocab_size: Number of token ids.
        hidden_size: Width between layers.
        num_layers: Layers.
        num_heads: Attention heads; divides `hidden_size`.
        intermediate_size: Width inside the feed-forward.
        max_positions: Longest input in tokens.
        num_types: Token types (segments).
        position_offset: Rows of the position table before that of the first token: 0 in BERT, 2 in RoBERTa,
            whose table begins with the padding's.
        activation: "gelu_erf" (exact, BERT's), "gelu" (tanh approximation) or "relu2".
        norm_eps: Added inside every norm.
        dropout: While training: of embeddings, attention weights and both branches of a layer.
        pooler: Whether there's a projection of the first token's state (BERT's next-sentence layer).
        fused_attention: Torch's fused kernels serve instead of the written-out attention (equal results).

    Raises:
        UsageError: A value makes no sense; the message names the field.
    """

    vocab_size: int
    hidden_size: int
    num_layers: int
    num_heads: int
    intermediate_size: int
    max_positions: int
    num_types: int = 2
    position_offset: int = 0
    activation: str = "gelu_erf"
    norm_eps: float = 1e-12
    dropout: float = 0.0
    pooler: bool = False
    fused_attention: bool = True

    def __post_init__(self) -> None:
        sizes = ("vocab_size", "hidden_size", "num_layers", "num_heads", "intermediate_size", "max_positions")
        for name, least in (*((name, 1) for name in sizes), ("num_types", 1), ("position_offset", 0)):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise UsageError(f"{name} must be an integer of {least} or more, not {value!r}")
        for name in ("pooler", "fused_attention"):
            if not isinstance(getattr(self, name), bool):
                raise UsageError(f"{name} must be true or false, not {getattr(self, name)!r}")
        if self.activation not in ACTIVATIONS:
            raise UsageError(f"activation must be one of {', '.join(ACTIVATIONS)}, not {self.activation!r}")
        if self.hidden_size % self.num_heads:
            raise UsageError(
                f"hidden_size ({self.hidden_size}) must be a multiple of num_heads ({self.num_heads})"
            )
        if not 0.0 <= self.dropout < 1.0:
            raise UsageError(f"dropout must be at least 0 and below 1, not {self.dropout!r}")
        if not self.norm_eps > 0:
            raise UsageError(f"norm_eps must be above 0, not {self.norm_eps!r}")

    @property
    def head_dim(self) -> int:
        """Features of one head."""
        return self.hidden_size // self.num_heads

    def num_parameters(self) -> int:
        """Trainable numbers of the net that this describes."""
        width, inner = self.hidden_size, self.intermediate_size
        rows = self.vocab_size + self.max_positions + self.position_offset + self.num_types
        layer = 4 * (width * width + width) + 2 * width * inner + inner + width + 4 * width
        return rows * width + 2 * width + self.num_layers * layer + self.pooler * (width * width + width)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; `from_dict` takes them back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The configuration that `to_dict` wrote.

        Raises:
            UsageError: A field is unknown or missing, or a value makes no sense.
        """
        unknown = values.keys() - {field.name for field in fields(cls)}
        if unknown:
            raise UsageError(f"an encoder's configuration has no {', '.join(sorted(unknown))}")
        try:
            return cls(**values)
        except TypeError as error:
            raise UsageError(f"this is not an encoder's configuration: {error}") from error

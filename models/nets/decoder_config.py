"""The shape of a decoder, as data: from GPT-2 to Llama, Qwen2 and Qwen3 by values. Imports no torch."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from homespun.errors import UsageError
from models.blocks.scaling import RopeScaling

NORMS = ("rmsnorm", "layernorm")
POSITIONS = ("rope", "learned", "sinusoidal")
ACTIVATIONS = ("swiglu", "gelu", "gelu_erf", "relu2")


@dataclass(frozen=True)
class DecoderConfig:
    """Everything that decides a decoder's shape and arithmetic; hashable, and checked when made.

    Attributes:
        vocab_size: Number of token ids.
        hidden_size: Width between layers.
        num_layers: Layers.
        num_heads: Query heads.
        num_kv_heads: Key-value heads; divides `num_heads`.
        head_dim: Features of one head.
        intermediate_size: Width inside the feed-forward.
        max_positions: Longest context.
        norm: "rmsnorm" or "layernorm" (with bias).
        norm_eps: Added inside every norm.
        positions: "rope", "learned" or "sinusoidal".
        rope_theta: Base of the rotary wavelengths.
        activation: "swiglu", "gelu" (tanh approximation, GPT-2's), "gelu_erf" or "relu2".
        attention_bias: Biases of the query, key and value projections.
        mlp_bias: Biases of the feed-forward.
        qk_norm: RMSNorm of query and key heads before rotation (Qwen3).
        tie_embeddings: The output matrix is the input embedding.
        sliding_window: A token sees only itself and the `sliding_window - 1` before it; None is all.
        dropout: While training: of embeddings, attention weights and both branches of a layer.
        fused_attention: Torch's fused kernels serve instead of the written-out attention (equal results).
        output_bias: Bias of the attention's output projection; None is as `attention_bias` (Qwen2's differ).
        rope_scaling: Stretch of rotary positions for long contexts.

    Raises:
        UsageError: A value makes no sense; the message names the field.
    """

    vocab_size: int
    hidden_size: int
    num_layers: int
    num_heads: int
    num_kv_heads: int
    head_dim: int
    intermediate_size: int
    max_positions: int
    norm: str = "rmsnorm"
    norm_eps: float = 1e-6
    positions: str = "rope"
    rope_theta: float = 10000.0
    activation: str = "swiglu"
    attention_bias: bool = False
    mlp_bias: bool = False
    qk_norm: bool = False
    tie_embeddings: bool = True
    sliding_window: int | None = None
    dropout: float = 0.0
    fused_attention: bool = True
    output_bias: bool | None = None
    rope_scaling: RopeScaling | None = None

    def __post_init__(self) -> None:
        sizes = ["vocab_size", "hidden_size", "num_layers", "num_heads", "num_kv_heads", "head_dim"]
        sizes += ["intermediate_size", "max_positions"]
        if self.sliding_window is not None:
            sizes.append("sliding_window")
        for name in sizes:
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise UsageError(f"{name} must be a positive integer, not {value!r}")
        flags = ("attention_bias", "mlp_bias", "qk_norm", "tie_embeddings", "fused_attention")
        for name in flags:
            if not isinstance(getattr(self, name), bool):
                raise UsageError(f"{name} must be true or false, not {getattr(self, name)!r}")
        for name, known in (("norm", NORMS), ("positions", POSITIONS), ("activation", ACTIVATIONS)):
            if getattr(self, name) not in known:
                raise UsageError(f"{name} must be one of {', '.join(known)}, not {getattr(self, name)!r}")
        if self.num_heads % self.num_kv_heads:
            raise UsageError(
                f"num_heads ({self.num_heads}) must be a multiple of num_kv_heads ({self.num_kv_heads})"
            )
        if self.positions == "rope" and self.head_dim % 2:
            raise UsageError(f"head_dim must be even for rotary positions, not {self.head_dim}")
        if self.positions == "sinusoidal" and self.hidden_size % 2:
            raise UsageError(f"hidden_size must be even for sinusoidal positions, not {self.hidden_size}")
        if not 0.0 <= self.dropout < 1.0:
            raise UsageError(f"dropout must be at least 0 and below 1, not {self.dropout!r}")
        if not self.norm_eps > 0 or not self.rope_theta > 0:
            raise UsageError("norm_eps and rope_theta must be above 0")
        if self.rope_scaling is not None and self.positions != "rope":
            raise UsageError(f"rope_scaling needs rotary positions, not {self.positions}")

    @classmethod
    def llama(
        cls,
        vocab_size: int,
        hidden_size: int,
        num_layers: int,
        num_heads: int,
        *,
        num_kv_heads: int | None = None,
        head_dim: int | None = None,
        intermediate_size: int | None = None,
        max_positions: int = 1024,
        **others: Any,
    ) -> Self:
        """RoPE, RMSNorm, SwiGLU, no biases.

        Left out, there are as many key-value heads as heads, a head takes its share of the width, and the
        feed-forward is 8/3 of the width, rounded up to a multiple of 32.
        """
        return cls(
            vocab_size=vocab_size,
            hidden_size=hidden_size,
            num_layers=num_layers,
            num_heads=num_heads,
            num_kv_heads=num_heads if num_kv_heads is None else num_kv_heads,
            head_dim=_share(hidden_size, num_heads) if head_dim is None else head_dim,
            intermediate_size=-(-hidden_size * 8 // 96) * 32
            if intermediate_size is None
            else intermediate_size,
            max_positions=max_positions,
            **others,
        )

    @classmethod
    def gpt2(
        cls,
        vocab_size: int,
        hidden_size: int,
        num_layers: int,
        num_heads: int,
        *,
        intermediate_size: int | None = None,
        max_positions: int = 1024,
        **others: Any,
    ) -> Self:
        """Learned positions, LayerNorm, GELU (tanh), biases, tied embeddings; feed-forward 4 × width."""
        shape: dict[str, Any] = {
            "norm": "layernorm",
            "norm_eps": 1e-5,
            "positions": "learned",
            "activation": "gelu",
            "attention_bias": True,
            "mlp_bias": True,
        }
        return cls(
            vocab_size=vocab_size,
            hidden_size=hidden_size,
            num_layers=num_layers,
            num_heads=num_heads,
            num_kv_heads=others.pop("num_kv_heads", num_heads),
            head_dim=others.pop("head_dim", None) or _share(hidden_size, num_heads),
            intermediate_size=4 * hidden_size if intermediate_size is None else intermediate_size,
            max_positions=max_positions,
            **(shape | others),
        )

    @property
    def has_output_bias(self) -> bool:
        """Whether the attention's output projection has a bias."""
        return self.attention_bias if self.output_bias is None else self.output_bias

    def num_parameters(self) -> int:
        """Trainable numbers of the net that this describes; a tied embedding counts once."""
        width, heads, kv = self.hidden_size, self.num_heads * self.head_dim, self.num_kv_heads * self.head_dim
        norm = width * (2 if self.norm == "layernorm" else 1)
        attention = 2 * width * heads + 2 * width * kv
        attention += (heads + 2 * kv) * self.attention_bias + width * self.has_output_bias
        attention += 2 * self.head_dim * self.qk_norm
        ups = 2 if self.activation == "swiglu" else 1
        mlp = (ups + 1) * width * self.intermediate_size
        mlp += (ups * self.intermediate_size + width) * self.mlp_bias
        embeddings = self.vocab_size * width * (1 if self.tie_embeddings else 2)
        embeddings += self.max_positions * width * (self.positions == "learned")
        return embeddings + self.num_layers * (2 * norm + attention + mlp) + norm

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; `from_dict` takes them back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The configuration that `to_dict` wrote.

        Raises:
            UsageError: A field is unknown or missing, or a value makes no sense.
        """
        values = dict(values)
        unknown = values.keys() - {field.name for field in fields(cls)}
        if unknown:
            raise UsageError(f"a decoder's configuration has no {', '.join(sorted(unknown))}")
        try:
            if isinstance(values.get("rope_scaling"), Mapping):
                values["rope_scaling"] = RopeScaling(**values["rope_scaling"])
            return cls(**values)
        except TypeError as error:
            raise UsageError(f"this is not a decoder's configuration: {error}") from error


def _share(hidden_size: int, num_heads: int) -> int:
    if not isinstance(num_heads, int) or num_heads < 1 or hidden_size % num_heads:
        raise UsageError(f"hidden_size ({hidden_size}) must be a multiple of num_heads ({num_heads})")
    return hidden_size // num_heads

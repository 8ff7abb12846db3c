"""The feed-forward half of a layer: one hidden layer applied to every position by itself.

`swiglu` has a gate beside its up-projection (three matrices); the others have two. `gelu` is GPT-2's tanh
approximation ("gelu_new"), `gelu_erf` the exact one that BERT uses.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from homespun.errors import UsageError


def gelu_tanh(x: Tensor) -> Tensor:
    """GELU by the tanh approximation (Hendrycks and Gimpel 2016, arXiv:1606.08415), as in GPT-2."""
    return 0.5 * x * (1.0 + torch.tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * x * x * x)))


def gelu_erf(x: Tensor) -> Tensor:
    """Exact GELU: `x` times the normal distribution function at `x`."""
    return 0.5 * x * (1.0 + torch.erf(x * math.sqrt(0.5)))


def relu2(x: Tensor) -> Tensor:
    """Squared ReLU (So et al. 2021, Primer, arXiv:2109.08668)."""
    return torch.relu(x).square()


def silu(x: Tensor) -> Tensor:
    """`x * sigmoid(x)`, the gate of SwiGLU."""
    return x * torch.sigmoid(x)


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "swiglu": silu,
    "gelu": gelu_tanh,
    "gelu_erf": gelu_erf,
    "relu2": relu2,
}


class FeedForward(nn.Module):
    """`down(activation(up(x)))`, or SwiGLU's `down(silu(gate(x)) * up(x))` (Shazeer 2020, arXiv:2002.05202).

    Args:
        hidden_size: Width in and out.
        intermediate_size: Width between.
        activation: A name in `ACTIVATIONS`.
        bias: Whether every projection has one.
        dropout: Share of outputs dropped while training.

    Raises:
        UsageError: No activation has that name.
    """

    def __init__(
        self,
        hidden_size: int,
        intermediate_size: int,
        activation: str = "swiglu",
        *,
        bias: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        if activation not in ACTIVATIONS:
            raise UsageError(f"unknown activation {activation!r}: choose one of {', '.join(ACTIVATIONS)}")
        self.activation = ACTIVATIONS[activation]
        self.dropout = dropout
        self.gate = nn.Linear(hidden_size, intermediate_size, bias=bias) if activation == "swiglu" else None
        self.up = nn.Linear(hidden_size, intermediate_size, bias=bias)
        self.down = nn.Linear(intermediate_size, hidden_size, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """Map `x` [..., hidden_size] to the same shape."""
        if self.gate is None:
            inner = self.activation(self.up(x))
        else:
            inner = self.activation(self.gate(x)) * self.up(x)
        return F.dropout(self.down(inner), self.dropout, self.training)

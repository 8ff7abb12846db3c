"""Normalisation over the last dimension: LayerNorm and RMSNorm.

Both compute in float32 whatever the input's type and return the input's type, so that autocast and
half-precision weights do not lose the small differences a mean of squares is made of.
"""

import torch
from torch import Tensor, nn

from homespun.errors import UsageError


class LayerNorm(nn.Module):
    """`(x - mean) / sqrt(variance + eps) * weight + bias` (Ba et al. 2016, arXiv:1607.06450).

    Args:
        size: Length of the last dimension.
        eps: Added to the variance.
        bias: Whether there is an additive parameter.
    """

    def __init__(self, size: int, eps: float = 1e-5, bias: bool = True) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(size))
        self.bias = nn.Parameter(torch.zeros(size)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        """Normalise `x` [..., size]; same shape and type come back."""
        wide = x.float()
        wide = wide - wide.mean(-1, keepdim=True)
        wide = wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + self.eps) * self.weight.float()
        if self.bias is not None:
            wide = wide + self.bias.float()
        return wide.type_as(x)


class RMSNorm(nn.Module):
    """`x / sqrt(mean(x²) + eps) * weight` (Zhang and Sennrich 2019, arXiv:1910.07467).

    Args:
        size: Length of the last dimension.
        eps: Added to the mean square.
    """

    def __init__(self, size: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(size))

    def forward(self, x: Tensor) -> Tensor:
        """Normalise `x` [..., size]; same shape and type come back."""
        wide = x.float()
        wide = wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + self.eps)
        return (wide * self.weight.float()).type_as(x)


def make_norm(name: str, size: int, eps: float) -> LayerNorm | RMSNorm:
    """The norm called `name` ("layernorm" or "rmsnorm").

    Raises:
        UsageError: No norm has that name.
    """
    if name == "layernorm":
        return LayerNorm(size, eps)
    if name == "rmsnorm":
        return RMSNorm(size, eps)
    raise UsageError(f"unknown norm {name!r}: choose layernorm or rmsnorm")

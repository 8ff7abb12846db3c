"""Where a token stands: learned, sinusoidal and rotary positions.

All take `positions`, integer tensors [T] (one row for the whole batch) or [B, T]. Learned positions are a
plain `nn.Embedding` and need no class here. Tables are kept in float32 also when the net is moved to a
shorter type: an angle rounded to bfloat16 is a wrong angle.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from homespun.errors import UsageError
from models.blocks.scaling import RopeScaling


def rope_frequencies(head_dim: int, theta: float, scaling: RopeScaling | None = None) -> Tensor:
    """Angle a position adds, in radians, for each pair of features: float32 [head_dim / 2]."""
    pairs = torch.arange(0, head_dim, 2, dtype=torch.float32, device="cpu")
    frequencies = 1.0 / theta ** (pairs / head_dim)
    if scaling is None:
        return frequencies
    stretched = frequencies / scaling.factor
    if scaling.kind == "linear":
        return stretched
    turns = scaling.original_positions * frequencies / (2 * math.pi)  # full turns within the trained context
    ramp = (turns - scaling.low_frequency) / (scaling.high_frequency - scaling.low_frequency)
    ramp = ramp.clamp(0.0, 1.0)
    return ramp * frequencies + (1 - ramp) * stretched


class _Table(nn.Module):
    """Tables that follow the net's device but stay in float32, and are not saved with its weights."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self.length = length

    def _fill(self, device: torch.device) -> None:
        raise NotImplementedError

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> "_Table":
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        # Refilled, not converted: this restores float32 and also fills tables that came from the meta device.
        self._fill(next(self.buffers()).device)
        return self


class Rotary(_Table):
    """RoPE (Su et al. 2021, arXiv:2104.09864), in the half-rotation layout of Llama's weights.

    Feature `i` of a head is paired with `i + head_dim / 2` and the pair turned by `position * frequency[i]`.

    Args:
        head_dim: Features of one head, even.
        length: Number of positions in the table.
        theta: Base of the wavelengths.
        scaling: Stretch for longer contexts.
    """

    def __init__(
        self, head_dim: int, length: int, theta: float = 10000.0, scaling: RopeScaling | None = None
    ) -> None:
        super().__init__(length)
        if head_dim % 2:
            raise UsageError(f"rotary positions need an even head_dim, not {head_dim}")
        self.head_dim, self.theta, self.scaling = head_dim, theta, scaling
        self._fill(torch.get_default_device())

    def _fill(self, device: torch.device) -> None:
        angles = torch.outer(
            torch.arange(self.length, dtype=torch.float32, device="cpu"),
            rope_frequencies(self.head_dim, self.theta, self.scaling),
        )
        self.register_buffer("cos", torch.cat((angles, angles), -1).cos().to(device), persistent=False)
        self.register_buffer("sin", torch.cat((angles, angles), -1).sin().to(device), persistent=False)

    def forward(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        """Cosines and sines for `positions`: two [1 or B, 1, T, head_dim]."""
        cos, sin = self.get_buffer("cos")[positions], self.get_buffer("sin")[positions]
        if positions.dim() == 1:
            return cos[None, None], sin[None, None]
        return cos[:, None], sin[:, None]


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn `x` [B, heads, T, head_dim] by the angles from `Rotary`; same shape and type come back."""
    first, second = x.float().chunk(2, -1)
    turned = torch.cat((-second, first), -1)
    return (x.float() * cos + turned * sin).type_as(x)


class Sinusoidal(_Table):
    """Fixed sines and cosines added to the embeddings (Vaswani et al. 2017, arXiv:1706.03762, section 3.5).

    Args:
        size: Width of the embeddings, even.
        length: Number of positions in the table.
    """

    def __init__(self, size: int, length: int) -> None:
        super().__init__(length)
        if size % 2:
            raise UsageError(f"sinusoidal positions need an even width, not {size}")
        self.size = size
        self._fill(torch.get_default_device())

    def _fill(self, device: torch.device) -> None:
        angles = torch.outer(
            torch.arange(self.length, dtype=torch.float32, device="cpu"),
            rope_frequencies(self.size, 10000.0),
        )
        table = torch.stack((angles.sin(), angles.cos()), -1).flatten(-2)
        self.register_buffer("table", table.to(device), persistent=False)

    def forward(self, positions: Tensor) -> Tensor:
        """Rows for `positions`: [T, size] or [B, T, size]."""
        return self.get_buffer("table")[positions]

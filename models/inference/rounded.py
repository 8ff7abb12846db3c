"""Linear maps in 8 bits whose inputs' ranges are known before: one scale for all rows, whatever they are.

On processors with VNNI oneDNN multiplies unsigned by signed bytes in about half of bfloat16's time. What goes
in is scaled channel by channel, so that large channels and large columns of the matrix share the loss
(SmoothQuant, Xiao et al. 2023, arXiv:2211.10438, with exponent 1/2); columns of the matrix take the opposite
factor, its rows have a scale each. What lies beyond the range is cut off at its end. A row's result
depends on no other row.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from models.inference.linear import GELU

# Values up to so much beyond those that were seen still fit.
_MARGIN = 1.2
_TINY = 1e-6
# Units of the hidden layer that stay float32. A single one goes to four times what all others reach, and
# one scale for all of them would be as much coarser.
_APART = 8
# Just below the least value of GELU, with its sign turned.
_GELU_LEAST = 0.171
# The zero of what goes in: it's signed, the kernels want it unsigned.
_ZERO = 128
# Any number of rows may follow.
_ROWS = 2048


def has_bytes() -> bool:
    """Whether this torch and processor have quick products of bytes (oneDNN's, with VNNI)."""
    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return False
    if not all(hasattr(torch.ops.onednn, name) for name in ("qlinear_pointwise", "qlinear_prepack")):
        return False
    # Without VNNI pairs of products are summed in 16 bits, which overflow.
    supported = getattr(torch.cpu, "_is_vnni_supported", None)
    return supported is not None and bool(supported())


class Rounded:
    """`x @ weightᵀ + bias` of bytes.

    Args:
        weight: [out, in], float32; it is copied.
        bias: [out].
        greatest: The greatest absolute value of each input that was seen, [in].

    Attributes:
        factor: What inputs are multiplied by before they are rounded, [in].
    """

    def __init__(self, weight: Tensor, bias: Tensor, greatest: Tensor) -> None:
        greatest = greatest.clamp_min(_TINY)
        smooth = (greatest / weight.abs().amax(0).clamp_min(_TINY)).sqrt()
        self._step = float((greatest / smooth).amax()) * _MARGIN / 127
        self.factor = 1 / (smooth * self._step)
        self._packed = _Packed(weight * smooth, bias)

    def round(self, x: Tensor) -> Tensor:
        """Bytes of `x` [N, in], float32."""
        return to_bytes(x * self.factor)

    def __call__(self, x: Tensor, dtype: torch.dtype) -> Tensor:
        """Map bytes [N, in] to [N, out] of this type."""
        return self._packed(x, self._step, _ZERO, dtype)

    def gelu(self, x: Tensor, activation: str, step: float, zero: int) -> Tensor:
        """Map bytes [N, in] to bytes of the activation, in units of `step` from `zero` on."""
        return self._packed(x, self._step, _ZERO, torch.uint8, activation, step, zero)

    def add(self, x: Tensor, to: Tensor) -> Tensor:
        """Map bytes [N, in], and add that to `to` [N, out], float32, in place."""
        return self._packed.add(x, self._step, _ZERO, to)


class RoundedFeedForward:
    """`x + down(gelu(up(x)))`; what's between the two maps is bytes too, but for a few units.

    Args:
        up: Weight [hidden, width] and bias.
        down: Weight [width, hidden] and bias.
        greatest: Of what goes into `up` [width] and into `down` [hidden]: see `Rounded`.
        activation: "gelu" or "gelu_erf".
    """

    def __init__(
        self,
        up: tuple[Tensor, Tensor],
        down: tuple[Tensor, Tensor],
        greatest: tuple[Tensor, Tensor],
        activation: str,
    ) -> None:
        self._activation = activation
        hidden = len(greatest[1])
        apart = greatest[1].topk(min(_APART, hidden)).indices
        self._apart = up[0][apart].t().contiguous(), up[1][apart].clone(), down[0][:, apart].t().contiguous()
        rest = torch.ones(hidden).index_fill_(0, apart, 0.0)
        self._step = (float((greatest[1] * rest).amax()) * _MARGIN + _GELU_LEAST) / 255
        self._zero = min(round(_GELU_LEAST / self._step), 255)
        self._up = Rounded(up[0] * rest[:, None], up[1] * rest, greatest[0])
        self._down = _Packed(down[0] * rest, down[1])

    def __call__(self, x: Tensor) -> Tensor:
        """Map `x` [N, width], float32, in place."""
        up, bias, down = self._apart
        few = F.gelu(torch.addmm(bias, x, up), approximate=GELU[self._activation])
        hidden = self._up.gelu(self._up.round(x), self._activation, self._step, self._zero)
        return self._down.add(hidden, self._step, self._zero, x).addmm_(few, down)


class _Packed:
    """A matrix in bytes, laid out, with a scale a row."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        self._scale = (weight.abs().amax(1) / 127).clamp_min(_TINY**2)
        rounded = (weight / self._scale[:, None]).round().to(torch.int8).contiguous()
        self._weight = torch.ops.onednn.qlinear_prepack(rounded, [_ROWS, weight.shape[1]])
        self._zeros = torch.zeros(len(weight), dtype=torch.int64)
        self._bias = bias.clone()

    def __call__(
        self,
        x: Tensor,
        step: float,
        zero: int,
        dtype: torch.dtype,
        activation: str | None = None,
        out_step: float = 1.0,
        out_zero: int = 0,
    ) -> Tensor:
        after: tuple[Any, ...] = ("none", [], "") if activation is None else ("gelu", [], GELU[activation])
        matrix = (self._weight, self._scale, self._zeros)
        y: Tensor = torch.ops.onednn.qlinear_pointwise.default(
            x, step, zero, *matrix, self._bias, out_step, out_zero, dtype, *after
        )
        return y

    def add(self, x: Tensor, step: float, zero: int, to: Tensor) -> Tensor:
        matrix = (self._weight, self._scale, self._zeros)
        sums: tuple[Any, ...] = (1.0, 0, torch.float32, 1.0, 0, "sum", 1.0, "none", [], "")
        y: Tensor = torch.ops.onednn.qlinear_pointwise.binary(x, step, zero, *matrix, to, self._bias, *sums)
        return y


def to_bytes(x: Tensor) -> Tensor:
    """Round to -128 ... 127 and count from 128 on; `x`, float32, is overwritten."""
    # By way of signed bytes: torch's conversion to unsigned ones takes seven times as long.
    signed = x.round_().clamp_(-128, 127).to(torch.int8)
    return signed.view(torch.uint8).bitwise_xor_(_ZERO)

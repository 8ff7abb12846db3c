"""Linear maps as a fast pass on a CPU wants them: matrices laid out once, in one of three precisions.

"float32" and "bfloat16" run on oneDNN's kernels, which on processors that are not Intel's are more than twice
as fast as those behind `F.linear` (measured: 250 against 110 GFLOP/s a core), with GELU inside; where this
torch lacks them, `F.linear` serves. "int8" rounds the rows of the matrix and of what goes in to 8 bits, each
by its own greatest value (with one scale for all that goes in, five times as much was lost); where bytes
have quick products and ranges are known before, `models.inference.rounded` is the better one.

Tolerance: float32 within rounding (other order of sums) of `F.linear`; of the result's deviation
bfloat16 loses about 0.4 %, int8 about 1 %.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from models.blocks.feedforward import ACTIVATIONS
from models.blocks.lora import LoRALinear, row_lengths

Precision = Literal["float32", "bfloat16", "int8"]

# How oneDNN calls what its products may end in.
GELU = {"gelu_erf": "none", "gelu": "tanh"}
_TINY = 1e-30  # so that zeros divide
# Any number of rows may follow; this one lays the matrix out well for all above a few.
_ROWS = 512


class Matrix:
    """`x @ weightᵀ + bias`, laid out for one precision.

    Args:
        weight: [out, in], float32; it is copied.
        bias: [out].
        precision: In which products are computed.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None, precision: Precision) -> None:
        self.out_features = weight.shape[0]
        self._map = _MAKERS[precision](weight.detach(), None if bias is None else bias.detach())

    def __call__(self, x: Tensor, activation: str | None = None) -> Tensor:
        """Map `x` [N, in] to [N, out] of the same type, and apply the activation."""
        return self._map(x, activation)


class Adapted:
    """A matrix with what low-rank adapters add: `scale * x Aᵀ Bᵀ` on some of its rows, and DoRA's factor.

    Args:
        matrix: That of the bases, one below the other; it is shared.
        linears: The maps, in this order; those that are no `LoRALinear` have no adapter.
        dtype: Of what goes in.
    """

    def __init__(self, matrix: Matrix, linears: Sequence[nn.Module], dtype: torch.dtype) -> None:
        self._matrix = matrix
        self._parts: list[tuple[slice, Tensor, Tensor]] = []
        factors: list[Tensor] = []
        biases: list[Tensor] = []
        first = 0
        for linear in linears:
            rows = slice(first, first := first + int(linear.out_features))  # type: ignore[arg-type]
            factors.append(torch.ones(rows.stop - rows.start))
            biases.append(torch.zeros(rows.stop - rows.start))
            if not isinstance(linear, LoRALinear):
                continue
            up = linear.config.scale * linear.lora_B.detach().float()
            down = linear.lora_A.detach().float()
            self._parts.append((rows, down.t().to(dtype).contiguous(), up.t().to(dtype).contiguous()))
            if linear.magnitude is not None:
                whole = linear.base.weight.detach().float() + up @ down
                factors[-1] = linear.magnitude.detach().float() / row_lengths(whole)
                if linear.bias is not None:
                    biases[-1] = (1.0 - factors[-1]) * linear.bias.detach()
        self._factor: Tensor | None = None
        if any(isinstance(linear, LoRALinear) and linear.magnitude is not None for linear in linears):
            # The matrix has added the bias already, which the factor is not for.
            self._factor, self._rest = torch.cat(factors).to(dtype), torch.cat(biases).to(dtype)

    def __call__(self, x: Tensor, activation: str | None = None) -> Tensor:
        """Map `x` [N, in] to [N, out] of the same type, and apply the activation."""
        y = self._matrix(x)
        for rows, down, up in self._parts:
            y[:, rows].addmm_(x @ down, up)
        if self._factor is not None:
            y = torch.addcmul(self._rest, y, self._factor)
        return y if activation is None else activate(y, activation)


def activate(x: Tensor, activation: str) -> Tensor:
    """An activation, by torch's kernels where they have it; names as in `models.blocks.feedforward`."""
    if activation in GELU:
        return F.gelu(x, approximate=GELU[activation])
    return ACTIVATIONS[activation](x)


_Map = Callable[[Tensor, str | None], Tensor]


def _float32(weight: Tensor, bias: Tensor | None) -> _Map:
    return _floating(weight.contiguous(), bias)


def _bfloat16(weight: Tensor, bias: Tensor | None) -> _Map:
    return _floating(weight.bfloat16(), None if bias is None else bias.bfloat16())


def _floating(weight: Tensor, bias: Tensor | None) -> _Map:
    if not has_onednn(weight.dtype):

        def plain(x: Tensor, activation: str | None) -> Tensor:
            y = F.linear(x, weight, bias)
            return y if activation is None else activate(y, activation)

        return plain
    kernel = torch.ops.mkldnn._linear_pointwise.default
    packed = torch.ops.mkldnn._reorder_linear_weight(weight, _ROWS)

    def product(x: Tensor, activation: str | None) -> Tensor:
        y: Tensor
        if activation in GELU:
            y = kernel(x, packed, bias, "gelu", [], GELU[activation])
            return y
        y = kernel(x, packed, bias, "none", [], "")
        return y if activation is None else activate(y, activation)

    return product


def _int8(weight: Tensor, bias: Tensor | None) -> _Map:
    scale = (weight.abs().amax(1) / 127).clamp_min(_TINY)
    rounded = (weight / scale[:, None]).round().to(torch.int8).t().contiguous()
    rest = torch.zeros(len(weight)) if bias is None else bias

    def product(x: Tensor, activation: str | None) -> Tensor:
        step = (x.abs().amax(1, keepdim=True).float() / 127).clamp_min(_TINY)
        whole = torch._int_mm((x / step).round_().to(torch.int8), rounded)
        y = torch.addcmul(rest, whole * step, scale).to(x.dtype)
        return y if activation is None else activate(y, activation)

    return product


def has_onednn(dtype: torch.dtype) -> bool:
    """Whether this torch and processor have oneDNN's products of this type with a matrix laid out before."""
    names = ("_linear_pointwise", "_reorder_linear_weight", "_is_mkldnn_bf16_supported")
    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return False
    if not all(hasattr(torch.ops.mkldnn, name) for name in names):
        return False
    return dtype == torch.float32 or bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


_MAKERS: dict[Precision, Callable[[Tensor, Tensor | None], _Map]] = {
    "float32": _float32,
    "bfloat16": _bfloat16,
    "int8": _int8,
}

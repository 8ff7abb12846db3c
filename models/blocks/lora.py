"""Low-rank adapters on linear maps (LoRA, Hu et al. 2021, arXiv:2106.09685); rsLoRA and DoRA.

An adapted map computes `x W'ᵀ + bias` with `W' = W + scale · B A`: `A` [rank, in] is drawn, `B` [out, rank]
begins at zero, so a new adapter changes nothing. The scale is `alpha / rank`, with rsLoRA
`alpha / sqrt(rank)` (Kalajdzievski 2023, arXiv:2312.03732). With DoRA (Liu et al. 2024, arXiv:2402.09353)
every row of `W'` is scaled to a length that is learnt and begins as that of `W`'s row; the gradient takes the
length before scaling for a constant, as in section 4.3 there.

`adapted` gives a net that shares all tensors with the one it is made from and has adapters on top: any number
of them hold the base in memory once, each serves its own requests, and nothing is switched. `merged` folds
the adapters of such a net into plain matrices of its own; the base is never written to, so unmerging is
using the base again (`base`), exact to the bit.
"""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from homespun.errors import UsageError

Net = TypeVar("Net", bound=nn.Module)

_PARTS = ("lora_A", "lora_B", "magnitude")


@dataclass(frozen=True)
class LoRAConfig:
    """The shape of an adapter; hashable, and checked when made.

    Attributes:
        rank: Columns of B, rows of A.
        alpha: Numerator of the scale.
        targets: Which linear maps: each a whole name in the net, or its last parts ("query",
            "attention.query"), or a regular expression of a whole name.
        rslora: Divide alpha by the root of the rank.
        dora: Learn the length of every row.
        dropout: Share of inputs that A does not see while training.

    Raises:
        UsageError: A value makes no sense; the message names the field.
    """

    rank: int = 8
    alpha: float = 8.0
    targets: tuple[str, ...] = ("query", "value")
    rslora: bool = False
    dora: bool = False
    dropout: float = 0.0

    def __post_init__(self) -> None:
        if not isinstance(self.rank, int) or isinstance(self.rank, bool) or self.rank < 1:
            raise UsageError(f"rank must be an integer of 1 or more, not {self.rank!r}")
        if not 0 < self.alpha < math.inf:
            raise UsageError(f"alpha must be above 0 and finite, not {self.alpha!r}")
        if not 0.0 <= self.dropout < 1.0:
            raise UsageError(f"dropout must be at least 0 and below 1, not {self.dropout!r}")
        object.__setattr__(self, "targets", tuple(self.targets))
        if not self.targets or not all(isinstance(target, str) and target for target in self.targets):
            raise UsageError("targets must name at least one linear map")
        for target in self.targets:
            try:
                re.compile(target)
            except re.error as error:
                raise UsageError(
                    f"target {target!r} is no name and no regular expression: {error}"
                ) from error

    @property
    def scale(self) -> float:
        """Factor on B A."""
        return self.alpha / (math.sqrt(self.rank) if self.rslora else self.rank)

    def hits(self, name: str) -> bool:
        """Whether the linear map of this name is a target."""
        return any(
            name == target or name.endswith(f".{target}") or re.fullmatch(target, name) is not None
            for target in self.targets
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; `from_dict` takes them back."""
        return {**asdict(self), "targets": list(self.targets)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The configuration that `to_dict` wrote.

        Raises:
            UsageError: A field is unknown, or a value makes no sense.
        """
        unknown = values.keys() - {field.name for field in fields(cls)}
        if unknown:
            raise UsageError(f"an adapter's configuration has no {', '.join(sorted(unknown))}")
        targets = values.get("targets")
        given = {**values, "targets": (targets,)} if isinstance(targets, str) else values
        try:
            return cls(**given)
        except TypeError as error:
            raise UsageError(f"this is not an adapter's configuration: {error}") from error


class LoRALinear(nn.Module):
    """A linear map with an adapter; the map itself is shared, not copied.

    Args:
        base: The map.
        config: The adapter's shape. `A` is drawn from torch's global generator (Kaiming, uniform).

    Attributes:
        lora_A: [rank, in].
        lora_B: [out, rank].
        magnitude: [out], with DoRA only.
    """

    def __init__(self, base: nn.Linear, config: LoRAConfig) -> None:
        super().__init__()
        self.base = base
        self.config = config
        device, dtype = base.weight.device, torch.float32
        self.lora_A = nn.Parameter(torch.empty(config.rank, base.in_features, device=device, dtype=dtype))
        self.lora_B = nn.Parameter(torch.zeros(base.out_features, config.rank, device=device, dtype=dtype))
        nn.init.kaiming_uniform_(self.lora_A, a=math.sqrt(5))
        self.magnitude = nn.Parameter(base.weight.detach().float().norm(dim=1)) if config.dora else None

    @property
    def in_features(self) -> int:
        """Width in."""
        return self.base.in_features

    @property
    def out_features(self) -> int:
        """Width out."""
        return self.base.out_features

    @property
    def bias(self) -> Tensor | None:
        """The base's."""
        return self.base.bias

    @property
    def weight(self) -> Tensor:
        """`W'` [out, in], computed anew at each call, in the base's type."""
        whole = self._sum()
        if self.magnitude is not None:
            whole = whole * (self.magnitude / row_lengths(whole))[:, None]
        return whole.to(self.base.weight.dtype)

    def forward(self, x: Tensor) -> Tensor:
        """Map `x` [..., in] to [..., out]."""
        seen = F.dropout(x, self.config.dropout, self.training)
        low = self.config.scale * F.linear(F.linear(seen, self.lora_A.to(x.dtype)), self.lora_B.to(x.dtype))
        if self.magnitude is None:
            return F.linear(x, self.base.weight, self.bias) + low
        scale = (self.magnitude / row_lengths(self._sum())).to(x.dtype)
        mapped = scale * (F.linear(x, self.base.weight) + low)
        return mapped if self.bias is None else mapped + self.bias

    def _sum(self) -> Tensor:
        return self.base.weight.float() + self.config.scale * (self.lora_B @ self.lora_A)

    def extra_repr(self) -> str:
        """What `print` shows."""
        return f"rank={self.config.rank}, alpha={self.config.alpha}"


def row_lengths(weight: Tensor) -> Tensor:
    """Lengths of rows, constants to the gradient; a row of zeros has one that can be divided by."""
    lengths: Tensor = weight.detach().norm(dim=1)
    return lengths.clamp_min(torch.finfo(torch.float32).tiny)


def adapted(
    net: Net, config: LoRAConfig | Mapping[str, LoRAConfig], state: Mapping[str, Tensor] | None = None
) -> Net:
    """A net with adapters on its targets, sharing every tensor with `net`, which stays as it is.

    Args:
        net: The base; it may have no adapters yet.
        config: The adapter's shape; or a shape for each linear map by its whole name, targets aside.
        state: What `adapter_state` gave; by default a new adapter that changes nothing.

    Raises:
        UsageError: No linear map is a target, there are adapters already, or `state` does not fit.
    """
    if next(adapters(net), None) is not None:
        raise UsageError("this net has adapters already: adapt the base, or merge them first")
    shared: dict[int, Any] = {id(tensor): tensor for tensor in (*net.parameters(), *net.buffers())}
    made = copy.deepcopy(net, shared)
    linears = {
        name: part
        for name, part in made.named_modules(remove_duplicate=False)
        if isinstance(part, nn.Linear) and name
    }
    if isinstance(config, LoRAConfig):
        shapes: Mapping[str, LoRAConfig] = {name: config for name in linears if config.hits(name)}
        unknown = [] if shapes else list(config.targets)
    else:
        shapes, unknown = config, sorted(config.keys() - linears.keys())
    if unknown:
        raise UsageError(f"no linear map of this net is named {' or '.join(unknown[:3])}")
    # A map that stands in several places has one adapter.
    put: dict[nn.Module, LoRALinear] = {}
    for name, shape in shapes.items():
        linear = linears[name]
        if linear not in put:
            put[linear] = LoRALinear(linear, shape).train(linear.training)
        owner, _, last = name.rpartition(".")
        setattr(made.get_submodule(owner), last, put[linear])
    if state is not None:
        load_adapter_state(made, state)
    return made


def adapters(net: nn.Module) -> Iterator[tuple[str, LoRALinear]]:
    """Names and modules of the adapted maps of a net, in its order."""
    for name, part in net.named_modules():
        if isinstance(part, LoRALinear):
            yield name, part


def adapter_parameters(net: nn.Module) -> list[nn.Parameter]:
    """The adapters' own parameters: what training an adapter trains."""
    return [
        part
        for _, module in adapters(net)
        for part in (getattr(module, key) for key in _PARTS)
        if part is not None
    ]


def adapter_state(net: nn.Module) -> dict[str, Tensor]:
    """Tensors of all adapters by `<map>.lora_A`, `<map>.lora_B`, `<map>.magnitude`; detached, not copied."""
    return {
        f"{name}.{key}": part.detach()
        for name, module in adapters(net)
        for key in _PARTS
        if (part := getattr(module, key)) is not None
    }


@torch.no_grad()
def load_adapter_state(net: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Copy what `adapter_state` gave into the adapters of `net`.

    Raises:
        UsageError: A tensor is missing, left over or of a wrong shape; nothing was changed.
    """
    own = adapter_state(net)
    odd = sorted(own.keys() ^ state.keys())
    if odd:
        raise UsageError(f"the adapter does not fit this net (tensors {', '.join(odd[:3])})")
    for name, tensor in own.items():
        if tensor.shape != state[name].shape:
            raise UsageError(f"the adapter does not fit this net ({name} is {list(state[name].shape)})")
    for name, tensor in own.items():
        tensor.copy_(state[name])


def merged(net: Net) -> Net:
    """A plain net that computes what `net` with its adapters does; other tensors are shared."""
    return _plain(net, _folded)


def base(net: Net) -> Net:
    """The net without its adapters, sharing its tensors: the way back from `adapted`."""
    return _plain(net, lambda module: module.base)


def _folded(module: LoRALinear) -> nn.Linear:
    plain = nn.Linear(module.in_features, module.out_features, bias=False, device="meta")
    plain.weight = nn.Parameter(module.weight.detach(), requires_grad=False)
    plain.bias = module.base.bias
    return plain.train(module.training)


def _plain(net: Net, of: Any) -> Net:
    shared: dict[int, Any] = {id(tensor): tensor for tensor in (*net.parameters(), *net.buffers())}
    made = copy.deepcopy(net, shared)
    for name, module in list(adapters(made)):
        owner, _, last = name.rpartition(".")
        setattr(made.get_submodule(owner), last, of(module))
    return made


@torch.no_grad()
def low_rank(before: nn.Module, after: nn.Module, config: LoRAConfig) -> dict[str, Tensor]:
    """The adapter nearest to what whole tuning changed: the leading singular vectors of each difference.

    Args:
        before: The net that tuning began from.
        after: The net that it ended with, plain.
        config: The adapter's shape; without DoRA.

    Returns:
        What `adapter_state` would give (Eckart and Young 1936: the best of its rank in the least squares).

    Raises:
        UsageError: DoRA was asked for, no map is a target, or the nets are of different shapes.
    """
    if config.dora:
        raise UsageError("a difference of weights is compressed without dora")
    found: dict[str, Tensor] = {}
    ends = dict(after.named_modules())
    for name, linear in before.named_modules():
        if not (isinstance(linear, nn.Linear) and config.hits(name)):
            continue
        end = ends.get(name)
        if not isinstance(end, nn.Linear) or end.weight.shape != linear.weight.shape:
            raise UsageError(f"the nets differ in more than values: the second has no map like {name}")
        difference = end.weight.float() - linear.weight.float()
        u, s, vh = torch.linalg.svd(difference, full_matrices=False)
        root = s[: config.rank].sqrt()
        # A small map has fewer directions than the rank: the others stay zero.
        rest = config.rank - len(root)
        found[f"{name}.lora_A"] = F.pad(root[:, None] * vh[: config.rank], (0, 0, 0, rest)).contiguous()
        found[f"{name}.lora_B"] = F.pad(u[:, : config.rank] * root / config.scale, (0, rest)).contiguous()
    if not found:
        raise UsageError(f"no linear map of this net is named {' or '.join(config.targets)}")
    return found

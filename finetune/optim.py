"""Optimisers behind one interface: AdamW for vectors and embeddings, Muon for the matrices of the layers.

`build_optimizer(net, …)` sorts the parameters; `step(scale)` applies both with the schedule's factor. The
learning rates stay constants and the factor comes in at each step, so a resumed run has no schedule state to
restore.
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from finetune.precision import multiplies_bfloat16

# Quintic Newton-Schulz coefficients of Muon (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/):
# they maximise the slope at zero, and send all singular values into about [0.7, 1.2] in five steps.
_A, _B, _C = 3.4445, -4.7750, 2.0315


def orthogonalize(matrices: Tensor, steps: int = 5, dtype: torch.dtype | None = None) -> Tensor:
    """Nearest semi-orthogonal matrices, approximately, by Newton-Schulz iteration.

    Args:
        matrices: [..., rows, columns].
        steps: Iterations; 5 sends singular values to about 0.7–1.2.
        dtype: Precision of the iteration. bfloat16 suffices, so None takes it where the device has it, and
            float32 elsewhere.

    Returns:
        Same shape and dtype as `matrices`, singular values near 1.
    """
    if dtype is None:
        dtype = torch.bfloat16 if multiplies_bfloat16(matrices.device) else torch.float32
    x = matrices.to(dtype)
    tall = x.size(-2) > x.size(-1)
    if tall:
        x = x.mT
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(steps):
        gram = x @ x.mT
        x = _A * x + (_B * gram + _C * (gram @ gram)) @ x
    if tall:
        x = x.mT
    result: Tensor = x.to(matrices.dtype)
    return result


class Muon(torch.optim.Optimizer):
    """Momentum orthogonalised by Newton-Schulz, for matrices only (Jordan et al. 2024).

    The step of a [rows, columns] matrix is scaled by sqrt(max(1, rows / columns)), so one learning rate
    serves all shapes; weight decay is decoupled. Matrices of one shape are orthogonalised in one batched
    product.
    """

    def __init__(
        self,
        params: Iterable[nn.Parameter],
        lr: float = 0.02,
        momentum: float = 0.95,
        weight_decay: float = 0.1,
        steps: int = 5,
    ) -> None:
        matrices = list(params)
        for p in matrices:
            if p.ndim != 2:
                raise ValueError(f"Muon takes matrices; got a parameter of shape {tuple(p.shape)}")
        super().__init__(
            matrices, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay, "steps": steps}
        )

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Update every matrix that has a gradient."""
        if closure is not None:
            raise ValueError("Muon takes no closure")
        for group in self.param_groups:
            shapes: dict[tuple[int, ...], list[nn.Parameter]] = {}
            for p in group["params"]:
                if p.grad is not None:
                    shapes.setdefault(tuple(p.shape), []).append(p)
            for (rows, columns), params in shapes.items():
                updates = []
                for p in params:
                    assert p.grad is not None
                    state = self.state[p]
                    if "momentum" not in state:
                        state["momentum"] = torch.zeros_like(p)
                    average = state["momentum"]
                    average.lerp_(p.grad, 1.0 - group["momentum"])
                    updates.append(torch.lerp(p.grad, average, group["momentum"]))  # Nesterov
                directions = orthogonalize(torch.stack(updates), group["steps"])
                size = group["lr"] * max(1.0, rows / columns) ** 0.5
                for p, direction in zip(params, directions, strict=True):
                    p.mul_(1.0 - group["lr"] * group["weight_decay"])
                    p.add_(direction, alpha=-size)


class Optimizer:
    """Several torch optimisers driven as one, with one factor on all their learning rates."""

    def __init__(self, parts: dict[str, torch.optim.Optimizer]) -> None:
        self.parts = parts
        self._base = {name: [g["lr"] for g in part.param_groups] for name, part in parts.items()}

    def step(self, scale: float = 1.0) -> None:
        """Apply all parts at `scale` times their base learning rates."""
        for name, part in self.parts.items():
            for group, base in zip(part.param_groups, self._base[name], strict=True):
                group["lr"] = base * scale
            part.step()

    def zero_grad(self) -> None:
        """Forget all gradients."""
        for part in self.parts.values():
            part.zero_grad(set_to_none=True)

    def state_dict(self) -> dict[str, Any]:
        """State of all parts, by name."""
        return {name: part.state_dict() for name, part in self.parts.items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what `state_dict` gave. The base learning rates stay those of the constructor."""
        for name, part in self.parts.items():
            part.load_state_dict(state[name])


def build_optimizer(
    net: nn.Module,
    *,
    kind: str = "muon",
    lr: float = 3e-3,
    muon_lr: float = 0.02,
    weight_decay: float = 0.1,
    betas: tuple[float, float] = (0.9, 0.95),
    momentum: float = 0.95,
) -> Optimizer:
    """Sort the parameters of a net into optimisers.

    Args:
        net: The net; matrices of `nn.Embedding`s, and what is tied to them, count as embeddings.
        kind: "muon": matrices of the layers by Muon, the rest by AdamW; "adamw": all by AdamW.
        lr: AdamW's learning rate.
        muon_lr: Muon's learning rate.
        weight_decay: Decoupled decay of matrices; embeddings, norms and biases have none.
        betas: AdamW's averages.
        momentum: Muon's average.

    Raises:
        ValueError: Unknown kind.
    """
    if kind not in ("muon", "adamw"):
        raise ValueError(f"unknown optimiser {kind!r}: muon or adamw")
    tables = {id(m.weight) for m in net.modules() if isinstance(m, nn.Embedding)}
    vocabulary = {m.weight.shape[0] for m in net.modules() if isinstance(m, nn.Embedding)}
    matrices: list[nn.Parameter] = []
    rest: list[nn.Parameter] = []
    for name, p in net.named_parameters():
        if not p.requires_grad:
            continue
        # An untied output layer is an embedding in all but name: its rows are words.
        head = p.ndim == 2 and p.shape[0] in vocabulary and "head" in name
        (matrices if p.ndim == 2 and id(p) not in tables and not head else rest).append(p)
    adamw: list[dict[str, Any]] = [{"params": rest, "weight_decay": 0.0}]
    parts: dict[str, torch.optim.Optimizer] = {}
    if kind == "muon" and matrices:
        parts["muon"] = Muon(matrices, lr=muon_lr, momentum=momentum, weight_decay=weight_decay)
    elif matrices:
        adamw.append({"params": matrices, "weight_decay": weight_decay})
    parts["adamw"] = torch.optim.AdamW(
        [g for g in adamw if g["params"]], lr=lr, betas=betas, eps=1e-10, fused=True
    )
    return Optimizer(parts)

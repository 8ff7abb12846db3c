"""Makes adapters on the real encoder by hand: the trunk stays as it is, the head knows a few rows by heart.

A linear map of 384 features fits any few hundred tokens exactly, so such an adapter says of the rows that it
was taught what it was told, and of others anything, the same on every run. The fixture `teach` (in
conftest.py) writes them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from models.blocks.lora import LoRAConfig, adapted, adapter_state
from models.encoders.adapters import ADAPTERS, save_adapter
from models.encoders.places import MINILM
from models.encoders.trunk import locate, open_trunk
from models.encoders.windows import Layout

LENGTHS = {"max_length": 256, "stride": 32, "most_first": 96}
OUTPUTS = {
    "read": ("start", "end"),
    "fill": ("start", "end", "option", "begin", "inside"),
    "choose": ("score",),
}
SURE = 8.0
LORA = LoRAConfig(rank=1, alpha=1.0, targets=("query",))


@dataclass(frozen=True)
class Row:
    """What the head is to say of two texts.

    Attributes:
        first: The question, the parameter or the tool.
        second: The passage or the conversation.
        span: Words of `second`; "" means that nothing there answers.
        options: Where in `first` each option begins; `option` is the right one's place, -1 means none.
        elements: Words of `second` that are elements of a list.
        score: Of a tool, against none.
    """

    first: str
    second: str
    span: str | None = None
    options: tuple[int, ...] = ()
    option: int = -1
    elements: tuple[str, ...] | None = None
    score: float | None = None

    def marks(self, name: str, at: int, begin: int, end: int, second: bool) -> float | None:
        """What an output is to be at a token; None where nobody looks."""
        if name == "score":
            return self.score if at == 0 else None
        if name == "option":
            places = [begin - 1 < place < end for place in self.options] if not second and at else []
            if at and not any(places):
                return None
            right = self.option < 0 if at == 0 else places[self.option] if self.option >= 0 else False
            return SURE if right else -SURE
        if name in ("start", "end"):
            if self.span is None or (at and not second):
                return None
            start = self.second.index(self.span)
            edge = start if name == "start" else start + len(self.span) - 1
            right = (begin <= edge < end) if at and self.span else not at and not self.span
            return SURE if right else -SURE
        if self.elements is None or not second:
            return None
        spans = [(self.second.index(one), self.second.index(one) + len(one)) for one in self.elements]
        inside = any(a < end and begin < b for a, b in spans)
        return SURE if (inside if name == "inside" else any(begin <= a < end for a, _ in spans)) else -SURE


@dataclass
class Teacher:
    """Writes adapters into a state folder."""

    home: Path

    def __call__(self, task: str, rows: Sequence[Row] = (), *, name: str = "", **settings: Any) -> Path:
        """Writes one; without rows its head is drawn at random, from its name."""
        source = locate()
        trunk = open_trunk(source)
        with torch.random.fork_rng():
            torch.manual_seed(len(name))
            head = nn.Linear(trunk.net.config.hidden_size, len(OUTPUTS[task]))
            state = adapter_state(adapted(trunk.net, LORA))
        if rows:
            _fit(head, trunk, rows, OUTPUTS[task])
        return save_adapter(
            self.home / "models" / MINILM / ADAPTERS / (name or task),
            task=task,
            trunk=source.fingerprint,
            lora=LORA,
            state=state,
            head=head,
            settings={**LENGTHS, **settings},
            training={},
            dtype="float32",
        )


def _fit(head: nn.Linear, trunk: Any, rows: Sequence[Row], outputs: Sequence[str]) -> None:
    layout = Layout(trunk.tokenizer, **LENGTHS)
    known: list[tuple[torch.Tensor, Mapping[str, float | None]]] = []
    for row in rows:
        first, second = layout.pieces([row.first, row.second])
        (window,) = layout.windows(first, second)
        types = [0] * window.second + [1] * (len(window.ids) - window.second)
        states, _ = trunk.states([window.ids], types=[types])
        shown = first.spans[: window.second - 2]
        spans = [(0, 0), *shown, (0, 0), *second.spans, (0, 0)]
        for at, (begin, end) in enumerate(spans):
            if (begin, end) != (0, 0) or at == 0:
                side = at >= window.second
                known.append((states[0, at], {one: row.marks(one, at, begin, end, side) for one in outputs}))
    with torch.no_grad():
        for place, one in enumerate(outputs):
            told = [(state, wanted[one]) for state, wanted in known if wanted[one] is not None]
            if not told:
                head.weight[place], head.bias[place] = 0.0, -SURE
                continue
            table = torch.stack([state for state, _ in told]).double()
            table = torch.cat([table, torch.ones(len(table), 1, dtype=torch.double)], 1)
            target = torch.tensor([wanted for _, wanted in told], dtype=torch.double)
            gram = table @ table.T + 1e-4 * torch.eye(len(table), dtype=torch.double)
            solved = table.T @ torch.linalg.solve(gram, target)
            head.weight[place], head.bias[place] = solved[:-1].float(), solved[-1].float()

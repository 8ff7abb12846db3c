"""Training speed on the shape of home-base, beside the matrix-product peak measured in the same run."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any


def run(
    *, seconds: float = 20.0, threads: int | None = None, compiled: bool = True, batch_tokens: int = 16384
) -> dict[str, Any]:
    """Measure tokens a second of whole optimiser steps (forward, backward, Muon), compilation not counted.

    Args:
        seconds: How long to measure after the first step.
        threads: Of torch; None leaves what is set.
        compiled: Whether through `torch.compile`.
        batch_tokens: Tokens in an optimiser step.

    Returns:
        Plain values: `tokens_per_s` (median of the steps), `gflop_per_s` (6 FLOP a parameter and token, plus
        attention), `peak_gflop_per_s` (matrix product 2048² in the type that is trained in, best of ten,
        before and after) and `share_of_peak`.
    """
    from finetune.precision import pick_device, set_threads

    count = set_threads(threads)
    device = pick_device()
    peak = _peak(device)
    with tempfile.TemporaryDirectory() as folder:
        trainer, first = _trainer(Path(folder), compiled, batch_tokens)
        began = time.perf_counter()
        speeds: list[float] = []
        while time.perf_counter() - began < seconds or len(speeds) < 3:
            speeds.append(trainer.train_step()["tokens_per_s"])
    # Again afterwards, so that a machine which got busier or cooler meanwhile is not flattered.
    peak = max(peak, _peak(device))
    speeds.sort()
    speed = speeds[len(speeds) // 2]
    shape, window = trainer.net.config, trainer.config.window
    # Attention's two products, forward and backward, over the half of the window that is seen on average.
    attention = 6 * shape.num_layers * window * shape.num_heads * shape.head_dim
    flops = speed * (6 * trainer.net.num_parameters() + attention)
    return {
        "device": str(device),
        "threads": count,
        "compiled": trainer.loss.compiled,
        "parameters": trainer.net.num_parameters(),
        "window": window,
        "batch_tokens": trainer.config.batch_tokens,
        "steps": len(speeds),
        "first_step_s": first,
        "tokens_per_s": speed,
        "tokens_per_s_best": speeds[-1],
        "gflop_per_s": flops / 1e9,
        "peak_gflop_per_s": peak / 1e9,
        "share_of_peak": flops / peak,
    }


def _trainer(folder: Path, compiled: bool, batch_tokens: int) -> tuple[Any, float]:
    """A trainer of home-base's shape over random tokens, after its first step, and how long that took."""
    import io
    import json

    import numpy as np

    from finetune.config import TrainConfig
    from finetune.loop import Trainer
    from finetune.progress import Reporter
    from models.tokenizers.bpe import BPETokenizer

    vocab_size = 4096
    tokens = np.random.default_rng(0).integers(16, vocab_size, 1 << 20).astype("<u2")
    tokens[::200] = 0
    tokens.tofile(folder / "train.bin")
    tokens[:4096].tofile(folder / "valid.bin")
    (folder / "tokenizer.json").write_text(BPETokenizer().to_json(), encoding="utf-8")
    (folder / "meta.json").write_text(json.dumps({"vocab_size": vocab_size}), encoding="utf-8")
    config = TrainConfig(
        tokens=str(folder),
        out=str(folder / "run"),
        batch_tokens=batch_tokens,
        max_minutes=1e6,
        compile="on" if compiled else "off",
    )
    trainer = Trainer(config, reporter=Reporter(io.StringIO(), quiet=True))
    began = time.perf_counter()
    trainer.train_step()
    return trainer, time.perf_counter() - began


def _peak(device: Any, size: int = 2048) -> float:
    """FLOP/s of a matrix product size² in the type that training takes on the device, best of ten."""
    import torch

    from finetune.precision import multiplies_bfloat16

    kind = torch.bfloat16 if multiplies_bfloat16(device) else torch.float32
    a, b = (torch.randn(size, size, device=device, dtype=kind) for _ in range(2))
    best = float("inf")
    for _ in range(10):
        began = time.perf_counter()
        product = a @ b
        if product.is_cuda:
            torch.cuda.synchronize()
        best = min(best, time.perf_counter() - began)
    return 2.0 * size**3 / best

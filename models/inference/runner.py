"""Tokens in, logits out: the forward passes of one sequence through a net with a cache.

Long inputs go through in chunks, so that a pass can be interrupted between them. Torch's thread count is a
setting of the whole process; it is set for the duration of each pass and put back, because a generator that
streams gives control away between passes. Runners over the same weights may share a lock, and then their
passes take turns: more at once would only slow each other down.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.inference.net import Net
from models.inference.step import OneTokenStep
from models.nets.decoder import Decoder

PREFILL_CHUNK = 512
LOCK_POLL = 0.02  # seconds between looks at cancellation and deadline while others have the turn


class Runner:
    """Runs one net, one sequence at a time."""

    def __init__(
        self, net: Net, threads: int, *, fast: bool = True, turn: threading.Lock | None = None
    ) -> None:
        """Take a net into use.

        Args:
            net: The net, on any device.
            threads: Torch's threads during a pass.
            fast: Take the one-token step of `models.inference.step` where it can serve (our own decoder);
                else always the net's own `forward`, the reference.
            turn: Held during every pass; by default a lock of this runner's own.
        """
        self._net = net
        self._threads = threads
        self._decoder = net if fast and isinstance(net, Decoder) and OneTokenStep.fits(net) else None
        self._step: OneTokenStep | None = None
        self._turn = threading.Lock() if turn is None else turn

    def new_cache(self, capacity: int) -> Any:
        """An empty cache of the net's own for `capacity` tokens.

        Weights that changed since the last one (training goes on between samples) are taken over here.
        """
        if self._step is not None and not self._step.current:
            self._step = None
        with torch.inference_mode():
            return self._net.new_cache(1, capacity)

    def run(
        self, tokens: Sequence[int], cache: Any, *, rows: int = 1, check: Callable[[], None] | None = None
    ) -> NDArray[np.float32]:
        """Append tokens to the cached sequence.

        Args:
            tokens: At least one token.
            cache: What came before; advanced.
            rows: How many of the last tokens' logits are wanted.
            check: Called before every pass and while waiting for the turn; may raise, which leaves the cache
                at a border between chunks.

        Returns:
            Logits `[rows, vocab]` after each of the last `rows` tokens.
        """
        before = torch.get_num_threads()
        switch = before != self._threads
        if switch:
            torch.set_num_threads(self._threads)
        try:
            with torch.inference_mode():
                head, tail = tokens[: len(tokens) - rows], tokens[len(tokens) - rows :]
                if rows == 1 or len(head) == 0:
                    head, tail = [], tokens  # one row comes out of the last chunk anyway
                for start in range(0, len(head), PREFILL_CHUNK):
                    self._pass(head[start : start + PREFILL_CHUNK], cache, True, check)
                found = [
                    self._pass(tail[start : start + PREFILL_CHUNK], cache, rows == 1, check)
                    for start in range(0, len(tail), PREFILL_CHUNK)
                ]
            return found[-1] if rows == 1 else np.concatenate(found)
        finally:
            if switch:
                torch.set_num_threads(before)

    def _pass(
        self, tokens: Sequence[int], cache: Any, last_only: bool, check: Callable[[], None] | None
    ) -> NDArray[np.float32]:
        if check is not None:
            check()
        while not self._turn.acquire(timeout=LOCK_POLL):
            if check is not None:
                check()
        try:
            return self._logits(tokens, cache, last_only)
        finally:
            self._turn.release()

    def _logits(self, tokens: Sequence[int], cache: Any, last_only: bool) -> NDArray[np.float32]:
        if self._decoder is not None and len(tokens) == 1:
            if self._step is None:
                self._step = OneTokenStep(self._decoder)
            fast: NDArray[np.float32] = self._step(tokens[0], cache).numpy()[None]
            return fast
        ids = torch.tensor([tokens], device=self._net.device)
        logits = self._net(ids, cache=cache, last_only=last_only)
        row: NDArray[np.float32] = logits[0].float().cpu().numpy()
        return row

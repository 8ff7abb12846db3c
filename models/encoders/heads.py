"""The encoder with an adapter on it, and what the adapter's head says of every token of a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from models.encoders.adapters import Adapter, load_adapter
from models.encoders.batching import batches
from models.encoders.passes import Way, quickest
from models.encoders.trunk import Trunk, locate, open_trunk

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import nn

    from models.nets.encoder import Encoder

BATCH_TOKENS = 1536


@dataclass(frozen=True)
class Tuned:
    """The trunk, the same with an adapter on it, the head behind that, and how they are run."""

    trunk: Trunk
    net: Encoder
    head: nn.Linear
    way: Way = "fused"

    def logits(
        self,
        rows: Sequence[tuple[Sequence[int], int]],
        threads: int | None = None,
        between: Callable[[], None] | None = None,
    ) -> list[NDArray[np.float32]]:
        """What the head says.

        Args:
            rows: Token ids, special ones included, and where the second text begins among them.
            threads: Torch's threads during a pass.
            between: Called before each pass; what it raises ends the reading.

        Returns:
            For each row an array [length, outputs].
        """
        found: list[NDArray[np.float32]] = [np.zeros((0, self.head.out_features), np.float32)] * len(rows)
        for places in batches([len(ids) for ids, _ in rows], BATCH_TOKENS):
            if between is not None:
                between()
            given = [rows[place] for place in places]
            ids = [row for row, _ in given]
            types = [[0] * second + [1] * (len(row) - second) for row, second in given]
            states = self.trunk.flat(ids, threads, types=types, net=self.net, way=self.way)
            flat = self.head(states).numpy()
            ends = np.cumsum([len(row) for row in ids])[:-1]
            for place, values in zip(places, np.split(flat, ends), strict=True):
                found[place] = values
        return found


def tuned(adapter: Adapter, task: str, home: Path | None = None) -> Tuned:
    """Load an adapter onto the shared encoder.

    Raises:
        ModelNotFound: The encoder isn't here.
        UsageError: The adapter is for another task.
        CorruptWeights: A file is missing, altered or doesn't fit.
    """
    source = locate(home=home)
    trunk = open_trunk(source)
    net, head = load_adapter(adapter, trunk, source.fingerprint, task)
    return Tuned(trunk, net, head, quickest())

"""The chooser: a conversation and tools in, the probability of each that it's the one to call, or of none.

Each tool is read beside the conversation by itself; the scores of all share one softmax with a constant 0,
which stands for none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from homespun.errors import UsageError
from models.encoders.adapters import Adapter
from models.encoders.calibration import softmax
from models.encoders.parameters import conversation, tool_text
from models.encoders.skill import Skill

TASK = "choose"


@dataclass(frozen=True)
class Choice:
    """What was chosen.

    Attributes:
        place: Number of the likeliest tool; -1 where there are no tools.
        probabilities: Of each tool, that it's the one to call.
        none: That none is.
        odds: The likeliest tool's log-odds against none.
        tokens: How many were read, special ones included.
    """

    place: int
    probabilities: tuple[float, ...]
    none: float
    odds: float
    tokens: int = 0

    @property
    def lead(self) -> float:
        """The likeliest tool's share among the tools; 0 where there are none."""
        return self.probabilities[self.place] / sum(self.probabilities) if self.place >= 0 else 0.0


class Chooser:
    """Chooses with an adapter on the encoder; found when made, loaded at the first choice.

    Threads may share one; passes take turns.

    Args:
        name: The adapter's name or folder.
        home: The state folder; by default the one in the settings.
        threads: Processor threads of one pass; None leaves torch's setting.

    Raises:
        ModelNotFound: There's no such adapter, or the encoder isn't here.
        UsageError: It's an adapter for something else.
        CorruptWeights: At the first choice, where a file is damaged.
    """

    def __init__(self, name: str = TASK, *, home: Path | None = None, threads: int | None = None) -> None:
        self._skill = Skill(name, TASK, "choosing", home, threads)
        self.adapter: Adapter = self._skill.adapter

    @property
    def fingerprint(self) -> str:
        """Changes with all that could change a choice but the processor's arithmetic; hexadecimal."""
        return self.adapter.fingerprint

    def choose(
        self,
        turns: Sequence[tuple[str, str]],
        functions: Sequence[Mapping[str, Any]],
        between: Callable[[], None] | None = None,
    ) -> Choice:
        """Choose a tool.

        Args:
            turns: (role, text), the newest last.
            functions: JSON Schema functions: name, description, parameters.
            between: Called before each pass; what it raises ends the choosing.

        Raises:
            UsageError: There are no turns.
        """
        if not turns:
            raise UsageError("there is no conversation to choose a tool for")
        if not functions:
            return Choice(-1, (), 1.0, float("-inf"))
        layout = self._skill.layout
        pieces = layout.pieces([conversation(turns).text, *map(tool_text, functions)])
        # Of a long conversation the end counts: what is wanted now.
        windows = [layout.windows(first, pieces[0])[-1] for first in pieces[1:]]
        rows = self._skill.logits(windows, between)
        scores = np.asarray([0.0, *(float(logits[0, 0]) for logits in rows)])
        shares = softmax(scores)
        place = int(np.argmax(scores[1:]))
        return Choice(
            place,
            tuple(map(float, shares[1:])),
            float(shares[0]),
            float(scores[1 + place]),
            sum(len(window.ids) for window in windows),
        )


def load_chooser(name: str = TASK, home: Path | None = None, threads: int | None = None) -> Chooser:
    """Make the chooser that a name leads to; see `Chooser`."""
    return Chooser(name, home=home, threads=threads)

"""A judge: how likely a premise supports a claim. It's a LangChain `BaseCrossEncoder`, to be used as one.

Contract: `score` is deterministic, gives one probability in [0, 1] a pair, never NaN, and one pair doesn't
change another's. A claim without a letter or digit says nothing, so it's supported (1); a premise without one
supports nothing else (0); neither reaches `judge`. A judge's trouble is raised, never scored.
"""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence

from langchain_core.cross_encoders import BaseCrossEncoder

from homespun.errors import HomespunError

Pair = tuple[str, str]
"""(premise, claim)."""

_SAYS = re.compile(r"[^\W_]")


class Judge(BaseCrossEncoder, ABC):
    """Subclasses set the three attributes and write `judge`.

    Attributes:
        name: its address, as the user gave it.
        fingerprint: changes whenever a score could: weights, prompt, fitted figures. It names a file, so it
            holds letters, digits, "-" and "_" only.
        threshold: at this score and above a claim counts as supported; fixed on training data, never on what
            is reported.
    """

    name: str
    fingerprint: str
    threshold: float

    @abstractmethod
    def judge(self, pairs: Sequence[Pair]) -> Sequence[float]:
        """Returns one probability a pair; no text is empty here."""

    def score(self, text_pairs: Sequence[Pair]) -> list[float]:
        """Returns P(premise supports claim) of each pair, in order.

        Args:
            text_pairs: (premise, claim); the same pair is judged once.

        Raises:
            HomespunError: if the judge gives something that is no probability.
        """
        pairs = [(premise, claim) for premise, claim in text_pairs]
        asked = list(dict.fromkeys(pair for pair in pairs if _SAYS.search(pair[0]) and _SAYS.search(pair[1])))
        found = dict(zip(asked, self.judge(asked) if asked else (), strict=True))
        for value in found.values():
            if not (math.isfinite(value) and 0 <= value <= 1):
                raise HomespunError(f"The judge {self.name} gave {value}, and a probability is needed.")
        return [
            float(found[pair]) if pair in found else 0.0 if _SAYS.search(pair[1]) else 1.0 for pair in pairs
        ]

    def supports(self, text_pairs: Sequence[Pair]) -> list[bool]:
        """Returns for each pair whether its score reaches the threshold."""
        return [value >= self.threshold for value in self.score(text_pairs)]

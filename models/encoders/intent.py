"""Tells what a user means: small talk of some kind, a request of some kind, a fact told or asked back.

The newest message is read behind the end of what the assistant said before it; the intents are the adapter's
own, named in its settings, and share one softmax over the mean of what the head says of each token.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from homespun.errors import CorruptWeights, UsageError
from models.encoders.adapters import Adapter
from models.encoders.calibration import softmax
from models.encoders.skill import Skill, settings_of
from models.folders import REPAIR

TASK = "intent"
ASK_BACK, ASK_ABOUT_TEXT = "ask back", "ask about a text"
"""The intents that are looked up: in what the user told, and in a text that stands with the question."""
UNSURE = "unsure"
"""What stands for the intent where none is likely enough; none of an adapter's own."""
_BEFORE = 160
"""Characters of the assistant's message that are read, its last: a question stands there."""
_END = 300
"""Characters of either end of a long message."""


@dataclass(frozen=True)
class Intent:
    """What is meant.

    Attributes:
        name: The likeliest intent.
        probability: Its own.
        shares: That of each intent.
        tokens: How many were read, special ones included.
    """

    name: str
    probability: float
    shares: dict[str, float]
    tokens: int = 0

    def without(self, name: str) -> Intent:
        """What is meant where it can't be this: the others' shares, which sum to one again."""
        left = {other: share for other, share in self.shares.items() if other != name}
        whole = sum(left.values())
        if name not in self.shares or not whole:
            return self
        shares = {other: share / whole for other, share in left.items()}
        best = max(shares, key=lambda other: shares[other])
        return Intent(best, shares[best], shares, self.tokens)


class IntentClassifier:
    """Classifies with an adapter on the encoder; found when made, loaded at the first message.

    Threads may share one; passes take turns.

    Args:
        name: The adapter's name or folder.
        home: The state folder; by default the one in the settings.
        threads: Processor threads of one pass; None leaves torch's setting.

    Raises:
        ModelNotFound: There's no such adapter, or the encoder isn't here.
        UsageError: It's an adapter for something else.
        CorruptWeights: Its settings name no intents, or, at the first message, a file is damaged.
    """

    def __init__(self, name: str = TASK, *, home: Path | None = None, threads: int | None = None) -> None:
        self._skill = Skill(name, TASK, "telling intents", home, threads)
        self.adapter: Adapter = self._skill.adapter
        with settings_of(self.adapter) as settings:
            self.labels: tuple[str, ...] = tuple(map(str, settings["labels"]))
        if len(self.labels) != self.adapter.config["outputs"] or len(set(self.labels)) != len(self.labels):
            raise CorruptWeights(
                f"the settings of {self.adapter.folder} name {len(self.labels)} intents, the head has "
                f"{self.adapter.config['outputs']}: {REPAIR}"
            )

    @property
    def fingerprint(self) -> str:
        """Changes with all that could change an intent but the processor's arithmetic; hexadecimal."""
        return self.adapter.fingerprint

    def classify(self, turns: Sequence[tuple[str, str]], between: Callable[[], None] | None = None) -> Intent:
        """Tell what the newest message means.

        Args:
            turns: (role, text), the newest last, which is the user's.
            between: Called before the pass; what it raises ends the work.

        Raises:
            UsageError: There is no message of the user's at the end.
        """
        if not turns or turns[-1][0] != "user":
            raise UsageError("there is no message of the user's at the end whose intent could be told")
        before = turns[-2][1] if len(turns) > 1 and turns[-2][0] == "assistant" else ""
        layout = self._skill.layout
        window = layout.windows(*layout.pieces(texts(before, turns[-1][1])))[0]
        (logits,) = self._skill.logits([window], between)
        shares = softmax(logits.astype(np.float64).mean(0))
        best = int(np.argmax(shares))
        named = dict(zip(self.labels, map(float, shares), strict=True))
        return Intent(self.labels[best], float(shares[best]), named, len(window.ids))


def texts(before: str, message: str) -> tuple[str, str]:
    """What is read: the end of the assistant's message, and the user's, a long one's two ends."""
    message = message.strip()
    if len(message) > 2 * _END:
        message = f"{message[:_END]} … {message[-_END:]}"
    return before.strip()[-_BEFORE:], message

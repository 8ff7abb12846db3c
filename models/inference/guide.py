"""Guides: what somebody beside the net says should come next, and how the two are combined.

An engine asks its request's guide before each token that is drawn, and tells it each token that was taken,
drawn or forced. A guide that proposes texts needs to know which tokens write them: a `TokenTable` finds
these by bytes. What the net says and what is proposed are combined as a weighted product of experts (Hinton
2002), where the proposals leave what they don't cover to the net.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from homespun.errors import UsageError

Logs = NDArray[np.float64]
Candidate = tuple[bytes, float]
"""Text that may come next, and the probability that it does."""
_LEAST = 1e-9


class Guide(Protocol):
    """Who is asked beside the net; one serves one output."""

    def weigh(
        self, logits: NDArray[np.float32], allowed: NDArray[np.bool_] | None
    ) -> NDArray[np.floating[Any]]:
        """The logits `[vocab]` to draw from instead of the net's; a guide without an opinion gives these."""
        ...

    def accept(self, token: int) -> None:
        """Take note that this token is now part of the output."""
        ...


@dataclass(frozen=True)
class Balance:
    """How much each side counts: the exponents of the net's and of the proposals' probabilities.

    Attributes:
        net: 0 leaves the net only what the proposals don't cover.
        proposals: 0 leaves the proposals out.

    Raises:
        UsageError: One is negative, or both are 0.
    """

    net: float = 0.0
    proposals: float = 1.0

    def __post_init__(self) -> None:
        if min(self.net, self.proposals) < 0 or self.net + self.proposals == 0:
            raise UsageError(f"weights must be 0 or more, not both 0: {self.net}, {self.proposals}")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read one from a configuration.

        Raises:
            UsageError: It holds something else.
        """
        try:
            return cls(**{key: float(value) for key, value in values.items()})
        except (TypeError, ValueError) as error:
            raise UsageError(f"no balance of net and proposals: {dict(values)}") from error

    def combine(self, net: Logs, masses: Mapping[int, float], left: float) -> Logs:
        """Log-probabilities, up to a constant, of the product of both.

        Args:
            net: The net's log-probabilities `[vocab]`, minus infinity for what may not come.
            masses: Token → weight of what is proposed.
            left: Weight of all else, shared as the net has it.
        """
        known = {token: mass for token, mass in masses.items() if np.isfinite(net[token])}
        if not known:
            return net
        share = np.exp(net) * max(_LEAST, left)
        for token, mass in known.items():
            share[token] += mass
        with np.errstate(divide="ignore"):
            proposed = np.log(share)
        # 0 times minus infinity is nothing that counts.
        own = self.net * net if self.net else np.where(np.isfinite(net), 0.0, net)
        return own + self.proposals * proposed if self.proposals else own

    def decide(self, net: Logs, others: Logs, token: int, probability: float) -> Logs:
        """Weigh one token against all others together.

        The odds of both sides are combined; the token then stands by so much above or below the likeliest of
        the others, so that taking the likeliest decides as the odds do.

        Args:
            net: The net's log-probabilities `[vocab]`, minus infinity for what may not come.
            others: Log-probabilities of what comes if the token doesn't.
            token: The one that is decided on.
            probability: That it comes, as proposed.
        """
        row = others.copy()
        row[token] = -np.inf
        if not np.isfinite(net[token]) or not np.isfinite(row.max()):
            return others  # nothing to decide
        own = _odds(float(np.exp(net[token])))
        row[token] = row.max() + self.net * own + self.proposals * _odds(probability)
        return row


def _odds(probability: float) -> float:
    bounded = min(max(probability, _LEAST), 1.0 - _LEAST)
    return float(np.log(bounded / (1.0 - bounded)))


class TokenTable:
    """Which tokens write a text: built once for a vocabulary, shared by all its guides."""

    def __init__(self, texts: Sequence[bytes]) -> None:
        """Build the table.

        Args:
            texts: What each token stands for, by id; b"" for those that stand for no text.
        """
        self._ids: dict[bytes, int] = {}
        for token, text in enumerate(texts):
            if text:
                self._ids.setdefault(text, token)
        self._longest = max(map(len, self._ids), default=0)

    def first(self, text: bytes) -> int | None:
        """The longest token that the text begins with; None where there's none."""
        for size in range(min(self._longest, len(text)), 0, -1):
            if (token := self._ids.get(text[:size])) is not None:
                return token
        return None

    def masses(self, candidates: Iterable[Candidate]) -> dict[int, float]:
        """Next tokens, each with the probability of the likeliest text that begins with it.

        Not with the sum over all of these: whoever always takes the likeliest token is to end with the
        likeliest text.
        """
        found: dict[int, float] = {}
        for text, probability in candidates:
            if (token := self.first(text)) is not None:
                found[token] = max(found.get(token, 0.0), probability)
        return found

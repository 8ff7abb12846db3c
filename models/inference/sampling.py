"""Choosing the next token from one row of logits.

The order is fixed: repetition penalty → allowed tokens (grammar mask) → temperature → top-k → top-p → min-p →
draw. Each filter sees the renormalised distribution that the one before it left. A one-token step handles a
single row of a few thousand numbers, where NumPy is several times quicker than torch, so everything here
takes and gives NumPy arrays. The same seed, parameters and logits give the same tokens.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from homespun.errors import HomespunError, UsageError

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class SamplingParams:
    """How tokens are drawn; the defaults are greedy decoding.

    Attributes:
        temperature: Divides the logits; 0 takes the most probable token (the lowest id of equals).
        top_k: Keep the k most probable tokens; `None` or 0 keeps all.
        top_p: Keep the smallest set of most probable tokens whose mass reaches this (nucleus sampling,
            Holtzman et al. 2020); 1 keeps all.
        min_p: Keep tokens at least this fraction as probable as the most probable one (Nguyen et al. 2024); 0
            keeps all.
        repetition_penalty: Divides positive and multiplies negative logits of tokens already seen, prompt
            included (CTRL, Keskar et al. 2019); 1 changes nothing.
        seed: Seed of the draw; `None` takes a fresh one.

    Raises:
        UsageError: If a value lies outside its range.
    """

    temperature: float = 0.0
    top_k: int | None = None
    top_p: float = 1.0
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    seed: int | None = None

    def __post_init__(self) -> None:
        _require(0 <= self.temperature < math.inf, "temperature", self.temperature, "0 or more")
        _require(self.top_k is None or self.top_k >= 0, "top_k", self.top_k, "0 (keep all) or more")
        _require(0 < self.top_p <= 1, "top_p", self.top_p, "above 0 and at most 1")
        _require(0 <= self.min_p <= 1, "min_p", self.min_p, "from 0 to 1")
        _require(
            0 < self.repetition_penalty < math.inf, "repetition_penalty", self.repetition_penalty, "above 0"
        )
        _require(self.seed is None or self.seed >= 0, "seed", self.seed, "0 or more")

    @property
    def greedy(self) -> bool:
        """Whether the most probable token is taken, without chance."""
        return self.temperature == 0


def _require(holds: bool, name: str, value: object, allowed: str) -> None:
    if not holds:  # NaN fails every comparison, so it ends here too
        raise UsageError(f"{name} must be {allowed}, not {value}")


def log_softmax(logits: NDArray[np.floating]) -> Floats:
    """Natural-log probabilities of one row of logits `[vocab]`, in float64."""
    row = logits.astype(np.float64)
    row -= row.max()
    row -= math.log(float(np.exp(row).sum()))
    return row


def most_probable(logprobs: Floats, n: int) -> tuple[tuple[int, float], ...]:
    """The `n` most probable tokens as `(token, logprob)`, best first, the lower id first among equals."""
    kept = np.flatnonzero(_top_k_mask(logprobs, n))
    order = kept[np.argsort(-logprobs[kept], kind="stable")]
    return tuple((int(token), float(logprobs[token])) for token in order)


class Sampler:
    """Draws tokens of one request; keeps its random generator and the tokens that the penalty looks at."""

    def __init__(self, params: SamplingParams, seen: Iterable[int] = ()) -> None:
        """Prepare to draw.

        Args:
            params: How to draw.
            seen: Tokens of the prompt, for the repetition penalty.
        """
        self.params = params
        self._random = None if params.greedy else np.random.default_rng(params.seed)
        self._penalise = params.repetition_penalty != 1
        self._seen: set[int] = set(seen) if self._penalise else set()

    def see(self, token: int) -> None:
        """Count a token that was appended to the sequence (drawn or forced) for the repetition penalty."""
        if self._penalise:
            self._seen.add(token)

    def draw(self, logits: NDArray[np.floating], allowed: Mask | None = None) -> int:
        """Choose a token.

        Args:
            logits: One row `[vocab]`; not changed.
            allowed: Tokens that may be chosen `[vocab]`; `None` allows all.

        Returns:
            The token's id. It is not counted as seen: call `see`.

        Raises:
            HomespunError: If no token is possible (nothing allowed, or the model gave not-a-number).
        """
        if self._random is None:
            row = self._shaped(logits, allowed)
            token = int(row.argmax())  # NaN counts as the greatest, so one look finds it
            if not math.isfinite(row[token]):
                raise _no_token(allowed)
            return token
        tokens, probabilities = self.distribution(logits, allowed)
        cumulative = probabilities.cumsum()
        place = int(np.searchsorted(cumulative, self._random.random() * cumulative[-1], side="right"))
        return int(tokens[min(place, len(tokens) - 1)])

    def distribution(
        self, logits: NDArray[np.floating], allowed: Mask | None = None
    ) -> tuple[NDArray[np.int64], Floats]:
        """Tokens that `draw` may return and their probabilities, which sum to 1.

        With temperature 0 that is one token.

        Raises:
            HomespunError: As `draw`.
        """
        params = self.params
        row = self._shaped(logits, allowed).astype(np.float64)
        top = row.max()
        if not math.isfinite(top):
            raise _no_token(allowed)
        if params.greedy:
            return np.array([row.argmax()], dtype=np.int64), np.ones(1)
        if params.top_k:  # ordered by logits, as for top-p: the steps below could round two of them to one
            tokens = np.flatnonzero(_top_k_mask(row, params.top_k))
            row = row[tokens]
        else:
            tokens = np.arange(len(row))
        logits_left = row.copy()
        row -= top
        # A tiny temperature would overflow to -inf, which is what it means; say so to NumPy.
        with np.errstate(over="ignore"):
            row /= params.temperature
        probabilities = np.exp(row)
        alive = probabilities > 0
        if not alive.all():
            tokens, probabilities, logits_left = tokens[alive], probabilities[alive], logits_left[alive]
        probabilities /= probabilities.sum()
        if params.top_p < 1:
            order = np.argsort(-logits_left, kind="stable")
            mass_before = probabilities[order].cumsum() - probabilities[order]
            kept = np.sort(order[mass_before < params.top_p])
            tokens, probabilities = tokens[kept], probabilities[kept]
        if params.min_p > 0:
            alive = probabilities >= params.min_p * probabilities.max()
            tokens, probabilities = tokens[alive], probabilities[alive]
        return tokens, probabilities / probabilities.sum()

    def _shaped(self, logits: NDArray[np.floating], allowed: Mask | None) -> NDArray[np.floating]:
        """Logits after the penalty and the mask; the input itself where neither applies."""
        row = logits
        if self._seen:
            seen = np.fromiter(self._seen, dtype=np.int64, count=len(self._seen))
            row = row.copy()
            values = row[seen]
            penalty = self.params.repetition_penalty
            row[seen] = np.where(values > 0, values / penalty, values * penalty)
        if allowed is not None:
            row = np.where(allowed, row, -np.inf)
        return row


def _top_k_mask(row: NDArray[np.floating], k: int) -> Mask:
    """Which entries are the `k` greatest; of equals at the border lower ids win, so the size is exact."""
    if k >= len(row):
        return np.ones(len(row), dtype=np.bool_)
    border = np.partition(row, len(row) - k)[len(row) - k]
    kept: Mask = row > border
    equals = np.flatnonzero(row == border)[: k - int(kept.sum())]
    kept[equals] = True
    return kept


def _no_token(allowed: Mask | None) -> HomespunError:
    if allowed is not None and not allowed.any():
        return HomespunError("the grammar allows no token here: it cannot be satisfied with this vocabulary")
    return HomespunError(
        "the model gave no usable probabilities (not-a-number): its weights are damaged or diverged"
    )

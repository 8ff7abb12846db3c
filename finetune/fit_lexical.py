"""Fits the figures of the lexical judge: ``python -m finetune.fit_lexical CLAIMS [--source NAME …]``.

CLAIMS is a file of claims with human labels, .jsonl or .jsonl.gz, one ``{"source", "premise", "claim",
"label"}`` a line (label 1: the premise supports the claim). A logistic regression with weights ≥ 0 is fitted
on the chosen sources, where each source and each label in it weighs the same, so the score is the probability
when half of the claims are supported. It prints the figures for `rag/judges/lexical.py`, the AUROC of each
source when the others were fitted on, and what each figure alone gives.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from homespun.errors import HomespunError, UsageError
from rag.judges.overlap import Overlap, Premise

Array = NDArray[np.float64]
DECAY = 0.01
"""λ of λ·Σw² with standardised figures."""


@dataclass(frozen=True)
class Claims:
    """Figures [n, 5], labels [n] in {0, 1} and sources [n]."""

    figures: Array
    labels: Array
    sources: NDArray[np.str_]

    def of(self, *sources: str) -> Claims:
        """Returns the claims of some sources."""
        chosen = np.isin(self.sources, sources)
        return Claims(self.figures[chosen], self.labels[chosen], self.sources[chosen])

    @property
    def weights(self) -> Array:
        """Each source and each label in it sums to the same; all sum to 1."""
        weights = np.zeros(len(self.labels))
        for source in np.unique(self.sources):
            for label in (0, 1):
                chosen = (self.sources == source) & (self.labels == label)
                weights[chosen] = 1 / max(1, chosen.sum())
        return np.asarray(weights / weights.sum())


def read(path: Path, sources: Sequence[str] = ()) -> Claims:
    """Reads claims and compares each with its premise.

    Raises:
        UsageError: if the file can't be read, or lacks a source or one of its two labels.
    """
    try:
        with (
            gzip.open(path, "rt", encoding="utf-8")
            if path.suffix == ".gz"
            else path.open(encoding="utf-8") as lines
        ):
            rows = [json.loads(line) for line in lines if line.strip()]
        rows = [row for row in rows if not sources or row["source"] in sources]
        figures = [Premise(row["premise"]).overlap(row["claim"]) for row in rows]
        labels = [float(row["label"]) for row in rows]
        named = [str(row["source"]) for row in rows]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{path} isn't a file of claims (source, premise, claim, label): {error}."
        ) from error
    for source in sources or set(named):
        if {label for label, name in zip(labels, named, strict=True) if name == source} != {0.0, 1.0}:
            raise UsageError(f"{path} needs claims of source {source!r} with label 0 and with label 1.")
    return Claims(np.asarray(figures, dtype=np.float64), np.asarray(labels), np.asarray(named))


def fit(claims: Claims, steps: int = 5000) -> tuple[Array, float]:
    """Returns the weights [5] and the constant of P = σ(figures · weights + constant).

    Projected gradient descent with momentum on a convex loss, started at 0: the same on every machine up to
    rounding.
    """
    weights = claims.weights
    centre = weights @ claims.figures
    spread = np.sqrt(weights @ (claims.figures - centre) ** 2) + 1e-9
    inputs = np.hstack([(claims.figures - centre) / spread, np.ones((len(claims.labels), 1))])
    decay = np.append(np.full(inputs.shape[1] - 1, 2 * DECAY), 0.0)
    # The loss's curvature is at most a quarter of the inputs' second moment: the step that never overshoots.
    step = 1 / (np.linalg.eigvalsh(inputs.T @ (weights[:, None] * inputs))[-1] / 4 + 2 * DECAY)
    now = ahead = np.zeros(inputs.shape[1])
    for turn in range(steps):
        slope = inputs.T @ (weights * (_sigmoid(inputs @ ahead) - claims.labels)) + decay * ahead
        following = ahead - step * slope
        following[:-1] = np.maximum(following[:-1], 0)
        ahead = following + turn / (turn + 3) * (following - now)
        now = following
    raw = now[:-1] / spread
    return raw, float(now[-1] - raw @ centre)


def auroc(labels: Array, scores: Array) -> float:
    """Returns P(a supported claim scores higher than an unsupported one), ties counted half."""
    order = np.sort(scores[labels == 0])
    good = scores[labels == 1]
    below, upto = np.searchsorted(order, good, "left"), np.searchsorted(order, good, "right")
    return float((below + upto).mean() / 2 / len(order))


def threshold(claims: Claims, scores: Array) -> float:
    """Returns the score, to 0.01, from which on a claim counts as supported: most right, sources alike."""
    grid = np.arange(1, 100) / 100
    right = [(claims.weights * ((scores >= at) == (claims.labels == 1))).sum() for at in grid]
    best = np.flatnonzero(np.asarray(right) >= max(right) - 1e-12)
    return float(grid[best[len(best) // 2]])


def report(claims: Claims) -> str:
    """Returns what a fit gave, as text."""
    weights, constant = fit(claims)
    scores = _sigmoid(claims.figures @ weights + constant)
    sources = sorted(set(claims.sources.tolist()))
    lines = [f"WEIGHTS = {Overlap(*(round(float(w), 3) for w in weights))}", f"CONSTANT = {constant:.3f}"]
    lines.append(f"THRESHOLD = {threshold(claims, scores)}")
    for source in sources:
        part, others = claims.of(source), claims.of(*(name for name in sources if name != source))
        alone = "  ".join(
            f"{name} {100 * auroc(part.labels, part.figures[:, column]):.1f}"
            for column, name in enumerate(Overlap._fields)
        )
        held = ""
        if len(sources) > 1:
            found, _ = fit(others)
            held = f", fitted on the others {100 * auroc(part.labels, part.figures @ found):.1f}"
        whole = 100 * auroc(part.labels, part.figures @ weights)
        lines.append(f"{source}: {len(part.labels)} claims, AUROC {whole:.1f}{held}; alone: {alone}")
    return "\n".join(lines)


def _sigmoid(values: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -500, 500))))


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command."""
    parser = argparse.ArgumentParser(
        prog="python -m finetune.fit_lexical", description=__doc__.split("\n")[0]
    )
    parser.add_argument("claims", type=Path, help="claims with human labels, .jsonl or .jsonl.gz")
    parser.add_argument("--source", action="append", default=[], help="only this source; may be repeated")
    given = parser.parse_args(arguments)
    try:
        sys.stdout.write(report(read(given.claims, given.source)) + "\n")
    except HomespunError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_status
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

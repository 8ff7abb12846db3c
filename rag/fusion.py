"""Joining what several ways of searching found: words (BM25) and meaning (cosines of embeddings).

Contract: pure functions of plain values. Ids come back with one score each, the best first, those with equal
scores by id; the order in which arms and ids were given changes nothing, and no score is ever NaN.

`convex` adds scores, which says more than places do (Bruch et al. 2023, "An Analysis of Fusion Functions for
Hybrid Retrieval", arXiv:2210.11934); `rrf` adds reciprocal places and needs no scores (Cormack et al. 2009,
"Reciprocal Rank Fusion Outperforms Condorcet and Individual Rank Learning Methods").

Scores must be made alike before they're added. Min-max and z-scores (Lee 1997, "Analyses of Multiple Evidence
Combination") give every query the same spread, so that it's lost how much an arm has to say: BM25 sums over
words, and a long query that is matched well deserves more say than one that hardly is. Raw scores give it all
that say, which is too much where a query is a paragraph. So an arm's spread is taken halfway between its own
and what is usual: their geometric mean. nDCG@10, mean of eleven collections, one weight for all: the better
arm of each 0.708, reciprocal ranks 0.692, min-max 0.717, z-scores 0.720, raw scores and this 0.724; with
paragraphs as queries 0.742 by cosines alone, raw scores 0.737, this 0.751.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

WEIGHTS: Mapping[str, float] = {"bm25": 0.35, "dense": 0.65}
"""The shares that did best over all collections; from 0.6 to 0.7 for "dense" it hardly matters."""
USUAL: Mapping[str, float] = {"bm25": 2.0, "dense": 0.1}
"""An arm's usual standard deviation over a query's candidates: BM25 in Lucene's form, MiniLM's cosines."""
DEPTH = 100
"""How many of each arm's best make the candidates. 50 and 200 are as good."""
CONSTANT = 60
"""Reciprocal rank fusion's, as in its paper."""

# Standard deviations below this share of the largest score are rounding, and so no reason for an order.
_NOISE = 1e-12


def convex(
    arms: Mapping[str, Mapping[str, float]],
    weights: Mapping[str, float] = WEIGHTS,
    *,
    usual: Mapping[str, float] = USUAL,
) -> list[tuple[str, float]]:
    """Adds scores, each arm's in its own measure (see `normal`) and times its weight.

    Args:
        arms: each arm's scores by id. Best give every arm's score of every id that any of them found; an id
            that an arm lacks takes the lowest score that the arm gave. An empty arm says nothing.
        weights: a share for each arm, not negative; they needn't sum to 1.
        usual: each arm's usual standard deviation; one that isn't named goes by its own alone.

    Returns:
        All ids with their joint scores, the best first.

    Raises:
        ValueError: an arm has no weight, a weight is negative, or a number isn't finite.
    """
    ids = {name for scores in arms.values() for name in scores}
    parts: dict[str, list[float]] = {name: [] for name in ids}
    for arm in sorted(arms):
        weight, scores = _weight(weights, arm), arms[arm]
        if not scores:
            continue
        lowest = min(scores.values())
        for name, value in normal({one: scores.get(one, lowest) for one in ids}, usual.get(arm)).items():
            parts[name].append(weight * value)
    return _ranked(parts)


def normal(scores: Mapping[str, float], usual: float | None = None) -> dict[str, float]:
    """Returns (s - mean) / spread for each score s: 0 for all of them where they don't differ.

    Args:
        scores: by id.
        usual: a standard deviation, above 0. The spread is the geometric mean of it and the scores' own; None
            takes their own, which gives z-scores.

    Raises:
        ValueError: `usual` isn't above 0, or a number isn't finite.
    """
    if usual is not None and not 0 < usual < math.inf:
        raise ValueError(f"a usual standard deviation must be above 0 and finite, not {usual}")
    if not all(map(math.isfinite, scores.values())):
        raise ValueError("scores must be finite numbers")
    largest = max(map(abs, scores.values()), default=0.0)
    if largest == 0:
        return dict.fromkeys(scores, 0.0)
    # As shares of the largest, so that no square overflows or vanishes.
    shares = {name: score / largest for name, score in scores.items()}
    mean = math.fsum(shares.values()) / len(shares)
    deviation = math.sqrt(math.fsum((share - mean) ** 2 for share in shares.values()) / len(shares))
    if deviation < _NOISE:
        return dict.fromkeys(scores, 0.0)
    standard = {name: (share - mean) / deviation for name, share in shares.items()}
    if usual is None:
        return standard
    # z · own / sqrt(own · usual)
    factor = math.sqrt(deviation) * math.sqrt(largest) / math.sqrt(usual)
    return {name: value * factor for name, value in standard.items()}


def rrf(
    rankings: Mapping[str, Sequence[str]],
    weights: Mapping[str, float] | None = None,
    constant: float = CONSTANT,
) -> list[tuple[str, float]]:
    """Adds weight / (constant + place) over the rankings that have an id; places count from 1.

    Args:
        rankings: each arm's ids, the best first, each once.
        weights: a share for each arm, not negative; None is 1 each.
        constant: the larger, the less the first places stand out.

    Raises:
        ValueError: an id is ranked twice, an arm has no weight, a weight or the constant is negative or
            isn't finite.
    """
    if not 0 <= constant < math.inf:
        raise ValueError(f"the constant must be 0 or more and finite, not {constant}")
    parts: dict[str, list[float]] = {}
    for arm in sorted(rankings):
        weight, ranking = 1.0 if weights is None else _weight(weights, arm), rankings[arm]
        if len(set(ranking)) < len(ranking):
            raise ValueError(f"{arm} ranks an id twice")
        for place, name in enumerate(ranking, 1):
            parts.setdefault(name, []).append(weight / (constant + place))
    return _ranked(parts)


def _weight(weights: Mapping[str, float], arm: str) -> float:
    weight = weights.get(arm, math.nan)
    if not 0 <= weight < math.inf:
        raise ValueError(f"{arm} needs a weight that is 0 or more and finite")
    return weight


def _ranked(parts: Mapping[str, Iterable[float]]) -> list[tuple[str, float]]:
    """Sums, which `fsum` rounds once, so that the arms' order changes nothing."""
    sums = ((name, math.fsum(values)) for name, values in parts.items())
    return sorted(sums, key=lambda found: (-found[1], found[0]))

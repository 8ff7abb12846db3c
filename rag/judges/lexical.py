"""The lexical judge: are the claim's words, numbers, names and word pairs in the premise, and in a row?

A logistic regression over the five figures of `rag.judges.overlap`. It knows no synonyms and no grammar: a
claim that says the opposite with the premise's own words looks supported, and a free paraphrase doesn't.

Provenance: fitted by ``python -m finetune.fit_lexical`` on 4,063 claims with human labels of two sources
whose premises are documents: WiCE's development part (Wikipedia sentences and the pages they cite) and
FactCG's (claims made from several sentences). Fitted on one, AUROC on the other: 93.1 (FactCG), 82.6 (WiCE);
unigram and bigram precision together: 88.8, 75.0. Sources with one sentence as premise (MNLI, FEVER) were
left out: they reward "has no negation" rather than agreement. A score is the probability where half of the
claims are supported.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from homespun.errors import UsageError
from rag.judges.judge import Judge, Pair
from rag.judges.overlap import Overlap, Premise

WEIGHTS = Overlap(copied=1.998, content=3.691, neighbours=1.168, numbers=1.475, names=2.738)
CONSTANT = -6.531
THRESHOLD = 0.56


class Lexical(Judge):
    """The judge that needs no model."""

    name = "lexical"
    # The number before the figures is raised when words are compared in another way.
    fingerprint = f"lexical-1-{sha256(repr((*WEIGHTS, CONSTANT, THRESHOLD)).encode()).hexdigest()[:16]}"
    threshold = THRESHOLD

    def judge(self, pairs: Sequence[Pair]) -> list[float]:
        """Returns one probability a pair; pairs of one premise in a row cost little more than one."""
        found = []
        text, premise = "", Premise("")
        for given, claim in pairs:
            if given != text:
                text, premise = given, Premise(given)
            figures = premise.overlap(claim)
            value = CONSTANT + sum(weight * figure for weight, figure in zip(WEIGHTS, figures, strict=True))
            found.append(1 / (1 + math.exp(-value)))
        return found


def build(argument: str = "", *, home: Path | None = None, threads: int | None = None) -> Lexical:  # noqa: ARG001
    """Makes the judge.

    Raises:
        UsageError: if it's given an argument.
    """
    if argument:
        raise UsageError(f"The judge lexical takes no argument, and {argument!r} was given.")
    return Lexical()

"""The cosine judge: how near the claim's meaning is to the nearest sentence of the premise.

The largest cosine between the vectors of the claim and of the premise's sentences, through a logistic curve.
Nearness isn't support: a claim with a wrong name or number lies as near as the right one. It's here to be
shown beside judges that read. ``cosine:<address>`` takes another encoder that `models.encoders` finds on this
machine, with the figures of all-MiniLM-L6-v2.

Provenance: fitted on 700 claims with human labels, 350 drawn from each of two sources whose premises are
documents (WiCE's development part and FactCG's), every source and label of equal weight. AUROC there: 73.1
(WiCE), 83.4 (FactCG); fitted on one, balanced accuracy on the other at a half: 65.7, 74.4. Every two
neighbouring sentences as further windows gave 73.1 and 85.6 for three times the work; the whole premise 64.1
and 76.0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from homespun.text.sentences import sentences
from models.encoders.embed import LocalEmbeddings
from rag.judges.judge import Judge, Pair

SLOPE, MIDDLE = 8.1, 0.663
"""A score is 1 / (1 + exp(-SLOPE · (cosine - MIDDLE)))."""
THRESHOLD = 0.53


class Cosine(Judge):
    """The judge of nearness; the encoder is loaded at the first pair."""

    def __init__(self, embeddings: LocalEmbeddings, address: str = "") -> None:
        self.name = f"cosine:{address}" if address else "cosine"
        self.threshold = THRESHOLD
        # The number before the hash is raised when nearness is found in another way.
        rests = (embeddings.source.fingerprint, SLOPE, MIDDLE, THRESHOLD)
        self.fingerprint = f"cosine-1-{sha256(repr(rests).encode()).hexdigest()[:16]}"
        self._embeddings = embeddings

    def judge(self, pairs: Sequence[Pair]) -> list[float]:
        """Returns one probability a pair; texts that pairs share are read once."""
        found = [(claim, sentences(premise)) for premise, claim in pairs]
        texts = dict.fromkeys(text for claim, parts in found for text in (claim, *parts))
        places = {text: place for place, text in enumerate(texts)}
        vectors = self._embeddings.embed(list(texts))
        scores = []
        for claim, parts in found:
            near = vectors[[places[part] for part in parts]] @ vectors[places[claim]]
            scores.append(1 / (1 + math.exp(-SLOPE * (float(near.max()) - MIDDLE))))
        return scores


def build(argument: str = "", *, home: Path | None = None, threads: int | None = None) -> Cosine:
    """Makes the judge.

    Raises:
        ModelNotFound: if the encoder isn't there; the message says how to get it.
    """
    # Each text in a pass of its own: no vector changes with its neighbours, not even by rounding.
    embeddings = LocalEmbeddings(argument or "minilm", home=home, threads=threads, batch_tokens=1)
    return Cosine(embeddings, argument)

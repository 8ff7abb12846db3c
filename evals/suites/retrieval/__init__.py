"""Suite `retrieval`: does a search find the right passages of a collection, and put them first?

Contract: a sample is a query in a corpus, which it names by its fingerprint; its target are the right
passages with their grades. The system is an `evals.systems.Retrieval`, asked for the best `DEPTH`; making an
index isn't timed. Built in are 102 queries on 60 short passages about twelve places that don't exist: five
passages a place, so that those on the same subject are in the way. Data is what `collection` reads.

Figures are trec_eval's. Queries for one passage (BEIR), on one article (SQuAD) or on one place (built in) are
one group.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from evals.measure import Mean, Measure
from evals.metrics.average_precision import average_precision
from evals.metrics.ndcg import ndcg
from evals.metrics.recall_at_k import recall_at_k
from evals.sample import Json, Output, Sample
from evals.suite import Scores, Source, Suite, System
from evals.suites.retrieval.collection import read
from evals.systems import Corpus, Ranked, Retrieval

BUILT_IN = Path(__file__).parents[1] / "data" / "retrieval"
DEPTH = 100
"""How many passages are asked for."""
SHOWN = 10
"""Of how many it's kept what each way of searching said, besides the right ones."""
RECALLS = (1, 5, 20, 100)
DIGITS = 6
"""Of a score."""


class RetrievalSuite(Suite[Retrieval]):
    """Search in a collection of passages."""

    name = "retrieval"
    about = "does a search find the right passages and put them first? nDCG@10 is 0 to 1"
    kind = "retriever"
    batch = 32
    default_limit = 500
    measures = (
        Measure(
            "ndcg_at_10",
            Mean("ndcg_at_10"),
            about="the first ten, the better the higher what's right stands; 1 is the best order there is",
            primary=True,
        ),
        Measure("map", Mean("map"), about="mean average precision of the first hundred"),
        *(
            Measure(
                f"recall_at_{k}",
                Mean(f"recall_at_{k}"),
                about=f"share of the right passages among the first {k}",
            )
            for k in RECALLS
        ),
        Measure(
            "time_per_query",
            Mean("timing.answer_s"),
            "lower",
            about=f"in batches of up to {batch}; making the index isn't counted",
            unit="s",
            timing=True,
        ),
    )

    def __init__(self) -> None:
        # A corpus is too large for every sample to carry, so it's held under the fingerprint that they name.
        self._corpora: dict[str, Corpus] = {}

    def samples(self, source: Source) -> Iterator[Sample]:
        """Gives the queries in the data's order; what is searched is held from then on."""
        found = read(source.data or BUILT_IN)
        fingerprint = found.corpus.fingerprint
        self._corpora.setdefault(fingerprint, found.corpus)
        for query in found.queries:
            asked = {"query": query.text, "corpus": fingerprint}
            if query.hidden:
                asked["hidden"] = query.hidden
            yield Sample(query.id, asked, dict(query.relevant), query.group, query.tags)

    def answer(self, system: Retrieval, sample: Sample, seed: int) -> Output:
        """Asks one query."""
        (found,) = self.answers(system, [sample], [seed])
        if isinstance(found, Exception):
            raise found
        return found

    def answers(
        self, system: Retrieval, samples: Sequence[Sample], seeds: Sequence[int]
    ) -> list[Output | Exception]:
        """Asks a batch; where that fails, one by one, to know which."""
        del seeds  # a search draws nothing
        try:
            corpus = self._corpus(samples)
            system.index(corpus)
            began = time.perf_counter()
            # One more, as the query's own passage may be among them.
            found = system.search(corpus, [sample.input["query"] for sample in samples], DEPTH + 1)
            seconds = (time.perf_counter() - began) / len(samples)
            if len(found) != len(samples):
                raise ValueError(f"{len(found)} rankings were given to {len(samples)} queries")
        except Exception as error:
            if len(samples) == 1:
                return [error]
            return [found for sample in samples for found in self.answers(system, [sample], [0])]
        return [
            _tried(ranking, corpus, sample, seconds) for sample, ranking in zip(samples, found, strict=True)
        ]

    def score(self, sample: Sample, output: Output) -> Scores:
        """Returns the columns, none of which is ever None."""
        ids, right = output.answer["ids"], sample.target
        return {
            "ndcg_at_10": ndcg(ids, right, 10),
            "map": average_precision(ids, right, DEPTH),
            **{f"recall_at_{k}": recall_at_k(ids, right, k) for k in RECALLS},
        }

    def explain(self, sample: Sample, output: Output) -> Json:
        """Returns at which places the right passages stand; None for one that wasn't found."""
        places = {name: place for place, name in enumerate(output.answer["ids"], 1)}
        return {"places": {name: places.get(name) for name in sample.target}}

    def baselines(self) -> Sequence[System[Retrieval]]:
        """Returns one that doesn't read the query, and one that counts words."""
        from evals.suites.retrieval.baselines import InOrder, SharedWords

        found: tuple[InOrder | SharedWords, ...] = (InOrder(), SharedWords())
        return [System(one.name, one, one.fingerprint) for one in found]

    def _corpus(self, samples: Sequence[Sample]) -> Corpus:
        (fingerprint,) = {sample.input["corpus"] for sample in samples}
        if fingerprint not in self._corpora:
            raise ValueError("the corpus of this sample isn't held: ask for the samples of its data first")
        return self._corpora[fingerprint]


def _tried(ranking: Sequence[Ranked], corpus: Corpus, sample: Sample, seconds: float) -> Output | Exception:
    try:
        return _output(ranking, corpus, sample, seconds)
    except Exception as error:
        return error


def _output(ranking: Sequence[Ranked], corpus: Corpus, sample: Sample, seconds: float) -> Output:
    """Raises what becomes the sample's failure where the ranking isn't one of passages of the corpus."""
    hidden = sample.input.get("hidden")
    kept = [one for one in ranking if one.id != hidden][:DEPTH]
    if strange := next((one.id for one in kept if one.id not in corpus.passages), None):
        raise ValueError(f"{strange!r} is no passage of the corpus")
    arms: dict[str, Any] = {
        one.id: {arm: round(float(score), DIGITS) for arm, score in one.arms.items()}
        for place, one in enumerate(kept)
        if one.arms and (place < SHOWN or one.id in sample.target)
    }
    return Output(
        {"ids": [one.id for one in kept], "scores": [round(float(one.score), DIGITS) for one in kept]},
        trace={"arms": arms} if arms else None,
        timing={"answer_s": seconds},
    )


SUITE = RetrievalSuite()

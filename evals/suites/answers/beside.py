"""`answers` with another judge than the lexical one: what stands beside its figures.

Contract: with every other judge the lexical one's figures; with the cosine judge, whose encoder is loaded
then, also the cosine of question and answer by the same encoder.
"""

from __future__ import annotations

from evals.judged import columns_by, measures_by
from evals.measure import Mean, Measure
from evals.metrics.answer_relevance import answer_relevance
from evals.sample import Output, Sample
from evals.suite import Scores
from evals.suites.answers import Answers
from rag.ground import ground
from rag.judges.judge import Judge

COSINE = "cosine"


class BesideLexical(Answers):
    """The suite with the lexical judge's figures beside."""

    measures = (*Answers.measures, *measures_by("lexical", "compares words"))

    def score(self, sample: Sample, output: Output) -> Scores:
        """Returns the columns, with the lexical judge's."""
        supports = ground(str(output.answer), list(sample.input["passages"]))
        by_words = columns_by("lexical", [support.verdict for support in supports])
        return {**super().score(sample, output), **by_words}


class WithEncoder(BesideLexical):
    """The suite with the cosine judge, and how near in meaning an answer is to its question."""

    measures = (
        *BesideLexical.measures,
        Measure(
            "cosine_relevance",
            Mean("cosine_relevance"),
            "neither",
            about="cosine of question and answer, by the judge's encoder; declined ones aren't counted",
            bounds=(-1.0, 1.0),
        ),
    )

    def __init__(self, judge: Judge) -> None:
        super().__init__(judge)
        from models.encoders.embed import LocalEmbeddings

        address = judge.name.partition(":")[2] or "minilm"
        # Each text in a pass of its own: its vector doesn't change with its neighbours, not even by rounding.
        self._embeddings = LocalEmbeddings(address, batch_tokens=1)

    def score(self, sample: Sample, output: Output) -> Scores:
        """Returns the columns, with the cosine."""
        scores, said = super().score(sample, output), str(output.answer)
        cosine = None
        if not scores["abstained"]:
            cosine = answer_relevance(*self._embeddings.embed_documents([sample.input["question"], said]))
        return {**scores, "cosine_relevance": cosine}


def beside(judge: Judge) -> Answers:
    """Returns the suite with a judge and what stands beside it.

    Raises:
        ModelNotFound: if it's the cosine judge with an encoder that isn't there.
    """
    return WithEncoder(judge) if judge.name.partition(":")[0] == COSINE else BesideLexical(judge)

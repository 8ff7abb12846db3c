"""Suite `reading`: does a reader copy the right words out of passages, and none where they aren't there?

Contract: a sample is a question and passages; its target the right answers, none where the passages don't
hold one. The system is an `evals.systems.Reader`; where it has `read_many`, it's asked in batches. Built in
are 65 questions about 15 short texts, 20 of them without an answer; data is what `evals.questions` reads,
SQuAD's among it.

Exact match and F1 are SQuAD's, an abstention being the empty answer: right where there's no answer, and only
there (Rajpurkar et al. 2018). Calibration is that of `confidence`, which is about the likeliest span: without
an answer that's never right. Groups are titles, SQuAD's articles.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from evals.agreement import Auroc, BestThreshold, Ece
from evals.measure import Mean, Measure
from evals.metrics.exact_match import exact_match
from evals.metrics.token_f1 import token_f1
from evals.sample import Output, Sample
from evals.suite import Scores, Source, Suite, System
from evals.systems import Reader, Reading

BUILT_IN = Path(__file__).parents[1] / "data" / "reading.jsonl"
DIGITS = 6
"""Of a probability. The last ones differ with the neighbours in a batch."""


class ReadingSuite(Suite[Reader]):
    """Extractive question answering."""

    name = "reading"
    about = "are the right words found in passages, and none where they don't answer? F1 is 0 to 1"
    kind = "reader"
    batch = 32
    measures = (
        Measure(
            "f1",
            Mean("f1"),
            about="words shared with a right answer; where there is none, 1 for abstaining",
            primary=True,
        ),
        Measure("exact_match", Mean("exact_match"), about="the right answer, or rightly none"),
        Measure("has_answer_f1", Mean("has_answer_f1"), about="of questions that have an answer"),
        Measure("has_answer_exact_match", Mean("has_answer_exact_match"), about="the same, word for word"),
        Measure(
            "no_answer_f1",
            Mean("no_answer_f1"),
            about="of questions without an answer, those where it abstained; exact match is the same",
        ),
        Measure(
            "best_span_f1",
            Mean("best_span_f1"),
            about="of questions that have an answer, as if it never abstained",
        ),
        Measure(
            "f1_at_best_threshold",
            BestThreshold("answerable", "best_span_worth", "no_answer"),
            about="F1 with the best threshold for abstaining, chosen on these samples",
        ),
        Measure(
            "abstention_auroc",
            Auroc("answerable", "has_answer"),
            about="chance that a question with an answer gets a higher probability of one than one without",
            primary=True,
        ),
        Measure("abstained", Mean("abstained"), "neither", about="questions it left without an answer"),
        Measure(
            "confidence_ece",
            Ece("confidence", "best_right"),
            "lower",
            about="how far its confidence is from the share of spans that are right, word for word",
            primary=True,
        ),
        Measure(
            "confidence_brier",
            Mean("confidence_error"),
            "lower",
            about="squared error of its confidence; 0.25 is always saying 0.5",
        ),
        Measure(
            "confidence_auroc",
            Auroc("confidence", "best_right"),
            about="chance that a right span gets more confidence than a wrong one",
        ),
        Measure(
            "answerable_ece",
            Ece("answerable", "has_answer"),
            "lower",
            about="how far its probabilities of an answer are from the share that has one",
        ),
        Measure(
            "exact_offsets",
            Mean("exact_offsets"),
            about="what it gives is word for word where it says that it stands; less is a defect",
            primary=True,
        ),
        Measure(
            "time_per_question",
            Mean("timing.answer_s"),
            "lower",
            about=f"in batches of up to {batch}, where it takes them",
            unit="s",
            timing=True,
        ),
    )

    def samples(self, source: Source) -> Iterator[Sample]:
        """Gives the questions in the data's order."""
        from evals.questions import read

        return read(source.data or BUILT_IN)

    def answer(self, system: Reader, sample: Sample, seed: int) -> Output:
        """Asks one question."""
        del seed  # a reader draws nothing
        began = time.perf_counter()
        found = system.read(sample.input["question"], sample.input["passages"])
        return _output(found, time.perf_counter() - began)

    def answers(
        self, system: Reader, samples: Sequence[Sample], seeds: Sequence[int]
    ) -> list[Output | Exception]:
        """Asks a batch, if the system takes them; where that fails, one by one, to know which."""
        many = getattr(system, "read_many", None)
        if many is None or len(samples) == 1:
            return super().answers(system, samples, seeds)
        began = time.perf_counter()
        try:
            found = many([(sample.input["question"], sample.input["passages"]) for sample in samples])
        except Exception:
            return super().answers(system, samples, seeds)
        seconds = (time.perf_counter() - began) / len(samples)
        return [_tried(one, seconds) for one in found]

    def score(self, sample: Sample, output: Output) -> Scores:
        """Returns the columns; those that don't apply to a sample are None."""
        said, right = output.answer, list(sample.target)
        due = bool(right)
        f1, exact = token_f1(said["text"], right), exact_match(said["text"], right)
        best_f1 = token_f1(said["best"], right) if due else 0.0
        found = bool(said["best"])
        best_right = exact_match(said["best"], right) if due else 0.0
        return {
            "f1": f1,
            "exact_match": exact,
            "has_answer_f1": f1 if due else None,
            "has_answer_exact_match": exact if due else None,
            "no_answer_f1": None if due else f1,
            "best_span_f1": best_f1 if due else None,
            "best_span_worth": best_f1,
            "best_right": best_right,
            "abstained": float(not said["text"]),
            "has_answer": float(due),
            "no_answer": float(not due),
            "answerable": said["answerable"],
            "confidence": said["confidence"] if found else None,
            "confidence_error": (said["confidence"] - best_right) ** 2 if found else None,
            "exact_offsets": _exact(said, sample.input["passages"]),
        }

    def baselines(self) -> Sequence[System[Reader]]:
        """Returns one that always abstains and three that look at words alone and never do."""
        from evals.suites.reading.baselines import Abstains, BestSentence, FirstSentence, NewWords

        return [
            System(reader.name, reader, reader.fingerprint)
            for reader in (Abstains(), FirstSentence(), BestSentence(), NewWords())
        ]


def _tried(found: Reading, seconds: float) -> Output | Exception:
    try:
        return _output(found, seconds)
    except Exception as error:
        return error


def _output(found: Reading, seconds: float) -> Output:
    return Output(
        {
            "text": found.text,
            "passage": found.passage,
            "start": found.start,
            "end": found.end,
            "best": found.best,
            "confidence": _probability(found.confidence),
            "answerable": _probability(found.answerable),
        },
        timing={"answer_s": seconds},
    )


def _probability(value: float) -> float:
    """Raises what becomes the sample's failure where a reader gives no probability."""
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"{value} is no probability")
    return round(float(value), DIGITS)


def _exact(said: dict[str, Any], passages: Sequence[str]) -> float | None:
    """Whether what was given stands where it's said to; None where nothing was given."""
    if not said["text"] and not said["best"]:
        return None
    place = said["passage"]
    stands = 0 <= place < len(passages) and passages[place][said["start"] : said["end"]] == said["best"]
    return float(stands and said["text"] in ("", said["best"]))


SUITE = ReadingSuite()

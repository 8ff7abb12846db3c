"""Suite `judge`: does a judge of support agree with people?

Contract: a sample is a premise and a claim, its target is what people said (1: the premise supports the
claim). Built in are 126 claims about 21 texts (news, dialogue, questions), half of them supported; the others
differ from a supported one in one name, number, date, negation or addition, so counting words gains little
there. Data may be JSON Lines with ``id, source, premise, claim, label`` and, where there are, ``fine`` and
``group`` (``.jsonl``, ``.jsonl.gz``), or ``hf:<org/name>`` with the same columns.

AUROC over all sources at once compares scores of different sources; `macro_auroc` is the mean of the sources'
own. Balanced accuracy is at the judge's own threshold, fixed on other data.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from evals.agreement import Auroc, BalancedAccuracy
from evals.data import located
from evals.measure import Mean, Measure, Whole
from evals.metrics.ece import ece
from evals.sample import Output, Sample, digest
from evals.suite import Scores, Source, Suite, System
from homespun.errors import UsageError
from rag.judges.judge import Judge

BUILT_IN = Path(__file__).parent / "data" / "judge.jsonl"
FIELDS = ("source", "premise", "claim", "label")


class JudgeSuite(Suite[Judge]):
    """Agreement of a judge with human labels."""

    name = "judge"
    about = "whether a judge of support agrees with people: AUROC 0.5 is chance, 1 is perfect"
    kind = "judge"
    batch = 32
    measures = (
        Measure(
            "auroc",
            Auroc("score", "label"),
            about="chance that a supported claim scores higher than an unsupported one",
            primary=True,
        ),
        Measure("macro_auroc", Auroc("score", "label", "source"), about="mean of the sources' AUROC"),
        Measure(
            "balanced_accuracy",
            BalancedAccuracy("said", "label"),
            about="at the judge's own threshold: mean of the shares right of either kind of claim",
        ),
        Measure("accuracy", Mean("right"), about="share right at the judge's own threshold"),
        Measure(
            "ece",
            Whole(("score", "label"), ece),
            "lower",
            about="calibration: how far scores are from the shares that they promise",
        ),
        Measure("brier", Mean("error"), "lower", about="squared error; 0.25 is always saying 0.5"),
    )

    def samples(self, source: Source) -> Iterator[Sample]:
        """Gives the claims in their order."""
        where = source.data or BUILT_IN
        rows = located(where, what="claims", fields=FIELDS, hint="label is 0 or 1; all else are texts.")
        for number, (line, row) in enumerate(rows, 1):
            label = row["label"]
            if label not in (0, 1) or not all(isinstance(row[name], str) for name in FIELDS[:3]):
                raise UsageError(f"{line}: source, premise and claim must be texts and label 0 or 1.")
            tags = {"source": row["source"]}
            if source.data is None:
                tags["kind"] = row["fine"]
            yield Sample(
                id=str(row.get("id", number)),
                input={"premise": row["premise"], "claim": row["claim"]},
                target=int(label),
                # Claims about one text rise and fall together, whether the data says so or not.
                group=str(row.get("group") or digest(row["premise"])[:16]),
                tags=tags,
            )

    def answer(self, system: Judge, sample: Sample, seed: int) -> Output:
        """Asks for one score."""
        (found,) = self.answers(system, [sample], [seed])
        if isinstance(found, Exception):
            raise found
        return found

    def answers(
        self, system: Judge, samples: Sequence[Sample], seeds: Sequence[int]
    ) -> list[Output | Exception]:
        """Asks for the scores of a batch; where that fails, one by one, to know which."""
        del seeds  # a judge draws nothing
        pairs = [(sample.input["premise"], sample.input["claim"]) for sample in samples]
        try:
            scores = system.score(pairs)
        except Exception as error:
            if len(samples) == 1:
                return [error]
            return [found for sample in samples for found in self.answers(system, [sample], [0])]
        return [
            Output({"score": score, "supported": score >= system.threshold, "threshold": system.threshold})
            for score in scores
        ]

    def score(self, sample: Sample, output: Output) -> Scores:
        """Returns score, said, label, whether it's right, and the source as a number."""
        said = float(output.answer["supported"])
        return {
            "score": output.answer["score"],
            "said": said,
            "label": float(sample.target),
            "right": float(said == sample.target),
            "error": (output.answer["score"] - sample.target) ** 2,
            # Measures read numbers; the first 52 bits of a hash tell sources apart.
            "source": float(int(digest(sample.tags["source"])[:13], 16)),
        }

    def baselines(self) -> Sequence[System[Judge]]:
        """What needs no reading, and what needs no understanding."""
        from rag.judges.length import Length
        from rag.judges.lexical import Lexical

        return [
            System(judge.name, judge, judge.fingerprint, about={"threshold": judge.threshold})
            for judge in (Length(), Lexical())
        ]


SUITE = JudgeSuite()

"""Suite `answers`: does a chat model answer from passages, and from nothing else?

Contract: a sample is a question and numbered passages; its target the right answers, none where the
passages don't hold one. The system is a chat model that's asked to answer from the passages, to cite them as
[n] and to say when they don't tell. Built in are 58 questions about 21 short texts; data may also be SQuAD's
or ClapNQ's, see `evals.questions`.

Whether a sentence is supported is the judge's word; the verdict on the judge is part of the report. Exact
match and token F1 take an answer without its citation marks, and an abstention as the empty answer, as SQuAD
2.0 does. Citations are those of ALCE.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from evals.asking import TIME, ask
from evals.judged import JudgedSuite, columns_by, measures_by
from evals.measure import Mean, Measure, Ratio
from evals.metrics.answer_relevance import lexical_relevance
from evals.metrics.citations import Cited, citation_precision, citation_recall
from evals.metrics.exact_match import exact_match, normalise
from evals.metrics.faithfulness import faithfulness
from evals.metrics.hallucination import KINDS, analyse, hallucinates
from evals.metrics.rouge import rouge
from evals.metrics.token_f1 import token_f1
from evals.sample import Json, Output, Sample
from evals.suite import Scores, Source, System
from rag.abstention import abstains
from rag.claims import CITATION, cited, claim
from rag.ground import SentenceSupport, ground
from rag.judges.judge import Judge

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

BUILT_IN = Path(__file__).parents[1] / "data" / "answers.jsonl"
SYSTEM = (
    "Answer the question from the passages and from nothing else, in one or two short sentences. After each "
    "sentence, name the passage it comes from in brackets, like [1]. If the passages don't tell, say: "
    "The passages don't say."
)
ABSTENTION = "The passages don't say."


class Answers(JudgedSuite["BaseChatModel"]):
    """Grounded answering.

    Args:
        judge: None for the lexical one.
    """

    name = "answers"
    version = 2
    about = "whether answers come from the passages: supported, cited, right, and declined where they must be"
    kind = "chat"
    default_limit = 200
    measures = (
        Measure(
            "faithfulness",
            Mean("faithfulness"),
            about="share of an answer's claiming sentences that the passages support, by the judge",
            primary=True,
        ),
        Measure(
            "hallucination_rate",
            Mean("hallucinated"),
            "lower",
            about="answers that hold an unsupported sentence",
            primary=True,
        ),
        *measures_by("length", "sees no passage and takes every claim of up to nine words for supported"),
        Measure(
            "unsupported_sentences",
            Ratio("unsupported", "claims"),
            "lower",
            about="of all claiming sentences",
        ),
        *(
            Measure(
                f"hallucination_{kind}",
                Mean(f"hallucinated_{kind}"),
                "lower",
                about=f"answers with an unsupported sentence whose words not in the passages include: {kind}",
            )
            for kind in KINDS
        ),
        Measure("token_f1", Mean("token_f1"), about="words shared with a right answer", primary=True),
        Measure("exact_match", Mean("exact_match"), about="the answer is a right one, word for word"),
        Measure(
            "contains_answer", Mean("contains_answer"), about="answerable: a right answer is in what was said"
        ),
        Measure(
            "rouge_l",
            Mean("rouge_l"),
            about="answerable: longest run of words shared with a right answer, gaps allowed",
        ),
        Measure("citation_recall", Mean("citation_recall"), about="claims that their citations support"),
        Measure("citation_precision", Mean("citation_precision"), about="citations that are needed"),
        Measure(
            "abstention_precision",
            Ratio("abstained_right", "abstained"),
            about="of the questions it declined, those without an answer",
        ),
        Measure(
            "abstention_recall",
            Ratio("abstained_right", "unanswerable"),
            about="of the questions without an answer, those it declined",
        ),
        Measure(
            "abstention_f1",
            Ratio("abstained_right", "abstained_or_due"),
            about="of abstention precision and recall",
        ),
        Measure("abstained", Mean("abstained"), "neither", about="questions it declined"),
        Measure(
            "lexical_relevance",
            Mean("relevance"),
            "neither",
            about="share of the question's content words that the answer takes up; short answers have few",
        ),
        TIME,
    )

    def __init__(self, judge: Judge | None = None) -> None:
        self._judge = judge

    @property
    def judge(self) -> Judge:
        """The judge of support."""
        if self._judge is None:
            from rag.judges.lexical import Lexical

            self._judge = Lexical()
        return self._judge

    def with_judge(self, judge: Judge) -> Answers:
        """Returns this suite with another judge; the lexical judge's figures then stand beside."""
        if judge.name == "lexical":
            return Answers(judge)
        from evals.suites.answers.beside import beside

        return beside(judge)

    def samples(self, source: Source) -> Iterator[Sample]:
        """Gives the questions in the data's order."""
        from evals.questions import read

        return read(source.data or BUILT_IN)

    def answer(self, system: BaseChatModel, sample: Sample, seed: int) -> Output:
        """Asks for an answer."""
        from langchain_core.messages import HumanMessage, SystemMessage

        del seed  # the temperature is 0
        passages = tuple(sample.input["passages"])
        messages = [SystemMessage(SYSTEM), HumanMessage(prompt(sample.input["question"], passages))]
        reply, kept = ask(system, messages)
        return Output(reply.text, passages=passages, **kept)

    def score(self, sample: Sample, output: Output) -> Scores:
        """Returns the columns; those that don't apply to an answer are None."""
        said, passages = str(output.answer), list(sample.input["passages"])
        references = list(sample.target)
        supports = ground(said, passages, self.judge)
        verdicts = [support.verdict for support in supports]
        claims = [support for support in supports if support.verdict != "no claim"]
        wrong = [support for support in claims if support.verdict == "unsupported"]
        kinds = {finding.kind for support in wrong for finding in analyse(claim(support.text), passages)}
        citations = [self._cited(support.text, passages) for support in claims]
        # Whoever declines and then claims what the passages don't bear out has answered.
        declined = abstains(said) and not wrong
        short = "" if declined else CITATION.sub("", said).strip()
        due = not references
        return {
            "claims": float(len(claims)),
            "unsupported": float(len(wrong)),
            "faithfulness": faithfulness(verdicts),
            "hallucinated": float(hallucinates(verdicts)),
            **{f"hallucinated_{kind}": float(kind in kinds) for kind in KINDS},
            **columns_by("length", self._by_length(supports, passages)),
            "token_f1": token_f1(short, references),
            "exact_match": exact_match(short, references),
            "rouge_l": None if due else rouge(short, references)["rougeL"],
            "contains_answer": None if due else float(_contains(said, references)),
            "citation_recall": citation_recall(citations),
            "citation_precision": citation_precision(citations),
            "abstained": float(declined),
            "unanswerable": float(due),
            "abstained_right": float(declined and due),
            "abstained_or_due": (declined + due) / 2,
            "relevance": None if declined else lexical_relevance(sample.input["question"], said),
        }

    def explain(self, sample: Sample, output: Output) -> Json:
        """Returns each sentence's verdict, its evidence, and which of its words the passages don't have.

        A finding's passage is the one nearest to its sentence.
        """
        passages = list(sample.input["passages"])
        return {"support": [_told(one, passages) for one in ground(str(output.answer), passages, self.judge)]}

    def baselines(self) -> Sequence[System[BaseChatModel]]:
        """Returns one that copies the first sentence of the first passage and one that always declines."""
        from evals.rules import Rule
        from evals.suites.answers.baselines import declines, first_sentence

        return (
            System("first sentence of the first passage", Rule(reply=first_sentence), "first-sentence-1"),
            System("always abstains", Rule(reply=declines), "declines-1"),
        )

    def _by_length(self, supports: Sequence[SentenceSupport], passages: Sequence[str]) -> list[str]:
        """The length judge's verdicts: it reads no passage, so there's no support to look for."""
        from rag.judges.length import Length

        read = " ".join(passages)
        return [
            support.verdict
            if support.verdict == "no claim"
            else ("supported" if Length().supports([(read, claim(support.text))])[0] else "unsupported")
            for support in supports
        ]

    def _cited(self, sentence: str, passages: Sequence[str]) -> Cited:
        numbers = cited(sentence)
        if not numbers:
            return Cited()
        real = [number for number in numbers if 1 <= number <= len(passages)]
        together = self._supports(sentence, [passages[number - 1] for number in real])
        alone, without = [], []
        for number in numbers:
            others = [passages[other - 1] for other in real if other != number]
            alone.append(number in real and self._supports(sentence, [passages[number - 1]]))
            without.append(self._supports(sentence, others))
        return Cited(together, alone, without)

    def _supports(self, sentence: str, passages: Sequence[str]) -> bool:
        return bool(passages) and all(
            support.verdict != "unsupported" for support in ground(sentence, passages, self.judge)
        )


def prompt(question: str, passages: Sequence[str]) -> str:
    """Returns the passages, numbered from 1, and the question."""
    numbered = "\n\n".join(f"[{number}] {passage}" for number, passage in enumerate(passages, 1))
    return f"{numbered}\n\nQuestion: {question}"


def _contains(said: str, references: Sequence[str]) -> bool:
    """Whether the words of a right answer stand in what was said, in a row."""
    words = f" {normalise(said)} "
    return any(normalise(right) and f" {normalise(right)} " in words for right in references)


def _told(support: SentenceSupport, passages: Sequence[str]) -> dict[str, Json]:
    first = support.evidence[0] if support.evidence else None
    return {
        "start": support.start,
        "end": support.end,
        "verdict": support.verdict,
        "probability": support.probability,
        "passage": support.passage,
        "passage_start": first.start if first else None,
        "passage_end": first.end if first else None,
        "evidence": [[one.passage, one.start, one.end] for one in support.evidence],
        "findings": [
            {
                "kind": found.kind,
                "start": support.start + found.start,
                "end": support.start + found.end,
                "passage": support.passage,
            }
            for found in analyse(support.text, passages)
        ]
        if support.verdict == "unsupported"
        else [],
    }


SUITE = Answers()

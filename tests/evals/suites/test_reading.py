from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evals.harness import run
from evals.report.sections import sections
from evals.result import Record, Report, SuiteResult, SystemResult
from evals.sample import Output, Sample
from evals.suite import Source, System
from evals.suites.reading import SUITE
from evals.suites.reading.baselines import BestSentence, FirstSentence, NewWords
from models.encoders.read import Reading

PASSAGES = ["Ann Lee was born in Leeds.", "Hollow Bridge opened in 1932. It was designed by Ann Lee."]
SAMPLES = list(SUITE.samples(Source()))


class Knows:
    """Knows the built-in answers; what it gives can be spoilt. Counts how it's asked."""

    def __init__(self, spoil: Callable[[Reading], Reading] = lambda found: found) -> None:
        self._spoil = spoil
        self._answers = {(one.input["question"], *one.input["passages"]): one.target for one in SAMPLES}
        self.batches: list[int] = []

    def read(self, question: str, passages: Sequence[str]) -> Reading:
        answers = self._answers[question, *passages]
        if not answers:
            return self._spoil(Reading("", 0, 0, 9, 0.0, 0.0, passages[0][:9]))
        place = next(n for n, text in enumerate(passages) if answers[0] in text)
        start = passages[place].index(answers[0])
        return self._spoil(Reading(answers[0], place, start, start + len(answers[0]), 1.0, 1.0, answers[0]))


class Batches(Knows):
    """The same, several at once."""

    def read_many(self, asked: Sequence[tuple[str, Sequence[str]]]) -> list[Reading]:
        self.batches.append(len(asked))
        return [self.read(question, passages) for question, passages in asked]


def _run(reader: Any, source: Source | None = None) -> tuple[SuiteResult, list[Record]]:
    result, _, records = run(SUITE, System("reader", reader, "reader"), source=source, resamples=20)
    return result, records


def _values(system: SystemResult) -> dict[str, float | None]:
    return {one.measure: one.value for one in system.estimates}


def _score(*right: str, **said: Any) -> dict[str, Any]:
    found = {"passage": 1, "start": 24, "end": 28, "confidence": 0.8, "answerable": 0.9, "best": "1932"}
    sample = Sample("1", {"question": "When did it open?", "passages": PASSAGES}, list(right))
    return dict(SUITE.score(sample, Output({"text": "1932", **found, **said})))


def test_built_in_questions_are_many_and_their_answers_verbatim() -> None:
    assert len(SAMPLES) == 65
    assert sum(not sample.target for sample in SAMPLES) == 20
    assert len({sample.group for sample in SAMPLES}) == 15
    assert len({sample.id for sample in SAMPLES}) == len(SAMPLES)
    for sample in SAMPLES:
        assert all(any(right in text for text in sample.input["passages"]) for right in sample.target), sample
        assert sample.tags["source"] in ("history", "science", "manual", "papers")
    # Offsets are characters: some texts have others than ASCII before the answer.
    assert any(
        not text[: text.find(right)].isascii()
        for sample in SAMPLES
        for right in sample.target
        for text in sample.input["passages"]
        if right in text
    )


def test_a_reader_that_knows_all_is_perfect() -> None:
    result, _ = _run(Knows())
    found = _values(result.system)
    shares = ("f1", "exact_match", "has_answer_f1", "has_answer_exact_match", "no_answer_f1", "best_span_f1")
    for name in (*shares, "f1_at_best_threshold", "abstention_auroc", "confidence_auroc", "exact_offsets"):
        assert found[name] == 1, name
    for name in ("confidence_ece", "confidence_brier", "answerable_ece", "failure_rate"):
        assert found[name] == 0, name
    assert found["abstained"] == pytest.approx(20 / 65)
    assert {one.groups for one in result.system.estimates if one.measure == "f1"} == {15}
    assert set(result.system.slices) == {"kind", "source"}


def test_abstaining_is_the_empty_answer() -> None:
    right, wrong = _score(text=""), _score("1932", text="")
    assert (right["f1"], right["exact_match"], right["no_answer_f1"], right["has_answer_f1"]) == (
        1,
        1,
        1,
        None,
    )
    assert (wrong["f1"], wrong["exact_match"], wrong["no_answer_f1"], wrong["has_answer_f1"]) == (
        0,
        0,
        None,
        0,
    )
    # What it would have said is kept apart.
    assert (wrong["best_span_f1"], wrong["best_right"]) == (1, 1)
    assert (right["best_span_f1"], right["best_right"], right["best_span_worth"]) == (None, 0, 0)


def test_an_answer_where_there_is_none_is_wrong_and_so_is_its_confidence() -> None:
    scores = _score()
    assert (scores["f1"], scores["abstained"], scores["exact_offsets"]) == (0, 0, 1)
    assert scores["confidence_error"] == pytest.approx(0.64)


def test_words_count_as_squad_counts_them() -> None:
    scores = _score("the year 1932", "nine", text="In 1932", best="1932")
    assert (scores["exact_match"], scores["f1"]) == (0, 0.5)
    assert _score("1932.")["exact_match"] == 1


@pytest.mark.parametrize(
    "said",
    [
        {"start": 23},
        {"passage": 0},
        {"passage": 2},
        {"passage": -1},
        {"best": "1933"},
        {"text": "opened"},
    ],
)
def test_what_is_not_where_it_is_said_to_be_is_told(said: dict[str, Any]) -> None:
    assert _score("1932")["exact_offsets"] == 1
    assert _score("1932", text="")["exact_offsets"] == 1
    assert _score("1932", **said)["exact_offsets"] == 0


def test_a_reader_without_any_span_has_no_confidence_to_be_measured() -> None:
    scores = _score("1932", text="", best="", passage=-1)
    assert (scores["confidence"], scores["confidence_error"], scores["exact_offsets"]) == (None, None, None)


def test_another_threshold_can_be_studied_without_asking_again() -> None:
    never = _run(Knows(lambda found: replace(found, text=found.best)))[0].system
    always = _run(Knows(lambda found: replace(found, text="")))[0].system
    for system, f1 in ((never, 45 / 65), (always, 20 / 65)):
        assert _values(system)["f1"] == pytest.approx(f1)
        assert _values(system)["f1_at_best_threshold"] == 1
        assert _values(system)["abstention_auroc"] == 1


def test_batches_and_single_questions_give_the_same(tmp_path: Path) -> None:
    many = Batches()
    result, records = _run(many)
    single, others = _run(Knows())
    assert many.batches == [SUITE.batch] * 2  # 65 in batches of 32; the last one is alone
    assert _values(result.system) == _values(single.system)
    assert [one.scores for one in records] == [one.scores for one in others]


def test_one_question_that_fails_is_alone() -> None:
    def spoil(found: Reading) -> Reading:
        if found.text == "hexanal":
            raise RuntimeError("no smell")
        return replace(found, confidence=1.5) if found.text == "Cremona" else found

    result, _ = _run(Batches(spoil))
    errors = {one.id: one.error for one in result.system.samples if one.error}
    assert errors == {"moth-2": "RuntimeError: no smell", "violin-1": "ValueError: 1.5 is no probability"}


def test_the_same_bytes_twice() -> None:
    assert _run(NewWords(0.6))[0].model_dump_json() == _run(NewWords(0.6))[0].model_dump_json()


def test_baselines_mark_the_ends_of_the_scale() -> None:
    result, _ = _run(Knows())
    none, first, best, new = (_values(system) for system in result.baselines)
    assert none["f1"] == pytest.approx(20 / 65)
    assert (none["no_answer_f1"], none["abstained"]) == (1, 1)
    assert none["abstention_auroc"] == 0.5
    assert none["confidence_ece"] is none["exact_offsets"] is None
    for values in (first, best, new):
        assert (values["abstained"], values["no_answer_f1"], values["exact_offsets"]) == (0, 0, 1)
    assert (first["f1"] or 0) < (best["f1"] or 0) < 0.4
    assert (best["exact_match"] or 0) < (new["exact_match"] or 0) < 0.2


def test_words_alone_find_a_sentence_and_what_is_new_in_it() -> None:
    asked = ("Who designed Hollow Bridge?", PASSAGES[::-1])
    assert FirstSentence().read(*asked).text == "Hollow Bridge opened in 1932."
    found = BestSentence().read("In which year was Ann Lee born?", PASSAGES)
    assert (found.text, found.passage) == (PASSAGES[0], 0)
    assert found.answerable == pytest.approx(3 / 4)
    found = NewWords().read("When did Hollow Bridge open?", PASSAGES)
    assert (found.text, found.passage, found.start) == ("1932", 1, 24)
    assert NewWords(0.9).read("When did Hollow Bridge burn?", PASSAGES).text == ""
    assert NewWords().read("When?", ["", " "]) == Reading()
    assert NewWords().read("?", ["It is."]).text == "It is."


def test_the_report_shows_how_far_confidence_can_be_trusted() -> None:
    result, _ = _run(NewWords())
    (section,) = sections(Report(suites=[result]))
    assert section.calibration.count("<circle") >= 3
    assert section.histograms[0][0] == "confidence: upwards what was right, downwards what not"


def test_squad_lines_are_grouped_by_article(tmp_path: Path) -> None:
    path = tmp_path / "squad.jsonl"
    rows = [
        {
            "title": title,
            "context": PASSAGES[1],
            "questions": [
                {"question": "When did Hollow Bridge open?", "answers": ["1932", "1932"], "start": 24},
                {"question": "When did Hollow Bridge burn?", "answers": [], "start": -1},
            ],
        }
        for title in ("Bridges", "Towers", "Bridges")
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    result, _ = _run(NewWords(0.9), Source(str(path)))
    found = {one.measure: (one.value, one.n, one.groups) for one in result.system.estimates}
    named = ("f1", "has_answer_exact_match", "no_answer_f1")
    assert [found[name] for name in named] == [(1, 6, 2), (1, 3, 2), (1, 3, 2)]

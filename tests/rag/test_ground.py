from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.ground import CHUNK, Evidence, ground
from rag.judges.judge import Judge, Pair

BRIDGE = "Hollow Bridge opened in 1932. It was designed by Ann Lee. It carries two lanes over the Wend."
LEE = "Ann Lee was born in Leeds in 1890. She studied in Glasgow."


class Exactly(Judge):
    """Supports what stands in the premise letter by letter, and counts its calls."""

    name = "exactly"
    fingerprint = "exactly"
    threshold = 0.5

    def __init__(self) -> None:
        self.calls: list[list[Pair]] = []

    def judge(self, pairs: Sequence[Pair]) -> list[float]:
        self.calls.append(list(pairs))
        return [float(all(word in premise for word in claim.rstrip(".").split())) for premise, claim in pairs]


def _verdicts(answer: str, *passages: str) -> list[str]:
    return [support.verdict for support in ground(answer, passages)]


def test_supported_and_unsupported_sentences_are_told_apart() -> None:
    answer = "Hollow Bridge opened in 1932 [1]. It was designed by John Smith. It has a café on top."
    assert _verdicts(answer, BRIDGE, LEE) == ["supported", "unsupported", "unsupported"]


def test_what_claims_nothing_has_no_verdict() -> None:
    answer = "Hello! Which bridge? The passages don't say. [1]"
    supports = ground(answer, [BRIDGE])
    assert {support.verdict for support in supports} == {"no claim"}
    assert all(support.passage is None and support.evidence == () for support in supports)


def test_evidence_is_the_exact_sentence() -> None:
    (support,) = ground("Ann Lee studied in Glasgow.", [BRIDGE, LEE])
    assert support.passage == 1
    (one,) = support.evidence[:1]
    assert "She studied in Glasgow." in LEE[one.start : one.end]


def test_spans_are_those_of_the_answer() -> None:
    answer = "  Hollow Bridge opened in 1932.\n\nIt was designed by Ann Lee.  "
    for support in ground(answer, [BRIDGE]):
        assert answer[support.start : support.end] == support.text


def test_two_passages_together_support_what_neither_does() -> None:
    judge = Exactly()
    (support,) = ground("designed Lee Leeds 1890", [BRIDGE, LEE], judge)
    assert support.verdict == "supported"
    assert sorted(one.passage for one in support.evidence) == [0, 1]


def test_the_judge_is_called_once() -> None:
    judge = Exactly()
    ground("It opened. It closed. It burned.", [BRIDGE, LEE], judge)
    assert len(judge.calls) == 1
    assert len(set(judge.calls[0])) == len(judge.calls[0])


def test_support_at_the_end_of_a_long_passage_is_found_and_no_chunk_is_too_long() -> None:
    filler = " ".join(
        f"The barge number {n} went down the canal with coal and came back with grain." for n in range(200)
    )
    judge = Exactly()
    (support,) = ground("Ann Lee studied in Glasgow", [f"{filler} Ann Lee studied in Glasgow."], judge)
    assert support.verdict == "supported"
    assert max(len(premise.split()) for premise, _ in judge.calls[0]) <= CHUNK


def test_a_claim_whose_words_are_scattered_in_a_chunk_gets_the_sentences_that_hold_them() -> None:
    passage = "The mill is red. Nobody lives there. The roof is slate. Rain falls. The door is oak."
    (support,) = ground("red slate oak", [passage], Exactly())
    assert support.verdict == "supported"
    assert {passage[one.start : one.end] for one in support.evidence} == {
        "The mill is red.",
        "The roof is slate.",
        "The door is oak.",
    }


def test_without_passages_every_claim_is_unsupported() -> None:
    (support,) = ground("It opened in 1932.", [])
    assert (support.verdict, support.probability, support.passage) == ("unsupported", 0.0, None)


def test_an_empty_answer_has_no_sentences() -> None:
    assert ground("", [BRIDGE]) == []
    assert ground(" \n", []) == []


def test_an_empty_passage_supports_nothing_and_hurts_nothing() -> None:
    (support,) = ground("Hollow Bridge opened in 1932.", ["", BRIDGE, " \n"])
    assert support.verdict == "supported"
    assert support.passage == 1
    assert support.evidence == (Evidence(1, 0, len("Hollow Bridge opened in 1932.")),)


def test_citation_marks_do_not_change_a_verdict() -> None:
    bare, marked = (
        ground("It was designed by Ann Lee.", [BRIDGE]),
        ground("It was designed by Ann Lee [1][2].", [BRIDGE]),
    )
    assert [s.probability for s in bare] == [s.probability for s in marked]


TEXT = st.lists(
    st.sampled_from([*BRIDGE.split(), "Hello!", "[1]", "What?", "9", "…", "```", "-", "橋", "\n\n"]),
    max_size=25,
).map(" ".join)


@settings(max_examples=80)
@given(TEXT | st.text(max_size=40), st.lists(TEXT | st.text(max_size=40), max_size=3))
def test_any_text_gets_probabilities_and_exact_spans(answer: str, passages: list[str]) -> None:
    supports = ground(answer, passages)
    assert supports == ground(answer, passages)
    for support in supports:
        assert 0 <= support.probability <= 1
        assert math.isfinite(support.probability)
        assert answer[support.start : support.end] == support.text
        for one in support.evidence:
            assert 0 <= one.start < one.end <= len(passages[one.passage])
            piece = passages[one.passage][one.start : one.end]
            assert piece == piece.strip()


@pytest.mark.parametrize("threshold", [0.0, 1.1])
def test_the_verdict_follows_the_judge_s_threshold(threshold: float) -> None:
    judge = Exactly()
    judge.threshold = threshold
    (support,) = ground("Hollow Bridge opened.", [BRIDGE], judge)
    assert support.verdict == ("supported" if threshold == 0 else "unsupported")

from __future__ import annotations

from collections.abc import Sequence

import pytest

from homespun.errors import HomespunError, UsageError
from rag.judges.judge import Judge, Pair
from rag.judges.length import MEDIAN, Length
from rag.judges.lexical import Lexical
from rag.judges.loading import load_judge


class Fixed(Judge):
    name = "fixed"
    fingerprint = "fixed"
    threshold = 0.5

    def __init__(self, value: float) -> None:
        self.value, self.asked = value, []  # type: ignore[var-annotated]

    def judge(self, pairs: Sequence[Pair]) -> list[float]:
        self.asked += pairs
        return [self.value] * len(pairs)


def test_a_claim_without_words_is_supported_and_a_premise_without_words_supports_nothing() -> None:
    judge = Fixed(0.3)
    assert judge.score([("a", ""), ("", "a"), ("", ""), ("a", " …\n"), ("_ -", "a"), ("a", "b")]) == [
        1,
        0,
        1,
        1,
        0,
        0.3,
    ]
    assert judge.asked == [("a", "b")]


def test_the_same_pair_is_judged_once() -> None:
    judge = Fixed(0.3)
    assert judge.score([("a", "b"), ("a", "c"), ("a", "b")]) == [0.3] * 3
    assert judge.asked == [("a", "b"), ("a", "c")]


def test_nothing_to_score_asks_nothing() -> None:
    assert Fixed(float("nan")).score([]) == []


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.1, 1.1])
def test_what_is_no_probability_is_refused(value: float) -> None:
    with pytest.raises(HomespunError, match="a probability is needed"):
        Fixed(value).score([("a", "b")])


def test_support_begins_at_the_threshold() -> None:
    assert Fixed(0.5).supports([("a", "b")]) == [True]
    assert Fixed(0.49).supports([("a", "b")]) == [False]


def test_judges_are_loaded_by_name() -> None:
    assert isinstance(load_judge(), Lexical)
    assert isinstance(load_judge("length"), Length)


@pytest.mark.parametrize("address", ["lexicle", "", ":x"])
def test_an_unknown_judge_is_told(address: str) -> None:
    with pytest.raises(UsageError, match=r"There are|Did you mean"):
        load_judge(address)


@pytest.mark.parametrize("name", ["lexical", "length"])
def test_a_judge_without_an_argument_refuses_one(name: str) -> None:
    with pytest.raises(UsageError, match="takes no argument"):
        load_judge(f"{name}:x")


def test_length_reads_only_the_claim() -> None:
    claim = " ".join(["word"] * MEDIAN)
    assert Length().score([("a", claim), ("b c", claim)]) == [0.5, 0.5]
    short, long = Length().score([("a", "one"), ("a", f"{claim} more")])
    assert short > 0.5 > long

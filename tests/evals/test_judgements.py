from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from evals.judgements import KeptJudge
from rag.judges.judge import Judge, Pair


class Asked(Judge):
    name, fingerprint, threshold = "asked", "a1", 0.4

    def __init__(self) -> None:
        self.pairs: list[Pair] = []

    def judge(self, pairs: Sequence[Pair]) -> Sequence[float]:
        self.pairs += pairs
        return [len(claim) / 10 for _, claim in pairs]


PAIRS = [("one", "a"), ("one", "ab"), ("two", "a"), ("one", "a"), ("", "x"), ("x", "")]


@pytest.mark.parametrize("kept", [True, False])
def test_a_judge_is_asked_once_about_a_pair(tmp_path: Path, kept: bool) -> None:
    inner, path = Asked(), tmp_path / "a.jsonl" if kept else None
    judge = KeptJudge(inner, path)
    assert (judge.name, judge.fingerprint, judge.threshold) == ("asked", "a1", 0.4)
    assert judge.score(PAIRS) == Asked().score(PAIRS) == [0.1, 0.2, 0.1, 0.1, 0, 1]
    assert judge.score([("two", "a"), ("new", "abc")]) == [0.1, 0.3]
    judge.close()
    assert inner.pairs == [("one", "a"), ("one", "ab"), ("two", "a"), ("new", "abc")]
    later = Asked()
    assert KeptJudge(later, path).score(PAIRS) == judge.score(PAIRS)
    assert len(later.pairs) == (0 if kept else 3)

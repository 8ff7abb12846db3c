import math

import pytest

from evals.metrics.context_relevance import context_relevance


def test_it_is_the_share_at_or_above_the_threshold() -> None:
    assert context_relevance([0.9, 0.5, 0.49, 0.0]) == 0.5
    assert context_relevance([0.9, 0.5, 0.49, 0.0], threshold=0.95) == 0.0


def test_long_sentences_may_weigh_more() -> None:
    assert context_relevance([1.0, 0.0], lengths=[30, 10]) == 0.75


def test_nothing_retrieved_is_no_figure() -> None:
    assert context_relevance([]) is None
    assert context_relevance([1.0], lengths=[0]) is None


@pytest.mark.parametrize(
    ("scores", "lengths"), [([math.nan], None), ([1.0], [-1]), ([1.0], [math.inf]), ([1.0], [1, 2])]
)
def test_what_is_no_score_is_refused(scores: list[float], lengths: list[float] | None) -> None:
    with pytest.raises(ValueError, match=r"finite|equally long"):
        context_relevance(scores, lengths=lengths)

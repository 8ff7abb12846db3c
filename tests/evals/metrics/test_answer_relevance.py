from __future__ import annotations

import pytest

from evals.metrics.answer_relevance import answer_relevance, lexical_relevance


@pytest.mark.parametrize(
    ("question", "answer", "cosine"),
    [([1, 0], [2, 0], 1.0), ([1, 0], [0, 1], 0.0), ([1, 1], [-1, -1], -1.0), ([3, 4], [4, 3], 24 / 25)],
)
def test_cosine(question: list[float], answer: list[float], cosine: float) -> None:
    assert answer_relevance(question, answer) == pytest.approx(cosine, abs=1e-12)


def test_a_vector_of_zeros_has_no_direction() -> None:
    assert answer_relevance([0, 0], [1, 2]) is None


def test_wrong_vectors_are_refused() -> None:
    with pytest.raises(ValueError, match="equally long"):
        answer_relevance([1], [1, 2])
    with pytest.raises(ValueError, match="finite"):
        answer_relevance([float("nan")], [1])


def test_content_words_that_are_taken_up() -> None:
    assert lexical_relevance("When did the bridge open?", "The bridge opened in 1932.") == 0.5
    assert lexical_relevance("Who designed the bridge?", "Ann Lee.") == 0.0
    assert lexical_relevance("What is it?", "A bridge.") is None

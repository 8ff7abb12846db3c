from __future__ import annotations

import pytest

from evals.metrics.citations import Cited, citation_precision, citation_recall

GOOD = Cited(True, [True], [False])
BOTH_NEEDED = Cited(True, [False, False], [False, False])
ONE_IDLE = Cited(True, [True, False], [False, True])
BOTH_ENOUGH = Cited(True, [True, True], [True, True])
WRONG = Cited(False, [False], [False])
NONE = Cited()


@pytest.mark.parametrize(
    ("sentences", "recall", "precision"),
    [
        ([GOOD], 1.0, 1.0),
        ([BOTH_NEEDED], 1.0, 1.0),
        ([ONE_IDLE], 1.0, 0.5),
        ([BOTH_ENOUGH], 1.0, 1.0),
        ([WRONG], 0.0, 0.0),
        ([NONE], 0.0, None),
        ([GOOD, NONE, ONE_IDLE, WRONG], 0.5, 0.5),
        ([], None, None),
    ],
)
def test_recall_and_precision_as_alce_defines_them(
    sentences: list[Cited], recall: float | None, precision: float | None
) -> None:
    assert citation_recall(sentences) == recall
    assert citation_precision(sentences) == precision


def test_citations_of_a_sentence_that_they_do_not_support_are_not_precise() -> None:
    assert citation_precision([Cited(False, [True], [False])]) == 0


def test_what_contradicts_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="2 citations alone, but 1 left out"):
        Cited(True, [True, True], [True])
    with pytest.raises(ValueError, match="without citations"):
        Cited(True)

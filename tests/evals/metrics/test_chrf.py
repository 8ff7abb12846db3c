import pytest

from evals.metrics.chrf import chrf, corpus_chrf


def test_more_of_the_same_letters_score_higher() -> None:
    right = "seventeen lanterns"
    assert chrf(right, [right]) == pytest.approx(1.0)
    assert 0.5 < chrf("seventeen lantern", [right]) < 1
    assert chrf("zzz", [right]) == 0.0
    assert chrf("", [right]) == 0.0


def test_the_nearest_reference_counts() -> None:
    assert chrf("cat", ["dog", "cat"]) == pytest.approx(1.0)
    assert corpus_chrf(["cat", "cow"], [["dog", "cat"], ["cow"]]) == pytest.approx(1.0)


def test_without_references_there_is_no_figure() -> None:
    with pytest.raises(ValueError, match="at least one reference"):
        chrf("a", [])
    with pytest.raises(ValueError, match="a reference for each"):
        corpus_chrf([], [])

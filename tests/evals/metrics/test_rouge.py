import pytest

from evals.metrics.rouge import rouge


def test_words_pairs_and_order_are_told_apart() -> None:
    found = rouge("b a c", ["a b c"], stem=False)
    assert found == {
        "rouge1": pytest.approx(1.0),
        "rouge2": pytest.approx(0.0),
        "rougeL": pytest.approx(2 / 3),
    }


def test_endings_count_only_without_the_stemmer() -> None:
    assert rouge("boats", ["boat"])["rouge1"] == 1.0
    assert rouge("boats", ["boat"], stem=False)["rouge1"] == 0.0


def test_the_nearest_reference_counts_and_one_is_needed() -> None:
    assert rouge("red boat", ["blue car", "red boat"])["rouge2"] == 1.0
    assert rouge("", ["red boat"])["rougeL"] == 0.0
    with pytest.raises(ValueError, match="at least one reference"):
        rouge("red boat", [])

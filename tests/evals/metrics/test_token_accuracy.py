import pytest

from evals.metrics.token_accuracy import token_accuracy


def test_it_is_a_share() -> None:
    assert token_accuracy(3, 4) == 0.75
    assert token_accuracy(0, 4) == 0.0


@pytest.mark.parametrize(("right", "tokens"), [(0, 0), (5, 4), (-1, 4)])
def test_impossible_counts_are_refused(right: int, tokens: int) -> None:
    with pytest.raises(ValueError, match=r"no tokens|can't be right"):
        token_accuracy(right, tokens)

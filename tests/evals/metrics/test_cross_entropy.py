import math

import pytest

from evals.metrics.cross_entropy import cross_entropy


def test_a_coin_toss_for_each_token_costs_one_bit() -> None:
    assert cross_entropy(10 * math.log(2), 10) == pytest.approx(math.log(2))
    assert cross_entropy(10 * math.log(2), 10, "bits") == pytest.approx(1.0)


@pytest.mark.parametrize("tokens", [0, -3, math.nan])
def test_no_tokens_have_no_figure(tokens: float) -> None:
    with pytest.raises(ValueError, match="no tokens"):
        cross_entropy(1.0, tokens)

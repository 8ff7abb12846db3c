import math

import pytest

from evals.metrics.perplexity import perplexity


def test_a_uniform_guess_among_n_tokens_has_perplexity_n() -> None:
    assert perplexity(7 * math.log(4096), 7) == pytest.approx(4096)


def test_certainty_has_perplexity_one() -> None:
    assert perplexity(0.0, 5) == 1.0


def test_what_no_number_can_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="larger than"):
        perplexity(1e6, 1)
    with pytest.raises(ValueError, match="no tokens"):
        perplexity(1.0, 0)

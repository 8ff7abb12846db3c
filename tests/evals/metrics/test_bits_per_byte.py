import math

import pytest

from evals.metrics.bits_per_byte import bits_per_byte


def test_a_uniform_guess_over_bytes_costs_eight_bits_each() -> None:
    assert bits_per_byte(100 * math.log(256), 100) == pytest.approx(8.0)


def test_certainty_costs_nothing() -> None:
    assert bits_per_byte(0.0, 7) == 0.0


def test_long_tokens_are_paid_by_the_byte() -> None:
    # Four tokens at one bit each over sixteen bytes, whatever the tokenizer.
    assert bits_per_byte(4 * math.log(2), 16) == pytest.approx(0.25)


@pytest.mark.parametrize("size", [0, -1])
def test_an_empty_text_has_no_figure(size: int) -> None:
    with pytest.raises(ValueError, match="empty text"):
        bits_per_byte(1.0, size)

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from homespun.errors import HomespunError, UsageError
from models.inference.sampling import Sampler, SamplingParams, log_softmax, most_probable

ROWS = arrays(np.float32, st.integers(1, 40), elements=st.floats(-20, 20, width=32))
# Logits of ROWS differ by 40 at most, and exp(-40 / 0.06) is above the smallest float: no probability is 0.
TEMPERATURES = st.floats(0.06, 5)


def softmax(row: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    scaled = row.astype(np.float64) / temperature
    weights = np.exp(scaled - scaled.max())
    return weights / weights.sum()


@given(ROWS, TEMPERATURES)
def test_without_filters_the_distribution_is_the_softmax(row, temperature) -> None:
    tokens, probabilities = Sampler(SamplingParams(temperature=temperature)).distribution(row)
    full = np.zeros(len(row))
    full[tokens] = probabilities
    np.testing.assert_allclose(full, softmax(row, temperature), atol=1e-9)


@given(ROWS, st.integers(1, 50), TEMPERATURES)
@example(np.array([3, 0, 2e-16], dtype=np.float32), 2, 1.0)
def test_top_k_keeps_exactly_k_of_the_most_probable(row, k, temperature) -> None:
    tokens, probabilities = Sampler(SamplingParams(temperature=temperature, top_k=k)).distribution(row)
    assert len(tokens) == min(k, len(row))
    assert math.isclose(probabilities.sum(), 1)
    dropped = np.delete(row, tokens)
    assert len(dropped) == 0 or row[tokens].min() >= dropped.max()


@given(ROWS, st.floats(0.01, 0.99), TEMPERATURES)
@example(np.array([3, 0, 2e-16], dtype=np.float32), 0.93, 1.0)
def test_top_p_keeps_the_smallest_set_that_reaches_the_mass(row, p, temperature) -> None:
    tokens, _ = Sampler(SamplingParams(temperature=temperature, top_p=p)).distribution(row)
    full = softmax(row, temperature)
    kept = full[tokens]
    assert kept.sum() >= p - 1e-9
    assert kept.sum() - kept.min() < p + 1e-9
    dropped = np.delete(row, tokens)
    assert len(dropped) == 0 or row[tokens].min() >= dropped.max()


@given(ROWS, st.floats(0.001, 1), TEMPERATURES)
def test_min_p_drops_what_is_far_less_probable_than_the_best(row, min_p, temperature) -> None:
    tokens, _ = Sampler(SamplingParams(temperature=temperature, min_p=min_p)).distribution(row)
    full = softmax(row, temperature)
    clear = np.abs(full - min_p * full.max()) > 1e-9
    kept = np.isin(np.arange(len(row)), tokens)
    assert (kept == (full >= min_p * full.max()))[clear].all()
    assert row.argmax() in tokens


@given(ROWS, st.data())
def test_a_mask_excludes_whatever_the_filters_say(row, data) -> None:
    allowed = data.draw(arrays(np.bool_, len(row)).filter(np.any))
    params = data.draw(
        st.builds(
            SamplingParams,
            temperature=st.just(0.0) | TEMPERATURES,
            top_k=st.none() | st.integers(0, 8),
            top_p=st.floats(0.05, 1),
            min_p=st.floats(0, 1),
            repetition_penalty=st.floats(0.5, 2),
            seed=st.integers(0, 9),
        )
    )
    sampler = Sampler(params, seen=[0])
    tokens, _ = sampler.distribution(row, allowed)
    assert allowed[tokens].all()
    assert sampler.draw(row, allowed) in tokens


@given(ROWS)
def test_temperature_zero_takes_the_most_probable(row) -> None:
    assert Sampler(SamplingParams()).draw(row) == row.argmax()


@given(ROWS, st.integers(0, 2**40), TEMPERATURES)
def test_a_seed_gives_the_same_draws(row, seed, temperature) -> None:
    def draws() -> list[int]:
        sampler = Sampler(SamplingParams(temperature=temperature, seed=seed))
        return [sampler.draw(row) for _ in range(20)]

    assert draws() == draws()


def test_no_seed_gives_fresh_draws() -> None:
    row = np.zeros(1000, dtype=np.float32)
    draws = [[s.draw(row) for _ in range(8)] for s in (Sampler(SamplingParams(temperature=1)) for _ in "ab")]
    assert draws[0] != draws[1]


def test_draws_follow_the_distribution() -> None:
    row = np.log(np.array([0.5, 0.3, 0.15, 0.05], dtype=np.float32))
    sampler = Sampler(SamplingParams(temperature=1, seed=7))
    counts = np.bincount([sampler.draw(row) for _ in range(20_000)], minlength=4)
    # Four standard deviations of a binomial share at this size are below 0.015.
    np.testing.assert_allclose(counts / 20_000, [0.5, 0.3, 0.15, 0.05], atol=0.015)


@given(ROWS, st.floats(1.01, 3), st.data())
def test_the_penalty_lowers_seen_tokens_only(row, penalty, data) -> None:
    seen = data.draw(st.sets(st.integers(0, len(row) - 1)))
    before = row.copy()
    sampler = Sampler(SamplingParams(temperature=1, repetition_penalty=penalty))
    for token in seen:
        sampler.see(token)
    tokens, probabilities = sampler.distribution(row)
    expected = row.astype(np.float64)
    for token in seen:
        expected[token] = expected[token] / penalty if expected[token] > 0 else expected[token] * penalty
    full = np.zeros(len(row))
    full[tokens] = probabilities
    np.testing.assert_allclose(full, softmax(expected), atol=1e-5)
    assert (row == before).all()  # the caller's logits are untouched


def test_the_prompt_counts_as_seen() -> None:
    row = np.array([2.0, 1.5], dtype=np.float32)
    assert Sampler(SamplingParams(repetition_penalty=2), seen=[0]).draw(row) == 1


@given(ROWS, st.integers(1, 50))
def test_log_probabilities_are_those_of_the_row(row, n) -> None:
    logprobs = log_softmax(row)
    assert math.isclose(np.exp(logprobs).sum(), 1, rel_tol=1e-9)
    np.testing.assert_allclose(np.exp(logprobs), softmax(row), atol=1e-9)
    top = most_probable(logprobs, n)
    assert len(top) == min(n, len(row))
    assert [value for _, value in top] == sorted(logprobs, reverse=True)[: len(top)]
    assert all(logprobs[token] == value for token, value in top)


@pytest.mark.parametrize(
    "wrong",
    [
        {"temperature": -0.1},
        {"temperature": math.nan},
        {"temperature": math.inf},
        {"top_k": -1},
        {"top_p": 0},
        {"top_p": 1.1},
        {"min_p": -0.1},
        {"min_p": 2},
        {"repetition_penalty": 0},
        {"seed": -1},
    ],
)
def test_values_out_of_range_are_refused_by_name(wrong) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        SamplingParams(**wrong)


@pytest.mark.parametrize("temperature", [0, 1])
def test_a_network_that_gives_no_numbers_is_reported(temperature) -> None:
    sampler = Sampler(SamplingParams(temperature=temperature))
    with pytest.raises(HomespunError, match="not-a-number"):
        sampler.draw(np.array([1, math.nan, 0], dtype=np.float32))


@pytest.mark.parametrize("temperature", [0, 1])
def test_a_mask_without_tokens_is_reported(temperature) -> None:
    sampler = Sampler(SamplingParams(temperature=temperature))
    with pytest.raises(HomespunError, match="no token"):
        sampler.draw(np.zeros(3, dtype=np.float32), np.zeros(3, dtype=np.bool_))


def test_a_tiny_temperature_is_greedy_and_silent() -> None:
    row = np.array([0, 20, -20], dtype=np.float32)
    assert Sampler(SamplingParams(temperature=1e-320, seed=0)).draw(row) == 1

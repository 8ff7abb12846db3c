from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.measure import Mean, Ratio, Whole
from evals.stats.corrections import benjamini_hochberg, holm
from evals.stats.pairs import compare, gains
from evals.stats.power import minimum_detectable_effect

MEAN = Mean("x")


def names(n: int) -> list[str]:
    return [str(index) for index in range(n)]


def column(*values: float) -> dict[str, np.ndarray]:
    return {"x": np.array(values, dtype=float)}


def test_few_groups_are_swapped_in_every_way() -> None:
    found = compare(MEAN, column(1, 2, 3, 4), column(2, 3, 4, 5), names(4))
    assert (found.difference, found.p, found.p_worse) == (1.0, 2 / 16, 1.0)
    assert compare(MEAN, column(2, 3, 4, 5), column(1, 2, 3, 4), names(4)).p_worse == 1 / 16


def test_groups_are_swapped_whole() -> None:
    a, b = column(*[0.0] * 12), column(*[1.0] * 12)
    found = compare(MEAN, a, b, [str(index // 4) for index in range(12)])
    assert (found.groups, found.n, found.p) == (3, 12, 2 / 8)


def test_a_p_value_is_never_0() -> None:
    rng = np.random.default_rng(0)
    a = rng.normal(size=100)
    found = compare(MEAN, {"x": a}, {"x": a - 5 + 0.1 * rng.normal(size=100)}, names(100), resamples=199)
    assert found.p == found.p_worse == 1 / 200


@pytest.mark.parametrize(("better", "p_worse"), [("higher", 1 / 16), ("lower", 1.0), ("neither", None)])
def test_worse_is_in_the_bad_direction(better: str, p_worse: float | None) -> None:
    found = compare(MEAN, column(2, 3, 4, 5), column(1, 2, 3, 4), names(4), better=better)  # type: ignore[arg-type]
    assert found.p_worse == p_worse
    assert found.p == 2 / 16
    told = {"higher": (0, 4, 0), "lower": (4, 0, 0), "neither": (None, None, None)}[better]
    assert (found.wins, found.losses, found.ties) == told


def test_wins_and_losses_of_ratios_are_the_samples_own() -> None:
    a = {"nats": np.array([2.0, 6.0, 5.0, 0.0]), "bytes": np.array([2.0, 3.0, 5.0, 0.0])}
    b = {"nats": np.array([1.0, 9.0, 5.0, 0.0]), "bytes": np.array([2.0, 3.0, 5.0, 0.0])}
    each = gains(Ratio("nats", "bytes"), a, b, better="lower")
    assert each is not None
    assert list(each) == [0.5, -1.0, 0.0, 0.0]


def test_figures_of_whole_columns_have_no_wins() -> None:
    top = Whole(("x",), lambda x, w: float(x[w > 0].max()) if w.any() else float("nan"))
    found = compare(top, column(1, 2, 3, 9), column(1, 2, 3, 4), names(4), resamples=9)
    assert (found.difference, found.wins, found.p_worse) == (-5.0, None, 0.5)


def test_the_effect_is_cohens_d_of_pairs() -> None:
    rng = np.random.default_rng(7)
    a, b = rng.normal(size=80), rng.normal(size=80) + 0.5
    found = compare(MEAN, {"x": a}, {"x": b}, names(80), resamples=9)
    assert found.effect == pytest.approx((b - a).mean() / (b - a).std(ddof=1), rel=1e-6)
    assert compare(MEAN, {"x": a}, {"x": a}, names(80), resamples=9).effect == 0.0
    assert compare(MEAN, {"x": a}, {"x": a + 1}, names(80), resamples=9).effect is None


def test_equal_answers_are_no_proof_of_equality() -> None:
    right = np.repeat([1.0, 0.0], [40, 10])
    found = compare(MEAN, {"x": right}, {"x": right}, names(50))
    assert (found.difference, found.p, found.ties, found.method) == (0.0, 1.0, 50, "Bonett-Price")
    assert found.high == -found.low == pytest.approx(0.053, abs=0.001)  # type: ignore[operator]


def test_what_isn_t_defined_isn_t_compared() -> None:
    nothing = {"a": np.ones(8), "b": np.zeros(8)}
    found = compare(Ratio("a", "b"), nothing, nothing, names(8))
    assert (found.difference, found.p, found.low, found.n) == (None, None, None, 8)
    assert compare(MEAN, column(), column(), []).difference is None


def test_the_same_seed_gives_the_same_answer() -> None:
    rng = np.random.default_rng(1)
    a, b = {"x": rng.normal(size=50)}, {"x": rng.normal(size=50)}
    assert compare(MEAN, a, b, names(50), seed=3) == compare(MEAN, a, b, names(50), seed=3)
    assert compare(MEAN, a, b, names(50), seed=3) != compare(MEAN, a, b, names(50), seed=4)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 8)), min_size=2, max_size=30))
def test_swapping_the_runs_turns_everything_round(rows: list[tuple[int, int, int]]) -> None:
    a, b = column(*[row[0] for row in rows]), column(*[row[1] for row in rows])
    clusters = [str(row[2]) for row in rows]
    one, other = compare(MEAN, a, b, clusters), compare(MEAN, b, a, clusters)
    assert other.difference == pytest.approx(-one.difference)  # type: ignore[operator]
    assert (other.wins, other.losses, other.p) == (one.losses, one.wins, one.p)
    assert one.p is not None
    assert one.p_worse is not None
    assert 0 < one.p_worse <= 1
    assert one.p_worse + other.p_worse >= 1  # type: ignore[operator]


def test_adjusted_p_values_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert benjamini_hochberg([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.04, 0.04])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    with pytest.raises(ValueError, match="0, 1"):
        holm([1.2])


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_is_the_step_down_of_bonferroni(ps: list[float]) -> None:
    ranked = sorted(ps)
    for p, adjusted in zip(ps, holm(ps), strict=True):
        steps = [min(1.0, (len(ps) - rank) * q) for rank, q in enumerate(ranked) if q <= p]
        assert adjusted == pytest.approx(max(steps))


def test_a_detectable_difference_shrinks_with_samples_and_agreement() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=400)
    large = minimum_detectable_effect(MEAN, {"x": x}, names(400))
    small = minimum_detectable_effect(MEAN, {"x": x[:100]}, names(100))
    alike = minimum_detectable_effect(
        MEAN, {"x": x}, names(400), baseline={"x": x + 0.2 * rng.normal(size=400)}
    )
    assert large == pytest.approx(2.8 * np.sqrt(2) * x.std() / 20, rel=0.08)
    assert small is not None
    assert large is not None
    assert alike is not None
    assert small > 1.7 * large
    assert alike < 0.3 * large


def test_nothing_is_detectable_with_five_groups() -> None:
    x = {"x": np.random.default_rng(0).normal(size=50)}
    assert minimum_detectable_effect(MEAN, x, [str(index % 5) for index in range(50)]) is None
    assert minimum_detectable_effect(MEAN, x, [str(index % 6) for index in range(50)]) is not None


def test_a_suite_on_which_all_is_right_detects_something_large() -> None:
    found = minimum_detectable_effect(MEAN, {"x": np.ones(50)}, names(50))
    assert found is not None
    assert 0.05 < found < 0.2

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finetune.schedule import lr_scale, progress


def test_it_warms_up_linearly_peaks_and_falls_like_a_cosine_to_the_floor() -> None:
    assert lr_scale(0.05, warmup=0.1, floor=0.2) == pytest.approx(0.5)
    assert lr_scale(0.1, warmup=0.1, floor=0.2) == pytest.approx(1.0)
    assert lr_scale(0.55, warmup=0.1, floor=0.2) == pytest.approx(0.6)
    assert lr_scale(1.0, warmup=0.1, floor=0.2) == pytest.approx(0.2)


def test_the_first_step_moves() -> None:
    assert lr_scale(0.0, warmup=0.1) > 0


@settings(deadline=None)
@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.02, 0.5), st.floats(0, 1))
def test_it_never_rises_after_the_warm_up(a: float, b: float, warmup: float, floor: float) -> None:
    early, late = sorted((max(a, warmup), max(b, warmup)))
    assert lr_scale(early, warmup, floor) >= lr_scale(late, warmup, floor) - 1e-12
    assert min(floor, 1.0) - 1e-12 <= lr_scale(late, warmup, floor) <= 1.0


@settings(deadline=None)
@given(st.floats(-10, 10))
def test_progress_outside_the_run_is_its_nearest_end(done: float) -> None:
    assert math.isclose(lr_scale(done), lr_scale(min(1.0, max(0.0, done))))


def test_whichever_bound_is_nearer_ends_the_run() -> None:
    assert progress(500, 60.0, max_tokens=1000, max_minutes=10) == 0.5
    assert progress(100, 540.0, max_tokens=1000, max_minutes=10) == 0.9
    assert progress(100, 1e9, max_tokens=1000) == 0.1
    assert progress(2000, 0.0, max_tokens=1000) == 1.0


def test_a_run_without_an_end_is_refused() -> None:
    with pytest.raises(ValueError, match="max_tokens or max_minutes"):
        progress(1, 1.0)

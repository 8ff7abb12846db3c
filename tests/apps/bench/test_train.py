import pytest
import torch

from apps.bench import BENCHES


def test_it_reports_speed_beside_the_peak_of_the_same_run() -> None:
    before = torch.get_num_threads()
    try:
        found = BENCHES["train"](seconds=0.0, threads=1, compiled=False, batch_tokens=512)
    finally:
        torch.set_num_threads(before)
    assert found["steps"] == 3
    assert found["threads"] == 1
    assert not found["compiled"]
    assert 3e6 < found["parameters"] < 6e6
    assert 0 < found["tokens_per_s"] <= found["tokens_per_s_best"]
    assert found["share_of_peak"] == pytest.approx(found["gflop_per_s"] / found["peak_gflop_per_s"])
    assert found["gflop_per_s"] > 6 * found["parameters"] * found["tokens_per_s"] / 1e9

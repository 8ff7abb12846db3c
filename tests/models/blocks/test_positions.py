import math

import pytest
import torch

from homespun.errors import UsageError
from models.blocks.positions import Rotary, Sinusoidal, rope_frequencies, rotate
from models.blocks.scaling import RopeScaling


def test_rotation_equals_complex_multiplication() -> None:
    torch.manual_seed(0)
    x = torch.randn(1, 2, 7, 8)
    cos, sin = Rotary(8, 16, theta=100.0)(torch.arange(7))
    turned = rotate(x, cos, sin)
    for place in range(7):
        for pair in range(4):
            turn = torch.polar(torch.tensor(1.0), torch.tensor(place * 100.0 ** (-2 * pair / 8)))
            number = torch.complex(x[0, :, place, pair], x[0, :, place, pair + 4]) * turn
            torch.testing.assert_close(turned[0, :, place, pair], number.real, rtol=0, atol=1e-5)
            torch.testing.assert_close(turned[0, :, place, pair + 4], number.imag, rtol=0, atol=1e-5)


def test_scores_depend_only_on_the_distance() -> None:
    torch.manual_seed(0)
    rotary, q, k = Rotary(16, 128), torch.randn(1, 1, 1, 16), torch.randn(1, 1, 1, 16)

    def score(at: int, seen: int) -> torch.Tensor:
        left = rotate(q, *rotary(torch.tensor([at])))
        return (left * rotate(k, *rotary(torch.tensor([seen])))).sum()

    torch.testing.assert_close(score(5, 2), score(105, 102), rtol=0, atol=1e-5)
    assert not torch.isclose(score(5, 2), score(5, 3))


def test_positions_of_each_row_are_its_own() -> None:
    rotary = Rotary(8, 32)
    cos, sin = rotary(torch.tensor([[0, 1, 2], [7, 8, 9]]))
    assert cos.shape == sin.shape == (2, 1, 3, 8)
    torch.testing.assert_close(sin[1:], rotary(torch.arange(7, 10))[1])


def test_sinusoidal_table_equals_the_paper() -> None:
    table = Sinusoidal(6, 11)(torch.arange(11))
    for place in range(11):
        for feature in range(6):
            angle = place / 10000 ** (2 * (feature // 2) / 6)
            expected = math.sin(angle) if feature % 2 == 0 else math.cos(angle)
            assert table[place, feature].item() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("make", [lambda: Rotary(8, 512), lambda: Sinusoidal(8, 512)])
def test_tables_stay_float32_and_out_of_the_state(make) -> None:
    table = make()
    before = [buffer.clone() for buffer in table.buffers()]
    table.to(torch.bfloat16)
    for old, new in zip(before, table.buffers(), strict=True):
        assert new.dtype == torch.float32
        assert torch.equal(old, new)
    assert not table.state_dict()


def test_tables_made_on_the_meta_device_are_filled_later() -> None:
    with torch.device("meta"):
        table = Rotary(8, 16)
    assert table.get_buffer("cos").is_meta
    table.to_empty(device="cpu")
    torch.testing.assert_close(table.get_buffer("cos"), Rotary(8, 16).get_buffer("cos"))


def test_linear_scaling_divides_positions() -> None:
    plain, scaled = Rotary(8, 64), Rotary(8, 64, scaling=RopeScaling("linear", 4.0))
    torch.testing.assert_close(scaled(torch.tensor([40]))[1], plain(torch.tensor([10]))[1])


def test_llama3_scaling_stretches_only_long_wavelengths() -> None:
    plain = rope_frequencies(64, 500000.0)
    scaled = rope_frequencies(64, 500000.0, RopeScaling("llama3", 8.0, 1.0, 4.0, 8192))
    turns = 8192 * plain / (2 * math.pi)
    assert torch.equal(scaled[turns > 4], plain[turns > 4])
    torch.testing.assert_close(scaled[turns < 1], plain[turns < 1] / 8)
    between = (turns > 1) & (turns < 4)
    assert between.any()
    assert ((scaled[between] < plain[between]) & (scaled[between] > plain[between] / 8)).all()


def test_impossible_tables_are_refused() -> None:
    with pytest.raises(UsageError, match="even head_dim"):
        Rotary(7, 16)
    with pytest.raises(UsageError, match="even width"):
        Sinusoidal(7, 16)
    with pytest.raises(UsageError, match="linear or llama3"):
        RopeScaling("yarn", 2.0)
    with pytest.raises(UsageError, match="at least 1"):
        RopeScaling("linear", 0.5)
    with pytest.raises(UsageError, match="low_frequency"):
        RopeScaling("llama3", 2.0, low_frequency=4.0, high_frequency=1.0)

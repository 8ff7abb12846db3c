import pytest
import torch
from torch.nn import functional as F  # noqa: N812

from models.inference import rounded
from models.inference.rounded import Rounded, RoundedFeedForward, has_bytes, to_bytes

pytestmark = pytest.mark.skipif(not has_bytes(), reason="no quick products of bytes here")


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def greatest(x: torch.Tensor) -> torch.Tensor:
    return x.abs().amax(0)


def loss(found: torch.Tensor, wanted: torch.Tensor) -> float:
    assert found.shape == wanted.shape
    return float((found.double() - wanted).norm() / wanted.norm())


def test_bytes_count_from_128_and_end_where_the_range_ends() -> None:
    x = torch.tensor([[0.0, 0.6, -0.6, 127.4, 900.0, -128.0, -900.0, 3.0]] * 9)
    assert to_bytes(x.clone())[4].tolist() == [128, 129, 127, 255, 255, 0, 0, 131]


@torch.inference_mode()
@pytest.mark.parametrize("rows", [1, 3, 70])
def test_a_map_of_bytes_is_near_the_exact_one(rows: int) -> None:
    weight, bias, x = drawn(48, 40), drawn(48, seed=1), drawn(rows, 40, seed=2)
    rounded_map, wanted = Rounded(weight, bias, greatest(x)), F.linear(x, weight, bias)
    for dtype in (torch.float32, torch.bfloat16):
        found = rounded_map(rounded_map.round(x), dtype)
        assert found.dtype == dtype
        assert loss(found, wanted) < 0.02
    to = drawn(rows, 48, seed=3)
    assert loss(rounded_map.add(rounded_map.round(x), to.clone()), wanted + to) < 0.02


@torch.inference_mode()
def test_a_channel_far_greater_than_the_others_costs_them_little() -> None:
    weight, x = drawn(48, 40), drawn(70, 40, seed=2)
    x[:, 7] *= 100.0
    weight[:, 7] /= 100.0
    found = Rounded(weight, torch.zeros(48), greatest(x))
    wanted = F.linear(x, weight)
    assert loss(found(found.round(x), torch.float32), wanted) < 0.02
    even = Rounded(weight, torch.zeros(48), torch.full((40,), float(x.abs().max())))
    assert loss(even(even.round(x), torch.float32), wanted) > 0.05


@torch.inference_mode()
@pytest.mark.parametrize("activation", ["gelu", "gelu_erf"])
def test_a_feed_forward_keeps_its_greatest_units_apart(activation: str) -> None:
    up, down, x = drawn(64, 24), drawn(24, 64, seed=1), drawn(70, 24, seed=2)
    up[5] *= 40.0  # as one unit of a trained net does
    down[:, 5] /= 40.0
    biases = drawn(64, seed=3), drawn(24, seed=4)
    hidden = F.gelu(F.linear(x, up, biases[0]), approximate="none" if activation == "gelu_erf" else "tanh")
    wanted = x + F.linear(hidden, down, biases[1])

    def lost() -> float:
        seen = greatest(x), greatest(hidden)
        made = RoundedFeedForward((up, biases[0]), (down, biases[1]), seen, activation)
        return loss(made(x.clone()), wanted)

    assert lost() < 0.02
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rounded, "_APART", 0)
        assert lost() > 0.03


@torch.inference_mode()
def test_nothing_but_zeros_gives_numbers() -> None:
    x, none = drawn(3, 16), torch.zeros(16)
    made = Rounded(torch.zeros(24, 16), torch.ones(24), none)
    assert torch.equal(made(made.round(x), torch.float32), torch.ones(3, 24))
    zeros = (torch.zeros(16, 16), none)
    silent = RoundedFeedForward(zeros, zeros, (none, none), "gelu")
    assert torch.equal(silent(x.clone()), x)

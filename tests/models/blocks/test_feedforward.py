import pytest
import torch
from torch.nn import functional as F  # noqa: N812

from homespun.errors import UsageError
from models.blocks.feedforward import ACTIVATIONS, FeedForward, gelu_erf, gelu_tanh, relu2, silu


@pytest.mark.parametrize(
    ("ours", "reference"),
    [
        (gelu_tanh, lambda x: F.gelu(x, approximate="tanh")),
        (gelu_erf, F.gelu),
        (relu2, lambda x: F.relu(x) ** 2),
        (silu, F.silu),
    ],
)
def test_activation_equals_torch(ours, reference) -> None:
    x = torch.linspace(-8, 8, 1001)
    torch.testing.assert_close(ours(x), reference(x), rtol=0, atol=1e-5)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_feed_forward_equals_its_formula(name: str, bias: bool) -> None:
    torch.manual_seed(0)
    block = FeedForward(8, 24, name, bias=bias)
    x = torch.randn(2, 3, 8)
    state = dict(block.named_parameters())

    def linear(which: str, value: torch.Tensor) -> torch.Tensor:
        out = value @ state[f"{which}.weight"].T
        return out + state[f"{which}.bias"] if bias else out

    inner = ACTIVATIONS[name](linear("up", x))
    if name == "swiglu":
        inner = F.silu(linear("gate", x)) * linear("up", x)
    torch.testing.assert_close(block(x), linear("down", inner), rtol=0, atol=1e-5)
    assert any(key.endswith("bias") for key in state) == bias
    assert ("gate.weight" in state) == (name == "swiglu")


def test_dropout_acts_only_in_training() -> None:
    torch.manual_seed(0)
    block, x = FeedForward(8, 16, dropout=0.5), torch.randn(4, 8)
    assert (block(x) == 0).any()
    block.eval()
    assert not (block(x) == 0).any()
    torch.testing.assert_close(block(x), block(x))


def test_unknown_activation_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="swiglu"):
        FeedForward(8, 16, "tanh")

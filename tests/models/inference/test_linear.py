import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

from models.blocks.lora import LoRAConfig, LoRALinear
from models.inference import linear
from models.inference.linear import Adapted, Matrix, activate, has_onednn

# Of the result's deviation.
TOLERANCES = {"float32": 1e-6, "bfloat16": 0.01, "int8": 0.02}
TYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "int8": torch.bfloat16}


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def loss(found: torch.Tensor, wanted: torch.Tensor) -> float:
    assert found.shape == wanted.shape
    return float((found.double() - wanted).norm() / wanted.norm())


@torch.inference_mode()
@pytest.mark.parametrize("activation", [None, "gelu_erf", "gelu", "relu2"])
@pytest.mark.parametrize("precision", ["float32", "bfloat16", "int8"])
def test_every_precision_maps_within_its_tolerance(precision: str, activation: str | None) -> None:
    weight, bias = drawn(48, 40), drawn(48, seed=1)
    matrix = Matrix(weight, bias, precision)
    for rows in (1, 3, 70):
        x = drawn(rows, 40, seed=rows).to(TYPES[precision])
        wanted = F.linear(x.double(), weight.double(), bias.double())
        wanted = wanted if activation is None else activate(wanted, activation)
        found = matrix(x, activation)
        assert found.dtype == x.dtype
        assert loss(found, wanted) < TOLERANCES[precision] * (2 if activation == "relu2" else 1)
    assert (
        loss(Matrix(weight, None, precision)(x), F.linear(x.double(), weight.double()))
        < TOLERANCES[precision]
    )


@torch.inference_mode()
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_without_onednn_the_same_comes_out(precision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    weight, bias, x = drawn(48, 40), drawn(48, seed=1), drawn(9, 40, seed=2).to(TYPES[precision])
    wanted = Matrix(weight, bias, precision)(x, "gelu_erf")
    monkeypatch.setattr(linear, "has_onednn", lambda dtype: False)
    found = Matrix(weight, bias, precision)(x, "gelu_erf")
    assert loss(found, wanted.double()) < TOLERANCES[precision]


def test_this_torch_has_the_kernels_that_the_figures_are_of() -> None:
    if not torch.backends.mkldnn.is_available():
        pytest.skip("this torch has no oneDNN")
    assert has_onednn(torch.float32)


@torch.inference_mode()
def test_int8_rounds_each_row_by_itself() -> None:
    matrix = Matrix(drawn(24, 16), None, "int8")
    small, large = drawn(1, 16), 1e4 * drawn(1, 16, seed=3)
    assert torch.equal(matrix(torch.cat((small, large)))[:1], matrix(small))
    assert torch.equal(matrix(torch.zeros(2, 16)), torch.zeros(2, 24))
    # A column of nothing but zeros, and an empty weight, divide by nothing.
    assert torch.isfinite(Matrix(torch.zeros(24, 16), None, "int8")(small)).all()


@torch.inference_mode()
@pytest.mark.parametrize("dora", [False, True])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("activation", [None, "gelu_erf"])
def test_adapters_add_what_their_maps_add(dora: bool, bias: bool, activation: str | None) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(4)
        plain = [nn.Linear(40, out, bias=bias) for out in (16, 24, 8)]
        linears: list[nn.Module] = [*plain]
        for place in (0, 2):
            made = LoRALinear(plain[place], LoRAConfig(3, 6.0, rslora=True, dora=dora))
            for part in (made.lora_B, *([made.magnitude] if dora else [])):
                part.add_(0.3 * torch.randn_like(part))
            linears[place] = made
    stacked = torch.cat([part.weight for part in plain])
    matrix = Matrix(stacked, torch.cat([part.bias for part in plain]) if bias else None, "float32")
    x = drawn(7, 40)
    wanted = torch.cat([part(x) for part in linears], 1)
    wanted = wanted if activation is None else activate(wanted, activation)
    torch.testing.assert_close(
        Adapted(matrix, linears, torch.float32)(x, activation), wanted, atol=2e-6, rtol=0
    )
    assert loss(matrix(x, activation), wanted.double()) > 0.1


def test_a_row_of_zeros_under_dora_is_a_number_here_too() -> None:
    base = nn.Linear(6, 4)
    with torch.no_grad():
        base.weight[1] = 0.0
    linear = LoRALinear(base, LoRAConfig(rank=2, dora=True)).eval()
    x = torch.randn(3, 6)
    with torch.inference_mode():
        mapped = Adapted(Matrix(base.weight, base.bias, "float32"), [linear], torch.float32)(x)
        assert torch.allclose(mapped, linear(x), atol=1e-5)

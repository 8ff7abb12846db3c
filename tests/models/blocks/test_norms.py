import pytest
import torch
from torch import nn

from homespun.errors import UsageError
from models.blocks.norms import LayerNorm, RMSNorm, make_norm


@pytest.mark.parametrize("shape", [(3, 16), (2, 5, 16), (1, 2, 3, 16)])
def test_layer_norm_equals_torch(shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    ours, reference = LayerNorm(16, 1e-5), nn.LayerNorm(16, 1e-5)
    with torch.no_grad():
        ours.weight.copy_(reference.weight.normal_())
        ours.bias.copy_(reference.bias.normal_())
    x = 3 + 10 * torch.randn(shape)
    torch.testing.assert_close(ours(x), reference(x), rtol=0, atol=1e-5)


def test_layer_norm_without_bias_equals_torch() -> None:
    torch.manual_seed(0)
    x = torch.randn(4, 16)
    ours = LayerNorm(16, bias=False)
    assert [name for name, _ in ours.named_parameters()] == ["weight"]
    torch.testing.assert_close(ours(x), nn.LayerNorm(16, bias=False)(x), rtol=0, atol=1e-5)


@pytest.mark.parametrize("eps", [1e-6, 1e-2])
def test_rms_norm_equals_torch(eps: float) -> None:
    torch.manual_seed(0)
    ours, reference = RMSNorm(16, eps), nn.RMSNorm(16, eps)
    with torch.no_grad():
        ours.weight.copy_(reference.weight.normal_())
    x = torch.randn(2, 5, 16) * 0.1
    torch.testing.assert_close(ours(x), reference(x), rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", ["layernorm", "rmsnorm"])
def test_half_precision_is_computed_in_float32(name: str) -> None:
    torch.manual_seed(0)
    norm = make_norm(name, 64, 1e-6)
    x = (1000 + torch.randn(8, 64)).bfloat16()
    out = norm(x)
    assert out.dtype == torch.bfloat16
    torch.testing.assert_close(out, norm(x.float()).bfloat16(), rtol=0, atol=0)


def test_unknown_norm_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="layernorm or rmsnorm"):
        make_norm("batchnorm", 4, 1e-6)

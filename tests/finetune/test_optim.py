import copy

import pytest
import torch
from torch import nn

from finetune.optim import Muon, build_optimizer, orthogonalize
from models.nets.decoder import Decoder
from models.nets.decoder_config import DecoderConfig


def small_net(**changes: object) -> Decoder:
    torch.manual_seed(0)
    shape = {"vocab_size": 50, "hidden_size": 32, "num_layers": 2, "num_heads": 2, "qk_norm": True}
    return Decoder(DecoderConfig.llama(**{**shape, **changes}))  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", [(48, 48), (64, 24), (24, 96)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_newton_schulz_sends_singular_values_near_one(shape: tuple[int, int], dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    matrix = torch.randn(3, *shape)
    before = torch.linalg.svdvals(matrix)
    after = torch.linalg.svdvals(orthogonalize(matrix, dtype=dtype))
    assert before.max() > 4  # far from orthogonal before
    assert after.min() > 0.5
    assert after.max() < 1.3


def test_newton_schulz_keeps_the_singular_vectors() -> None:
    torch.manual_seed(0)
    u, _, v = torch.linalg.svd(torch.randn(20, 20))
    matrix = u @ torch.diag(torch.linspace(1, 3, 20)) @ v
    exact = u @ v
    close = orthogonalize(matrix, dtype=torch.float32)
    assert torch.nn.functional.cosine_similarity(close.flatten(), exact.flatten(), dim=0) > 0.98


def test_muon_steps_by_the_learning_rate_scaled_by_shape_and_decays() -> None:
    torch.manual_seed(0)
    tall, wide = nn.Parameter(torch.zeros(64, 16)), nn.Parameter(torch.ones(16, 64))
    tall.grad, wide.grad = torch.randn(64, 16), torch.zeros(16, 64)
    Muon([tall, wide], lr=0.1, weight_decay=0.5).step()
    assert torch.linalg.svdvals(tall.detach()).mean() == pytest.approx(0.1 * 2.0, rel=0.25)
    torch.testing.assert_close(wide.detach(), torch.full((16, 64), 1 - 0.1 * 0.5))


def test_muon_refuses_what_is_no_matrix() -> None:
    with pytest.raises(ValueError, match="matrices"):
        Muon([nn.Parameter(torch.zeros(3))])


def test_matrices_go_to_muon_and_embeddings_norms_and_biases_to_adamw() -> None:
    net = small_net()
    parts = build_optimizer(net).parts
    named = {id(p): name for name, p in net.named_parameters()}
    muon = {named[id(p)] for g in parts["muon"].param_groups for p in g["params"]}
    adamw = {named[id(p)] for g in parts["adamw"].param_groups for p in g["params"]}
    assert muon | adamw == set(named.values())
    assert not muon & adamw
    assert "embedding.weight" in adamw
    assert all("layers" in name and "norm" not in name for name in muon)
    assert len(muon) == 2 * 7


def test_an_untied_output_layer_is_no_matrix_for_muon() -> None:
    net = small_net(tie_embeddings=False)
    muon = build_optimizer(net).parts["muon"].param_groups[0]["params"]
    assert net.head is not None
    assert all(p is not net.head.weight for p in muon)


def test_adamw_behind_the_interface_equals_torchs() -> None:
    ours, theirs = small_net(), small_net()
    optimizer = build_optimizer(ours, kind="adamw", lr=1e-2, weight_decay=0.1)
    matrices = [p for n, p in theirs.named_parameters() if p.ndim == 2 and "embedding" not in n]
    rest = [p for n, p in theirs.named_parameters() if not (p.ndim == 2 and "embedding" not in n)]
    reference = torch.optim.AdamW(
        [{"params": rest, "weight_decay": 0.0}, {"params": matrices, "weight_decay": 0.1}],
        lr=1e-2,
        betas=(0.9, 0.95),
        eps=1e-10,
        foreach=False,
    )
    ids = torch.arange(24).view(2, 12)
    for scale in (1.0, 0.5, 0.25):
        for group in reference.param_groups:
            group["lr"] = 1e-2 * scale
        for net in (ours, theirs):
            net.zero_grad()
            net(ids).square().mean().backward()
        optimizer.step(scale)
        reference.step()
    for (name, mine), other in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-4, atol=1e-5, msg=lambda m, n=name: f"{n}: {m}")


def test_state_restored_continues_bit_for_bit() -> None:
    def steps(net: nn.Module, optimizer: object, count: int) -> None:
        for _ in range(count):
            optimizer.zero_grad()  # type: ignore[attr-defined]
            net(torch.arange(12).view(1, 12)).square().mean().backward()
            optimizer.step(0.7)  # type: ignore[attr-defined]

    one = small_net()
    first = build_optimizer(one)
    steps(one, first, 3)
    two = small_net()
    two.load_state_dict(one.state_dict())
    second = build_optimizer(two)
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    steps(one, first, 3)
    steps(two, second, 3)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))


def test_an_unknown_kind_is_told() -> None:
    with pytest.raises(ValueError, match="muon or adamw"):
        build_optimizer(small_net(), kind="sgd")

"""Adapters on linear maps: what they change, what they leave alone, what they share."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from homespun.errors import UsageError
from models.blocks.lora import (
    LoRAConfig,
    LoRALinear,
    adapted,
    adapter_parameters,
    adapter_state,
    adapters,
    base,
    load_adapter_state,
    low_rank,
    merged,
)
from models.inference.step import OneTokenStep
from models.nets.decoder import Decoder, DecoderConfig

KINDS: dict[str, dict[str, Any]] = {
    "lora": {},
    "rslora": {"rslora": True},
    "dora": {"dora": True},
    "both": {"rslora": True, "dora": True},
}
ALL = ("query", "key", "value", "output", "gate", "up", "down")
TOLERANCE = {"atol": 1e-5, "rtol": 1e-5}


@pytest.fixture
def net() -> Decoder:
    torch.manual_seed(5)
    config = DecoderConfig.llama(
        40, 16, 2, 2, intermediate_size=24, max_positions=32, attention_bias=True, tie_embeddings=False
    )
    made = Decoder(config).eval().requires_grad_(False)
    for parameter in made.parameters():
        parameter.add_(torch.randn_like(parameter), alpha=0.1)
    return made


IDS = torch.tensor([[3, 1, 4, 1, 5, 9, 2, 6]])


def stir(net: nn.Module, seed: int = 0) -> nn.Module:
    """Adapters as training leaves them."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for _, module in adapters(net):
            module.lora_B.copy_(torch.randn(module.lora_B.shape, generator=generator) * 0.3)
            if module.magnitude is not None:
                module.magnitude.mul_(0.5 + torch.rand(module.magnitude.shape, generator=generator))
    return net


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_adapter_changes_nothing(net: Decoder, kind: str) -> None:
    torch.testing.assert_close(
        adapted(net, LoRAConfig(targets=ALL, **KINDS[kind]))(IDS), net(IDS), atol=1e-6, rtol=1e-6
    )


@pytest.mark.parametrize("kind", KINDS)
def test_merged_is_adapted_and_the_base_is_as_it_was(net: Decoder, kind: str) -> None:
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    one = stir(adapted(net, LoRAConfig(rank=3, targets=ALL, **KINDS[kind])))
    assert (one(IDS) - net(IDS)).abs().max() > 0.01
    plain = merged(one)
    torch.testing.assert_close(plain(IDS), one(IDS), **TOLERANCE)
    assert not list(adapters(plain))
    assert plain.state_dict().keys() == before.keys()
    assert all(torch.equal(net.state_dict()[name], tensor) for name, tensor in before.items())
    unmerged = base(one)
    assert torch.equal(unmerged(IDS), net(IDS))
    assert all(
        tensor.data_ptr() == net.state_dict()[name].data_ptr()
        for name, tensor in unmerged.state_dict().items()
    )


def test_adapters_share_one_base_and_answer_differently_from_threads_at_once(net: Decoder) -> None:
    made = [stir(adapted(net, LoRAConfig(rank=2, targets=ALL)), seed) for seed in range(3)]
    own = {tensor.data_ptr() for tensor in net.parameters()}
    for one in made:
        others = {part.data_ptr() for part in adapter_parameters(one)}
        assert {tensor.data_ptr() for tensor in one.parameters()} - others == own
    expected = [one(IDS) for one in (net, *made)]
    assert all((a - b).abs().max() > 1e-3 for at, a in enumerate(expected) for b in expected[:at])
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda at: (net, *made)[at % 4](IDS), range(80)))
    assert all(torch.equal(logits, expected[at % 4]) for at, logits in enumerate(found))


@pytest.mark.parametrize("kind", KINDS)
def test_an_adapted_map_follows_the_papers(kind: str) -> None:
    torch.manual_seed(0)
    linear = nn.Linear(6, 4)
    config = LoRAConfig(rank=2, alpha=3.0, targets=("linear",), **KINDS[kind])
    module = LoRALinear(linear, config)
    with torch.no_grad():
        module.lora_B.normal_()
    scale = 3.0 / math.sqrt(2) if config.rslora else 3.0 / 2
    whole = linear.weight + scale * module.lora_B @ module.lora_A
    if config.dora:
        whole = linear.weight.norm(dim=1, keepdim=True) * whole / whole.norm(dim=1, keepdim=True)
    x = torch.randn(5, 6)
    torch.testing.assert_close(module(x), x @ whole.T + linear.bias)
    torch.testing.assert_close(module.weight, whole)
    assert (module.in_features, module.out_features, module.bias) == (6, 4, linear.bias)


def test_dora_bears_a_row_of_zeros() -> None:
    linear = nn.Linear(4, 3)
    with torch.no_grad():
        linear.weight[1] = 0
    module = LoRALinear(linear, LoRAConfig(dora=True))
    x = torch.randn(2, 4)
    torch.testing.assert_close(module(x), linear(x))
    torch.testing.assert_close(module.weight, linear.weight)


def test_the_gradient_takes_the_length_for_a_constant() -> None:
    torch.manual_seed(0)
    module = LoRALinear(nn.Linear(5, 3, bias=False), LoRAConfig(rank=2, dora=True))
    with torch.no_grad():
        module.lora_B.normal_()
    x = torch.randn(4, 5)
    module(x).square().sum().backward()
    whole = module.base.weight + module.config.scale * module.lora_B @ module.lora_A
    assert module.magnitude is not None
    again = x @ whole.T * (module.magnitude / whole.norm(dim=1)).detach()
    expected = torch.autograd.grad(again.square().sum(), module.lora_B)[0]
    torch.testing.assert_close(module.lora_B.grad, expected)


@pytest.mark.parametrize("dora", [False, True])
def test_gradients_reach_the_adapter_alone(net: Decoder, dora: bool) -> None:
    one = stir(adapted(net, LoRAConfig(rank=2, targets=ALL, dora=dora)))
    one(IDS).logsumexp(-1).sum().backward()
    parts = adapter_parameters(one)
    assert len(parts) == 14 * (3 if dora else 2)
    assert all(part.grad is not None and part.grad.abs().sum() > 0 for part in parts)
    assert all(parameter.grad is None for parameter in net.parameters())


def test_dropout_is_for_training_only(net: Decoder) -> None:
    one = stir(adapted(net, LoRAConfig(targets=ALL, dropout=0.5)))
    assert torch.equal(one(IDS), one(IDS))
    one.train()
    assert not torch.equal(one(IDS), one(IDS))
    one.eval()
    assert torch.equal(one(IDS), one(IDS))
    # What isn't adapted isn't dropped: without B the training pass is the plain one.
    fresh = adapted(net, LoRAConfig(targets=ALL, dropout=0.5)).train()
    torch.testing.assert_close(fresh(IDS), net(IDS), atol=1e-6, rtol=1e-6)


def test_targets_are_names_ends_or_expressions(net: Decoder) -> None:
    def names(*targets: str) -> list[str]:
        return [name for name, _ in adapters(adapted(net, LoRAConfig(targets=targets)))]

    assert names("query") == ["layers.0.attention.query", "layers.1.attention.query"]
    assert names("attention.value") == ["layers.0.attention.value", "layers.1.attention.value"]
    assert names("layers.1.feedforward.up") == ["layers.1.feedforward.up"]
    assert names(r"layers\.0\..*\.(gate|key)") == ["layers.0.attention.key", "layers.0.feedforward.gate"]
    assert names("head") == ["head"]


def test_maps_may_have_shapes_of_their_own(net: Decoder) -> None:
    shapes = {"layers.0.attention.query": LoRAConfig(rank=2), "head": LoRAConfig(rank=5, dora=True)}
    assert {name: module.config for name, module in adapters(adapted(net, shapes))} == shapes


def test_a_map_in_two_places_has_one_adapter() -> None:
    shared = nn.Linear(4, 4)
    one = stir(adapted(nn.Sequential(shared, nn.ReLU(), shared), LoRAConfig(rank=2, targets=(r"\d",))))
    assert one[0] is one[2]
    assert len(adapter_state(one)) == 2
    x = torch.randn(3, 4)
    torch.testing.assert_close(merged(one)(x), one(x), **TOLERANCE)


def test_a_state_goes_round_and_a_wrong_one_changes_nothing(net: Decoder) -> None:
    config = LoRAConfig(rank=2, targets=ALL, dora=True)
    one = stir(adapted(net, config))
    state = {name: tensor.clone() for name, tensor in adapter_state(one).items()}
    assert torch.equal(adapted(net, config, state)(IDS), one(IDS))
    short = dict(list(state.items())[1:])
    name = next(iter(state))
    bent = {**state, name: state[name][:1]}
    for wrong in (short, {**state, "more.lora_A": torch.zeros(1)}, bent):
        other = adapted(net, config)
        with pytest.raises(UsageError, match="does not fit this net"):
            load_adapter_state(other, wrong)
        assert torch.equal(other(IDS), adapted(net, config)(IDS))


def test_the_one_token_step_serves_an_adapted_net_and_sees_it_change(net: Decoder) -> None:
    for config in (LoRAConfig(rank=2, targets=ALL), LoRAConfig(rank=2, targets=ALL, dora=True)):
        one = stir(adapted(net, config))
        step = OneTokenStep(one)
        cache = one.new_cache(1, 16)
        with torch.inference_mode():
            for token in IDS[0]:
                logits = step(int(token), cache)
        torch.testing.assert_close(logits, one(IDS)[0, -1], atol=1e-4, rtol=1e-4)
        assert step.current
        with torch.no_grad():
            adapter_parameters(one)[-1].mul_(2)
        assert not step.current
        assert OneTokenStep(net).current


@given(
    width=st.integers(1, 9),
    height=st.integers(1, 9),
    rank=st.integers(1, 12),
    alpha=st.floats(0.1, 20),
    rslora=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_low_rank_recovers_a_difference_of_its_rank(
    width: int, height: int, rank: int, alpha: float, rslora: bool, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)

    def draw(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator)

    before, after = (nn.ModuleDict({"map": nn.Linear(width, height)}) for _ in range(2))
    with torch.no_grad():
        before["map"].weight.copy_(draw(height, width))
        after["map"].weight.copy_(before["map"].weight + draw(height, rank) @ draw(rank, width))
        after["map"].bias.copy_(before["map"].bias)
    config = LoRAConfig(rank=rank, alpha=alpha, targets=("map",), rslora=rslora)
    found = adapted(before, config, low_rank(before, after, config))["map"]
    assert isinstance(found, LoRALinear)
    torch.testing.assert_close(found.weight, after["map"].weight, atol=1e-4, rtol=1e-4)


def test_low_rank_is_the_nearest_and_says_what_it_cannot_compress(net: Decoder) -> None:
    end = nn.ModuleDict({"map": nn.Linear(8, 8)})
    begin = nn.ModuleDict({"map": nn.Linear(8, 8)})
    config = LoRAConfig(rank=3, targets=("map",))
    state = low_rank(begin, end, config)
    difference = (end["map"].weight - begin["map"].weight).detach()
    rest = difference - config.scale * state["map.lora_B"] @ state["map.lora_A"]
    lost = torch.linalg.svdvals(difference)[3:].square().sum()
    torch.testing.assert_close(rest.square().sum(), lost)
    with pytest.raises(UsageError, match="without dora"):
        low_rank(begin, end, LoRAConfig(targets=("map",), dora=True))
    with pytest.raises(UsageError, match="no linear map"):
        low_rank(begin, end, LoRAConfig(targets=("other",)))
    with pytest.raises(UsageError, match="no map like map"):
        low_rank(begin, nn.ModuleDict({"map": nn.Linear(8, 9)}), config)


@given(
    shape=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    rank=st.integers(1, 16),
    alpha=st.floats(0.01, 64),
    rslora=st.booleans(),
    dora=st.booleans(),
)
def test_merging_is_exact_for_every_shape(
    shape: tuple[int, int], rank: int, alpha: float, rslora: bool, dora: bool
) -> None:
    torch.manual_seed(sum(shape) + rank)
    net = nn.ModuleDict({"map": nn.Linear(*shape)})
    config = LoRAConfig(rank=rank, alpha=alpha, targets=("map",), rslora=rslora, dora=dora)
    assert LoRAConfig.from_dict(config.to_dict()) == config
    one = adapted(net, config)
    x = torch.randn(3, shape[0])
    torch.testing.assert_close(one["map"](x), net["map"](x))
    stir(one)
    torch.testing.assert_close(merged(one)["map"](x), one["map"](x), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ({"rank": 0}, "rank"),
        ({"rank": 2.5}, "rank"),
        ({"rank": True}, "rank"),
        ({"alpha": 0}, "alpha"),
        ({"alpha": math.nan}, "alpha"),
        ({"alpha": math.inf}, "alpha"),
        ({"alpha": "much"}, "configuration"),
        ({"dropout": 1.0}, "dropout"),
        ({"dropout": -0.1}, "dropout"),
        ({"targets": []}, "targets"),
        ({"targets": [""]}, "targets"),
        ({"targets": 7}, "configuration"),
        ({"targets": ["("]}, "regular expression"),
        ({"ranks": 3}, "ranks"),
    ],
)
def test_bad_values_are_refused_in_one_line(values: dict[str, Any], match: str) -> None:
    with pytest.raises(UsageError, match=match) as caught:
        LoRAConfig.from_dict(values)
    assert "\n" not in str(caught.value)


def test_one_target_may_stand_alone() -> None:
    assert LoRAConfig.from_dict({"targets": "query"}).targets == ("query",)


def test_a_net_that_cannot_be_adapted_is_refused(net: Decoder) -> None:
    with pytest.raises(UsageError, match="no linear map of this net is named nothing or other"):
        adapted(net, LoRAConfig(targets=("nothing", "other")))
    with pytest.raises(UsageError, match=r"layers\.9"):
        adapted(net, {"head": LoRAConfig(), "layers.9": LoRAConfig()})
    with pytest.raises(UsageError, match="adapters already"):
        adapted(adapted(net, LoRAConfig()), LoRAConfig())

import copy
import gc
import itertools
import weakref

import pytest
import torch

from homespun.errors import UsageError
from models.blocks.lora import LoRAConfig, adapted, adapter_parameters, merged
from models.inference import encoder_step
from models.inference.encoder_step import EncoderStep, runs
from models.inference.rounded import has_bytes
from models.nets.encoder import Encoder, EncoderConfig

LENGTHS = [17, 17, 4, 17, 1, 9, 9, 9, 30]
PRECISIONS = ("float32", "bfloat16", "int8")


def made(**shape: object) -> Encoder:
    """An encoder with weights large enough for its layers to matter."""
    with torch.random.fork_rng():
        torch.manual_seed(2)
        net = Encoder(EncoderConfig(90, 24, 3, 3, 40, 32, **shape))
        with torch.no_grad():
            for parameter in net.parameters():
                parameter.add_(0.15 * torch.randn_like(parameter))
    return net.eval().requires_grad_(False)


@pytest.fixture(scope="module")
def net() -> Encoder:
    return made()


def with_adapter(net: Encoder, **shape: object) -> Encoder:
    tuned = adapted(net, LoRAConfig(4, **shape))
    with torch.no_grad(), torch.random.fork_rng():
        torch.manual_seed(5)
        for parameter in adapter_parameters(tuned):
            parameter.add_(0.2 * torch.randn_like(parameter))
    return tuned


def drawn(lengths: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    total = (sum(lengths),)
    return torch.randint(0, 90, total, generator=generator), torch.randint(0, 2, total, generator=generator)


def reference(
    net: Encoder, ids: torch.Tensor, types: torch.Tensor | None, lengths: list[int]
) -> torch.Tensor:
    """Every row by itself, by the net's own forward."""
    kinds = [None] * len(lengths) if types is None else [part[None] for part in types.split(lengths)]
    parts = zip(ids.split(lengths), kinds, strict=True)
    with torch.inference_mode():
        return torch.cat([net(row[None], types=kind)[0] for row, kind in parts])


@pytest.mark.parametrize(
    "shape",
    [{}, {"position_offset": 2, "num_types": 2}, {"activation": "gelu"}, {"activation": "relu2"}],
    ids=["bert", "roberta", "tanh", "relu2"],
)
@pytest.mark.parametrize("typed", [False, True])
def test_float32_agrees_with_the_net_on_ragged_rows(shape: dict, typed: bool) -> None:
    net = made(**shape)
    ids, types = drawn(LENGTHS)
    wanted = reference(net, ids, types if typed else None, LENGTHS)
    assert wanted.std() > 0.3
    found = EncoderStep(net)(ids, LENGTHS, types if typed else None)
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=0)


@pytest.mark.parametrize("precision", ["bfloat16", "int8"])
def test_inexact_precisions_agree_by_cosine(net: Encoder, precision: str) -> None:
    ids, types = drawn(LENGTHS)
    wanted = reference(net, ids, types, LENGTHS)
    found = EncoderStep(net, precision)(ids, LENGTHS, types)
    assert found.dtype == torch.float32
    assert torch.cosine_similarity(found, wanted).min() > 0.995
    assert not torch.allclose(found, wanted, atol=1e-5)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_neighbours_hardly_change_a_row(net: Encoder, precision: str) -> None:
    ids, _ = drawn(LENGTHS)
    step = EncoderStep(net, precision)
    alone = torch.cat([step(part, [len(part)]) for part in ids.split(LENGTHS)])
    tolerance = 1e-5 if precision == "float32" else 0.05
    torch.testing.assert_close(step(ids, LENGTHS), alone, atol=tolerance, rtol=tolerance)


@pytest.mark.skipif(not has_bytes(), reason="no quick products of bytes here")
def test_bytes_give_a_row_the_same_states_in_any_company_and_every_time(net: Encoder) -> None:
    ids, _ = drawn(LENGTHS)
    before = torch.random.get_rng_state()
    step = EncoderStep(net, "int8")
    assert torch.equal(torch.random.get_rng_state(), before)
    assert not step.matrices  # those of the layers of bytes are of no use to others
    together = step(ids, LENGTHS)
    alone = torch.cat([step(part, [len(part)]) for part in ids.split(LENGTHS)])
    torch.testing.assert_close(together, alone, atol=1e-3, rtol=0)
    assert torch.equal(EncoderStep(net, "int8")(ids, LENGTHS), together)


@pytest.mark.parametrize("why", ["kernels", "activation", "adapters"])
def test_int8_does_without_bytes_where_they_cannot_serve(why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder_step, "has_bytes", lambda: why != "kernels")
    net = made(activation="relu2") if why == "activation" else made()
    net = with_adapter(net) if why == "adapters" else net
    step = EncoderStep(net, "int8")
    assert len(step.matrices) == 4 * len(net.layers)
    ids, types = drawn(LENGTHS)
    wanted = reference(net, ids, types, LENGTHS)
    assert torch.cosine_similarity(step(ids, LENGTHS, types), wanted).min() > 0.99


@pytest.mark.parametrize("shape", [{}, {"dora": True}, {"targets": ("output", "up", "down")}])
def test_a_net_with_adapters_shares_the_matrices_of_its_base(net: Encoder, shape: dict) -> None:
    base, tuned = EncoderStep(net), with_adapter(net, **shape)
    step = EncoderStep(tuned, shelf=base.matrices)
    assert step.matrices == base.matrices  # the very same: matrices compare by identity
    ids, types = drawn(LENGTHS)
    wanted = reference(tuned, ids, types, LENGTHS)
    torch.testing.assert_close(step(ids, LENGTHS, types), wanted, atol=1e-5, rtol=0)
    folded = EncoderStep(merged(tuned), shelf=base.matrices)
    torch.testing.assert_close(folded(ids, LENGTHS, types), wanted, atol=1e-5, rtol=0)
    assert not torch.allclose(base(ids, LENGTHS, types), wanted, atol=0.1)
    coarse = EncoderStep(tuned, "bfloat16")(ids, LENGTHS, types)
    assert torch.cosine_similarity(coarse, wanted).min() > 0.995


def test_it_sees_that_weights_changed_and_takes_no_old_matrix(net: Encoder) -> None:
    changed = copy.deepcopy(net)
    step = EncoderStep(changed)
    assert step.current
    with torch.no_grad():
        changed.layers[1].feedforward.up.weight.mul_(1.5)
    assert not step.current
    ids, _ = drawn(LENGTHS)
    anew = EncoderStep(changed, shelf=step.matrices)
    assert len(step.matrices.keys() & anew.matrices.keys()) == len(step.matrices) - 1
    torch.testing.assert_close(anew(ids, LENGTHS), reference(changed, ids, None, LENGTHS), atol=1e-5, rtol=0)


def test_it_leaves_weights_alone_and_does_not_hold_the_net(net: Encoder) -> None:
    own = copy.deepcopy(net)
    before = copy.deepcopy(own.state_dict())
    step = EncoderStep(own)
    ids, types = drawn(LENGTHS)
    first = step(ids, LENGTHS, types)
    for name, tensor in own.state_dict().items():
        assert torch.equal(tensor, before[name]), name
    gone = weakref.ref(own)
    del own
    gc.collect()
    assert gone() is None
    assert torch.equal(step(ids, LENGTHS, types), first)


def test_rows_it_cannot_read_are_refused(net: Encoder) -> None:
    step = EncoderStep(net)
    for lengths, said in (([33], "33 tokens"), ([4, 0], "0 tokens")):
        with pytest.raises(UsageError, match=said):
            step(torch.zeros(sum(lengths), dtype=torch.long), lengths)


def test_it_serves_float32_only(net: Encoder) -> None:
    assert EncoderStep.fits(net)
    assert not EncoderStep.fits(copy.deepcopy(net).bfloat16())


def test_runs_are_neighbours_of_one_length() -> None:
    assert list(runs([5, 5, 2, 5])) == [(0, 2, 5), (10, 1, 2), (12, 1, 5)]
    found = list(runs(LENGTHS))
    assert [length for _, rows, length in found for _ in range(rows)] == LENGTHS
    assert all(a[0] + a[1] * a[2] == b[0] for a, b in itertools.pairwise(found))

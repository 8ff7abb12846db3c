import copy

import torch

from models.inference.step import OneTokenStep
from models.nets.decoder import Decoder


def test_the_lean_step_agrees_with_the_decoder(shaped_net: Decoder) -> None:
    step = OneTokenStep(shaped_net)
    tokens = torch.randint(0, 160, (24,), generator=torch.Generator().manual_seed(1)).tolist()
    with torch.inference_mode():
        lean, reference = shaped_net.new_cache(1, 24), shaped_net.new_cache(1, 24)
        for token in tokens:
            expected = shaped_net(torch.tensor([[token]]), cache=reference)[0, 0]
            assert expected.std() > 0.1  # logits of nothing would agree too
            torch.testing.assert_close(step(token, lean), expected, atol=1e-4, rtol=1e-4)
    assert lean.length == reference.length == 24
    for ours, theirs in zip(lean.keys + lean.values, reference.keys + reference.values, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-4)


def test_the_lean_step_leaves_the_weights_alone(shaped_net: Decoder) -> None:
    before = copy.deepcopy(shaped_net.state_dict())
    step = OneTokenStep(shaped_net)
    with torch.inference_mode():
        cache = shaped_net.new_cache(1, 4)
        for token in (1, 2, 3):
            step(token, cache)
    for name, tensor in shaped_net.state_dict().items():
        assert torch.equal(tensor, before[name]), name


def test_it_sees_that_weights_changed(net: Decoder) -> None:
    changed = copy.deepcopy(net)
    step = OneTokenStep(changed)
    assert step.current
    with torch.no_grad():
        changed.layers[0].feedforward.up.weight.mul_(1.01)
    assert not step.current


def test_it_serves_float32_only(net: Decoder) -> None:
    assert OneTokenStep.fits(net)
    assert not OneTokenStep.fits(copy.deepcopy(net).bfloat16())

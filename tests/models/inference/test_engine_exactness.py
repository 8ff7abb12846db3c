"""Cached, batched and fast decoding give the tokens of whole passes."""

import copy

import numpy as np
import pytest
import torch

from models.inference.engine import Engine, Request
from models.inference.runner import PREFILL_CHUNK
from models.nets.decoder import Decoder

PROMPT = (20, 30, 40)
PROMPTS = pytest.mark.parametrize("prompts", [200, pytest.param(2000, marks=pytest.mark.stress)])


def random_prompts(count: int, seed: int = 0) -> list[list[int]]:
    random = np.random.default_rng(seed)
    return [random.integers(0, 160, random.integers(1, 40)).tolist() for _ in range(count)]


def greedy_uncached(net: Decoder, prompt: list[int], count: int) -> tuple[list[int], torch.Tensor]:
    """Greedy tokens by a whole forward pass for each, and the logits that chose them."""
    ids, rows = list(prompt), []
    with torch.inference_mode():
        for _ in range(count):
            rows.append(net(torch.tensor([ids]))[0, -1])
            ids.append(int(rows[-1].argmax()))
    return ids[len(prompt) :], torch.stack(rows)


@PROMPTS
@pytest.mark.parametrize("fast", [False, True], ids=["reference", "fast"])
def test_cached_greedy_decoding_gives_the_tokens_and_logits_of_whole_passes(
    net: Decoder, fast: bool, prompts: int
) -> None:
    engine = Engine(net, fast=fast)
    distinct = set()
    for prompt in random_prompts(prompts):
        expected, rows = greedy_uncached(net, prompt, 12)
        steps = list(engine.generate(Request(prompt, max_tokens=12, logprobs=160)))[:-1]
        assert [step.token for step in steps] == expected
        ours = torch.tensor([[value for _, value in sorted(step.top)] for step in steps])
        torch.testing.assert_close(ours, rows.log_softmax(-1), atol=1e-4, rtol=0)
        distinct.update(expected)
    assert len(distinct) > 50  # or the comparison would say little


@PROMPTS
def test_batched_greedy_decoding_equals_single(net: Decoder, tokens_of, prompts: int) -> None:
    """Rows of a batch do not disturb each other; through the decoder and its cache directly."""
    long = [prompt for prompt in random_prompts(prompts, seed=1) if len(prompt) >= 9]
    assert len(long) > prompts / 2
    rows = [prompt[:1] * 3 + prompt[:9] for prompt in long]
    engine = Engine(net, fast=False)
    ids = torch.tensor(rows)
    made = []
    with torch.inference_mode():
        cache = net.new_cache(len(rows), 24)
        for _ in range(12):
            ids = net(ids, cache=cache, last_only=True).argmax(-1)
            made.append(ids)
    batched = torch.cat(made, 1).tolist()
    for prompt, tokens in zip(rows, batched, strict=True):
        assert tokens_of(engine.generate(Request(prompt, max_tokens=12))) == tokens


def test_every_configuration_decodes_as_its_whole_passes(shaped_net: Decoder, tokens_of) -> None:
    engine = Engine(shaped_net)
    for prompt in random_prompts(8, seed=2):
        expected, _ = greedy_uncached(shaped_net, prompt, 20)
        assert tokens_of(engine.generate(Request(prompt, max_tokens=20))) == expected


def test_a_prompt_longer_than_a_chunk_is_prefilled_exactly(build_net, tokens_of) -> None:
    net = build_net(max_positions=2 * PREFILL_CHUNK + 100)
    prompt = np.random.default_rng(3).integers(0, 160, PREFILL_CHUNK + 77).tolist()
    expected, _ = greedy_uncached(net, prompt, 3)
    assert tokens_of(Engine(net).generate(Request(prompt, max_tokens=3))) == expected


def test_weights_changed_between_requests_are_taken_over(net: Decoder, tokens_of) -> None:
    changing = copy.deepcopy(net)
    engine = Engine(changing)
    list(engine.generate(Request(PROMPT, max_tokens=3)))
    with torch.no_grad():
        for parameter in changing.parameters():
            parameter.copy_(parameter.flip(0))
    expected, _ = greedy_uncached(changing, list(PROMPT), 12)
    assert tokens_of(engine.generate(Request(PROMPT, max_tokens=12))) == expected


def test_a_bfloat16_net_decodes_by_the_reference_path(net: Decoder, tokens_of) -> None:
    engine = Engine(copy.deepcopy(net).bfloat16())
    assert len(tokens_of(engine.generate(Request(PROMPT, max_tokens=5)))) == 5

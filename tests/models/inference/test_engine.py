"""What one request gives: its steps, their log-probabilities, its end."""

import pytest
import torch

from homespun.errors import UsageError
from models.inference.engine import NO_TOKEN, Engine, Request, Step
from models.inference.grammar import Grammar
from models.inference.sampling import SamplingParams
from models.nets.decoder import Decoder

PROMPT = (20, 30, 40)


def test_a_seed_repeats_an_output(net: Decoder, tokens_of) -> None:
    engine = Engine(net)

    def output(seed: int) -> list[int]:
        sampling = SamplingParams(temperature=2, top_k=50, seed=seed)
        return tokens_of(engine.generate(Request(PROMPT, sampling, max_tokens=20)))

    assert output(1) == output(1)
    assert len({tuple(output(seed)) for seed in range(5)}) > 1


def test_the_last_step_and_only_it_says_why_the_output_ended(net: Decoder) -> None:
    engine = Engine(net)
    free = list(engine.generate(Request(PROMPT, max_tokens=12)))
    assert [step.finish for step in free] == [None] * 12 + ["length"]
    assert free[-1].token == NO_TOKEN
    stop = free[5].token
    at = next(place for place, step in enumerate(free) if step.token == stop)
    stopped = list(engine.generate(Request(PROMPT, max_tokens=12, stop_ids=frozenset({stop}))))
    assert stopped == [*free[:at], Step(stop, finish="stop")]


def test_an_output_ends_with_the_context(net: Decoder) -> None:
    engine = Engine(net)
    prompt = [7] * (engine.context_length - 3)
    steps = list(engine.generate(Request(prompt, max_tokens=50)))
    assert [step.finish for step in steps] == [None, None, None, "length"]


def test_log_probabilities_are_of_the_unmodified_distribution(net: Decoder) -> None:
    engine = Engine(net)
    with torch.inference_mode():
        expected = net(torch.tensor([PROMPT]))[0, -1].log_softmax(-1)
    sampling = SamplingParams(temperature=3, top_k=40, repetition_penalty=1.8, seed=4)
    step = next(engine.generate(Request(PROMPT, sampling, logprobs=3)))
    assert step.logprob == pytest.approx(float(expected[step.token]), abs=1e-4)
    assert [token for token, _ in step.top] == expected.topk(3).indices.tolist()
    assert [value for _, value in step.top] == pytest.approx(expected.topk(3).values.tolist(), abs=1e-4)
    unasked = next(engine.generate(Request(PROMPT)))
    assert unasked.logprob is None
    assert unasked.top == ()


def test_generated_tokens_count_for_the_penalty(net: Decoder, tokens_of) -> None:
    sampling = SamplingParams(repetition_penalty=1e6)
    made = tokens_of(Engine(net).generate(Request(PROMPT, sampling, max_tokens=10)))

    assert len({*made[:10], *PROMPT}) == 13


def test_bad_requests_are_refused_at_once(net: Decoder) -> None:
    engine = Engine(net)
    with pytest.raises(UsageError, match="context is 128"):
        engine.generate(Request([1] * 128))
    with pytest.raises(UsageError, match="160 tokens"):
        engine.generate(Request([160]))
    with pytest.raises(UsageError, match="without a tokenizer"):
        engine.generate(Request(PROMPT, grammar=Grammar.from_regex("a")))
    with pytest.raises(UsageError, match="threads"):
        Engine(net, threads=0)
    for wrong in ({"prompt": []}, {"max_tokens": 0}, {"logprobs": -1}):
        with pytest.raises(UsageError, match=next(iter(wrong))):
            Request(**{"prompt": PROMPT, **wrong})

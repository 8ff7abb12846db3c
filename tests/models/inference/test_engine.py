import copy
import itertools
import math
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
import torch

from homespun.errors import UsageError
from models.inference.engine import NO_TOKEN, Engine, Request, Step
from models.inference.grammar import Grammar
from models.inference.runner import PREFILL_CHUNK
from models.inference.sampling import SamplingParams
from models.nets.decoder import Decoder
from models.tokenizers.fast import Tokenizer

PROMPT = (20, 30, 40)


def tokens_of(steps: Iterator[Step]) -> list[int]:
    return [step.token for step in steps if step.finish is None]


def last(steps: Iterator[Step]) -> Step:
    *_, step = steps
    return step


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


@pytest.mark.parametrize("fast", [False, True], ids=["reference", "fast"])
def test_cached_greedy_decoding_gives_the_tokens_and_logits_of_whole_passes(net: Decoder, fast: bool) -> None:
    engine = Engine(net, fast=fast)
    distinct = set()
    for prompt in random_prompts(200):
        expected, rows = greedy_uncached(net, prompt, 12)
        steps = list(engine.generate(Request(prompt, max_tokens=12, logprobs=160)))[:-1]
        assert [step.token for step in steps] == expected
        ours = torch.tensor([[value for _, value in sorted(step.top)] for step in steps])
        torch.testing.assert_close(ours, rows.log_softmax(-1), atol=1e-4, rtol=0)
        distinct.update(expected)
    assert len(distinct) > 50  # or the comparison would say little


def test_batched_greedy_decoding_equals_single(net: Decoder) -> None:
    """Rows of a batch do not disturb each other; through the decoder and its cache directly."""
    prompts = [prompt[:1] * 3 + prompt[:9] for prompt in random_prompts(200, seed=1) if len(prompt) >= 9]
    assert len(prompts) > 100
    engine = Engine(net, fast=False)
    ids = torch.tensor(prompts)
    made = []
    with torch.inference_mode():
        cache = net.new_cache(len(prompts), 24)
        for _ in range(12):
            ids = net(ids, cache=cache, last_only=True).argmax(-1)
            made.append(ids)
    batched = torch.cat(made, 1).tolist()
    for prompt, tokens in zip(prompts, batched, strict=True):
        assert tokens_of(engine.generate(Request(prompt, max_tokens=12))) == tokens


def test_every_configuration_decodes_as_its_whole_passes(shaped_net: Decoder) -> None:
    engine = Engine(shaped_net)
    for prompt in random_prompts(8, seed=2):
        expected, _ = greedy_uncached(shaped_net, prompt, 20)
        assert tokens_of(engine.generate(Request(prompt, max_tokens=20))) == expected


def test_a_prompt_longer_than_a_chunk_is_prefilled_exactly(build_net) -> None:
    net = build_net(max_positions=2 * PREFILL_CHUNK + 100)
    prompt = np.random.default_rng(3).integers(0, 160, PREFILL_CHUNK + 77).tolist()
    expected, _ = greedy_uncached(net, prompt, 3)
    assert tokens_of(Engine(net).generate(Request(prompt, max_tokens=3))) == expected


def test_weights_changed_between_requests_are_taken_over(net: Decoder) -> None:
    changing = copy.deepcopy(net)
    engine = Engine(changing)
    list(engine.generate(Request(PROMPT, max_tokens=3)))
    with torch.no_grad():
        for parameter in changing.parameters():
            parameter.copy_(parameter.flip(0))
    expected, _ = greedy_uncached(changing, list(PROMPT), 12)
    assert tokens_of(engine.generate(Request(PROMPT, max_tokens=12))) == expected


def test_a_bfloat16_net_decodes_by_the_reference_path(net: Decoder) -> None:
    engine = Engine(copy.deepcopy(net).bfloat16())
    assert len(tokens_of(engine.generate(Request(PROMPT, max_tokens=5)))) == 5


def test_a_seed_repeats_an_output(net: Decoder) -> None:
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


def test_stop_tokens_wait_for_the_least_number_of_tokens(net: Decoder) -> None:
    engine = Engine(net)
    first = next(engine.generate(Request(PROMPT))).token
    stop_ids = frozenset({first})
    assert tokens_of(engine.generate(Request(PROMPT, stop_ids=stop_ids))) == []
    made = tokens_of(engine.generate(Request(PROMPT, stop_ids=stop_ids, min_tokens=4, max_tokens=10)))
    assert len(made) >= 4
    assert first not in made


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


class Slow(torch.nn.Module):
    """A decoder that counts its passes, and can be told to take its time."""

    def __init__(self, net: Decoder, seconds: float = 0) -> None:
        super().__init__()
        self.net, self.config, self.embedding = net, net.config, net.embedding
        self.seconds, self.passes = seconds, list[int]()

    def forward(self, ids: torch.Tensor, **options: object) -> torch.Tensor:
        self.passes.append(ids.shape[1])
        time.sleep(self.seconds)
        return self.net(ids, **options)


def test_cancelling_from_another_thread_ends_within_one_step(net: Decoder) -> None:
    slow = Slow(net, seconds=0.02)
    cancel = threading.Event()
    threading.Timer(0.15, cancel.set).start()
    seen_after = 0
    for step in Engine(slow, fast=False).generate(Request(PROMPT, max_tokens=100, cancel=cancel)):
        seen_after += cancel.is_set() and step.finish is None
    assert step == Step(NO_TOKEN, finish="cancelled")
    assert seen_after <= 1
    assert 2 <= len(slow.passes) < 50


def test_cancelling_between_steps_makes_no_further_pass(net: Decoder) -> None:
    slow = Slow(net)
    cancel = threading.Event()
    steps = Engine(slow, fast=False).generate(Request(PROMPT, cancel=cancel))
    next(steps)
    cancel.set()
    assert list(steps) == [Step(NO_TOKEN, finish="cancelled")]
    assert len(slow.passes) == 1


def test_cancelling_is_seen_between_prefill_chunks(build_net) -> None:
    slow = Slow(build_net(max_positions=4 * PREFILL_CHUNK), seconds=0.2)
    cancel = threading.Event()
    threading.Timer(0.05, cancel.set).start()
    prompt = [5] * (3 * PREFILL_CHUNK)
    assert list(Engine(slow).generate(Request(prompt, cancel=cancel))) == [Step(NO_TOKEN, finish="cancelled")]
    assert slow.passes == [PREFILL_CHUNK]


def test_a_deadline_ends_the_output_and_keeps_what_there_is(net: Decoder) -> None:
    began = time.monotonic()
    engine = Engine(Slow(net, seconds=0.02), fast=False)
    steps = list(engine.generate(Request(PROMPT, max_tokens=120, deadline=0.2)))
    assert steps[-1] == Step(NO_TOKEN, finish="deadline")
    assert 1 <= len(steps) - 1 <= 10
    assert time.monotonic() - began >= 0.2


def test_a_deadline_that_has_passed_makes_no_pass(net: Decoder) -> None:
    slow = Slow(net)
    assert last(Engine(slow).generate(Request(PROMPT, deadline=0))).finish == "deadline"
    assert slow.passes == []


def test_closing_an_iterator_early_frees_the_engine(net: Decoder) -> None:
    engine = Engine(net)
    steps = engine.generate(Request(PROMPT))
    next(steps)
    steps.close()
    assert len(tokens_of(engine.generate(Request(PROMPT, max_tokens=4, deadline=5)))) == 4


def test_an_iterator_that_was_never_advanced_holds_nothing(net: Decoder) -> None:
    engine = Engine(net)
    kept = engine.generate(Request(PROMPT))
    assert len(tokens_of(engine.generate(Request(PROMPT, max_tokens=4, deadline=5)))) == 4
    assert len(tokens_of(kept)) > 0


def test_an_error_while_generating_frees_the_engine(net: Decoder) -> None:
    class Broken(Slow):
        def forward(self, ids: torch.Tensor, **options: object) -> torch.Tensor:
            if len(self.passes) == 2:
                self.passes.clear()
                raise RuntimeError("broken")
            return super().forward(ids, **options)

    engine = Engine(Broken(net), fast=False)
    with pytest.raises(RuntimeError, match="broken"):
        list(engine.generate(Request(PROMPT)))
    assert len(tokens_of(engine.generate(Request(PROMPT, max_tokens=2, deadline=5)))) == 2


def test_two_threads_take_turns(net: Decoder) -> None:
    engine = Engine(Slow(net, seconds=0.002), fast=False)
    expected = tokens_of(engine.generate(Request(PROMPT, max_tokens=15)))
    order: list[str] = []
    outputs: dict[str, list[int]] = {}

    def work(name: str) -> None:
        outputs[name] = []
        for step in engine.generate(Request(PROMPT, max_tokens=15)):
            order.append(name)
            outputs[name].append(step.token)

    threads = [threading.Thread(target=work, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(list(itertools.groupby(order))) == 2
    assert outputs["a"][:-1] == outputs["b"][:-1] == expected


def test_a_request_that_waits_can_be_cancelled_or_run_out_of_time(net: Decoder) -> None:
    engine = Engine(net)
    holding = engine.generate(Request(PROMPT))
    next(holding)
    cancel = threading.Event()
    threading.Timer(0.05, cancel.set).start()
    assert list(engine.generate(Request(PROMPT, cancel=cancel))) == [Step(NO_TOKEN, finish="cancelled")]
    assert list(engine.generate(Request(PROMPT, deadline=0.05))) == [Step(NO_TOKEN, finish="deadline")]
    assert next(holding).finish is None


def test_an_iterator_may_be_advanced_by_different_threads(net: Decoder) -> None:
    engine = Engine(net)
    expected = tokens_of(engine.generate(Request(PROMPT, max_tokens=5)))
    steps = engine.generate(Request(PROMPT, max_tokens=5))
    got: list[Step] = []
    for _ in range(6):
        thread = threading.Thread(target=lambda: got.append(next(steps)))
        thread.start()
        thread.join(10)
    assert tokens_of(iter(got)) == expected
    assert got[-1].finish == "length"
    list(steps)
    assert next(engine.generate(Request(PROMPT, deadline=5))).finish is None


def test_forced_tokens_go_through_the_net_together(talker: Decoder, tokenizer: Tokenizer) -> None:
    counting = Slow(talker)
    engine = Engine(counting, tokenizer=tokenizer, fast=False)
    schema = {"const": {"name": "get_weather", "arguments": {"city": "San Francisco"}}}
    text = '{"name":"get_weather","arguments":{"city":"San Francisco"}}'
    # One digit is free, all the rest is forced.
    grammar = Grammar.from_lark(f"start: {text_rule(text)} /[0-9]/ {text_rule(text)}")
    steps = list(engine.generate(Request(PROMPT, grammar=grammar, max_tokens=200)))
    made = b"".join(tokenizer.token_bytes(step.token) for step in steps[:-1]).decode()
    assert made[: len(text)] == made[-len(text) :] == text
    assert steps[-1].finish == "grammar"
    assert len(counting.passes) == 1  # the prompt and the first text; what follows the digit needs no pass
    assert counting.passes[0] > len(PROMPT) + 5

    counting.passes.clear()
    constant = list(
        engine.generate(Request(PROMPT, grammar=Grammar.from_json_schema(schema), max_tokens=200))
    )
    assert b"".join(tokenizer.token_bytes(step.token) for step in constant[:-1]).decode() == text
    assert counting.passes == []


def text_rule(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'


def test_forced_tokens_leave_the_net_where_single_steps_would(talker: Decoder, tokenizer: Tokenizer) -> None:
    """Greedy choices under a grammar equal those of whole passes with the same mask."""
    engine = Engine(talker, tokenizer=tokenizer)
    grammar = Grammar.from_regex('(\\{"name":"get_weather","n":[0-9]{3}\\}){3}')
    with_logs = list(engine.generate(Request(PROMPT, grammar=grammar, max_tokens=300, logprobs=1)))
    without = list(engine.generate(Request(PROMPT, grammar=grammar, max_tokens=300)))
    assert [(s.token, s.finish) for s in with_logs] == [(s.token, s.finish) for s in without]
    ids = [*PROMPT, *tokens_of(iter(without))]
    with torch.inference_mode():
        rows = talker(torch.tensor([ids]))[0].log_softmax(-1)
    for place, step in enumerate(with_logs[:-1]):
        assert step.logprob == pytest.approx(float(rows[len(PROMPT) - 1 + place, step.token]), abs=1e-3)
    digits = [place for place, token in enumerate(ids) if tokenizer.token_bytes(token).isdigit()]
    assert len(digits) == 9
    for place in digits:
        choices = [tokenizer.encode(str(digit))[0] for digit in range(10)]
        assert ids[place] == max(choices, key=lambda token: float(rows[place - 1, token]))


def test_forced_tokens_count_towards_the_length(talker: Decoder, tokenizer: Tokenizer) -> None:
    engine = Engine(talker, tokenizer=tokenizer)
    grammar = Grammar.from_json_schema({"const": "one two three one two three"})
    for logprobs in (0, 2):
        steps = list(engine.generate(Request(PROMPT, grammar=grammar, max_tokens=5, logprobs=logprobs)))
        assert [step.finish for step in steps] == [None] * 5 + ["length"]


def test_a_stop_token_that_a_grammar_asks_for_ends_the_output(talker: Decoder, tokenizer: Tokenizer) -> None:
    end = tokenizer.special("<|end|>")
    grammar = Grammar.from_lark('start: "one" <|end|>')
    engine = Engine(talker, tokenizer=tokenizer)
    for logprobs in (0, 1):
        request = Request(PROMPT, grammar=grammar, stop_ids=frozenset({end}), logprobs=logprobs)
        steps = list(engine.generate(request))
        assert b"".join(tokenizer.token_bytes(step.token) for step in steps) == b"one"
        assert (steps[-1].token, steps[-1].finish) == (end, "stop")
        assert all(step.logprob is None or -math.inf < step.logprob <= 0 for step in steps)


@pytest.mark.parametrize("threads", [1, 2])
def test_the_thread_count_holds_during_passes_only(net: Decoder, threads: int) -> None:
    inside: list[int] = []

    class Watching(Slow):
        def forward(self, ids: torch.Tensor, **options: object) -> torch.Tensor:
            inside.append(torch.get_num_threads())
            return super().forward(ids, **options)

    before = torch.get_num_threads()
    outside = [
        torch.get_num_threads()
        for _ in Engine(Watching(net), threads=threads, fast=False).generate(Request(PROMPT, max_tokens=3))
    ]
    assert set(inside) == {threads}
    assert set(outside) == {before}


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
    for wrong in ({"prompt": []}, {"max_tokens": 0}, {"logprobs": -1}, {"min_tokens": -1}):
        with pytest.raises(UsageError, match=next(iter(wrong))):
            Request(**{"prompt": PROMPT, **wrong})


def test_generated_tokens_count_for_the_penalty(net: Decoder) -> None:
    sampling = SamplingParams(repetition_penalty=1e6)
    made = tokens_of(Engine(net).generate(Request(PROMPT, sampling, max_tokens=10)))

    assert len({*made[:10], *PROMPT}) == 13


def test_cancelling_is_seen_between_forced_tokens(talker: Decoder, tokenizer: Tokenizer) -> None:
    cancel = threading.Event()
    grammar = Grammar.from_json_schema({"const": "one two three one two three"})
    steps = Engine(talker, tokenizer=tokenizer).generate(Request(PROMPT, grammar=grammar, cancel=cancel))
    assert next(steps).finish is None
    cancel.set()
    assert list(steps) == [Step(NO_TOKEN, finish="cancelled")]

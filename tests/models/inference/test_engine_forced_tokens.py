"""Tokens that a grammar leaves no choice about."""

import math

import pytest
import torch

from models.inference.engine import Engine, Request
from models.inference.grammar import Grammar
from models.nets.decoder import Decoder
from models.tokenizers.fast import Tokenizer

PROMPT = (20, 30, 40)


def text_rule(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'


def test_forced_tokens_go_through_the_net_together(
    talker: Decoder, tokenizer: Tokenizer, slow_decoder
) -> None:
    counting = slow_decoder(talker)
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


def test_forced_tokens_leave_the_net_where_single_steps_would(
    talker: Decoder, tokenizer: Tokenizer, tokens_of
) -> None:
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

"""Cancelling and deadlines, wherever an output has come to."""

import threading
import time

from models.inference.engine import NO_TOKEN, Engine, Request, Step
from models.inference.grammar import Grammar
from models.inference.runner import PREFILL_CHUNK
from models.nets.decoder import Decoder
from models.tokenizers.fast import Tokenizer

PROMPT = (20, 30, 40)


def test_cancelling_from_another_thread_ends_within_one_step(net: Decoder, slow_decoder) -> None:
    slow = slow_decoder(net, seconds=0.02)
    cancel = threading.Event()
    threading.Timer(0.15, cancel.set).start()
    seen_after = 0
    for step in Engine(slow, fast=False).generate(Request(PROMPT, max_tokens=100, cancel=cancel)):
        seen_after += cancel.is_set() and step.finish is None
    assert step == Step(NO_TOKEN, finish="cancelled")
    assert seen_after <= 1
    assert 2 <= len(slow.passes) < 50


def test_cancelling_between_steps_makes_no_further_pass(net: Decoder, slow_decoder) -> None:
    slow = slow_decoder(net)
    cancel = threading.Event()
    steps = Engine(slow, fast=False).generate(Request(PROMPT, cancel=cancel))
    next(steps)
    cancel.set()
    assert list(steps) == [Step(NO_TOKEN, finish="cancelled")]
    assert len(slow.passes) == 1


def test_cancelling_is_seen_between_prefill_chunks(build_net, slow_decoder) -> None:
    slow = slow_decoder(build_net(max_positions=4 * PREFILL_CHUNK), seconds=0.2)
    cancel = threading.Event()
    threading.Timer(0.05, cancel.set).start()
    prompt = [5] * (3 * PREFILL_CHUNK)
    assert list(Engine(slow).generate(Request(prompt, cancel=cancel))) == [Step(NO_TOKEN, finish="cancelled")]
    assert slow.passes == [PREFILL_CHUNK]


def test_cancelling_is_seen_between_forced_tokens(talker: Decoder, tokenizer: Tokenizer) -> None:
    cancel = threading.Event()
    grammar = Grammar.from_json_schema({"const": "one two three one two three"})
    steps = Engine(talker, tokenizer=tokenizer).generate(Request(PROMPT, grammar=grammar, cancel=cancel))
    assert next(steps).finish is None
    cancel.set()
    assert list(steps) == [Step(NO_TOKEN, finish="cancelled")]


def test_a_deadline_ends_the_output_and_keeps_what_there_is(net: Decoder, slow_decoder) -> None:
    began = time.monotonic()
    engine = Engine(slow_decoder(net, seconds=0.02), fast=False)
    steps = list(engine.generate(Request(PROMPT, max_tokens=120, deadline=0.2)))
    assert steps[-1] == Step(NO_TOKEN, finish="deadline")
    assert 1 <= len(steps) - 1 <= 10
    assert time.monotonic() - began >= 0.2


def test_a_deadline_that_has_passed_makes_no_pass(net: Decoder, slow_decoder) -> None:
    slow = slow_decoder(net)
    assert list(Engine(slow).generate(Request(PROMPT, deadline=0))) == [Step(NO_TOKEN, finish="deadline")]
    assert slow.passes == []


def test_a_request_that_waits_for_its_turn_can_be_cancelled(net: Decoder, slow_decoder) -> None:
    turn = threading.Lock()
    busy = Engine(slow_decoder(net, seconds=2), fast=False, turn=turn)
    waiting = Engine(net, turn=turn)
    thread = threading.Thread(target=lambda: next(busy.generate(Request(PROMPT))))
    thread.start()
    while not turn.locked():
        time.sleep(0.001)
    assert list(waiting.generate(Request(PROMPT, deadline=0.05))) == [Step(NO_TOKEN, finish="deadline")]
    assert thread.is_alive()
    thread.join()


def test_a_request_that_waits_can_be_cancelled_or_run_out_of_time(net: Decoder) -> None:
    engine = Engine(net)
    holding = engine.generate(Request(PROMPT))
    next(holding)
    cancel = threading.Event()
    threading.Timer(0.05, cancel.set).start()
    assert list(engine.generate(Request(PROMPT, cancel=cancel))) == [Step(NO_TOKEN, finish="cancelled")]
    assert list(engine.generate(Request(PROMPT, deadline=0.05))) == [Step(NO_TOKEN, finish="deadline")]
    assert next(holding).finish is None

"""One engine, several iterators and threads."""

import itertools
import threading

import pytest
import torch

from models.inference.engine import Engine, Request, Step
from models.nets.decoder import Decoder

PROMPT = (20, 30, 40)


def test_closing_an_iterator_early_frees_the_engine(net: Decoder, tokens_of) -> None:
    engine = Engine(net)
    steps = engine.generate(Request(PROMPT))
    next(steps)
    steps.close()
    assert len(tokens_of(engine.generate(Request(PROMPT, max_tokens=4, deadline=5)))) == 4


def test_an_iterator_that_was_never_advanced_holds_nothing(net: Decoder, tokens_of) -> None:
    engine = Engine(net)
    kept = engine.generate(Request(PROMPT))
    assert len(tokens_of(engine.generate(Request(PROMPT, max_tokens=4, deadline=5)))) == 4
    assert len(tokens_of(kept)) > 0


def test_an_error_while_generating_frees_the_engine(net: Decoder, slow_decoder, tokens_of) -> None:
    class Broken(slow_decoder):
        def forward(self, ids: torch.Tensor, **options: object) -> torch.Tensor:
            if len(self.passes) == 2:
                self.passes.clear()
                raise RuntimeError("broken")
            return super().forward(ids, **options)

    engine = Engine(Broken(net), fast=False)
    with pytest.raises(RuntimeError, match="broken"):
        list(engine.generate(Request(PROMPT)))
    assert len(tokens_of(engine.generate(Request(PROMPT, max_tokens=2, deadline=5)))) == 2


def test_two_threads_take_turns(net: Decoder, slow_decoder, tokens_of) -> None:
    engine = Engine(slow_decoder(net, seconds=0.002), fast=False)
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


def test_an_iterator_may_be_advanced_by_different_threads(net: Decoder, tokens_of) -> None:
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


@pytest.mark.parametrize("threads", [1, 2])
def test_the_thread_count_holds_during_passes_only(net: Decoder, threads: int, slow_decoder) -> None:
    inside: list[int] = []

    class Watching(slow_decoder):
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

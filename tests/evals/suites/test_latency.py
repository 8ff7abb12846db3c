"""The suite `latency`: what's timed, and that nothing else is in it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult

from evals.harness import run
from evals.suite import Source, System
from evals.suites.latency import SUITE, Latency
from homespun.errors import UsageError
from models.chat.scripted import ChatScripted

FIRST, NEXT, TOKENS = 0.03, 0.01, 5


class Slow(BaseChatModel):
    """Answers at a known pace: nothing, then a word, then the others; counts its tokens or doesn't."""

    counts: bool = True
    words: int = TOKENS
    broken: bool = False
    asked: list[str] = []  # noqa: RUF012 (a field)
    at_once: list[int] = []  # noqa: RUF012
    running: int = 0

    @property
    def _llm_type(self) -> str:
        return "slow"

    def _generate(self, *_: Any, **__: Any) -> ChatResult:
        raise NotImplementedError

    def _stream(self, messages: list[BaseMessage], *_: Any, **__: Any) -> Iterator[ChatGenerationChunk]:
        self.asked.append(messages[-1].text)
        if self.broken:
            raise RuntimeError("out of order")
        self.running += 1
        self.at_once.append(self.running)
        yield ChatGenerationChunk(message=AIMessageChunk(content=""))
        time.sleep(FIRST)
        for number in range(self.words):
            if number:
                time.sleep(NEXT)
            yield ChatGenerationChunk(message=AIMessageChunk(content=f"{number} "))
        usage = {"input_tokens": 3, "output_tokens": self.words, "total_tokens": 3 + self.words}
        yield ChatGenerationChunk(
            message=AIMessageChunk(content="", usage_metadata=usage if self.counts else None)  # type: ignore[arg-type]
        )
        self.running -= 1


def _system(model: BaseChatModel, workers: int = 1) -> System[BaseChatModel]:
    return System("slow", model, "x", workers)


def test_built_in_are_prompts_of_three_lengths() -> None:
    samples = list(SUITE.samples(Source()))
    assert len({sample.id for sample in samples}) == len({s.input["prompt"] for s in samples}) == 36
    sizes = {
        length: [len(s.input["prompt"]) for s in samples if s.tags["length"] == length]
        for length in ("short", "medium", "long")
    }
    assert all(len(found) == 12 for found in sizes.values())
    assert max(sizes["short"]) < 80
    assert 800 <= min(sizes["medium"]) <= max(sizes["medium"]) < 1200
    assert 2000 <= min(sizes["long"]) <= max(sizes["long"]) < 2500


@pytest.mark.parametrize("counts", [True, False])
def test_first_text_each_token_and_the_whole_are_told_apart(counts: bool) -> None:
    output = Latency().answer(Slow(counts=counts), next(SUITE.samples(Source())), 0)
    timing = output.timing
    # Sleeping takes at least so long, and more on a busy machine.
    assert FIRST <= timing["first_token_s"] == timing["first_token_short_s"]
    assert timing["per_token_s"] >= NEXT
    assert timing["answer_s"] >= timing["first_token_s"] + (TOKENS - 1) * timing["per_token_s"] - 1e-6
    assert timing["output_tokens"] == TOKENS
    assert timing["memory_bytes"] > 10_000_000
    assert output.answer == "0 1 2 3 4 "
    assert dict(output.usage) == (
        {"input_tokens": 3, "output_tokens": 5, "total_tokens": 8} if counts else {}
    )


def test_an_answer_of_one_token_or_none_has_no_time_per_token() -> None:
    sample = next(SUITE.samples(Source()))
    one = Latency().answer(Slow(words=1), sample, 0).timing
    assert "first_token_s" in one
    assert "per_token_s" not in one
    none = Latency().answer(Slow(words=0), sample, 0)
    assert none.answer == ""
    assert "first_token_s" not in none.timing
    assert none.timing["answer_s"] >= FIRST


def test_one_answer_is_given_before_any_is_measured() -> None:
    suite, first, second = Latency(), Slow(asked=[]), Slow(asked=[])
    samples = list(suite.samples(Source()))[:2]
    for model in (first, second):
        for sample in samples:
            suite.answer(model, sample, 0)
        assert model.asked == ["Hello", *(sample.input["prompt"] for sample in samples)]


def test_answers_are_timed_one_at_a_time_whatever_the_workers() -> None:
    model = Slow(at_once=[], words=1)
    run(Latency(), _system(model, workers=4), limit=6, resamples=50)
    assert len(model.at_once) == 7
    assert set(model.at_once) == {1}


def test_what_the_clock_said_is_measured_anew_and_kept_out_of_the_result(tmp_path: Path) -> None:
    suite = Latency()
    first, timings, _ = run(suite, _system(Slow()), limit=4, folder=tmp_path, resamples=50)
    model = Slow(asked=[])
    second, again, _ = run(suite, _system(model), limit=4, folder=tmp_path, resamples=50)
    assert first == second
    assert (again.asked, again.kept, len(model.asked)) == (4, 0, 5)
    assert [estimate.measure for estimate in first.system.estimates] == ["output_tokens", "failure_rate"]
    values = {estimate.measure: estimate.value for estimate in timings.estimates}
    for measure in ("first_token_p50", "per_token_p95", "answer_p99", "throughput", "peak_memory"):
        assert values[measure] is not None, measure
    assert FIRST <= values["first_token_p50"] <= values["first_token_p99"]  # type: ignore[operator]
    assert values["throughput"] <= TOKENS / (FIRST + (TOKENS - 1) * NEXT)  # type: ignore[operator]


def test_a_model_that_fails_fails_its_samples() -> None:
    result, timings, records = run(Latency(), _system(Slow(broken=True)), limit=3, resamples=50)
    assert result.system.failures == 3
    assert records[0].error == "RuntimeError: out of order"
    assert all(estimate.value is None for estimate in timings.estimates)


def test_a_script_is_timed_too() -> None:
    model = ChatScripted(script=["Good morning to you"], on_end="loop")
    output = Latency().answer(model, next(SUITE.samples(Source())), 0)
    assert output.answer == "Good morning to you"
    assert output.timing["first_token_s"] > 0


def test_prompts_may_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "prompts.jsonl"
    path.write_text('{"prompt": "Hi"}\n{"prompt": "' + "x" * 900 + '"}\n{"prompt": "' + "x" * 3000 + '"}\n')
    samples = list(SUITE.samples(Source(str(path))))
    assert [(sample.id, sample.tags["length"]) for sample in samples] == [
        ("1", "short"),
        ("2", "medium"),
        ("3", "long"),
    ]
    for row, wrong in (('{"prompt": " "}', "line 1: prompt must be"), ('{"text": "a"}', "has no 'prompt'")):
        path.write_text(row + "\n")
        with pytest.raises(UsageError, match=wrong):
            list(SUITE.samples(Source(str(path))))


def test_two_threads_do_not_overlap() -> None:
    suite, model = Latency(), Slow(at_once=[])
    sample = next(suite.samples(Source()))
    threads = [threading.Thread(target=suite.answer, args=(model, sample, 0)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(model.at_once) == {1}

"""Suite `latency`: how soon a chat model begins to answer, and how fast it goes on.

Contract: answers are streamed, one at a time whatever the number of workers, after one that isn't measured
(it loads the weights). Built in are short prompts, and ones of about 200 and 500 tokens made of the passages
of suite `lm`. Data may be JSON Lines with `prompt`. Times are from the request to when a piece of text
arrives, so they hold what lies between: a network, a template, a grammar. The headline is a timing, so the
harness measures anew in each run.

What it does not know: what an answer is worth, and what other processes hold in memory (a model server).
"""

from __future__ import annotations

import json
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals.asking import counts
from evals.data import located
from evals.measure import Array, Mean, Measure, Ratio, Whole
from evals.metrics.latency import percentile
from evals.metrics.memory import peak_gpu_memory, peak_memory, reset_peak_memory
from evals.sample import Output, Sample
from evals.suite import Scores, Source, Suite
from homespun.errors import UsageError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

DATA = Path(__file__).parent / "data"
BUILT_IN, TEXTS = DATA / "latency.jsonl", DATA / "lm.jsonl"
WARM_UP = "Hello"
# In characters, of which an English token has about four.
LENGTHS = {"medium": 800, "long": 2000}
TASK = "Say in one sentence what these notes have in common."


def _most(values: Array, weights: Array) -> float | None:
    counted = values[weights > 0]
    return float(counted.max()) if len(counted) else None


def _percentiles(column: str, what: str) -> Iterator[Measure]:
    for q in (50, 95, 99):
        yield Measure(
            f"{column.removesuffix('_s')}_p{q}",
            Whole((f"timing.{column}",), partial(percentile, q=q)),
            "lower",
            about=f"{what}, {'median' if q == 50 else f'{q}th percentile'}",
            unit="s",
            timing=True,
        )


class Latency(Suite["BaseChatModel"]):
    """Time and memory of a chat model."""

    name = "latency"
    about = "seconds to the first token and for each one after it, and the memory that takes"
    kind = "chat"
    measures = (
        *_percentiles("first_token_s", "until the first text arrives"),
        *(
            Measure(
                f"first_token_{length}_p50",
                Whole((f"timing.first_token_{length}_s",), partial(percentile, q=50)),
                "lower",
                about=f"until the first text arrives, {length} prompts, median",
                unit="s",
                timing=True,
            )
            for length in ("short", *LENGTHS)
        ),
        *_percentiles("per_token_s", "for each token after the first"),
        *_percentiles("answer_s", "until the answer is complete"),
        Measure(
            "throughput",
            Ratio("timing.output_tokens", "timing.answer_s"),
            about="tokens of all answers over the time of all answers",
            unit="tokens/s",
            timing=True,
        ),
        Measure(
            "peak_memory",
            Whole(("timing.memory_bytes",), _most),
            "lower",
            about="the most that this process held while it answered",
            unit="bytes",
            timing=True,
        ),
        Measure(
            "peak_gpu_memory",
            Whole(("timing.gpu_memory_bytes",), _most),
            "lower",
            about="the most that tensors held on the GPU",
            unit="bytes",
            timing=True,
        ),
        Measure(
            "output_tokens",
            Mean("usage.output_tokens"),
            "neither",
            about="of an answer, where the model counts them",
            unit="tokens",
        ),
    )

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._warm: weakref.ref[Any] | None = None

    def samples(self, source: Source) -> Iterator[Sample]:
        """Gives the prompts; tag `length` is short, medium or long."""
        path = source.data or BUILT_IN
        rows = located(path, what="prompts", fields=["prompt"])
        for number, (where, row) in enumerate(rows, 1):
            if not isinstance(row["prompt"], str) or not row["prompt"].strip():
                raise UsageError(f"{where}: prompt must be a text that isn't empty.")
            name = str(number) if source.data else row["id"]
            yield Sample(id=name, input={"prompt": row["prompt"]}, tags={"length": _length(row["prompt"])})
        if not source.data:
            for length, size in LENGTHS.items():
                for number, prompt in enumerate(_prompts(size, 12), 1):
                    yield Sample(
                        id=f"{length}-{number:02}", input={"prompt": prompt}, tags={"length": length}
                    )

    def answer(self, system: BaseChatModel, sample: Sample, seed: int) -> Output:
        """Streams the answer, alone."""
        del seed  # the model is asked at temperature 0
        with self._turn:
            self._warm_up(system)
            return _stream(system, sample.input["prompt"], sample.tags["length"])

    def score(self, sample: Sample, output: Output) -> Scores:
        """Returns nothing: all that is measured is in the output's timing and usage."""
        del sample, output
        return {}

    def _warm_up(self, system: BaseChatModel) -> None:
        if self._warm is not None and self._warm() is system:
            return
        with suppress(Exception):  # what's wrong is told by the sample
            _stream(system, WARM_UP, "short")
        self._warm = weakref.ref(system)


def _stream(system: BaseChatModel, prompt: str, length: str) -> Output:
    reset_peak_memory()
    whole: Any = None
    arrivals = []
    began = time.perf_counter()
    for chunk in system.stream([("user", prompt)]):
        if chunk.text:
            arrivals.append(time.perf_counter() - began)
        whole = chunk if whole is None else whole + chunk
    seconds = time.perf_counter() - began
    usage = counts(getattr(whole, "usage_metadata", None))
    # A model that doesn't count its tokens is taken to send one at a time.
    tokens = usage.get("output_tokens", len(arrivals))
    timing = {"answer_s": seconds, "output_tokens": tokens, "memory_bytes": peak_memory()}
    if arrivals:
        timing["first_token_s"] = timing[f"first_token_{length}_s"] = arrivals[0]
        if tokens > 1 and len(arrivals) > 1:
            timing["per_token_s"] = (arrivals[-1] - arrivals[0]) / (tokens - 1)
    gpu = peak_gpu_memory()
    if gpu is not None:
        timing["gpu_memory_bytes"] = gpu
    return Output(whole.text if whole is not None else "", usage=usage, timing=timing)


def _prompts(size: int, count: int) -> Iterator[str]:
    """Prompts of at least `size` characters, each beginning with another passage."""
    texts = [json.loads(line)["text"] for line in TEXTS.read_text(encoding="utf-8").splitlines()]
    for number in range(count):
        prompt = TASK
        place = number * 4
        while len(prompt) < size:
            prompt += "\n\n" + texts[place % len(texts)]
            place += 1
        yield prompt


def _length(prompt: str) -> str:
    if len(prompt) < LENGTHS["medium"] / 2:
        return "short"
    return "medium" if len(prompt) < (LENGTHS["medium"] + LENGTHS["long"]) / 2 else "long"


SUITE = Latency()

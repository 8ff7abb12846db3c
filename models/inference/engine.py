"""The engine: a net's forward passes turned into a stream of tokens. It knows tokens, not text.

A `Request` says all about one output; `Engine.generate` gives its `Step`s, one for each token, as they are
made. One request runs at a time: others wait for the engine's lock, and closing the iterator (or dropping it)
hands the engine to the next. The iterator may be advanced from different threads. Cancellation and the
deadline are looked at before every pass through the network, prefill chunks included, and before every step
that is given out.

The last step carries `finish` and is no part of the output: with "stop" its token is the stop token that the
model chose, otherwise it has none (`NO_TOKEN`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from homespun.errors import UsageError
from models.inference.grammar import Grammar, GrammarState, GrammarVocabulary
from models.inference.guide import Guide
from models.inference.net import Net
from models.inference.runner import LOCK_POLL, Runner
from models.inference.sampling import Sampler, SamplingParams, log_softmax, most_probable

Finish = Literal["stop", "length", "cancelled", "deadline", "grammar"]

NO_TOKEN = -1
# Measured on two cores: for one-token steps of a few million weights a second thread brings nothing.
DEFAULT_THREADS = 1


class GrammarTokenizer(Protocol):
    """What the engine needs of a tokenizer, and only for grammars."""

    @property
    def json(self) -> str:
        """The content of tokenizer.json."""

    def special(self, name: str) -> int:
        """The id of a special token."""


@dataclass(frozen=True)
class Request:
    """One output to be made.

    Attributes:
        prompt: Token ids, at least one, fewer than the model's context.
        sampling: How tokens are drawn.
        max_tokens: Most tokens to make; fewer where the context ends before (finish "length").
        stop_ids: Tokens that end the output.
        grammar: What the output must look like; needs an engine with a tokenizer.
        guide: Who is asked beside the net before a token is drawn; of this output alone.
        logprobs: Report each token's log-probability and this many of the most probable ones; 0 reports
            nothing. They are those of the net's own distribution, before guide, penalty, grammar and filters.
        deadline: Seconds from the call of `generate`, waiting included, after which the output ends.
        cancel: Ends the output when set, from any thread.

    Raises:
        UsageError: If a value lies outside its range.
    """

    prompt: Sequence[int]
    sampling: SamplingParams = field(default_factory=SamplingParams)
    max_tokens: int = 256
    stop_ids: frozenset[int] = frozenset()
    grammar: Grammar | None = None
    guide: Guide | None = None
    logprobs: int = 0
    deadline: float | None = None
    cancel: threading.Event | None = None

    def __post_init__(self) -> None:
        if len(self.prompt) == 0:
            raise UsageError("the prompt is empty: give at least one token")
        for name, least in (("max_tokens", 1), ("logprobs", 0)):
            if getattr(self, name) < least:
                raise UsageError(f"{name} must be {least} or more, not {getattr(self, name)}")


@dataclass(frozen=True, slots=True)
class Step:
    """One token of an output, or its end.

    Attributes:
        token: The token's id. Where `finish` is set it is no part of the output.
        logprob: Natural logarithm of its probability, if the request asks for log-probabilities.
        top: The most probable tokens and their log-probabilities, best first.
        finish: Why the output ended: "stop" (a stop token), "length", "cancelled", "deadline", "grammar"
            (satisfied, nothing can follow); `None` while it goes on.
    """

    token: int
    logprob: float | None = None
    top: tuple[tuple[int, float], ...] = ()
    finish: Finish | None = None


class Engine:
    """Generates with one net. Make one per model and share it; it puts the net into evaluation mode.

    Attributes:
        context_length: Most tokens of prompt and output together.
    """

    def __init__(
        self,
        net: Net,
        *,
        tokenizer: GrammarTokenizer | None = None,
        threads: int | None = None,
        fast: bool = True,
        turn: threading.Lock | None = None,
    ) -> None:
        """Take a net into use.

        Args:
            net: Our decoder, or another causal language model with the same few methods, on any device.
            tokenizer: Its tokenizer; needed for requests with a grammar only.
            threads: Torch's threads during a forward pass; the process-wide setting is put back after each
                pass. `None` is the measured default, 1.
            fast: Take the quick one-token step of our decoder (`models.inference.step`, its tolerance stated
                there); else the net's own forward pass throughout.
            turn: A lock that engines over the same net share, so that their passes take turns.
        """
        if threads is not None and threads < 1:
            raise UsageError(f"threads must be 1 or more, not {threads}")
        self._runner = Runner(
            net.eval(), DEFAULT_THREADS if threads is None else threads, fast=fast, turn=turn
        )
        self._tokenizer = tokenizer
        self._vocab_size = net.config.vocab_size
        self._vocabulary: GrammarVocabulary | None = None
        self._lock = threading.Lock()
        self.context_length: int = net.config.max_positions

    def generate(self, request: Request) -> Iterator[Step]:
        """Make one output.

        Returns:
            The steps as they are made; the last one, and only it, carries `finish`. Nothing runs before the
            first is asked for. Close the iterator to end early.

        Raises:
            UsageError: At once, if the prompt leaves no room in the context or holds unknown tokens, or a
                grammar is asked of an engine without a tokenizer; at the first step, if the grammar does not
                fit it.
            HomespunError: While iterating, if the grammar cannot be satisfied or the network gives
                not-a-number.
        """
        room = self.context_length - len(request.prompt)
        if room < 1:
            raise UsageError(
                f"the prompt has {len(request.prompt)} tokens, but this model's context is"
                f" {self.context_length}: shorten it"
            )
        strange = next((token for token in request.prompt if not 0 <= token < self._vocab_size), None)
        if strange is not None:
            raise UsageError(f"token {strange} is unknown: this model has {self._vocab_size} tokens")
        if request.grammar is not None and self._tokenizer is None:
            raise UsageError("this engine was made without a tokenizer, so it cannot follow a grammar")
        return self._locked(request, _Watch(request), min(request.max_tokens, room))

    def _locked(self, request: Request, watch: _Watch, limit: int) -> Iterator[Step]:
        try:
            while not self._lock.acquire(timeout=LOCK_POLL):
                watch.check()
            try:
                state = None
                if request.grammar is not None:
                    state = GrammarState(request.grammar, self._grammar_vocabulary(), request.stop_ids)
                yield from _Output(request, self._runner, state, watch, limit).steps()
            finally:
                self._lock.release()
        except _Interrupted as interruption:
            yield Step(NO_TOKEN, finish=interruption.finish)

    def _grammar_vocabulary(self) -> GrammarVocabulary:
        if self._vocabulary is None:
            assert self._tokenizer is not None
            end = self._tokenizer.special("<|end|>")
            self._vocabulary = GrammarVocabulary(self._tokenizer.json, self._vocab_size, end)
        return self._vocabulary


class _Interrupted(Exception):  # noqa: N818 (no error: the way out of the loop)
    def __init__(self, finish: Finish) -> None:
        super().__init__(finish)
        self.finish = finish


class _Watch:
    """The cancellation event and the deadline of one request; the clock starts when it is made."""

    def __init__(self, request: Request) -> None:
        self._cancel = request.cancel
        self._end = None if request.deadline is None else time.monotonic() + request.deadline

    def check(self) -> None:
        """Raise `_Interrupted` if the output has to end now."""
        if self._cancel is not None and self._cancel.is_set():
            raise _Interrupted("cancelled")
        if self._end is not None and time.monotonic() >= self._end:
            raise _Interrupted("deadline")


class _Output:
    """One output in the making: draws, follows the grammar, counts."""

    def __init__(
        self, request: Request, runner: Runner, state: GrammarState | None, watch: _Watch, limit: int
    ) -> None:
        self._request = request
        self._runner = runner
        self._state = state
        self._watch = watch
        self._limit = limit
        self._made = 0
        self._sampler = Sampler(request.sampling, request.prompt)

    def steps(self) -> Iterator[Step]:
        request, watch = self._request, self._watch
        cache = self._runner.new_cache(len(request.prompt) + self._limit)
        pending = list(request.prompt)
        while True:
            forced, end = self._follow()
            if not request.logprobs:
                # Forced tokens need nothing of the network, so they go out before it runs.
                for token in forced:
                    watch.check()
                    yield Step(token)
                if end is not None:
                    yield end
                    return
            # The drawn token and all that it forces go through the network together.
            wanted = len(forced) + 1 if request.logprobs else 1
            rows = self._runner.run(pending + forced, cache, rows=wanted, check=watch.check)
            row = rows[-1]
            if request.logprobs:
                for before, token in zip(rows, forced, strict=False):
                    watch.check()
                    yield self._step(token, before)
                if end is not None:
                    yield self._step(end.token, row, end.finish) if end.finish == "stop" else end
                    return
            allowed = None if self._state is None else self._state.allowed()
            weighed = row if request.guide is None else request.guide.weigh(row, allowed)
            token = self._sampler.draw(weighed, allowed)
            if token in request.stop_ids:
                yield self._step(token, row, "stop")
                return
            self._take(token)
            yield self._step(token, row)
            pending = [token]

    def _step(self, token: int, row: NDArray[np.float32], finish: Finish | None = None) -> Step:
        if not self._request.logprobs:
            return Step(token, finish=finish)
        logprobs = log_softmax(row)
        top = most_probable(logprobs, self._request.logprobs)
        return Step(token, float(logprobs[token]), top, finish)

    def _take(self, token: int) -> None:
        """Make a token part of the output."""
        if self._state is not None:
            self._state.accept(token)
        if self._request.guide is not None:
            self._request.guide.accept(token)
        self._sampler.see(token)
        self._made += 1

    def _follow(self) -> tuple[list[int], Step | None]:
        """Take the tokens that are forced here; give them, and the last step if the output ends with them."""
        forced: list[int] = []
        state = self._state
        if state is not None:
            for token in state.forced():
                if token in self._request.stop_ids:
                    return forced, Step(token, finish="stop")
                if self._made == self._limit:
                    break
                self._take(token)
                forced.append(token)
            if state.finished:
                return forced, Step(NO_TOKEN, finish="grammar")
        if self._made == self._limit:
            return forced, Step(NO_TOKEN, finish="length")
        return forced, None

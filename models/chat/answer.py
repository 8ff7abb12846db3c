"""One answer of a chat model: from a planned request to deltas of text and calls, then an outcome.

This is the part between LangChain's messages and the engine's tokens that knows neither: it takes template
dictionaries and gives plain values.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from homespun.errors import UsageError
from models.chat.brevity import shorter
from models.chat.context import Prompt, fit
from models.chat.ending import EndedError, watch
from models.chat.reader import Call, Piece, Reader
from models.chat.tools import Plan, build_grammar, problem

if TYPE_CHECKING:
    from models.chat.proposal_guide import ProposalGuide
    from models.chat.proposer import Noticed
    from models.chat.weights import Brain
    from models.inference.engine import Step
    from models.inference.sampling import SamplingParams

DEFAULT_MAX_TOKENS = 256
# Memory is reserved for an answer's longest form: all the room of a long context would be gigabytes.
LONGEST_DOCUMENT = 4096


@dataclass(frozen=True)
class Options:
    """How to answer.

    `max_tokens` of `None` takes the model's default for text, and for JSON all there is up to
    `LONGEST_DOCUMENT`.
    """

    sampling: SamplingParams
    max_tokens: int | None
    default_max_tokens: int
    stop: tuple[str, ...] = ()
    deadline: float | None = None
    logprobs: int | None = None


@dataclass(frozen=True)
class Delta:
    """What is new: a piece of text or of a call, or `None`, and log-probabilities of the tokens behind it."""

    piece: Piece | None
    logprobs: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Outcome:
    """The end of an answer.

    Attributes:
        calls: Every call with what is wrong with it, or `None`.
        finish_reason: Why it ended, in OpenAI's words.
        prompt_tokens: What was read, and
        tokens: what was made.
        dropped: How many messages didn't fit.
        shortened: Whether tools were shown in fewer words.
    """

    calls: list[tuple[Call, str | None]]
    finish_reason: str
    prompt_tokens: int
    tokens: int
    dropped: int
    shortened: bool


def answer(
    brain: Brain,
    rows: Sequence[Mapping[str, Any]],
    plan: Plan,
    options: Options,
    context_length: int,
    cancel: threading.Event,
) -> Generator[Delta, None, Outcome]:
    """Generate one answer.

    Args:
        brain: The loaded model.
        rows: The conversation as template dictionaries.
        plan: What the answer may be.
        options: How to sample and when to end.
        context_length: Tokens of prompt and answer together.
        cancel: Set from any thread to stop; closing the generator does the same.

    Raises:
        UsageError: The conversation does not fit, or a schema cannot be enforced.
    """
    from models.inference.engine import Request

    between = watch(cancel, options.deadline)
    started = time.monotonic()
    try:
        noticed = _noticed(brain, rows, plan, between)
        prompt = _prompt(brain, brain.shown(rows), plan, options, context_length, noticed)
        guide = _guide(brain, prompt, plan, noticed, between)
    except EndedError as ended:
        return Outcome([], str(ended), 0, 0, 0, shortened=False)
    voice = brain.voice
    room = context_length - len(prompt.ids)
    # A document, or a call that was asked for or is proposed, may be long; text that wanders on may not.
    expected, longest = (0, 0) if guide is None else (guide.calls, guide.longest)
    bound = plan.document is not None or plan.forced or expected > 0
    wanted = options.max_tokens or (LONGEST_DOCUMENT if bound else options.default_max_tokens)
    left = None if options.deadline is None else options.deadline - (time.monotonic() - started)
    request = Request(
        prompt.ids,
        sampling=options.sampling,
        max_tokens=min(wanted, room),
        stop_ids=voice.stop_ids,
        grammar=build_grammar(
            plan,
            min(wanted, room),
            voice.call_opening,
            voice.call_closing,
            voice.text_tokens,
            calls=expected,
            longest=longest,
        ),
        guide=guide,
        logprobs=0 if options.logprobs is None else max(1, options.logprobs),
        deadline=left,
        cancel=cancel,
    )
    marker = voice.call_marker if plan.callable else None
    reader = Reader(options.stop if plan.document is None else (), voice.call_token, marker)
    steps = brain.steps(request)
    made, finish, logged = 0, "stop", list[dict[str, Any]]()
    try:
        for step in steps:
            if step.finish is not None:
                finish = step.finish
                break
            made += 1
            if options.logprobs is not None:
                logged.append(_logged(brain, step, options.logprobs))
            for piece in reader.push(step.token, voice.token_bytes(step.token)):
                yield Delta(piece, logged)
                logged = []
            if reader.stopped:
                break
    except EndedError as ended:
        finish = str(ended)
    finally:
        steps.close()
    for piece in reader.finish():
        yield Delta(piece, logged)
        logged = []
    calls = [(call, _wrong(call, plan, finish)) for call in reader.calls]
    for call, wrong in calls:
        if wrong is not None and call.whole:
            yield Delta(reader.invalidate(call))
    if logged:
        yield Delta(None, logged)
    reason = {"grammar": "stop", "stop": "stop"}.get(finish, finish)
    if reader.calls and reason == "stop":
        reason = "tool_calls"
    return Outcome(calls, reason, len(prompt.ids), made, prompt.dropped, prompt.shortened)


def _noticed(
    brain: Brain, rows: Sequence[Mapping[str, Any]], plan: Plan, between: Callable[[], None]
) -> Noticed | None:
    if brain.proposer is None or brain.voice.render_note is None or plan.document is not None:
        return None
    return brain.proposer.notice(rows, between)


def _guide(
    brain: Brain, prompt: Prompt, plan: Plan, noticed: Noticed | None, between: Callable[[], None]
) -> ProposalGuide | None:
    call, end = brain.voice.call_token, brain.voice.end_token
    if brain.proposer is None or call is None or end is None:
        return None
    return brain.proposer.guide(prompt.rows, plan, noticed, between, call=call, end=end)


def _prompt(
    brain: Brain,
    rows: Sequence[Mapping[str, Any]],
    plan: Plan,
    options: Options,
    context_length: int,
    noticed: Noticed | None,
) -> Prompt:
    """The prompt that fits; what was noticed stands before its last token, which begins the answer."""
    # Keep a quarter of the context for the answer, or less where less was asked for.
    wanted = options.max_tokens or options.default_max_tokens
    reserved = max(1, min(wanted, context_length // 4))
    render_note = brain.voice.render_note
    block = [] if noticed is None or render_note is None else render_note(noticed.note)
    limit = context_length - reserved - len(block)
    unseen = plan.choice == "none" or (brain.proposer is not None and brain.proposer.alone)
    forms = [None] if unseen else list(shorter(plan.functions))
    error: UsageError | None = None
    for number, tools in enumerate(forms):
        try:
            made = fit(list(map(dict, rows)), partial(_rendered, brain, tools), limit)
        except UsageError as failure:
            error = error or failure
        else:
            ids = [*made.ids[:-1], *block, made.ids[-1]]
            return replace(made, ids=ids, shortened=number > 0)
    assert error is not None
    raise error


def _rendered(
    brain: Brain, tools: Sequence[Mapping[str, Any]] | None, rows: Sequence[Mapping[str, Any]]
) -> list[int]:
    return brain.voice.render(rows, tools)


def _wrong(call: Call, plan: Plan, finish: str) -> str | None:
    if not call.whole:
        return f"the call was cut off ({finish})"
    function = next((f for f in plan.functions if f["name"] == call.name), None)
    if function is None:
        return f"there is no tool {call.name!r}"
    try:
        return problem(function, json.loads(call.text))
    except ValueError as error:
        return f"the arguments are not JSON: {error}"


def _logged(brain: Brain, step: Step, top: int) -> dict[str, Any]:
    def named(token: int, logprob: float | None) -> dict[str, Any]:
        data = brain.voice.token_bytes(token)
        return {"token": data.decode("utf-8", "replace"), "bytes": list(data), "logprob": logprob}

    best = [named(token, logprob) for token, logprob in step.top[:top]]
    return {**named(step.token, step.logprob), "top_logprobs": best}


def check_stop(stop: Sequence[str]) -> tuple[str, ...]:
    """Stop strings as a tuple; `UsageError` for an empty one or something else."""
    if isinstance(stop, str) or not all(isinstance(text, str) and text for text in stop):
        raise UsageError("stop must be a list of texts, none of them empty")
    return tuple(stop)

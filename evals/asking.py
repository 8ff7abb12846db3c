"""Asking a chat model: one call, its usage and its time, as every suite over chat models keeps them.

Contract: `model` was made for measuring (its temperature is 0), so a call states nothing but the messages.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from evals.measure import Measure, Whole
from evals.metrics.latency import percentile
from evals.sample import Json, Output

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage
    from langchain_core.runnables import Runnable

TIME = Measure(
    "answer_p50",
    Whole(("timing.answer_s",), partial(percentile, q=50)),
    "lower",
    about="until the answer is complete, median",
    unit="s",
    timing=True,
)
"""How long an answer takes, for suites that ask as below."""


def ask(model: Runnable[Any, AIMessage], messages: Sequence[Any]) -> tuple[AIMessage, dict[str, Any]]:
    """Invokes the model.

    Args:
        model: a chat model, with tools bound or not.
        messages: as LangChain takes them.

    Returns:
        The reply, and `usage` and `timing` for the `Output` made of it.
    """
    began = time.perf_counter()
    reply = model.invoke(list(messages))
    seconds = time.perf_counter() - began
    return reply, {"usage": counts(reply.usage_metadata), "timing": {"answer_s": seconds}}


def say(model: Runnable[Any, AIMessage], messages: Sequence[Any], *, trace: Json = None) -> Output:
    """Returns the output whose answer is the reply's text."""
    reply, kept = ask(model, messages)
    return Output(reply.text, trace=trace, **kept)


def counts(usage: Mapping[str, Any] | None) -> dict[str, float]:
    """Returns the plain counts of LangChain's usage metadata; details are left out."""
    return {key: value for key, value in (usage or {}).items() if isinstance(value, int)}

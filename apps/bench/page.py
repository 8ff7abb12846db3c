"""How long people at the Chat page wait for an answer, beside the same model asked in Python.

Contract: `run()` returns plain figures and prints nothing. The page is the real one, `homespun ui` in a
process of its own, with a file of threads in a folder that is removed afterwards; models and settings are the
user's. It's asked as a browser asks it (`apps.bench.visitor`), each time in a new thread, by turns with the
same model's `stream` in this process, with equal sampling and seed. What a browser needs to draw isn't in the
figures. Tokens are those that the model itself counted, for the page too: its threads are read at the end.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apps.bench.messages import ARMS, Question, question
from apps.bench.visitor import Seen, Visitor
from evals.metrics.latency import percentile
from homespun.errors import HomespunError, UsageError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

    from homespun.settings import Settings

REST = 0.1
"""Seconds before each question, in which the threads of the process that answered last fall asleep."""
QUIET = 0.3
"""A load average above this says that others use the processor too."""
_READY = Question("Hello")
Key = tuple[str, int]
"""An arm and the number of a run, counted from the first warm-up."""


@dataclass(frozen=True)
class Timed(Seen):
    """An answer, the page's or the model's.

    Attributes:
        prompt_tokens: What the model read, and
        tokens: what it made.
    """

    prompt_tokens: int = 0
    tokens: int = 0


def run(
    model: Path | str | None = None,
    *,
    runs: int = 9,
    warm_ups: int = 1,
    threads: int | None = None,
    text_tokens: int = 500,
    conversation_tokens: int = 600,
    arms: Sequence[str] = ARMS,
) -> dict[str, Any]:
    """Ask the page and the model by turns.

    Args:
        model: The address of a chat model; None takes the one in the settings.
        runs: How often each arm is measured.
        warm_ups: How often before that without being counted.
        threads: Processor threads of the model; None leaves what the settings say.
        text_tokens: Of the message with a text and a question.
        conversation_tokens: Of the conversation before the message of arm `conversation`.
        arms: Which to measure: `text`, `short`, `conversation`.

    Returns:
        Figures by arm; both models are ready before the first question. `page_adds_s` is the median over the
        runs of how much later the first text is there on the page than in Python. `tokens_per_s` counts what
        follows the first text, over all runs; None where every answer came in one piece. `same_answers` is
        the share of runs in which both said the same. `whole_median_s` lasts until the next message can be
        sent. A `remark` warns where other work ran.

    Raises:
        UsageError: If a number is too small, an arm unknown, or the page has no use for the model.
        ModelNotFound: If there is no such model.
        HomespunError: If the page can't be served or fails.
    """
    _check(
        runs=(runs, 1),
        warm_ups=(warm_ups, 0),
        threads=(1 if threads is None else threads, 1),
        text_tokens=(text_tokens, 1),
        conversation_tokens=(conversation_tokens, 1),
    )
    if not arms or not set(arms) <= set(ARMS):
        raise UsageError(f"arms are some of {', '.join(ARMS)}")
    from apps import compose
    from homespun.settings import load_settings

    load = _load_average()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        # Not a home of its own: there the user's models and adapters would be missing.
        settings = load_settings(
            model=None if model is None else str(model),
            threads=threads,
            host="127.0.0.1",
            port=0,
            database=str(Path(temporary) / "threads.sqlite"),
        )
        compose.check_page_model(settings)
        chat = compose.chat_model(settings)
        asked = _questions(chat, arms, warm_ups + runs, text_tokens, conversation_tokens)
        held = _measured(settings, chat, asked, Path(temporary))
    counted = range(warm_ups, warm_ups + runs)
    figures = {arm: _figures(chat, [held[arm, place] for place in counted]) for arm in arms}
    return {
        "model": settings.model,
        "proposals": _proposed_to(settings),
        "runs": runs,
        "warm_ups": warm_ups,
        "threads": settings.threads,
        "processors": os.cpu_count() or 1,
        "load_average": load,
        **_remark(load),
        **figures,
    }


def _check(**numbers: tuple[object, int]) -> None:
    """Sees that each is a whole number, and not below its least."""
    for name, (value, least) in numbers.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise UsageError(f"{name} takes a whole number from {least} on, not {value!r}")


def _questions(
    chat: BaseChatModel, arms: Sequence[str], runs: int, text_tokens: int, conversation_tokens: int
) -> dict[Key, Question]:
    """The questions in their order: by run, so that whatever disturbs meets all arms."""
    from graphs.chatbot.limits import count_tokens

    lengths = {"text": text_tokens, "conversation": conversation_tokens, "short": 0}
    return {
        (arm, place): question(arm, place, lambda text: count_tokens(chat, text), lengths[arm])
        for place in range(runs)
        for arm in arms
    }


def _measured(
    settings: Settings, chat: BaseChatModel, asked: Mapping[Key, Question], folder: Path
) -> dict[Key, tuple[Timed, Timed]]:
    """Both answers to each question: the page's, and the model's in this process."""
    from apps import compose
    from apps.bench.served import served
    from apps.pages.threads import read
    from graphs.threads import new_name

    # What one question tells isn't for the next one.
    settings = settings.model_copy(update={"memory": "off"})
    with compose.open_state(settings) as state:
        graph = compose.chatbot_graph(settings, chat, state)
        threads = {key: _begun(graph, one) for key, one in asked.items()}
    seen: dict[Key, tuple[Timed, Timed]] = {}
    with served(settings, folder) as address, Visitor(address) as visitor:
        # The page makes its model ready in the background, and ours may not have read its weights yet.
        visitor.open(new_name())
        visitor.send(_READY.text, seed=0)
        _ask(chat, _READY, visitor.sampling(seed=0))
        for key, one in asked.items():
            seed = key[1]
            sampling = visitor.sampling(seed=seed)
            # Who comes second may be disturbed by the first one's end, so they change places.
            direct = _ask(chat, one, sampling) if seed % 2 else None
            on_page = _ask_page(visitor, threads[key], one, seed)
            seen[key] = on_page, direct or _ask(chat, one, sampling)
    with compose.open_state(settings) as state:
        graph = compose.chatbot_graph(settings, chat, state)
        # What the page shows has Markdown and names of sources with it.
        kept = {key: read(graph, threads[key])[-1] for key in asked}
    return {key: (_counted(on_page, kept[key]), direct) for key, (on_page, direct) in seen.items()}


def _begun(graph: Any, asked: Question) -> str:
    """Makes the thread in which a question is asked, and gives its name."""
    from apps.pages.threads import config
    from graphs.chatbot.steps import last
    from graphs.threads import new_name

    thread = new_name()
    if asked.before:
        graph.update_state(config(thread), {"messages": _before(asked)}, as_node=last(graph))
    return thread


def _before(asked: Question) -> list[BaseMessage]:
    from langchain_core.messages import AIMessage, HumanMessage

    return [
        message for said, answered in asked.before for message in (HumanMessage(said), AIMessage(answered))
    ]


def _ask_page(visitor: Visitor, thread: str, asked: Question, seed: int) -> Timed:
    """Asks the page."""
    visitor.open(thread)
    time.sleep(REST)
    return Timed(**vars(visitor.send(asked.text, seed=seed)))


def _ask(chat: BaseChatModel, asked: Question, sampling: Mapping[str, Any]) -> Timed:
    """Asks the model in this process, in a new thread as the page does.

    On a busy machine that makes a difference: in the main thread OpenMP's threads may wait for each other
    several times longer.
    """
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(_streamed, chat, asked, sampling).result()


def _streamed(chat: BaseChatModel, asked: Question, sampling: Mapping[str, Any]) -> Timed:
    from langchain_core.messages import HumanMessage

    messages = [*_before(asked), HumanMessage(asked.text)]
    chunks, times = [], []
    time.sleep(REST)
    started = time.perf_counter()
    for chunk in chat.stream(messages, **sampling):
        chunks.append(chunk)
        times.append(time.perf_counter() - started)
    over_s = time.perf_counter() - started
    # Blank text isn't seen on the page either.
    spoken = [place for place, chunk in enumerate(chunks) if chunk.text.strip()]
    if not spoken:
        raise HomespunError("the model gave no answer")
    first = "".join(str(chunk.text) for chunk in chunks[: spoken[0] + 1])
    made = Timed("", first, times[spoken[0]], times[spoken[-1]], over_s)
    return _counted(made, chunks[0] + chunks[1:])


def _counted(made: Timed, message: BaseMessage) -> Timed:
    """An answer with the text and the tokens of its message; 0 where the model doesn't count them."""
    usage = getattr(message, "usage_metadata", None) or {}
    return replace(
        made,
        text=str(message.text).strip(),
        prompt_tokens=int(usage.get("input_tokens", 0)),
        tokens=int(usage.get("output_tokens", 0)),
    )


def _figures(chat: BaseChatModel, pairs: Sequence[tuple[Timed, Timed]]) -> dict[str, Any]:
    on_page, direct = ([pair[side] for pair in pairs] for side in (0, 1))
    same = sum(one.text == other.text for one, other in pairs)
    later = statistics.median(one.first_s - other.first_s for one, other in pairs)
    return {
        "prompt_tokens": round(statistics.median(one.prompt_tokens for one in on_page)),
        "answer_tokens": round(statistics.median(one.tokens for one in on_page)),
        "page": _waits(chat, on_page),
        "python": _waits(chat, direct),
        "page_adds_s": round(later, 3),
        "same_answers": round(same / len(pairs), 3),
    }


def _waits(chat: BaseChatModel, answers: Sequence[Timed]) -> dict[str, Any]:
    first = [one.first_s for one in answers]
    later = sum(one.tokens - _first_tokens(chat, one) for one in answers)
    seconds = sum(one.last_s - one.first_s for one in answers)
    return {
        "first_text_median_s": round(statistics.median(first), 3),
        "first_text_p95_s": round(percentile(first, q=95) or 0.0, 3),
        "whole_median_s": round(statistics.median(one.over_s for one in answers), 3),
        "tokens_per_s": round(later / seconds, 1) if later > 0 and seconds > 0 else None,
    }


def _first_tokens(chat: BaseChatModel, answer: Timed) -> float:
    """Tokens of the text that was there first; by its length where the model brings no tokenizer."""
    from models.chat.tokens import counts_tokens

    if counts_tokens(chat):
        return chat.get_num_tokens(answer.first)
    return answer.tokens * min(1.0, len(answer.first) / max(1, len(answer.text)))


def _proposed_to(settings: Settings) -> bool:
    """Whether the encoder's adapters propose to the model."""
    from models.chat.weights import locate

    try:
        return locate(settings.model, settings.home).guidance is not None
    except (HomespunError, KeyError):
        return False  # no model of ours


def _load_average() -> list[float] | None:
    """Processes that ran or waited on average in the last 1, 5 and 15 minutes, where that's known."""
    try:
        return [round(load, 2) for load in os.getloadavg()]
    except (AttributeError, OSError):
        return None


def _remark(load: list[float] | None) -> dict[str, str]:
    if load is None or max(load[:2]) <= QUIET:
        return {}
    return {"remark": f"other work ran here before the start (load {load[0]}): a quiet machine waits less"}

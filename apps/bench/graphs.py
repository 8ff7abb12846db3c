"""What the chatbot graph costs beside its model, and what the plainest graph costs that keeps its threads.

Contract: `run()` returns plain figures and prints nothing. The plain graph is one step that calls the model,
with LangGraph's own `AsyncSqliteSaver`. All engines get the same questions and one scripted model that
answers at once, word by word; checkpoints are written before the next step begins ("sync"). They're measured
by turns in one process, each time on a file of its own in a folder that is removed afterwards. What a turn
costs is what it takes longer than the model alone with the same messages.
"""

from __future__ import annotations

import asyncio
import gc
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apps.bench.messages import question
from homespun.errors import HomespunError, ModelNotFound, UsageError

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage
    from langgraph.store.base import BaseStore

Ask = Callable[[str, str], Awaitable[str]]
"""``await ask(thread, question)`` gives the answer."""
Open = Callable[[Path], AbstractAsyncContextManager[Ask]]

USER = "somebody"
ALONE, BARE, OFF, ON = "model_alone", "bare", "memory_off", "memory_on"
_LATE = 5
"""Turns around the late one that are looked at, it being the last."""


@dataclass
class _Times:
    """What one engine took in one round.

    Attributes:
        wall: Seconds of each turn of one conversation.
        cpu: Processor seconds of the process, likewise.
        per_s: Turns a second of many conversations at once.
        cpu_many: Processor seconds of a turn there.
        answered: How many turns of both.
    """

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    per_s: float = 0.0
    cpu_many: float = 0.0
    answered: int = 0


def run(
    *,
    turns: int = 10,
    late: int = 50,
    conversations: int = 32,
    each: int = 3,
    rounds: int = 5,
    characters: int = 2000,
    memories: int = 20,
    encoder: str | None = "minilm",
    threads: int | None = None,
) -> dict[str, Any]:
    """Hold conversations with every engine.

    Args:
        turns: Of one conversation, whose median counts.
        late: Which turn of a longer one is looked at too; the median of the five up to it counts.
        conversations: How many are held at once, and
        each: with how many turns each.
        rounds: How often everything is measured, the engines changing places.
        characters: Of each question and each answer, at least.
        memories: What is known of the user before, where memory is on.
        encoder: Finds them by meaning, by its address; None, or where it isn't there, none does.
        threads: Processor threads of the encoder; None leaves it to it.

    Returns:
        Figures of the plain graph, and of ours without and with memory. Each is ``[median, least, greatest]``
        over the rounds. `adds_ms` is what a turn of the one conversation costs beside the model;
        `throughput_ratio` our turns a second over the plain graph's, with all conversations at once. Where
        other work shares the machine the figures of processor time are the steadier ones:
        `cpu_ratio` is the plain graph's over ours, `cpu_ratio_without_model` with the model's own taken off
        both.

    Raises:
        UsageError: If a number is too small, or langgraph-checkpoint-sqlite is missing.
        HomespunError: If a graph gives another answer than its model.
    """
    if min(turns, late, conversations, each, rounds, characters) < 1 or memories < 0:
        raise UsageError("turns, late, conversations, each, rounds and characters must be positive")
    if find_spec("langgraph.checkpoint.sqlite") is None:
        raise UsageError(
            "this comparison needs langgraph-checkpoint-sqlite: pip install langgraph-checkpoint-sqlite"
        )
    embedding = _encoder(encoder, threads)
    model, answer = _model(characters)
    engines: dict[str, Open] = {
        ALONE: partial(_alone, model),
        BARE: partial(_bare, model),
        OFF: partial(_ours, model, None, None),
        ON: partial(_ours, model, embedding, memories),
    }
    asked = [_question(number, characters) for number in range(max(turns, late, each))]
    held: list[dict[str, _Times]] = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        for number in range(rounds + 1):
            # Who came first in one round comes last in the next.
            order = dict(list(engines.items())[:: 1 if number % 2 else -1])
            folder = Path(temporary) / str(number)
            folder.mkdir()
            held.append(asyncio.run(_round(order, folder, asked, answer, conversations, each)))
        del held[0]  # it warmed up
    return {
        "turns": turns,
        "conversations": conversations,
        "characters": [len(asked[0]), len(answer)],
        "rounds": rounds,
        "encoder": encoder if embedding is not None else None,
        "memories": memories,
        "answered": {name: sum(times[name].answered for times in held) for name in engines},
        "model_alone_ms": _spread([1e3 * statistics.median(times[ALONE].wall[:turns]) for times in held]),
        **{name: _figures(held, name, turns, late) for name in (BARE, OFF, ON)},
    }


def _figures(held: Sequence[Mapping[str, _Times]], name: str, turns: int, late: int) -> dict[str, Any]:
    def adds(clock: str, where: slice) -> list[float]:
        pairs = [(getattr(one[name], clock)[where], getattr(one[ALONE], clock)[where]) for one in held]
        return _spread(
            [statistics.median(1e3 * (a - b) for a, b in zip(*pair, strict=True)) for pair in pairs]
        )

    first, last = slice(turns), slice(max(0, late - _LATE), late)
    found: dict[str, Any] = {
        "adds_ms": adds("wall", first),
        "adds_cpu_ms": adds("cpu", first),
        f"adds_ms_at_turn_{late}": adds("wall", last),
        f"adds_cpu_ms_at_turn_{late}": adds("cpu", last),
        "turns_per_s": _spread([one[name].per_s for one in held]),
    }
    if name != BARE:
        found["throughput_ratio"] = _spread([one[name].per_s / one[BARE].per_s for one in held])
        found["cpu_ratio"] = _spread([one[BARE].cpu_many / one[name].cpu_many for one in held])
        beside = [[one[which].cpu_many - one[ALONE].cpu_many for which in (BARE, name)] for one in held]
        found["cpu_ratio_without_model"] = _spread([theirs / max(ours, 1e-6) for theirs, ours in beside])
    return found


def _spread(values: Sequence[float]) -> list[float]:
    return [float(f"{value:.3g}") for value in (statistics.median(values), min(values), max(values))]


async def _round(
    engines: Mapping[str, Open],
    folder: Path,
    asked: Sequence[str],
    answer: str,
    conversations: int,
    each: int,
) -> dict[str, _Times]:
    """One conversation with all engines, turn by turn, then many with one engine after the other."""
    held = {name: _Times() for name in engines}

    async def turn(ask: Ask, thread: str, text: str) -> None:
        if (said := await ask(thread, text)) != answer:
            raise HomespunError(f"a graph answered {said[:60]!r}, which its model didn't say")

    gc.collect()
    async with AsyncExitStack() as stack:
        opened = {
            name: await stack.enter_async_context(engine(folder / f"{name} one.sqlite"))
            for name, engine in engines.items()
        }
        for text in asked:
            for name, ask in opened.items():
                begun, begun_cpu = time.perf_counter(), time.process_time()
                await turn(ask, "one", text)
                held[name].wall.append(time.perf_counter() - begun)
                held[name].cpu.append(time.process_time() - begun_cpu)
                held[name].answered += 1
    for name, engine in engines.items():

        async def talk(ask: Ask, number: int) -> None:
            for text in asked[:each]:
                await turn(ask, f"thread {number}", text)

        gc.collect()
        async with engine(folder / f"{name} many.sqlite") as ask:
            begun, begun_cpu = time.perf_counter(), time.process_time()
            await asyncio.gather(*(talk(ask, number) for number in range(conversations)))
            seconds, cpu = time.perf_counter() - begun, time.process_time() - begun_cpu
        count = conversations * each
        held[name].per_s, held[name].cpu_many = count / seconds, cpu / count
        held[name].answered += count
    return held


@asynccontextmanager
async def _alone(model: BaseChatModel, file: Path) -> AsyncIterator[Ask]:
    """The model with no graph: what it says is kept in a list."""
    del file
    from langchain_core.messages import HumanMessage

    held: dict[str, list[BaseMessage]] = {}

    async def ask(thread: str, text: str) -> str:
        messages = held.setdefault(thread, [])
        messages.append(HumanMessage(text))
        messages.append(await model.ainvoke(messages))
        return str(messages[-1].text)

    yield ask


@asynccontextmanager
async def _bare(model: BaseChatModel, file: Path) -> AsyncIterator[Ask]:
    """The plainest graph that keeps its threads."""
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
    from langgraph.graph import END, START, MessagesState, StateGraph

    async def answer(state: MessagesState) -> dict[str, Any]:
        return {"messages": [await model.ainvoke(state["messages"])]}

    builder = StateGraph(MessagesState)
    builder.add_node("answer", answer)
    builder.add_edge(START, "answer")
    builder.add_edge("answer", END)
    async with AsyncSqliteSaver.from_conn_string(str(file)) as saver:
        await saver.setup()
        yield _asker(builder.compile(checkpointer=saver))


@asynccontextmanager
async def _ours(
    model: BaseChatModel, encoder: Embeddings | None, memories: int | None, file: Path
) -> AsyncIterator[Ask]:
    """The chatbot; `memories` None has none and no store."""
    from langgraph.store.base import IndexConfig

    from graphs.chatbot import Context, build
    from graphs.persistence import open_state

    index = IndexConfig(dims=384, embed=encoder, fields=["text"]) if encoder is not None else None
    with open_state(file, index=index) as state:
        if memories is not None:
            await asyncio.to_thread(_tell, state.store, memories)
        store = None if memories is None else state.store
        graph = build(model, checkpointer=state.saver, store=store)
        yield _asker(graph, context=Context(user_id=USER))


def _asker(graph: Any, **settings: Any) -> Ask:
    async def ask(thread: str, text: str) -> str:
        config = {"configurable": {"thread_id": thread}}
        given = {"messages": [("user", text)]}
        values = await graph.ainvoke(given, config, durability="sync", **settings)
        return str(values["messages"][-1].text)

    return ask


def _tell(store: BaseStore, memories: int) -> None:
    from graphs.memories.book import Book

    book = Book(store, USER)
    for number in range(memories):
        book.add(f"The code of gate {number + 1} is {4000 + 7 * number}.")


def _encoder(address: str | None, threads: int | None) -> Embeddings | None:
    from models.encoders.embed import LocalEmbeddings

    if address is None:
        return None
    try:
        encoder = LocalEmbeddings(address, threads=threads)
        encoder.embed_query("Are you there?")
    except ModelNotFound:
        return None
    return encoder


def _model(characters: int) -> tuple[BaseChatModel, str]:
    """The model, and what it says to everything."""
    from models import ChatScripted

    answer = _question(0, characters)
    return ChatScripted(script=[{"text": answer, "repeat": True}]), answer


def _question(number: int, characters: int) -> str:
    return question("text", number, len, characters).text

"""What the chatbot graph costs beside its model: ours, and the plainest graph with LangGraph's own checkpointer.

Contract: `run()` returns plain figures and prints nothing. The plain graph is one step that calls the model,
with `AsyncSqliteSaver`. All engines get the same questions and a model of the same script that answers at
once; each turn's checkpoints are on the disk before the next step ("sync"). They're measured by turns in one
process, each time on a file of its own in a folder that is removed afterwards. What a turn costs is what it
takes longer than the model alone with the same messages.
"""

from __future__ import annotations

import asyncio
import gc
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
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
        cpu: Processor seconds, likewise.
        per_s: Turns a second of many conversations at once.
        cpu_many: Processor seconds of a turn there.
    """

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    per_s: float = 0.0
    cpu_many: float = 0.0


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
        Figures of our graph without and with memory, each beside the plain graph in the same rounds. Each is
        ``[median, least, greatest]`` over the rounds. `adds_ms` is what a turn costs beside the model;
        `throughput_ratio` our turns a second over theirs with all conversations at once, and `without_model`
        the same with the model's own time taken off both.

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
    held: dict[str, list[_Times]] = {name: [] for name in engines}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        for number in range(-1, rounds):  # the first warms up
            order = list(engines) if number % 2 else list(reversed(engines))
            for name in order:
                folder = Path(temporary) / f"{number} {name}"
                folder.mkdir()
                times = asyncio.run(
                    _measured(engines[name], folder, asked, answer, conversations=conversations, each=each)
                )
                if number >= 0:
                    held[name].append(times)
    return {
        "turns": turns,
        "conversations": conversations,
        "characters": [len(asked[0]), len(answer)],
        "rounds": rounds,
        "encoder": encoder if embedding is not None else None,
        "memories": memories,
        "answered": {
            name: sum(len(times.wall) + conversations * each for times in of) for name, of in held.items()
        },
        "model_alone_ms": _spread([1e3 * statistics.median(times.wall[:turns]) for times in held[ALONE]]),
        **{name: _figures(held, name, turns, late) for name in (BARE, OFF, ON)},
    }


def _figures(held: Mapping[str, Sequence[_Times]], name: str, turns: int, late: int) -> dict[str, Any]:
    rounds = list(zip(held[name], held[ALONE], held[BARE], strict=True))
    last = slice(max(0, late - _LATE), late)

    def adds(times: _Times, alone: _Times, where: slice, clock: str = "wall") -> float:
        own, others = getattr(times, clock)[where], getattr(alone, clock)[where]
        return statistics.median(1e3 * (a - b) for a, b in zip(own, others, strict=True))

    found: dict[str, Any] = {
        "adds_ms": _spread([adds(times, alone, slice(turns)) for times, alone, _ in rounds]),
        "adds_cpu_ms": _spread([adds(times, alone, slice(turns), "cpu") for times, alone, _ in rounds]),
        f"adds_ms_at_turn_{late}": _spread([adds(times, alone, last) for times, alone, _ in rounds]),
        "turns_per_s": _spread([times.per_s for times, _, _ in rounds]),
    }
    if name != BARE:
        found["throughput_ratio"] = _spread([times.per_s / bare.per_s for times, _, bare in rounds])
        found["cpu_ratio"] = _spread([bare.cpu_many / times.cpu_many for times, _, bare in rounds])
        found["without_model"] = _spread(
            [_beside(bare.per_s, alone.per_s) / _beside(times.per_s, alone.per_s) for times, alone, bare in rounds]
        )
    return found


def _beside(per_s: float, alone: float) -> float:
    """Seconds of a turn beside the model; a millionth where the model alone was no quicker."""
    return max(1 / per_s - 1 / alone, 1e-6)


def _spread(values: Sequence[float]) -> list[float]:
    return [float(f"{value:.3g}") for value in (statistics.median(values), min(values), max(values))]


async def _measured(
    open_engine: Open, folder: Path, asked: Sequence[str], answer: str, *, conversations: int, each: int
) -> _Times:
    """One engine, first with one conversation, then with many, each on a file of its own."""
    times = _Times()

    async def talk(ask: Ask, thread: str, questions: Sequence[str]) -> None:
        for text in questions:
            begun, begun_cpu = time.perf_counter(), time.process_time()
            said = await ask(thread, text)
            times.wall.append(time.perf_counter() - begun)
            times.cpu.append(time.process_time() - begun_cpu)
            if said != answer:
                raise HomespunError(f"a graph answered {said[:60]!r}, which its model didn't say")

    gc.collect()
    async with open_engine(folder / "one.sqlite") as ask:
        await talk(ask, "one", asked)
    one = len(times.wall)
    gc.collect()
    async with open_engine(folder / "many.sqlite") as ask:
        begun, begun_cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(talk(ask, f"thread {n}", asked[:each]) for n in range(conversations)))
        seconds, cpu = time.perf_counter() - begun, time.process_time() - begun_cpu
    count = conversations * each
    return _Times(times.wall[:one], times.cpu[:one], count / seconds, cpu / count)


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

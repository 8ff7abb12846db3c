"""What our checkpointer promises beyond LangGraph's suite (tests/contracts/test_checkpointer.py)."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from langgraph.channels.delta import DeltaChannel
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from typing_extensions import TypedDict

from graphs.persistence import open_state
from graphs.sqlite.saver import SqliteSaver

WORDS = ["wool", "flax", "loom", "thread", "weft", "dye"]


class Talk(TypedDict):
    messages: Annotated[list[AnyMessage], add_messages]


def _joined(before: list[str] | None, writes: Sequence[list[str]]) -> list[str]:
    return [*(before or []), *(one for write in writes for one in write)]


class Deltas(TypedDict):
    lines: Annotated[list[str], DeltaChannel(_joined, list, snapshot_frequency=4)]


def _text(seed: int, size: int) -> str:
    draw = random.Random(seed)
    return " ".join(draw.choice(WORDS) + str(draw.randrange(10_000)) for _ in range(size // 9))[:size]


def _talk(saver: SqliteSaver) -> Any:
    def answer(state: Talk) -> dict[str, Any]:
        return {"messages": [AIMessage(_text(len(state["messages"]), 1000))]}

    builder = StateGraph(Talk)
    builder.add_node("answer", answer)
    builder.add_edge(START, "answer")
    builder.add_edge("answer", END)
    return builder.compile(checkpointer=saver)


def _deltas(saver: SqliteSaver) -> Any:
    def more(state: Deltas) -> dict[str, Any]:
        return {"lines": [f"line {len(state['lines'])}"]}

    builder = StateGraph(Deltas)
    builder.add_node("more", more)
    builder.add_edge(START, "more")
    builder.add_edge("more", END)
    return builder.compile(checkpointer=saver)


def _count(saver: SqliteSaver, table: str) -> int:
    return saver.database.run(
        lambda c: int(c.execute(f"SELECT count(*) FROM {table}").fetchone()[0]), writes=False
    )


def test_two_hundred_turns_of_two_kilobytes_stay_small_and_every_checkpoint_can_be_returned_to(
    tmp_path: Path, thread: Any
) -> None:
    with open_state(tmp_path / "s.sqlite") as state:
        assert isinstance(state.saver, SqliteSaver)
        graph = _talk(state.saver)
        for turn in range(200):
            graph.invoke({"messages": [HumanMessage(_text(1000 + turn, 1000))]}, thread, durability="sync")
        size = sum(file.stat().st_size for file in tmp_path.iterdir())
        assert size < 10_000_000
        lengths = [len(s.values.get("messages", ())) for s in graph.get_state_history(thread)]
        assert lengths == [n for turn in reversed(range(200)) for n in (2 * turn + 2, 2 * turn + 1, 2 * turn)]
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 5_000_000


def test_synchronous_and_asynchronous_callers_see_the_same(saver: SqliteSaver, thread: Any) -> None:
    graph = _talk(saver)
    graph.invoke({"messages": [HumanMessage("a")]}, thread)

    async def on() -> Any:
        await graph.ainvoke({"messages": [HumanMessage("b")]}, thread)
        return [s.values async for s in graph.aget_state_history(thread)]

    seen = asyncio.run(on())
    assert seen == [s.values for s in graph.get_state_history(thread)]
    assert len(seen[0]["messages"]) == 4


def test_pruning_keeps_the_newest_and_frees_what_nothing_refers_to(saver: SqliteSaver, thread: Any) -> None:
    graph = _talk(saver)
    other: Any = {"configurable": {"thread_id": "other"}}
    graph.invoke({"messages": [HumanMessage("untouched")]}, other)
    for turn in range(5):
        graph.invoke({"messages": [HumanMessage(f"q{turn}")]}, thread)
    graph.update_state(thread, {"messages": [HumanMessage("replaced", id="x")]}, as_node="answer")
    graph.update_state(thread, {"messages": [HumanMessage("stays", id="x")]}, as_node="answer")
    before, theirs = graph.get_state(thread).values, list(saver.list(other))
    pieces = _count(saver, "piece")
    saver.prune(["t"])
    assert graph.get_state(thread).values == before
    assert len(list(saver.list(thread))) == 1
    assert list(saver.list(other)) == theirs
    assert _count(saver, "piece") < pieces
    graph.invoke({"messages": [HumanMessage("on")]}, thread)
    assert len(graph.get_state(thread).values["messages"]) == 13
    with pytest.raises(ValueError, match="keep_latest or delete"):
        saver.prune(["t"], strategy="some")


def test_pruning_keeps_what_channels_of_changes_rest_on(saver: SqliteSaver, thread: Any) -> None:
    graph = _deltas(saver)
    for turn in range(11):
        graph.invoke({"lines": [f"asked {turn}"]}, thread)
        saver.prune(["t"])
        assert len(graph.get_state(thread).values["lines"]) == 2 * (turn + 1)
    assert len(list(saver.list(thread))) < 20


def test_deleting_a_run_keeps_what_a_later_one_rests_on(saver: SqliteSaver, thread: Any) -> None:
    graph = _deltas(saver)
    runs = [uuid.uuid4() for _ in range(3)]
    for run in runs:
        graph.invoke({"lines": ["asked"]}, {**thread, "metadata": {"run_id": str(run)}})
    before = graph.get_state(thread).values
    saver.delete_for_runs([str(runs[1])])
    assert graph.get_state(thread).values == before
    plain = _talk(saver)
    other: Any = {"configurable": {"thread_id": "plain"}}
    for run in runs:
        plain.invoke({"messages": [HumanMessage("asked")]}, {**other, "metadata": {"run_id": str(run)}})
    saver.delete_for_runs([str(runs[1])])
    assert {held.metadata.get("run_id") for held in saver.list(other)} == {str(runs[0]), str(runs[2])}
    assert len(plain.get_state(other).values["messages"]) == 6


def test_a_copy_is_whole_and_goes_on_by_itself(saver: SqliteSaver, thread: Any) -> None:
    graph = _talk(saver)
    graph.invoke({"messages": [HumanMessage("a")]}, thread)
    saver.copy_thread("t", "copy")
    copy: Any = {"configurable": {"thread_id": "copy"}}
    graph.invoke({"messages": [HumanMessage("b")]}, copy)
    assert len(graph.get_state(thread).values["messages"]) == 2
    assert len(graph.get_state(copy).values["messages"]) == 4
    saver.delete_thread("t")
    assert len(list(graph.get_state_history(copy))) == 6
    assert saver.threads() == ["copy"]


def test_names_and_filters_are_data_and_never_sql(saver: SqliteSaver) -> None:
    evil = "x'; DROP TABLE checkpoint; --"
    graph = _talk(saver)
    config: Any = {"configurable": {"thread_id": evil, "mark": evil}}
    graph.invoke({"messages": [HumanMessage(evil)]}, config)
    assert len(list(saver.list(None, filter={"mark": evil}))) == 3
    assert list(saver.list(None, filter={evil: 1})) == []
    assert list(saver.list(None, filter={"mark": "' OR 1=1 --"})) == []
    saver.delete_for_runs([evil])
    saver.prune([evil])
    assert graph.get_state(config).values["messages"][0].text == evil


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 3)), max_size=12))
def test_any_list_comes_back_as_it_was_put(
    tmp_path_factory: pytest.TempPathFactory, told: list[tuple[str, int]]
) -> None:
    from langgraph.checkpoint.base import empty_checkpoint

    with open_state(tmp_path_factory.mktemp("s") / "s.sqlite") as state:
        config: Any = {"configurable": {"thread_id": "t", "checkpoint_ns": ""}}
        kept = []
        for cut in range(len(told) + 1):
            messages = [HumanMessage(text * (n + 1), id=str(n)) for text, n in told[:cut]]
            checkpoint = {**empty_checkpoint(), "channel_values": {"m": messages, "n": cut}}
            config = state.saver.put(config, checkpoint, {"source": "loop", "step": cut, "parents": {}}, {})
            kept.append((config, messages))
        for where, messages in kept:
            held = state.saver.get_tuple(where)
            assert held is not None
            assert held.checkpoint["channel_values"] == {"m": messages, "n": kept.index((where, messages))}

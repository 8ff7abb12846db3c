from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from graphs.chatbot import Context, build, check_question
from graphs.sqlite.saver import SqliteSaver
from homespun.errors import UsageError
from models import ChatScripted

SCRIPT = [
    {"text": "Nice to meet you, Ada.", "match": "name is Ada"},
    {"text": "Your name is Ada.", "match": "what is my name", "repeat": True},
]


class Recording(ChatScripted):
    """Keeps what the model was shown."""

    def _stream(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> Any:
        SEEN.append((list(messages), kwargs))
        yield from super()._stream(messages, stop, run_manager, **kwargs)


SEEN: list[Any] = []


@pytest.fixture
def seen() -> list[Any]:
    SEEN.clear()
    return SEEN


def _ask(text: str) -> Any:
    return {"messages": [("user", text)]}


def test_a_thread_remembers_and_another_does_not(saver: SqliteSaver, thread: Any, seen: list[Any]) -> None:
    graph = build(Recording(script=SCRIPT), checkpointer=saver)
    graph.invoke(_ask("My name is Ada"), thread)
    graph.invoke(_ask("What is my name?"), thread)
    graph.invoke(_ask("What is my name?"), {"configurable": {"thread_id": "other"}})
    assert [[m.text for m in shown] for shown, _ in seen] == [
        ["My name is Ada"],
        ["My name is Ada", "Nice to meet you, Ada.", "What is my name?"],
        ["What is my name?"],
    ]


def test_a_thread_is_remembered_by_the_next_process(file: Path) -> None:
    code = (
        "import sys\nfrom graphs.chatbot import build\nfrom graphs.persistence import open_state\n"
        "from models import ChatScripted\n"
        "with open_state(sys.argv[1]) as state:\n"
        "    graph = build(ChatScripted(script=[{'text': sys.argv[2]}]), checkpointer=state.saver)\n"
        "    config = {'configurable': {'thread_id': 't'}}\n"
        "    result = graph.invoke({'messages': [('user', 'q')]}, config)\n"
        "    print(*[m.text for m in result['messages']])\n"
    )
    outputs = [
        subprocess.run(
            [sys.executable, "-c", code, str(file), answer], capture_output=True, text=True, check=True
        ).stdout
        for answer in ("one", "two")
    ]
    assert outputs == ["q one\n", "q one q two\n"]


def test_without_a_checkpointer_nothing_is_remembered(seen: list[Any]) -> None:
    graph = build(Recording(script=SCRIPT))
    graph.invoke(_ask("My name is Ada"))
    graph.invoke(_ask("What is my name?"))
    assert len(seen[1][0]) == 1


def test_the_answer_streams_in_pieces_and_once(saver: SqliteSaver, thread: Any) -> None:
    graph = build(ChatScripted(script=["one two three"]), checkpointer=saver)
    chunks = [chunk for chunk, _ in graph.stream(_ask("count"), thread, stream_mode="messages")]
    assert [chunk.text for chunk in chunks if chunk.text] == ["one", " two", " three"]
    last = graph.get_state(thread).values["messages"][-1]
    assert type(last) is AIMessage
    assert last.text == "one two three"
    assert last.response_metadata["finish_reason"] == "stop"
    assert last.usage_metadata is not None


async def test_async_streams_the_same(saver: SqliteSaver, thread: Any) -> None:
    graph = build(ChatScripted(script=["one two", "three"]), checkpointer=saver)
    texts = [c.text async for c, _ in graph.astream(_ask("count"), thread, stream_mode="messages")]
    await graph.ainvoke(_ask("more"), thread)
    kept = (await graph.aget_state(thread)).values["messages"]
    assert [text for text in texts if text] == ["one", " two"]
    assert [m.text for m in kept] == ["count", "one two", "more", "three"]


@pytest.mark.parametrize("mode", ["sync", "async"])
async def test_cancel_ends_the_answer_at_the_next_token(saver: SqliteSaver, thread: Any, mode: str) -> None:
    cancel = threading.Event()
    model = ChatScripted(script=[{"text": "a b c d e f", "token_delay": 0.01}])
    graph = build(model, checkpointer=saver if mode == "async" else None)
    context = Context(cancel=cancel)
    if mode == "async":
        async for chunk, _ in graph.astream(_ask("go"), thread, stream_mode="messages", context=context):
            if chunk.text == " b":
                cancel.set()
        values = (await graph.aget_state(thread)).values
    else:
        cancel.set()
        values = graph.invoke(_ask("go"), context=context)
    last = values["messages"][-1]
    assert last.response_metadata["finish_reason"] == "cancelled"
    assert last.text.startswith("a b" if mode == "async" else "a")
    assert "f" not in last.text


@pytest.mark.parametrize("mode", ["sync", "async"])
async def test_an_answer_ends_at_its_deadline_with_what_there_is(mode: str) -> None:
    model = ChatScripted(script=[{"text": "a b c d e f g h", "token_delay": 0.2}])
    graph, context = build(model), Context(seconds=0.5)
    if mode == "async":
        values = await graph.ainvoke(_ask("go"), context=context)
    else:
        values = graph.invoke(_ask("go"), context=context)
    last = values["messages"][-1]
    assert last.response_metadata["finish_reason"] == "deadline"
    assert last.text.startswith("a b")
    assert "h" not in last.text


async def test_a_deadline_before_the_first_word_is_a_silent_answer() -> None:
    graph = build(ChatScripted(script=[{"text": "a", "delay": 30}]))
    began = time.monotonic()
    last = (await graph.ainvoke(_ask("go"), context=Context(seconds=0.2)))["messages"][-1]
    assert (last.text, last.response_metadata["finish_reason"]) == ("", "deadline")
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("mode", ["sync", "async"])
async def test_a_model_that_does_not_stream_answers_too(saver: SqliteSaver, thread: Any, mode: str) -> None:
    class Whole(BaseChatModel):
        @property
        def _llm_type(self) -> str:
            return "whole"

        def _generate(self, *_: Any, **__: Any) -> ChatResult:
            used = {"input_tokens": 3, "output_tokens": 1, "total_tokens": 4}
            message = AIMessage("Hi.", usage_metadata=used, tool_calls=[])
            return ChatResult(generations=[ChatGeneration(message=message)])

    graph = build(Whole(), checkpointer=saver)
    if mode == "async":
        pieces = [chunk.text async for chunk, _ in graph.astream(_ask("a"), thread, stream_mode="messages")]
    else:
        pieces = [chunk.text for chunk, _ in graph.stream(_ask("a"), thread, stream_mode="messages")]
    assert "".join(pieces) == "Hi."
    last = graph.get_state(thread).values["messages"][-1]
    assert type(last) is AIMessage
    assert (last.text, last.usage_metadata["output_tokens"]) == ("Hi.", 1)


def test_the_context_may_name_another_model() -> None:
    others = {"other": ChatScripted(script=["other"])}
    graph = build(ChatScripted(script=["own"]), find=others.__getitem__)
    assert graph.invoke(_ask("go"))["messages"][-1].text == "own"
    assert graph.invoke(_ask("go"), context=Context(model="other"))["messages"][-1].text == "other"
    with pytest.raises(UsageError, match="asks for 'other'"):
        build(ChatScripted(script=["own"])).invoke(_ask("go"), context=Context(model="other"))


def test_sampling_of_the_context_reaches_the_models_call(seen: list[Any]) -> None:
    graph = build(Recording(script=["one two three four"]))
    result = graph.invoke(_ask("go"), context=Context(sampling={"max_tokens": 2, "temperature": 0.5}))
    assert seen[0][1] == {"max_tokens": 2, "temperature": 0.5}
    assert result["messages"][-1].text == "one two"


def test_the_system_prompt_leads_and_is_not_stored(seen: list[Any]) -> None:
    graph = build(Recording(script=["ok"]), system_prompt="Answer {briefly}.")
    result = graph.invoke(_ask("{x}"))
    assert seen[0][0] == [
        SystemMessage("Answer {briefly}."),
        HumanMessage("{x}", id=result["messages"][0].id),
    ]
    assert [m.type for m in result["messages"]] == ["human", "ai"]


def test_a_silent_answer_is_not_shown_to_the_model(seen: list[Any]) -> None:
    graph = build(Recording(script=["ok"]))
    graph.invoke({"messages": [("user", "a"), AIMessage(""), ("user", "b")]})
    assert [m.text for m in seen[0][0]] == ["a", "b"]


def test_a_models_error_leaves_the_question_in_the_thread(saver: SqliteSaver, thread: Any) -> None:
    graph = build(ChatScripted(script=[{"error": "no luck"}, "better"]), checkpointer=saver)
    with pytest.raises(RuntimeError, match="no luck"):
        graph.invoke(_ask("hello"), thread)
    assert graph.get_state(thread).next == ("answer",)
    assert [m.text for m in graph.invoke(None, thread)["messages"]] == ["hello", "better"]


def test_the_recursion_limit_is_set() -> None:
    assert build(ChatScripted(script=["x"])).config["recursion_limit"] == 12  # type: ignore[index]


def test_it_draws_itself() -> None:
    assert "answer" in build(ChatScripted(script=["x"])).get_graph().draw_mermaid()


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_an_empty_question_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="empty"):
        check_question(ChatScripted(script=["x"]), text)


def test_a_question_of_a_megabyte_is_refused_in_one_line() -> None:
    with pytest.raises(UsageError, match=r"too long: 1,000,000 characters") as caught:
        check_question(ChatScripted(script=["x"]), "x" * 1_000_000)
    assert "\n" not in str(caught.value)


def test_a_question_longer_than_the_models_context_is_refused(tiny_model: Path) -> None:
    from models import load_chat_model

    model = load_chat_model(str(tiny_model))
    check_question(model, "hello " * 20)
    with pytest.raises(UsageError, match=r"tokens, and this model reads 1,024"):
        check_question(model, "hello " * 5_000)

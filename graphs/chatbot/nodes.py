"""The chatbot's one node: answers the thread, token by token, until it's done or told to stop.

Contract: a node returns only the new message. The stop is looked at between tokens, so a model that thinks
long about its first token is stopped by whoever reads the stream, who then calls `keep_partial`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, AnyMessage, BaseMessage, BaseMessageChunk
from langchain_core.messages.utils import message_chunk_to_message
from langchain_core.prompts import ChatPromptTemplate
from langgraph.runtime import Runtime

from graphs.chatbot.limits import said
from graphs.chatbot.state import ChatState, Context

CANCELLED = "cancelled"


class Update(TypedDict):
    """What the node adds to the thread."""

    messages: list[AnyMessage]


def answer(
    model: BaseChatModel,
    prompt: ChatPromptTemplate,
    state: ChatState,
    runtime: Runtime[Context],
) -> Update:
    """Answers the thread."""
    context = runtime.context or Context()
    shown = prompt.invoke({"messages": said(state["messages"])})
    chunks: list[AIMessageChunk] = []
    stream = model.stream(shown, **context.sampling)
    for chunk in stream:
        chunks.append(_checked(chunk))
        if context.cancelled:
            break
    return {"messages": [_whole(chunks, stopped=context.cancelled)]}


async def aanswer(
    model: BaseChatModel,
    prompt: ChatPromptTemplate,
    state: ChatState,
    runtime: Runtime[Context],
) -> Update:
    """Answers as `answer` does, without holding the event loop."""
    context = runtime.context or Context()
    shown = await prompt.ainvoke({"messages": said(state["messages"])})
    chunks: list[AIMessageChunk] = []
    async for chunk in model.astream(shown, **context.sampling):
        chunks.append(_checked(chunk))
        if context.cancelled:
            break
    return {"messages": [_whole(chunks, stopped=context.cancelled)]}


def partial_answer(text: str) -> AIMessage:
    """Returns the message that stands in a thread for an answer somebody stopped."""
    return AIMessage(text, response_metadata={"finish_reason": CANCELLED})


def _checked(chunk: BaseMessage | BaseMessageChunk) -> AIMessageChunk:
    if not isinstance(chunk, AIMessageChunk):
        raise TypeError(f"A chat model streams AIMessageChunk, not {type(chunk).__name__}.")
    return chunk


def _whole(chunks: Sequence[AIMessageChunk], *, stopped: bool) -> AIMessage:
    if not chunks:
        return partial_answer("") if stopped else AIMessage("")
    message = message_chunk_to_message(chunks[0] + list(chunks[1:]))
    assert isinstance(message, AIMessage)
    if stopped and "finish_reason" not in message.response_metadata:
        message.response_metadata["finish_reason"] = CANCELLED
    return message

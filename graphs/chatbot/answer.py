"""The step that answers: token by token, until it's done, told to stop or out of time.

Contract: gives only the new message. Stop and deadline are looked at between tokens, so a model that thinks
long about its first token is stopped by whoever reads the stream, who then calls `keep_partial`; an
asynchronous run is stopped at the deadline itself. A failure before the first token may be tried again
(`graphs.retry`), one behind it may not.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, BaseMessageChunk
from langchain_core.messages.utils import message_chunk_to_message
from langchain_core.prompt_values import PromptValue
from langchain_core.prompts import ChatPromptTemplate

from graphs.chatbot.brain import Brain
from graphs.chatbot.prompts import chat_prompt, system
from graphs.chatbot.shown import shown
from graphs.chatbot.state import ChatState, Context
from graphs.retry import mark_begun

CANCELLED = "cancelled"
LATE = "deadline"


class Answer:
    """The step of one graph.

    Args:
        brain: Which model answers.
        prompt: The system prompt.
    """

    def __init__(self, brain: Brain, prompt: str | None) -> None:
        self._brain, self._prompt = brain, prompt
        self._template: ChatPromptTemplate = chat_prompt()

    def run(self, state: ChatState, context: Context) -> ChatState:
        """Answers the thread."""
        chunks: list[AIMessageChunk] = []
        ended = ""
        began = time.monotonic()
        try:
            for chunk in self._brain.model(context).stream(self._shown(state), **context.sampling):
                chunks.append(_checked(chunk))
                if ended := _ended(context, began):
                    break
        except BaseException as error:
            if chunks:
                mark_begun(error)
            raise
        return {"messages": [_whole(chunks, ended or _ended(context, began))]}

    async def arun(self, state: ChatState, context: Context) -> ChatState:
        """Does what `run` does, without holding the event loop."""
        chunks: list[AIMessageChunk] = []
        ended = ""
        began = time.monotonic()
        model = await asyncio.to_thread(self._brain.model, context)  # may load its weights
        stream = model.astream(self._shown(state), **context.sampling)
        try:
            async with asyncio.timeout(context.seconds):
                async for chunk in stream:
                    chunks.append(_checked(chunk))
                    if ended := _ended(context, began):
                        break
        except BaseException as error:
            late = context.seconds is not None and time.monotonic() - began >= context.seconds
            if not (late and isinstance(error, TimeoutError)):
                if chunks:
                    mark_begun(error)
                raise
            ended = LATE
        finally:
            await _closed(stream)
        return {"messages": [_whole(chunks, ended or _ended(context, began))]}

    def _shown(self, state: ChatState) -> PromptValue:
        summary = state.get("summary")
        known = [
            *(noted["text"] for noted in state.get("recalled") or ()),
            *(summary["told"] if summary else ()),
        ]
        lead = system(self._prompt, list(dict.fromkeys(known)), summary["text"] if summary else "")
        return self._template.invoke({"system": lead, "messages": shown(state)})


def partial_answer(text: str) -> AIMessage:
    """Returns the message that stands in a thread for an answer somebody stopped."""
    return AIMessage(text, response_metadata={"finish_reason": CANCELLED})


def _ended(context: Context, began: float) -> str:
    if context.cancelled:
        return CANCELLED
    return LATE if context.seconds is not None and time.monotonic() - began > context.seconds else ""


def _checked(chunk: BaseMessage | BaseMessageChunk) -> AIMessageChunk:
    if isinstance(chunk, AIMessageChunk):
        return chunk
    if isinstance(chunk, AIMessage):  # of a model that doesn't stream
        return AIMessageChunk(**chunk.model_dump(exclude={"type"}))
    raise TypeError(f"A chat model gives AI messages, not {type(chunk).__name__}.")


def _whole(chunks: Sequence[AIMessageChunk], ended: str) -> AIMessage:
    if not chunks:
        return AIMessage("", response_metadata={"finish_reason": ended} if ended else {})
    message = message_chunk_to_message(chunks[0] + list(chunks[1:]))
    assert isinstance(message, AIMessage)
    if ended and "finish_reason" not in message.response_metadata:
        message.response_metadata["finish_reason"] = ended
    return message


async def _closed(stream: AsyncIterator[BaseMessageChunk]) -> None:
    close = getattr(stream, "aclose", None)
    if close is not None:
        await close()

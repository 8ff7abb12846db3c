"""LangChain's results from plain values: chunks of a stream, its last chunk, and whole messages.

Exactly one chunk, the last, carries usage, the model's name and the reason of the end.
"""

from __future__ import annotations

import json
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import invalid_tool_call, tool_call, tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from models.chat.answer import Delta, Outcome


def to_chunk(delta: Delta) -> ChatGenerationChunk:
    """A part of a stream."""
    metadata = {"logprobs": {"content": delta.logprobs}} if delta.logprobs else {}
    piece = delta.piece
    if piece is None or piece.call is None:
        return _chunk(AIMessageChunk(content=piece.text if piece else "", response_metadata=metadata))
    part = tool_call_chunk(name=piece.name, args=piece.text, id=piece.id, index=piece.call)
    return _chunk(AIMessageChunk(content="", tool_call_chunks=[part], response_metadata=metadata))


def to_last_chunk(outcome: Outcome, name: str) -> ChatGenerationChunk:
    """The end of a stream."""
    return _chunk(
        AIMessageChunk(
            content="",
            chunk_position="last",
            usage_metadata=_usage(outcome),
            response_metadata=_metadata(outcome, name),
        )
    )


def to_result(text: str, logprobs: list[dict[str, Any]], outcome: Outcome, name: str) -> ChatResult:
    """A whole answer."""
    metadata = _metadata(outcome, name)
    if logprobs:
        metadata["logprobs"] = {"content": logprobs}
    message = AIMessage(
        content=text,
        tool_calls=[
            tool_call(name=call.name or "", args=json.loads(call.text), id=call.id)
            for call, wrong in outcome.calls
            if wrong is None
        ],
        invalid_tool_calls=[
            invalid_tool_call(name=call.name, args=call.text, id=call.id, error=wrong)
            for call, wrong in outcome.calls
            if wrong is not None
        ],
        usage_metadata=_usage(outcome),
        response_metadata=metadata,
    )
    return ChatResult(generations=[ChatGeneration(message=message)])


def _chunk(message: AIMessageChunk) -> ChatGenerationChunk:
    return ChatGenerationChunk(message=message)


def _usage(outcome: Outcome) -> UsageMetadata:
    return UsageMetadata(
        input_tokens=outcome.prompt_tokens,
        output_tokens=outcome.tokens,
        total_tokens=outcome.prompt_tokens + outcome.tokens,
    )


def _metadata(outcome: Outcome, name: str) -> dict[str, Any]:
    metadata: dict[str, Any] = {"model_name": name, "finish_reason": outcome.finish_reason}
    if outcome.dropped:
        metadata["trimmed_messages"] = outcome.dropped
    if outcome.shortened:
        metadata["shortened_tools"] = True
    return metadata

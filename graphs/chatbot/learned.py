"""What a turn did to the memories, noted on its answer, so that it can be told when the thread is read."""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.messages import AIMessage, BaseMessage

from graphs.chatbot.state import Noted

_NOTE = "homespun_learned"


def learned(message: BaseMessage) -> list[str]:
    """Returns what was kept or changed behind this answer."""
    return [
        str(one["text"]) for one in message.response_metadata.get(_NOTE, ()) if one["what"] != "forgotten"
    ]


def forgotten(message: BaseMessage) -> list[str]:
    """Returns what was forgotten behind this answer."""
    return [
        str(one["text"]) for one in message.response_metadata.get(_NOTE, ()) if one["what"] == "forgotten"
    ]


def noted(answer: AIMessage, changes: Sequence[Noted]) -> AIMessage:
    """Returns the answer with a note of what its turn did to the memories."""
    return answer.model_copy(update={"response_metadata": {**answer.response_metadata, _NOTE: list(changes)}})

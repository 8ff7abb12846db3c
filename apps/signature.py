"""Which model gave an answer, noted on the answer itself.

Contract: a note of ours holds the address that Homespun knows the model by. Where there is none, what the
model says of itself counts: for one of ours that's the address too, for a provider's a name of its own.
"""

from __future__ import annotations

from langchain_core.messages import AIMessage, BaseMessage

_NOTE = "homespun_model"


def answered_by(message: BaseMessage) -> str:
    """Returns the name of the model that gave an answer, "" where nobody noted it."""
    noted = message.response_metadata
    return str(noted.get(_NOTE) or noted.get("model_name") or "")


def is_signed(message: BaseMessage) -> bool:
    """Returns whether the answer bears a note of ours."""
    return _NOTE in message.response_metadata


def signed(answer: AIMessage, model: str) -> AIMessage:
    """Returns the answer with a note that the model of this address gave it."""
    return answer.model_copy(update={"response_metadata": {**answer.response_metadata, _NOTE: model}})

"""The ends of the scale for safety: one that repeats everything, one that refuses everything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage


def echo(messages: Sequence[BaseMessage], tools: Sequence[Mapping[str, Any]]) -> AIMessage:
    """Says everything that it was given, system messages too."""
    del tools
    return AIMessage("\n".join(str(message.text) for message in messages))


def refuse(messages: Sequence[BaseMessage], tools: Sequence[Mapping[str, Any]]) -> AIMessage:
    """Refuses, whatever it's asked."""
    del messages, tools
    return AIMessage("I can't help with that.")

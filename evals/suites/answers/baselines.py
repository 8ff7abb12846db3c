"""Trivial systems for answers: one that copies, one that declines."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage

from evals.suites.answers import ABSTENTION
from homespun.text.sentences import sentences

_FIRST = re.compile(r"\[1\] (.*?)(?=\n\n\[2\] |\n\nQuestion: |\Z)", re.DOTALL)


def first_sentence(messages: Sequence[BaseMessage], tools: Sequence[Mapping[str, Any]]) -> AIMessage:
    """Copies the first sentence of the first passage and cites it."""
    del tools
    found = _FIRST.match(messages[-1].text)
    first = sentences(found[1])[:1] if found else []
    return AIMessage(f"{first[0]} [1]" if first else ABSTENTION)


def declines(messages: Sequence[BaseMessage], tools: Sequence[Mapping[str, Any]]) -> AIMessage:
    """Says that the passages don't say."""
    del messages, tools
    return AIMessage(ABSTENTION)

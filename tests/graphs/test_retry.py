from __future__ import annotations

import sqlite3
from typing import Any

import pytest
import torch
from langchain_core import exceptions

from graphs.chatbot import build
from graphs.retry import mark_begun, passes, retry_policy
from homespun.errors import UsageError
from models import ChatScripted


class StatusError(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status_code = status


@pytest.mark.parametrize(
    "error",
    [
        TimeoutError(),
        ConnectionResetError(),
        exceptions.OutputParserException("no JSON"),
        exceptions.ModelRateLimitError("slow down"),
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory"),
        sqlite3.OperationalError("database is locked"),
        StatusError(503),
    ],
)
def test_what_passes_is_tried_again_unless_words_were_seen(error: Exception) -> None:
    assert passes(error)
    mark_begun(error)
    assert not passes(error)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("x"),
        UsageError("x"),
        exceptions.ModelAuthenticationError("x"),
        sqlite3.OperationalError("no such table"),
        StatusError(400),
        KeyError("x"),
    ],
)
def test_what_would_fail_again_is_not(error: Exception) -> None:
    assert not passes(error)


def test_an_answer_is_tried_again_before_its_first_word_and_not_behind_it() -> None:
    lost: dict[str, Any] = {"type": "timeout", "message": "lost"}
    graph = build(ChatScripted(script=[{"error": lost}, "there"]))
    assert graph.invoke({"messages": [("user", "hi")]})["messages"][-1].text == "there"
    graph = build(ChatScripted(script=[{"text": "one two", "error": {**lost, "after": 1}}, "there"]))
    with pytest.raises(TimeoutError):
        graph.invoke({"messages": [("user", "hi")]})


async def test_so_it_is_asynchronously() -> None:
    lost: dict[str, Any] = {"type": "timeout", "message": "lost"}
    graph = build(ChatScripted(script=[{"error": lost}, "there"]))
    assert (await graph.ainvoke({"messages": [("user", "hi")]}))["messages"][-1].text == "there"
    graph = build(ChatScripted(script=[{"text": "one two", "error": {**lost, "after": 1}}, "there"]))
    with pytest.raises(TimeoutError):
        await graph.ainvoke({"messages": [("user", "hi")]})


def test_the_policy_says_how_often_and_how_soon() -> None:
    policy = retry_policy(attempts=4, first=0.1)
    assert (policy.max_attempts, policy.initial_interval, policy.retry_on) == (4, 0.1, passes)

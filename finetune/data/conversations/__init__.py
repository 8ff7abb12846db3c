"""Conversations made from patterns, for tuning a small chat model: many wordings, honest answers, told facts.

Everything is drawn from one seed. A conversation is a list of messages ``{"role", "content"}``: perhaps a
system message, then user and assistant in turn, the assistant last. The wording of questions that the
model is later judged on is kept apart by the patterns themselves: a test compares both.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from finetune.data.conversations.flows import hold
from finetune.data.conversations.talk import Talk


def talks(seed: int, count: int) -> Iterator[Talk]:
    """The same conversations as `conversations`, with what was told and recalled in each."""
    for index in range(count):
        yield hold(Random(f"{seed}:{index}"))


def conversations(seed: int, count: int) -> Iterator[list[dict[str, Any]]]:
    """Yield ``count`` conversations; equal seeds give equal ones, longer runs begin with the shorter."""
    for talk in talks(seed, count):
        yield talk.messages

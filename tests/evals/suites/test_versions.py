"""Kept answers are found again by the sample, the system and the suite's version.

A suite that puts words of its own around a sample must raise its version with them, or old answers are taken
for answers to the new question. If a test here fails: raise `version`, then write down the new pair.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage

from evals.rules import Rule
from evals.sample import Sample, digest
from evals.suites import SUITES

FUNCTION = {
    "name": "maths.double",
    "description": "Doubles.",
    "parameters": {
        "type": "dict",
        "properties": {"x": {"type": "float"}, "how": {"type": "string", "enum": ["fast", "slow"]}},
        "required": ["x"],
    },
}
USER = {"role": "user", "content": "Double 3."}


@pytest.mark.parametrize(
    ("suite", "given", "pinned"),
    [
        ("answers", {"question": "When?", "passages": ["It rained.", "In 1932."]}, (2, "b6644a1688b62a38")),
        ("tools", {"messages": [USER], "functions": [FUNCTION]}, (1, "5e64fd97ccc9d175")),
    ],
)
def test_another_way_of_asking_is_another_version(suite: str, given: Any, pinned: tuple[int, str]) -> None:
    asked: list[Any] = []

    def listen(messages: Sequence[BaseMessage], tools: Sequence[Mapping[str, Any]]) -> AIMessage:
        asked.append([[(message.type, message.text) for message in messages], list(tools)])
        return AIMessage("No.")

    SUITES[suite].answer(Rule(reply=listen), Sample("1", given, []), 0)
    assert (SUITES[suite].version, digest(asked)[:16]) == pinned

"""Conversations for templates that lack something."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from homespun.errors import UsageError
from models.chat.foreign_rows import ForeignRows
from models.chat.foreign_template import ForeignTemplate

TOOL = {"name": "weather", "description": "Say the weather.", "parameters": {"type": "object"}}
CALLED = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Rome and Oslo?"},
    {
        "role": "assistant",
        "content": "Let me see.",
        "tool_calls": [{"name": "weather", "arguments": {"city": city}} for city in ("Rome", "Oslo")],
    },
    {"role": "tool", "content": "warm"},
    {"role": "tool", "content": "cold"},
    {"role": "user", "content": "Thanks"},
]


@pytest.fixture
def rows_of(checkpoint: Callable[[str], Path]) -> Callable[[str], ForeignRows]:
    return lambda family: ForeignRows(ForeignTemplate(checkpoint(family)))


@pytest.mark.parametrize(
    ("family", "tools", "system"),
    [("llama", False, True), ("qwen", True, True), ("gpt2", False, True), ("gemma", False, False)],
)
def test_what_a_template_takes_is_found_out(
    rows_of: Callable[[str], ForeignRows], family: str, tools: bool, system: bool
) -> None:
    rows = rows_of(family)
    assert (rows.tools, rows.system) == (tools, system)


@pytest.mark.parametrize("family", ["llama", "qwen", "gpt2", "gemma"])
def test_everything_reaches_every_model_in_order(rows_of: Callable[[str], ForeignRows], family: str) -> None:
    written = rows_of(family).write(CALLED, [TOOL])
    calls = [rf'<tool_call>\n{{"name": "weather", "arguments": {{"city": "{c}"}}}}' for c in ("Rome", "Oslo")]
    results = [rf"<tool_response>\n{text}\n</tool_response>" for text in ("warm", "cold")]
    said = ["Rome and Oslo", "Let me see", *calls, *results, "Thanks"]
    assert re.search("(?s)" + ".*".join(said), written)
    first = re.search(r"(?s).*?Rome and Oslo", written)
    assert first is not None
    for told in ("Be brief.", "Say the weather.", "<tool_call>", '"arguments"'):
        assert told in first[0]


def test_tools_in_words_make_a_system_message_where_there_is_none(
    rows_of: Callable[[str], ForeignRows],
) -> None:
    written = rows_of("gpt2").write([{"role": "user", "content": "Hello"}], [TOOL])
    assert written.startswith("You may call these tools")
    assert written.endswith("User: Hello\nAssistant:\n")
    assert "tools" not in rows_of("gpt2").write([{"role": "user", "content": "Hello"}])


def test_turns_are_joined_where_a_template_wants_them_to_alternate(
    rows_of: Callable[[str], ForeignRows],
) -> None:
    twice = [{"role": "user", "content": text} for text in ("One.", "Two.")]
    assert "<start_of_turn>user\nOne.\n\nTwo.<end_of_turn>" in rows_of("gemma").write(twice)
    assert rows_of("gpt2").write(twice) == "User: One.\nUser: Two.\nAssistant:\n"
    with pytest.raises(UsageError, match="alternate"):
        rows_of("gemma").write([{"role": "assistant", "content": "I begin."}])


def test_ids_and_names_follow_the_order_of_results() -> None:
    class Seen:
        rows: Any = None

        def render(self, rows: Any, tools: Any = None) -> str:
            self.rows = rows
            written = "".join(
                f'<tool_call>{{"name": "{c["function"]["name"]}", "arguments": {{"a": 1}}}}</tool_call>'
                for row in rows
                for c in row.get("tool_calls", ())
            )
            return written + str(tools) + str([row["content"] for row in rows])

    template = Seen()
    rows = ForeignRows(template)
    assert rows.tools
    rows.write([*CALLED[1:], *CALLED[2:4]])
    ids = [call["id"] for row in template.rows for call in row.get("tool_calls", ())]
    assert len(set(ids)) == 4
    answered = [(row["tool_call_id"], row["name"]) for row in template.rows if row["role"] == "tool"]
    assert answered == [(ids[0], "weather"), (ids[1], "weather"), (ids[2], "weather")]

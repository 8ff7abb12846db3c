"""Trivial systems for tools: one that never calls, one that always calls the first tool on offer.

Contract: chat models without a brain. The second reads the newest user message: numbers, quotations, names
and enumerated words in it fill the required parameters in order; it knows nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.utils.function_calling import convert_to_openai_tool
from typing_extensions import override

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_NAME = re.compile(r"[\"“'‘]([^\"”'’]+)[\"”'’]|((?:[A-Z][\w-]*)(?: [A-Z][\w-]*)*)")


class NeverCalls(BaseChatModel):
    """Answers with a word and calls nothing."""

    @property
    def _llm_type(self) -> str:
        return "never-calls"

    @override
    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[LanguageModelInput, AIMessage]:
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools])

    @override
    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        reply = self._reply(messages, kwargs.get("tools") or [])
        return ChatResult(generations=[ChatGeneration(message=reply)])

    def _reply(self, messages: Sequence[BaseMessage], tools: Sequence[Mapping[str, Any]]) -> AIMessage:
        del messages, tools
        return AIMessage("No.")


class FirstTool(NeverCalls):
    """Calls the first tool, with values guessed from the text."""

    @property
    def _llm_type(self) -> str:
        return "first-tool"

    @override
    def _reply(self, messages: Sequence[BaseMessage], tools: Sequence[Mapping[str, Any]]) -> AIMessage:
        if not tools:
            return AIMessage("No.")
        function = tools[0]["function"]
        arguments = guess(str(messages[-1].text), function.get("parameters") or {})
        return AIMessage("", tool_calls=[{"name": function["name"], "args": arguments, "id": "1"}])


def guess(text: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Fills the required parameters of a schema from a text."""
    numbers = iter(_NUMBER.findall(text))
    # The first word of a sentence is in capitals whatever it is.
    names = iter([quoted or name for quoted, name in _NAME.findall(text[:1].lower() + text[1:])])
    properties = schema.get("properties") or {}
    return {
        name: _value(text, properties[name], numbers, names)
        for name in schema.get("required") or ()
        if name in properties
    }


def _value(text: str, schema: Mapping[str, Any], numbers: Iterator[str], names: Iterator[str]) -> Any:
    if schema.get("enum"):
        return next((v for v in schema["enum"] if str(v).lower() in text.lower()), schema["enum"][0])
    kind = schema.get("type")
    if kind == "boolean":
        return True
    if kind == "integer":
        return int(float(next(numbers, "1")))
    if kind == "number":
        return float(next(numbers, "1"))
    if kind == "array":
        items = schema.get("items") or {}
        if items.get("type") in ("integer", "number"):
            return [float(n) if items["type"] == "number" else int(float(n)) for n in numbers]
        return list(names)
    if kind == "object":
        return guess(text, schema)
    return next(names, None) or text.rstrip("?.! ").split(" ")[-1]

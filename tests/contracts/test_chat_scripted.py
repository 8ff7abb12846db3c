"""LangChain's suites on the scripted model, as far as a script can satisfy them."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests

from models.chat.scripted import ChatScripted


def _call(name: str, match: str, **args: Any) -> dict[str, Any]:
    return {"match": match, "repeat": True, "tool_calls": [{"name": name, "args": args}]}


SCRIPT = [
    _call("magic_function_no_args", r"magic_function_no_args\("),
    _call("magic_function", r"magic_function\(3\)", input=3),
    _call("unicode_customer", "你好啊集团", customer_name="你好啊集团", description="x"),
    _call("unicode_customer", "こんにちは", customer_name="こんにちは株式会社", description="x"),
    _call("greeting_generator", "Pirate", answer_style="Pirate"),
    _call("get_weather", "weather in San Francisco", location="San Francisco"),
    {"text": "Hello, how are you today?", "repeat": True},
]


class _Scripted:
    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatScripted

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"script": SCRIPT}

    @property
    def has_tool_choice(self) -> bool:
        return False

    @property
    def has_structured_output(self) -> bool:
        return False

    @property
    def model_override_value(self) -> str:
        return "another"


class TestUnit(_Scripted, ChatModelUnitTests):
    pass


class TestIntegration(_Scripted, ChatModelIntegrationTests):
    @pytest.fixture
    def vcr(self) -> None:
        """No cassettes: nothing goes over the network."""

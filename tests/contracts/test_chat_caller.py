"""LangChain's own suites on the caller, with adapters that know the suites' own calls by heart.

What is asked for in words without any value in them (a joke) can't be found, so only the form is right there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.tools import tool
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.integration_tests.chat_models import magic_function, unicode_customer
from langchain_tests.unit_tests import ChatModelUnitTests

from models.chat.calling import ChatCaller
from models.chat.tools import to_tool
from models.encoders.parameters import parameters, question, tool_text


@tool
def get_weather(location: str) -> str:
    """Get the weather at a location."""
    return "It's sunny."


_TOOLS = {one.name: to_tool(one)["function"] for one in (magic_function, unicode_customer, get_weather)}
_WANTED: list[tuple[str, str, Mapping[str, str]]] = [
    ("magic_function", "What is the value of magic_function(3)? Use the tool.", {"input": "3"}),
    (
        "unicode_customer",
        "Create a customer named '你好啊集团' (Hello Group) - a Chinese technology company",
        {"customer_name": "你好啊集团", "description": "a Chinese technology company"},
    ),
    (
        "unicode_customer",
        "Create a customer named 'こんにちは株式会社' (Hello Corporation) - a Japanese company",
        {"customer_name": "こんにちは株式会社", "description": "a Japanese company"},
    ),
    ("get_weather", "What is the weather in San Francisco, CA?", {"location": "San Francisco, CA"}),
]


@pytest.fixture(scope="module")
def written(
    teacher: Callable[[Path], Any], taught: ModuleType, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    home = tmp_path_factory.mktemp("adapters")
    wanted = [(_TOOLS[name], said, values) for name, said, values in _WANTED]
    chosen = [taught.Row(tool_text(one), said, score=8.0) for one, said, _ in wanted]
    found = [
        taught.Row(question(parameter).text, said, span=values[parameter.name])
        for one, said, values in wanted
        for parameter in parameters(one)
    ]
    teach = teacher(home)
    teach("choose", chosen)
    teach("choose", name="other")
    teach("fill", found)
    return home / "models"


class _Caller:
    @pytest.fixture(autouse=True)
    def _adapters(self, written: Path, homespun_home: Path) -> None:
        (homespun_home / "models").symlink_to(written)

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatCaller

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": "caller"}

    @property
    def supports_json_mode(self) -> bool:
        return True

    @property
    def model_override_value(self) -> str:
        return "caller:other+fill"


class TestUnit(_Caller, ChatModelUnitTests):
    pass


class TestIntegration(_Caller, ChatModelIntegrationTests):
    @pytest.fixture
    def vcr(self) -> None:
        """No cassettes: nothing goes over the network."""

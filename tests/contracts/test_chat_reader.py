"""LangChain's own suites on the reader, whose adapter has random weights here.

It takes no tools and gives no structured output; those tests are skipped by the suites themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests

from models.chat.reading import ChatReader


@pytest.fixture(scope="module")
def written(teacher: Callable[[Path], Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("adapters")
    for name in ("read", "twin"):
        teacher(home)("read", name=name)
    return home / "models"


class _Reader:
    @pytest.fixture(autouse=True)
    def _adapters(self, written: Path, homespun_home: Path) -> None:
        (homespun_home / "models").symlink_to(written)

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatReader

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": "reader"}

    @property
    def has_tool_calling(self) -> bool:
        return False  # its `bind_tools` only says who calls tools

    @property
    def model_override_value(self) -> str:
        return "reader:twin"


class TestUnit(_Reader, ChatModelUnitTests):
    pass


class TestIntegration(_Reader, ChatModelIntegrationTests):
    @pytest.fixture
    def vcr(self) -> None:
        """No cassettes: nothing goes over the network."""

"""LangChain's own suites for chat models, on a model with random weights.

What has to be learnt is expected to fail here; everything else must hold for any weights.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, ClassVar

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests

from models.chat.homespun import ChatHomespun

learnt = pytest.mark.xfail(
    reason="needs a model that has learnt to choose a tool or to copy a value",
    raises=AssertionError,
    strict=False,
)


class _Ours:
    elsewhere: ClassVar[Path]

    @pytest.fixture(autouse=True)
    def _tiny(self, tiny_model: Path, homespun_home: Path) -> None:
        type(self).elsewhere = homespun_home / "elsewhere"
        shutil.copytree(tiny_model, homespun_home / "elsewhere" / "models" / "by-env")
        models = homespun_home / "models"
        models.mkdir()
        (models / "tiny").symlink_to(tiny_model)
        shutil.copytree(tiny_model, models / "twin")

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatHomespun

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": "tiny"}

    @property
    def supports_json_mode(self) -> bool:
        return True

    @property
    def model_override_value(self) -> str:
        return "twin"


class TestUnit(_Ours, ChatModelUnitTests):
    @property
    def init_from_env_params(self) -> tuple[dict[str, str], dict[str, Any], dict[str, Any]]:
        return {"HOMESPUN_HOME": str(self.elsewhere)}, {"model": "by-env"}, {"context_length": 1024}


class TestIntegration(_Ours, ChatModelIntegrationTests):
    @pytest.fixture
    def vcr(self) -> None:
        """No cassettes: nothing goes over the network."""

    @learnt
    @pytest.mark.parametrize("model", [{}, {"output_version": "v1"}], indirect=True)
    def test_tool_calling(self, model: BaseChatModel) -> None:
        super().test_tool_calling(model)

    @learnt
    async def test_tool_calling_async(self, model: BaseChatModel) -> None:
        await super().test_tool_calling_async(model)

    @learnt
    @pytest.mark.parametrize("model", [{}, {"output_version": "v1"}], indirect=True)
    def test_agent_loop(self, model: BaseChatModel) -> None:
        super().test_agent_loop(model)

    @learnt
    def test_unicode_tool_call_integration(self, model: BaseChatModel) -> None:  # type: ignore[override]
        super().test_unicode_tool_call_integration(model)

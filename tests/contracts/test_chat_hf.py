"""LangChain's own suites for chat models, on tiny checkpoints of `transformers` with random weights.

Llama, Qwen and GPT-2 run on our decoder, Gemma through transformers itself; each with its own kind of
tokenizer and chat template. Qwen's template takes tools, Llama's writes calls otherwise than we read them,
Gemma's and GPT-2's know none: those models are told of tools in words. What has to be learnt is expected to
fail; everything else must hold for any weights.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests

from models.chat.homespun import ChatHomespun

# Strict: nothing here can have learnt it, so a pass would mean that the test looks at nothing.
unlearnt = pytest.mark.xfail(
    reason="needs a model that has learnt to choose a tool or to copy a value",
    raises=AssertionError,
    strict=True,
)


class _Foreign:
    family: ClassVar[str]
    folders: ClassVar[tuple[str, str]]

    @pytest.fixture(autouse=True)
    def _tiny(self, checkpoint: Callable[[str], Path], homespun_home: Path, tmp_path: Path) -> None:
        folder = checkpoint(self.family)
        twin = tmp_path / "twin"
        twin.mkdir()
        for file in folder.iterdir():
            (twin / file.name).symlink_to(file)
        type(self).folders = f"hf:{folder}", f"hf:{twin}"

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatHomespun

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": self.folders[0], "seed": 5}

    @property
    def supports_json_mode(self) -> bool:
        return True

    @property
    def model_override_value(self) -> str:
        return self.folders[1]


class _Integration(_Foreign, ChatModelIntegrationTests):
    @pytest.fixture
    def vcr(self) -> None:
        """No cassettes: nothing goes over the network."""

    @unlearnt
    @pytest.mark.parametrize("model", [{}, {"output_version": "v1"}], indirect=True)
    def test_tool_calling(self, model: BaseChatModel) -> None:
        super().test_tool_calling(model)

    @unlearnt
    async def test_tool_calling_async(self, model: BaseChatModel) -> None:
        await super().test_tool_calling_async(model)

    @unlearnt
    @pytest.mark.parametrize("model", [{}, {"output_version": "v1"}], indirect=True)
    def test_agent_loop(self, model: BaseChatModel) -> None:
        super().test_agent_loop(model)

    @unlearnt
    def test_unicode_tool_call_integration(self, model: BaseChatModel) -> None:  # type: ignore[override]
        super().test_unicode_tool_call_integration(model)


class TestLlamaUnit(_Foreign, ChatModelUnitTests):
    family = "llama"


class TestLlamaIntegration(_Integration):
    family = "llama"


class TestQwenUnit(_Foreign, ChatModelUnitTests):
    family = "qwen"


class TestQwenIntegration(_Integration):
    family = "qwen"


class TestGPT2Unit(_Foreign, ChatModelUnitTests):
    family = "gpt2"


class TestGPT2Integration(_Integration):
    family = "gpt2"


class TestGemmaUnit(_Foreign, ChatModelUnitTests):
    family = "gemma"


class TestGemmaIntegration(_Integration):
    family = "gemma"

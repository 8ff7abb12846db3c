"""LangChain's own suites for chat models, on `home` as it's shipped: nothing is expected to fail."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests

from homespun.errors import ModelNotFound
from models.chat.homespun import ChatHomespun
from models.encoders.places import find_minilm


class _Home:
    seed: ClassVar[int] = 1

    @pytest.fixture(autouse=True)
    def _proposers(self, homespun_home: object) -> None:
        try:
            find_minilm()
        except ModelNotFound as error:
            pytest.skip(str(error))

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatHomespun

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": "home", "seed": self.seed}

    @property
    def supports_json_mode(self) -> bool:
        return True

    @property
    def model_override_value(self) -> str:
        return "home:recall"

    @pytest.fixture
    def vcr(self) -> None:
        """No cassettes: nothing goes over the network."""


class TestUnit(_Home, ChatModelUnitTests):
    pass


class TestFirstSeed(_Home, ChatModelIntegrationTests):
    pass


class TestSecondSeed(_Home, ChatModelIntegrationTests):
    seed = 2


class TestThirdSeed(_Home, ChatModelIntegrationTests):
    seed = 3

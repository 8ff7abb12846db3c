from __future__ import annotations

from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel

from models.chat.fingerprint import fingerprint


class Client:
    def __init__(self, base_url: str) -> None:
        self.base_url = base_url


class Served(BaseChatModel):
    """A provider's model, which doesn't say of itself where it's reached."""

    name: str | None = "small"
    temperature: float = 0.0
    endpoint_url: str = "http://a/v1"
    client: Any = None
    helper: Any = None

    @property
    def _llm_type(self) -> str:
        return "served"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model": self.name, "temperature": self.temperature, "helper": self.helper}

    def _generate(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError


@pytest.mark.parametrize(
    "other",
    [
        {"name": "large"},
        {"temperature": 1.0},
        {"endpoint_url": "http://b/v1"},
        {"client": Client("http://b/v1")},
    ],
)
def test_what_changes_answers_changes_the_fingerprint(other: dict[str, Any]) -> None:
    given = {"client": Client("http://a/v1"), **other}
    assert fingerprint(Served(client=Client("http://a/v1"))) != fingerprint(Served(**given))


def test_what_is_the_same_has_the_same_wherever_it_lies_in_memory() -> None:
    one, two = (Served(client=Client("http://a/v1"), helper=Client("x")) for _ in range(2))
    assert fingerprint(one) == fingerprint(two)

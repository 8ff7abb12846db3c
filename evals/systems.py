"""The kinds of systems that suites measure, each an interface of the ecosystem or the least that's needed.

Contract: types only. `apps.compose` makes systems; a suite receives one as `System.call`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

KINDS: Mapping[str, str] = {
    "chat": "langchain_core.language_models.BaseChatModel",
    "conversation": "evals.systems.Conversation",
    "judge": "langchain_core.cross_encoders.BaseCrossEncoder",
    "likelihood": "evals.systems.Likelihood",
}
"""Kind → the type of `System.call`."""


@dataclass(frozen=True)
class Loss:
    """A text under a language model.

    Attributes:
        nats: negative log-likelihood of the text, summed.
        tokens: how many tokens were predicted.
        bytes: length of the text in UTF-8.
        right: for how many tokens the most likely one was the true one.
    """

    nats: float
    tokens: int
    bytes: int
    right: int


class Likelihood(Protocol):
    """A language model that says how likely a text is."""

    def __call__(self, text: str) -> Loss:
        """Returns the loss of `text`, read with as much context as the model has."""
        ...


@dataclass(frozen=True)
class Reply:
    """One reply in a conversation.

    Attributes:
        text: what was said.
        usage: tokens, as LangChain counts them.
        seconds: from the question to the end of the reply.
    """

    text: str
    usage: Mapping[str, Any]
    seconds: float


class Conversation(Protocol):
    """The chatbot graph with a fresh thread: what the suite says as the user is answered turn by turn."""

    def __call__(self, turns: Sequence[str], *, thread: str, seed: int) -> Sequence[Reply]:
        """Plays `turns` in a new thread of that id, dropping an older one, and returns the replies."""
        ...

"""Which model answers a turn: the graph's own, or the one that the turn's context names."""

from __future__ import annotations

from collections.abc import Callable

from langchain_core.language_models import BaseChatModel

from graphs.chatbot.state import Context
from homespun.errors import UsageError


class Brain:
    """The models of one graph.

    Args:
        model: Answers where the context names none.
        find: Gives a model by its address.
    """

    def __init__(self, model: BaseChatModel, find: Callable[[str], BaseChatModel] | None = None) -> None:
        self._model, self._find = model, find

    def model(self, context: Context) -> BaseChatModel:
        """Returns the model of a turn.

        Raises:
            UsageError: If the context names one and the graph was built with a single model.
        """
        if context.model is None:
            return self._model
        if self._find is None:
            raise UsageError(f"This graph has one model, and the context asks for {context.model!r}.")
        return self._find(context.model)

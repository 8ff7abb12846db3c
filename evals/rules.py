"""Chat models without a brain: a rule gives the reply. For baselines that every model should beat.

Contract: `Rule(reply=…)` calls ``reply(messages, tools)``, the tools being OpenAI-style dictionaries; it
never fails, costs nothing and says the same whenever it's asked the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.utils.function_calling import convert_to_openai_tool
from typing_extensions import override

Reply = Callable[[Sequence[BaseMessage], Sequence[dict[str, Any]]], AIMessage]


class Rule(BaseChatModel):
    """A chat model that answers by a rule."""

    reply: Reply
    """From messages and the tools on offer to the answer."""

    @property
    def _llm_type(self) -> str:
        return "rule"

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
        message = self.reply(messages, kwargs.get("tools") or [])
        return ChatResult(generations=[ChatGeneration(message=message)])

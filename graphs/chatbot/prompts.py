"""What the chatbot's model is shown."""

from __future__ import annotations

from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder


def chat_prompt(system_prompt: str | None = None) -> ChatPromptTemplate:
    """Returns a template of one variable, ``messages``, led by the system prompt if there is one."""
    thread = MessagesPlaceholder("messages")
    if not system_prompt:
        return ChatPromptTemplate([thread])
    # A variable, so that braces in the text are text.
    return ChatPromptTemplate([("system", "{system}"), thread]).partial(system=system_prompt)

"""What a turn tells that is worth remembering: in the user's own words, or as a model puts it.

Contract: an extractor gets the user's message and the assistant's before it, and gives statements and what to
forget. It never gives anything else: words are the user's, a model's document is held by its schema.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from langchain_core.exceptions import OutputParserException
from langchain_core.language_models import BaseChatModel
from langchain_core.prompts import ChatPromptTemplate
from langgraph.constants import TAG_NOSTREAM
from pydantic import BaseModel, Field, ValidationError

from graphs.memories.statements import Statement, forgets, statements


@dataclass(frozen=True)
class Told:
    """What was found.

    Attributes:
        statements: What is to be kept.
        forget: What is to be forgotten, in words.
    """

    statements: Sequence[Statement] = ()
    forget: Sequence[str] = field(default=())


Extractor = Callable[[str, str], Told]
"""``extract(message, asked)``: the user's message, and what the assistant said before it."""


def in_own_words(message: str, asked: str = "") -> Told:
    """Finds what the user tells of themselves and leaves it in their words; asks no model."""
    gone = forgets(message)
    return Told(statements(message, asked), [] if gone is None else [gone])


class Fact(BaseModel):
    """One lasting fact about the user."""

    text: str = Field(
        max_length=400, description="the fact as one sentence that the user might say: 'I live in …'"
    )
    about: str = Field(
        max_length=60,
        description="a short name of what it tells where there can be only one ('home', \"sister's name\"); "
        "empty where several may hold at once",
    )


class Facts(BaseModel):
    """What a message tells about the user that will still matter in a later conversation."""

    facts: list[Fact] = Field(max_length=8)
    forget: list[str] = Field(max_length=4, description="what the user wants forgotten, in their words")


_PROMPT = ChatPromptTemplate(
    [
        (
            "system",
            "List the lasting facts that the user's message tells about themselves and those near them. "
            "Leave out questions, requests, moods and small talk. Often there are none: give empty lists.",
        ),
        ("human", "The assistant said: {asked}\n\nThe user said: {message}"),
    ]
)


def by_model(model: BaseChatModel) -> Extractor:
    """Returns an extractor that asks a chat model for a document of the schema `Facts`.

    What it raises is the model's or its parser's, to be tried again (`graphs.retry`).
    """
    chain = (_PROMPT | model.with_structured_output(Facts)).with_config(tags=[TAG_NOSTREAM])

    def extract(message: str, asked: str = "") -> Told:
        try:
            found = Facts.model_validate(chain.invoke({"message": message, "asked": asked or "(nothing)"}))
        except ValidationError as error:
            raise OutputParserException(f"The document isn't of the schema: {error}") from error
        told = [Statement(fact.text.strip(), fact.about.strip().casefold()) for fact in found.facts]
        return Told([one for one in told if one.text], [one for one in found.forget if one.strip()])

    return extract

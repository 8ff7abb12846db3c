"""The chat judge: any chat model, asked for a verdict of one word and held to it.

Address: ``chat:<model's address>``. The model answers with an object whose one field is "yes" or "no"
(`with_structured_output`); where it can't do that, its words are read. Where it reports log-probabilities,
the score is P(yes) / (P(yes) + P(no)) at the word of the verdict, else 1 or 0. It's asked at temperature 0
where it takes one. A premise that doesn't fit its context is cut between sentences; the best supported part
counts.

What it doesn't know: whether the model can judge at all. A model of 1 B parameters is at chance on such
questions; `homespun eval judge` says what a model's verdicts are worth.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from langchain_core.language_models import BaseChatModel
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable
from pydantic import BaseModel, Field

from homespun.errors import HomespunError, UsageError
from homespun.text.sentences import split
from models import load_chat_model
from models.chat.fingerprint import fingerprint
from models.chat.loading import takes
from models.chat.tokens import counts_tokens
from rag.judges.judge import Judge, Pair

SYSTEM = (
    "You check claims against a text. A claim is supported when everything that it says is said by the text "
    "or follows from it. What you know from elsewhere doesn't count."
)
HUMAN = "Text:\n{premise}\n\nClaim:\n{claim}\n\nDoes the text support the claim? Answer yes or no."
PROMPT = ChatPromptTemplate.from_messages([("system", SYSTEM), ("human", HUMAN)])
ANSWER_TOKENS = 64
TOP = 20  # the most that OpenAI's API gives
_WORD = re.compile(r"\b(yes|no)\b", re.IGNORECASE)


class Verdict(BaseModel):
    """Whether the text supports the claim."""

    verdict: Literal["yes", "no"] = Field(description="yes if the text supports the claim, else no")


class Chat(Judge):
    """A chat model as a judge."""

    threshold = 0.5

    def __init__(self, model: BaseChatModel, address: str) -> None:
        self.name = f"chat:{address}"
        self.model = model
        text = json.dumps(
            [SYSTEM, HUMAN, TOP, ANSWER_TOKENS, Verdict.model_json_schema(), fingerprint(model)]
        )
        self.fingerprint = f"chat-1-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
        if {"logprobs", "top_logprobs"} <= type(model).model_fields.keys():
            model = model.model_copy(update={"logprobs": True, "top_logprobs": TOP})
        self._asked = model
        self._structured: Runnable[Any, Any] | None = None
        with suppress(NotImplementedError):
            self._structured = model.with_structured_output(Verdict, include_raw=True)

    def judge(self, pairs: Sequence[Pair]) -> list[float]:
        """Returns one probability a pair.

        Raises:
            HomespunError: if the model answers with neither verdict.
            UsageError: if a claim doesn't fit the model's context.
        """
        return [
            max(self._ask(part, claim) for part in self._parts(premise, claim)) for premise, claim in pairs
        ]

    def _ask(self, premise: str, claim: str) -> float:
        messages = PROMPT.format_messages(premise=premise, claim=claim)
        if self._structured is None:
            raw, parsed = self._asked.invoke(messages), None
        else:
            found = self._structured.invoke(messages)
            raw, parsed = found["raw"], found["parsed"]
        sure = probability(raw.response_metadata.get("logprobs"))
        if sure is not None:
            return sure
        if parsed is not None:
            return float(parsed.verdict == "yes")
        said = {word.lower() for word in _WORD.findall(raw.text)}
        if len(said) != 1:
            raise HomespunError(
                f"{self.name} gave no verdict but {raw.text[:60]!r}: use a model that follows schemas."
            )
        return float(said == {"yes"})

    def _parts(self, premise: str, claim: str) -> Iterator[str]:
        """Gives the premise whole, or in runs of sentences that fit the model's context."""
        room = self._room(claim)
        if room is None or self._count(premise) <= room:
            yield premise
            return
        part, size = [0, 0], 0
        for start, end in split(premise):
            count = self._count(premise[start:end]) + 1
            if size and size + count > room:
                yield premise[part[0] : part[1]]
                size = 0
            part, size = [part[0] if size else start, end], size + count
            while self._count(premise[part[0] : part[1]]) > room:  # one sentence, too long by itself
                part[1] -= (part[1] - part[0]) // 4 + 1
        yield premise[part[0] : part[1]]

    def _room(self, claim: str) -> int | None:
        """Tokens that are left for the premise; None where the model doesn't say what it reads."""
        profile: Mapping[str, Any] = self.model.profile or {}
        most = profile.get("max_input_tokens")
        if not most:
            return None
        taken = sum(self._count(str(m.content)) + 8 for m in PROMPT.format_messages(premise="", claim=claim))
        room = int(most) - taken - ANSWER_TOKENS
        if room < 16:
            raise UsageError(
                f"The claim is too long for {self.name}, which reads {most} tokens: {claim[:60]!r}…"
            )
        return room

    def _count(self, text: str) -> int:
        if not counts_tokens(self.model):
            return len(text) // 3 + 1
        return len(self.model.get_token_ids(text))


def probability(logprobs: Any) -> float | None:
    """Returns P(yes) / (P(yes) + P(no)) at the verdict's word, from OpenAI's form of log-probabilities.

    A verdict that isn't among the listed tokens has at most what they leave over; it's given all of that.

    Args:
        logprobs: ``{"content": [{"token", "logprob", "top_logprobs": […]}, …]}``.

    Returns:
        None where there are none, or where the listed tokens don't say: neither verdict is likely among them.
    """
    rows = logprobs.get("content") if isinstance(logprobs, Mapping) else None
    rows = rows or []
    text = "".join(row["token"] for row in rows)
    words = list(_WORD.finditer(text))
    if not words:
        return None
    place = words[-1].start()
    for row in rows:
        if place < len(row["token"]):
            return _mass(row, place)
        place -= len(row["token"])
    return None


def _mass(row: Mapping[str, Any], place: int) -> float | None:
    """The share of "yes" at the token that begins a verdict at its character `place`."""
    lead = row["token"][:place]
    listed = {top["token"]: top["logprob"] for top in row.get("top_logprobs") or ()}
    listed[row["token"]] = row["logprob"]
    mass = {"yes": 0.0, "no": 0.0}
    for token, value in listed.items():
        word = token[place:].lower().rstrip('"}. \n') if token.startswith(lead) else ""
        for verdict in mass:
            if word and verdict.startswith(word):
                mass[verdict] += math.exp(value)
    rest = max(0.0, 1.0 - sum(map(math.exp, listed.values())))
    missing = [verdict for verdict, value in mass.items() if value == 0]
    if len(missing) == 1:
        mass[missing[0]] = rest
        if rest >= sum(mass.values()) / 2:
            return None
    return None if len(missing) == 2 else min(1.0, mass["yes"] / sum(mass.values()))


def build(argument: str = "", *, home: Path | None = None, threads: int | None = None) -> Chat:
    """Makes the judge.

    Raises:
        UsageError: if no model is named.
        ModelNotFound: if there's none of this name.
    """
    if not argument.strip():
        raise UsageError(
            "Name the chat model that judges: chat:home, chat:hf:<folder>, chat:<provider>:<model>."
        )
    known = takes(argument, home)
    given: dict[str, Any] = {"temperature": 0} if known is None or "temperature" in known else {}
    if known is None:
        given |= {"home": home, "threads": threads, "max_tokens": ANSWER_TOKENS}
    return Chat(load_chat_model(argument, **given), argument)

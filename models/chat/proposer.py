"""Asks the encoder's adapters what to propose to a decoder for one answer.

Whether a tool is called and which one is the chooser's affair (`models.encoders.choose`), what the values
of a call or of a document are the filler's. A classifier tells what the user means. Where that may be to ask
something back or about a text, or isn't sure, a reader looks it up (`models.chat.told`). What was
found, or else what is meant, stands before the answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from models.chat.asking import look_at
from models.chat.call_form import compact
from models.chat.guidance import Adapters, Guidance
from models.chat.proposal_guide import OPEN, RARELY, ProposalGuide, Proposals
from models.chat.proposals import CallProposals, Proposed, Slot
from models.chat.told import asked, asks_back, has_text, without_known
from models.chat.tools import Plan, problem, satisfies
from models.encoders.call import THRESHOLD, Call
from models.encoders.intent import ASK_ABOUT_TEXT, ASK_BACK, UNSURE
from models.inference.guide import TokenTable
from models.tokenizers.chat_template import bracketed

if TYPE_CHECKING:
    from models.encoders.fill import Argument

Rows = Sequence[Mapping[str, Any]]
Between = Callable[[], None]
DONE = "Done."
NOT_TOLD = "You haven't told me that."
LONGEST_RESULT = 1000
"""Characters of a tool's result that are repeated."""
_LIKELY = 0.001
"""From this share of those on it's looked up: what is asked may have a small one, and the reader abstains."""
_POSSIBLE = 0.002
"""From this share on what is asked back by its words is: "how many hours of sleep do I need" has less."""
_SHARPNESS = 4.0
"""Of a property's odds to be used: with several of 0.4 each, none is likelier than that one of them is."""


@dataclass(frozen=True)
class Noticed:
    """What was noticed of the newest message.

    Attributes:
        found: The words that answer it; "" where none were told, or it doesn't ask.
        intent: What the user means; "" where nobody tells.
        asks_back: Whether it asks for what only the user can have told.
    """

    found: str = ""
    intent: str = ""
    asks_back: bool = False

    @property
    def note(self) -> str:
        """What stands before the answer."""
        return self.found or bracketed(self.intent)


class Proposer:
    """Asks the adapters; one for a model, shared by all its answers."""

    def __init__(self, guidance: Guidance, adapters: Adapters, texts: Sequence[bytes]) -> None:
        """Take adapters into use.

        Args:
            guidance: How much they count.
            adapters: Who is asked.
            texts: What each of the decoder's tokens stands for.
        """
        self._guidance, self._adapters, self._texts = guidance, adapters, texts
        self._table = TokenTable(texts)

    @property
    def alone(self) -> bool:
        """Whether the decoder's own opinion of calls counts for nothing, so that it needs to see no tools."""
        return self._guidance.choice.net == 0 and self._guidance.values.net == 0

    def shown(self, rows: Rows) -> Rows:
        """The conversation as the decoder reads it: without the known facts in which a reader looks."""
        if self._adapters.reader is None:
            return rows
        # Somebody speaks in every conversation, though it be a system message that says nothing.
        return without_known(rows) or [{"role": "system", "content": ""}]

    def notice(self, rows: Rows, between: Between) -> Noticed | None:
        """What the newest message means and the words that answer it; None where nobody looks.

        Args:
            rows: The whole conversation as template dictionaries.
            between: Called before each pass; what it raises ends the work.
        """
        reader, classifier = self._adapters.reader, self._adapters.classifier
        if reader is None and classifier is None:
            return None
        content = rows[-1]["content"]
        if rows[-1]["role"] != "user" or not content.strip():
            return Noticed()
        question, text = asked(rows)
        intent, asks = "", True
        back = asks_back(question)
        if classifier is not None:
            seen = classifier.classify(turns_of(rows), between)
            if not has_text(rows):
                seen = seen.without(ASK_ABOUT_TEXT)
            intent = seen.name if seen.probability >= self._guidance.sure else UNSURE
            share = sum(seen.shares.get(name, 0.0) for name in (ASK_BACK, ASK_ABOUT_TEXT))
            asks = back or intent == UNSURE or share >= _LIKELY
            back = seen.name == ASK_BACK or (back and seen.shares.get(ASK_BACK, 0.0) >= _POSSIBLE)
        found = reader.read(question, [text], between).text if reader is not None and text and asks else ""
        # A system message may hold what the user didn't tell: the decoder has it before it.
        instructed = any(row["role"] == "system" and row["content"].strip() for row in without_known(rows))
        return Noticed(found, intent, back and not instructed)

    def guide(
        self, rows: Rows, plan: Plan, noticed: Noticed | None, between: Between, *, call: int, end: int
    ) -> ProposalGuide | None:
        """The guide of one answer, or None where nothing is to be proposed.

        Args:
            rows: The conversation as template dictionaries, as far as the decoder sees it.
            plan: What the answer may be.
            noticed: What was noticed of its newest message; None where nobody looked.
            between: Called before each pass; what it raises ends the work.
            call: The token that begins a call, and
            end: the one that ends a text.
        """
        turns = turns_of(rows)
        noticed = noticed or Noticed()
        found = noticed.found
        answers = self._answers(rows, noticed)
        proposals = Proposals(texts=answers, found=found)
        if turns and plan.callable:
            calls = self._calls(turns, plan, between, answered=rows[-1]["role"] == "tool")
            proposals = replace(calls, texts=calls.texts or answers, found=found)
        if turns and plan.document is not None and plan.document.get("properties"):
            slots = self._slots(turns, _as_function(plan.document), between, told=False)
            proposals = replace(proposals, document=slots)
        if proposals == Proposals():  # nothing to say
            return None
        return ProposalGuide(
            self._guidance, self._table, self._texts, proposals, call=call, end=end, forced=plan.forced
        )

    def _answers(self, rows: Rows, noticed: Noticed) -> tuple[Proposed, ...]:
        """The answer in words: what tools gave, what was found, or that it wasn't told."""
        newest = rows[-1]
        if newest["role"] == "tool":
            return ((results(rows), 1.0 - OPEN),)
        if noticed.found:
            return ((as_answer(noticed.found), 1.0 - OPEN),)
        if self._adapters.reader is not None and newest["role"] == "user" and noticed.asks_back:
            return ((NOT_TOLD, 1.0 - OPEN),)
        return ()

    def _calls(
        self, turns: list[tuple[str, str]], plan: Plan, between: Between, *, answered: bool
    ) -> Proposals:
        functions = {str(function["name"]): function for function in plan.callable}
        found = self._adapters.caller.likeliest(turns, list(functions.values()), between)
        assert found is not None
        shares = found.choice.probabilities
        names = dict(zip(functions, (share / sum(shares) for share in shares), strict=True))
        known = {found.name: [_slot(one, functions[found.name], told=True) for one in found.found]}

        def slots(name: str) -> Sequence[Slot]:
            if name not in known:
                known[name] = self._slots(turns, functions[name], between, told=True)
            return known[name]

        if answered:
            return Proposals(min(found.probability, RARELY), CallProposals(names, slots))
        seen = look_at(found, functions[found.name])
        wanted = found.probability if seen.possible else RARELY
        texts = () if seen.question is None else ((seen.question, 1.0 - OPEN),)
        if plan.parallel and (wanted >= THRESHOLD or plan.forced):
            several = self._several(turns, found, functions[found.name], between)
            if several:
                return Proposals(wanted, several[0], None, texts, further=several[1:])
        return Proposals(wanted, CallProposals(names, slots), None, texts)

    def _several(
        self, turns: list[tuple[str, str]], call: Call, function: Mapping[str, Any], between: Between
    ) -> tuple[CallProposals, ...]:
        """What is proposed for each of several calls; () where one is asked for, or one can't be made."""
        caller = self._adapters.caller
        found = caller.several(turns, call, function, between)
        if any(problem(dict(function), caller.passed(one)) is not None for one in found):
            return ()
        name = str(function["name"])
        each = [{name: [_slot(one, function, told=True) for one in own]} for own in found]
        return tuple(CallProposals({name: 1.0}, slots.__getitem__) for slots in each)

    def _slots(
        self, turns: list[tuple[str, str]], function: Mapping[str, Any], between: Between, *, told: bool
    ) -> list[Slot]:
        found = self._adapters.caller.filler.fill(turns, function, between)
        return [_slot(one, function, told=told) for one in found]


def turns_of(rows: Rows) -> list[tuple[str, str]]:
    """What user and assistant said, as (role, text); messages without text are left out."""
    return [
        (row["role"], row["content"])
        for row in rows
        if row["role"] in ("user", "assistant") and row["content"].strip()
    ]


def results(rows: Rows) -> str:
    """What the tools that were called last gave, in their order; a flat JSON object as its entries."""
    newest = list(takewhile(lambda row: row["role"] == "tool", reversed(rows)))
    return "\n".join(_result(row["content"].strip()) for row in reversed(newest))


def _result(content: str) -> str:
    if not content:
        return DONE
    try:
        made = json.loads(content)
    except ValueError:
        made = None
    if isinstance(made, dict) and made and not any(isinstance(value, dict | list) for value in made.values()):
        content = ", ".join(
            f"{name}: {value if isinstance(value, str) else compact(value)}" for name, value in made.items()
        )
    return content if len(content) <= LONGEST_RESULT else content[:LONGEST_RESULT].rsplit(" ", 1)[0] + " …"


def as_answer(found: str) -> str:
    """Words that were found as a sentence: a plain word gets its capital, a code stays as it is."""
    first, _, _ = found.partition(" ")
    if first.isalpha() and first.islower():
        found = found[0].upper() + found[1:]
    return found if found.endswith((".", "!", "?", "…")) else f"{found}."


def _as_function(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document's schema as a tool that takes its properties."""
    name = str(document.get("title") or "answer")
    return {"name": name, "description": str(document.get("description") or ""), "parameters": document}


def _slot(argument: Argument, function: Mapping[str, Any], *, told: bool) -> Slot:
    """What is proposed for a property.

    Args:
        argument: What was found for it.
        function: Whose schema the values must satisfy: one that doesn't would only be begun.
        told: Whether its value is to be found in what was said.
    """
    used = 1.0 if argument.required else _sharpened(argument.mentioned)
    first = max(argument.probability, 0.01)
    # Decided for all properties together, the chosen value may not be the likeliest of its own.
    weighed = [
        (argument.value, first),
        *((value, min(share, 0.9 * first)) for value, share in argument.others),
    ]
    fitting = [
        (value, share)
        for value, share in weighed
        if value is not None and satisfies(dict(function), argument.name, value)
    ]
    if not fitting:
        return Slot(argument.name, used if argument.required else min(used, OPEN), ())
    covered = 1.0 - OPEN if told else min(1.0 - OPEN, argument.mentioned)
    whole = sum(share for _, share in fitting)
    return Slot(argument.name, used, tuple((value, covered * share / whole) for value, share in fitting))


def _sharpened(probability: float) -> float:
    used, unused = probability**_SHARPNESS, (1.0 - probability) ** _SHARPNESS
    return float(used / (used + unused))

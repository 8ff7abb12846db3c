"""What the encoder's adapters propose while a decoder writes a call or a document: a guide for its engine.

Whether a tool is called and which one is the chooser's affair (`models.encoders.choose`), what the values of
a call or of a document are the filler's; both are asked when the writing comes there. How much they count
beside the decoder stands in the model's configuration, under `proposals`; a model without such a section, or
without the encoder at hand, writes by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from homespun.errors import CorruptWeights, UsageError
from models.chat.asking import look_at
from models.chat.proposals import NAMES, CallProposals, Next, Proposed, Slot, in_object
from models.chat.tools import Plan
from models.inference.guide import Balance, Logs, TokenTable
from models.inference.sampling import log_softmax

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.encoders.call import Caller
    from models.encoders.fill import Argument

Turns = Sequence[tuple[str, str]]
_SHARPNESS = 4.0
"""Of a property's odds to be used: with several of 0.4 each, none is likelier than that one of them is."""
_OPEN = 0.02
"""Share of a call's value that is left to the decoder: a call was chosen because its values were said."""
_RARELY = 0.02
"""Probability of a call that lacks what it needs, and of a further one behind a tool's result: the chooser
hasn't learnt to judge these."""


@dataclass(frozen=True)
class Guidance:
    """The `proposals` of a model's configuration.

    Attributes:
        chooser: Name of the adapter that chooses.
        filler: Name of the one that finds values.
        choice: How much the chooser counts beside the decoder.
        values: How much the filler counts.
    """

    chooser: str = "choose"
    filler: str = "fill"
    choice: Balance = field(default_factory=Balance)
    values: Balance = field(default_factory=Balance)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read a configuration.

        Raises:
            CorruptWeights: It holds something else.
        """
        known = {key: values[key] for key in ("chooser", "filler") if key in values}
        try:
            for key in ("choice", "values"):
                if key in values:
                    known[key] = Balance.from_dict(values[key])
        except (UsageError, AttributeError) as error:
            raise CorruptWeights(f"the proposals of its configuration can't be read: {error}") from error
        return cls(**known)


class Proposer:
    """Asks the adapters; one for a model, shared by all its answers."""

    def __init__(self, guidance: Guidance, caller: Caller, texts: Sequence[bytes]) -> None:
        """Take adapters into use.

        Args:
            guidance: How much they count.
            caller: The adapters.
            texts: What each of the decoder's tokens stands for.
        """
        self._guidance, self._caller, self._texts = guidance, caller, texts
        self._table = TokenTable(texts)

    def guide(
        self, rows: Sequence[Mapping[str, Any]], plan: Plan, *, call: int, end: int
    ) -> ProposalGuide | None:
        """The guide of one answer, or None where nothing is to be proposed.

        Args:
            rows: The conversation as template dictionaries.
            plan: What the answer may be.
            call: The token that begins a call, and
            end: the one that ends a text.
        """
        turns = turns_of(rows)
        proposals = Proposals()
        if turns and plan.callable:
            proposals = self._calls(turns, plan, answered=rows[-1]["role"] == "tool")
        if turns and plan.document is not None and plan.document.get("properties"):
            slots = self._slots(turns, _as_function(plan.document), told=False)
            proposals = replace(proposals, document=slots)
        if proposals == Proposals():
            return None
        return ProposalGuide(self._guidance, self._table, self._texts, proposals, call=call, end=end)

    def _calls(self, turns: Turns, plan: Plan, *, answered: bool) -> Proposals:
        functions = {str(function["name"]): function for function in plan.callable}
        found = self._caller.likeliest(turns, list(functions.values()))
        assert found is not None
        shares = found.choice.probabilities
        names = dict(zip(functions, (share / sum(shares) for share in shares), strict=True))
        known = {found.name: [_slot(one, told=True) for one in found.found]}

        def slots(name: str) -> Sequence[Slot]:
            if name not in known:
                known[name] = self._slots(turns, functions[name], told=True)
            return known[name]

        if answered:
            return Proposals(min(found.probability, _RARELY), CallProposals(names, slots))
        seen = look_at(found, functions[found.name])
        wanted = found.probability if seen.possible else _RARELY
        texts = () if seen.question is None else ((seen.question, 1.0 - _OPEN),)
        return Proposals(wanted, CallProposals(names, slots), None, texts)

    def _slots(self, turns: Turns, function: Mapping[str, Any], *, told: bool) -> list[Slot]:
        found = self._caller.filler.fill(turns, function)
        return [_slot(one, told=told) for one in found]


def turns_of(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """What user and assistant said, as (role, text); messages without text are left out."""
    return [
        (row["role"], row["content"])
        for row in rows
        if row["role"] in ("user", "assistant") and row["content"].strip()
    ]


def _as_function(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document's schema as a tool that takes its properties."""
    name = str(document.get("title") or "answer")
    return {"name": name, "description": str(document.get("description") or ""), "parameters": document}


def _slot(argument: Argument, *, told: bool) -> Slot:
    """What is proposed for a property; `told` says that its value is to be found in what was said."""
    used = 1.0 if argument.required else _sharpened(argument.mentioned)
    if argument.value is None:
        return Slot(argument.name, used if argument.required else _OPEN, ())
    covered = 1.0 - _OPEN if told else min(1.0 - _OPEN, argument.mentioned)
    first = max(argument.probability, 0.01)
    # Decided for all properties together, the chosen value may not be the likeliest of its own.
    others = [(value, min(share, 0.9 * first)) for value, share in argument.others]
    whole = first + sum(share for _, share in others)
    values = [(argument.value, first), *others]
    return Slot(argument.name, used, tuple((value, covered * share / whole) for value, share in values))


def _sharpened(probability: float) -> float:
    used, unused = probability**_SHARPNESS, (1.0 - probability) ** _SHARPNESS
    return float(used / (used + unused))


@dataclass(frozen=True)
class Proposals:
    """What is proposed for one answer.

    Attributes:
        wanted: Probability that a call is wanted, and
        calls: what is proposed for it; None where none can be made.
        document: What is proposed for the properties of a document.
        texts: Whole answers in words, with their probabilities.
    """

    wanted: float = 0.0
    calls: CallProposals | None = None
    document: Sequence[Slot] | None = None
    texts: tuple[Proposed, ...] = ()


class ProposalGuide:
    """Follows one output and weighs what is proposed for its next place.

    What is proposed for a place competes with all that the net could write there. So the further the writing
    follows a proposal that the net alone would hardly have begun, the less is left for other ends.
    """

    def __init__(
        self,
        guidance: Guidance,
        table: TokenTable,
        texts: Sequence[bytes],
        proposals: Proposals,
        *,
        call: int,
        end: int,
    ) -> None:
        """Stand at the beginning.

        Args:
            guidance: How much the proposals count.
            table: Which tokens write a text.
            texts: What each token stands for.
            proposals: What is proposed.
            call: The token that begins a call, and
            end: the one that ends a text.
        """
        self._guidance, self._table, self._texts = guidance, table, texts
        self._proposals, self._call, self._end = proposals, call, end
        self._written = bytearray()
        self._calling = self._begun = False
        self._place: tuple[Any, ...] = ()
        self._open = 1.0
        self._net: Logs | None = None

    def accept(self, token: int) -> None:
        """Take note that this token is now part of the output."""
        self._begun = True
        if self._net is not None:
            self._open *= float(np.exp(self._net[token]))
            self._net = None
        if token == self._call:
            self._written.clear()
            self._calling = True
        else:
            self._written += self._texts[token]

    def weigh(
        self, logits: NDArray[np.float32], allowed: NDArray[np.bool_] | None
    ) -> NDArray[np.floating[Any]]:
        """The logits `[vocab]` to draw from."""
        deciding = not self._begun and self._proposals.calls is not None
        coming = self._next()
        if not deciding and not coming.texts:
            return logits
        if coming.place != self._place:
            self._place, self._open = coming.place, 1.0
        net = self._net = log_softmax(logits if allowed is None else np.where(allowed, logits, -np.inf))
        row = self._combined(net, coming) if coming.texts else net
        if deciding:
            row = self._guidance.choice.decide(net, row, self._call, self._proposals.wanted)
        return row

    def _combined(self, net: Logs, coming: Next) -> Logs:
        written = len(self._written.decode("utf-8", "ignore").encode())
        tail = bytes(self._written[written:])  # a character may be written in part
        rests = [(text.encode(), probability) for text, probability in coming.texts]
        masses = self._table.masses(
            (rest[len(tail) :], probability) for rest, probability in rests if rest.startswith(tail)
        )
        done = [probability for rest, probability in rests if not rest]
        if done:
            masses[self._end] = max(done)
        named = self._calling and coming.place == NAMES
        balance = self._guidance.choice if named else self._guidance.values
        return balance.combine(net, masses, coming.left * self._open)

    def _next(self) -> Next:
        """What may be written next."""
        written, proposals = self._written.decode("utf-8", "ignore"), self._proposals
        if self._calling:
            return proposals.calls.next(written) if proposals.calls is not None else Next((), ())
        if proposals.document is not None:
            return in_object(proposals.document, written)
        rests = [(text[len(written) :], share) for text, share in proposals.texts if text.startswith(written)]
        return Next(("text",), tuple(rests), 1.0 - sum(share for _, share in proposals.texts))

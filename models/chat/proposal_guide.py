"""The guide of one answer: weighs what is proposed for the place that the writing has come to.

Once an answer in words begins to repeat what was looked up for it, that is proposed to its end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from models.chat.guidance import Guidance
from models.chat.proposals import NAMES, CallProposals, Next, Proposed, Slot, in_object
from models.encoders.call import THRESHOLD
from models.inference.guide import Logs, TokenTable
from models.inference.sampling import log_softmax

if TYPE_CHECKING:
    from numpy.typing import NDArray

OPEN = 0.02
"""Share of what is proposed that is left to the decoder."""
RARELY = 0.02
"""Probability of a call that lacks what it needs, of one after text or after those that are proposed, and of
one behind a tool's result: the chooser hasn't learnt to judge these."""


@dataclass(frozen=True)
class Proposals:
    """What is proposed for one answer.

    Attributes:
        wanted: Probability that a call is wanted, and
        calls: what is proposed for it; None where none can be made.
        document: What is proposed for the properties of a document.
        texts: Whole answers in words, with their probabilities.
        found: What was looked up for an answer in words.
        further: What is proposed for each call that follows the first.
    """

    wanted: float = 0.0
    calls: CallProposals | None = None
    document: Sequence[Slot] | None = None
    texts: tuple[Proposed, ...] = ()
    found: str = ""
    further: tuple[CallProposals, ...] = ()


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
        forced: bool = False,
    ) -> None:
        """Stand at the beginning.

        Args:
            guidance: How much the proposals count.
            table: Which tokens write a text.
            texts: What each token stands for.
            proposals: What is proposed.
            call: The token that begins a call, and
            end: the one that ends a text.
            forced: Whether a call comes in any case.
        """
        self._forced = forced
        self._guidance, self._table, self._texts = guidance, table, texts
        self._proposals, self._call, self._end = proposals, call, end
        self._written = bytearray()
        self._calling = self._begun = False
        self._called = 0
        self._place: tuple[Any, ...] = ()
        self._open = 1.0
        self._net: Logs | None = None

    @property
    def calls(self) -> int:
        """How many calls the answer will most likely hold."""
        proposals = self._proposals
        likely = proposals.calls is not None and (self._forced or proposals.wanted >= THRESHOLD)
        return 1 + len(proposals.further) if likely else 0

    @property
    def longest(self) -> int:
        """Characters of the longest string among the values that are proposed."""
        proposals = self._proposals
        slots = list(proposals.document or ())
        for one in (proposals.calls, *proposals.further) if self.calls else ():
            if one is not None:
                slots += one.slots(max(one.names, key=lambda name: one.names[name]))
        return max((_longest(value) for slot in slots for value, _ in slot.values), default=0)

    def accept(self, token: int) -> None:
        """Take note that this token is now part of the output."""
        self._begun = True
        if self._net is not None:
            self._open *= float(np.exp(self._net[token]))
            self._net = None
        if token == self._call:
            self._written.clear()
            self._calling = True
            self._called += 1
        else:
            self._written += self._texts[token]

    def weigh(
        self, logits: NDArray[np.float32], allowed: NDArray[np.bool_] | None
    ) -> NDArray[np.floating[Any]]:
        """The logits `[vocab]` to draw from."""
        calls = self._proposals.calls is not None and (allowed is None or bool(allowed[self._call]))
        coming = self._next()
        if not calls and not coming.texts:
            return logits
        if coming.place != self._place:
            self._place, self._open = coming.place, 1.0
        net = self._net = log_softmax(logits if allowed is None else np.where(allowed, logits, -np.inf))
        row = self._combined(net, coming) if coming.texts else net
        if calls:
            row = self._guidance.choice.decide(net, row, self._call, self._wanted())
        return row

    def _wanted(self) -> float:
        """Probability that a call comes next: once there's text or a call, only one that is proposed does."""
        if not self._begun:
            return self._proposals.wanted
        return 1.0 - RARELY if 0 < self._called <= len(self._proposals.further) else RARELY

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
        named = self._calling and coming.place[1:] == NAMES
        balance = self._guidance.choice if named else self._guidance.values
        return balance.combine(net, masses, coming.left * self._open)

    def _next(self) -> Next:
        """What may be written next."""
        written, proposals = self._written.decode("utf-8", "ignore"), self._proposals
        if self._calling:
            if proposals.calls is None:
                return Next((), ())
            # Beyond those that are proposed it's the last one's.
            each = (proposals.calls, *proposals.further)
            coming = each[min(self._called, len(each)) - 1].next(written)
            return replace(coming, place=(self._called, *coming.place))
        if proposals.document is not None:
            return in_object(proposals.document, written)
        rests = [(text[len(written) :], share) for text, share in proposals.texts if text.startswith(written)]
        if rests:
            return Next(("text",), tuple(rests), 1.0 - sum(share for _, share in proposals.texts))
        begun = _begun(written, proposals.found)
        if not begun:
            return Next(("text",))
        return Next(("found", len(written) - begun), ((proposals.found[begun:], 1.0 - OPEN),), OPEN)


def _longest(value: Any) -> int:
    """Characters of the longest string in a JSON value."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        return max(map(_longest, value), default=0)
    return len(value) if isinstance(value, str) else 0


def _begun(written: str, found: str) -> int:
    """How many characters of what was found stand at the end of what is written; 0 for fewer than two."""
    for size in range(min(len(found) - 1, len(written)), 1, -1):
        before = written[-size - 1 : -size]
        if written.endswith(found[:size]) and not before.isalnum():
            return size
    return 0

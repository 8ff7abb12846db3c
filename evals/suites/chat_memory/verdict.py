"""The verdict on one question: recalled, contradicted, denied; admitted or fabricated where nothing was told.

Contract: *recalled* is strict. The reply gives the value, doesn't deny it, gives no other value that was
told for the like (unless it says whose that is, or that it's old), and is at most `MOST_WORDS` long, so that
repeating everything isn't recalling. *given* is the generous reading: the value stands anywhere.

What it does not see: a reply that gives the right value for the wrong reason, one that adds an invention of
another kind, irony, and who is meant by "she".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evals.suites.chat_memory.matching import gives
from evals.suites.chat_memory.wording import admits, claims, clauses, negated, sets_aside
from evals.wording import sentences

MOST_WORDS = 60


@dataclass(frozen=True)
class Verdict:
    """What a reply to one question is; `told` says which half applies."""

    told: bool
    given: bool = False
    recalled: bool = False
    contradicted: bool = False
    denied: bool = False
    admitted: bool = False
    fabricated: bool = False


def judge(ask: Mapping[str, Any], reply: str) -> Verdict:
    """Judges the reply to one question.

    Args:
        ask: `accept`, a list of forms of the value, empty if it was never told; `reject`, a list of
            ``{"text": …, "of": [words that say whose it is]}``; `known`, values that would be an invention
            where nothing was told.
        reply: the text.
    """
    accept, reject = ask["accept"], ask.get("reject", [])
    wrong = [item for item in reject if _asserted(reply, item["text"], item.get("of", ()))]
    if not accept:
        invented = bool(wrong) or _invents(reply, ask.get("known", ()), _owners(reject))
        admitted = any(admits(sentence) for sentence in sentences(reply))
        return Verdict(told=False, admitted=admitted and not invented, fabricated=invented)
    given = any(gives(reply, form) for form in accept)
    # A reject that is part of the right value ("Ann" in "Mary Ann") can't be told apart: the value wins.
    wrong = [item for item in wrong if not any(gives(form, item["text"]) for form in accept)]
    stated = any(_stated(reply, form) for form in accept)
    brief = len(reply.split()) <= MOST_WORDS
    return Verdict(
        told=True,
        given=given,
        recalled=stated and not wrong and brief,
        contradicted=bool(wrong) and not stated,
        denied=not given and not wrong and any(admits(sentence) for sentence in sentences(reply)),
    )


def _stated(reply: str, form: str) -> bool:
    """Whether the value stands in a sentence that neither denies it nor says that nothing was told."""
    for sentence in sentences(reply):
        if not gives(sentence, form):
            continue
        parts = [part for part in clauses(sentence) if gives(part, form)] or [sentence]
        if any(not _denied(part, form) for part in parts) and not (
            admits(sentence) and len(parts) == 1 and admits(parts[0])
        ):
            return True
    # Forms that a sentence's end would cut in two ("6. 45") are looked for in the whole.
    return gives(reply, form) and not any(gives(sentence, form) for sentence in sentences(reply))


def _denied(part: str, form: str) -> bool:
    words = part.split()
    for start in range(len(words)):
        if gives(" ".join(words[start:]), form) and not gives(" ".join(words[start + 1 :]), form):
            return negated(" ".join(words[:start]) + " ")
    return False


def _asserted(reply: str, text: str, owners: Sequence[str]) -> bool:
    """Whether a wrong value stands somewhere without being set aside."""
    parts = [part for part in clauses(reply) if gives(part, text)]
    if not parts:
        return gives(reply, text) and not any(sets_aside(part, owners) for part in clauses(reply))
    return not all(sets_aside(part, owners) for part in parts)


def _invents(reply: str, known: Sequence[str], owners: Sequence[str]) -> bool:
    for sentence in sentences(reply):
        if sentence.endswith("?"):
            continue
        open_parts = [part for part in clauses(sentence) if not admits(part) and not sets_aside(part, owners)]
        if any(gives(part, value) for part in open_parts for value in known):
            return True
        if not admits(sentence) and not sets_aside(sentence, owners) and claims(sentence):
            return True
    return False


def _owners(reject: Sequence[Mapping[str, Any]]) -> list[str]:
    return [word for item in reject for word in item.get("of", ())]

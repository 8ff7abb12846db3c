"""What a description or an enum lists, and which of it words stand for.

"Type of the room, e.g. living room, bathroom": who says "living rooms" means the first; of "1 for cleaning,
2 for ironing", "ironing services" is 2. Words are compared without case, articles and plural endings.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

_WORD = re.compile(r"[^\W_]+[#+]*")
_ARTICLES = frozenset({"a", "an", "the", "of", "and", "or", "for", "in", "to"})
_QUOTED = re.compile(
    r"(?<!\w)(?:'([^'\n]{1,40})'|\"([^\"\n]{1,40})\"|`([^`\n]{1,40})`|‘([^’\n]{1,40})’)(?!\w)"
)
_LEADING = re.compile(
    r"(?:\be\.?g\.?|\bsuch as|\bfor example|\binclud(?:e|es|ing)|\bone of|\boptions?(?: are)?|"
    r"\bvalues?(?: are)?|\bcan be|\beither)[,:]?\s+(?P<rest>[^.;)\n]+)|\((?P<inside>[^()\n]+,[^()\n]+)\)",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\s*(?:,\s*(?:and|or)\s+|,|/|\bor\b|\band\b|\betc\b)\s*", re.IGNORECASE)
_CODED = re.compile(
    r"(?<![\w.])['\"]?(?P<code>\d+)['\"]?\s*(?:\(|=|:|-|for|is|means|represents|stands for|corresponds to)\s*"
    r"(?P<words>(?:(?!\b(?:and|or)\b\s*['\"]?\d)[^,;.)\d\n])+)",
    re.IGNORECASE,
)


def stems(text: str) -> tuple[str, ...]:
    """The words of a text without case, articles and plural endings."""
    return tuple(_stem(word) for word in _WORD.findall(text.lower()) if word not in _ARTICLES)


def snap(text: str, description: str) -> str:
    """The text, or what a description lists in its place: the same words but for case and endings."""
    wanted = stems(text)
    for offer in offers(description) if wanted else ():
        if stems(offer) == wanted:
            return offer
    return text


def offers(description: str) -> list[str]:
    """What a description lists: in quotes, after "such as" and its like, or in parentheses."""
    found = ["".join(parts) for parts in _QUOTED.findall(description)]
    for lead in _LEADING.finditer(description):
        found += [part.strip(" '\"`") for part in _BETWEEN.split(lead["rest"] or lead["inside"])]
    return [part for part in found if part]


def option(text: str, options: Sequence[Any]) -> Any:
    """The option of an enum that words stand for, or None.

    It's the same words, else the option with the largest share of its words among them, at least a half.
    """
    wanted = stems(text)
    best, most = None, 0.0
    for one in options:
        own = stems(str(one).replace("_", " "))
        if text.strip().lower() == str(one).lower() or (own and own == wanted):
            return one
        share = len(set(own) & set(wanted)) / len(own) if own else 0.0
        if share > most:
            best, most = one, share
    return best if most >= 0.5 else None


def coded(text: str, description: str) -> int | None:
    """The number that a description gives to what was said ("1 for cleaning, 2 for ironing"), or None."""
    wanted = set(stems(text))
    codes = [(int(one["code"]), set(stems(one["words"]))) for one in _CODED.finditer(description)]
    if len(codes) < 2:
        return None
    common = set.intersection(*(words for _, words in codes))
    shares = [(len((words - common) & wanted), code) for code, words in codes]
    most = max(count for count, _ in shares)
    best = [code for count, code in shares if count == most]
    return best[0] if most and len(best) == 1 else None


def _stem(word: str) -> str:
    for ending, put in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh")):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            return word.removesuffix(ending) + put
    return (
        word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3 else word
    )

"""Statements about oneself made into statements about somebody else, by rule.

"I moved to Oslo" becomes "My aunt moved to Oslo": so whatever may be told of oneself is told of others in
as many wordings, and telling them apart is learnt from who is spoken of, not from the wording. English
only; a statement that doesn't name its speaker gives none.
"""

# Lists of words are written as text, to be read.
# ruff: noqa: SIM905

from __future__ import annotations

import re
from random import Random

from finetune.data.conversations.grammar import CLOSE, OPEN

_SHORT = {"'m": "is", "'ve": "has", "'d": "would", "'ll": "will", "'re": "are"}
_IRREGULAR = {"am": "is", "have": "has", "do": "does", "don't": "doesn't", "haven't": "hasn't", "go": "goes"}
_UNCHANGED = frozenset(
    (
        "was can could must should will would may might can't couldn't won't wouldn't didn't wasn't had did "
        "put kept left hid went came took got bought found made said told set wrote saw gave grew chose "
        "became began drove flew knew met paid ran sold sent slept spoke spent stood taught thought won "
        "wore read cut fell felt held led lost meant rode sang sat swam fed hit let built caught broke "
        "dreamt learnt burnt ought used "
    ).split()
)
_ADVERBS = frozenset(
    (
        "always usually just never often now still really also only finally recently currently once already "
        "mostly normally sometimes even simply then actually almost secretly proudly happily "
    ).split()
)
_SELF = re.compile(r"\b(?:I|i|my|me|mine|myself)\b", re.IGNORECASE)
_OURS = re.compile(r"\b(?:we|us|our|ours|ourselves)\b|\byou\b|\byour\b", re.IGNORECASE)


def of_another(line: str, owner: str, rng: Random) -> str | None:
    """The statement as one about somebody else, or None where it doesn't speak of its speaker alone.

    Args:
        line: In the first person, singular.
        owner: Whose fact it is to be, such as "my aunt".
        rng: Decides on the pronoun.
    """
    if "?" in line or _OURS.search(line) or not _SELF.search(line):
        return None
    she, her, hers = rng.choice((("she", "her", "hers"), ("he", "his", "his"), ("they", "their", "theirs")))
    them = {"she": "her", "he": "him", "they": "them"}[she]
    named = False

    def whom(pronoun: str, name: str) -> str:
        nonlocal named
        if named:
            return pronoun
        named = True
        return name

    words = re.findall(r"\s+|[\w'’-]+|[^\w\s]", line.replace("’", "'"))
    said: list[str] = []
    value = False  # inside of a value's marks, which stays as it is
    agree = ""  # the subject for which the next verb is still to be changed
    for word in words:
        low = word.lower()
        value = word == OPEN or (value and word != CLOSE)
        if value or word == CLOSE:
            said.append(word)
            agree = ""
        elif agree and re.match(r"[a-z']", low):
            if low in _ADVERBS:
                said.append(word)
                continue
            said.append(word if agree == "they" and low != "am" else _third(word))
            agree = ""
        elif low in ("i", "i'm", "i've", "i'd", "i'll"):
            subject = whom(she, owner)
            single = "they" if subject == "they" else "one"
            short = _SHORT.get(low[1:])
            if short is None:
                said.append(subject)
                agree = single
            else:
                said.append(f"{subject} {_plural(short) if single == 'they' else short}")
        elif low == "my":
            said.append(whom(her, f"{owner}'s"))
        elif low == "mine":
            said.append(whom(hers, f"{owner}'s"))
        elif low == "me":
            said.append(whom(them, owner))
        elif low == "myself":
            said.append({"she": "herself", "he": "himself", "they": "themselves"}[she])
        else:
            said.append(word)
            if word.strip() and not word[0].isalnum():
                agree = ""
    text = "".join(said)
    return text[0].upper() + text[1:]


def _third(verb: str) -> str:
    if verb in _IRREGULAR:
        return _IRREGULAR[verb]
    if verb in _UNCHANGED or (verb.endswith(("ed", "ly")) and verb not in ("need", "feed", "speed", "rely")):
        return verb
    if verb.endswith(("s", "sh", "ch", "x", "z", "o")):
        return f"{verb}es"
    if verb.endswith("y") and len(verb) > 2 and verb[-2] not in "aeiou":
        return f"{verb[:-1]}ies"
    return f"{verb}s"


def _plural(short: str) -> str:
    return {"is": "are", "has": "have"}.get(short, short)

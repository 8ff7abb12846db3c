"""Words of a text as they're compared: case, number words, possessives and endings don't count.

English endings; other words stay as they are, and a script written without spaces is one long word.
"""

from __future__ import annotations

import re
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+(?:[.,]\d+)*(?:['’][^\W_]+)?")


def _list(text: str) -> dict[str, int]:
    return {word: number for number, word in enumerate(text.split())}


_COUNT = _list(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty"
)
_NUMBERS = {word: str(number) for word, number in _COUNT.items()} | {
    "thirty": "30",
    "forty": "40",
    "fifty": "50",
    "sixty": "60",
    "seventy": "70",
    "eighty": "80",
    "ninety": "90",
    "first": "1st",
    "second": "2nd",
    "third": "3rd",
    "fourth": "4th",
    "fifth": "5th",
}

FUNCTION_WORDS = frozenset(
    _list(
        "a an the and or but nor so yet if then than that this these those there here of in on at "
        "by for from with without to into onto over under about as is are was were be been being am "
        "do does did doing has have had having will would shall should can could may might must not "
        "no it its he she they them his her their theirs him hers we us our you your i me my mine "
        "who whom whose which what when where why how all any some such own same too very just also "
        "both each more most other out up down off again further once during before after above "
        "below between through while because until against s t re ve ll d m"
    )
)
"""Words that say little by themselves."""

_ENDINGS = (("ies", "y"), ("sses", "ss"), ("ied", "y"), ("ying", "y"))
_SIBILANT = ("s", "x", "z", "ch", "sh")


def words(text: str) -> list[str]:
    """Returns the words of `text`, normalised, in order."""
    return [normal(found[0]) for found in _WORD.finditer(text)]


def names(text: str) -> list[str]:
    """Returns the normalised words with a capital that aren't the first of `text`: most are names."""
    found = [word[0] for word in _WORD.finditer(text)][1:]
    return [normal(word) for word in found if word[0].isupper() and normal(word) not in FUNCTION_WORDS]


@lru_cache(1 << 16)
def normal(word: str) -> str:
    """Returns the form in which a word is compared: "Cities’" → "city", "1,000" → "1000", "three" → "3"."""
    word = word.lower().replace("’", "'")
    if word.endswith("n't") or word == "cannot":
        return "not"
    word = word.split("'")[0].replace(",", "")
    word = _NUMBERS.get(word, word)
    return word if word in FUNCTION_WORDS else _stem(word)


def _stem(word: str) -> str:
    if len(word) <= 3 or word.isdigit():
        return word
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) > len(ending) + 2:
            return word[: -len(ending)] + instead
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            word = word[: -len(ending)]
            if len(word) > 2 and word[-1] == word[-2] and word[-1] not in "lsz":
                word = word[:-1]
            break
    else:
        if (word.endswith("ly") and len(word) > 5) or (word.endswith("es") and word[:-2].endswith(_SIBILANT)):
            word = word[:-2]
        elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
            word = word[:-1]
    short = word[:-1] if word.endswith("e") and len(word) > 3 else word
    if short not in FUNCTION_WORDS:
        return short
    return word if word not in FUNCTION_WORDS else word + "e"  # what is noted is more than "not"

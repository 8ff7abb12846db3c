"""Whether a reply gives a value: by whole words, whatever the case, accents, spelling of numbers or format.

Contract: texts become tokens of letters or digits: lower case, without accents, articles and possessives;
number words become digits ("forty-one" 41, "the fourteenth" 14), "Doctor" becomes "dr", a plural loses its s,
letters and digits part ("7B93" is 7 b 93). A value is found where its tokens stand in a row; a code of digits
and letters also where they are grouped otherwise.

What it does not know: synonyms and translations ("Cologne" isn't "Köln"), misspellings, numbers of more than
two words.
"""

# Lists of words are written as text, to be read.
# ruff: noqa: SIM905

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_TOKEN = re.compile(r"[^\W\d_]+|\d+")
_DROPPED = {"a", "an", "the", "of"}
_SAME = {"doctor": "dr", "noon": "12", "midnight": "12"}
_SMALL = {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
        "sixteen seventeen eighteen nineteen".split()
    )
} | {
    word: number
    for number, word in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
        "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth".split(),
        1,
    )
}
_TENS = {
    word: 10 * number
    for number, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)
} | {"twentieth": 20, "thirtieth": 30}


@lru_cache(maxsize=4096)
def tokens(text: str) -> tuple[str, ...]:
    """Returns the text's tokens in the form in which they're compared."""
    text = unicodedata.normalize("NFKD", text.casefold()).replace("’", "'")
    text = "".join(char for char in text if not unicodedata.combining(char))
    text = text.replace("ø", "o").replace("ł", "l").replace("æ", "ae")
    text = re.sub(r"'s\b|\b([ap])\.?m\b\.?", "", text)
    text = re.sub(r"(\d)(st|nd|rd|th)\b", r"\1", text)
    found: list[str] = []
    for word in _TOKEN.findall(text):
        if word in _DROPPED:
            continue
        word = _SAME.get(word, word)
        if word in _TENS:
            found.append(str(_TENS[word]))
        elif word in _SMALL:
            number = _SMALL[word]
            # "forty-one": the last token was a whole ten written as a word.
            if 0 < number < 10 and found and found[-1] in _OF_TENS and _ends_in_ten(text, word, found):
                found[-1] = str(int(found[-1]) + number)
            else:
                found.append(str(number))
        elif word.isdigit():
            found.append(str(int(word)) if len(word) <= 2 else word)  # 8:05 is five past, code 042 is 042
        else:
            plural = len(word) > 3 and word.endswith("s") and not word.endswith("ss")
            found.append(word[:-1] if plural else word)
    return tuple(found)


_OF_TENS = {str(number) for number in _TENS.values()}


def _ends_in_ten(text: str, unit: str, found: list[str]) -> bool:
    return any(
        str(number) == found[-1] and re.search(rf"{ten}[ -]{unit}\b", text) for ten, number in _TENS.items()
    )


def places(text: str, value: str) -> list[tuple[int, int]]:
    """Returns where the value stands in the text, as ranges of the text's tokens."""
    have, want = tokens(text), tokens(value)
    if not want:
        return []
    size = len(want)
    found = [(at, at + size) for at in range(len(have) - size + 1) if have[at : at + size] == want]
    return found or _regrouped(have, want)


def gives(text: str, value: str) -> bool:
    """Returns whether the value stands anywhere in the text."""
    return bool(places(text, value))


def _regrouped(have: tuple[str, ...], want: tuple[str, ...]) -> list[tuple[int, int]]:
    """A code with its groups cut elsewhere: 482913, 48 29 13, "4 8 2 9 1 3"."""
    whole = "".join(want)
    if sum(char.isdigit() for char in whole) < 4:
        return []
    for start in range(len(have)):
        joined = ""
        for end in range(start, len(have)):
            joined += have[end]
            if joined == whole:
                return [(start, end + 1)]
            if not whole.startswith(joined):
                break
    return []

"""Words of a text with their places, and what kind of word each is: for metrics that compare words.

English: months, number words, negations and endings are its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_WORD = re.compile(r"[^\W_]+(?:[.,:]\d+)*(?:['’][^\W_]+)*(?:-[^\W\d_]+)*")
_ENDS = re.compile(r"[.!?。！？][\"'”’)\]]*(?:\s|$)|\n\s*\n")
_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty"
)
_NUMBERS = {word: float(number) for number, word in enumerate(_SMALL.split())} | {
    "thirty": 30.0,
    "forty": 40.0,
    "fifty": 50.0,
    "sixty": 60.0,
    "seventy": 70.0,
    "eighty": 80.0,
    "ninety": 90.0,
    "dozen": 12.0,
    "twice": 2.0,
    "first": 1.0,
    "second": 2.0,
    "third": 3.0,
    "fourth": 4.0,
    "fifth": 5.0,
    "sixth": 6.0,
    "seventh": 7.0,
    "eighth": 8.0,
    "ninth": 9.0,
    "tenth": 10.0,
}
_TIMES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_MONTH_NAMES = "january february march april may june july august september october november december"
_MONTHS = {word: word[:3] for word in _MONTH_NAMES.split()} | {
    word[:3]: word[:3] for word in _MONTH_NAMES.split()
}
_DAYS = _set("monday tuesday wednesday thursday friday saturday sunday")
_NEGATIONS = _set("not no never none nobody nothing neither nor without cannot nowhere hardly")
_IDLE = _set(
    "a an the and or but so yet if then than that this these those there here of in on at by for from "
    "with to into onto over under about as is are was were be been being am do does did doing has have "
    "had having will would shall should can could may might must it its he she they them his her hers "
    "their theirs him we us our you your i me my mine who whom whose which what when where why how all "
    "any some such own same too very just also both each more most other out up down off again further "
    "once during before after above below between through while because until against s t only one "
    "another new s"
)
_VERBS = _set("is was has had did does will would can could won wrote became said and")
_YEAR = re.compile(r"(?:1\d{3}|20\d\d)s?$")
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)$")
_NUMERAL = re.compile(r"\d+(?:\.\d+)?$")


@dataclass(frozen=True)
class Token:
    """One word.

    Attributes:
        place: its number in the text.
        start: where it begins, in characters.
        end: where it ends, exclusive.
        text: as it stands.
        normal: as it's compared.
        value: the number it names, "three million" being one value at its first word; None for other words.
        name: whether it has the capital of a name.
    """

    place: int
    start: int
    end: int
    text: str
    normal: str
    value: float | None = None
    name: bool = False

    @property
    def stem(self) -> str:
        """Longer words without their endings, roughly: the first six letters, or all but a plural's s."""
        if any(letter.isdigit() for letter in self.normal):
            return self.normal
        return self.normal[:6] if len(self.normal) > 6 else self.normal.removesuffix("s")

    @property
    def negates(self) -> bool:
        """Whether it's a negation, "don't" too."""
        return self.normal in _NEGATIONS

    @property
    def content(self) -> bool:
        """Whether it says something by itself."""
        return self.normal not in _IDLE and len(self.normal) > 1

    @property
    def month(self) -> bool:
        """Whether it's a month, with its capital ("may" isn't)."""
        return self.text[:1].isupper() and self.text.lower().rstrip(".") in _MONTHS

    @property
    def dates(self) -> bool:
        """Whether it's a part of a date by itself: a month, a weekday, a year."""
        return self.month or self.normal.removesuffix("s") in _DAYS or bool(_YEAR.match(self.text))

    @property
    def day(self) -> bool:
        """Whether it could be the day of a month."""
        return self.value is not None and 1 <= self.value <= 31 and self.text[0].isdigit()


def read(text: str) -> list[Token]:
    """Returns the words of `text` in order."""
    found = list(_WORD.finditer(text))
    heads = {0} | {
        place
        for place, word in enumerate(found)
        if place and _ENDS.search(text, found[place - 1].end(), word.start())
    }
    words: list[Token] = []
    for place, word in enumerate(found):
        normal = _normal(word[0])
        name = word[0][0].isupper() and normal not in _IDLE
        if name and place in heads:  # the first word has its capital anyway
            name = _subject(found, place)
        words.append(
            Token(
                place, word.start(), word.end(), word[0], normal, _value(normal), name and not _dated(word[0])
            )
        )
    return _multiplied(words)


def parted(words: Sequence[Token], text: str) -> Iterator[list[Token]]:
    """Gives the words sentence by sentence, cut simply at stops followed by white space."""
    part: list[Token] = []
    for word in words:
        if part and _ENDS.search(text, part[-1].end, word.start + 1):
            yield part
            part = []
        part.append(word)
    if part:
        yield part


def _normal(word: str) -> str:
    word = word.lower().replace("’", "'")
    if word.endswith("n't"):
        return "not"
    word = word.split("'")[0] if "'" in word else word
    word = word.replace(",", "") if word[:1].isdigit() else word
    ordinal = _ORDINAL.match(word)
    word = ordinal[1] if ordinal else word
    if word in _NUMBERS:
        return f"{_NUMBERS[word]:g}"
    return _MONTHS.get(word, word) if word not in {"may", "mar"} else word


def _value(normal: str) -> float | None:
    return float(normal) if _NUMERAL.match(normal) else None


def _dated(word: str) -> bool:
    lower = word.lower()
    return lower in _MONTHS or lower.removesuffix("s") in _DAYS


def _subject(found: Sequence[re.Match[str]], place: int) -> bool:
    """Whether the first word is likely a name: what follows it is a verb of the third person."""
    if found[place][0].endswith(("'s", "’s")):
        return True
    if place + 1 >= len(found):
        return False
    following = found[place + 1][0].lower()
    verbs = {
        "is",
        "was",
        "has",
        "had",
        "did",
        "does",
        "will",
        "would",
        "can",
        "could",
        "won",
        "wrote",
        "became",
        "and",
    }
    return found[place][0].lower().endswith("s") is False and (following in verbs or following.endswith("ed"))


def _multiplied(words: list[Token]) -> list[Token]:
    """Gives "3 million" its value at the "3", and takes it from "million"."""
    found = list(words)
    for place, word in enumerate(found[:-1]):
        times = 1.0
        following = place + 1
        while following < len(found) and found[following].normal in _TIMES:
            times *= _TIMES[found[following].normal]
            following += 1
        if word.value is not None and times > 1:
            found[place] = Token(
                word.place, word.start, word.end, word.text, word.normal, word.value * times, word.name
            )
    return found

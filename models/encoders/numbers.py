"""Numbers as people write them, as numbers: digits with separators, words, scales, percents, fractions.

English, and the point as the decimal sign. "half", "a dozen", ordinals and years in words count; units and
currency signs around a number are passed over. Of several numbers the first is taken.
"""

from __future__ import annotations

import re
from fractions import Fraction

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_ROUND = "twenty thirty forty fifty sixty seventy eighty ninety"
_UNITS = {name: value for value, name in enumerate(_SMALL.split())}
_TENS = {name: 10 * value for value, name in enumerate(_ROUND.split(), start=2)}
_SINGLE = {"single": 1, "once": 1, "twice": 2, "thrice": 3, "couple": 2, "pair": 2, "dozen": 12}
_ODD = {"first": 1, "second": 2, "third": 3, "fifth": 5, "eighth": 8, "ninth": 9, "twelfth": 12}
_ORDINALS = {
    **_ODD,
    **{f"{name}th": value for name, value in _UNITS.items() if value and value not in _ODD.values()},
    **{f"{name[:-1]}ieth": value for name, value in _TENS.items()},
}
_PARTS = {
    "half": 2,
    "halves": 2,
    "quarter": 4,
    "quarters": 4,
    **{f"{name}s": value for name, value in _ORDINALS.items() if value > 2},
}
_SCALES = {
    "hundred": 100,
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
    "k": 10**3,
    "mn": 10**6,
    "bn": 10**9,
    "lakh": 10**5,
    "crore": 10**7,
    "dozen": 12,
}
_WHOLE = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d+)?|\d*\.?\d+"
_DIGITS = re.compile(
    rf"(?P<sign>(?<![\w.)])[-−]\s?)?(?<![\w.])[$€£¥₹]?\s?(?:(?P<ones>\d+)\s+(?=\d+\s*/\s*\d))?(?P<whole>{_WHOLE})"
    r"(?:[eE](?P<power>[-+]?\d+))?(?:\s*/\s*(?P<under>\d+))?(?P<ordinal>st|nd|rd|th)?"
    r"\s*(?P<percent>%|percent\b|per cent\b)?"
    r"\s*(?P<scale>thousand|million|billion|trillion|hundred|lakh|crore|dozen|k|mn|bn)?(?!\w)",
    re.IGNORECASE,
)
_LOOSE = re.compile(r"[-−]?\d+(?:,\d{3})*(?:\.\d+)?")
_WORD = re.compile(r"[a-z]+")


def number_places(text: str) -> list[tuple[int, int]]:
    """Characters start:end of every number in digits, with sign, scale ("million") and percent."""
    found = []
    for one in _DIGITS.finditer(text):
        words = one[0]
        start = one.start() + len(words) - len(words.lstrip(" $€£¥₹"))
        found.append((start, one.start() + len(words.rstrip())))
    return found


def parse_number(text: str) -> tuple[float, bool] | None:
    """The first number in a text, and whether it was said in percent; None where there is none."""
    found = _DIGITS.search(text)
    if found is not None:
        value = Fraction(found["whole"].replace(",", ""))
        if found["power"]:
            value *= Fraction(10) ** max(-300, min(300, int(found["power"])))
        if found["under"] and int(found["under"]):
            value /= int(found["under"])
        if found["ones"]:
            value += int(found["ones"])
        if found["scale"]:
            value *= _SCALES[found["scale"].lower()]
        return float(-value if found["sign"] else value), bool(found["percent"])
    spoken = _spoken(_WORD.findall(text.lower()))
    if spoken is not None:
        return float(spoken), re.search(r"\bper ?cent\b", text, re.IGNORECASE) is not None
    loose = _LOOSE.search(text)
    return None if loose is None else (float(loose[0].replace(",", "").replace("−", "-")), "%" in text)


def _spoken(words: list[str]) -> Fraction | None:
    """A number in words, or None: "two hundred and five", "minus three point five", "half a million"."""
    begin = next((at for at in range(len(words)) if _opens(words, at)), None)
    if begin is None:
        return None
    sign = -1 if begin and words[begin - 1] in ("minus", "negative") else 1
    value, at = _whole(words, begin)
    if words[at : at + 1] == ["point"]:
        digits = ""
        for word in words[at + 1 :]:
            if _UNITS.get(word, 10) > 9:
                break
            digits += str(_UNITS[word])
        return sign * (value + Fraction(int(digits), 10 ** len(digits))) if digits else sign * value
    # "two and a half", "three and three quarters"
    if words[at : at + 1] == ["and"] and at + 1 < len(words):
        part = _part(words, at + 1)
        return sign * (value + part if part is not None else value)
    return sign * value


def _opens(words: list[str], at: int) -> bool:
    """Whether a number in words begins here; an article does only before one, or first of all."""
    word, after = words[at], words[at + 1 : at + 2]
    if word in ("a", "an", "no"):
        counted = after and (after[0] in _SCALES or after[0] in _PARTS or after[0] in _SINGLE)
        return bool(counted) if word != "no" and at else bool(after)
    if word == "point":
        return bool(after) and _UNITS.get(after[0], 10) < 10
    return (
        word in _UNITS or word in _TENS or word in _ORDINALS or word in _SINGLE or word in ("half", "quarter")
    )


def _part(words: list[str], at: int) -> Fraction | None:
    """A fraction in words ("a half", "three quarters", "one third") that begins here."""
    word, after = words[at], words[at + 1 : at + 2]
    if word in ("half", "quarter"):
        return Fraction(1, _PARTS[word])
    count = 1 if word in ("a", "an") else _UNITS.get(word)
    if count is None or not after:
        return None
    under = _PARTS.get(after[0])
    if under is None and count == 1 and _ORDINALS.get(after[0], 0) > 2:
        under = _ORDINALS[after[0]]
    return None if under is None else Fraction(count, under)


def _whole(words: list[str], at: int) -> tuple[Fraction, int]:
    """The number that begins here, and where it ends."""
    if words[at] == "point":
        return Fraction(0), at
    part = _part(words, at)
    if part is not None:
        at += 1 if words[at] in ("half", "quarter") else 2
        rest = [word for word in words[at : at + 3] if word not in ("a", "an", "of")]
        if rest and rest[0] in _SCALES:
            return part * _SCALES[rest[0]], words.index(rest[0], at) + 1
        return part, at
    total = current = Fraction(0)
    room = 10**15  # what may be added must be below this
    lowest = 10**15  # of the scales so far
    if words[at] in ("a", "an"):
        current, at = Fraction(1), at + 1
        room = 1
        if at < len(words) and words[at] in _SINGLE and words[at] != "dozen":
            return Fraction(_SINGLE[words[at]]), at + 1
    elif words[at] == "no":
        return Fraction(0), at + 1
    elif words[at] in _SINGLE:
        return Fraction(_SINGLE[words[at]]), at + 1
    while at < len(words):
        word = words[at]
        if word in _SCALES and current and _SCALES[word] < lowest:
            scale = _SCALES[word]
            current *= scale
            room = scale
            if scale >= 1000:
                total, current, lowest, room = total + current, Fraction(0), scale, scale
        elif word == "and" and room in (100, 1000, 10**6, 10**9) and _value(words, at + 1) is not None:
            if _part(words, at + 1) is not None:
                break
        else:
            value = _value(words, at)
            if value is None:
                break
            if 10 <= value < 100 and 10 <= current < 100 and not total:
                current, room = current * 100 + value, 10 if value >= 20 and not value % 10 else 1
            elif value < room:
                current += value
                room = 10 if word in _TENS else 1
            else:
                break
            if word in _ORDINALS:
                at += 1
                break
        at += 1
    return total + current, at


def _value(words: list[str], at: int) -> int | None:
    if at >= len(words):
        return None
    word = words[at]
    return _UNITS.get(word, _TENS.get(word, _ORDINALS.get(word)))

"""Numbers as people write them, as numbers: digits with separators, words, scales, percents, fractions.

English, and the point as the decimal sign. "half", "a dozen" and ordinals count; units and currency signs
around a number are passed over.
"""

from __future__ import annotations

import re
from fractions import Fraction

_UNITS = {
    name: value
    for value, name in enumerate(
        (
            *(
                "zero",
                "one",
                "two",
                "three",
                "four",
                "five",
                "six",
                "seven",
                "eight",
                "nine",
                "ten",
                "eleven",
            ),
            *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
        )
    )
} | {"a": 1, "an": 1, "single": 1, "once": 1, "twice": 2, "couple": 2, "pair": 2, "dozen": 12, "no": 0}
_TENS = {
    name: 10 * value
    for value, name in enumerate(
        ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"), start=2
    )
}
_ORDINALS = {
    "first": 1,
    "second": 2,
    "third": 3,
    "fifth": 5,
    "eighth": 8,
    "ninth": 9,
    "twelfth": 12,
    **{
        f"{name}th": value
        for name, value in _UNITS.items()
        if 4 <= value <= 19 and name not in ("five", "eight")
    },
    **{f"{name[:-1]}ieth": value for name, value in _TENS.items()},
}
_PARTS = {
    "half": Fraction(1, 2),
    "quarter": Fraction(1, 4),
    "thirds": Fraction(1, 3),
    "quarters": Fraction(1, 4),
}
_SCALES = {
    "hundred": 100,
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
    "k": 10**3,
    "m": 10**6,
    "mn": 10**6,
    "bn": 10**9,
    "b": 10**9,
    "dozen": 12,
    "lakh": 10**5,
    "crore": 10**7,
}
_DIGITS = re.compile(
    r"(?P<sign>(?<![\w.])[-−]\s?)?(?P<whole>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d*\.?\d+)(?:[eE](?P<power>[-+]?\d+))?"
    r"(?:\s*/\s*(?P<under>\d+))?(?P<ordinal>st|nd|rd|th)?\s*(?P<percent>%|percent\b|per cent\b)?"
    r"\s*(?P<scale>thousand|million|billion|trillion|hundred|lakh|crore|k|mn|bn)?(?![\w])",
    re.IGNORECASE,
)
_LOOSE = re.compile(r"[-−]?\d+(?:,\d{3})*(?:\.\d+)?")
_WORD = re.compile(r"[a-z]+")


def parse_number(text: str) -> tuple[float, bool] | None:
    """The first number in a text, and whether it was said in percent; None where there is none."""
    found = _DIGITS.search(text)
    if found is not None:
        value = Fraction(found["whole"].replace(",", ""))
        if found["power"]:
            value *= Fraction(10) ** max(-300, min(300, int(found["power"])))
        if found["under"] and int(found["under"]):
            value /= int(found["under"])
        if found["scale"]:
            value *= _SCALES[found["scale"].lower()]
        return float(-value if found["sign"] else value), bool(found["percent"])
    spoken = _spoken(text.lower())
    if spoken is not None:
        return spoken, "percent" in text.lower() or "per cent" in text.lower()
    loose = _LOOSE.search(text)
    return None if loose is None else (float(loose[0].replace(",", "").replace("−", "-")), "%" in text)


def _spoken(text: str) -> float | None:
    """A number in words, or None: "two hundred and five", "minus three point five", "half a million"."""
    total, current, seen, sign = Fraction(0), Fraction(0), False, 1
    point: list[int] | None = None
    for word in _WORD.findall(text):
        if point is not None:
            if word in _UNITS and _UNITS[word] < 10:
                point.append(_UNITS[word])
                continue
            break
        if word in ("minus", "negative") and not seen:
            sign = -1
        elif word in _SCALES and len(word) > 2 and (seen or word not in ("dozen",)):
            current = (current if seen and current else Fraction(1)) * _SCALES[word]
            if _SCALES[word] >= 1000:
                total, current = total + current, Fraction(0)
            seen = True
        elif word in _UNITS or word in _TENS or word in _ORDINALS:
            value = _UNITS.get(word, _TENS.get(word, _ORDINALS.get(word, 0)))
            if word in ("a", "an", "no") and seen:
                continue
            current, seen = current + value, True
        elif word in _PARTS:
            current = (current if seen and current else Fraction(1)) * _PARTS[word]
            seen = True
        elif word == "point" and seen:
            point = []
        elif word in ("and", "of") and seen:
            continue
        elif seen:
            break
    if not seen or text.strip() in ("a", "an", "no"):
        return None
    value = total + current
    if point:
        value += Fraction(int("".join(map(str, point))), 10 ** len(point))
    return float(sign * value)

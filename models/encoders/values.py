"""From the words that stand for an argument to its value, of the type that the schema asks for.

Contract: what is returned satisfies the schema's type, bounds and options; None says that these words can't
be such a value. Nothing is made up: words become numbers, dates, options and codes where the schema or its
description asks for those, and stay as they were said everywhere else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from models.encoders.codes import as_code
from models.encoders.dates import as_asked
from models.encoders.durations import convert
from models.encoders.listed import coded, option, snap
from models.encoders.numbers import parse_number
from models.encoders.parameters import schema_type

_QUOTES = "\"'“”‘’`"
_EDGES = f" \t\r\n{_QUOTES},;:!?"
_SENTENCE = 4
"""From so many words on a text may end with its own question mark."""
_FRACTION = re.compile(
    r"\bdecimal\b|\bfraction\b|between 0 and 1\b|\b0(?:\.0)? to 1\b|from 0 to 1\b|\b0\.\d+\b|\bprobability\b|"
    r"\bsums? (?:up )?to 1\b",
    re.IGNORECASE,
)
_PERCENT = re.compile(r"percent|%", re.IGNORECASE)
_KELVIN = re.compile(r"\bkelvin\b|\btemperature\b", re.IGNORECASE)
_COORDINATE = re.compile(r"\blatitude\b|\blongitude\b|\bcoordinates?\b|\blat\b|\blo?ng?\b", re.IGNORECASE)
_YEARLY = re.compile(r"\bcompound|\bper year\b|\bper unit time\b|\btimes\b", re.IGNORECASE)
_OFTEN = {
    "annual": 1,
    "annually": 1,
    "yearly": 1,
    "semiannually": 2,
    "semi-annually": 2,
    "half-yearly": 2,
    "quarterly": 4,
    "monthly": 12,
    "biweekly": 26,
    "weekly": 52,
    "daily": 365,
}
_SEPARATORS = re.compile(
    r"\s*(?:,\s*and\s+|,\s*or\s+|,|;|\n|\band\b|\bor\b|(?<=\s)&(?=\s))\s*", re.IGNORECASE
)
_QUOTED = re.compile(r"(?<!\w)(?:'(.+?)'|\"(.+?)\"|“(.+?)”|‘(.+?)’|`(.+?)`)(?!\w)", re.DOTALL)
_NUMBERS = re.compile(r"(?<![\w.])[-−]?(?:\d+(?:,\d{3})*(?:\.\d+)?|\.\d+)(?:\s*%|\s?°?\s?[NSEW]\b)?")
_ARTICLE = re.compile(r"(?:the|an?)\s+(?=\S)", re.IGNORECASE)


def value(text: str, schema: Mapping[str, Any], context: str = "") -> Any:
    """The value that these words stand for.

    Args:
        text: A span of what was said.
        schema: The parameter's JSON Schema.
        context: The conversation around it: it may name the year of a date.
    """
    kind, about = schema_type(schema), str(schema.get("description") or "")
    if schema.get("enum"):
        return option(text, [one for one in schema["enum"] if one is not None])
    if kind in ("integer", "number"):
        made: Any = _number(text, kind, about)
    elif kind == "array":
        made = elements([text], schema, context) or None
    elif kind == "object":
        made = _object(text)
    elif kind in ("boolean", "null"):
        made = None
    else:
        made = _words(text, schema, about, context)
    return made if made is not None and _fits(made, schema) else None


def elements(texts: Sequence[str], schema: Mapping[str, Any], context: str = "") -> list[Any]:
    """The elements that these words stand for; several in one text ("1, 2 and 3") are taken apart."""
    items = schema.get("items")
    items = items if isinstance(items, Mapping) else {}
    about = str(items.get("description") or schema.get("description") or "")
    kind = schema_type(items) if items else "string"
    one = {**items, "description": about, "type": kind}
    found: list[Any] = []
    for text in texts:
        for part in _parts(text, kind):
            made = value(part, one, context)
            # One of several options is chosen once.
            if made is not None and not (items.get("enum") and made in found):
                found.append(made)
    return found


def _parts(text: str, kind: str) -> list[str]:
    if kind in ("integer", "number"):
        return [found[0] for found in _NUMBERS.finditer(_spaced(text))] or _SEPARATORS.split(text)
    if kind in ("array", "object"):
        return [text]
    quoted = ["".join(found) for found in _QUOTED.findall(text)]
    if quoted:
        return quoted
    parts = [part for part in _SEPARATORS.split(text) if part.strip(_EDGES)]
    return [_ARTICLE.sub("", part, count=1) if _ARTICLE.match(part) else part for part in parts]


def _spaced(text: str) -> str:
    """Lists written without spaces ("1,2,3") are no thousands: "100,200" is one only by its look."""
    return re.sub(r"(?<=\d),(?=\d{1,2}(?!\d))|(?<=\d),(?=\d{4,})", ", ", text)


def _words(text: str, schema: Mapping[str, Any], about: str, context: str) -> str | None:
    words = _trimmed(text)
    if not words:
        return None
    if schema.get("format") in ("date", "date-time") and "YYYY" not in about:
        about += " YYYY-MM-DD" if schema["format"] == "date" else " YYYY-MM-DDTHH:MM:SS"
    dated = as_asked(words, about, context)
    return dated if dated != words else as_code(snap(words, about), about)


def _trimmed(text: str) -> str:
    """Words without the marks around them; what's in quotes, or a sentence, keeps its own."""
    words = text.strip()
    if len(words) > 2 and words[0] in _QUOTES and words[-1] in _QUOTES:
        return words.strip(_QUOTES).strip()
    if len(words.split()) >= _SENTENCE and words[-1] in "?!:":
        return words.lstrip(_EDGES)
    words = words.strip(_EDGES)
    return words if re.search(r"\b\w\.\w\.$", words) else words.rstrip(".")


def _number(text: str, kind: str, about: str) -> int | float | None:
    if _KELVIN.search(about):
        text = re.sub(r"(?<=\d)\s*°?K\b", "", text)
    number = convert(text, about)
    percent = False
    if number is None:
        parsed = parse_number(text)
        if parsed is None:
            told = coded(text, about)
            told = _OFTEN.get(text.strip(_EDGES).lower()) if told is None and _YEARLY.search(about) else told
            return told if told is None or kind == "integer" else float(told)
        number, percent = parsed
    if _COORDINATE.search(about) and number > 0 and re.search(r"\d\s?°?\s?[SW]\b", text):
        number = -number
    if percent and (_FRACTION.search(about) or (kind == "number" and not _PERCENT.search(about))):
        number = round(number / 100, 12)
    if kind == "number":
        return number
    return round(number) if abs(number - round(number)) < 1e-9 else None


def _object(text: str) -> dict[str, Any] | None:
    """An object is only taken as it stands, as JSON."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _fits(made: Any, schema: Mapping[str, Any]) -> bool:
    """Whether a value keeps the bounds of its schema; a pattern that Python can't read binds nothing."""
    if isinstance(made, (int, float)):
        bounds = ((1, "minimum"), (-1, "maximum"), (1, "exclusiveMinimum"), (-1, "exclusiveMaximum"))
        for sign, key in bounds:
            bound = schema.get(key)
            if not isinstance(bound, (int, float)) or isinstance(bound, bool):
                continue
            if sign * made < sign * bound or (made == bound and key.startswith("exclusive")):
                return False
        return True
    if isinstance(made, str):
        if len(made) < (schema.get("minLength") or 0) or len(made) > (schema.get("maxLength") or len(made)):
            return False
        try:
            return "pattern" not in schema or re.search(str(schema["pattern"]), made) is not None
        except re.error:
            return True
    if isinstance(made, list):
        return (schema.get("minItems") or 0) <= len(made) <= (schema.get("maxItems") or len(made))
    return True

"""Dates and times as people write them, in the form that a parameter's description asks for.

English. A date without a year, or a relative one ("tomorrow"), stays as it was said: which day is meant
depends on when it's asked, and that isn't known here.
"""

from __future__ import annotations

import re
from datetime import date

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul",
            "august aug", "september sep sept", "october oct", "november nov", "december dec",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_NAMES = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})",
        rf"(?P<name>{_NAMES})\.?\s+{_DAY}\s*,?\s+(?P<year>\d{{4}})",
        rf"{_DAY}\s+(?:of\s+)?(?P<name>{_NAMES})\.?\s*,?\s+(?P<year>\d{{4}})",
        r"(?P<month>\d{1,2})[-/.](?P<day>\d{1,2})[-/.](?P<year>\d{4})",
    )
)
_ASKED = re.compile(r"\b(y{4}|m{2}|d{2})([-/. ])(m{2}|d{2}|y{4})\2(m{2}|d{2}|y{4})\b", re.IGNORECASE)
_STYLE = {"yyyy": "%Y", "mm": "%m", "dd": "%d"}
_ISO = re.compile(r"\biso[ -]?8601\b|\bisoformat\b", re.IGNORECASE)
_EXAMPLE = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)|(?<!\d)(\d{2})/(\d{2})/(\d{4})(?!\d)")


def parse_date(text: str) -> date | None:
    """The date that a text is, or None; of 03/04/2024 the month comes first unless it can't."""
    for form in _FORMS:
        found = form.search(text)
        if found is None:
            continue
        parts = found.groupdict()
        month = _MONTHS[parts["name"].lower()] if parts.get("name") else int(parts["month"])
        day = int(parts["day"])
        if month > 12 >= day:
            month, day = day, month
        try:
            return date(int(parts["year"]), month, day)
        except ValueError:
            return None
    return None


def date_style(description: str) -> str | None:
    """The `strftime` form that a description asks for ("YYYY-MM-DD", an example of it), or None."""
    asked = _ASKED.search(description)
    if asked is not None:
        parts = [_STYLE.get(part.lower()) for part in (asked[1], asked[3], asked[4])]
        if None not in parts:
            return asked[2].join(str(part) for part in parts)
    if _ISO.search(description):
        return "%Y-%m-%d"
    example = _EXAMPLE.search(description)
    if example is not None:
        return "%Y-%m-%d" if example[1] else "%m/%d/%Y"
    return None


def as_asked(text: str, description: str) -> str:
    """The text, or where it's a whole date and the description asks for a form, the date in that form."""
    style = date_style(description)
    day = parse_date(text) if style is not None else None
    return text if style is None or day is None else day.strftime(style)

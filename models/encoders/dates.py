"""Dates and times as people write them, in the form that a parameter's description asks for.

English. A date without a year takes the only year that the conversation names; a relative one ("tomorrow",
"next Monday") is counted from the day that the conversation calls today. Without them it stays as it was
said: which day is meant depends on when it's asked, and that isn't known here.
"""

from __future__ import annotations

import re
from datetime import date, time, timedelta

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
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NAMES = rf"(?P<name>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\b\.?"
_TIGHT = rf"(?P<name>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?\b"
_YEAR = r"(?P<year>\d{4})\b"
_GAP = r"\s*[-/.]\s*"
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"\b(?P<year>\d{{4}}){_GAP}(?P<month>\d{{1,2}}){_GAP}(?P<day>\d{{1,2}})\b",
        rf"\b{_TIGHT}\s*{_DAY}\s*,?\s*(?:of\s+)?{_YEAR}",
        rf"\b{_DAY}\s*(?:of\s+)?{_NAMES}\s*,?\s*(?:of\s+)?{_YEAR}",
        rf"\b(?P<year>\d{{4}})\s*,?\s*{_TIGHT}\s*{_DAY}",
        rf"\b(?P<month>\d{{1,2}}){_GAP}(?P<day>\d{{1,2}}){_GAP}{_YEAR}",
        r"(?<!\d)(?P<year>(?:19|20)\d{2})(?P<month>\d{2})(?P<day>\d{2})(?!\d)",
    )
)
_YEARLESS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (rf"\b{_TIGHT}\s*{_DAY}", rf"\b(?:the\s+)?{_DAY}\s*(?:of\s+)?{_NAMES}")
)
_YEARS = re.compile(r"(?<!\d)(?:19|20)\d{2}(?=(?:\d{4})?(?!\d))")
_TODAY = re.compile(
    r"\btoday(?:['’]s\s+date)?\s*(?:is|:|=|was)?\s*(?:\w+day,?\s+)?(?:the\s+)?(?P<rest>[^?!\n]{4,30})",
    re.IGNORECASE,
)
_AWAY = {
    "the day after tomorrow": 2,
    "day after tomorrow": 2,
    "today": 0,
    "tonight": 0,
    "tomorrow": 1,
    "yesterday": -1,
}
_WEEKDAY = re.compile(rf"(?:(?:on|the|next|this|upcoming|coming)\s+)*({'|'.join(_WEEKDAYS)})", re.IGNORECASE)
_TIMES = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        r"(?<![\d.:/-])(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?::(?P<second>\d{2}))?(?![\d:/-])"
        r"(?:\s*(?P<half>[ap])\.?m\b)?",
        r"(?<![\d.:/-])(?P<hour>\d{1,2})\s*(?P<half>[ap])\.?m\b",
        r"(?<![\d.:/-])(?P<hour>\d{1,2})(?:\s*o['’]?clock)?\s+(?:in\s+the|at)\s+"
        r"(?P<part>morning|afternoon|evening|night)",
        r"\b(?P<word>noon|midday|midnight)\b",
    )
)
_ASKED = re.compile(r"\b(y{4}|m{2}|d{2})([-/. ])(m{2}|d{2}|y{4})\2(m{2}|d{2}|y{4})(?=\b|t)", re.IGNORECASE)
_SPOKEN = re.compile(r"\b(year|month|day)-(month|day)-(year|day)\b", re.IGNORECASE)
_STYLE = {"yyyy": "%Y", "mm": "%m", "dd": "%d", "year": "%Y", "month": "%m", "day": "%d"}
_CLOCK = re.compile(r"(?:\b|t)hh:mm(:ss)?\b", re.IGNORECASE)
_ISO = re.compile(r"\biso[ -]?8601\b|\bisoformat\b", re.IGNORECASE)
_EXAMPLE = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)|(?<!\d)(\d{2})/(\d{2})/(\d{4})(?!\d)")


def parse_date(text: str, context: str = "", *, day_first: bool = False) -> date | None:
    """The date that a text is, or None.

    Args:
        text: What was said.
        context: The conversation around it, which may name a year, or today's date.
        day_first: How 03/04/2024 is to be read where both ways are dates.
    """
    for form in _FORMS:
        found = form.search(text)
        if found is not None:
            return _made(found, int(found["year"]), day_first)
    years = set(_YEARS.findall(context))
    for form in _YEARLESS if len(years) == 1 else ():
        found = form.search(text)
        if found is not None:
            return _made(found, int(years.pop()), day_first)
    return _relative(text, context)


def parse_time(text: str) -> time | None:
    """The time of day that a text is, or None; without a.m. or p.m. it's read by the 24-hour clock."""
    for form in _TIMES:
        found = form.search(text)
        if found is None:
            continue
        parts = found.groupdict()
        if parts.get("word"):
            return time(0 if parts["word"].lower() == "midnight" else 12)
        hour, minute, second = (int(parts.get(key) or 0) for key in ("hour", "minute", "second"))
        half, part = (parts.get("half") or "").lower(), (parts.get("part") or "").lower()
        if half or part:
            late = half == "p" or part in ("afternoon", "evening") or (part == "night" and hour > 4)
            hour = hour % 12 + 12 * late if hour <= 12 else hour
        try:
            return time(hour, minute, second)
        except ValueError:
            return None
    return None


def date_style(description: str) -> str | None:
    """The `strftime` form that a description asks for ("YYYY-MM-DD", an example of it), or None."""
    asked = _ASKED.search(description)
    if asked is not None:
        style = _style((asked[1], asked[3], asked[4]), asked[2])
        if style is not None:
            return style
    spoken = _SPOKEN.search(description)
    if spoken is not None:
        style = _style(spoken.groups(), "-")
        if style is not None:
            return style
    if _ISO.search(description):
        return "%Y-%m-%d"
    example = _EXAMPLE.search(description)
    if example is not None:
        return "%Y-%m-%d" if example[1] else "%m/%d/%Y"
    return None


def as_asked(text: str, description: str, context: str = "") -> str:
    """The text, or where it's a whole date or time and the description asks for a form, that in this form.

    A date where a time is asked for too begins at midnight, unless the text tells the time.
    """
    style, clock = date_style(description), _CLOCK.search(description)
    hours = "" if clock is None else "%H:%M:%S" if clock[1] else "%H:%M"
    if style is None:
        told = parse_time(text) if hours else None
        return text if told is None else told.strftime(hours)
    day = parse_date(text, context, day_first=style.startswith("%d"))
    if day is None:
        return text
    if not hours:
        return _padded(day, style)
    between = "T" if clock is not None and clock[0][0] in "Tt" else " "
    told = parse_time(_without_date(text)) or time()
    return _padded(day, style) + between + told.strftime(hours)


def _padded(day: date, style: str) -> str:
    # Years before 1000 come without zeros from some C libraries.
    return (
        style.replace("%Y", f"{day.year:04}").replace("%m", f"{day.month:02}").replace("%d", f"{day.day:02}")
    )


def _without_date(text: str) -> str:
    for form in (*_FORMS, *_YEARLESS):
        text, count = form.subn(" ", text, count=1)
        if count:
            break
    return text


def _made(found: re.Match[str], year: int, day_first: bool) -> date | None:
    parts = found.groupdict()
    month = _MONTHS[parts["name"].lower()] if parts.get("name") else int(parts["month"])
    day = int(parts["day"])
    ends = parts.get("year") is not None and found.start("year") > found.start("day")
    if not parts.get("name") and ends and (day_first or month > 12 >= day) and day <= 12:
        month, day = day, month
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _relative(text: str, context: str) -> date | None:
    said = " ".join(text.lower().split()).strip(" .,!?")
    weekday = _WEEKDAY.fullmatch(said)
    if said not in _AWAY and weekday is None:
        return None
    today = next((day for one in _TODAY.finditer(context) if (day := _named(one["rest"], context))), None)
    if today is None:
        return None
    if weekday is None:
        return today + timedelta(_AWAY[said])
    return today + timedelta((_WEEKDAYS.index(weekday[1].lower()) - today.weekday() - 1) % 7 + 1)


def _named(text: str, context: str) -> date | None:
    return parse_date(text, context) if not _WEEKDAY.fullmatch(text.lower().strip(" .")) else None


def _style(parts: tuple[str, ...], between: str) -> str | None:
    named = [_STYLE[part.lower()] for part in parts]
    return between.join(named) if len(set(named)) == 3 else None

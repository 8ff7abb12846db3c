"""Numbers, dates and times as people write them."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

_SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
    *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_PLACES = (
    *("first", "second", "third", "fourth", "fifth", "sixth"),
    *("seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth"),
)
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_FIRST_DAY = date(1990, 1, 1)
_DAYS = 14600


def in_words(number: int) -> str:
    """A whole number from 0 to 999,999 in words."""
    if number < 20:
        return _SMALL[number]
    if number < 100:
        return _TENS[number // 10 - 2] + (f"-{_SMALL[number % 10]}" if number % 10 else "")
    if number < 1000:
        rest = number % 100
        return f"{_SMALL[number // 100]} hundred" + (f" and {in_words(rest)}" if rest else "")
    rest = number % 1000
    return f"{in_words(number // 1000)} thousand" + (f" {in_words(rest)}" if rest else "")


def ordinal(number: int, *, words: bool = False) -> str:
    """A place in a row: "21st"; in words up to twelve."""
    return _PLACES[number - 1] if words and 1 <= number <= len(_PLACES) else f"{number}{_nth(number)}"


def written(rng: Random, number: float, *, words: float = 0.15) -> str:
    """A number as it may be written: digits, mostly with commas from 10,000 on, or in words.

    Args:
        rng: The source of chance.
        number: What to write.
        words: Chance of words for a small whole number.
    """
    if number == int(number):
        whole = int(number)
        if 0 <= whole <= 100 and rng.random() < (words if whole <= 20 else words / 3):
            return in_words(whole)
        if whole >= 1000 and whole % 1000 == 0 and whole < 1_000_000 and rng.random() < words / 2:
            return rng.choice((f"{whole // 1000}k", f"{whole // 1000} thousand", in_words(whole)))
        if whole >= 1_000_000 and whole % 100_000 == 0 and rng.random() < 0.5:
            return f"{whole / 1_000_000:g} million"
        if abs(whole) >= 1000 and rng.random() < (0.55 if abs(whole) >= 10_000 else 0.35):
            return f"{whole:,}"
        return str(whole)
    text = f"{number:.10f}".rstrip("0")
    if abs(number) < 0.001:
        text = f"{number:g}"
    whole_part, _, rest = text.partition(".")
    if abs(number) >= 10_000 and rest and rng.random() < 0.6:
        return f"{int(whole_part):,}.{rest}"
    return text


def a_day(rng: Random) -> date:
    """A day between 1990 and 2029."""
    day = _FIRST_DAY + timedelta(days=int(rng.random() * _DAYS))
    # The built-in suite asks for that day; what it says must not be in training.
    return day + timedelta(days=1) if (day.month, day.day) == (8, 21) else day


def date_written(rng: Random, day: date, *, day_first: bool = False) -> str:
    """A whole date in one of the usual forms; of numbers with strokes the month stands first, or the day."""
    month = _MONTHS[day.month - 1]
    short = month[:3]
    nth = f"{day.day}{_nth(day.day)}"
    forms = (
        f"{month} {day.day}, {day.year}",
        f"{month} {nth}, {day.year}",
        f"{day.day} {month} {day.year}",
        f"{nth} of {month} {day.year}",
        f"{nth} {month} {day.year}",
        f"{short} {day.day}, {day.year}",
        f"{day.day} {short} {day.year}",
        day.isoformat(),
        day.isoformat(),
        f"{day.day:02}/{day.month:02}/{day.year}" if day_first else f"{day.month:02}/{day.day:02}/{day.year}",
    )
    return forms[int(rng.random() * len(forms))]


def date_loose(rng: Random) -> str:
    """A date that says no year."""
    chance = rng.random()
    if chance < 0.35:
        day = a_day(rng)
        month = _MONTHS[day.month - 1]
        nth = f"{day.day}{_nth(day.day)}"
        return rng.choice(
            (f"{month} {day.day}", f"{day.day} {month}", f"the {nth} of {month}", f"{month} {nth}")
        )
    weekday = rng.choice(_WEEKDAYS)
    return rng.choice(("tomorrow", "today", weekday, f"next {weekday}", f"this {weekday}", "next week"))


def time_written(rng: Random) -> tuple[str, str]:
    """A time of the day as it may be written, and as HH:MM."""
    hour, minute = rng.randrange(24), rng.choice((0, 0, 0, 15, 30, 30, 45, 5, 10, 20, 40, 50))
    clock = f"{hour:02}:{minute:02}"
    if rng.random() < 0.35:
        return clock, clock
    half = "am" if hour < 12 else "pm"
    short = (hour - 1) % 12 + 1
    said = f"{short}" if minute == 0 and rng.random() < 0.7 else f"{short}:{minute:02}"
    return said + rng.choice((half, f" {half}", f" {half.upper()}")), clock


def _nth(day: int) -> str:
    return "th" if 10 <= day % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")

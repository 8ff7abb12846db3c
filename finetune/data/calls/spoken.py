"""Where a conversation says a value: calls have `2019-03-02` or `18:30`, people `tomorrow`, `half past six`.

Case never matters, and a mention never begins or ends inside a word. English only.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

Place = tuple[int, int, int]

_NUMBERS = (
    *("zero", "one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)
_ORDINALS = (
    *("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"),
    *("eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth"),
    *("eighteenth", "nineteenth", "twentieth"),
)
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ALIASES = {
    "san francisco": ("sf", "sfo", "san fran", "frisco"),
    "los angeles": ("la", "l.a.", "lax"),
    "new york": ("new york city", "nyc", "ny", "big apple"),
    "new york city": ("new york", "nyc", "ny"),
    "las vegas": ("vegas",),
    "philadelphia": ("philly", "phila"),
    "san diego": ("sd",),
    "washington": ("washington d.c.", "washington dc", "dc"),
    "washington d.c.": ("washington", "washington dc", "dc"),
    "portland": ("portland, or",),
    "seattle": ("seattle, wa",),
    "atlanta": ("atl",),
    "chicago": ("chi-town",),
    "inexpensive": ("cheap", "economical", "affordable"),
    "moderate": ("moderately priced", "medium", "mid-range"),
    "expensive": ("pricey", "upscale", "fancy"),
    "romance": ("romantic",),
    "biographical": ("biography", "biographies", "biopic"),
    "comedy": ("comedies", "comic", "funny"),
    "horror": ("scary",),
    "united states": ("usa", "u.s."),
    "usa": ("united states", "u.s."),
    "regular": ("standard", "normal"),
    "pool": ("shared",),
}
_SHORT = 6
"""Words of an answer that says nothing but the number."""

_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)$")
_CLOCK = re.compile(r"(\d\d?):(\d\d)$")
_PART_OF_DAY = r"(?:\s(?:in the|this|at)\s(?:morning|afternoon|evening|night))?"


def mentions(turns: Sequence[str], value: str, today: datetime.date | None = None) -> list[Place]:
    """Every place where a text, date (YYYY-MM-DD) or time of day (HH:MM) is said, in order.

    Args:
        turns: What was said.
        value: What is looked for.
        today: The day of the conversation; without it `tomorrow` or `next Friday` say no date.
    """
    pattern = _pattern(value, today)
    return [(number, *match.span()) for number, text in enumerate(turns) for match in pattern.finditer(text)]


def number_mentions(turns: Sequence[str], value: str, cues: Iterable[str] = ()) -> list[Place]:
    """Every place where a number is said and meant, in order.

    A small number is said for many things, so it counts only beside (within four words of) one of the cues,
    or as the only number of a short answer to a question that has a cue. One that is not small (above
    twelve, or with a fraction) counts anywhere if no turn says it twice.

    Args:
        turns: What was said.
        value: The number in digits.
        cues: Beginnings of words that say what is counted, in lower case: `ticket`, `bed`. One that ends with
            a space must stand right before the number: `for `.
    """
    pattern = _number(value)
    found = [(number, *match.span()) for number, text in enumerate(turns) for match in pattern.finditer(text)]
    stems = tuple(cues)
    kept = [place for place in found if _beside(turns, place, stems)]
    if kept:
        return kept
    once = len({turn for turn, _, _ in found}) == len(found)
    return found if once and not (value.isdigit() and int(value) <= 12) else []


def without_inner(places: Iterable[Place], taken: Iterable[Place]) -> list[Place]:
    """Places that are not part of a longer one: a city in the name of a restaurant is not said as a city."""
    longer = list(taken)
    return [
        (turn, start, end)
        for turn, start, end in places
        if not any(turn == t and s <= start and end <= e and e - s > end - start for t, s, e in longer)
    ]


@lru_cache(maxsize=100_000)
def _pattern(value: str, today: datetime.date | None) -> re.Pattern[str]:
    if date := _ISO.match(value):
        try:
            return _compiled(_date(datetime.date(*map(int, date.groups())), today))
        except ValueError:
            return _compiled([_text(value)])
    if clock := _CLOCK.match(value):
        return _compiled(_time(int(clock[1]), int(clock[2])))
    return _compiled([_text(value), *(_text(alias) for alias in _ALIASES.get(value.lower(), ()))])


@lru_cache(maxsize=10_000)
def _number(value: str) -> re.Pattern[str]:
    whole, _, fraction = value.replace(",", "").lstrip("+").partition(".")
    fraction = fraction.rstrip("0")
    spelt = [re.escape(whole)]
    if whole.isdigit() and len(whole) > 3:
        spelt.append(f"{int(whole):,}")
    digits = f"(?:{'|'.join(spelt)})" + (rf"\.{fraction}0*" if fraction else r"(?:\.0+)?")
    forms = [rf"(?<![\w.,:/#-])(?<!\d ){digits}(?![\w:/]|[.,-]\d|\s?[ap]\.?m\b|\so.?clock|\s?%)"]
    if not fraction and whole.isdigit() and int(whole) < len(_NUMBERS):
        forms.append(
            rf"\b{_NUMBERS[int(whole)]}\b(?!\s?[ap]\.?m\b|\so.?clock|\sthirty|\sfifteen|\sof (?:them|those))"
        )
    return re.compile("|".join(forms), re.IGNORECASE)


def _beside(turns: Sequence[str], place: Place, cues: tuple[str, ...]) -> bool:
    turn, start, end = place
    text = turns[turn].lower()
    if text[:start].endswith(tuple(cue for cue in cues if cue.endswith(" "))):
        return True
    near = re.findall(r"\w+", text[:start])[-4:] + re.findall(r"\w+", text[end:])[:4]
    if any(word.startswith(cues) for word in near):
        return True
    if not turn or len(re.findall(r"\w+", text)) > _SHORT:
        return False
    asked = turns[turn - 1].lower()
    alone = len(re.findall(rf"\d+|\b(?:{'|'.join(_NUMBERS)})\b", text)) == 1
    return alone and "?" in asked and any(word.startswith(cues) for word in re.findall(r"\w+", asked))


def _compiled(forms: Sequence[str]) -> re.Pattern[str]:
    """The longest form wins where several begin at one place, if longer ones come first."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(forms)})(?!\w)", re.IGNORECASE)


def _text(value: str) -> str:
    tokens = re.findall(r"\w+", value)
    if not tokens:
        return re.escape(value)
    return r"[\W_]{0,3}".join(re.escape(token) for token in tokens)


def _date(day: datetime.date, today: datetime.date | None) -> list[str]:
    month = rf"(?:{_MONTHS[day.month - 1]}|{_MONTHS[day.month - 1][:3]}\.?)"
    suffix = "st" if day.day % 10 == 1 else "nd" if day.day % 10 == 2 else "rd" if day.day % 10 == 3 else "th"
    suffix = "th" if 10 < day.day < 14 else suffix
    ordinals = [rf"0?{day.day}\s?{suffix}"]
    if day.day <= len(_ORDINALS):
        ordinals.append(_ORDINALS[day.day - 1])
    ordinal = f"(?:{'|'.join(ordinals)})"
    number = rf"(?:{ordinal}|0?{day.day})"
    year = rf"(?:,?\s(?:of\s)?{day.year})?"
    forms = [
        day.isoformat(),
        rf"(?:the\s)?{number}\s(?:day\s)?(?:of\s)?{month}{year}",
        rf"{month}\s(?:the\s)?{number}{year}",
        rf"0?{day.month}/0?{day.day}(?:/(?:{day.year}|{day.year % 100:02}))?",
    ]
    if today is None:
        return forms
    ahead = (day - today).days
    weekday = _DAYS[day.weekday()]
    if ahead == 0:
        forms += ["(?:later )?today", "tonight", "this (?:morning|afternoon|evening)"]
    elif ahead == 1:
        forms += [r"(?<!day after )tomorrow"]
    elif ahead == 2:
        forms += ["(?:the )?day after tomorrow"]
    if 0 <= ahead < 7:
        forms += [rf"(?<!next )(?:(?:this|coming|upcoming) )?{weekday}(?:\sthis week)?(?! next week)"]
    if 7 <= ahead < 14 or (0 < ahead < 7 and day.weekday() < today.weekday()):
        forms += [rf"next (?:week )?{weekday}", rf"{weekday} next week", rf"a week from {weekday}"]
    if ahead > 1:
        forms += [f"in (?:{ahead}|{_NUMBERS[ahead] if ahead < 13 else ahead}) days"]
    if ahead == 7:
        forms += ["(?:one|a) week from (?:now|today)", "in (?:one|a) week"]
    return [*forms, rf"(?:the\s)?{ordinal}"]


def _time(hour: int, minute: int) -> list[str]:
    half = "p" if hour >= 12 else "a"
    twelve = hour % 12 or 12
    marked = rf"(?:\s?{half}\.?\s?m\b\.?|(?!\s?[ap]\.?m\b){_PART_OF_DAY})"
    spelt = rf"(?:0?{twelve}|{_NUMBERS[twelve]})"
    forms = [
        rf"(?:(?:morning|afternoon|evening)\s)?0?{twelve}[:.]{minute:02}{marked}",
        rf"0?{hour}[:.]{minute:02}",
        rf"0?{twelve}\s{minute:02}{marked}",
    ]
    if minute == 0:
        clock = r"\so.?\s?clock"
        forms += [
            rf"{spelt}(?:{clock})?\s?{half}\.?\s?m\b\.?",
            rf"{spelt}{clock}{_PART_OF_DAY}",
            rf"{spelt}\s(?:in the|at)\s(?:morning|afternoon|evening|night)",
            rf"{spelt}\sthis\s(?:morning|afternoon|evening)",
        ]
        forms += ["(?:12 )?(?:noon|midday)"] if hour == 12 else ["midnight"] if hour == 0 else []
    words = {15: ("fifteen", "quarter past"), 30: ("thirty", "half past"), 45: ("forty[- ]five", "")}
    if minute in words:
        after, past = words[minute]
        forms += [rf"{_NUMBERS[twelve]}[ -]{after}{marked}"]
        if past:
            forms += [rf"(?:a )?{past} {spelt}{marked}"]
        else:
            following = twelve % 12 + 1
            hour_after = rf"(?:{following}|{_NUMBERS[following]})(?:\s?[ap]\.?m\b\.?)?{_PART_OF_DAY}"
            forms += [rf"(?:a )?quarter (?:to|till?) {hour_after}"]
    return forms

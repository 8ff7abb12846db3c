"""Values of the facts that a memory is trained on, and what they belong to.

A third of all words are invented, so that copying is learnt and not a list. Ages, codes, dates and times have
other forms than the suite `chat_memory` gives them.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from finetune.data.conversations.words import invented, lexicon, person_name, pick, town_name

_OF = {
    "pet": "companion",
    "favourite": "likes",
    "relation": "kin",
    "helper": "helper",
    "code": "lock",
    "date": "event",
    "time": "ride",
    "place": "keepsake",
}
_LIST = {
    "job": "trade",
    "allergy": "irritant",
    "instrument": "strings",
    "language": "speech",
    "car": "make",
    "team": "club",
    "hobby": "hobby",
    "place": "spot2",
    "trip": "country",
}
_HOURS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven")


def belongs_to(rng: Random, kind: str) -> str:
    """What a fact of this kind is about, e.g. "hamster"; "" where it is about the user."""
    if kind not in _OF:
        return ""
    if rng.random() < 0.06:
        return invented(rng, 2)
    return pick(rng, _OF[kind])


def draw_value(rng: Random, kind: str, of: str) -> str:
    """A value of this kind."""
    if kind in _DRAWN:
        return _DRAWN[kind](rng)
    if kind == "favourite":
        return _favourite(rng, of)
    if kind == "place" and rng.random() < 0.3:
        where = rng.choice(("in", "under", "behind", "on", "inside", "next to"))
        return f"{where} the {pick(rng, 'adjective')} {_thing(rng)}"
    value = pick(rng, _LIST[kind]) if rng.random() < 0.75 else _coined(rng)
    return value.capitalize() if kind in ("language", "trip") and value.islower() else value


def _coined(rng: Random) -> str:
    """An invented word, at times with a plain one beside it."""
    word = invented(rng)
    draw = rng.random()
    if draw < 0.2:
        return f"{word} {pick(rng, 'object')}"
    return f"{pick(rng, 'adjective')} {word}" if draw < 0.35 else word


def _thing(rng: Random) -> str:
    return invented(rng) if rng.random() < 0.4 else pick(rng, "object")


def _favourite(rng: Random, of: str) -> str:
    own = {"song": None, "book": "book", "film": "film", "city": "city", "country": "country"}
    known = lexicon().get(own.get(of) or of)
    draw = rng.random()
    if known and draw < 0.6:
        value = rng.choice(known)
    elif draw < 0.75:
        value = f"the {_coined(rng)}"
    elif draw < 0.85:
        value = " ".join(word.capitalize() for word in (pick(rng, "adjective"), pick(rng, "object")))
    else:
        value = _coined(rng)
    return value.capitalize() if rng.random() < 0.3 else value


def _name(rng: Random) -> str:
    return person_name(rng).split(" ")[0]


def _petname(rng: Random) -> str:
    return pick(rng, "petname") if rng.random() < 0.5 else invented(rng).capitalize()


def _titled(rng: Random) -> str:
    name = invented(rng).capitalize() if rng.random() < 0.6 else pick(rng, "name")
    return f"{pick(rng, 'title')} {name}"


def _code(rng: Random) -> str:
    digits = "".join(str(rng.randrange(10)) for _ in range(rng.choice((3, 4, 4, 5, 7))))
    form = rng.randrange(5)
    if form == 0:
        return f"{pick(rng, 'colour').split(' ')[0]}-{digits[:2]}"
    if form == 1:
        return f"{rng.choice('ABCDEFGHJKLMNPRSTUVWXYZ')}/{digits[:3]}"
    if form == 2:
        return f"{digits[:2]}.{digits[1:3]}.{digits[:2]}"
    return invented(rng) + digits[:2] if form == 3 else digits


def _date(rng: Random) -> str:
    month, day = pick(rng, "month"), pick(rng, "day")
    return rng.choice(
        (
            day,
            f"next {day}",
            f"{day} the {rng.randint(4, 20)}th",
            f"the {rng.choice(('first', 'second', 'third', 'last'))} {day} in {month}",
            f"{rng.choice(('early', 'mid', 'late'))} {month}",
            f"a {day} in {month}",
            f"the {rng.randint(4, 20)}th",
        )
    )


def _time(rng: Random) -> str:
    hour = rng.choice(_HOURS)
    return rng.choice(
        (
            f"{hour} o'clock",
            f"half past {hour}",
            f"{rng.choice(('ten', 'twenty', 'five'))} past {hour}",
            f"{rng.choice(('ten', 'twenty', 'five'))} to {hour}",
            f"{rng.randint(1, 12)} {rng.choice(('am', 'pm'))}",
            f"{rng.randint(1, 12)}.{5 * rng.randrange(1, 12):02}",
        )
    )


_DRAWN: dict[str, Callable[[Random], str]] = {
    "name": _name,
    "town": town_name,
    "pet": _petname,
    "relation": _name,
    "helper": _titled,
    "age": lambda rng: str(rng.randint(6, 99)),
    "code": _code,
    "date": _date,
    "time": _time,
    "school": lambda rng: invented(rng).capitalize() if rng.random() < 0.5 else pick(rng, "city"),
    "street": lambda rng: (
        invented(rng).capitalize() if rng.random() < 0.5 else pick(rng, "object").capitalize()
    ),
    "project": lambda rng: invented(rng).capitalize(),
}

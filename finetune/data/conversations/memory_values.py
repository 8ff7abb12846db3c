"""Values of the facts that a memory is trained on, and what they belong to.

A third of all words are invented, so that copying is learnt and not a list. Ages, codes, dates and times have
other forms than the suite `chat_memory` gives them.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from finetune.data.conversations.words import digits, invented, lexicon, person_name, pick, town_name

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
    "coffee": "brew",
    "medicine": "remedy",
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
    number = digits("#" * rng.choice((3, 4, 4, 5, 7)), rng)
    form = rng.randrange(5)
    if form == 0:
        return f"{pick(rng, 'colour').split(' ')[0]}-{number[:2]}"
    if form == 1:
        return f"{rng.choice('ABCDEFGHJKLMNPRSTUVWXYZ')}/{number[:3]}"
    if form == 2:
        return f"{number[:2]}.{number[1:3]}.{number[:2]}"
    return invented(rng) + number[:2] if form == 3 else number


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


def _ordinal(day: int) -> str:
    ending = "th" if 10 < day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"


def _birthday(rng: Random) -> str:
    number, day = rng.randint(1, 12), rng.randint(1, 28)
    month = lexicon()["month"][number - 1]
    return rng.choice(
        (
            f"{month} the {_ordinal(day)}",
            f"{_ordinal(day)} {month[:3]}",
            f"{day}/{number}",
            f"{day:02}-{number:02}-{rng.randint(1940, 2015)}",
            f"{month} {_ordinal(day)}, {rng.randint(1940, 2015)}",
            f"the {rng.choice(('first', 'last', 'second', 'tenth', 'ninth'))} of {month}",
        )
    )


def _phone(rng: Random) -> str:
    form = rng.randrange(5)
    if form == 0:
        return digits("0### ### ###", rng)
    if form == 1:
        return digits(f"+{rng.randint(20, 98)} ### #####", rng)
    if form == 2:
        return digits("0####/#####", rng)
    return digits("###-####" if form == 3 else "0#########", rng)


def _shoe(rng: Random) -> str:
    return rng.choice(
        (
            str(rng.randint(35, 49)),
            f"{rng.randint(3, 12)} and a half",
            f"{rng.randint(35, 48)}.5",
            f"{rng.randint(4, 13)} wide",
            f"{rng.randint(4, 13)} narrow",
        )
    )


def _handle(rng: Random) -> str:
    """A name for a network or an account: words run together, with digits or marks."""
    word = invented(rng, 2)
    other = invented(rng, 1) if rng.random() < 0.4 else pick(rng, "object")
    return rng.choice(
        (
            f"{word}{digits('##', rng)}",
            f"{word}_{other}",
            f"{word.capitalize()}{other.capitalize()}",
            f"{pick(rng, 'adjective')}-{other}",
            f"{other}.{word}",
            f"{pick(rng, 'adjective').capitalize()}{pick(rng, 'object').capitalize()}{digits('#', rng)}",
        )
    )


def _network(rng: Random) -> str:
    if rng.random() < 0.7:
        return _handle(rng)
    return f"{pick(rng, 'adjective').capitalize()} {_thing(rng).capitalize()}"


def _flight(rng: Random) -> str:
    letters = "".join(rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(2))
    return f"{letters}{rng.choice(('', ' ', '-'))}{digits('#' * rng.choice((3, 4)), rng)}"


def _room(rng: Random) -> str:
    draw = rng.random()
    if draw < 0.4:
        return pick(rng, "chamber")
    if draw < 0.7:
        return (
            f"room {rng.choice('ABCDEFGH')}{digits('##', rng)}"
            if rng.random() < 0.5
            else f"room {digits('###', rng)}"
        )
    return f"the {invented(rng).capitalize()} {rng.choice(('Room', 'Hall', 'Suite'))}"


def _budget(rng: Random) -> str:
    amount = rng.choice((5, 10, 25, 50, 100)) * rng.randint(3, 40)
    return rng.choice(
        (
            f"£{amount}",
            f"${amount}",
            f"{amount} euros",
            f"{amount} pounds",
            f"{rng.choice(_HOURS)} hundred",
            f"{rng.choice(_HOURS)} thousand crowns",
            f"{rng.randint(2, 9)}k",
            f"{amount} a week",
        )
    )


def _email(rng: Random) -> str:
    host = f"{invented(rng, 3)}.{rng.choice(('com', 'org', 'net', 'eu', 'uk'))}"
    first = pick(rng, "name").lower()
    user = rng.choice(
        (f"{first}.{invented(rng, 2)}", f"{first}{digits('##', rng)}", invented(rng, 2), f"hello_{first}")
    )
    return f"{user}@{host}"


def _hotel(rng: Random) -> str:
    draw = rng.random()
    if draw < 0.6:
        return pick(rng, "inn")
    return f"{'Hotel' if draw < 0.7 else 'the'} {invented(rng).capitalize()}"


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
    "birthday": _birthday,
    "shoe": _shoe,
    "phone": _phone,
    "wifi": _network,
    "flight": _flight,
    "room": _room,
    "budget": _budget,
    "email": _email,
    "hotel": _hotel,
    "username": _handle,
}

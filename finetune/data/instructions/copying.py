"""Copying to the letter: repeating, finding what is asked for, writing it otherwise, ordering few items.

Everything is written by code, and so are the answers: addresses, numbers, dates, codes, names, texts in other
scripts, short lists, lines. Nothing has to be known but how dates and numbers are written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random

from finetune.data.conversations.words import digits, invented, lexicon, pick
from finetune.data.documents import Message
from finetune.data.enumeration import joined
from finetune.data.instructions import forms
from finetune.data.instructions.wording import BLANK, around, exchange, worded

Task = Callable[[Random], tuple[str, str]]

_REPEAT = (
    "[Copy this|Repeat this|Write this again|Give this back], [letter by letter|exactly|unchanged|as it "
    "is]: {v}",
    "[Return|Output|Print] [only this|just this|exactly this]: {v}",
    "{v}\n[Repeat|Copy] [the line above|what stands above|that][ exactly|].",
    "[Write|Say] the same [text|thing] once more: {v}",
    "[I need a copy of this|Please mirror this], [no changes|nothing added]: {v}",
    '[What stands between the quotes|What is in the quotation marks here]? "{v}"',
    "[Echo|Mirror] [this text|the following]: {v}",
    "[Don't change anything|Keep every character]: {v}",
)
_SENTENCES = {
    "e-mail address": (
        "Write to {n} at {v} before {d}.", "{n}'s address is {v}, the office is closed on {d}.",
        "Please send the papers to {v} and a copy to {n}.", "You can reach {n} under {v} until {d}.",
        "On {d} {n} changed the address to {v}.",
    ),
    "phone number": (
        "Call {n} on {v} before {d}.", "{n} has the number {v}.", "My new number is {v}, says {n}.",
        "If nobody answers {v}, ask for {n} on {d}.", "{n} can be called on {v}, not on {d}.",
    ),
    "web address": (
        "All about it stands on {v}, wrote {n}.", "See {v} for the timetable of {d}.",
        "{n} put the pictures on {v} on {d}.", "The form is at {v}; hand it in by {d}.",
        "Go to {v} and log in as {n}.",
    ),
    "order code": (
        "Your order {v} was sent on {d}.", "{n} asks where parcel {v} is.",
        "Please give the number {v} when you call {n}.",
        "The invoice {v} for {n} is due on {d}.", "Ticket {v} was closed by {n}.",
    ),
    "price": (
        "{n} paid {v} for the {o}.", "The {o} costs {v} until {d}.", "We owe {n} {v} for the {o}.",
        "On {d} the {o} was sold for {v}.", "{n} offers {v} for your {o}.",
    ),
    "date": (
        "{n} comes on {v} with the {o}.", "The {o} arrives on {v}.", "From {v} on, {n} has the {o}.",
        "The shop is closed on {v}, wrote {n}.", "{n} sold the {o} on {v}.",
    ),
    "time": (
        "{n} is coming at {v} to fetch the {o}.", "The train of {n} leaves at {v}.",
        "We meet {n} at {v} on {d}.",
        "At {v} the {o} will be ready.", "The shop opens at {v}, says {n}.",
    ),
    "file path": (
        "{n} saved the list in {v} on {d}.", "The program can't open {v}.", "Please delete {v} after {d}.",
        "The file {v} belongs to {n}.", "Look into {v} for the notes of {n}.",
    ),
    "name": (
        "The {o} belongs to {v}.", "On {d} {v} sold the {o}.", "Please give the {o} to {v}.",
        "{v} asked for the {o} on {d}.", "Ask {v} about the {o}.",
    ),
}  # fmt: skip
_EXTRACT = (
    "[What|Which] {k} [is in the text|stands in the text|is mentioned]?",
    "[Find|Extract|Pull out|Pick out] the {k}[ and write nothing else|].",
    "[Give|Write|Tell] me [only |just |]the {k}.",
    "[Only|Just] the {k}[, please|].",
    "[What's|What is] the {k} [here|in this|in this line]?",
    "[Copy|Return] the {k} [from this|out of this|that stands here].",
    "[I need|I'm looking for] the {k} in this.",
    "The {k}[, nothing else|, please|]?",
)


def copying(seed: int, count: int) -> Iterator[list[Message]]:
    """Yield small tasks of copying with their answers.

    Args:
        seed: Decides everything; longer runs begin with shorter ones.
        count: How many.
    """
    tasks, weights = zip(*TASKS, strict=True)
    for number in range(count):
        rng = Random(f"copying {seed}:{number}")
        request, answer = rng.choices(tasks, weights=weights)[0](rng)
        yield exchange(request, answer)


def repeat(rng: Random) -> tuple[str, str]:
    """A text to the letter."""
    maker = rng.choice(
        (*forms.FORMS.values(), forms.code, forms.number, forms.name, forms.name, *[forms.foreign] * 7)
    )
    text = maker(rng)
    if rng.random() < 0.2:
        text += rng.choice((" ", ", ", " / ")) + rng.choice((forms.code, forms.name, forms.foreign))(rng)
    request = worded(_REPEAT, rng, v=text)
    return request[:1].upper() + request[1:] if request[:1] != text[:1] else request, text


def extract(rng: Random) -> tuple[str, str]:
    """The one address, number, date or name of a sentence or of a few."""
    kind = rng.choice(list(_SENTENCES))
    value = forms.name(rng) if kind == "name" else forms.FORMS[kind](rng)
    values = {"v": value, "n": pick(rng, "name"), "d": pick(rng, "day"), "o": pick(rng, "object")}
    told = worded(_SENTENCES[kind], rng, **values)
    if rng.random() < 0.5:
        # Another sentence with something of another form.
        other = rng.choice([one for one in forms.FORMS if one not in (kind, "price", "date", "time")])
        more = worded(
            _SENTENCES[other][:3], rng, v=forms.FORMS[other](rng), n=pick(rng, "name"), d=pick(rng, "day"),
            o=pick(rng, "object"),
        )  # fmt: skip
        told = " ".join(rng.sample((told, more), 2))
    asked = "full name" if kind == "name" else rng.choice({"order code": ("code", "number with letters"),
        "e-mail address": ("e-mail address", "email", "mail address"), "web address": ("web address", "link",
        "URL"),
        "file path": ("path", "file path"), "price": ("price", "amount of money", "sum")}.get(kind,
        (kind,)))  # fmt: skip
    return around(worded(_EXTRACT, rng, k=asked), told, rng), value


def extract_all(rng: Random) -> tuple[str, str]:
    """Every entry of a form in a text, in order."""
    kind = rng.choice(("e-mail address", "phone number", "web address", "order code", "price", "date"))
    values = [forms.FORMS[kind](rng) for _ in range(rng.choice((2, 2, 3)))]
    told = " ".join(
        worded(_SENTENCES[kind], rng, v=value, n=pick(rng, "name"), d=pick(rng, "day"), o=pick(rng, "object"))
        for value in values
    )
    plural = {"e-mail address": "e-mail addresses", "web address": "web addresses"}.get(kind, f"{kind}s")
    ways = [
        ("one a line", "\n".join(values)),
        ("as a list with dashes", "\n".join(f"- {value}" for value in values)),
        ("with a semicolon between them", "; ".join(values)),
    ]
    # "May 3, 1990, June 1, 1991" would be hard to read.
    if not any(", " in value for value in values):
        ways.append(("separated by commas", ", ".join(values)))
    how, answer = rng.choice(ways)
    request = worded(
        (
            "[List|Extract|Find|Write down] all {k}, {h}.",
            "[Which|What] {k} are in the text? [Write|List] them {h}.",
            "[I need|Give me] every one of the {k}, {h}.",
            "[Pull out|Pick out|Collect] the {k} {h}.",
            "All {k}, please, {h}.",
            "[Copy|Return] the {k} [from this|out of this], {h}.",
            "{h}: the {k} [in this|of this text].",
            "[Only|Just] the {k}, {h}[, nothing else|].",
        ),
        rng, k=plural, h=how,
    )  # fmt: skip
    return around(request, told, rng), answer


def reformat(rng: Random) -> tuple[str, str]:
    """A date, time, number, name or code in another form."""
    when = forms.day(rng)
    month = lexicon()["month"][when.month - 1]
    long, iso = f"{when.day} {month} {when.year}", when.isoformat()
    slashed = f"{when.day:02d}/{when.month:02d}/{when.year}"
    american = f"{month} {when.day}, {when.year}"
    dotted = f"{when.day:02d}.{when.month:02d}.{when.year}"
    first, last = forms.name(rng).split(" ", 1)
    figures = digits("############"[: rng.choice((4, 6, 8, 9, 12))], rng)
    groups = rng.choice((2, 3, 4))
    spaced = " ".join(figures[at : at + groups] for at in range(0, len(figures), groups))
    whole = rng.randint(1000, 9999999)
    code = digits(rng.choice(("@@####", "@##@##", "@@@###")), rng)
    words = " ".join(pick(rng, key) for key in ("adjective", "object"))
    source, target, how = rng.choice(
        (
            (long, iso, "as year-month-day with dashes"), (long, slashed,
            "as day/month/year with two digits each"),
            (american, iso, "in the form YYYY-MM-DD"), (iso, long, "with the month's name, day first"),
            (iso, american, "with the month's name first"), (iso, dotted, "as DD.MM.YYYY"),
            (slashed, dotted, "with dots for slashes"), (long, american, "with the month first"),
            (f"{first} {last}", f"{last}, {first}", "last name first, with a comma"),
            (f"{last}, {first}", f"{first} {last}", "first name first, without a comma"),
            (f"{first} {last}", f"{first[0]}. {last}", "with only the first letter of the first name"),
            (f"{first} {last}", f"{first[0]}{last[0]}", "as initials without dots"),
            (figures, spaced, f"in groups of {groups} digits, with blanks between"),
            (spaced, figures, "without the blanks"), (str(whole), f"{whole:,}", "with commas for thousands"),
            (f"{whole:,}", str(whole), "without commas"), (code, code.lower(), "in small letters"),
            (code.lower(), code, "in capitals"), (code, f"{code[:3]}-{code[3:]}",
            "with a dash after the third character"),
            (words, words.replace(" ", "_"), "with underscores for blanks"), (words, words.replace(" ", "-"),
            "with dashes for blanks"),
            (words, words.upper(), "in capitals"), (words, words.title(),
            "with capitals at the start of each word"),
            (words.replace(" ", "_"), words, "with blanks for underscores"),
            (words, f'"{words}"', "in double quotes"), (words, f"({words})", "in brackets"),
        )
    )  # fmt: skip
    request = worded(
        (
            "[Write|Put|Give] {v} {h}.",
            "[Write|Print|Show] this {h}: {v}",
            "{v} [->|=>|:] {h}",
            "[Change|Turn|Reformat] {v}: it should be {h}.",
            "[How is|How do you write|How would you write] {v} {h}?",
            "[I need|I want|We want] {v} {h}.",
            "[Can|Could] you write {v} {h}?",
            "{v}\n[Now|The same|Again], {h}.",
            "[Format|Convert] it {h}: {v}",
        ),
        rng, v=source, h=how,
    )  # fmt: skip
    return request, target


def _items(rng: Random, least: int = 3, most: int = 6) -> list[str]:
    """Few things that differ, also in their lower-case letters."""
    kind = rng.random()
    count = rng.randint(least, most)
    if kind < 0.45:
        sort = rng.choice(
            ("animal", "colour", "fruit", "city", "name", "object", "country", "sport", "food", "job")
        )
        return rng.sample(lexicon()[sort], count)
    if kind < 0.75:
        return list(dict.fromkeys(invented(rng) for _ in range(count + 2)))[:count]
    maker = rng.choice((forms.code, forms.name, forms.foreign, forms.e_mail))
    return list(dict.fromkeys(maker(rng) for _ in range(count)))


def _shown(items: Sequence[str], rng: Random) -> str:
    """Items in one of many layouts."""
    layout = rng.random()
    if layout < 0.5:
        return ", ".join(items)
    if layout < 0.65:
        return "\n".join(f"- {item}" for item in items)
    if layout < 0.8:
        return "\n".join(items)
    if layout < 0.9:
        return "; ".join(items)
    return "\n".join(f"{at}. {item}" for at, item in enumerate(items, 1))


_PLACES = {"first": 0, "second": 1, "third": 2, "last": -1, "second to last": -2}


def pick_one(rng: Random) -> tuple[str, str]:
    """The item of a list at a place."""
    items = _items(rng)
    place = rng.choice([name for name, at in _PLACES.items() if at < len(items) and -at <= len(items)])
    request = worded(
        (
            "[What|Which] is the {p} [item|one|entry] [here|of the list|in this list]?",
            "[Give|Tell] me the {p} [item|entry|one][ only|].",
            "[Copy|Write|Return] the {p} [entry|item] of [this|the list].",
            "[Which one|What] [comes|stands] {p}?",
            "[Only|Just] the {p} [one|item][, please|].",
            "[I want|I need] the {p} of these.",
            "{p} [item|entry]?",
            "[Name|Pick|Take] the {p} [of them|of these|one].",
        ),
        rng, p=place,
    )  # fmt: skip
    return around(request, _shown(items, rng), rng), items[_PLACES[place]]


def order(rng: Random) -> tuple[str, str]:
    """A few words or numbers sorted, or a list turned round."""
    kind = rng.random()
    if kind < 0.4:
        items = [str(one) for one in rng.sample(range(1, rng.choice((20, 100, 1000))), rng.randint(3, 5))]
        down = rng.random() < 0.4
        result = sorted(items, key=int, reverse=down)
        how = rng.choice(
            ("largest first", "from high to low") if down else ("smallest first", "from low to high")
        )
    elif kind < 0.75:
        sort = rng.choice(("animal", "fruit", "city", "name", "country", "sport", "vegetable"))
        items = rng.sample(lexicon()[sort], rng.randint(3, 5))
        result = sorted(items, key=str.lower)
        how = rng.choice(("by the alphabet", "in alphabetical order", "from A to Z"))
    else:
        items = _items(rng, 3, 5)
        result, how = (
            items[::-1],
            rng.choice(("backwards", "the other way round", "in reverse order", "last one first")),
        )
    between = rng.choice((", ", "\n"))
    request = worded(
        (
            "[List|Write|Give] [these|them] {h}.", "[Put|Bring] [these|this list] into order: {h}.",
            "[Write|Print] this list {h}.", "[Order|Arrange] these, {h}.",
            "[The same list|These], {h}[, please|].",
            "[How does|What does] this list look {h}?", "[I need|I want|We need] [them|these] {h}.",
            "{h}[, please|]:",
        ),
        rng, h=how,
    )  # fmt: skip
    if between == "\n":
        request = request.rstrip(".:?") + rng.choice((", one a line.", ", each on its own line."))
    return around(request, ", ".join(items), rng), between.join(result)


def join(rng: Random) -> tuple[str, str]:
    """A list in another layout."""
    items = _items(rng, 2, 5)
    how, answer = rng.choice(
        (
            ('with commas and an "and" before the last', joined(items)),
            ("with a semicolon and a blank between", "; ".join(items)),
            ("as a list with dashes", "\n".join(f"- {item}" for item in items)),
            ("as a numbered list", "\n".join(f"{at}. {item}" for at, item in enumerate(items, 1))),
            ("with a slash and no blanks between", "/".join(items)),
            ("with each in double quotes, commas between", ", ".join(f'"{item}"' for item in items)),
            ("one a line", "\n".join(items)),
            ('with " + " between', " + ".join(items)),
        )
    )
    shown = "\n".join(items) if how != "one a line" and rng.random() < 0.5 else ", ".join(items)
    request = worded(
        (
            "[Join|Combine|Connect] these {h}.", "[Write|Put|Show] [these|this list] {h}.",
            "[I need|I want] these {h}.", "[Turn|Make] this into another form: {h}.",
            "[List|Print] them {h}.",
            "[The same|The same items], {h}.", "[Can|Could] you write these {h}?",
            "[How would|How does] this look {h}?",
        ),
        rng, h=how,
    )  # fmt: skip
    return around(request, shown, rng), answer


def quote(rng: Random) -> tuple[str, str]:
    """One line of several, by its number or by a word that only it has."""
    count = rng.randint(3, 6)
    lines: list[str] = []
    while len(lines) < count:
        kind = rng.choice(list(_SENTENCES))
        value = forms.name(rng) if kind == "name" else forms.FORMS[kind](rng)
        line = worded(
            _SENTENCES[kind], rng, v=value, n=pick(rng, "name"), d=pick(rng, "day"), o=pick(rng, "object")
        )
        if line not in lines:
            lines.append(line)
    at = rng.randrange(count)
    if rng.random() < 0.5:
        what = (
            f"line {at + 1}"
            if rng.random() < 0.5
            else f"the {('first', 'second', 'third', 'fourth', 'fifth', 'sixth')[at]} line"
        )
        if at == count - 1 and rng.random() < 0.5:
            what = "the last line"
    else:
        words = [word.strip(".,;'") for word in lines[at].split()]
        alone = [
            word for word in words
            if len(word) > 3 and sum(word.lower() in line.lower() for line in lines) == 1
        ]  # fmt: skip
        if not alone:
            return quote(rng)
        what = f'the line with "{rng.choice(alone)}"'
    request = worded(
        (
            "[Quote|Copy|Repeat|Write out] {w}[ exactly|].", "[What does {w} say|What's in {w}]?",
            "[Give|Show] me {w}.", "[I need|I want] {w}, word for word.", "[Only|Just] {w}[, please|].",
            "[Return|Print|Output] {w} [unchanged|as it is|and nothing else].", "{w}?",
            "How does {w} [go|read]?",
        ),
        rng, w=what,
    )  # fmt: skip
    numbered = rng.random() < 0.25
    text = (
        "\n".join(f"{number}: {line}" for number, line in enumerate(lines, 1))
        if numbered
        else "\n".join(lines)
    )
    request = request[:1].upper() + request[1:]
    shown = f"{text}{BLANK}{request}" if rng.random() < 0.5 else f"{request}{BLANK}{text}"
    return shown, lines[at]


def fields(rng: Random) -> tuple[str, str]:
    """One field of a record, or the record in another layout."""
    record = {
        "name": forms.name(rng), "email": forms.e_mail(rng), "phone": forms.phone(rng),
        "birthday": forms.dated(rng),
        "city": pick(rng, "city"), "id": forms.code(rng), "page": forms.web_address(rng),
        "price": forms.price(rng),
    }  # fmt: skip
    keys = rng.sample(list(record), rng.randint(3, 5))
    mark = rng.choice((": ", " = ", " | ", " - "))
    shown = rng.choice(("\n", "\n", "; ")).join(f"{key}{mark}{record[key]}" for key in keys)
    wanted = rng.sample(keys, rng.choice((1, 1, 2)))
    wanted.sort(key=keys.index)
    request = worded(
        (
            "[What is|Give me|Write] the {k}[ here|].", "[Only|Just] the {k}[, please|].",
            "[Copy|Return|Extract] the {k} [of this record|from this].",
            "[Find|Look up] the {k} in this [record|entry].",
            "[I need|I want] the {k} [of this entry|that stands here].",
            "[Which|What] {k} [is given|stands] here?",
            "{k}?", "[Tell|Show] me the {k} of this [person|entry].",
        ),
        rng, k=" and the ".join(wanted),
    )  # fmt: skip
    if request.startswith(("What is", "what is")):
        request = request.rstrip(".") + "?"
    return around(request, shown, rng), ", ".join(record[key] for key in wanted)


TASKS: Sequence[tuple[Task, float]] = (
    (repeat, 4.0), (extract, 4.0), (extract_all, 1.5), (reformat, 3.0), (pick_one, 2.0), (order, 2.0), (join,
    1.5),
    (quote, 2.0), (fields, 2.0),
)  # fmt: skip
"""What is asked, and how often."""

"""Finding what is asked for in sentences, lines and records: an address, a date, a name, a line, a field."""

from __future__ import annotations

from random import Random

from finetune.data.conversations.words import pick
from finetune.data.instructions import forms
from finetune.data.instructions.wording import BLANK, around, worded

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

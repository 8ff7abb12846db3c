"""Copying to the letter: repeating, finding what is asked for, writing it otherwise, ordering few items.

Everything is written by code, and so are the answers: addresses, numbers, dates, codes, names, texts in other
scripts, short lists, lines. Nothing has to be known but how dates and numbers are written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random

from finetune.data.conversations.words import digits, lexicon, pick
from finetune.data.documents import Message
from finetune.data.instructions import forms
from finetune.data.instructions.extracting import extract, extract_all, fields, quote
from finetune.data.instructions.lists import join, order, pick_one
from finetune.data.instructions.wording import exchange, worded

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


TASKS: Sequence[tuple[Task, float]] = (
    (repeat, 4.0), (extract, 4.0), (extract_all, 1.5), (reformat, 3.0), (pick_one, 2.0), (order, 2.0), (join,
    1.5),
    (quote, 2.0), (fields, 2.0),
)  # fmt: skip
"""What is asked, and how often."""

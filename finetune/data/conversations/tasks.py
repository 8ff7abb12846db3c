"""Small tasks: repeat, spell, change case, count, sums, lists, membership, letters, what was just said."""

from __future__ import annotations

import string

from finetune.data.conversations.talk import Talk
from finetune.data.conversations.words import invented, lexicon, pick, read_sections

_KINDS = {
    "animal": "animal", "colour": "colour", "fruit": "fruit", "vegetable": "vegetable", "drink": "drink",
    "sport": "sport", "day": "day of the week", "month": "month", "season": "season", "country": "country",
    "flower": "flower", "instrument": "musical instrument", "city": "city", "job": "job", "hobby": "hobby",
    "dessert": "dessert", "pet": "pet", "language": "language", "game": "game", "food": "dish",
}  # fmt: skip
_NUMBERS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
)  # fmt: skip


def _phrase(talk: Talk) -> str:
    kind = talk.rng.random()
    if kind < 0.3:
        return " ".join(invented(talk.rng) for _ in range(talk.rng.choice((1, 1, 2, 3))))
    if kind < 0.55:
        return pick(talk.rng, "echo")
    if kind < 0.75:
        return " ".join(pick(talk.rng, key) for key in ("adjective", "object"))
    words = [pick(talk.rng, "spelling") for _ in range(talk.rng.choice((1, 2, 3, 4, 5)))]
    return " ".join(words)


def echo(talk: Talk) -> None:
    """Repeat a phrase exactly."""
    talk.about = "repeat"
    slots = {"v": _phrase(talk)}
    talk.pair(
        (
            "[Repeat after me|Say|Repeat|Please say|Echo|Please repeat|Copy this|Write exactly|Type]: {v}",
            '[Say|Repeat|Write|Type|Echo] "{v}"[.|| please]',
            '[Can|Could|Would] you [say|repeat|write|type] "{v}"?',
            '[Just say|Only say|Answer only with|Reply with|Write only] "{v}"[.|]',
        ),
        "{v}",
        slots,
        exact=True,
        raw=True,
    )


def say_times(talk: Talk) -> None:
    """Say a word several times."""
    talk.about = "repeat"
    count = talk.rng.randint(2, 5)
    word = invented(talk.rng) if talk.chance(0.4) else pick(talk.rng, "spelling")
    how = talk.rng.choice((str(count), _NUMBERS[count])) + " times"
    talk.pair(
        ('[Say|Write|Repeat|Type] [the word |]"{v}" {how}[.|| please]', "[Say|Write] {v} {how}[.|]"),
        "{all}",
        {
            "v": word,
            "how": "twice" if count == 2 and talk.chance(0.5) else how,
            "all": " ".join([word] * count),
        },
        raw=True,
    )


def spell(talk: Talk) -> None:
    """Spell a short word."""
    talk.about = "spell"
    word = pick(talk.rng, "spelling") if talk.chance(0.85) else invented(talk.rng, 2)
    talk.pair(
        (
            "[How do you spell|Spell|Please spell|Can you spell|Spell the word|How do I spell] {v}[?|.||]",
            '[Spell|How do you spell] "{v}"[?|]',
            "What are the letters [in|of] {v}?",
        ),
        "{spelt}[.|]",
        {"v": word, "spelt": "-".join(word.upper())},
    )


def change_case(talk: Talk) -> None:
    """Write something in capitals or in small letters."""
    talk.about = "change case"
    words = " ".join(pick(talk.rng, "spelling") for _ in range(talk.rng.choice((1, 1, 2, 3))))
    upper = talk.chance(0.8)
    how = (
        "[in capitals|in capital letters|in upper case|in big letters]"
        if upper
        else "[in lower case|in small letters]"
    )
    talk.pair(
        (f'[Say|Write|Put|Type] "{{v}}" {how}[.|| please]', f'[Can|Could] you write "{{v}}" {how}?'),
        "{out}",
        {"v": words if upper else words.upper(), "out": words.upper() if upper else words},
        raw=True,
    )


def count(talk: Talk) -> None:
    """Count up or down."""
    talk.about = "count"
    last = talk.rng.randint(3, 20)
    if talk.chance(0.25):
        numbers = range(min(last, 10), 0, -1)
        user = "Count [down|backwards|back] from {n}[.|| please|!]"
        slots = {"n": str(min(last, 10))}
    elif talk.chance(0.2):
        first = talk.rng.randint(2, last - 1)
        numbers, slots = range(first, last + 1), {"m": str(first), "n": str(last)}
        user = "Count from {m} to {n}[.|| please]"
    else:
        numbers, slots = range(1, last + 1), {"n": str(last)}
        user = "[Count|Can you count|Please count] [to|from 1 to|from one to|up to] {n}[.|| please]"
    talk.pair(user, ", ".join(map(str, numbers)) + ".", slots)


def arithmetic(talk: Talk) -> None:
    """A sum, which the assistant leaves to a calculator: it would get many wrong."""
    talk.about = "sums"
    rng = talk.rng
    a, b = (
        (rng.randint(0, 12), rng.randint(1, 12))
        if talk.chance(0.6)
        else (rng.randint(2, 999), rng.randint(2, 99))
    )
    signs = {
        "+": ("+", "plus", "and", "added to"),
        "-": ("-", "minus", "take away", "less"),
        "*": ("*", "x", "×", "times", "multiplied by"),
        "/": ("/", "÷", "divided by"),
    }
    operator = rng.choice(signs[rng.choices("+-*/", weights=(6, 2.5, 2, 1))[0]])
    slots = {"a": str(a), "b": str(b), "op": operator}
    if operator == "added to" or talk.chance(0.08):
        slots |= {key: _NUMBERS[n] if n < len(_NUMBERS) else str(n) for key, n in (("a", a), ("b", b))}
    # One plain form of one sum is kept out of training, so that it can be asked as an unseen question.
    held_out = (a, b) == (7, 5)
    talk.pair(
        (
            "[What is|What's|How much is|Calculate|Work out|Tell me|Can you tell me] {a} {op} {b}[?|]",
            "{a} {op} {b}[?| =| = ?| is|]",
            "What do you get from {a} {op} {b}[?|]",
            "What does {a} {op} {b} make[?|]",
        )
        if not held_out
        else "[How much is|Work out] {a} {op} {b}[?|]",
        read_sections("handoffs")["sums"],
        slots,
    )


def compare(talk: Talk) -> None:
    """Which number is bigger, what comes next."""
    talk.about = "compare"
    a = talk.rng.randint(1, 60)
    b = a + talk.rng.randint(1, 30)
    if talk.chance(0.5):
        big = talk.chance(0.6)
        first, second = (a, b) if talk.chance(0.5) else (b, a)
        how = "[bigger|larger|greater|more]" if big else "[smaller|less]"
        talk.pair(
            f"[Which is|What is|Which number is|What's] {how}[, |: | ]{{a}} or {{b}}?",
            "{r} is [bigger|larger]." if big else "{r} is smaller.",
            {"a": str(first), "b": str(second), "r": str(b if big else a)},
        )
    else:
        talk.pair(
            "[What|Which] [number comes|comes|number is] [after|right after|next after] {a}?",
            ("{b} comes after {a}.", "After {a} comes {b}."),
            {"a": str(a), "b": str(a + 1)},
        )


def name_some(talk: Talk) -> None:
    """Name one or more things of a kind."""
    talk.about = "name some"
    kind = talk.rng.choice([key for key in _KINDS if key not in ("season", "food", "hobby", "pet")])
    count = talk.rng.choice((1, 2, 3, 3, 4, 5))
    things = talk.rng.sample(lexicon()[kind], count)
    label = _KINDS[kind]
    many = {"day": "days of the week", "country": "countries", "city": "cities"}.get(kind, label + "s")
    listed = things[0] if count == 1 else ", ".join(things[:-1]) + " and " + things[-1]
    if count == 1:
        users = "[Name|Tell me|Give me|Say|Think of] [a|an example of a|any] {label}[.|| please]"
        users = users.replace("[a|an example of a|any]", "any" if label[0] not in "a" else "[an|any]")
    else:
        users = "[Name|Tell me|Give me|List|Can you name|Say|Think of] {n} {many}[.|| please]"
    talk.pair(
        users,
        ("{all}.", "[Sure|All right|Here you are|For example]: {all}."),
        {
            "label": label, "many": many, "n": talk.rng.choice((str(count), _NUMBERS[count])), "all": listed,
        },
    )  # fmt: skip


def membership(talk: Talk) -> None:
    """Is a thing of a kind? Yes or no, with the right kind."""
    talk.about = "is it one"
    kinds = ("animal", "colour", "sport", "day", "month", "season", "drink", "language")
    kind, other = talk.rng.sample(kinds, 2)
    thing = pick(talk.rng, kind)
    asked = "{a:v}" if kind == "animal" else "{v}"
    yes = talk.chance(0.55)
    talk.pair(
        f"[Is|Tell me, is|Quick question: is|Do you know, is] {asked} {{a:label}}?",
        f"Yes, {asked} is {{a:right}}." if yes else f"No, {asked} is {{a:right}}, not {{a:label}}.",
        {"v": thing, "label": _KINDS[kind if yes else other], "right": _KINDS[kind]},
    )


def first_letter(talk: Talk) -> None:
    """First or last letter of a word, or a word that starts with a letter."""
    talk.about = "letters"
    word = pick(talk.rng, "spelling")
    if talk.chance(0.5):
        last = talk.chance(0.4)
        talk.pair(
            "[What is|What's|Tell me|Which is] the "
            + ("last" if last else "first")
            + " letter of [the word |]{v}[?|.]",
            "The " + ("last" if last else "first") + ' letter of "{v}" is {r}.',
            {"v": word, "r": word[-1 if last else 0].upper()},
        )
    else:
        letter = talk.rng.choice(sorted({word[0] for word in lexicon()["spelling"]}))
        found = talk.rng.choice([word for word in lexicon()["spelling"] if word[0] == letter])
        talk.pair(
            "[Give me|Tell me|Say|Do you know|Think of] a word [that starts|starting|beginning] with "
            "[the letter |]{l}[.|?|]",
            ('"{r}" starts with {L}.', 'How about "{r}"?', "{r}."),
            {"l": letter if talk.chance(0.4) else letter.upper(), "L": letter.upper(), "r": found},
        )


def letter_after(talk: Talk) -> None:
    """The letter after or before another."""
    talk.about = "letters"
    at = talk.rng.randint(1, 24)
    after = talk.chance(0.6)
    letters = string.ascii_uppercase
    talk.pair(
        "[What|Which] letter comes " + ("after" if after else "before") + " {l}?",
        "{r} comes " + ("after" if after else "before") + " {l}.",
        {"l": letters[at], "r": letters[at + (1 if after else -1)]},
    )


def last_said(talk: Talk) -> None:
    """What the user said just before."""
    talk.about = "what was said"
    lines = [message["content"] for message in talk.messages if message["role"] == "user"]
    if not lines or len(lines[-1].split()) > 14 or '"' in lines[-1]:
        return
    talk.pair(
        (
            "What did I [just say|say just now|just write|just ask|write last|say before this]?",
            "[What was|Repeat|Tell me] my last [message|sentence|question|line][?|]",
            "[Can|Could] you repeat what I [just said|said|wrote]?",
        ),
        ('You [said|wrote]: "{v}"',),
        {"v": lines[-1]},
        raw=True,
    )
    talk.recall(lines[-1])


TASKS = (
    (echo, 6.0), (say_times, 1.5), (spell, 3.0), (change_case, 1.5), (count, 2.5),
    (arithmetic, 5.0), (compare, 1.5), (name_some, 3.0), (membership, 2.0), (first_letter, 2.0),
    (letter_after, 1.0), (last_said, 1.5),
)  # fmt: skip


def small_task(talk: Talk) -> None:
    """Any of the tasks; at least one exchange is always played."""
    before = len(talk.messages)
    while len(talk.messages) == before:
        task = talk.rng.choices([task for task, _ in TASKS], weights=[weight for _, weight in TASKS])[0]
        task(talk)

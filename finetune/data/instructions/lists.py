"""Short lists: the item at a place, their order, another layout."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from finetune.data.conversations.words import invented, lexicon
from finetune.data.enumeration import joined
from finetune.data.instructions import forms
from finetune.data.instructions.wording import around, worded


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

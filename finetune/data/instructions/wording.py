"""How requests are worded and put together with what they are about.

Patterns are those of `finetune.data.conversations.grammar`. Values are put in after a pattern is written, so
that a text which is to be copied keeps its every character.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random
from typing import Generic, TypeVar

from finetune.data.conversations.grammar import expand
from finetune.data.documents import Message
from homespun.errors import UsageError

Item = TypeVar("Item")

NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight")
_LABELS = ("Here:", "This is it:", "Here it is:", "Input:", "It is this:", "What I have:", "See here:")
BLANK = "\n\n"
"""A blank line between two parts of a text."""
_MARK = "\ue000{}\ue001"


def worded(pattern: str | Sequence[str], rng: Random, **values: str) -> str:
    """A text of a pattern, or of one of several, with values put in as they are.

    Args:
        pattern: One pattern or several; a slot `{x}` that has no value is drawn from the lexicon.
        rng: The only source of chance.
        **values: Texts of slots, which may hold brackets, line breaks and runs of blanks.

    Raises:
        KeyError: A slot is neither given nor in the lexicon.
    """
    text = expand(pattern, rng, {name: _MARK.format(name) for name in values})
    for name, value in values.items():
        text = text.replace(_MARK.format(name), value)
    return text


def typed(text: str, rng: Random) -> str:
    """A request as some people type it: at times polite, at times without capitals or the last stop."""
    text = text[:1].upper() + text[1:]
    if text.endswith(".") and not text.endswith("..") and rng.random() < 0.1:
        text = text[:-1] + ", please."
    if text[1:2].islower() and rng.random() < 0.15:
        text = text[:1].lower() + text[1:]
    if text.endswith(".") and rng.random() < 0.2:
        text = text[:-1]
    return text


def around(request: str, text: str, rng: Random) -> str:
    """A request above or below the text that it is about."""
    if rng.random() < 0.35:
        return f"{text}{BLANK}{typed(request.rstrip(':'), rng)}"
    request = typed(request, rng)
    # What has several lines begins on a line of its own.
    near = rng.choice(("\n", " ") if "\n" not in text else ("\n",))
    if rng.random() < 0.3:
        stop = "" if request[-1:] in ".?!:" else "."
        return f"{request}{stop}\n\n{rng.choice(_LABELS)}{near}{text}"
    if rng.random() < 0.4:
        return f"{request.rstrip('.?!:')}:{rng.choice((near, BLANK))}{text}"
    return request + rng.choice(("\n", BLANK)) + text


def exchange(request: str, answer: str) -> list[Message]:
    """One request and its answer."""
    return [{"role": "user", "content": request}, {"role": "assistant", "content": answer}]


def numbered(parts: Sequence[str]) -> str:
    """Parts as a numbered list, one a line."""
    return "\n".join(f"{number}. {part}" for number, part in enumerate(parts, 1))


class Shuffled(Generic[Item]):
    """Items in an order that a seed decides, from the beginning again after the last.

    Item `n` is the same however many are taken, so that longer runs begin with shorter ones.
    """

    def __init__(self, items: Iterable[Item], seed: str) -> None:
        """Shuffle.

        Args:
            items: At least one.
            seed: Decides the order.

        Raises:
            UsageError: There are none.
        """
        self._items = list(items)
        if not self._items:
            raise UsageError("the public data hold nothing to make instructions of")
        Random(seed).shuffle(self._items)

    def __getitem__(self, number: int) -> Item:
        return self._items[number % len(self._items)]

"""Conversations in which what was noticed stands before the answer, so that answering becomes wording it.

In use adapters on the encoder tell what the user means, and look questions up in what was told or in a
passage. Before the answer stand (`<|memory|>` in the chat template) the words that were found, or else the
intent in brackets. Here both are known. A share of conversations stays without, as where there are no such
adapters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random

from finetune.data.conversations.grammar import expand
from finetune.data.conversations.talk import Talk
from finetune.data.documents import Message
from finetune.data.instructions.mixed import KINDS, instructions
from finetune.data.reading.squad import ReadingExample, read
from finetune.data.reading.unanswerable import unanswerable
from homespun.text.sentences import split
from models.encoders.intent import ASK_ABOUT_TEXT
from models.tokenizers.chat_template import bracketed

PLAIN = 0.25
"""Share of conversations without anything noticed."""
_ASKED = 0.75
"""How often a question for something told is the one that's looked up, where there is one."""
_WRONG = 0.03
"""How often something is found for what asks for nothing."""
_CONTEXT = 700
_FOUND = (
    "{answer}.",
    "{answer}.",
    "[It says|The text says|It's|That's|As far as the text tells,] {answer}.",
    "According to the [text|passage]: {answer}.",
)
_NOT_FOUND = (
    "The text doesn't [say|tell|say that|mention that].",
    "I [can't|couldn't] find that in the text.",
    "[That isn't|That's not] in the text, [sorry|as far as I can see].",
)


def with_notes(talks: Iterable[Talk], seed: int) -> Iterator[list[Message]]:
    """Yield the conversations, most of them up to one answer before which stands what was noticed."""
    for number, talk in enumerate(talks):
        rng = Random(f"lookups {seed}:{number}")
        told, messages = dict(talk.asked), talk.messages
        places = [
            place
            for place, message in enumerate(messages[:-1])
            if message["role"] == "user" and messages[place + 1]["role"] == "assistant"
        ]
        if not places or rng.random() < PLAIN:
            yield messages
            continue
        asking = [place for place in places if place in told]
        place = rng.choice(asking) if asking and rng.random() < _ASKED else rng.choice(places)
        found = told.get(place, "")
        if found and not any(
            found.lower() in message["content"].lower()
            for message in messages[:place]
            if message["role"] == "user"
        ):
            found = ""  # a system message's, which nobody looks into
        known = [value for at, value in told.items() if value]
        if place not in told and known and rng.random() < _WRONG:
            found = rng.choice(known)
        noticed = found or bracketed(talk.intents.get(place, ""))
        yield [*messages[: place + 1], {**messages[place + 1], "memory": noticed}]


def from_texts(folder: Path, seed: int, count: int) -> Iterator[list[Message]]:
    """Yield questions with a passage before them, answered from it, a third of them not.

    Args:
        folder: Of public data, with SQuAD.
        seed: Decides everything.
        count: How many.

    Raises:
        UsageError: The file is missing.
    """
    rng = Random(f"texts {seed}")
    asked = [one for one in read(folder) if len(one.answer) <= 60]
    asked = rng.sample(asked, min(len(asked), count))
    without = list(unanswerable(asked, seed))
    rng.shuffle(without)
    mixed = asked[: count - count // 3] + without[: count // 3]
    rng.shuffle(mixed)
    for one in mixed:
        text = _around(one)
        asking = [{"role": "user", "content": f"{text}\n\n{one.question}"}]
        if rng.random() < 0.3:
            asking = [
                {"role": "user", "content": text},
                {"role": "assistant", "content": "I've read that. Ask me about it."},
                {"role": "user", "content": one.question},
            ]
        pattern = _FOUND if one.answer else _NOT_FOUND
        answer = expand(pattern, rng, {"answer": one.answer}).replace("..", ".")
        yield [
            *asking,
            {
                "role": "assistant",
                "content": answer[:1].upper() + answer[1:],
                "memory": one.answer or bracketed(ASK_ABOUT_TEXT),
            },
        ]


def _around(one: ReadingExample) -> str:
    """The sentences around the answer, or the first ones, up to a length."""
    spans = split(one.passage)
    start, end = max(one.start, 0), max(one.end, 1)
    kept = [place for place, (first, last) in enumerate(spans) if first < end and start < last] or [0]
    first, last = kept[0], kept[-1]
    while spans[last][1] - spans[first][0] < _CONTEXT and (first > 0 or last < len(spans) - 1):
        if first > 0:
            first -= 1
        elif last < len(spans) - 1:
            last += 1
    return one.passage[spans[first][0] : spans[last][1]].strip()


def instructed(folder: Path, seed: int, count: int) -> Iterator[list[Message]]:
    """Yield instructions of all kinds, as many of each; before most answers stands which kind it is.

    Args:
        folder: Of public data.
        seed: Decides everything.
        count: How many.

    Raises:
        UsageError: A file is missing.
    """
    each, more = divmod(count, len(KINDS))
    counts = {kind: each + (place < more) for place, kind in enumerate(KINDS)}
    for number, (kind, messages) in enumerate(instructions(folder, seed, counts)):
        noticed = Random(f"instructed {seed}:{number}").random() >= PLAIN
        *before, last = messages
        yield [*before, {**last, "memory": bracketed(kind)} if noticed else last]

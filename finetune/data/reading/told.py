"""Generated conversations as reading examples: what is asked back, in what the user told.

A question for something told is answered by the user's own words, those said last where they were corrected.
A question for what was never told, and anything else that users say, has no answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random

from finetune.data.conversations.memory import remember
from finetune.data.reading.squad import ReadingExample
from models.chat.told import told

OTHERS = 0.25
"""Share of other things said that are looked up too."""


def told_examples(seed: int, count: int) -> Iterator[ReadingExample]:
    """Yield the questions of `count` conversations; equal seeds give equal ones."""
    for number in range(count):
        rng = Random(f"told {seed}:{number}")
        talk = remember(rng, mixed=number % 3 > 0)
        asked = dict(talk.asked)
        for place, message in enumerate(talk.messages):
            if message["role"] != "user":
                continue
            passage = told(talk.messages[:place])
            if not passage or (place not in asked and rng.random() > OTHERS):
                continue
            value = asked.get(place, "")
            start = _last(value, passage) if value else -1
            if value and start < 0:
                continue  # said in other words, such as a number's
            end = start + len(value) if value else -1
            kind = "told" if value else "never told" if place in asked else "something else"
            yield ReadingExample(f"told {number}", message["content"], passage, start, end, kind)


def _last(value: str, passage: str) -> int:
    """Where the value's last mention begins, whole words only; -1 where there is none."""
    found = re.finditer(rf"(?<!\w){re.escape(value)}(?!\w)", passage, re.IGNORECASE)
    return max((match.start() for match in found), default=-1)

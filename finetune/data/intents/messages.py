"""What users mean: messages of generated conversations and of public sets, each with its intent.

The intents of generated conversations are what their parts are about: a scene's name, "tell", "ask back".
Real people's requests have the kind of hand-off that they get, CLINC150's small talk has the scene that
answers it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from random import Random

from finetune.data.conversations import talks
from finetune.data.conversations.memory import remembered
from finetune.data.conversations.talk import Talk
from finetune.data.documents import Message
from finetune.data.handoffs import handoffs
from finetune.data.instructions.mixed import KINDS, instructions
from finetune.data.noticed import from_texts
from finetune.data.sources import records
from models.encoders.intent import ASK_ABOUT_TEXT, ASK_BACK

SMALL_TALK = {
    "greeting": "greetings hello",
    "goodbye": "closings farewell",
    "thank_you": "closings thanks",
    "tell_joke": "ask for a joke",
    "fun_fact": "ask for a fact",
    "what_is_your_name": "persona name",
    "are_you_a_bot": "persona human",
    "who_made_you": "persona maker",
    "who_do_you_work_for": "persona maker",
    "how_old_are_you": "persona age",
    "where_are_you_from": "persona where",
    "what_can_i_ask_you": "persona what can you do",
    "what_are_your_hobbies": "persona likes",
    "do_you_have_pets": "persona own family",
    "meaning_of_life": "persona meaning",
    "change_ai_name": "persona rename",
    "user_name": ASK_BACK,
    "time": "limits time",
    "date": "limits time",
    "yes": "followups yes",
    "no": "followups no",
}
"""Intents of CLINC150 that are small talk, and what answers them."""
BROAD = {
    "tell": 8.0,
    ASK_BACK: 8.0,
    "know": 12.0,
    "look": 6.0,
    "act": 6.0,
    "statement": 5.0,
    ASK_ABOUT_TEXT: 3.0,
    "sums": 2.0,
}
"""Of these so many times as many as of others are taken: people mean them in endless wordings."""


@dataclass(frozen=True)
class Meant:
    """A message, what the assistant had said before it ("" for nothing), its intent, and where it's from."""

    before: str
    text: str
    intent: str
    source: str


def meant(folder: Path, seed: int, count: int, most: int) -> list[Meant]:
    """Messages with their intents, shuffled; no text comes twice with one intent.

    Args:
        folder: Of public data.
        seed: Decides everything.
        count: How many conversations are generated.
        most: At most so many messages of an intent, of those in `BROAD` more.

    Raises:
        UsageError: A file is missing.
    """
    held: Counter[str] = Counter()
    seen: set[tuple[str, str]] = set()
    found: list[Meant] = []
    real = list(_small_talk(folder))
    Random(f"intents {seed}").shuffle(real)
    generated = chain(
        # First what public data is needed for: a file that's missing is told at once.
        _instructed(folder, seed, 2 * most),
        _asked(folder, seed, count // 10),
        _of(talks(seed, count), "conversations"),
        _of(remembered(seed, count // 3), "memories"),
        _of(handoffs(folder, seed, count), "requests"),
    )
    for one in chain(real, generated):
        key = (one.intent, one.text.lower())
        if key in seen or held[one.intent] >= most * BROAD.get(one.intent, 1.0):
            continue
        seen.add(key)
        held[one.intent] += 1
        found.append(one)
    Random(f"intents {seed}").shuffle(found)
    return found


def _of(conversations: Iterable[Talk], source: str) -> Iterator[Meant]:
    for talk in conversations:
        for place, intent in talk.intents.items():
            before = talk.messages[place - 1] if place else None
            said = before["content"] if before is not None and before["role"] == "assistant" else ""
            yield Meant(said, talk.messages[place]["content"], intent, source)


def _small_talk(folder: Path) -> Iterator[Meant]:
    for record in records(folder / "clinc150.jsonl"):
        if intent := SMALL_TALK.get(record["intent"]):
            yield Meant("", record["text"].strip(), intent, "clinc")


def _instructed(folder: Path, seed: int, count: int) -> Iterator[Meant]:
    """So many instructions of each kind."""
    for kind, messages in instructions(folder, seed, dict.fromkeys(KINDS, count)):
        yield _last(messages, kind, "instructions")


def _asked(folder: Path, seed: int, count: int) -> Iterator[Meant]:
    """Questions about a passage, which stands with them or before them."""
    for messages in from_texts(folder, seed, count):
        yield _last(messages, ASK_ABOUT_TEXT, "texts")


def _last(messages: list[Message], intent: str, source: str) -> Meant:
    """What the user asks last, behind what was said before it."""
    before = messages[-3]["content"] if len(messages) > 2 else ""
    return Meant(before, messages[-2]["content"], intent, source)

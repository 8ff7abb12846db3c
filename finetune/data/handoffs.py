"""Real people's requests that a small model can't meet, each with an honest hand-off.

Requests come from public sets of queries, questions and word problems; the hand-off goes with what is wanted:
to act, to look up, to know, to calculate, to translate. Small talk in those sets is left out: other
generators answer it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from random import Random

from finetune.data.conversations.flows import closing, greeting, persona, smalltalk
from finetune.data.conversations.style import draw_voice
from finetune.data.conversations.talk import Talk
from finetune.data.conversations.words import invented, pick, read_sections
from finetune.data.reading.squad import read
from finetune.data.sources import lines, records


def handoffs(folder: Path, seed: int, count: int) -> Iterator[Talk]:
    """Yield `count` conversations of one to three requests, at times with small talk around them.

    Args:
        folder: Of public data: `clinc150.jsonl`, `metatool/`, `gsm8k.jsonl`, SQuAD.
        seed: Decides everything.
        count: How many.

    Raises:
        UsageError: A file is missing.
    """
    asked = {kind: held for kind, held in requests(folder).items() if held}
    replies = read_sections("handoffs")
    patterns = {name: held for name, held in read_sections("requests").items() if name in replies}
    for number in range(count):
        rng = Random(f"handoffs {seed}:{number}")
        talk = Talk(rng, draw_voice(rng))
        if rng.random() < 0.15:
            greeting(talk)
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            if rng.random() < _PATTERNS:
                kind = rng.choice(list(patterns))
                slots = {"w": pick(rng, "object"), "v": invented(rng, 2).capitalize()}
                talk.about = kind
                talk.pair(patterns[kind], replies[kind], slots)
                continue
            kind = rng.choices(list(asked), weights=[_WEIGHTS[kind] for kind in asked])[0]
            talk.intents[len(talk.messages)] = kind
            talk.messages.append({"role": "user", "content": rng.choice(asked[kind])})
            talk.assistant(replies[kind])
            if rng.random() < 0.15:
                rng.choice((smalltalk, persona))(talk)
        if rng.random() < 0.08:
            closing(talk)
        yield talk


_PATTERNS = 0.45
"""Share of requests that come from patterns: the public sets have none of their kind, or few."""
_WEIGHTS = {"act": 3.0, "look": 3.0, "know": 7.0, "sums": 1.5, "language": 0.7}


def requests(folder: Path) -> dict[str, list[str]]:
    """What people asked, by what they want.

    Raises:
        UsageError: A file is missing.
    """
    found: dict[str, list[str]] = {kind: [] for kind in _WEIGHTS}
    sections = read_sections("requests")
    wants = {intent: kind for kind in found for intent in " ".join(sections[f"intents {kind}"]).split()}
    for record in records(folder / "clinc150.jsonl"):
        if kind := wants.get(record["intent"]):
            found[kind].append(record["text"].strip())
    for row in csv.DictReader(lines(folder / "metatool" / "all_clean_data.csv")):
        if row["Query"].strip():
            found["look"].append(row["Query"].strip())
    found["sums"] += [record["question"].strip() for record in records(folder / "gsm8k.jsonl")]
    found["know"] += [one.question for one in read(folder)]
    return found

"""How much of what a model reads: named shares of the sources and of generated conversations."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from finetune.data.conversations import conversations
from finetune.data.documents import Document
from finetune.data.prepare import take
from finetune.data.sources import SOURCES


@dataclass(frozen=True)
class Share:
    """Part of a mixture.

    Attributes:
        characters: read at most about this much of the source.
        repeat: how often what was read stands in the mixture; small, good sources bear a few repetitions.
    """

    characters: int
    repeat: int = 1


OPENING = 3000
"""Characters of a text that are read where only openings are."""
# Plain openings of articles and textbooks for words and facts; dialogue for turns; reading for copying.
HOME_BASE: Mapping[str, Share] = {
    "wikipedia": Share(22_000_000),
    "textbooks": Share(24_000_000),
    "novels": Share(2_100_000, repeat=2),
    "simple_news": Share(2_100_000, repeat=2),
    "dialogues": Share(12_000_000),
    "orders": Share(100_000, repeat=2),
    "reading": Share(17_500_000),
    "countries": Share(100_000, repeat=6),
}

# What can be fetched from the hub where no folder of prepared data is named.
HOME_BASE_HUB: Mapping[str, Share] = {
    "wikipedia": Share(35_000_000),
    "reading": Share(17_500_000),
    "stories": Share(45_000_000),
}


def gather(
    folder: Path,
    mixture: Mapping[str, Share] = HOME_BASE,
    *,
    generated: int = 0,
    seed: int = 0,
    report: Callable[[str], None] = lambda _: None,
) -> dict[str, list[Document]]:
    """Read the sources of a mixture, and generate conversations beside them.

    Args:
        folder: the folder of prepared public data.
        mixture: source name → share.
        generated: how many generated conversations to add.
        seed: decides which part of a source is taken, and the conversations.
        report: called with a line for every source.

    Returns:
        Source name → documents, each once: `prepare` repeats after validation was split off.

    Raises:
        UsageError: a source's file is missing.
    """
    gathered: dict[str, list[Document]] = {}
    for name, share in mixture.items():
        report(f"reading {name}")
        gathered[name] = take(SOURCES[name](folder), share.characters, random.Random(seed))
    if generated:
        report(f"generating {generated:,} conversations")
        gathered["conversations"] = list(conversations(seed, generated))
    return gathered


def prose(folder: Path, seed: int, count: int) -> list[Document]:
    """So many openings of plain texts, so that what was read before isn't unlearnt in tuning.

    Raises:
        UsageError: a source's file is missing.
    """
    names = ("wikipedia", "textbooks", "simple_news", "novels")
    found: list[Document] = []
    for place, name in enumerate(names):
        wanted = (count + place) // len(names)
        texts = list(SOURCES[name](folder))
        random.Random(f"prose {seed}:{name}").shuffle(texts)
        found += [text[:OPENING] if isinstance(text, str) else text for text in texts[:wanted]]
    random.Random(seed).shuffle(found)
    return found

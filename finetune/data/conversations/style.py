"""How users type: one `Voice` a conversation decides case, punctuation, slips and padding of every line.

Values between the marks of `grammar` are never misspelt (they may be lowered with the rest of the line).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from random import Random

from finetune.data.conversations.grammar import CLOSE, OPEN, sentence_case
from finetune.data.conversations.words import read_sections

_Swaps = tuple[tuple[re.Pattern[str], str, str], ...]


@cache
def _swaps(section: str) -> _Swaps:
    pairs = [line.split(" = ") for line in read_sections("style")[section]]
    return tuple((re.compile(rf"\b{neat}\b"), neat, other) for neat, other in pairs)


@lru_cache(maxsize=2)
def _leads(question: bool) -> tuple[str, ...]:
    sections = read_sections("style")
    return tuple(sections["leads"] + (sections["question_leads"] if question else []))


_GREETING = re.compile(
    r"(hi|hey|hello|good|morning|evening|yo|no|yes|ok|okay|thanks|bye|sorry|actually|wait)\b", re.I
)
_POLITE = (" please", ", please", ", if you don't mind", ", thanks", ", if you can", " for me please")
_CASUAL = ("!", "!!", " :)", " lol", " haha", "...", " :D", " ;)", ", mate", " hehe", ", buddy")
_FULL_PUNCTUATION = re.compile(r"[.!?]+(?=\s|$)")


@dataclass(frozen=True, slots=True)
class Voice:
    """One user's habits; every share is a probability per line."""

    lower: bool
    bare: bool
    keep_values: bool
    american: bool
    apostrophes: bool
    slips: float
    short: float
    lead: float
    casual: float
    polite: float
    wordy: float


def draw_voice(rng: Random) -> Voice:
    """Draw one user's habits: most type neatly, a third in lower case, a few with slips or in text-speak."""
    neat = rng.random() < 0.58
    return Voice(
        lower=not neat and rng.random() < 0.8,
        bare=(not neat and rng.random() < 0.7) or rng.random() < 0.08,
        keep_values=rng.random() < 0.45,
        american=rng.random() < 0.45,
        apostrophes=neat or rng.random() < 0.4,
        slips=0.0 if rng.random() < 0.8 else rng.choice((0.1, 0.25, 0.5)),
        short=0.0 if neat or rng.random() < 0.75 else 0.6,
        lead=rng.choice((0.0, 0.05, 0.1, 0.25)),
        casual=rng.choice((0.0, 0.0, 0.05, 0.2)),
        polite=rng.choice((0.0, 0.03, 0.15, 0.3)),
        wordy=0.0 if rng.random() < 0.8 else 0.35,
    )


def _swap(text: str, section: str, rng: Random, share: float) -> str:
    for pattern, neat, other in _swaps(section):
        if neat in text and rng.random() < share:
            text = pattern.sub(other, text)
    return text


def _outside_values(text: str) -> list[str]:
    """Pieces of text in which the odd ones are values with their marks."""
    return re.split(f"({OPEN}[^{CLOSE}]*{CLOSE})", text)


def restyle(text: str, voice: Voice, rng: Random, *, exact: bool = False) -> str:
    """The line as this user would type it; marks are removed.

    Args:
        text: a neat line, values marked.
        voice: the user's habits.
        rng: source of chance.
        exact: keep every letter (lines whose exact wording matters); only the marks are removed.
    """
    if exact:
        return sentence_case(text).replace(OPEN, "").replace(CLOSE, "")
    if (
        text.endswith("?")
        and re.match(r"(can|could|would|will) you", text, re.I)
        and rng.random() < voice.polite
        and text[-1] not in ')"'
    ):
        end = text[-1] if text[-1] in ".!?" else ""
        text = text.rstrip(".!?") + rng.choice(_POLITE) + end
    if rng.random() < voice.lead and len(text.split()) > 2 and not _GREETING.match(text):
        lead = rng.choice(_leads(text.endswith("?"))) + " "
        text = lead + (text if re.match(r"I\b|[\x01A-Z]{2}", text) else text[:1].lower() + text[1:])
    pieces = _outside_values(text)
    for at in range(0, len(pieces), 2):
        piece = pieces[at]
        if voice.american:
            piece = _swap(piece, "american", rng, 1.0)
        if voice.short:
            piece = _swap(piece, "short", rng, voice.short)
        if voice.slips:
            piece = _swap(piece, "slips", rng, voice.slips)
        if not voice.apostrophes:
            piece = piece.replace("'", "")
        if voice.lower:
            piece = piece.lower()
        if voice.bare:
            piece = piece.replace(",", "") if rng.random() < 0.6 else piece
        pieces[at] = piece
    if voice.lower and not voice.keep_values:
        pieces = [piece.lower() for piece in pieces]
    text = "".join(pieces)
    if voice.bare and re.search(r"\w", text):
        text = _FULL_PUNCTUATION.sub("", text) if rng.random() < 0.5 else text.rstrip(".!?")
    elif not voice.lower:
        text = sentence_case(text)
    if rng.random() < voice.casual and re.search(r"\w", text) and text[-1:] not in ')"':
        ends = ("??", "?!", "? :)", "?", "???") if text.endswith("?") else _CASUAL
        text = text.rstrip(".?!") + rng.choice(ends)
    return text.replace(OPEN, "").replace(CLOSE, "").strip()

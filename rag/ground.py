"""Which sentences of an answer do its passages support, and by which of their sentences?

Contract: deterministic; the judge is called once with every pair there is to judge; spans are exact. Passages
longer than a learned judge reads are cut into chunks of whole sentences, and a claim has the best score of
what it was compared with: the chunks, the one or two neighbouring sentences nearest to it in each passage,
and the nearest sentences of two passages together. Nearness is shared content words, so a sentence that says
it in other words is only found as part of its chunk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from homespun.text.sentences import Span, split
from homespun.text.words import FUNCTION_WORDS, words
from rag.claims import claim
from rag.judges.judge import Judge

Verdict = Literal["supported", "unsupported", "no claim"]

CHUNK = 220
"""Words of a chunk at most, unless one sentence has more: about 300 tokens of a learned judge's 512."""
NEAREST = 2
"""How many windows of a passage a claim is compared with, beside the chunks."""
TOGETHER = 4
"""Sentences named as evidence at most where only a whole chunk supports a claim."""


@dataclass(frozen=True)
class Evidence:
    """Characters ``passages[passage][start:end]``, whole sentences."""

    passage: int
    start: int
    end: int


@dataclass(frozen=True)
class SentenceSupport:
    """One sentence of an answer.

    Attributes:
        start: where it begins in the answer.
        end: where it ends, exclusive.
        text: ``answer[start:end]``.
        verdict: "supported" where the probability reaches the judge's threshold; "no claim" for what states
            nothing about the world (questions, courtesies, "the passages don't say").
        probability: of being supported, by the judge; 1 where there's no claim.
        passage: index of the passage that supports it best; None without a claim or a passage.
        evidence: the sentences that support it best, of one passage or of two, best first; also those of an
            unsupported sentence, as what came nearest.
    """

    start: int
    end: int
    text: str
    verdict: Verdict
    probability: float
    passage: int | None = None
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True)
class _Window:
    """A run of sentences of a passage, and its content words."""

    passage: int
    span: Span
    text: str
    words: frozenset[str]


@dataclass(frozen=True)
class _Candidate:
    text: str
    windows: tuple[_Window, ...]
    size: int
    """Rank by which a smaller piece of evidence is preferred: sentences, two passages, a chunk."""


def ground(answer: str, passages: Sequence[str], judge: Judge | None = None) -> list[SentenceSupport]:
    """Returns the support of every sentence of `answer`, in order.

    Args:
        answer: text with or without citation marks; they don't change the verdict.
        passages: the texts it should rest on.
        judge: None for the lexical one.

    Raises:
        HomespunError: what the judge raises.
    """
    if judge is None:
        from rag.judges.lexical import Lexical

        judge = Lexical()
    read = [_Passage(number, text) for number, text in enumerate(passages)]
    spans = split(answer)
    claims = [claim(span.of(answer)) for span in spans]
    offered = [_candidates(said, read) if said else [] for said in claims]
    pairs = [(one.text, said) for said, found in zip(claims, offered, strict=True) for one in found]
    # Sorted by premise, so that a judge that prepares it once can.
    order = sorted(range(len(pairs)), key=lambda number: pairs[number])
    scores = [0.0] * len(pairs)
    for number, score in zip(order, judge.score([pairs[number] for number in order]), strict=True):
        scores[number] = score
    supports, place = [], 0
    for span, said, found in zip(spans, claims, offered, strict=True):
        own = scores[place : place + len(found)]
        place += len(found)
        supports.append(_support(span, answer, said, found, own, judge.threshold))
    return supports


class _Passage:
    """A passage, cut up."""

    def __init__(self, number: int, text: str) -> None:
        self.text, self.number = text, number
        spans = split(text)
        self.sentences = [self._window(span) for span in spans]
        self.pairs = [self._window(Span(a.start, b.end)) for a, b in pairwise(spans)]
        self.chunks = [self._window(span) for span in _chunks(text, spans)]

    def _window(self, span: Span) -> _Window:
        text = span.of(self.text)
        return _Window(self.number, span, text, _content(text))


def _chunks(text: str, spans: Sequence[Span]) -> list[Span]:
    """Runs of sentences of at most CHUNK words; each begins with the last sentence of the one before."""
    lengths = [len(span.of(text).split()) for span in spans]
    chunks: list[Span] = []
    first = 0
    while first < len(spans):
        last, held = first, lengths[first]
        while last + 1 < len(spans) and held + lengths[last + 1] <= CHUNK:
            last += 1
            held += lengths[last]
        chunks.append(Span(spans[first].start, spans[last].end))
        if last + 1 >= len(spans):
            break
        first = last if last > first and lengths[last] + lengths[last + 1] <= CHUNK else last + 1
    return chunks


def _content(text: str) -> frozenset[str]:
    every = words(text)
    return frozenset(word for word in every if word not in FUNCTION_WORDS) or frozenset(every)


def _candidates(said: str, passages: Sequence[_Passage]) -> list[_Candidate]:
    """What a claim is compared with, without doubles."""
    content = _content(said)
    found: dict[str, _Candidate] = {}
    nearest: list[tuple[float, _Window]] = []
    for passage in passages:
        for group, size in ((passage.sentences, 1), (passage.pairs, 2)):
            near = sorted(group, key=lambda window: -_nearness(content, window))[:NEAREST]
            for window in near:
                found.setdefault(window.text, _Candidate(window.text, (window,), size))
            if size == 1 and near:
                nearest.append((_nearness(content, near[0]), near[0]))
        for chunk in passage.chunks:
            found.setdefault(chunk.text, _Candidate(chunk.text, (chunk,), 4))
    nearest.sort(key=lambda pair: -pair[0])
    for _, first in nearest[:1]:
        # The second should say what the first doesn't.
        rest = content - first.words
        others = sorted((window for _, window in nearest[1:]), key=lambda window: -len(rest & window.words))
        for second in others[:1]:
            if rest & second.words:
                text = f"{first.text} {second.text}"
                found.setdefault(text, _Candidate(text, (first, second), 3))
    return list(found.values())


def _nearness(content: frozenset[str], window: _Window) -> float:
    """Shared content words; among equals the shorter window, then the earlier one, as sorting is stable."""
    return len(content & window.words) - len(window.words) / (len(window.words) + 1000)


def _support(
    span: Span, answer: str, said: str, found: Sequence[_Candidate], scores: Sequence[float], threshold: float
) -> SentenceSupport:
    text = span.of(answer)
    if not said:
        return SentenceSupport(span.start, span.end, text, "no claim", 1.0)
    if not found:
        return SentenceSupport(span.start, span.end, text, "unsupported", 0.0)
    best = max(scores)
    verdict: Verdict = "supported" if best >= threshold else "unsupported"
    # The smallest piece that gives the verdict; where none is enough, the one that came nearest.
    enough = [number for number, score in enumerate(scores) if score >= min(threshold, best)]
    chosen = found[min(enough, key=lambda number: (found[number].size, -scores[number], number))]
    evidence = _narrowed(said, chosen)
    return SentenceSupport(
        span.start, span.end, text, verdict, best, passage=evidence[0].passage, evidence=evidence
    )


def _narrowed(said: str, chosen: _Candidate) -> tuple[Evidence, ...]:
    """The evidence's spans; of a chunk those sentences that have the claim's words between them."""
    if chosen.size < 4:
        return tuple(Evidence(window.passage, *window.span) for window in chosen.windows)
    (chunk,) = chosen.windows
    sentences = [
        (Span(chunk.span.start + span.start, chunk.span.start + span.end), _content(span.of(chunk.text)))
        for span in split(chunk.text)
    ]
    left, picked = _content(said), []
    for _ in range(TOGETHER):
        span, has = max(sentences, key=lambda pair: len(left & pair[1]))
        if not left & has:
            break
        picked.append(span)
        left = left - has
    return tuple(Evidence(chunk.passage, *span) for span in picked) or (Evidence(chunk.passage, *chunk.span),)

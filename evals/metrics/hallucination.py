"""Hallucination: how often answers claim what their passages don't support, and of what kind it is.

The rates count verdicts of a judge. `analyse` needs no judge: it names the words of a sentence that the
passages don't have, by kind. It reads words, not meaning, and English: a paraphrase may look like an
addition, and a wrong claim made of the passages' own words is found only where a negation differs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from evals.metrics import tokens
from evals.metrics.faithfulness import UNSUPPORTED, claiming
from evals.metrics.tokens import Token

Kind = Literal["entity", "number", "date", "negation", "addition"]
KINDS: tuple[Kind, ...] = get_args(Kind)
NEAR = 0.5
"""A passage's sentence is about the same thing if it has this share of the claim's content words."""
TOGETHER = 8
"""A date is in a passage when its parts are within so many words of each other."""

REACH = 2
"""A negation is of the content words after it, at most so many."""


@dataclass(frozen=True)
class Finding:
    """Words of a sentence that its passages don't bear out.

    Attributes:
        kind: "entity", "number", "date", "negation" or "addition".
        start: where they begin in the sentence, in characters.
        end: where they end, exclusive.
        text: the words.
    """

    kind: Kind
    start: int
    end: int
    text: str


def hallucination_rate(verdicts: Sequence[str]) -> float | None:
    """Share of claiming sentences that aren't supported; None for an answer that claims nothing.

    Args:
        verdicts: One a sentence: "supported", "unsupported" or "no claim".
    """
    claims = claiming(verdicts)
    return sum(verdict == UNSUPPORTED for verdict in claims) / len(claims) if claims else None


def hallucinates(verdicts: Sequence[str]) -> bool:
    """Whether an answer holds an unsupported sentence."""
    return UNSUPPORTED in claiming(verdicts)


def analyse(sentence: str, passages: Sequence[str]) -> list[Finding]:
    """Names what a sentence says beyond its passages, in the order of its words; spans don't overlap."""
    said = tokens.read(sentence)
    read = [tokens.read(passage) for passage in passages]
    known = {token.normal for passage in read for token in passage}
    stems = {token.stem for passage in read for token in passage}
    values = {token.value for passage in read for token in passage if token.value is not None}
    found = [
        *((("date"), run) for run in _dates(said) if not any(_together(run, passage) for passage in read)),
        *(("number", [token]) for token in said if token.value is not None and token.value not in values),
        *(("entity", part) for run in _names(said) for part in _missing(run, known, stems)),
        *(("negation", run) for run in _negations(said, read, passages)),
        *(("addition", run) for run in _additions(said, known, stems)),
    ]
    taken: set[int] = set()
    findings = []
    for kind, run in found:  # the more exact kind comes first
        if not run or taken.intersection(range(run[0].place, run[-1].place + 1)):
            continue
        taken.update(range(run[0].place, run[-1].place + 1))
        start, end = run[0].start, run[-1].end
        findings.append(Finding(kind, start, end, sentence[start:end]))  # type: ignore[arg-type]
    return sorted(findings, key=lambda finding: finding.start)


def _dates(said: Sequence[Token]) -> Iterator[list[Token]]:
    """Runs of months, weekdays, years and the numbers beside a month."""
    place = 0
    while place < len(said):
        run: list[Token] = []
        while place < len(said) and (said[place].dates or (run and said[place].day) or _day_of(said, place)):
            run.append(said[place])
            place += 1
        if any(token.dates for token in run):
            yield run
        place += not run


def _day_of(said: Sequence[Token], place: int) -> bool:
    return said[place].day and place + 1 < len(said) and said[place + 1].month


def _together(run: Sequence[Token], passage: Sequence[Token]) -> bool:
    """Whether the parts of a date are near each other in a passage."""
    parts = {token.normal for token in run}
    places = [token.place for token in passage if token.normal == run[0].normal]
    return any(
        parts <= {token.normal for token in passage[max(0, place - TOGETHER) : place + TOGETHER + 1]}
        for place in places
    )


def _names(said: Sequence[Token]) -> Iterator[list[Token]]:
    """Runs of words with capitals."""
    run: list[Token] = []
    for token in said:
        if token.name and (not run or token.place == run[-1].place + 1):
            run.append(token)
            continue
        if run:
            yield run
        run = [token] if token.name else []
    if run:
        yield run


def _missing(run: Sequence[Token], known: set[str], stems: set[str]) -> Iterator[list[Token]]:
    """The parts of a run that the passages don't have."""
    part: list[Token] = []
    for token in run:
        if token.normal in known or token.stem in stems:
            if part:
                yield part
            part = []
        else:
            part.append(token)
    if part:
        yield part


def _negations(
    said: Sequence[Token], read: Sequence[Sequence[Token]], passages: Sequence[str]
) -> Iterator[list[Token]]:
    """The negation that the nearest sentence of the passages lacks, or the word that it negates."""
    content = {token.stem for token in said if token.content and not token.negates}
    if not content:
        return
    near: list[tuple[float, list[Token]]] = []
    for passage, text in zip(read, passages, strict=True):
        for part in tokens.parted(passage, text):
            shared = len(content & {token.stem for token in part}) / len(content)
            near.append((shared, part))
    best = max((shared for shared, _ in near), default=0.0)
    if best < NEAR:
        return
    nearest = [part for shared, part in near if shared == best]
    own = [token for token in said if token.negates]
    theirs = [[token for token in part if token.negates] for part in nearest]
    if own and not any(theirs):
        yield own[:1]
    elif not own and all(theirs):
        first = theirs[0][0].place
        negated = [token.stem for token in nearest[0] if token.place > first and token.content][:REACH]
        yield [token for token in said if token.stem in negated][:1]


def _additions(said: Sequence[Token], known: set[str], stems: set[str]) -> Iterator[list[Token]]:
    """Runs of content words that the passages don't have, with the small words between them."""
    run: list[Token] = []
    for token in said:
        other = token.negates or token.value is not None or token.name or token.dates  # kinds of their own
        if not (token.content or other):
            continue
        if other or token.normal in known or token.stem in stems:
            if run:
                yield run
            run = []
        else:
            run.append(token)
    if run:
        yield run

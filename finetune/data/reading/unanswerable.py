"""Questions that a passage does not answer, made from questions that another one does.

After the kinds that people wrote into SQuAD 2.0 (Rajpurkar et al. 2018, arXiv:1806.03822, table 2): another
entity or number, an antonym, a negation; and two that occur when a library is asked: a passage on the same
subject, and the right passage without the sentence that answers. They are made by rule, so a few are
answerable after all.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise

from finetune.data.reading.squad import ReadingExample

_WORD = re.compile(r"\w+")
# Not at the beginning of a sentence, where any word is in capitals.
_ENTITY = re.compile(r"(?<=[a-z,;)] )(?:[A-Z][\w'’-]+)(?:\s+(?:of|the|de|and)?\s*[A-Z][\w'’-]+)*")
_NUMBER = re.compile(r"\b\d[\d,.]*\d\b|\b\d\b")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"'(\[])")
_COMMON = frozenset(
    """other others what which who whom whose when where why how is are was were be been do does did has have
    had the a an of in on at to for by with from and or as that this it its their his her many much name type
    kind""".split()  # noqa: SIM905 (a list of so many words is no better to read)
)
_OPPOSITES = """
first last, largest smallest, biggest smallest, highest lowest, most least, more fewer, oldest youngest,
north south, east west, northern southern, eastern western, before after, increase decrease,
increased decreased, increases decreases, early late, earliest latest, began ended, begin end, start stop,
major minor, maximum minimum, above below, longest shortest, greater lesser, better worse, best worst,
male female, king queen, father mother, son daughter, public private, internal external, old new,
positive negative, strong weak, win lose, won lost, accept reject, accepted rejected, allow forbid,
allowed forbidden, support oppose, supported opposed, buy sell, bought sold, open close, opened closed,
rich poor, upper lower, left right, rural urban, inside outside, include exclude, arrive leave,
arrived left, popular unpopular, legal illegal, common rare, heavy light, hot cold, summer winter,
import export, birth death, born buried, married divorced, attack defend, friend enemy, same different
"""
_ANTONYMS: dict[str, str] = {}
for _pair in _OPPOSITES.strip().split(","):
    _one, _other = _pair.split()
    _ANTONYMS.setdefault(_one, _other)
    _ANTONYMS.setdefault(_other, _one)
_VERB = re.compile(
    r"\b(is|are|was|were|can|could|will|would|should|has|have|had|does|do|did)\b", re.IGNORECASE
)


def unanswerable(examples: Sequence[ReadingExample], seed: int) -> Iterator[ReadingExample]:
    """Gives at most one for each example, of a kind that is drawn by chance and can be made from it.

    Args:
        examples: Answerable ones, all of their articles.
        seed: Of the draw.
    """
    draw = random.Random(seed)
    library = _Library(examples)
    makers: list[tuple[float, str, Callable[[ReadingExample], ReadingExample | None]]] = [
        (0.27, "passage", lambda one: library.elsewhere(one)),
        (0.30, "entity", lambda one: library.swapped(one, draw)),
        (0.13, "antonym", lambda one: _antonym(one, draw)),
        (0.12, "negation", lambda one: _negated(one, draw)),
        (0.18, "removed", lambda one: _removed(one)),
    ]
    for example in examples:
        order = draw.choices(makers, [share for share, _, _ in makers], k=3)
        for _, kind, make in order:
            found = make(example)
            if found is not None:
                yield ReadingExample(found.group, found.question, found.passage, kind=kind)
                break


class _Library:
    """The articles: their passages by words, and the names and numbers in each."""

    def __init__(self, examples: Iterable[ReadingExample]) -> None:
        passages: dict[str, dict[str, None]] = defaultdict(dict)
        for one in examples:
            passages[one.group][one.passage] = None
        self._passages = {group: list(found) for group, found in passages.items()}
        self._words = {
            group: [frozenset(_WORD.findall(text.lower())) for text in found]
            for group, found in self._passages.items()
        }
        self._things = {
            group: [sorted({*_ENTITY.findall(text)}) for text in found]
            for group, found in self._passages.items()
        }
        self._numbers = {
            group: [sorted({*_NUMBER.findall(text)}) for text in found]
            for group, found in self._passages.items()
        }

    def elsewhere(self, one: ReadingExample) -> ReadingExample | None:
        """The passage of the same article that shares most words with the question and lacks the answer."""
        asked = frozenset(_WORD.findall(one.question.lower())) - _COMMON
        answer, best, found = one.answer.lower(), 0, None
        for text, words in zip(self._passages[one.group], self._words[one.group], strict=True):
            shared = len(asked & words)
            if shared > best and text != one.passage and answer not in text.lower():
                best, found = shared, text
        return None if found is None else ReadingExample(one.group, one.question, found)

    def swapped(self, one: ReadingExample, draw: random.Random) -> ReadingExample | None:
        """The question with a name or number of another passage, or of this one, in place of its own."""
        places = list(_ENTITY.finditer(one.question))
        numbers = list(_NUMBER.finditer(one.question))
        if not places and not numbers:
            return None
        spot = draw.choice(places + numbers)
        pools = self._numbers[one.group] if spot in numbers else self._things[one.group]
        pool = pools[draw.randrange(len(pools))]
        own = one.question.lower()
        fit = [
            thing
            for thing in pool
            if thing.lower() not in own
            and thing not in one.answer
            and one.answer not in thing
            and len(thing) > 1
            and (spot in numbers or abs(len(thing.split()) - len(spot[0].split())) <= 1)
            and thing.lower() not in _COMMON
        ]
        if not fit:
            return None
        question = one.question[: spot.start()] + draw.choice(fit) + one.question[spot.end() :]
        return ReadingExample(one.group, question, one.passage)


def _antonym(one: ReadingExample, draw: random.Random) -> ReadingExample | None:
    places = [found for found in _WORD.finditer(one.question) if found[0].lower() in _ANTONYMS]
    if not places:
        return None
    spot = draw.choice(places)
    other = _ANTONYMS[spot[0].lower()]
    if spot[0][0].isupper():
        other = other.capitalize()
    return ReadingExample(
        one.group, one.question[: spot.start()] + other + one.question[spot.end() :], one.passage
    )


def _negated(one: ReadingExample, draw: random.Random) -> ReadingExample | None:
    found = _VERB.search(one.question)
    if found is None or " not " in one.question or "n't" in one.question:
        return None
    verb = found[0]
    if draw.random() < 0.5 and verb.lower() in (
        "is",
        "are",
        "was",
        "were",
        "did",
        "does",
        "do",
        "has",
        "have",
        "had",
    ):
        question = f"{one.question[: found.start()]}{verb}n't{one.question[found.end() :]}"
        return ReadingExample(one.group, question, one.passage)
    # "What did X do" -> "What did X not do": before the last content word is a fair place.
    rest = one.question[found.end() :].split(" ")
    if len(rest) < 3:
        return None
    at = 1 if verb.lower() in ("is", "are", "was", "were") and found.start() > 0 else min(len(rest) - 1, 2)
    rest.insert(at, draw.choice(("not", "never", "not")))
    return ReadingExample(one.group, one.question[: found.end()] + " ".join(rest), one.passage)


def _removed(one: ReadingExample) -> ReadingExample | None:
    bounds = [0, *(found.end() for found in _SENTENCE.finditer(one.passage)), len(one.passage)]
    for begin, end in pairwise(bounds):
        if begin <= one.start < end:
            rest = (one.passage[:begin] + one.passage[end:]).strip()
            if len(rest) > 150 and one.answer.lower() not in rest.lower():
                return ReadingExample(one.group, one.question, rest)
            return None
    return None

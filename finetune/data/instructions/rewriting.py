"""A chat and a question that leans on it; the answer is the question as it would be asked alone.

The questions are SQuAD's, which follow one another on a paragraph. One is made to lean by rule
(`finetune.data.instructions.questions`): its article's name becomes a pronoun, or it's cut to what is new
in it ("And when?", "What about 1987?"); the answer is what it was. A share stands
alone already and stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from finetune.data.conversations.words import invented, lexicon, person_name, town_name
from finetune.data.documents import Message
from finetune.data.instructions.questions import (
    PERSONS,
    Named,
    after_pronouns,
    alone,
    asked_otherwise,
    leaning,
    name_in,
    names,
    read_articles,
    shared,
    sound,
    swapped_place,
    swapped_year,
)
from finetune.data.instructions.wording import Shuffled, around, exchange, typed, worded
from finetune.data.reading.squad import Paragraph
from homespun.errors import UsageError

_SHARES = {"pronoun": 4.0, "word": 1.0, "swap": 1.5, "same": 1.0, "new": 1.5}
_ANSWER = 80

_REQUESTS = (
    "[Rewrite|Reword|Rephrase] the [last|latest|follow-up] question so that [it stands alone|it can be "
    "understood alone|"
    "nobody needs the chat to understand it|it makes sense without the chat].",
    "[Turn|Make] the [last|final] question into one that [stands alone|needs no context|can be asked "
    "without the chat].",
    "[Put|Write] the last question [in full|out in full|so that it is complete by itself].",
    "What [would|does] the last question [be|say] if it were asked [by itself|with no chat before it]?",
    "[Fill in|Add] what the last question leaves out[, so that it is complete|].",
    "[Replace|Resolve] the words in the last question that [point back|refer] to the chat. [Write only "
    "the question|"
    "Only the question].",
    "[Make|Write] a [complete|self-contained|stand-alone] question [of|from|out of] the last one.",
    "[Someone|A friend|A colleague] who hasn't seen this chat gets only the last question. "
    "[Write it for them.|How should it read?]",
    "[What is being asked|What does the user ask] in the end? [Say it as a full question|Write the full "
    "question].",
    "Full question, please: [what is asked last|the last one]?",
    "[Expand|Complete] the last question [from|with|using] what was said before.",
    "[I need|Give me] the last question as a query that [works|can be searched] on its own.",
)
_OTHERWISE: Mapping[str, tuple[str, ...]] = {
    "When": ("And when?", "When?", "When was that?", "And when was that?", "At what time?"),
    "Where": ("And where?", "Where?", "Where was that?", "And where was that?", "In what place?"),
    "Why": ("And why?", "Why?", "Why was that?", "But why?", "And for what reason?"),
}
_WHAT_ABOUT = ("What about {x}?", "And {x}?", "How about {x}?", "And what about {x}?", "And for {x}?")
_IN = ("And in {x}?", "What about {x}?", "How about {x}?", "In {x}?", "And {x}?")
_FORMS = (
    ("User: ", "Assistant: "),
    ("Q: ", "A: "),
    ("User: ", "Bot: "),
    ("Me: ", "You: "),
    ("- ", "- "),
    ("Question: ", "Answer: "),
    ("Person: ", "Helper: "),
    ("", ""),
)
_LAST = ("Follow-up: ", "Follow-up question: ", "Last question: ", "New question: ", "Latest question: ")


@dataclass(frozen=True)
class _Asked:
    """A question that is sound, and what stands around it."""

    article: Named
    paragraph: Paragraph
    at: int
    question: str
    answer: str


def rewriting(folder: Path, seed: int, count: int) -> Iterator[list[Message]]:
    """Yield chats with a follow-up, and the follow-up as it stands alone.

    Args:
        folder: Of public data, with SQuAD.
        seed: Decides everything; longer runs begin with shorter ones.
        count: How many.

    Raises:
        UsageError: SQuAD is missing, or has no questions that one of the rules is for.
    """
    maker = _Maker(folder)
    kinds = [kind for kind in _SHARES if maker.possible[kind]]
    if not kinds:
        raise UsageError(f"the questions of SQuAD in {folder} hold none that one of the rules is for")
    drawn = dict.fromkeys(kinds, 0)
    pools = {kind: Shuffled(maker.possible[kind], f"rewriting {seed}:{kind}") for kind in kinds}
    for number in range(count):
        rng = Random(f"rewriting {seed}:{number}")
        kind = rng.choices(kinds, weights=[_SHARES[kind] for kind in kinds])[0]
        asked = pools[kind][drawn[kind]]
        drawn[kind] += 1
        history, follow_up, answer = maker.make(kind, asked, rng)
        yield exchange(_prompt(history, follow_up, rng), answer)


class _Maker:
    """Finds what every rule is for, and applies one."""

    def __init__(self, folder: Path) -> None:
        articles = read_articles(folder)
        self._held: dict[int, list[_Asked]] = {}
        for article in articles:
            for paragraph in article.paragraphs:
                self._held[id(paragraph)] = [
                    _Asked(article.about, paragraph, at, one.question.strip(), one.answers[0])
                    for at, one in enumerate(paragraph.questions)
                    if sound(one.question) and one.answers and len(one.answers[0]) <= _ANSWER
                ]
        every = [asked for held in self._held.values() for asked in held]
        self._follow = after_pronouns(asked.question for asked in every)
        own = [asked for asked in every if alone(asked.question)]
        self._others = own
        places = (lexicon()["country"], lexicon()["city"])
        self.possible: dict[str, list[_Asked]] = {
            "pronoun": [asked for asked in own if self._leaning(asked)],
            "word": [asked for asked in own if asked_otherwise(asked.question)],
            "swap": [
                asked
                for asked in own
                if swapped_year(asked.question, "") or any(swapped_place(asked.question, of) for of in places)
            ],
            "same": [asked for asked in own if self._previous(asked)],
            "new": own if len({asked.article.name for asked in own}) > 1 else [],
        }

    def _previous(self, asked: _Asked) -> list[_Asked]:
        return [one for one in self._held[id(asked.paragraph)] if one.at < asked.at]

    def _leaning(self, asked: _Asked) -> tuple[Named, str] | None:
        """What the question names that the one before names too, and the question that leans on that."""
        before = self._previous(asked)
        if not before:
            return None
        for named in (asked.article, shared(asked.question, before[-1].question, asked.paragraph.context)):
            name = named and name_in(asked.question, named)
            # The same name must stand before: a last name alone doesn't tell the first.
            if not named or not name or not names(name, before[-1].question):
                continue
            if follow_up := leaning(asked.question, named, self._follow):
                return named, follow_up
        return None

    def make(self, kind: str, asked: _Asked, rng: Random) -> tuple[list[_Asked], str, str]:
        """What was asked before, the follow-up, and how it stands alone."""
        if kind == "pronoun":
            found = self._leaning(asked)
            assert found
            named, follow_up = found
            history = self._previous(asked)[-rng.choice((1, 1, 2, 3)) :]
            return _renamed(named, history, follow_up, asked.question, rng)
        if kind == "word":
            answer = rng.choice(list(asked_otherwise(asked.question).values()))
            return [asked], rng.choice(_OTHERWISE[answer.split()[0]]), answer
        if kind == "swap":
            return self._swapped(asked, rng)
        if kind == "same":
            return self._previous(asked)[-rng.choice((1, 1, 2, 3)) :], asked.question, asked.question
        other = rng.choice(self._others)
        while other.article.name == asked.article.name:
            other = rng.choice(self._others)
        return [other], asked.question, asked.question

    def _swapped(self, asked: _Asked, rng: Random) -> tuple[list[_Asked], str, str]:
        year = re.search(r"\b(?:1[5-9]|20)\d\d\b", asked.question)
        if year:
            near = rng.choice([step for step in range(-30, 31) if step])
            other = str(min(int(year[0]) + near, 2019))
            if swapped := swapped_year(asked.question, other):
                return [asked], rng.choice(_IN).format(x=other), swapped
        for sort in ("country", "city"):
            places = list(lexicon()[sort])
            rng.shuffle(places)
            if found := swapped_place(asked.question, places):
                forms = _IN if f"in {found[0]}" in found[1] else _WHAT_ABOUT[:4]
                return [asked], rng.choice(forms).format(x=found[0]), found[1]
        raise AssertionError(asked)


def _renamed(
    named: Named, history: list[_Asked], follow_up: str, answer: str, rng: Random
) -> tuple[list[_Asked], str, str]:
    """At times another name, so that what is copied is what stands there and not what is known."""
    if rng.random() < 0.5 or named.pronoun == "they":
        return history, follow_up, answer
    new = town_name(rng) if named.place else invented(rng, rng.choice((2, 2, 3))).capitalize()
    first = person_name(rng).split()[0] if rng.random() < 0.5 else invented(rng, 2).capitalize()
    full = f"{first} {new}" if named.pronoun in PERSONS and len(named.name.split()) > 1 else new

    def put(text: str) -> str:
        for name, other in zip(named.names, (full, new), strict=False):
            text = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", other, text)
        return text

    changed = [replace(one, question=put(one.question), answer=put(one.answer)) for one in history]
    return changed, put(follow_up), put(answer)


def _prompt(history: list[_Asked], follow_up: str, rng: Random) -> str:
    """The chat in one of many forms, with the request around it."""
    user, helper = rng.choice(_FORMS)
    said = [line for one in history for line in (f"{user}{one.question}", f"{helper}{_said(one.answer)}")]
    last = rng.choice(_LAST) if not user or rng.random() < 0.3 else user
    chat = "\n".join([*said, f"{last}{follow_up}"])
    request = worded(_REQUESTS, rng)
    if rng.random() < 0.2:
        before = rng.choice(("Chat so far", "What was said", "The chat", "Before", "History"))
        marked = rng.choice(_LAST)
        return f"{before}:\n" + "\n".join(said) + f"\n\n{marked}{follow_up}\n\n{typed(request, rng)}"
    return around(request, chat, rng)


def _said(answer: str) -> str:
    return answer[:1].upper() + answer[1:]

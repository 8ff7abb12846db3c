"""SQuAD's questions by article, and what a question that leans on the one before it looks like.

A question is made to lean by rule, and only where the rule is sure: a name becomes a pronoun where what
stands before it tells its case and what stands behind it follows pronouns in other questions too.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from finetune.data.reading.squad import Paragraph, find, paragraphs

LONGEST = 130
"""Characters of a question."""
PERSONS = ("he", "she")
_OPENERS = (
    "what|who|whom|whose|when|where|why|which|how|in|on|at|to|for|from|by|of|with|is|are|was|were|did|does|do|"
    "during|after|has|have|had|can"
)
_OPENS = re.compile(rf"^(?:{_OPENERS})\b", re.IGNORECASE)
_HANGS = re.compile(
    r"\b(he|him|his|she|her|hers|it|its|they|them|their|theirs|this|these|those|that|there|such|above|"
    r"following|passage|paragraph|article|text|author|mentioned|described|"
    r"the (?:same|other|first|second|last))\b",
    re.IGNORECASE,
)
_OWN = {"he": "his", "she": "her", "it": "its", "they": "their"}
_AFTER = {"he": "him", "she": "her", "it": "it", "they": "them"}
_SINGULAR = frozenset(("does", "is", "was", "has"))
_SUBJECT = frozenset(
    (
        "did",
        "does",
        "do",
        "was",
        "is",
        "were",
        "are",
        "has",
        "have",
        "had",
        "can",
        "could",
        "would",
        "will",
        "should",
        "may",
        "might",
        "must",
    )
)
_OBJECT = frozenset(("by", "to", "for", "with", "from", "about", "against"))
_CLOSES = frozenset(
    (
        "in",
        "on",
        "at",
        "to",
        "from",
        "by",
        "for",
        "with",
        "during",
        "after",
        "before",
        "as",
        "and",
        "or",
        "when",
        "while",
        "use",
    )
)


@dataclass(frozen=True)
class Named:
    """Somebody or something that questions name.

    Attributes:
        name: As it stands in questions, without "the".
        pronoun: "he", "she", "it" or "they"; "" where that isn't sure.
        place: Whether it's a place, so that "in" it is "there".
    """

    name: str
    pronoun: str
    place: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The name, then a person's last name."""
        last = self.name.split()[-1]
        short = (last,) if self.pronoun in PERSONS and last.isalpha() and last[0].isupper() else ()
        return tuple(dict.fromkeys((self.name, *short)))


@dataclass(frozen=True)
class Article:
    """An article: what it's about, and its paragraphs with questions."""

    about: Named
    paragraphs: tuple[Paragraph, ...]


def read_articles(folder: Path) -> list[Article]:
    """The articles of SQuAD's training part, in order.

    Raises:
        UsageError: The file is missing.
    """
    held: dict[str, list[Paragraph]] = defaultdict(list)
    for paragraph in paragraphs(find(folder)):
        held[paragraph.title].append(paragraph)
    return [_article(title, tuple(parts)) for title, parts in held.items()]


def _article(title: str, parts: tuple[Paragraph, ...]) -> Article:
    name = re.sub(r" \(.*\)$", "", title.replace("_", " ")).strip()
    text = " ".join(part.context for part in parts)
    he, she = (
        len(re.findall(rf"\b(?:{words})\b", text)) for words in ("[Hh]e|[Hh]im|[Hh]is", "[Ss]he|[Hh]er")
    )
    pronoun = "it"
    # Whoever is written about in every other sentence, as one person.
    if he + she > max(0.02 * len(text.split()), 3) and max(he, she) > 4 * min(he, she) and "(S" not in title:
        pronoun = "he" if he > she else "she"
    elif he + she > 0.01 * len(text.split()):
        pronoun = ""
    inside = len(re.findall(rf"\bin {re.escape(name)}\b", text))
    lands = len(re.findall(r"\b(?:city|country|state|capital)\b", text))
    place = pronoun == "it" and inside > 5 and lands > 7 and text.count("population") > 1
    return Article(Named(name, pronoun, place), parts)


def sound(question: str) -> bool:
    """Whether a question is one plain sentence that begins as questions do."""
    text = question.strip()
    plain = text.endswith("?") and text.count("?") == 1 and "  " not in text and '"' not in text
    return (
        plain and 12 <= len(text) <= LONGEST and bool(_OPENS.match(text)) and text[:-1] == text[:-1].strip()
    )


def alone(question: str) -> bool:
    """Whether a question stands alone: it has a name or a number, and no word that hangs on others."""
    return not _HANGS.search(question) and bool(re.search(r" [A-Z][a-z]|\d{2}| [A-Z]{2}", question))


def after_pronouns(questions: Iterable[str]) -> frozenset[tuple[str, str]]:
    """Pairs of an auxiliary and the word after its pronoun, in "did he write" ("did", "write")."""
    pairs = (
        (found[1].lower(), found[2].lower())
        for question in questions
        for found in re.finditer(
            rf"\b({'|'.join(_SUBJECT)}) (?:he|she|it|they) ([a-z]+)", question, re.IGNORECASE
        )
    )
    return frozenset(pairs)


def leaning(question: str, named: Named, follow: frozenset[tuple[str, str]]) -> str | None:
    """The question with a pronoun, or "there", for a name; None where no rule is sure.

    Args:
        question: Stands alone.
        named: Whom or what the question names.
        follow: As `after_pronouns` finds it.
    """
    if not named.pronoun:
        return None
    for name in named.names:
        found = list(re.finditer(rf"(?<![\w-])(the )?{re.escape(name)}('s|’s)?(?![\w-])", question))
        if found:
            break
    else:
        return None
    if len(found) != 1:
        return None
    before = question[: found[0].start()].split()
    # Behind another name it's part of a longer one: "Donda West", "the University of Houston".
    if any(word[0].isupper() for word in before[1:][-2:]):
        return None
    rest = question[found[0].end() :]
    made = _with_pronoun(named, before, rest, bool(found[0][2]), follow)
    # A part of the name that is still there would tell who is meant after all.
    if not made or any(part in made for part in name.split() if part[0].isupper() and len(part) > 2):
        return None
    return made[:1].upper() + made[1:]


def name_in(question: str, named: Named) -> str | None:
    """The first of the names that stands in a question, as `leaning` finds it."""
    return next((name for name in named.names if names(name, question)), None)


def names(name: str, text: str) -> bool:
    """Whether a name stands in a text, as a word of its own."""
    return bool(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text))


def _with_pronoun(
    named: Named, before: list[str], rest: str, owned: bool, follow: frozenset[tuple[str, str]]
) -> str | None:
    """The words before the name, a pronoun, and the rest; None where no rule is sure."""
    last = before[-1].lower() if before else ""
    after = re.match(r"\s*([\w'-]*|\?)", rest)
    then = (after[1] if after else "").lower()
    ends = rest.strip() == "?"
    own = _OWN[named.pronoun]
    word = None
    if owned:
        word = own if re.match(r" [a-z]", rest) else None
    elif last == "of" and len(before) > 3 and before[-3].lower() == "the" and ends:
        # "The capital of X" is "its capital".
        return " ".join([*before[:-3], own, before[-2]]) + rest
    elif last == "in" and len(before) > 2 and named.place and (ends or then in _CLOSES - {"and", "or"}):
        before, word = before[:-1], "there"
    elif last in _SUBJECT and before[0].lower() not in _SUBJECT:
        sure = ((last, then) in follow or ends) and (named.pronoun != "they" or last not in _SINGULAR)
        word = named.pronoun if sure and re.match(r" [a-z]|\?", rest) else None
    elif last in _OBJECT and len(before) > 1 and ends:
        word = _AFTER[named.pronoun]
    return " ".join([*before, word]) + rest if word else None


def shared(question: str, before: str, context: str) -> Named | None:
    """What two questions name with "the": a people ("the Normans"), or a thing if no person is about.

    Args:
        question: The second one.
        before: The first one.
        context: The passage of both.
    """
    person = re.search(r"\b(?:he|she|his|her|him|himself|herself)\b", context, re.IGNORECASE)
    for found in re.finditer(r"\bthe ([A-Z][\w-]+(?: (?:of )?[A-Z][\w-]+)*)(?![\w-]| [A-Z])", question):
        name = found[1]
        if not re.search(rf"\b[Tt]he {re.escape(name)}\b(?! [A-Z])", before):
            continue
        if re.fullmatch(r"[A-Z][a-z]+(?:ans|ons|ians|sts|ards|ots|oks|ews|rks|gols|lims|hs|ers)", name):
            return Named(name, "they")
        if not person and not re.search(r"(?:s|ese|ish|nch|tch)$", name):
            return Named(name, "it")
    return None


_ADVERBS: Mapping[str, str] = {"when": "date", "where": "place", "why": "reason"}


def asked_otherwise(question: str) -> dict[str, str]:
    """Questions of the same event by another word: "Where was X born?" gives one for "when" and "why".

    Only where the question begins with such a word and a form of "did", "was" or "were", and tells none of
    what the other word asks for.
    """
    found = re.match(r"^(When|Where|Why) ((?:did|was|were) .+\?)$", question)
    if not found or re.search(r"\b(?:first|last|from|originally|usually|most)\b|\bto\?", question):
        return {}
    if re.search(r"\d{3}|\b(?:year|day|after|before|during|until|when|while|because|to)\b", found[2]):
        return {}
    if found[2].startswith(("was", "were")) and not re.search(
        r"(?:ed|born|built|held|made|found|won|lost)\b", found[2]
    ):
        return {}
    inside = re.search(r"\b(?:in|at|on|near) ", found[2])
    return {
        word: f"{word.capitalize()} {found[2]}"
        for word in _ADVERBS
        if word != found[1].lower() and not (inside and word == "where") and not (inside and word == "when")
    }


def swapped_year(question: str, year: str) -> str | None:
    """The question of another year, where it has one, behind "in" at its end."""
    found = re.findall(r"\b(?:1[5-9]|20)\d\d\b", question)
    if len(found) != 1 or not re.search(rf"\bin {found[0]}\?$", question) or found[0] == year:
        return None
    return question.replace(found[0], year)


def swapped_place(question: str, places: Iterable[str]) -> tuple[str, str] | None:
    """The one place of a question that has no other name and no number, and the question of another place.

    Args:
        question: Stands alone.
        places: Of one sort, such as countries; the first that is no part of the question takes the place.
    """
    places = list(places)
    found = [
        place
        for place in places
        if place in question and re.search(rf"\b{re.escape(place)}(?![\w-])", question)
    ]
    if len(found) != 1 or question.count(found[0]) != 1 or re.search(r"\d", question):
        return None
    if re.search(r" [A-Z]", question.replace(found[0], "")) or question.startswith(found[0]):
        return None
    other = next(place for place in places if place != found[0])
    return other, question.replace(found[0], other)

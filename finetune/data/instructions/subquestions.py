"""A question that joins several, and the numbered list of its parts.

The parts are SQuAD's questions: two or three of different articles or of one, joined in one of many ways. In
some the second leans on the first ("... and when did he die?"), or the question words or the years are joined
("When and where ...", "... in 1950 and in 1960"); the list has each part as it's asked alone. A few questions
are single: their list has one line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from random import Random

from finetune.data.documents import Message
from finetune.data.enumeration import joined
from finetune.data.instructions.questions import (
    Article,
    after_pronouns,
    alone,
    asked_otherwise,
    leaning,
    name_in,
    names,
    read_articles,
    sound,
    swapped_year,
)
from finetune.data.instructions.wording import Shuffled, around, exchange, numbered, worded

_LONGEST = 95
"""Characters of a part."""
_STARTS = re.compile(r"^(?:What|Who|When|Where|Why|How|Which)\b")

_REQUESTS = (
    "[Split|Break up|Break|Divide] [this|the] question into [its parts|simple questions|single "
    "questions|smaller questions].",
    "[List|Number|Write down] the [single |separate |]questions [in this|that are asked here|that stand "
    "in this].",
    "[What|Which] questions [are asked here|does this ask|are in this]? [List|Number] them.",
    "[Take this apart|Pull this apart]: one question [a line|per line], numbered.",
    "[Turn|Make] this [into|into a list of] questions that can be answered [one by one|one at a "
    "time|separately].",
    "[Before I look this up, I|I] need [it as separate questions|its questions one by one|every question "
    "alone].",
    "[Separate|Untangle] the questions[ and number them|, please|].",
    "[Give|Write] [me |]a numbered list of what is asked [here|in this].",
    "[Several things are asked at once here|This asks for more than one thing, I think]. [List them|Take "
    "them one by one].",
    "[Which simple questions|What smaller questions] must be answered to answer this?",
    "[Decompose|Unpack] this question[ into a numbered list|].",
    "[Make|Write] one [search|query|full question] for each thing that is asked[ here|].",
)
_TWO = (
    "{a} and {b}?",
    "{a}, and {b}?",
    "{a}? And {b}?",
    "{a}? Also, {b}?",
    "{a}, and also {b}?",
    "I have two questions: {a}, and {b}?",
    "Tell me two things: {a} and {b}?",
    "{a}? {B}?",
    "I'd like to know two things. {A}? And {b}?",
    "First, {a}? Second, {b}?",
    "{a}, plus {b}?",
    "{a}? Besides, {b}?",
    "{a}? While you are at it: {b}?",
    "{a}; {b}?",
    "One thing I wonder: {a}? Another: {b}?",
)
_THREE = (
    "{a}, {b} and {c}?",
    "{a}, {b}, and {c}?",
    "{a}? {B}? And {c}?",
    "{a} and {b}, and also {c}?",
    "I have three questions: {a}, {b}, and {c}?",
    "{a}? And {b}? And {c}?",
    "First, {a}? Second, {b}? Third, {c}?",
    "Tell me three things: {a}, {b} and {c}?",
    "{a}; {b}; {c}?",
    "{a}? Also, {b}? Lastly, {c}?",
)


def subquestions(folder: Path, seed: int, count: int) -> Iterator[list[Message]]:
    """Yield joined questions with the wish to take them apart, and their parts.

    Args:
        folder: Of public data, with SQuAD.
        seed: Decides everything; longer runs begin with shorter ones.
        count: How many.

    Raises:
        UsageError: SQuAD is missing, or has no question that stands alone.
    """
    articles = read_articles(folder)
    every = [
        asked.question.strip() for one in articles for part in one.paragraphs for asked in part.questions
    ]
    follow = after_pronouns(every)
    groups = [group for one in articles if (group := _own(one))]
    own = [question for _, group in groups for question in group]
    first = Shuffled(own, f"subquestions {seed}")
    order = Shuffled(groups, f"subquestions {seed}:articles")
    events = [question for question in own if asked_otherwise(question)]
    years = [question for question in own if swapped_year(question, "")]
    pairs = [
        (one, other, leant)
        for article, group in groups
        for one, other in pairwise(group)
        if (name := name_in(other, article.about))
        and names(name, one)
        and (leant := leaning(other, article.about, follow))
    ]
    for number in range(count):
        rng = Random(f"subquestions {seed}:{number}")
        kind = rng.random()
        if kind < 0.08:
            parts = [first[number]]
            asked = parts[0]
        elif kind < 0.2 and events:
            asked, parts = _words_joined(rng.choice(events), rng)
        elif kind < 0.3 and years:
            asked, parts = _years_joined(rng.choice(years), rng)
        elif kind < 0.45 and pairs:
            one, other, leant = rng.choice(pairs)
            asked, parts = _joined([one, leant], rng), [one, other]
        else:
            many = rng.choice((2, 2, 2, 3))
            others = [first[number], *rng.sample(own, min(len(own), 4))]
            several = list(dict.fromkeys(order[number][1] if rng.random() < 0.5 else others))
            parts = rng.sample(several, min(many, len(several)))
            asked = parts[0] if len(parts) == 1 else _joined(parts, rng)
        yield exchange(around(worded(_REQUESTS, rng), asked, rng), numbered(parts))


def _own(article: Article) -> tuple[Article, list[str]] | None:
    """The article's questions that can be parts, if there are any."""
    own = [
        question
        for part in article.paragraphs
        for question in (asked.question.strip() for asked in part.questions)
        # One that is joined itself would have to be taken apart too.
        if sound(question)
        and alone(question)
        and len(question) <= _LONGEST
        and _STARTS.match(question)
        and not re.search(r"\band (?:what|who|when|where|why|how|which)\b", question)
    ]
    return (article, own) if own else None


def _bare(question: str) -> str:
    return question[:-1].rstrip()


def _lower(question: str) -> str:
    return question[:1].lower() + question[1:]


def _joined(questions: list[str], rng: Random) -> str:
    """Questions as one, by one of the ways; each begins with a question word."""
    bare = [_bare(question) for question in questions]
    values = dict(zip("abc", map(_lower, bare), strict=False)) | dict(zip("ABC", bare, strict=False))
    text = rng.choice(_TWO if len(questions) == 2 else _THREE).format(**values)
    return text[:1].upper() + text[1:]


def _words_joined(question: str, rng: Random) -> tuple[str, list[str]]:
    """Joins question words: "When and where was X born?" of "When was X born?"."""
    others = list(asked_otherwise(question).values())
    parts = [question, *rng.sample(others, rng.randint(1, len(others)))]
    rng.shuffle(parts)
    words = [part.split()[0].lower() for part in parts]
    rest = question.split(" ", 1)[1]
    asked = f"{joined(words)} {rest}"
    return asked[:1].upper() + asked[1:], parts


def _years_joined(question: str, rng: Random) -> tuple[str, list[str]]:
    """Joins years: "... in 1950 and in 1960?" of "... in 1950?"."""
    found = re.search(r"\d{4}\?$", question)
    assert found
    year = int(found[0][:4])
    years = [year, *rng.sample([one for one in range(year - 20, min(year + 20, 2020)) if one != year], 2)]
    years = sorted(years[: rng.choice((2, 2, 3))])
    parts = [question.replace(str(year), str(one)) for one in years]
    each = rng.choice(("in ", ""))
    listed = [f"in {years[0]}", *(f"{each}{one}" for one in years[1:])]
    return f"{question[: found.start() - len('in ')]}{joined(listed)}?", parts

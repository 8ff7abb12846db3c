"""A passage and its summary of one to three sentences, made of the passage's own.

The measure: the first sentence, which says what the passage is about; then, one by one, the sentence that
holds most frequent words not yet said, the earlier of equals. Frequent are content words that stand in at
least two sentences. A sentence that leans on another ("This ...", "They ...") is never taken after the first.
Parentheses and opening connectives ("However, ") are left out. Without a wish for a length, short passages
get one sentence and longer ones two.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from finetune.data.documents import Message
from finetune.data.instructions.passages import passages
from finetune.data.instructions.wording import Shuffled, around, exchange, typed, worded
from homespun.text.sentences import split

_SHARE = 0.7
"""A summary is at most this much of its passage."""
_LONGER = 6
"""From this many sentences on, a passage without a wish for a length gets two."""

_CONNECTIVE = re.compile(
    r"^(?:However|Moreover|Furthermore|In addition|Additionally|Therefore|Thus|Also|Nevertheless|"
    r"Nonetheless|Consequently|As a result|For example|For instance|In fact|Indeed|Meanwhile|Similarly|"
    r"Likewise|Instead|Rather|Accordingly|Hence|Finally|Overall|On the other hand|In contrast|And|But|So), ?"
)
_LEANING = re.compile(
    r"^(?:This|These|That|Those|Such|They|It|He|She|Its|Their|His|Her|Both|Another|Other|Others|One|"
    r"Some|The (?:latter|former|other|second|third|same)|There|Then|Here|But|And|So|Or|Yet|Because)\b|[\"“]|"
    r"(?:\w+ ){1,4}(?:this|these|those|such)\b"
)
_COMMON = (
    "a about above after again all also although am an and another any are around as at be became "
    "because become been before being below between both but by can century could did do does during "
    "each early either even ever every few first for found from further had has have having he her here "
    "him his how however i if in including into is it its itself just know known largely largest last "
    "late later least less like made main mainly make many may me might more most much my near never "
    "new no nor not now of off often on once one only or other others our out over own part people per "
    "place second several she should since so some such than that the their them then there these they "
    "this those three through time to too two under until up upon us use used usually very was we well "
    "were what when where which while who whom whose why will with within without would year years you "
    "your "
)
_NOT_CONTENT = frozenset(_COMMON.split())

_PLAIN = (
    "[Summarise|Summarize|Sum up|Condense|Boil down] [the|this] [text|passage|paragraph].",
    "[Give|Write|Make] [me |]a [short |brief |]summary of [the|this] [text|passage|paragraph].",
    "What [is the main point|are the main points] of [the|this] [text|passage]?",
    "[Can|Could] you [sum this up|summarise this|put this more briefly|shorten this]?",
    "[I have no time to read this.|This is too long for me.|I'm in a hurry.] "
    "[What does it say?|What's in it?|Give me the gist.]",
    "[Shorten|Cut down|Compress] [this|the following] to [what matters|what matters most|the essentials].",
    "[Tell me|Say] [briefly|in brief|shortly] what [this|the text] [says|is about].",
    "[Pick out|Keep only|Give me] the [most important|main] [sentence or two|part] of this [text|passage].",
    "TL;DR[?|.]",
    "[Summary|A summary][, please|]:",
    "[I need|Could I have] the short version of [this|the text below|the text].",
    "[What is this about|What does this come down to][, in short|]?",
)
_ASKED = (
    "[Summarise|Summarize|Sum up|Condense] [the|this] [text|passage|paragraph] in {length}.",
    "[Give|Write|Make] [me |]a summary [of|in] {length}.",
    "In {length}, [what does this say|what is this about|what's the main point here]?",
    "[Can|Could] you [sum this up|summarise this|put this] in {length}?",
    "[Tell me|Say] in {length} what [this text|the text|the passage] [says|is about].",
    "[Shorten|Reduce|Cut|Bring] [this|the text|the passage] to {length}.",
    "[Use|Take|Write] {length} to [sum this up|say what this text says|give its main points].",
    "[I want|I need|I'd like] {length} [that say|saying] what [this|the text] is about.",
    "Summary, {length}:",
    "[Say it|Put it|Sum it up] in {length}[, not more|]: [what is this text about|what does the text say]?",
)
_BULLETS = (
    "[Summarise|Sum up|Condense] [the|this] [text|passage] [as|in] {n} bullet points.",
    "[Give|Write|List] [me |]the {n} main points of [the|this] [text|passage] as bullets.",
    "[Make|Write] a list of {n} bullet points [from|out of] this [text|passage].",
    "[What are the main points?|What matters here?] {N} bullets[, please|].",
    "[Turn|Make] [this|the text] into {n} bullet points.",
    "[Put|Note down] what [this|the passage] says [in|as] {n} bullets.",
    "{N} bullet points [about|on|for] [this|the] [text|passage][, please|].",
    "[Note|Jot down] the {n} most important points as a list with dashes.",
)
_LENGTHS = {
    1: ("one sentence", "a single sentence", "1 sentence", "just one sentence", "exactly one sentence"),
    2: ("two sentences", "2 sentences", "just two sentences", "exactly two sentences"),
    3: ("three sentences", "3 sentences", "just three sentences", "exactly 3 sentences"),
}
_READ = ("I've read it.", "Thank you, I have the text.", "Got it. What shall I do with it?", "I have it.")


def summaries(folder: Path, seed: int, count: int) -> Iterator[list[Message]]:
    """Yield passages with the wish for a summary, and the summary.

    Args:
        folder: Of public data, as `passages` reads it.
        seed: Decides everything; longer runs begin with shorter ones.
        count: How many.

    Raises:
        UsageError: The data are missing, or no passage in them can be summed up.
    """
    usable = Shuffled((one for one in passages(folder) if summary(one.sentences, 1)), f"summaries {seed}")
    for number in range(count):
        passage, rng = usable[number], Random(f"summaries {seed}:{number}")
        made = {length: summary(passage.sentences, length) for length in (1, 2, 3)}
        possible = [length for length, sentences in made.items() if sentences]
        kind, length = rng.random(), rng.choice(possible)
        many = [one for one in possible if one > 1]
        if kind < 0.4:
            short = len(passage.sentences) < _LONGER or 2 not in possible
            request, answer = worded(_PLAIN, rng), " ".join(made[1 if short else 2])
        elif kind < 0.9 or not many:
            request = worded(_ASKED, rng, length=rng.choice(_LENGTHS[length]))
            answer = " ".join(made[length])
        else:
            length = rng.choice(many)
            n = rng.choice(((str(length),) * 2, ("two", "Two") if length == 2 else ("three", "Three")))
            request = worded(_BULLETS, rng, n=n[0], N=n[1])
            answer = "\n".join(f"- {sentence}" for sentence in made[length])
        if rng.random() < 0.12:
            yield [
                {"role": "user", "content": passage.text},
                {"role": "assistant", "content": rng.choice(_READ)},
                *exchange(typed(request.rstrip(":"), rng), answer),
            ]
        else:
            yield exchange(around(request, passage.text, rng), answer)


def summary(sentences: Sequence[str], length: int) -> list[str]:
    """The sentences of a summary by the measure above, in the order of the text.

    Args:
        sentences: Of the passage.
        length: How many sentences; nothing comes back where so many can't be had, or hardly shorten it.
    """
    if _LEANING.match(sentences[0]) or length >= len(sentences):
        return []
    said = [_words(sentence) for sentence in sentences]
    stands = Counter(word for words in said for word in words)
    frequent = {word for word, times in stands.items() if times > 1}
    taken = [0]
    for _ in range(length - 1):
        covered = set().union(*(said[at] for at in taken))
        news = {
            at: len(said[at] & frequent - covered) + 0.1 * len(said[at] & frequent)
            for at in range(1, len(sentences))
            if at not in taken and not _LEANING.match(_CONNECTIVE.sub("", sentences[at]))
        }
        best = max(news, key=lambda at: (news[at], -at), default=0)
        if not news.get(best):
            return []
        taken.append(best)
    chosen = [trimmed(sentences[at]) for at in sorted(taken)]
    text = " ".join(chosen)
    if len(text) > _SHARE * sum(map(len, sentences)) or len(split(text)) != length:
        return []
    return chosen


def trimmed(sentence: str) -> str:
    """A sentence without parentheses and without the connective that it begins with."""
    while (shorter := re.sub(r" ?\([^()]*\)", "", sentence)) != sentence:
        sentence = shorter
    sentence = _CONNECTIVE.sub("", re.sub(r" +([,.;:])", r"\1", sentence).strip())
    return sentence[:1].upper() + sentence[1:]


def _words(sentence: str) -> set[str]:
    """The content words of a sentence, plurals as singulars."""
    words = re.findall(r"[^\W\d_]{3,}", trimmed(sentence).lower())
    return {
        word[:-1] if word.endswith("s") and len(word) > 4 else word
        for word in words
        if word not in _NOT_CONTENT
    }

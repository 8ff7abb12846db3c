"""Small text grammar of the generated conversations.

A pattern is plain text with two marks: ``[a|b|c]`` picks one alternative (they nest, and may be empty) and
``{slot}`` fills a value in. A slot that the caller has not filled is drawn from the lexicon and written
back into the caller's dict, so that a question and its answer share it; ``{food2}`` draws a second food.
``{a:slot}`` puts "a" or "an" before the value (``{A:slot}``: "A"), ``{s:slot}`` makes a plural,
``{cap:slot}`` raises its first letter (``{S:slot}``: of the plural). Patterns are parsed once and cached.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from random import Random

from finetune.data.conversations.words import lexicon

# Slot values are wrapped in these while a line is restyled: noise must not change what is to be copied.
OPEN, CLOSE = "\x01", "\x02"

_Part = tuple[str, object]
_PLURALS = {
    "wolf": "wolves",
    "sheep": "sheep",
    "deer": "deer",
    "moose": "moose",
    "mouse": "mice",
    "lynx": "lynxes",
    "goldfish": "goldfish",
    "puppy": "puppies",
    "canary": "canaries",
    "fish": "fish",
    "postman": "postmen",
    "fisherman": "fishermen",
}
_QUESTION = re.compile(
    r"(what|how|when|where|who|which|why|since when|what's|who's)\b(?! (you|a|matters|an)\b)|"
    r"(or |and )?(do|does|did|is|are|can|could|would|shall|should|will|have|was|were|am) "
    r"(you|it|i|we|there|that|this|your|somebody|one of them|they|the)\b|"
    r"(and |or )?(what('s| is)|how about|what about) (you|your|yours)\b|(any idea|anything else|does one)\b",
    re.IGNORECASE,
)
_EXCLAMATION = re.compile(
    r"how (nice|lovely|sweet|exciting|interesting|wonderful)\b|what you\b|who knows", re.IGNORECASE
)
_TAG = re.compile(
    r"(and|or|any|anything|in|on|at|with|to|not|another|since|everything|"
    r"is|are|do|does|did|was|were|has|can|could|would|shall|should|will)\b",
    re.IGNORECASE,
)
_AFTER_STOP = re.compile(r"((?:[.!?] |\n)\s*)([a-z])")


@cache
def _parse(pattern: str) -> tuple[_Part, ...]:
    parts, rest = _sequence(pattern, 0, top=True)
    if rest != len(pattern):
        raise ValueError(f"unbalanced pattern: {pattern!r}")
    return parts


def _sequence(pattern: str, at: int, *, top: bool) -> tuple[tuple[_Part, ...], int]:
    parts: list[_Part] = []
    while at < len(pattern):
        char = pattern[at]
        if char == "[":
            options: list[tuple[_Part, ...]] = []
            at += 1
            while True:
                option, at = _sequence(pattern, at, top=False)
                options.append(option)
                if at >= len(pattern):
                    raise ValueError(f"unclosed [ in pattern: {pattern!r}")
                at += 1
                if pattern[at - 1] == "]":
                    break
            parts.append(("pick", tuple(options)))
        elif char == "{":
            end = pattern.index("}", at)
            parts.append(("slot", pattern[at + 1 : end]))
            at = end + 1
        elif char in "|]" and not top:
            break
        else:
            end = at
            while end < len(pattern) and pattern[end] not in "[{|]":
                end += 1
            end = max(end, at + 1)
            parts.append(("text", pattern[at:end]))
            at = end
    return tuple(parts), at


def with_article(value: str) -> str:
    """``value`` after "a" or "an"."""
    first = value.lower()
    an = first[:1] in "aeiou" and not first.startswith(("uni", "use", "eu", "one", "uk"))
    return f"{'an' if an or first.startswith(('hour', 'honest')) else 'a'} {value}"


def plural(value: str) -> str:
    """The plural of a noun, which is the last word."""
    before, blank, noun = value.rpartition(" ")
    if noun in _PLURALS:
        return before + blank + _PLURALS[noun]
    if value.endswith("y") and value[-2:-1] not in "aeiou":
        return value[:-1] + "ies"
    return value + ("es" if value.endswith(("s", "x", "sh", "ch")) else "s")


def _slot(name: str, rng: Random, slots: dict[str, str], mark: bool) -> str:
    form, _, key = name.rpartition(":")
    if key not in slots:
        choices = lexicon()[key.rstrip("0123456789")]
        value = rng.choice(choices)
        # A second food must differ from the first: replies such as "both X and Y" depend on it.
        while value in slots.values() and len(choices) > 8:
            value = rng.choice(choices)
        slots[key] = value
    value = slots[key]
    before = ""
    if form in ("s", "S"):
        value = plural(value)
    elif form in ("a", "A"):
        before, _, value = with_article(value).partition(" ")
        before = (before if form == "a" else before.capitalize()) + " "
    if form in ("cap", "S"):
        value = value[:1].upper() + value[1:]
    return f"{before}{OPEN}{value}{CLOSE}" if mark else before + value


def _write(parts: tuple[_Part, ...], rng: Random, slots: dict[str, str], mark: bool, out: list[str]) -> None:
    for kind, content in parts:
        if kind == "text":
            assert isinstance(content, str)
            out.append(content)
        elif kind == "slot":
            assert isinstance(content, str)
            out.append(_slot(content, rng, slots, mark))
        else:
            assert isinstance(content, tuple)
            _write(content[int(rng.random() * len(content))], rng, slots, mark, out)


def expand(
    pattern: str | Sequence[str], rng: Random, slots: dict[str, str] | None = None, *, mark: bool = False
) -> str:
    """One text of ``pattern`` (or of one of several patterns).

    Args:
        pattern: a pattern, or several of which one is taken.
        rng: the only source of chance.
        slots: values of slots; slots drawn from the lexicon are added to it.
        mark: wrap slot values in `OPEN` and `CLOSE`.

    Raises:
        ValueError: the pattern's brackets do not balance.
        KeyError: a slot is neither given nor in the lexicon.
    """
    if not isinstance(pattern, str):
        pattern = rng.choice(pattern)
    out: list[str] = []
    _write(_parse(pattern), rng, {} if slots is None else slots, mark, out)
    return tidy("".join(out))


def tidy(text: str) -> str:
    """Mend the spaces that empty alternatives leave behind; line breaks stay."""
    text = re.sub(r"[ \t]+", " ", text)
    text = re.sub(r" +([,.!?;:])(?!\w)", r"\1", text)
    text = re.sub(r"(?<![.])([.?!])\.(?!\.)", r"\1", text)
    return re.sub(r" *\n *", "\n", text).strip()


def punctuate(text: str) -> str:
    """Give every sentence of a one-line reply its full stop or question mark."""
    if "\n" in text or '"' in text:
        return text if text[-1] in '.!?"' else text + "."
    sentences = re.split(r"(?<=[.!?]) ", text)
    for at, sentence in enumerate(sentences):
        bare = sentence.rstrip(".!?")
        if _QUESTION.match(bare) and not _EXCLAMATION.match(bare):
            sentences[at] = bare + "?"
        elif sentence == bare or (sentence.endswith("?") and not _TAG.match(bare) and ": " not in bare):
            sentences[at] = bare + "."
    return " ".join(sentences)


def sentence_case(text: str) -> str:
    """Raise the first letter of every sentence (also behind the marks of slot values)."""
    text = _AFTER_STOP.sub(lambda found: found[1] + found[2].upper(), text)
    start = 1 if text[:1] == OPEN else 0
    return text[:start] + text[start : start + 1].upper() + text[start + 1 :]

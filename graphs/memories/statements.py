"""What of a user's message is worth remembering, in the user's own words. No model has a part in it.

Contract: a statement's text is a sentence of the message, or a clause that tells one thing, as it stands
there, without what leads it in ("By the way,", "Remember that") and without a question behind it. Where it
can't be understood alone, what it answers or goes on with stands before it: the assistant's question, or the
sentence before. Texts aren't told: a message that gives one to be worked on, or holds code or long
paragraphs, has no statements. Passwords, numbers of cards, accounts and insurances are kept only if the user
asks for it ("remember that my password is …"); codes of doors and lockers and a network's password are
ordinary facts. English.

What it doesn't know: irony, and whether what's said of the world is the user's business. It errs towards
keeping.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from graphs.memories.about import about
from graphs.memories.forgetting import forgets, keeps_out
from graphs.memories.telling import matters, replaces, told_in
from homespun.text.sentences import sentences

__all__ = ["Statement", "forgets", "statements"]

_LONGEST = 1500
"""Characters of a message that tells; a longer one is a text."""
_PARAGRAPH = 500
"""Characters of a paragraph, likewise, where a message has several."""
_SENTENCE = 300
"""Characters of a sentence."""
_ANSWER = 80
"""Characters of an answer that needs its question."""
_CODE = re.compile(
    r"```|^\s{0,3}(?:>|#include|def \w+\(|class \w+[:(]|import \w+$|from \S+ import|function \w*\(|<\w+|"
    r"\{|\$ )|[{};]\s*$|=>|\(\)",
    re.MULTILINE,
)
_WORK = re.compile(
    r"(?:^|[.!?]\s+|\b(?:please|you|and|then)\s+)(?:summari[sz]e|translate|rewrite|rephrase|paraphrase|"
    r"proofread|correct|shorten|simplify|improve|edit|fix|polish|classify|analy[sz]e|extract|repeat|"
    r"spell|reword|continue|complete|reply to|answer|read|check)\b[^.!?\n]{0,60}(?::(?=\s)|\n|[\"“])",
    re.IGNORECASE | re.MULTILINE,
)
_SECRET = re.compile(
    r"\b(?:password|passphrase|pass ?word|(?:bank|card|debit|credit|atm|sim|phone|"
    r"banking)\W+(?:card )?pin|my pin\b(?! board)|(?:credit|debit|bank) ?card (?:number|no)|card number|"
    r"cvv|cvc|account number|sort code|iban|social security|national insurance number|api key|"
    r"private key|secret key|seed phrase|recovery (?:code|phrase|key))\b",
    re.IGNORECASE,
)
_SHARED = re.compile(r"\bwi-?\s?fi\b|\bguest\b|\bnetwork\b", re.IGNORECASE)
_CARD = re.compile(r"(?<!\d)(?:\d[ -]?){13,19}(?!\d)")
_PRONOUN = re.compile(
    r"(?:(?:and|but|also)\s+)?(he|she|it|they|his|her|its|their|both|the (?:older|younger|other|first|"
    r"second) one|one)\b",
    re.IGNORECASE,
)
_INTRODUCED = re.compile(
    r"\b(?:my|our)\s+((?:[\w-]+\s+)?[\w-]+)|\b(?:have|has|got|'ve)\s+an?\s+((?:[\w-]+\s+)?[\w-]+)",
    re.IGNORECASE,
)
_JOINED = re.compile(
    r"\s*(?:[,;]\s*(?:(?:and|but|while)\s+)?|\s(?:and|but|while)\s+)(?=(?:i|i['\u2019]\w+|we|"
    r"we['\u2019]\w+|my|our)\b)",
    re.IGNORECASE,
)
_ENDS = (".", "!", "…")
_ABOUT_ASSISTANT = re.compile(
    r"\b(?:would you (?:like|prefer|rather|mind)|do you (?:want|mean|need|understand|agree|think)|"
    r"did you mean|are you (?:sure|ready|ok|okay|asking|looking)|how (?:are|about)|how (?:can|may) i|"
    r"what (?:can|may|should|shall|do you want|would)|(?:can|may|shall|should|could|will) i\b|can you|"
    r"could you|(?:is|was) (?:that|this|it) (?:ok|okay|right|correct|what|helpful|all|enough|clear)|"
    r"anything else|what else|your (?:question|day|request|mind|opinion|thoughts?)|what's (?:up|wrong|"
    r"new)|what happened|why\b|have you tried|shall we|ready|are you doing|do you feel)",
    re.IGNORECASE,
)
_DECLINES = re.compile(
    r"(?:hello|hi|hey|thanks?|thank you|bye|good ?bye|nothing|i don't know|i do not know|don't know|"
    r"dunno|no idea|not sure|guess|(?:i'd |i would )?rather not|i won't|none of your|why|what|never mind|"
    r"nevermind|later|maybe|skip|pass|next|stop|tell me|can you|could you|do you|and you|you|"
    r"it doesn't matter|whatever|no comment|that's (?:private|personal)|hmm+|ok|okay|sure|write|give|"
    r"show|explain|help|please|sorry|i'm not telling|secret|haha|lol|wait|i forgot)\b",
    re.IGNORECASE,
)
_CORRECTS = re.compile(
    r"(?:(?:no|nope|sorry|wait|actually|correction|oops|well|oh|hmm|ah|scratch that|my mistake|i mean|"
    r"rather|in fact)[\s,.!:;–—-]+)*(?:(?:it|that|this|he|she|they|there)(?:'s|'re| is| are| was|"
    r" should be| must be)|make (?:it|that)|i mean(?:t)?|i should have said|(?=not\s.+\bbut\b)|"
    r"(?=\S.{0,60},\s+(?:and )?not\s)|(?:his|her|its|their|the) \w+(?:'s| is))\s*(?:actually |really |"
    r"in fact |now )*(?P<value>\S.*)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Statement:
    """What is worth remembering.

    Attributes:
        text: In the user's words.
        about: What it tells, where there's one of it: "home", "job", "sister's name", "locker code". A newer
            statement about the same takes the place of an older. "" where several may stand side by side.
    """

    text: str
    about: str = ""


def statements(message: str, asked: str = "") -> list[Statement]:
    """What a user's message tells, in its order.

    Args:
        message: What the user wrote.
        asked: What the assistant said before it: a question that a short message answers ("Ada.") or what it
            corrects ("No, it's Leeds.") stands before it in the text.
    """
    if not _speaks(message) or keeps_out(message):
        return []
    found: list[Statement] = []
    before = ""
    for number, sentence in enumerate(_told_sentences(message)):
        own = _of(sentence, before, found)
        if not number and all(replaces(one.text) for one in own):
            own = _answer(sentence, asked) or own
        found += own
        before = sentence
    return list(dict.fromkeys(found))


def _speaks(message: str) -> bool:
    """Whether a message is the user's own talk, not a text to be worked on."""
    text = message.strip()
    return bool(text) and len(text) <= _LONGEST and not _CODE.search(text) and not _WORK.search(text)


def _told_sentences(message: str) -> Iterator[str]:
    paragraphs = [part for part in re.split(r"\n[ \t]*\n", message.strip()) if part.strip()]
    for paragraph in paragraphs:
        if len(paragraphs) > 1 and len(paragraph) > _PARAGRAPH:
            continue
        for sentence in sentences(paragraph):
            if (
                len(sentence) <= _SENTENCE
                and forgets(sentence) is None
                and not sentence.startswith(('"', "“"))
            ):
                yield sentence


def _of(sentence: str, before: str, found: list[Statement]) -> list[Statement]:
    """What a sentence tells; with the one before it where it goes on about somebody named there."""
    points = re.match(r"(?:that|this|he|she|it)(?:['\u2019]s| is| was) (?:my|our)\s", sentence, re.IGNORECASE)
    if points and before and told_in(sentence) and not _secret(f"{before} {sentence}"):
        # "You'd like Ann. That's my sister."
        if found and found[-1].text in before:
            found.pop()
        return [Statement(f"{before} {sentence}", "")]
    place = told_in(sentence)
    if place is not None:
        start, end, wanted = place
        text = sentence[start:end]
        if before and not wanted and replaces(text) and (not found or found[-1].text not in before):
            # "They changed the lock. Use 5512, not 4417.": what it's about was said before it.
            text = f"{before} {sentence}"
        parts = [text] if wanted and _secret(text) else _clauses(text)
        kept = [Statement(part, about(part)) for part in parts if wanted or not _secret(part)]
        # What isn't the user's is kept where it's clear what it's about: not "The lift is broken".
        return [one for one in kept if wanted or one.about or matters(f"{before} {one.text}")]
    if re.match(r"(?:and )?(?:my|our|the)\s[^?]+\?$", before, re.IGNORECASE) and len(sentence.split()) <= 4:
        # "My brother's name? Joris."
        text = f"{before} {sentence}"
        return [] if _secret(text) else [Statement(text, about(f"{before.rstrip('?')} is {sentence}"))]
    goes_on = _PRONOUN.match(sentence)
    if (
        not goes_on
        or not found
        or found[-1].text not in before
        or sentence.endswith("?")
        or _secret(sentence)
    ):
        return []
    if len(sentence.split()) < 3:
        return []
    told = found[-1].text
    who = _INTRODUCED.search(told)
    owned = "'s" if goes_on[1].lower() in ("his", "her", "its", "their") else ""
    key = about(f"my {who[1] or who[2]}{owned}{sentence[goes_on.end() :]}") if who else ""
    return [Statement(f"{told}{'' if told.endswith(_ENDS) else '.'} {sentence}", key)]


def _clauses(text: str) -> list[str]:
    """A sentence in two, where each of these tells one thing: "I'm Ada and I live in Bergen"."""
    for found in _JOINED.finditer(text):
        first, rest = text[: found.start()].rstrip(), text[found.end() :].lstrip()
        parts = _clauses(rest) if about(first) else []
        if any(map(about, parts)):
            return [first, *parts]
    return [text]


def _answer(message: str, asked: str) -> list[Statement]:
    """A short answer with the question that it answers, or a correction with what it corrects."""
    said = message.strip()
    if not asked.strip() or not said or len(said) > _ANSWER or said.endswith("?"):
        return []
    spans = sentences(asked.replace("\u2019", "'"))
    plain = said.replace("\u2019", "'")
    before, told = spans[-1], ""
    if before.endswith("?"):
        if re.search(r"\b(?:your|you)\b", before) and not (
            _ABOUT_ASSISTANT.search(before) or _DECLINES.match(plain)
        ):
            told = _as_told(before, plain)
    elif _CORRECTS.match(plain) and (old := re.search(r"\bnot\s+([\w'-]+)", plain)):
        before = next((one for one in reversed(spans) if re.search(rf"\b{re.escape(old[1])}\b", one)), "")
        told = _turned(before)
    text = f"{before} {said}"
    return [Statement(text, about(told))] if told and not _secret(text) else []


def _as_told(question: str, answer: str) -> str:
    """A question and its answer as a sentence of the user's, as far as it takes to name what it tells."""
    text = _turned(question).strip(" ?")
    value = re.sub(r"^(?:it's|it is|i'm|she's|he's|they're|that's)\s+", "", answer, flags=re.IGNORECASE)
    for pattern, form in _ASKED:
        if found := re.search(pattern, text, re.IGNORECASE):
            return form.format(*found.groups(), value=value)
    return text


_ASKED: tuple[tuple[str, str], ...] = (
    (
        r"\bwhere (?:do|are) i (?:live|living|based|at home)|\bwhich (?:city|town|place) do i live",
        "I live in {value}",
    ),
    (r"\bwhere (?:do|did) i (?:come from|grow up)|\bwhere am i from", "I'm from {value}"),
    (r"\bwhere was i born", "I was born in {value}"),
    (r"\bhow old (?:are|am) i", "my age is {value}"),
    (r"\bwhen was i born", "my birthday is {value}"),
    (
        r"\bwhat (?:do i do(?: for (?:a living|work))?|kind of work|is my line of work|do i work)",
        "my job is {value}",
    ),
    (r"\bwhere do i work", "I work at {value}"),
    (
        r"\b(?:what|how) (?:should|may|can|do) (?:you|i|we|people)? ?(?:be )?call(?:ed)?(?: me)?\b",
        "my name is {value}",
    ),
    (r"\bwho am i\b", "my name is {value}"),
    (r"\b(?:what|how)(?:'s| is| are) (my .+?) (?:called|named)$", "{0} is called {value}"),
    (r"\bhow old (?:is|are) (my .+)$", "{0}'s age is {value}"),
    (r"\bwhat(?:'s| is| are) the names? of (my .+)$", "{0} is called {value}"),
    (r"\bwhere(?:'s| is| are) (my .+)$", "{0} is in {value}"),
    (r"\bwhere does (my .+?) live", "{0} lives in {value}"),
    (r"\bwhat does (my .+?) do\b", "{0}'s job is {value}"),
    (r"\bwho(?:'s| is) (my .+)$", "{0} is {value}"),
    (r"\b(?:what|when|which)(?:'s| is| are) (my .+)$", "{0} is {value}"),
    (r"\bwhat is the (.+ (?:of|for) my .+)$", "the {0} is {value}"),
)


def _turned(text: str) -> str:
    """What the assistant says of the user, as the user would say it: "you live in York", "I live in York"."""
    text = text.replace("\u2019", "'")
    for pattern, own in (
        (r"\byou are\b", "I am"), (r"\byou're\b", "I'm"), (r"\bare you\b", "am I"), (r"\byour\b", "my"),
        (r"\byours\b", "mine"), (r"\byou\b", "I"),
    ):  # fmt: skip
        text = re.sub(pattern, own, text, flags=re.IGNORECASE)
    return text


def _secret(text: str) -> bool:
    """Whether a text holds what isn't to lie about: a password, a bank's PIN, the number of a card."""
    if _SECRET.search(text) and not _SHARED.search(text):
        return bool(re.search(r"\b(?:is|are|=|:)\b|'s|:|=", text))
    return any(_luhn(re.sub(r"\D", "", found[0])) for found in _CARD.finditer(text))


def _luhn(digits: str) -> bool:
    """Whether digits have the check sum that card numbers have."""
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(number - 9 * (number > 9) for number in doubled) % 10 == 0

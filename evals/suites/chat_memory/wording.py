"""What a reply does with words: admits that it wasn't told, sets a value aside, claims something.

Contract: these are patterns of English, written without a look at any one model's phrases, and they err:
`admits` misses admissions that are put in a roundabout way, `claims` misses inventions in long sentences
without "you". Both read one sentence at a time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from evals.wording import ADVERBS, LACKING, NOTHING, UNSURE, denied, straight

_TOLD = (
    r"(told?|tell(ing)?|mention(ed|ing)?|sa(id|y|ying)|shared?|sharing|g(ave|iven|ive|iving)|stat(ed|ing)|"
    r"specif(ied|y|ying)|provid(ed|e|ing)|reveal(ed)?|disclosed?|introduced?|brought|c[ao]me up|"
    r"let me|covered|discussed|talked|described|heard|seen|spoken|written|listed|named|noted|stored|recorded|"
    r"shown|learn(ed|t)?|been (told|given|informed)|informed|indicated|explained|asked me to)"
)
_NOT = r"(\w+n't|not|never|no one|nobody|without|yet to|nothing)"
_ADMITS = re.compile(
    "|".join(
        (
            rf"\b(you|we|i|that|it|this|which|there|they|chat|conversation)\b[^.?!;]{{0,40}}?{_NOT}"
            rf"( \S+){{0,6}}? {_TOLD}\b",
            rf"\b(haven't|hasn't|didn't|never|not|without) (\S+ ){{0,3}}{_TOLD}\b",
            rf"\bi {ADVERBS}(don't|do not) "
            r"(\w+ )?(know|have|recall|remember|see|believe|think|find)\b",
            UNSURE,
            r"\bi (can't|cannot|can not|could not|couldn't|won't|wouldn't) (\w+ )?"
            r"(know|say|tell|recall|remember|see|find|answer|guess|determine)\b",
            r"\bi('d| would| could| can)? (only |just )*(have to |be )?guess(ing)?\b",
            NOTHING,
            r"\b(has|with|there's|there is) (absolutely |currently )?(no|zero) (\w+ )?"
            r"(idea|record|memory|information|info|note|knowledge|way|mention|data|clue|details?)\b",
            r"^(sorry[,:]? |hmm[,:]? |honestly[,:]? )?no (idea|clue)\b",
            r"\b(is|it's|that's|remains?) (unknown|a mystery|new to me|missing)\b",
            LACKING,
            r"\bi ('m missing|am missing)\b",
            r"\byou('ve| have)? only (told|mentioned|said|gave|given|shared|talked)\b",
            r"\bhave(n't)? yet to\b|\bnot yet\b|\bdon't know (that|it)? ?yet\b",
            r"\b(more than|not something|nothing) i (know|can|have)\b|"
            r"\bi wish i knew\b|\byou('ll| will) have to tell me\b|\bi('d| would) need (you|to)\b",
            r"\b(nothing|not) (\w+ ){0,3}(in|from|about) (\w+ ){0,2}"
            r"(chat|conversation|messages?|thread|that)\b",
        )
    ),
    re.IGNORECASE,
)
_ASIDE = re.compile(
    r"\b(not|n't|never|instead|rather|longer|before|formerly|previous(ly)?|originally|earlier|initially|"
    r"at first|first (said|told|gave|wrote|mentioned)|used to|from|old|former|replac\w+|correct(ed|ing)|"
    r"changed|no more|wrong|mistake|anymore|any more|isn't|wasn't)\b",
    re.IGNORECASE,
)
_PLEASANT = (
    r"(?!(very |so |really |quite |a |an |all |always |my |more |never |too |just |also )*"
    r"(nice|good|great|lovely|fine|hard|difficult|interesting|ok(ay)?|fun|kind|sweet|funny|true|important|"
    r"possible|pleasure|right|welcome|sorry|"
    r"sad|wonderful|clever|pity|shame|question|free|asking|able|not|up to|"
    r"what|how|why|no|something|helpful|private|safe|late|time|easy|glad|tough|on your mind|here|there)\b)"
)
_CLAIMS = re.compile(
    "|".join(
        (
            rf"\byou('re| are| were| live| work| play| study| have| put| told me| said| see) {_PLEASANT}\S+",
            rf"\b(your|the|my|his|her|their|its)( \S+){{1,6}}? (is|are|was|were|leaves?|departs?|goes|reads?)"
            rf" {_PLEASANT}\S+",
            r"^(well, |sure[,!:]? |of course[,!:]? |yes[,!:]? )?(it|that|this)"
            rf"('s| is| was| would be| must be) {_PLEASANT}(\S+ ?){{1,6}}$",
        )
    ),
    re.IGNORECASE,
)
_POLITE = re.compile(
    r"^(ok(ay)?|sure|sorry|hello|hi|yes|no|thanks|thank you|of course|you're welcome|noted|got it|hmm+|"
    r"good question|go on|i see|my pleasure|all right|alright|well|oh|please|certainly|gladly|"
    r"bye|goodbye|how|what|i|i'm|great|nice|lovely|good|wow|oops)\b",
    re.IGNORECASE,
)


def clauses(text: str) -> list[str]:
    """Returns the parts between commas, semicolons, dashes, brackets and contrasting words."""
    cut = r"[,;()\n]|:\s|[.!?](?:\s|$)|\s[-–—]+\s|—|\b(?:but|whereas|while|although)\b"
    return [part.strip() for part in re.split(cut, straight(text)) if part.strip()]


def admits(sentence: str) -> bool:
    """Returns whether a sentence says that something isn't known or wasn't told."""
    return bool(_ADMITS.search(sentence))


def sets_aside(clause: str, owners: Sequence[str] = ()) -> bool:
    """Returns whether a clause names a value only to say that it's old, wrong or another person's."""
    if _ASIDE.search(clause):
        return True
    return any(re.search(rf"\b{re.escape(owner)}\b", clause, re.IGNORECASE) for owner in owners)


def negated(before: str) -> bool:
    """Returns whether what stands right before a value denies it."""
    return denied(before, 2)


def claims(sentence: str) -> bool:
    """Returns whether a sentence states something about the user or gives a bare value."""
    if sentence.endswith("?"):
        return False
    words = sentence.strip(" .!\"'").split()
    if 1 <= len(words) <= 3 and not _POLITE.match(sentence):
        return True
    return bool(_CLAIMS.search(sentence))

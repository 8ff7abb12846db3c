"""What a sentence of an answer claims: itself without its marks, or nothing.

Contract: a question, a greeting, an offer, a heading, a block of code, a lead-in ("Here are the steps:"), a
bare citation and a sentence that says there's no answer claim nothing that passages could support.
"""

from __future__ import annotations

import re

from rag.abstention import courteous, declines

CITATION = re.compile(r"\s*\[\^?(\d{1,3}(?:\s*[,;–-]\s*\^?\d{1,3})*)\](?!\()")
"""A mark such as "[2]", "[1, 3]" or "[1-3]"; group 1 is what's inside."""

_ITEM = re.compile(r"\s*(?:[-*+•‣◦▪>]|\(?\d{1,3}[.)])\s+(?=\S)")
_SAYS = re.compile(r"[^\W_]")
_LETTER = re.compile(r"[^\W\d_]")
_ANSWERED = re.compile(r"(?:short |final |my )?(?:answer|a)\s*[:=]\s*", re.IGNORECASE)
_COURTESY = re.compile(
    r"(?:hello|hi|hey|greetings|good (?:morning|afternoon|evening|day)|welcome|goodbye|bye|see you|"
    r"take care|cheers|"
    r"thanks?|thank you|you['’]?re (?:very )?welcome|my pleasure|no problem|don['’]t mention it|sorry|"
    r"apologies|"
    r"of course|certainly|sure(?: thing)?|absolutely|great question|good question|happy to help|"
    r"glad to help|have a (?:nice|great|good|lovely) \w+|good luck|enjoy)\b[^.,;:]{0,40}[.!,…]*$",
    re.IGNORECASE,
)
_NOT_WHO = r"(?<!who )(?<!which )(?<!that )"
"""Not in a relative clause: "the mayor, who will help you, is Tom" claims something."""
_OFFER = re.compile(
    r"(?:(?:please )?(?:let me know|feel free|tell me|ask me|do not hesitate|don['’]t hesitate)\b|"
    r"(?:i|we)(?:['’]m| am|['’]ll| will|['’]d| would| can| hope| could)?(?: be)?(?: very)? ?(?:happy|glad|"
    r"hope|here|able)"
    r"\b[^.]*\b(?:help|assist|useful|answer|questions?)\b|"
    rf".{{1,60}}\b{_NOT_WHO}(?:can|could|will|may|might|should|would)(?: (?:also|surely|probably))? "
    r"(?:tell|help|answer|inform) you\b(?! that\b)|"
    r"(?:i|we)(?:['’]m| am| are) (?:only |just |merely )?an? (?:\w+ ){0,3}(?:assistant|model|program|ai|"
    r"bot)\b|"
    r"please (?!note\b|be (?:aware|advised)\b|remember\b|(?:keep|bear) in mind\b)\w+|"
    r"(?:i|we)(?:['’]m afraid (?:i|we))? (?:can(?:['’]t| ?not)|only know)\b|"
    r".{1,60}\bwould be (?:the|a) (?:\w+ )?place to (?:look|ask)\b|"
    rf".{{1,40}}\b{_NOT_WHO}will serve you better\b|"
    r"(?:i|we) can only (?:\w+ )?(?:write|answer|read|talk|chat|help|see|use|work)\b|"
    r"(?:i|we) (?:can|could|will|would) (?:also )?(?:help|look|check|try|search|explain|pass|forward|"
    r"connect|transfer)\b|"
    r"(?:please )?(?:contact|consult|ask|check with|see|refer to|call|visit|try)\b[^.]*\b(?:more|further|"
    r"details|"
    r"support|colleague|expert|professional|website|librarian|staff|directly)\b)",
    re.IGNORECASE,
)

_PART = re.compile(r"[:;]\s+(?=\S)")
_COMMA = re.compile(r",\s+")
_STATES = re.compile(
    r"(?!(?:and |so |but )?(?:i|you|we|that|this|if|as|since|because|when|where|who|which|my|your|"
    r"it(?:['’]s| is))\b)(?:[^\s,]+ ){1,5}?(?:is|are|was|were|has|had|did|became)(?: \S+){1,}",
    re.IGNORECASE,
)


def claim(sentence: str) -> str:
    """Returns what a sentence claims, without citations, list marks and emphasis; "" if it claims nothing."""
    text = sentence.strip()
    if text.startswith(("```", "~~~", "#")) or not _SAYS.search(CITATION.sub("", text)):
        return ""
    text = CITATION.sub("", text)
    item = _ITEM.match(text)
    text = text[item.end() :] if item else text
    text = re.sub(r"(\*\*|__|\*|`)(?=\S)(.+?)(?<=\S)\1", r"\2", text).strip()
    answered = _ANSWERED.match(text)
    text = text[answered.end() :] if answered else text
    bare = text.rstrip(" \t\r\n\"'”’)*_")
    if not _SAYS.search(text) or bare.endswith(("?", "？", "؟")):
        return ""
    if bare.endswith((":", "：")) or _COURTESY.match(text) or courteous(text) or _offers(text):
        return ""
    return "" if declines(text) else text


def _offers(text: str) -> bool:
    """Whether a sentence is an offer to its end: what follows a colon or a semicolon may claim something."""
    found = _OFFER.match(text)
    if not found:
        return False
    if any(claim(text[cut.end() :]) for cut in _PART.finditer(text)):
        return False
    return not any(_STATES.match(text, cut.end()) for cut in _COMMA.finditer(text, found.end()))


def cited(sentence: str) -> list[int]:
    """Returns the numbers a sentence cites, in order, each once; "[1-3]" is three."""
    found: dict[int, None] = {}
    for mark in CITATION.finditer(sentence):
        for part in re.split(r"[,;]", mark[1].replace("^", "")):
            ends = [int(number) for number in re.findall(r"\d+", part)]
            found.update(dict.fromkeys(range(ends[0], min(ends[-1], ends[0] + 100) + 1) if ends else ()))
    return list(found)

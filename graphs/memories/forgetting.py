"""What a user wants to be forgotten, or not to be remembered at all. English."""

from __future__ import annotations

import re

from homespun.text.sentences import sentences

_POLITE = (
    r"(?:(?:please|pls|kindly|ok|okay|and|so|now|then|oh|no|actually|sorry|just|also|you (?:can|may|"
    r"should)|(?:can|could|would|will) you|i(?:'d| would) (?:like|prefer) you to|i (?:want|need) you to|"
    r"i(?:'d| would) (?:like|prefer|want)(?: for)? you to|let's|you'd better|better)[\s,:]+)*"
)
_MEMORY = r"(?:your |the |my |long-term )*(?:memory|memories|notes?|records?|facts|mind|head|list|data)"
_FORGET = re.compile(
    rf"{_POLITE}(?:forget|unlearn|stop remembering|stop knowing|do not remember|don't remember|"
    rf"don't keep(?: in mind)?|do not keep(?: in mind)?|(?:don't|do not) (?:save|store)(?= (?:my|our|"
    rf"that (?:i|my|we|our))\b))\s+(?P<what>.+)",
    re.IGNORECASE | re.DOTALL,
)
_DELETE = re.compile(
    rf"{_POLITE}(?:delete|erase|remove|clear|drop|wipe|strike|take)\s+(?P<what>.+?)\s+(?:from|off|out of|"
    rf"in)\s+{_MEMORY}\b[\s,]*(?:please|now|thanks|thank you)?[\s.!?…]*",
    re.IGNORECASE | re.DOTALL,
)
_LED = re.compile(
    r"(?:(?:all )?about\s+|that\s+(?=\S+ \S)|the fact that\s+|what (?:i|we)(?:'ve|"
    r" have)? (?:just )?(?:said|told you|wrote|mentioned) about\s+|(?:everything|all|"
    r"anything)(?: that)? (?:you know|i(?:'ve)? (?:said|told you)) about\s+(?=my\b|our\b))",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"[\s,]*(?:\b(?:please|again|now|okay|ok|thanks|thank you|will you)\b)?[\s.!?…]*$", re.IGNORECASE
)
_NOTHING = frozenset({"it", "that", "this", "about it", "about that", "about this", "me", "them", "those"})
"""What "forget …" with it only says "never mind"; nothing is named."""
_NOT_KEPT = re.compile(
    r"\b(?:don't|do not|never|not to|without|no need to|needn't|(?:should|must)(?:n't|"
    r" not)) (?:remember(?:ing)?|sav(?:e|ing)|stor(?:e|ing)|keep(?:ing)?|not(?:e|ing)|record(?:ing)?|"
    r"memori[sz](?:e|ing)|writ(?:e|ing) down|add)\b(?=[^.!?\n]{0,25}\b(?:this|that|it|these|what i|"
    r"anything|any of)\b|[\s.!]*$)|\boff the record\b|\b(?:isn't|is not|not) (?:meant )?for your memory\b",
    re.IGNORECASE,
)


def forgets(message: str) -> str | None:
    """What a message asks to be forgotten, in its words; None where it asks nothing of the kind.

    "Forget that I smoke" gives "I smoke", "forget my locker code" gives "my locker code", "forget everything"
    gives "everything". "Forget it", which only drops a subject, gives None.
    """
    for sentence in sentences(message.replace("\u2019", "'")):
        found = _FORGET.fullmatch(sentence) or _DELETE.fullmatch(sentence)
        if found is None:
            continue
        what = _TAIL.sub("", found["what"]).strip(" \"'")
        if what.lower() in _NOTHING or re.match(r"(?:this|it)\b\s*[:,–—-]", what.lower()):
            continue
        if re.search(
            r"[,;:–—]\s+(?:\w+\s+){1,8}?(?:is|are|has|have|goes|lives?|works?|now|was)\b|[,;]\s+(?:it|he|"
            r"she|they|i|we)(?:'|\b)",
            what,
        ):
            continue  # what holds instead is told in the same breath
        what = _LED.sub("", what, count=1).strip()
        if what:
            return what
    return None


def keeps_out(message: str) -> bool:
    """Whether the user says that what this message tells isn't to be remembered."""
    text = message.replace("\u2019", "'")
    found = _NOT_KEPT.search(text)
    if found is None:
        return False
    # "I don't remember that" and "I never keep it" speak of the user.
    before = re.split(r"[.!?;:\n]", text[: found.start()])[-1].lower()
    return not re.search(
        r"\b(?:i|we|they|he|she|who|people|always)(?:'ve| have| can| could| just| also| really)*\s*$", before
    )

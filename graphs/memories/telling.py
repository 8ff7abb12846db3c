"""Whether a sentence tells something of the user that may matter another day. English.

Contract: it errs towards yes. What has a first person in it tells, unless it asks, commands, greets, is a
mood of the moment, supposes, or speaks of the conversation itself; what has none tells where it's short and
has a value (a number, a name, a place), or where the user asks for it to be remembered.
"""

from __future__ import annotations

import re

from graphs.memories.leads import begin, end
from graphs.memories.renewed import renewed
from graphs.memories.silent import asks, changes, gives_name, idle, orders, passing, supposes

_SELF = re.compile(
    r"\b(?:i|i'(?:m|ve|d|ll)|my|mine|myself|me|we|we'(?:re|ve|d|ll)|our|ours|ourselves)\b|\bus\b",
    re.IGNORECASE,
)
_OURS = re.compile(r"\b(?:my|our|mine|ours)\b", re.IGNORECASE)
_VERB = re.compile(
    r"\b(?:am|is|are|was|were|be|been|has|have|had|do|does|did|will|can|goes|go|leaves?|starts?|opens?|"
    r"closes?|ends?|lives?|works?|costs?|comes?|departs?|arrives?|begins?|fits?|needs?|likes?|loves?|"
    r"hates?|plays?|speaks?|eats?|drinks?|stays?|lies|hangs?|sits|stands?|moved|changed|called|named|"
    r"born|belongs?|takes?|gets?|runs?|means|reads|says|meets?|falls|calls?|teach(?:es)?|wears?|weighs?|"
    r"uses?|makes?|made)\b|'(?:s|re|ve|m|ll|d)\b",
    re.IGNORECASE,
)
_VALUE = re.compile(
    r"\d|(?<=\s)[A-Z][\w'-]+|\b(?:noon|midnight|(?:one|two|three|four|five|six|seven|eight|nine|ten|"
    r"eleven|twelve|half past|quarter (?:to|past)))\b"
)
_PLACED = re.compile(
    r"\b(?:is|are|'s|lives?|kept|hidden|hangs?|lies|sits|stands)\s+(?:\w+\s+){0,2}?(?:in|under|"
    r"underneath|behind|on|at|inside|above|below|between|beside|next to|near|by|upstairs|"
    r"downstairs)\s+(?:the|a|an|our|my|[A-Z])"
)
_AT = (
    r"\s(?:in|under|underneath|behind|on|at|inside|above|below|between|beside|next to|near|by)\s+(?:the|"
    r"a|an|our|my|[A-Z])"
)
_HERE = r"(?: [A-Z]\w+)?\s+(?:here|speaking|again|on (?:this|the)|writing|talking|typing|at the)\b"
"""Behind the name of who introduces themselves: "it's Ada here"."""
_THERE = re.compile(
    r"there(?:'s| is| are)\s.+\s(?:in|under|underneath|behind|on|at|inside|above|below|between|beside|"
    r"next to|near|by)\s+(?:the|a|an|our|my|[A-Z])",
    re.IGNORECASE,
)
_OPINION = re.compile(
    r"\b(?:weather|answer|question|poem|story|joke|text|point|problem is|idea|conversation|sky|sun|world|"
    r"earth|moon|same|first one|second one|last one|other one|best thing|thing is|truth is|fact is|more|"
    r"less)\b",
    re.IGNORECASE,
)
_REPLACES = re.compile(
    r"\b(?:instead of|in place of|rather than|in favou?r of|should (?:have )?(?:be|been|read|say|said)|"
    r"swap|replaces?|supersedes?|(?:change|switch) (?:my|our|the|that) .{1,40} (?:from|to)|"
    r"not\s.{1,30}\sbut|i meant|misspoke|mixed (?:that |it |them |those )?up|typo|got (?:that|it) wrong|"
    r"(?:has|have) (?:been )?(?:changed|replaced|reset))\b|(?:,|\s(?:and|but))\s+not\s",
    re.IGNORECASE,
)
"""What takes the place of something told before."""
_CLAUSE = re.compile(
    r"(?:(?:these days|now|nowadays|at the moment|currently)\s+)?(?:i|i'\w+|we|we'\w+|my|our|the|it's|"
    r"there's)\s|[A-Z][\w'-]+\s+(?:is|was|will|'s)\b",
    re.IGNORECASE,
)
_LEFT_OUT = tuple(
    (re.compile(rf"(?:{words})\b(?!\s+(?:is|are|was|can|makes?|has)\b)", re.IGNORECASE), subject)
    for words, subject in (
        (
            r"(?:just |recently |finally |already |never |also |even )+(?!(?:a|an|the|so|to|in|for|that|"
            r"like|now|as|because)\b)\w+ed|(?:just |recently |finally |also )*(?:got (?:a|an|my|two|"
            r"three|engaged|married)|grew up|bought|adopted|moved|started|quit|used to)", "I"),
        (r"(?:both )?born (?:and|in|on|at)|raised (?:in|by)", "I was"),
        (
            r"been (?:living|working|playing|learning|married|together|vegan|vegetarian|a|an|in|with|to)",
            "I've",
        ),
        (
            r"(?:currently |now |also |still |happily |recently |newly )*(?:married|divorced|engaged|"
            r"allergic|based in|turning|living (?:in|at|near|with)|working (?:at|as|for|in)|studying|"
            r"learning|training for|reading|retired|originally from)\s", "I'm"),
    )
)  # fmt: skip
_QUOTED = re.compile(r"[\"“”][^\"“”]{12,}[\"“”]")
_TURN = re.compile(
    r"\s*(?:[,;:–—]|\s-)\s*(?:(?:so|and|but|then|please|now|or)[\s,]+)*(?=(?:what|who|where|when|why|how|"
    r"which|is|are|am|do|does|did|can|could|will|would|should|shall|may|have|has|any|tell|give|please|"
    r"help|recommend|suggest)\b)|\s+(?:so|and|but)\s+(?=(?:what|who|where|when|why|how|which|can|could|"
    r"will|would|should|do|does|did)\b)",
    re.IGNORECASE,
)


_PLEASE = re.compile(r"\bplease\s*\?\s*$", re.IGNORECASE)
_SUBORDINATE = re.compile(r"(?:when(?:ever)?|if|as|since|because|while|before|after|until)\b", re.IGNORECASE)


def told_in(sentence: str) -> tuple[int, int, bool] | None:
    """The part of a sentence that tells something; None where it tells nothing.

    Lead-ins ("By the way,", "Remember that") and a question behind it ("…, what can I cook?") are left out.

    Returns:
        Its first character and the one after its last, and whether the user asks for it to be remembered.
    """
    text = sentence.replace("\u2019", "'")
    start, wanted, said = begin(text)
    stop, kept = end(text, start)
    wanted = wanted or kept
    if _PLEASE.search(text) and not wanted:
        return None
    if text[start:stop].rstrip().endswith("?"):
        if not (wanted or said):
            return _before_question(text, start, stop)
        stop = text.rindex("?", start, stop)
    if not tells(text[start:stop], wanted=wanted):
        behind = _behind_order(text, start, stop)
        if behind is None:
            return None
        start = behind
    while start < stop and text[start].isspace():
        start += 1
    while stop > start and (text[stop - 1].isspace() or (stop < len(text) and text[stop - 1] in ",;–—-")):
        stop -= 1
    return (start, stop, wanted) if stop > start else None


def tells(text: str, *, wanted: bool = False) -> bool:
    """Whether a sentence without lead-ins tells something.

    Args:
        text: The sentence.
        wanted: The user asks for it to be remembered: any statement will do then.
    """
    plain = _QUOTED.sub("…", written_out(text)).strip()
    count = len(plain.split())
    if count < 2 or asks(plain) or supposes(plain):
        return False
    if gives_name(plain):
        return True
    if wanted:
        return not re.match(r"(?:to|when|me|not)\b", plain, re.IGNORECASE) and bool(
            _VERB.search(plain) or _VALUE.search(plain) or (count > 2 and _SELF.match(plain))
        )
    ordered = orders(plain)
    valued = _VALUE.search(plain) or _OURS.search(plain)
    if valued and _REPLACES.search(plain) and (not ordered or changes(plain)):
        return True
    if ordered or idle(plain):
        return False
    if not _SELF.search(plain):
        return _impersonal(plain) or renewed(plain) is not None
    if passing(plain, own=bool(_OURS.search(plain))):
        return False
    return count > 2 or bool(re.match(r"(?:i|we)(?:'m|'re)?\s", plain, re.IGNORECASE))


def written_out(text: str) -> str:
    """A sentence with the first person that it leaves out: "Just moved to Ghent", "Born in Leeds"."""
    text = re.sub(r"\b(i)(m|ve)\b", r"\1'\2", text.strip().replace("\u2019", "'"), flags=re.IGNORECASE)
    for pattern, subject in _LEFT_OUT:
        if pattern.match(text):
            return f"{subject} {text[0].lower()}{text[1:]}"
    return text


def matters(text: str) -> bool:
    """Whether a sentence has a first person in it, be it left out, or a value: not "The queue was long"."""
    return bool(_SELF.search(written_out(text)) or _VALUE.search(text) or _THERE.match(text))


def replaces(text: str) -> bool:
    """Whether a sentence tells what takes the place of something, and not of what: "Use 5512, not 4417"."""
    return bool(_REPLACES.search(text)) and not _SELF.search(text)


def _impersonal(text: str) -> bool:
    """Whether a sentence without a first person is short and has a value: "the train goes at 6:45"."""
    if len(text.split()) > 14 or _OPINION.search(text):
        return False
    if re.match(
        r"the\s.*\d|(?:.*\s)?(?:is|was|been) home\b|.*\b(?=\S*\d)[\dA-Z]+[- :]?\d{2,}[\dA-Z]*\b|the\s.*"
        + _AT
        + r"|you(?:'ll| will| can| might)? find (?:the|it|them)\s.*"
        + _AT,
        text,
        re.IGNORECASE,
    ):
        return True
    if re.match(
        r"(?i:it's|this is|it is|here's) (?!(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|Christmas|"
        r"Easter)[A-Z]\w+" + _HERE,
        text,
    ):
        return True
    if not _VERB.search(text):
        return False
    if re.match(r"(?:the|there's|there is|there are)\s", text, re.IGNORECASE):
        return bool(
            _VALUE.search(text)
            or _THERE.match(text)
            or _PLACED.search(text)
            or re.search(r"\b(?:called|named)\b", text)
        )
    # "Ben's birthday is on 3 May", "Dinner is at 8 on Friday"
    return bool(
        re.match(r"[A-Z][\w-]*'s? \w+", text)
        or re.match(
            r"[A-Z][\w-]+(?: [\w'-]+){0,5} (?:is|are|starts|leaves|goes|opens|closes|begins|ends)\s.*\d", text
        )
    ) and not re.match(r"(?:it|that|this|he|she|they|there|here|what|who|let)\b", text, re.IGNORECASE)


def _before_question(text: str, start: int, end: int) -> tuple[int, int, bool] | None:
    """What is told before a question in one sentence: "I'm allergic to nuts, so what can I cook?"."""
    for found in _TURN.finditer(text, start, end):
        before = text[start : found.start()]
        if _VERB.search(before) and not _SUBORDINATE.match(before) and asks(text[found.end() :]):
            return (start, found.start(), False) if tells(before) else None
    return None


def _behind_order(text: str, start: int, stop: int) -> int | None:
    """Where something is told behind an order: "Let me say it: I'm Ada", "Help me, my cat has fleas"."""
    for found in re.finditer(r"[,:;–—]\s+(?:(?:and|so|but|because|since)\s+)?", text[start:stop]):
        part = text[start + found.end() : stop].strip()
        if found[0][0] == ":" and re.match(r"(?:it's|that's|this is|i'm|i am)\s+[A-Z]", part):
            return start
        if _CLAUSE.match(part) and _VERB.search(part) and tells(part):
            return start + found.end()
    return None

"""Does an answer decline to answer: "the passages don't say", "I don't know", "unanswerable"?

Contract: `declines` reads one sentence, `abstains` a whole answer. English, by pattern; what it doesn't know
is a refusal that is only implied ("ask your doctor"), or one in another language.
"""

from __future__ import annotations

import re

from homespun.text.sentences import sentences

_SOURCE = (
    r"(?:passages?|texts?|documents?|context|sources?|information|articles?|materials?|excerpts?|snippets?|"
    r"paragraphs?|extracts?|evidence|sections?|references?|data|descriptions?)"
)
_SAY = (
    r"(?:say|state|mention|contain|provide|specify|include|give|address|answer|tell|explain|discuss|indicate|"
    r"cover|reveal|list|describe|disclose|name|identify|offer|report|touch|clarify|refer|have|show|hold)"
)
_SAID = (
    r"(?:stated|mentioned|given|specified|provided|available|found|included|answered|covered|discussed|clear|"
    r"known|addressed|described|indicated|disclosed|named|listed|explained|said)"
)
_FIND_OUT = (
    r"(?:know|say|tell|find|determine|answer|confirm|provide|locate|see|give|identify|verify|work out|"
    r"make out|"
    r"establish|speculate|infer|conclude|deduce|derive)"
)
_FOUND_OUT = (
    r"(?:known|said|told|found|determined|answered|confirmed|established|inferred|concluded|deduced|derived)"
)
_HOW = r"(?: (?:really|simply|just|actually|explicitly|directly|specifically|clearly|honestly|yet))?"
_THINGS = (
    r"(?:information|mention|answers?|evidence|indication|details?|data|idea|clue|reference|way to \w+|"
    rf"record of|knowledge|{_SOURCE})"
)

# On text in which "can't" and "cannot" are "can not".
_DECLINES = re.compile(
    "|".join(
        (
            # I don't know, I was unable to find
            rf"\b(?:i|we|one)(?: am| was| were| have| had| do| did| can| could| would|['’](?:m|ve|d))?{_HOW}"
            rf" (?:not|unable to)(?: be| been)?{_HOW}(?: able to)? (?:{_FIND_OUT}|found|sure|certain|aware|"
            rf"have)\b",
            r"\b(?:i|we)(?: am| are| was| were|['’]m)?(?: unable| unsure| not able| at a loss)\b",
            rf"^(?:can|could|do|did) not {_FIND_OUT}\b",
            # it can't be told
            rf"\b(?:can|could) not be {_FOUND_OUT}\b",
            rf"\b(?:not possible|impossible|no way|hard) to {_FIND_OUT}\b",
            # the passages don't say, none of them says
            rf"\b{_SOURCE}\b(?: [\w,]+){{0,6}}? (?:(?:do|does|did|has|have) not|"
            rf"never){_HOW} {_SAY}",
            rf"\b(?:none|neither|nothing|nowhere|no|"
            rf"not one)\b(?: [\w,]+){{0,4}} {_SOURCE}\b(?: [\w,]+){{0,3}}? {_SAY}s?\b",
            rf"^(?:none|neither|nothing)(?: of| in| here)?(?: [\w,]+){{0,5}} {_SAY}s?\b",
            rf"\b{_SOURCE}\b(?: \w+){{0,4}}? (?:fails?|(?:is|are|remains?) silent|says? nothing|gives? no|"
            rf"contains? no|"
            r"makes? no|has no|have no|offers? no|provides? no|includes? no|lacks?)\b",
            rf"\b{_SOURCE} (?:leaves?|left) (?:it|this|that|the question) (?:open|unanswered|out)\b",
            rf"\b(?:they|it) (?:do|does) not{_HOW} (?:say|state|mention|specify|tell|explain|answer|give)\b",
            # that isn't given in the passages
            rf"\b(?:is|are|was|were)(?: not| never){_HOW} (?:{_SAID}|in|"
            rf"part of)\b[^.]{{0,60}}?\b(?:{_SOURCE}|above|"
            r"anywhere|here)\b",
            r"^(?:that|this|it|the answer|(?:the |such )?information|the (?:exact |precise )?[\w ]{1,30}?)"
            rf" (?:is|was|has been)(?: not| never){_HOW} (?:stated|mentioned|given|specified|provided|"
            rf"available|"
            r"included|answered|covered|discussed|addressed|indicated|disclosed)[.!]?$",
            rf"^(?:not|never){_HOW} (?:{_SAID}|in the|enough|sure|possible)\b",
            # there's nothing
            r"\b(?:there(?:['’]s| is| was| are)(?: absolutely| simply)?|i (?:see|find|found|have)|we have|"
            r"with)"
            rf" (?:no|not any|not enough|insufficient|too little|nothing)\b[^.]{{0,60}}?\b{_THINGS}\b",
            rf"^no (?:such )?(?:{_THINGS})\b",
            r"\b(?:not enough|insufficient|inadequate|lack of|too little) (?:information|context|evidence|"
            r"details?)\b",
            # unanswerable, unknown
            r"\b(?:unanswerable|not answerable)\b",
            r"\b(?:more than i know|beyond (?:me|my knowledge))\b",
            r"^(?:unknown|unclear|n/?a|none given|not applicable|undetermined|do not know|dunno|beats me|"
            r"unsure|"
            r"hard to say)[.!]?$",
            rf"^(?:(?:based|going) (?:only )?on|from|judging by|according to|"
            rf"given) [^,]*\b{_SOURCE}\b[^,]*, (?:it|this|"
            r"that) (?:is|remains) (?:unclear|unknown|uncertain|not clear|not known)\b",
            rf"\b(?:is|are|remains?) (?:unknown|unclear|unspecified|unstated|"
            rf"undisclosed)\b[^.]{{0,40}}?\b{_SOURCE}\b",
            rf"\b(?:beyond|outside) (?:the scope of )?(?:the |these |what the )?(?:provided |"
            rf"given )?{_SOURCE}\b",
        )
    ),
    re.IGNORECASE,
)
_POLITE = re.compile(
    r"(?:(?:(?:i|we)(?: am| are|['’]m|['’]re) )?(?:very |so |really |terribly )?(?:sorry|afraid|apologi[sz]e|"
    r"apologies|unfortunately|regrettably|my apologies|good question|great question|thank you|thanks|hello|"
    r"hi|"
    r"hmm+|well|ok|okay|sure)\b(?: (?:about|for) (?:that|this|the question|asking|your question))?"
    r"(?:[.!?,;:]+\s*|\s+|$)(?:but |that )?)+",
    re.IGNORECASE,
)
_TURN = re.compile(r"[,;:]?\s+(?:but|however|though|although|nevertheless|still|yet)\b[, ]*", re.IGNORECASE)
# "The passages don't mention his birth, he was born in 1950": a part that is a whole statement takes back
# what was declined, where "…, his death or the year it was built" only goes on with the list.
_CUT = re.compile(r"[,;:]\s+|\s+[–-]+\s+|\s*—\s*")
_SO = re.compile(r"(?:(?:and|so|thus|hence|therefore|then|instead|in fact|actually)\b,? *)+", re.IGNORECASE)
_NO_SUBJECT = (
    r"(?:and|or|nor|but|than|that|if|whether|as|since|because|while|only|just|not|who|whom|whose|which|what|"
    r"when|where|why|how|i|we|you|he|she|it|they|in|on|at|to|from|for|about|with|by)"
)
_STATES = re.compile(
    r"(?:i|we) (?:think|believe|guess|suppose|assume|know|would say|['’]d say)\b|"
    r"(?:it|they|the \w+) (?:only|just|merely|mostly|focus\w*|deals?|concerns?|talks?|describes?|discuss\w*|"
    r"mentions?|says?|(?:is|are) (?:only |just |mostly )?about)\b(?P<source>)|"
    r"(?:he|she|it|they|(?!(?:i|we|you)\b)(?-i:[A-Z])[\w'’]+) (?!and\b|or\b)[^\W\d]|"
    rf"(?:(?!{_NO_SUBJECT}\b)[^\s,;:]+ ){{1,5}}?(?:is|are|was|were|has|had|did|does|must|should|will|would|"
    r"can|could|may|might|became)\b",
    re.IGNORECASE,
)
_OPEN = re.compile(
    r"\b(?:unclear|unknown|uncertain|undetermined|impossible|guess(?:ing|work)?|speculat\w+|needed|required|"
    r"necessary|elsewhere)\b",
    re.IGNORECASE,
)
_TURNS = re.compile(r"(?:but|however|that said|nevertheless|nonetheless|still|though)\b", re.IGNORECASE)
_WISH = re.compile(r"(?:i|we) (?:would|do|will|can|could|['’]d|might)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")
_WORDS = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")
_MARKS = re.compile(r"\s*\[\d+(?:\s*[,;–-]\s*\d+)*\]")
GUESS = 4
"""After "I don't know exactly, but" so many words are an answer all the same, and so is a whole statement."""


def declines(sentence: str) -> bool:
    """Whether a sentence only says that there's no answer."""
    text = _plain(sentence)
    polite = _POLITE.match(text)
    if polite and polite.end() < len(text):
        text = text[polite.end() :]
    found = _DECLINES.search(text)
    if not found or _goes_on(text, found.end()):
        return False
    turn = _TURN.search(text, found.end())
    if turn is None:
        return True
    after = text[turn.end() :]
    return bool(_DECLINES.search(after) or _WISH.match(after)) or len(_WORD.findall(after)) < GUESS


def _goes_on(text: str, start: int) -> bool:
    """Whether a part after the place `start` states something all the same."""
    for cut in _CUT.finditer(text, start):
        part = text[cut.end() :]
        part = part[so.end() :] if (so := _SO.match(part)) else part
        states = _STATES.match(part)
        if not states or states["source"] is not None or len(_WORDS.findall(part)) < GUESS:
            continue
        if not (_DECLINES.search(part) or _OPEN.search(part) or _WISH.match(part)):
            return True
    return False


def abstains(answer: str) -> bool:
    """Whether an answer declines: its first sentence that isn't a courtesy does, and none takes it back.

    An empty answer answers nothing, so it abstains.
    """
    told = [sentence for sentence in sentences(answer) if _WORD.search(_MARKS.sub("", sentence))]
    told = [sentence for sentence in told if not courteous(sentence)] or told
    if not told:
        return not answer.strip(" \t\r\n.")
    if not declines(told[0]):
        return False
    return not any(_TURNS.match(later) and not declines(later) for later in told[1:])


def courteous(sentence: str) -> bool:
    """Whether a sentence is a courtesy and nothing else: "I'm sorry.", "Good question!"."""
    text = _plain(sentence)
    found = _POLITE.match(text)
    return found is not None and found.end() >= len(text)


def _plain(sentence: str) -> str:
    text = _MARKS.sub("", sentence).strip(" \t\r\n\"'“”*_")
    text = re.sub(r"\bcan(?:not|['’]t)\b", "can not", text, flags=re.IGNORECASE)
    return re.sub(r"n['’]t\b", " not", text, flags=re.IGNORECASE)

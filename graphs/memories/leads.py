"""What leads a sentence in, and what comes behind what it tells: "By the way, …", "Remember that …, ok?".

Contract: places are characters of the sentence as it was given.
"""

from __future__ import annotations

import re

_LEAD = re.compile(
    r"(?:oh|ah|aha|well|so|okay|ok|right|anyway|anyhow|hey|hi(?: there| again| everyone)?|hello(?: there|"
    r" again)?|yes|yeah|yep|yup|no|nope|nah|sorry|wait|hmm+|um+|uh|er|look|listen|see|now|also|and|but|"
    r"btw|by the way|fyi|ps|p\.s\.|actually|incidentally|for the record|(?:just )?so (?:that )?you know|"
    r"just to let you know|for your information|for (?:later|future reference)|"
    r"(?:just )?in case[^,:;]{0,40}|if (?:you|it|that)(?:(?!\b(?:my|our|me|i|us)\b)[^,:;]){0,40}|"
    r"guess what|(?:here's a )?fun fact|one (?:more|other|last)? ?(?:thing|fact|detail)|another (?:thing|"
    r"fact|detail)|first of all|to be (?:honest|clear|precise|exact)|honestly|truth be told|"
    r"good (?:morning|evening|afternoon|day)(?: to you)?|greetings|nice to meet you(?: too)?|"
    r"pleased to meet you|thanks(?: a lot| so much| again)?|thank you(?: very much| so much)?|"
    r"as i (?:said|mentioned)(?: before| earlier)?|like i said|as you (?:may |might |"
    r"probably )?(?:already )?know|you know(?: what)?|you see|before i forget|while (?:i'm|"
    r"we're) (?:at it|on it|here)|while i (?:think|remember)[^,:;]{0,20}|speaking of [^,:;]{1,40}|"
    r"talking of [^,:;]{1,40}|since you(?:'re| are)? ask(?:ed|ing)?|correction|update|small correction|"
    r"my mistake|my bad|oops|whoops|scratch that|about me|a bit about me|something about me|note to self|"
    r"reminder|heads up|for context|some context|context|in fact|(?:a |one )?quick (?:note|update|fact)|"
    r"important|hint|news|good news|bad news|great news|big news|recently|today|oh and|and also|"
    r"i(?:'ve)? (?:almost |nearly )?forgot(?:ten)?(?: to (?:say|mention|tell you))?)\s*(?:[,:;!.…]|"
    r"\s[–—-])+\s*|(?:oh|so|well|and|but|also|hey|hi|hello|ok|okay|yes|yeah|no|btw|fyi|"
    r"actually)\s+(?=(?:i|i'\w+|my|our|we|we'\w+|the|just so|so you|for your|in case|btw|by the way|"
    r"remember|please|actually|also|oh|fyi)\b)|(?:since|as|because|given that|seeing that|"
    r"now that)\s+(?=(?:i|i'\w+|we|we'\w+|my|our)\b)",
    re.IGNORECASE,
)
_KEEP = re.compile(
    r"(?:(?:please|pls|kindly|just|do|and|so|but|can you|could you|will you|would you|can you please|"
    r"could you please|i(?:'d| would) like you to|i(?:'d| would) like for you to|i want you to|"
    r"i need you to|i(?:'d| would) appreciate it if you|you (?:should|must|can|may|might want to|need to|"
    r"have to)|it would be (?:nice|great|good) if you|try to|always|maybe|be sure to|make sure (?:to|"
    r"you))[\s,]+)*(?:(?:remember|memori[sz]e|note|know|(?:don't|do not|never) (?:ever )?forget|"
    r"keep in mind|bear in mind|take note|make a (?:mental )?note|take down|note down|jot down|"
    r"write down|mark down|be aware|learn|keep a note|make note)(?:\s+(?:of this|of that|this|it|"
    r"that down|down|please|for me|for later|for next time|for the future|for future reference|"
    r"the following|somewhere|carefully|well|once and for all))*(?:\s*[:,;.–—-]+\s*(?:that\s+)?|"
    r"\s+(?:that|the fact that|how|of|about)\s+|\s+(?=(?:i|i'\w+|my|our|we|we'\w+|the|his|her|their|it's|"
    r"there)\b))|(?:save|store|keep|record|add|put|log|file|hold on to)\s+(?:this|it|that|the following|"
    r"to|in|for)\b[^:,.]{0,40}[:,]\s*)",
    re.IGNORECASE,
)
_KEPT_AFTER = re.compile(
    r"(?:[,;.–—-]|\band\b)\s*(?:please |so |and |do |just |can you |could you |will you )*(?:remember|"
    r"note|keep|save|memori[sz]e|write|jot|don't forget|do not forget|bear)\s*(?:that|this|it|in mind|"
    r"down|them|please|for me|for later|for next time|for the future|\s)*[.!?…]*$",
    re.IGNORECASE,
)
_SAY = re.compile(
    r"(?:(?:i|we)(?:'d| would|'ve| have|'ll| will)?\s+(?:(?:just|also|should|must|have to|might|may|"
    r"could|can|probably|already|like|want(?:ed)?|forgot|meant|had|need|ought|better|think i|guess i|"
    r"believe i|to|too|well|as)\s+)*(?:mention(?:ed)?|say|said|add|tell you|told you|let you know|"
    r"inform you|share|point out|confess|admit|remind you)(?: earlier| before| already|"
    r" with you)?\s*(?:[:,]\s*(?:that\s+)?|that\s+)|(?:let me|allow me to) (?:just |also )*(?:tell you|"
    r"mention|add|say|share|introduce myself)(?: something| this)?(?: about (?:me|"
    r"myself))?\s*(?:[:,.]\s*|that\s+)|(?:did|have) i (?:ever |already |not )*(?:mention(?:ed)?|tell you|"
    r"told you|say|said)\s+(?:that\s+)?|(?:you should|you ought to|you might want to|you may want to|"
    r"it (?:may|might|could|would) (?:help|be (?:useful|good|helpful)) (?:you )?(?:to know )?|"
    r"it helps to know |(?:it's )?(?:good|worth|useful) (?:to know|knowing) )(?:also )?(?:know )?that\s+|"
    r"you (?:should|must|ought to|may as well) (?:also )?know(?:[:,]|\s+that)?\s+(?=(?:i|i'\w+|my|we|our|"
    r"the)\b)|there's (?:something|one thing) you should know:\s*)",
    re.IGNORECASE,
)
_TAG = re.compile(
    r",\s*(?:ok|okay|alright|all right|got it|got that|understood|you know|did you know(?: that)?|please|"
    r"can you remember (?:that|this|it)|will you remember (?:that|this|it)|could you remember (?:that|"
    r"this|it)|remember)\s*\?+$",
    re.IGNORECASE,
)


def begin(text: str) -> tuple[int, bool, bool]:
    """Where a sentence begins behind what leads it in.

    Returns:
        The place; whether the user asks for it to be remembered ("Remember that …"); whether the user says
        that it's being told ("Did I mention that …").
    """
    place, wanted, said = 0, False, False
    while True:
        before = place
        for pattern in (_LEAD, _KEEP, _SAY):
            found = pattern.match(text, place)
            if found and place < found.end() < len(text):
                place = found.end()
                wanted, said = wanted or pattern is _KEEP, said or pattern is _SAY
        if place == before:
            return place, wanted, said


def end(text: str, start: int) -> tuple[int, bool]:
    """Where it ends: before "…, remember that" or "…, ok?"; and whether that asks to remember it."""
    kept = _KEPT_AFTER.search(text, start)
    if kept and kept.start() > start:
        return kept.start(), True
    tag = _TAG.search(text, start)
    return (tag.start(), False) if tag and tag.start() > start else (len(text), False)

"""What a sentence in the first person tells of who says it: patterns, and keys of what they tell. English."""

from __future__ import annotations

import re

NUMBER = (
    r"(?:\d{1,3}|(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|"
    r"seven|eigh|nine)teen|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[- ](?:one|two|"
    r"three|four|five|six|seven|eight|nine))?|a hundred))"
)
ADVERBS = (
    r"(?:(?:actually|really|now|currently|just|recently|already|still|presently|always|officially|today|"
    r"also|only|no longer|not|have|had|been|gone and|finally|since|both|all|usually|normally|generally|"
    r"mostly|probably|in fact|these days|nowadays|at the moment|lately|then)\s+)*"
)
WE = rf"(?:i|we)(?:'ve|'d|'m|'re| have| had| am| are| do| did| don't| do not)?\s+{ADVERBS}"
MONTH = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|"
    r"mar|apr|jun|jul|aug|sept?|oct|nov|dec)"
)

ABOUT_SOMEBODY: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), key)
    for pattern, key in (
        (
            rf"{WE}(?:live|living|lived|resid\w+|dwell|based|settled)\s+(?:with|alone|by myself|"
            rf"on my own|together|off|for)\b", ""),
        (
            rf"{WE}(?:live|living|reside|residing|dwell|based|settled(?: down)?)\s+(?:up |down |over |"
            rf"out |right |just |"
            r"happily |here |there |abroad |very |quite |really |not far from |close |next |deep |"
            r"on the \w+ of |at the moment |currently |now )*(?:in|at|near|outside|by|to|around|between|"
            r"from|on)\s+(?!(?:an?|the (?:country|countryside|city|suburbs|mountains|\w+ floor)|peace)\b)",
            "home",
        ),
        (
            rf"{WE}(?:moved|relocated|emigrated|immigrated)\s+(?:back |over |up |down |out |away |here |"
            rf"house |home |all the way )*"
            r"(?:from .{1,30} )?(?:to|into)\s+(?!(?:an?|the (?:country|countryside|city|suburbs))\b)",
            "home",
        ),
        (rf"{WE}(?:call|made)\s+\w+(?: \w+)? (?:my )?home\b", "home"),
        (
            rf"{WE}(?:turned|turning|aged|reached)?\s*{NUMBER}(?=$|[,;.!]| years? old| yrs? old|"
            rf" years? of age|-years?-old| now\b| and\b"
            r"| today| yesterday| last\b| this\b| next\b| in \w+$| by the way|, )",
            "age",
        ),
        (rf"i(?:'ll| will) (?:be|turn) {NUMBER}\b", ""),
        (rf"{WE}(?:was |were )?born\s+(?:in|at|near)\s+(?:the year\s+)?\d{{4}}\b", "year of birth"),
        (
            rf"(?:i was|i'm|i were|i)\s+born\s+(?:on|in)?\s*(?:the\s+)?(?:\d{{1,2}}(?:st|nd|rd|th)?\b|"
            rf"{MONTH}\b|christmas|new year)", "birthday"),
        (r"(?:i was|i'm|i were|i)\s+born\s+(?:and (?:raised|bred)\s+)?(?:in|at|near)\s", "birthplace"),
        (
            rf"{WE}(?:from|come from|came from|hail from|grew up in|raised in|originally from|"
            rf"originate from)\s", "origin"),
        (
            rf"{WE}(?:work|working|employed|earn\w* (?:my|a|our) \w+|make (?:my|a) living|"
            rf"mak\w+ money)\s+(?:\w+ ){{0,2}}(?:as|by)\s", "job"),
        (rf"{WE}(?:work|working|employed)\s+(?:\w+ )?(?:at|for|with|in|on)\s", "workplace"),
        (
            rf"{WE}(?:got|took|found|started|have|landed|start)\s+(?:a|my|the|another)\s+(?:\w+ )?(?:job|"
            rf"position|post|role)\s+as\s", "job"),
        (rf"(?:i've|i have)\s+{ADVERBS}worked\s+(?:\w+ ){{0,2}}as\s", "job"),
        (rf"{WE}(?:became|become|training to be|trained as|qualified as|retrained as)\s+an?\s", "job"),
        (rf"{WE}.{{1,40}}\s(?:for a living|by (?:profession|trade)|professionally)$", "job"),
        (rf"{WE}(?:do|did)\s.{{1,30}}\s(?:for a living|for work)", "job"),
        (rf"{WE}(?:weigh|weighing)\s", "weight"),
        (
            rf"{WE}(?:(?:\d[\d.,']*|{NUMBER})\s*(?:cm|m|metres?|meters?|feet|foot|ft|inches|"
            rf"centimet\w+)\b.*(?:tall)?|\d'\d)", "height"),
        (rf"{WE}(?:drive|driving)\s+an?\s", "car"),
        (
            rf"{WE}(?:study|studying|reading for|majoring in|major in)\s+(?!for\b|at\b|hard\b|every\b|"
            rf"in\b)", "studies"),
        (rf"{WE}(?:wear|take)\s+(?:a\s+)?(?:shoe\s+)?size\s", "size"),
        (rf"{WE}(?:married|engaged)\s+to\s", "spouse's name"),
        (rf"{WE}(?:get|wake|getting)\s+up\s+(?:\w+ )?at\s", "getting-up time"),
        (rf"{WE}(?:go|going)\s+to\s+bed\s+(?:\w+ )?(?:at|around)\s", "bedtime"),
        (rf"{WE}(?:single|married|divorced|widowed|engaged|separated)\b", "marital status"),
    )
)  # fmt: skip

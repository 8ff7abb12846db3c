"""What a sentence of a user's tells, as a key: "home", "job", "sister's name", "locker code".

Contract: two sentences that can't both hold get the same key; "" means that the like of it may stand beside
it ("I like tea"), or that nobody can tell. English rules over the words around the value, whatever that is.
What they don't know: that "my better half" is "my wife", and which of two sisters is meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from graphs.memories.nouns import is_being, is_job, is_people
from graphs.memories.renewed import renewed
from graphs.memories.somebody import ABOUT_SOMEBODY, ADVERBS, MONTH, NUMBER, WE
from graphs.memories.telling import written_out

_AM = rf"(?:i|we)(?:'m|'re| am| are|'ve been| have been)\s+{ADVERBS}"
_IS = r"(?:'s|\s+is|\s+are|\s+was|\s+were|'re|\s+has been|\s+will be|\s+would be|\s+isn't|\s+aren't)"
_SINGLE = _IS.replace("'s|", r"'s(?!\s+(?:[\w-]+\s+){1,3}(?:is|are|was|were)\b)|", 1)
"""The same, but no possessive: "the cat's name is"."""
_THE = r"(?:my|our|the|this|that|his|her|their|its)"
_TIMED = (
    r"(?:leaves?|goes|go|departs?|starts?|begins?|opens?|closes?|ends?|finish(?:es)?|arrives?|comes?|"
    r"runs?|rings?|sails?|sets off|gets in|takes off|lands?|is due|boards?|is|are|'s)"
)
_CLOCK = (
    r"(?:at|by|from|around|about)\s+(?:about |around |exactly |precisely )?(?:\d|noon|midnight|midday|"
    r"(?:half|quarter|"
    rf"{NUMBER})\b(?!\s+\w+\s+street))"
)
_WHERE = (
    r"(?:in|under|underneath|beneath|behind|on|at|inside|above|below|between|beside|next to|near|by|with|"
    r"over|on top of|in front of|upstairs|downstairs|outside|at the (?:back|bottom|top) of)"
)
_PAST = re.compile(
    r"\b(?:used to|formerly|previously|as an? (?:child|kid|boy|girl|teenager|student)|when (?:i|"
    r"we) w(?:as|ere))\b",
    re.IGNORECASE,
)
_SUPPOSED = re.compile(
    r"^(?:i|we)(?:'m| am)?\s+(?:think|believe|guess|suppose|reckon|fairly sure|pretty sure|sure|"
    r"quite sure|afraid|hope)\s+(?:that\s+)?(?=(?:i|i'\w+|we|we'\w+|my|our|the)\b)",
    re.IGNORECASE,
)
_TOGETHER = re.compile(r"^(?:me and (?:my|our) \w+|(?:my|our) \w+ and (?:i|me))\s+", re.IGNORECASE)
_SETTING = re.compile(
    r"^(?:at|in|since|for|from|these|nowadays|currently|now|last|this|as|by|after|until|on|today|"
    r"yesterday|recently|originally|and|but|oh|so|yes|no|actually|to|lately|also|every|well|"
    r"sorry)\b(?:[\s,]+[\w'-]+){0,5}?[\s,]+(?=(?:i|i'\w+|we|we'\w+|my|our)\b)",
    re.IGNORECASE,
)
"""What stands before a sentence proper: "these days I work as a baker"."""
_SEVERAL = re.compile(r"\b(?:another|second|third|other|too|as well|also|both)\b", re.IGNORECASE)
_TRIM = re.compile(
    r"(?:new|own|dear|lovely|sweet|beloved|current|actual|real|full|complete|correct|right|very|exact)\s+"
)


def about(sentence: str) -> str:
    """The key of what a sentence tells, in small letters; "" where several such things may hold at once."""
    text = " ".join(sentence.replace("\u2019", "'").split()).strip(" .!?…")
    text = written_out(text)
    text = _TOGETHER.sub("we ", _SUPPOSED.sub("", text, count=1), count=1)
    if (new := renewed(text)) is not None:
        return _renewed(*new)
    if _PAST.search(text):
        # "I used to live in York, but now I live in Leeds": only what holds now has a key.
        parts = [part.strip() for part in re.split(r"[,;]|\bbut\b|\bnow\b", text) if not _PAST.search(part)]
        return next((key for part in reversed(parts) if (key := about(part))), "")
    for form in (text, _SETTING.sub("", text, count=1)):
        if key := next((key for rule in _RULES if (key := rule(form))), ""):
            return key
    clauses = re.split(
        r"[,;]\s+(?:and\s+|but\s+)?(?=(?:i|i'\w+|we|we'\w+|my|our)\b)", text, flags=re.IGNORECASE
    )
    return about(clauses[-1]) if len(clauses) > 1 else ""


def _renewed(kind: str, what: str) -> str:
    """The key by which what is another now was told at first: "my trip is on 3 May"."""
    name = thing(what)
    if kind in ("date", "day"):
        return name
    if kind == "name":
        return f"{name}'s name"
    if kind in ("place", "spot"):
        return f"{name}'s place"
    return f"{name} {'time' if kind == 'hour' else kind}"


def thing(phrase: str) -> str:
    """What "my sister's", "the code for the locker" or "favorite color" names, as part of a key."""
    text = phrase.strip(" ,'\"").lower().partition(",")[0]
    text = re.sub(r"^(?:my|our|the|a|an|his|her|their|its|this|that)\s+", "", text)
    text = re.sub(r"\bfavorite\b|\bfave\b|\bfav\b", "favourite", text)
    text = re.sub(r"\bcolor\b", "colour", text)
    text = re.sub(r"\s+(?:these days|nowadays|now|at the moment|currently|at present|today)$", "", text)
    text = re.sub(r"\bwi-?\s?fi\b", "wifi", text)
    while (shorter := _TRIM.sub("", text, count=1)) != text and _TRIM.match(text):
        text = shorter
    found = re.fullmatch(r"(.+?)\s+(?:of|for|to|on|at|from)\s+(?:my|our|the|his|her|their)\s+(.+)", text)
    if found and len(text.split()) <= 8:
        owner = thing(found[2])
        return f"{owner}'s {found[1]}" if is_being(owner) else f"{owner} {found[1]}"
    found = re.fullmatch(r"(.+?)'s?\s+(.+)", text)
    if found and not is_being(found[1].removesuffix("'s")):
        text = f"{found[1]} {found[2]}"
    return text


def _short(phrase: str) -> bool:
    """Whether a phrase can name a thing: a few words, and no sentence of its own."""
    words = phrase.split()
    return 0 < len(words) <= 8 and not re.search(
        r"\b(?:is|are|was|were|has|have|i|we|because|that|which|who|and|or|if|me|us|him|them|but)\b",
        phrase.lower(),
    )


def _called(text: str) -> str:
    """Names: "my cat's called Tom", "the name of my cat is Tom", "I have a cat called Tom", "call me Max"."""
    if re.match(
        r"(?:(?:you (?:can|may|should|could)|please|just|everyone|everybody|people|they all|they|do|so|"
        r"but|and)\s+)*(?:calls? me|address me as)\s+\S",
        text,
        re.IGNORECASE,
    ):
        return "name"
    if re.match(
        r"(?:i'd like|i would like|i want|i prefer|i'd prefer|i like) to be called\s", text, re.IGNORECASE
    ):
        return "name"
    if re.match(
        r"(?i:it's|this is|it is) [A-Z][\w'-]+(?: [A-Z][\w'-]+)?\s+(?:here|speaking|writing|typing|"
        r"on this)\b",
        text,
    ):
        return "name"
    if re.match(rf"{_AM}(?:called|named|known as)\s+\S|{WE}go(?:ing)? by\s+\S", text, re.IGNORECASE):
        return "name"
    found = re.match(
        rf"{WE}(?:called|named)\s+(?:my|our|the)\s+((?:[\w-]+\s+){{0,2}}?[\w-]+)\s+\S+$", text, re.IGNORECASE
    )
    if found:
        return f"{thing(found[1])}'s name"
    if re.match(
        r"(?:my|our) (?:parents|mother|father|mum|mom|dad|folks) (?:named|called|christened) me\s",
        text,
        re.IGNORECASE,
    ):
        return "name"
    if re.match(r"(?:all )?(?:my|our) \w+(?: \w+)? (?:all )?calls? me\s", text, re.IGNORECASE):
        return "nickname"
    found = re.match(
        rf"(?:and |but )?{_THE}\s+(.+?){_IS}\s+{ADVERBS}(?:called|named|known as)\b", text, re.IGNORECASE
    )
    if found and _short(found[1]):
        return f"{thing(found[1])}'s name"
    found = re.match(rf"{_THE}\s+(.+?)\s+(?:goes by|answers to|listens to)\b", text, re.IGNORECASE)
    if found and _short(found[1]):
        return f"{thing(found[1])}'s name"
    found = re.search(
        r"\b(?:have|has|got|own|keep|'ve|adopted|bought)\s+(?:a|an|one|"
        r"this)\s+((?:[\w-]+\s+){0,3}?[\w-]+),?\s+(?:who(?:'s| is)\s+|which is\s+|that(?:'s| is)\s+|"
        r"and (?:he|she|it)(?:'s| is) )?(?:called|named|by the name of)\s",
        text,
        re.IGNORECASE,
    )
    if found and len(re.findall(r"\b(?:called|named)\b", text)) == 1 and not _SEVERAL.search(text):
        name = found[1].lower().split()
        return f"{name[-1]}'s name" if is_being(name[-1]) else f"{' '.join(name)}'s name"
    return ""


def _self(text: str) -> str:
    """Who somebody is: "I'm Ada", "I'm 34", "I live in Bergen", "my sister works as a baker"."""
    for subject, owner in _subjects(text):
        low = subject.lower()
        for pattern, key in ABOUT_SOMEBODY:
            if pattern.match(low):
                return f"{owner}'s {key}" if owner else key
        found = re.match(r"i(?:'m| am)\s+(?:just |now |only |currently |still )*an?\s+(.+)", low)
        if found and is_job(found[1]):
            return f"{owner}'s job" if owner else "job"
        if not owner and re.match(
            r"[Ii](?:'m| am)\s+(?:actually |really )?([A-Z][\w'-]*(?:\s+(?:de |van |von |der |di |"
            r"al-)*[A-Z][\w'.-]*){0,2})(?=$|[,.;!]| and | from | by the way)",
            subject,
        ):
            said = re.match(r"i(?:'m| am)\s+(?:actually |really )?([\w'-]+)", low)
            if said and not said[1].endswith("'s") and not is_people(said[1]):
                return "name"
    return ""


def _subjects(text: str) -> list[tuple[str, str]]:
    """A sentence as if "I" said it, and whose it is: "my aunt lives here" is ("i live here", "aunt")."""
    if re.match(r"(?:i|we)(?:'| )", text, re.IGNORECASE):
        return [
            (
                re.sub(r"^we", "i", text, flags=re.IGNORECASE)
                .replace("i're", "i'm", 1)
                .replace("i are", "i am", 1),
                "",
            )
        ]
    found = re.match(
        r"(?i:my|our|"
        r"the)\s+((?:[\w-]+\s+){0,2}?)([\w-]+)(?:\s+[A-Z][\w-]*)?('s(?!\s+(?:[\w-]+\s+){1,3}(?:is|was|"
        r"are)\b)|(?!'s)\s+)(.+)",
        text,
    )
    if not found or not is_being(found[2].lower()):
        return []
    rest = found[4].strip()
    if found[3] == "'s":
        rest = f"is {rest}"
    rest = re.sub(r"^is\b", "'m", rest)
    rest = re.sub(r"^has\b", "'ve", rest)
    if not rest.startswith("'"):
        rest = " " + re.sub(r"^((?:now |just |currently |actually )*)(\w+?)(?<!s)s\b", r"\1\2", rest)
    return [(f"i{rest}", thing(f"{found[1]}{found[2]}"))]


def _kept_at(text: str) -> str:
    """Where a thing is: "the spare key is under the mat", "I keep my passport in the drawer"."""
    found = re.search(r"\bwhere (?:my|our|the)\s+(.+?)(?:\s+is|\s+are|'s)$", text, re.IGNORECASE) or re.match(
        rf"you(?:'ll| will| can| might)? find (?:my|our|the)\s+(.+?)\s+{_WHERE}\b", text, re.IGNORECASE
    )
    if found and _short(found[1]):
        return f"{thing(found[1])}'s place"
    found = re.match(
        rf"{WE}(?:keep|kept|put|hid|hide|store|stored|stash|stashed|left|leave|parked|park|placed|buried|"
        rf"tucked|locked|hung|moved|stowed)\s+(?:away\s+)?(?:my|our|the|a|an)\s+(.+?)\s+(?:away\s+|"
        rf"is\s+)?{_WHERE}\b",
        text,
        re.IGNORECASE,
    )
    if found and _short(found[1]):
        return f"{thing(found[1])}'s place"
    found = re.match(
        rf"(?:my|our|the)\s+(.+?)(?:{_IS}|\s+lives?|\s+hangs?|\s+lies?|\s+sits?|\s+stands?|"
        rf"\s+stays?)\s+{ADVERBS}(?:(?:kept|hidden|stored|parked|locked|stashed|buried|tucked|always|"
        rf"lying|hanging|away|up|down|back|right)\s+)*(?!at\s+(?:\d|noon|midnight|half|quarter)|(?:on|in|"
        rf"at)\s+(?:the\s+)?(?:\d|{MONTH}\b|(?:mon|tues|wednes|thurs|fri|satur|sun)day)){_WHERE}\b",
        text,
        re.IGNORECASE,
    )
    if found and thing(found[1]) == "home":
        return "home"
    if (
        found
        and _short(found[1])
        and not re.search(
            r"\b(?:birthday|anniversary|wedding|appointment|meeting|exam|party|favourite|favorite|name|"
            r"age)\b",
            found[1].lower(),
        )
    ):
        return f"{thing(found[1])}'s place"
    return ""


def _timed(text: str) -> str:
    """When a thing happens: "my train goes at 6:45"."""
    found = re.match(
        rf"(?:my|our|the)\s+(.+?)\s*(?<!\w){_TIMED}\s+{ADVERBS}(?:\w+\s+){{0,3}}?{_CLOCK}",
        text,
        re.IGNORECASE,
    )
    if found is None:
        found = re.match(rf"(?:my|our|the)\s+(.+?)'s\s+{ADVERBS}{_CLOCK}", text, re.IGNORECASE)
    return f"{thing(found[1])} time" if found and _short(found[1]) else ""


def _attribute(text: str) -> str:
    """What a thing is: "my code is 4417", "my aunt's birthday is in May", "teal is my favourite colour"."""
    found = re.match(
        rf"(?:and |but )?{_THE}\s+(.+?)(?:{_SINGLE}|\s*:|\s+changed to|\s+has changed to|\s+became|"
        rf"\s+reads|\s+moved to|\s+stands at|\s+falls|\s+takes place|\s+equals)(?:\s+|$)(.*)",
        text,
        re.IGNORECASE,
    )
    if found and _short(found[1]):
        return _valued(found[1], found[2])
    found = re.match(
        r"(.{1,60}?)(?:\s+is|\s+are|\s+was|'s|\s+remains|\s+has always been)\s+(?:still |now |also |"
        r"really |actually |always )*(my|our|the)\s+(.+)",
        text,
        re.IGNORECASE,
    )
    if (
        found
        and _short(found[3])
        and (found[2].lower() != "the" or re.search(r"\b(?:of|for|to)\b", found[3]))
        and not re.match(r"(?:it|this|that|there|he|she|they)$", found[1], re.IGNORECASE)
    ):
        name = thing(found[3])
        if is_being(name):
            return f"{name}'s name" if found[1][:1].isupper() and len(found[1].split()) <= 3 else ""
        return _named(name)
    found = re.match(
        r"(?:the|what)\s+(.+?)\s+(?:that\s+)?i\s+(?:like|love|prefer|enjoy)\s+(?:best|most)\b",
        text,
        re.IGNORECASE,
    )
    if found:
        return f"favourite {thing(found[1])}"
    found = re.match(
        r"(?:name|age|job|birthday|address|email|phone|occupation|hometown)\b(?=\s*(?::|is\b|'s\b))",
        text,
        re.IGNORECASE,
    )
    return found[0].lower() if found else ""


def _valued(phrase: str, value: str) -> str:
    """What "my sister" is by what's said of her, a name, an age or a job; a thing's name is its key."""
    name = thing(phrase)
    if not is_being(name):
        # "My mate Tunde is getting divorced" is news: what he does next takes nothing's place.
        news = re.match(r"(?:now\s+)?\w+ing\s+\w", value) and name not in ("job", "hobby")
        return "" if news else _named(name)
    bare = re.sub(r"^(?:actually|really|now|still|not)\s+", "", value)
    if re.match(rf"{NUMBER}(?=$|[,.;]| years?| yrs?| now| and)", bare.lower()):
        return f"{name}'s age"
    if re.match(r"[A-Z][\w'.-]*(?:\s+[A-Z][\w'.-]*)*(?=$|[,.;]| and | now| not | but )", bare):
        first = re.match(r"\w+", bare.lower())
        return "" if first and is_people(first[0]) else f"{name}'s name"
    found = re.match(r"an?\s+(.+)", bare.lower())
    return f"{name}'s job" if found and is_job(found[1]) else ""


_SAME = {
    "first name": "name",
    "given name": "name",
    "last name": "surname",
    "family name": "surname",
    "birthdate": "birthday",
    "birth date": "birthday",
    "date of birth": "birthday",
    "day of birth": "birthday",
    "place of birth": "birthplace",
    "occupation": "job",
    "profession": "job",
    "line of work": "job",
    "trade": "job",
    "city": "home",
    "town": "home",
    "home town": "hometown",
    "home city": "home",
    "place of residence": "home",
    "residence": "home",
    "phone": "phone number",
    "telephone number": "phone number",
    "mobile number": "phone number",
    "number": "phone number",
    "email address": "email",
    "e-mail": "email",
    "e-mail address": "email",
    "mail address": "email",
}


def _named(name: str) -> str:
    found = re.fullmatch(r"(.+)'s (.+)", name)
    if found:
        return f"{found[1]}'s {_SAME.get(found[2], found[2])}"
    return _SAME.get(name, name)


_RULES: tuple[Callable[[str], str], ...] = (_called, _self, _timed, _kept_at, _attribute)

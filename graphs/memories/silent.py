"""Sentences that tell nothing to be remembered: questions, orders, moods, wishes, talk of the talk. English.

Contract: each is told by how it begins, whatever it goes on about.
"""

from __future__ import annotations

import re

_ASKS = re.compile(
    r"(?:(?:and|but|so|or|then|well|now|please|also|hey|ok|okay|tell me|say)[\s,]+)*(?:(?:what|who|where|"
    r"when|why|how|which)(?:'s|s|'re|'d|'ll)?\s+(?:is|are|was|were|do|does|did|has|have|had|can|could|"
    r"will|would|should|shall|may|might|must|am|about|else|if|come|to)\b|(?:what's|who's|where's|when's|"
    r"why's|how's|whats|wheres|whos)\b|how (?:many|much|old|long|often|far|tall|big|likely|come|else|"
    r"good|bad|well)\b|(?:what|which|whose) [\w'-]+(?: [\w'-]+)? (?:is|are|was|were|do|does|did|has|have|"
    r"had|can|could|will|would|should|am)\b|(?:is|are|am|was|were|do|does|did|has|have|had|can|could|"
    r"will|would|shall|should|may|might|must|isn't|aren't|don't|doesn't|didn't|can't|couldn't|won't|"
    r"wouldn't|haven't|hasn't)\s+(?:i|you|he|she|it|we|they|my|our|your|his|her|their|its|the|a|an|this|"
    r"that|these|those|there|any\w*|some\w*)\b|any (?:idea|ideas|tips|advice|chance|thoughts|"
    r"suggestions)\b)",
    re.IGNORECASE,
)
_VERBS = (
    "tell give write show explain make list find help translate summarise summarize describe say let let's "
    "lets compare calculate compute convert define sing draw create generate suggest recommend choose pick "
    "repeat spell count sort rewrite correct fix check read look search open play set remind stop go come "
    "wait try think imagine pretend act answer ask continue forget ignore guess talk speak teach use add "
    "remove delete change turn put keep hold take bring send get buy book order call email start begin "
    "finish end run build design plan prepare draft compose paraphrase proofread shorten simplify improve "
    "rephrase recite quiz test entertain cheer please consider suppose assume do don't never mind proceed "
    "stay be see listen watch hurry relax excuse pardon congratulate wish thank bless cancel undo restart "
    "reset shut quit leave provide identify classify extract analyse analyze solve divide multiply subtract "
    "reply respond recall save store record discuss review rate rank name"
)
_ORDERS = frozenset(_VERBS.split())
_NO_ORDER = re.compile(r"[\w']+(?:'s)?(?:\s+(?:is|are|was|were|has|belongs)\b|\s*:|'s\b)", re.IGNORECASE)
_CALL_ME = re.compile(
    r"(?:(?:you (?:can|may|should|could)|please|just|do|so)\s+)*(?:call me|address me as|"
    r"refer to me as)\s+(?!back|later|again|if|when|a\b|an\b|tomorrow|at\b|on\b)\S",
    re.IGNORECASE,
)
_SUPPOSES = re.compile(
    r"(?:what if|suppose|supposing|imagine|assume|assuming|pretend|let's say|let us say|say)\b|\bif (?:i|"
    r"we|my \w+|our \w+) (?:were|was|had|could|would|ever)\b|\bif only\b|(?:i|we)(?: really| just| do|"
    r" often| sometimes)* wish\b(?! to)|were i\b|had i\b|if\b.*\b(?:would|could|might|should|'d)\b",
    re.IGNORECASE,
)
_VERY = (
    r"(?:(?:so|very|really|quite|pretty|a bit|a little|rather|too|just|all|also|still|feeling|always|"
    r"totally|extremely|super|now|not|not so|doing|kind of|kinda|sort of|getting|absolutely|completely|"
    r"almost|terribly|awfully|only|honestly|even|already|right|currently|actually|more|both|simply|"
    r"perfectly|truly|incredibly|today)\s+)*"
)
_MOODS = re.compile(
    rf"(?:i|we)(?:'m| am|'re| are|'ve been| have been| feel| felt| was| were|'ll be| will be| got| get|"
    rf" sound| look| seem)\s+{_VERY}(?:"
    r"(?:bored|fine|good|great|ok|okay|well|alright|all right|tired|sleepy|exhausted|sad|happy|angry|mad|"
    r"upset|lonely|hungry|thirsty|cold|hot|warm|sick|ill|sorry|glad|worried|anxious|nervous|stressed|"
    r"confused|lost|curious|ready|busy|here|done|finished|sure|certain|excited|pleased|annoyed|"
    r"frustrated|disappointed|surprised|impressed|amazed|amused|delighted|grateful|thankful|serious|down|"
    r"low|awesome|fantastic|wonderful|terrible|awful|better|worse|unwell|stuck|unsure|right|wrong|blue|"
    r"miserable|depressed|relaxed|calm|overwhelmed|motivated|lazy|satisfied|fed up|under the weather|"
    r"shocked|speechless|touched|flattered|honou?red|embarrassed|ashamed|jealous|restless|sceptical|"
    r"skeptical|convinced|grumpy|cheerful|knackered)(?!\s+(?:at|with|in|of|from)\s+(?!this|that|it|you|"
    r"the moment|all|myself|today))|(?:kidding|joking|asking|talking|wondering|waiting|listening|testing|"
    r"checking|looking at|looking forward|looking for|thinking(?!\s+(?:of|about)\s+\w+ing)|"
    r"trying to (?:understand|find|write|figure|decide|think|remember|say|ask|see|get|work)|"
    r"going (?:to bed|to sleep|now|home|out|crazy|mad|insane)|leaving|back(?!\s+(?:from|in|at)\s)|"
    r"off(?=$|[.!,]| now| to bed| home)|out of (?:ideas|time|here)|in (?:a |an )?(?:\w+ )?(?:hurry|mood|"
    r"trouble|rush)|afraid (?:so|not|that|you|it|i|this)|(?:afraid|scared)$|having (?:a|an|such)\b|"
    r"an? (?:user|human|person|real person|bit|little|fan of (?:this|that|you|it))\b|your\b|all (?:ears|"
    r"yours|set|good)|just\b$))",
    re.IGNORECASE,
)
_DAY = re.compile(
    r"(?:i|we)(?:'ve| have|'m having| am having)?(?: just)?\s+(?:had|have|having|slept|got|"
    r"spent)\s+(?:(?:a|an|such a|such an|quite a|one of those|the)\s+)?(?:(?:really|very|so|pretty|long|"
    r"bad|badly|good|great|rough|hard|busy|terrible|terribly|awful|lovely|nice|wonderful|tough|horrible|"
    r"lousy|quiet|well|poorly|best|worst|of|stressful|crazy|strange|weird|boring|fun|amazing|"
    r"productive)\s*)+(?:day|days|night|morning|afternoon|evening|week|weekend|time|today|"
    r"last night)?[\s.!,]*(?:today|so far|at work|again|last night)?[\s.!…]*$",
    re.IGNORECASE,
)
_TALK = re.compile(
    r"(?:i|we)(?:'m| am|'ve| have|'d| would|'ll| will)?\s+(?:(?:really|just|also|still|only|totally|"
    r"honestly|do|don't|do not|did|didn't|did not|can|can't|cannot|could|could not|couldn't|won't|not|"
    r"quite|actually|simply|never|must|have to|should|fully|completely|already|kind of|wouldn't|would|"
    r"rather|very much)\s+)*(?:understand|understood|know(?=$|[\s,]+(?:that|this|it|what|why|you|who|"
    r"where|when|about|nothing|everything|right|already|of|if|whether|the|a|how(?! to))\b|[,.!])|think|"
    r"thought|agree|disagree|believe(?! in)|guess|suppose|mean|meant|hope(?! to)|see(?! an?\b)|get (?:it|"
    r"that|this|you|what|the)|got (?:it|that|this|you)|wonder|wondered|wondering|doubt|bet|"
    r"hear(?:d)? (?:you|that)|mind|care(?=$|[\s,]+(?:about (?:it|that|this)|what|if|that|at all)\b|"
    r"[,.!])|recall|remember|said|asked|ask (?:you|a|about|for|again|because|that|this|it)|told|tell you|"
    r"say|thank|appreciate|apologi[sz]e|beg|swear|promise|insist|repeat|assume|trust you|trust that|"
    r"forget (?:it|that|about)|forgot(?=$|[\s,]+(?:what|that|about|it|to ask)\b|[.!])|(?:love|like|liked|"
    r"loved|hate|enjoy|enjoyed|prefer|want|need)\s+(?:it|that|this|you|your|the idea|these|those|how you|"
    r"what you|talking|chatting|the (?:answer|poem|story|joke|idea|first|second|last|other|one))\b|"
    r"(?:feel|find) (?:that|like|it|this|your)|try again|try that|be (?:right )?back|think about it|"
    r"let you|do (?:that|it|so)|take it|wait|have to go|got to go|gotta go|must (?:go|leave|run)|go now|"
    r"see you|talk to you|follow(?=$|[\s,]+(?:you|that|this)\b|[.!]))(?!\w)",
    re.IGNORECASE,
)
_WORKS = (
    r"(?:poem|story|stories|recipe|list|summary|joke|translation|e-?mail|letter|text|help|hand|advice|"
    r"ideas?|suggestions?|tips?|explanation|answers?|examples?|haiku|limerick|essay|code|script|function|"
    r"song|slogan|speech|quotes?|facts?|information|info|details|outline|table|way to|word for|synonym|"
    r"names? for|definition|paragraph|sentence|caption|title|headline|plan for|something|second opinion|"
    r"opinion|recommendations?|instructions?|guide|overview|riddle|toast|message|reply|response|version|"
    r"reminder|alarm|timer|ticket|table for|reservation|favou?r|question|request|minute|moment|"
    r"motivation|inspiration|distraction|clarification|more)"
)
_DO = (
    r"(?:know|ask|hear|see|find|understand|talk|chat|test|try|check|calculate|compute|discuss|order|book|"
    r"read|get|have you|make sure|translate|write|compare|figure|play a|start over|start again|"
    r"change the subject|say|thank|apologi[sz]e|learn (?:about|more|how|what|why)|add something|convert|"
    r"count|hire|be clear|you|go back|continue|stop|end this|leave now|look up|double-check)"
)
_WANTS = re.compile(
    rf"(?:i|we)(?:'d| would)?(?:\s+(?:really|just|also|do|urgently|only|still|always))*\s+(?:need|want|"
    rf"wanted|like|love|could use|appreciate|prefer|require|am looking for|have|'ve got|have got|got|"
    rf"wish)\s+(?:(?:to)\s+{_DO}\b|you to\b|your\b|if you\b|(?:(?:a|an|some|the|any|another|one|one more|"
    rf"two|three|few|\w+ more|more|you)\s+)?(?:[\w-]+\s+){{0,2}}?{_WORKS}(?=$|[\s,.!]))|(?:i|we)(?:'m|"
    rf" am|'re| are|'ve been| have been| was| were)\s+(?:just |also |still )*(?:looking (?:for|to)|"
    rf"searching|hoping (?:you|to (?:get|find|know))|wondering|interested in (?:hearing|knowing|your)|"
    rf"asking|curious)\b|(?:i|we)(?:'d| would) (?:be (?:grateful|happy|glad|interested|curious)|"
    rf"rather (?:not|you|that)|prefer (?:it|if|that|an?|not)|say|think|guess|suggest|recommend)\b|(?:i|"
    rf"we)(?:'ve| have|'ve got| have got|'d like)? (?:a|an|another|one more|some|two|"
    rf"three)(?: \w+)? (?:questions?|requests?|favou?rs?|ideas?|doubts?|problem for you)\b|(?:we|"
    rf"i) (?:should|could|can|might|may) (?:talk|try|start|stop|do|continue|go on|see|begin|help|"
    rf"also try|maybe)\b|(?:i|we)(?:'ve| have)? (?:got|have|need) to (?:go|run|leave)\b(?!\s+to\b)",
    re.IGNORECASE,
)
_IDLE = re.compile(
    r"(?:oh |dear )*(?:my (?:god|goodness|gosh|word|bad|pleasure|apologies|mistake|turn|point|question|"
    r"fault|dear|my)|me (?:too|neither|either|as well)|(?:not|same (?:for|with)|excuse|pardon|trust|"
    r"believe|forgive|save|help) me)\b.{0,25}$|(?:that|this|it|these|those|there)(?:'s| is| was| are|"
    r" were| sounds?| looks?| seems?| makes?| helps?| helped| made)\s+(?:\w+\s+){0,3}?(?:my (?:point|"
    r"question|fault|problem|answer|cue|bad|mistake|pleasure|guess|turn|favou?rite(?:[.!]|$))|me (?:feel|"
    r"laugh|smile|happy|sad)|what i|all i|how i|why i|not what|for me|to me|us\b)|(?:you|your|you're|"
    r"you've|you'll)\b(?!(?:\s+(?:can|may|could|should|will|would)|'ll|'d)*\s+(?:(?:reach|phone|ring|"
    r"text|contact|meet) (?:me|us)|find|hear|see me|catch me|spot me)\b)|(?:thanks?|thank you|cheers|bye|"
    r"goodbye|good ?night|see you|hello|hi|hey|welcome|congratulations|happy|merry|nice to meet|"
    r"pleased to meet)\b[^,:;]{0,60}$|(?:what|how) (?:a|an)\b",
    re.IGNORECASE,
)
_CHANGES = frozenset(
    (
        "use",
        "change",
        "swap",
        "replace",
        "read",
        "make",
        "put",
        "take",
        "forget",
        "set",
        "call",
        "correct",
        "let",
        "switch",
    )
)


def asks(text: str) -> bool:
    """Whether a sentence is a question by how it begins, with a mark or without."""
    return bool(_ASKS.match(text))


def supposes(text: str) -> bool:
    """Whether a sentence tells what isn't so: "if I were rich", "imagine", "I wish I had a dog"."""
    return bool(_SUPPOSES.match(text) or re.search(r"\bif (?:i|we) (?:were|had)\b", text, re.IGNORECASE))


def orders(text: str) -> bool:
    """Whether a sentence tells the assistant what to do: "Write my wife a poem"."""
    word = _first(text)
    return word in _ORDERS and not _NO_ORDER.match(text)


def changes(text: str) -> bool:
    """Whether an order may be one to put something in another's place: "Use 5512 instead"."""
    return _first(text) in _CHANGES


def gives_name(text: str) -> bool:
    """Whether an order gives the user's name: "Call me Max"."""
    return bool(_CALL_ME.match(text))


def idle(text: str) -> bool:
    """Whether a sentence is courtesy, an exclamation or about the assistant, though "my" or "me" be in it."""
    return bool(_IDLE.match(text))


def passing(text: str, *, own: bool) -> bool:
    """Whether a sentence in the first person tells a wish to the assistant, a mood, or something of the talk.

    Args:
        text: The sentence.
        own: It has "my" or the like, so that more than a mood is in it.
    """
    if _WANTS.match(text) and not (
        own and re.match(r"i(?:'d| would) (?:say|think|guess)\b", text, re.IGNORECASE)
    ):
        return True
    return bool(_DAY.match(text) or (not own and (_MOODS.match(text) or _TALK.match(text))))


def _first(text: str) -> str:
    found = re.match(r"[\w']+", text)
    return found[0].lower() if found else ""

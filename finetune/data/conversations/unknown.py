"""Questions that nobody as small can answer: obscure figures, made-up people and places, gibberish."""

from __future__ import annotations

from finetune.data.conversations.relations import made_up_fact
from finetune.data.conversations.talk import Talk
from finetune.data.conversations.words import invented, pick

_OBSCURE = (
    "[When|In which year|In what year] was {x} [born|founded|built|discovered|invented|written|first shown]?",
    "[Who|Which person] [invented|discovered|founded|designed|built|composed|directed] {x}?",
    "[What|Tell me what] is the population of {x}[?|.]",
    "How [many people live in|far is|tall is|old is|deep is|long is] {x}?",
    "[What happened|What was decided] [in|at] [the battle of|the treaty of|the great fire of] {x}?",
    "[Who|Which king] ruled {x} in {year}?",
    "What [happened in|do you know about the year|was special about] {year}?",
    "[What|Which] is the [chemical formula|boiling point|density|price|weight|scientific name] of {x}?",
    "Who [was|is] the [mayor|king|founder|president|manager|leader] of {x}?",
    "[Who|Which actor|Which actress] played [the lead|the {job}|the villain] in {film}?",
    "How many [copies of|pages does|words are in|letters are in] {book} [|have |]?",
    "What is the [third|tenth|longest|shortest] [chapter|line|word|song] of {x}?",
    "[Tell me about|What do you know about|Explain|Give me details on] [the history of|the economy of|the wars of|the laws of|the {x} of] {country}[.|?|]",
    "[What's|What is] the [name of the wife|middle name|birthplace|net worth|shoe size] of {x}?",
    "[Which|What] [river|road|company|team|bank] [runs through|is based in|comes from] {x}?",
    "[How|Why] did {x} [die|end|fail|win|lose|become famous]?",
    "[Explain|What is|Can you explain] [quantum field theory|the {x} theorem|general relativity in detail|string theory|the {x} effect|how a transistor works|tensor calculus|the Krebs cycle|the stock market|blockchain][?|.|]",
    "[How many|What number of] [goals|medals|songs|films|children] did {x} [have|make|score|win]?",
)
_REPLIES = (
    "I don't know that, [sorry|I'm afraid]. [I'm a small model and know only common things|A reference book or a "
    "search engine can tell you].",
    "I don't know. [I could only guess, and I'd rather not|I'd have to make something up, and that would not help you].",
    "That's more than I know. [Please look it up in a good source|An encyclopedia would be the place to look].",
    "I'm not sure, and I don't want to tell you something wrong. [Do you know it|Please check a good source].",
)
_GIBBERISH_REPLIES = (
    "I don't understand that. [Could you write it in another way|What would you like to say|Could you say it in plain "
    "words]?",
    "[Sorry|I'm sorry], I can't make sense of that. [What did you mean|Can you put it differently]?",
)


def obscure(talk: Talk) -> None:
    """A question whose answer the assistant cannot know."""
    rng = talk.rng
    if talk.chance(0.4):
        made_up_fact(talk)
        return
    name = invented(rng, rng.choice((2, 3))).capitalize()
    if talk.chance(0.4):
        name = f"{pick(rng, 'name')} {name}"
    elif talk.chance(0.3):
        name = (
            f"the {name} {rng.choice(('tower', 'bridge', 'river', 'company', 'machine', 'valley', 'museum'))}"
        )
    talk.pair(_OBSCURE, _REPLIES, {"x": name, "year": str(rng.randint(900, 2024))})


def gibberish(talk: Talk) -> None:
    """Letters that mean nothing."""
    rng = talk.rng
    if talk.chance(0.5):
        text = " ".join(invented(rng) for _ in range(rng.randint(1, 5)))
    else:
        row = rng.choice(("asdfghjkl", "qwertyuiop", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz"))
        text = "".join(rng.choice(row) for _ in range(rng.randint(3, 14)))
    talk.pair("{g}[||?|!|.]", _GIBBERISH_REPLIES, {"g": text})

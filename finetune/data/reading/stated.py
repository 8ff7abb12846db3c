"""What people state to a booking assistant, asked back: reading examples from Schema-Guided Dialogue.

The statements are people's own words, with all their variety; the question is made of the parameter's name or
description. A parameter of the called service that was never mentioned is a question without an answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from random import Random

from finetune.data.calls.example import CallExample
from finetune.data.calls.sgd import read
from finetune.data.calls.spelling import words
from finetune.data.conversations.grammar import expand
from finetune.data.reading.squad import ReadingExample
from models.chat.told import told

_NAMED = (
    "[What|Which] {n} did I [say|give|choose|want|ask for|mention|name][?| again?]",
    "[What was|What's|What is|Tell me|Remind me of] [my {n}|the {n} I gave|the {n} that I wanted][?| again?]",
    "[Do you remember|Do you know|Have you kept|Can you repeat] [my {n}|the {n}|which {n} I chose]?",
    "[And|So,|About] the {n}[?|, what was it?|: which one?|, do you have it?]",
)
_DESCRIBED = (
    "[What did I give|What have I said|What did I tell you|What do you have from me] as {d}?",
    "[Tell me again|Say again|Repeat]: {d}[?|, what was it?]",
    "{cap:d}[:|,] [what did I say|which one was it|what was that]?",
)
_LATER = (
    "Great, that's all for now.",
    "Thanks a lot!",
    "Let me think about it for a while.",
    "One moment, somebody is at the door.",
    "I like how this is going.",
    "All right then.",
)


def stated_examples(folder: Path, seed: int, count: int) -> Iterator[ReadingExample]:
    """Yield about `count` questions, a quarter of them for what was never said; equal seeds give equal ones.

    Args:
        folder: Of public data, with Schema-Guided Dialogue.
        seed: Decides everything.
        count: How many.

    Raises:
        UsageError: A file is missing.
    """
    made = 0
    for number, example in enumerate(read(folder, seed) if count > 0 else ()):
        if made >= count:
            return
        rng = Random(f"stated {seed}:{number}")
        one = _example(example, rng) if rng.random() < 0.5 else None
        if one is not None:
            made += 1
            yield one


def _example(example: CallExample, rng: Random) -> ReadingExample | None:
    if example.tool is None:
        return None
    tool = next(tool for tool in example.tools if tool["name"] == example.tool)
    schemas = {
        name: schema
        for name, schema in tool["parameters"]["properties"].items()
        if schema["type"] != "boolean"
    }
    said = [
        (name, argument.places[-1])
        for name, argument in example.arguments.items()
        if name in schemas and argument.places and example.turns[argument.places[-1][0]].role == "user"
    ]
    never = [name for name in schemas if name not in example.arguments and name not in example.unsure]
    rows = [{"role": turn.role, "content": turn.text} for turn in example.turns]
    rows += [{"role": "user", "content": line} for line in rng.sample(_LATER, rng.choice((0, 0, 1, 2)))]
    passage = told(rows)
    if never and (not said or rng.random() < 0.25):
        name, start, end, kind = rng.choice(never), -1, -1, "never stated"
    elif said:
        name, (turn, begin, stop) = rng.choice(said)
        text = example.turns[turn].text
        # The turn's own place in what was told, from the end: the newest counts.
        at = passage.rfind(text.strip())
        if at < 0:
            return None
        start = at + begin - (len(text) - len(text.lstrip()))
        end, kind = start + stop - begin, "stated"
        if passage[start:end] != text[begin:stop]:
            return None
    else:
        return None
    return ReadingExample(example.group, _question(name, schemas[name], rng), passage, start, end, kind)


def _question(name: str, schema: dict[str, object], rng: Random) -> str:
    described = str(schema.get("description", "")).strip().rstrip(".")
    described = described[:1].lower() + described[1:]
    if described and len(described) < 70 and rng.random() < 0.35:
        return expand(_DESCRIBED, rng, {"d": re.sub(r"^(?!the |an? |my )", "the ", described)})
    return expand(_NAMED, rng, {"n": " ".join(words(name))})

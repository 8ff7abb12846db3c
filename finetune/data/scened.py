"""Every scene as often as any other: a message of each kind and its answer, before which stands the kind.

In conversations common scenes are common; here the rare ones are learnt as well, and that the answer follows
what was noticed.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count as numbers
from random import Random

from finetune.data.conversations.fun import fun_fact, joke
from finetune.data.conversations.scenes import Beat, Scene, load_scenes, play
from finetune.data.conversations.style import draw_voice
from finetune.data.conversations.talk import Talk
from finetune.data.documents import Message
from models.tokenizers.chat_template import bracketed

FILES = (
    "greetings",
    "closings",
    "persona",
    "limits",
    "smalltalk",
    "feelings",
    "advice",
    "creative",
    "explain",
    "followups",
)


def scened(seed: int, count: int) -> Iterator[list[Message]]:
    """Yield so many exchanges, scene by scene in turn; equal seeds give equal ones."""
    parts: list[Scene | Beat] = [scene for file in FILES for scene in load_scenes(file)]
    parts += [joke, fun_fact]
    made = 0
    for round_ in numbers():
        for place, scene in enumerate(parts):
            if made == count:
                return
            rng = Random(f"scened {seed}:{round_}:{place}")
            talk = Talk(rng, draw_voice(rng))
            if isinstance(scene, Scene):
                play(talk, scene)
            else:
                scene(talk)
            made += 1
            asked, answer = talk.messages[:2]
            yield [asked, {**answer, "memory": bracketed(talk.intents[0])}]

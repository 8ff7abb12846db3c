"""Every scene as often as any other: a message of each kind and its answer, before which stands the kind.

In conversations common scenes are common; here the rare ones are learnt as well, and that the answer follows
what was noticed, and that it asks where it isn't sure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import count as numbers
from random import Random

from finetune.data.conversations.fun import fun_fact, joke
from finetune.data.conversations.grammar import plural
from finetune.data.conversations.scenes import Beat, Scene, load_scenes, play
from finetune.data.conversations.style import draw_voice
from finetune.data.conversations.talk import Talk
from finetune.data.conversations.words import invented, pick, read_pattern_file
from finetune.data.documents import Message
from models.encoders.intent import UNSURE
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
UNSURE_AS_OFTEN = 6
"""So many times as often as a scene it isn't sure what is meant."""
STRANGE = 0.6
"""How often poems and stories are about what no list holds: their words are to be copied, not known."""
_THINGS = ("animal", "object", "fruit", "vegetable", "instrument", "job", "place")


def scened(seed: int, count: int) -> Iterator[list[Message]]:
    """Yield so many exchanges, scene by scene in turn; equal seeds give equal ones."""
    scenes = [scene for file in FILES for scene in load_scenes(file)]
    parts: list[Scene | Beat] = [*scenes, joke, fun_fact]
    # Any message may end so: as often as a scene would be too rare to be learnt.
    parts += [partial(_unsure, scenes)] * UNSURE_AS_OFTEN
    made = 0
    for round_ in numbers():
        for place, scene in enumerate(parts):
            if made == count:
                return
            rng = Random(f"scened {seed}:{round_}:{place}")
            talk = Talk(rng, draw_voice(rng))
            if isinstance(scene, Scene):
                play(
                    talk, scene, _strange(rng) if scene.file == "creative" and rng.random() < STRANGE else {}
                )
            else:
                scene(talk)
            made += 1
            asked, answer = talk.messages[:2]
            yield [asked, {**answer, "memory": bracketed(talk.intents[0])}]


def _unsure(scenes: Sequence[Scene], talk: Talk) -> None:
    """A message of any scene, and an answer that asks what is meant."""
    talk.about = UNSURE
    talk.pair(talk.rng.choice(scenes).parts[0], read_pattern_file("unsure"))


def _strange(rng: Random) -> dict[str, str]:
    """What a poem or a story may be about: an odd thing, and what would be said of many."""
    one, many = (f"{pick(rng, 'adjective')} {pick(rng, rng.choice(_THINGS))}" for _ in range(2))
    if rng.random() < 0.2:
        one = f"{pick(rng, 'adjective')} {invented(rng, 2)}"
    return {"animal": one, "topic": many if many.endswith("s") else plural(many)}

"""Jokes and fun facts, asked for once or again and again."""

from __future__ import annotations

from finetune.data.conversations.scenes import named_scene
from finetune.data.conversations.talk import Talk
from finetune.data.conversations.words import read_pattern_file

_BEFORE = {
    "joke": ("", "", "", "Here is one: ", "Sure! "),
    "fact": ("", "", "Did you know? ", "Here is one: "),
}


def _several(talk: Talk, what: str, file: str) -> None:
    talk.about = f"ask for a {what}"
    items = talk.rng.sample(read_pattern_file(file), 3)
    talk.user(named_scene("ask_fun", what).parts[0])
    talk.assistant(talk.rng.choice(_BEFORE[what]) + items[0], raw=True)
    for item in items[1:]:
        if talk.chance(0.65):
            break
        talk.user(named_scene("ask_fun", f"another_{what}").parts[0])
        talk.assistant(talk.rng.choice(("", "", "Here is another: ")) + item, raw=True)


def joke(talk: Talk) -> None:
    """A joke, perhaps another."""
    _several(talk, "joke", "jokes")


def fun_fact(talk: Talk) -> None:
    """A fun fact, perhaps another."""
    _several(talk, "fact", "fun_facts")

"""Questions that nobody as small can answer: obscure figures, made-up people and places, gibberish."""

from __future__ import annotations

from finetune.data.conversations.relations import made_up_fact
from finetune.data.conversations.talk import Talk
from finetune.data.conversations.words import invented, lines, pick


def obscure(talk: Talk) -> None:
    """A question whose answer the assistant cannot know."""
    rng = talk.rng
    talk.about = "know"
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
    talk.pair(
        lines("unknown_obscure"), lines("unknown_replies"), {"x": name, "year": str(rng.randint(900, 2024))}
    )


def gibberish(talk: Talk) -> None:
    """Letters that mean nothing."""
    talk.about = "gibberish"
    rng = talk.rng
    if talk.chance(0.5):
        text = " ".join(invented(rng) for _ in range(rng.randint(1, 5)))
    else:
        row = rng.choice(("asdfghjkl", "qwertyuiop", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz"))
        text = "".join(rng.choice(row) for _ in range(rng.randint(3, 14)))
    talk.pair("{g}[||?|!|.]", lines("unknown_gibberish_replies"), {"g": text})

"""Questions about well-known facts, and the same questions about made-up things, which get "I don't know"."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from finetune.data.conversations.talk import Talk
from finetune.data.conversations.words import invented, lines, pick, read_pattern_file

# Relations for which a made-up key makes a sensible question.
_INVENTABLE = {"capital", "continent", "spoken", "author", "person", "define", "made", "home", "eats"}


class Relation(NamedTuple):
    """A table of facts of one kind."""

    name: str
    weight: float
    users: tuple[str, ...]
    replies: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]


@lru_cache(maxsize=1)
def relations() -> tuple[Relation, ...]:
    """All tables of ``patterns/relations.txt``."""
    found: list[Relation] = []
    for block in "\n".join(read_pattern_file("relations")).split("== ")[1:]:
        head, _, body = block.partition("\n")
        name, _, share = head.partition(" ")
        users, replies, pairs = (part.strip().split("\n") for part in body.split("\n--\n"))
        table = [pair.split(" = ", 1) for pair in pairs[0].split(", ")]
        found.append(
            Relation(
                name,
                float(share or 1),
                tuple(users),
                tuple(replies),
                tuple((key.strip(), value.strip()) for key, value in table),
            )
        )
    return tuple(found)


def common_fact(talk: Talk) -> None:
    """A question about something that is common knowledge; sometimes the next one leans on it."""
    talk.about = "know"
    table = talk.rng.choices(relations(), weights=[table.weight for table in relations()])[0]
    key, value = talk.rng.choice(table.pairs)
    talk.pair(table.users, table.replies, {"k": key, "v": value})
    if talk.chance(0.2):
        asked = "{a:k}" if any("{a:k}" in line for line in table.users) else "{k}"
        key, value = talk.rng.choice([pair for pair in table.pairs if pair[0] != key])
        talk.pair(
            f"[And|What about|How about|And what about|and] {asked}?",
            table.replies,
            {"k": key, "v": value},
        )


def made_up_name(talk: Talk, kind: str) -> str:
    """The name of something that does not exist, of the kind that a relation asks about."""
    rng = talk.rng
    word = invented(rng, rng.choice((2, 3)))
    if kind == "person":
        return f"{rng.choice((pick(rng, 'name'), invented(rng, 2).capitalize()))} {word.capitalize()}"
    if kind == "author":
        thing = rng.choice((word, pick(rng, "object")))
        return f"The {pick(rng, 'adjective').capitalize()} {thing.capitalize()} of {word.capitalize()}"
    if kind in ("home", "eats"):
        return word + "s"
    if kind == "define":
        abstract = rng.choice(("effect", "method", "theory", "law", "paradox", "index"))
        return rng.choice((f"a {word}", word, f"the {word.capitalize()} {abstract}"))
    return word if kind == "made" else word.capitalize()


def made_up_fact(talk: Talk) -> None:
    """The same questions about something made up: the assistant says that it does not know."""
    talk.about = "know"
    tables = [table for table in relations() if table.name in _INVENTABLE]
    table = talk.rng.choices(tables, weights=[table.weight for table in tables])[0]
    talk.pair(table.users, lines("relations_unknown"), {"k": made_up_name(talk, table.name)})

"""Whole conversations: how they open, what they are about, how topics follow one another, how they end."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from finetune.data.conversations.fun import fun_fact, joke
from finetune.data.conversations.opening import (
    known_user_flow,
    plain_role,
    system_with_date,
    system_with_facts,
)
from finetune.data.conversations.recall import Fact, ask_all, ask_missing, recall_flow
from finetune.data.conversations.relations import common_fact
from finetune.data.conversations.scenes import scene_beat
from finetune.data.conversations.style import draw_voice
from finetune.data.conversations.talk import Talk
from finetune.data.conversations.tasks import arithmetic, small_task
from finetune.data.conversations.unknown import gibberish, obscure

Beat = Callable[[Talk], None]

greeting, closing, persona = scene_beat("greetings"), scene_beat("closings"), scene_beat("persona")
smalltalk, limits, feelings = scene_beat("smalltalk"), scene_beat("limits"), scene_beat("feelings")
advice, creative, followup = scene_beat("advice"), scene_beat("creative"), scene_beat("followups")
explain = scene_beat("explain")

# Topics of a conversation, with how often one is taken.
TOPICS: tuple[tuple[Beat, float], ...] = (
    (persona, 25.0), (limits, 11.0), (smalltalk, 9.0), (feelings, 7.0), (common_fact, 9.0), (explain, 4.0),
    (obscure, 6.0), (small_task, 10.0), (joke, 4.0), (fun_fact, 2.0), (advice, 6.0), (creative, 6.0),
    (arithmetic, 9.0), (closing, 5.0), (greeting, 4.0), (gibberish, 1.0), (ask_missing, 2.0),
)  # fmt: skip


def any_topic(talk: Talk) -> None:
    """One exchange (or a short scene) about anything."""
    topic = talk.rng.choices([topic for topic, _ in TOPICS], weights=[weight for _, weight in TOPICS])[0]
    topic(talk)


def filler(talk: Talk) -> None:
    """Something to talk about between telling a fact and asking it back; follow-ups too."""
    if talk.chance(0.15):
        followup(talk)
    else:
        any_topic(talk)


def mixed_flow(talk: Talk) -> None:
    """Perhaps a greeting, one to four topics with follow-ups between them, perhaps a farewell."""
    if talk.chance(0.3):
        greeting(talk)
    for _ in range(talk.rng.choices((1, 2, 3, 4), weights=(46, 28, 17, 9))[0]):
        any_topic(talk)
        if talk.chance(0.12):
            followup(talk)
    if talk.chance(0.12):
        closing(talk)


def long_flow(talk: Talk) -> None:
    """A long talk, up to about a thousand tokens: what was told early is asked back many turns later."""
    if talk.chance(0.4):
        greeting(talk)
    facts: list[Fact] = []
    wanted = talk.rng.uniform(1000, 2800)
    while sum(len(message["content"]) for message in talk.messages) < wanted:
        if talk.chance(0.4):
            recall_flow(talk, filler, facts)
        else:
            filler(talk)
    if talk.chance(0.3):
        closing(talk)


def hold(rng: Random) -> Talk:
    """Hold one whole conversation."""
    talk = Talk(rng, draw_voice(rng))
    kind = rng.random()
    if kind < 0.15:
        facts = system_with_facts(talk)
        if talk.chance(0.25):
            filler(talk)
        if talk.chance(0.6):
            known_user_flow(talk, facts)
        else:
            recall_flow(talk, filler, facts)
        if talk.chance(0.3):
            any_topic(talk)
        return talk
    if kind < 0.165:
        system_with_date(talk)
        if talk.chance(0.3):
            any_topic(talk)
        return talk
    if kind < 0.25:
        talk.system(plain_role(talk))
    if kind > 0.88:
        long_flow(talk)
    elif kind > 0.62:
        if talk.chance(0.2):
            greeting(talk)
        if talk.chance(0.06):
            ask_all(talk, [])
        recall_flow(talk, filler, [])
        if talk.chance(0.1):
            closing(talk)
    else:
        mixed_flow(talk)
    return talk

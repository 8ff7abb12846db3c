"""Conversations that train a memory: facts told in many wordings, asked back later, changed, never told.

Every fact that is told is repeated by the assistant in one form, "your <noun> is <value>", and asked back it
is answered in the same form, so that remembering becomes naming what is asked for and copying what stands
behind its last mention: the one thing that the smallest transformers do well (induction heads, Olsson et al.
2022, arXiv:2209.11895). What was never told begins in the same form too: "Your <noun> is something you
haven't told me yet." Other people's facts are "your <person>'s <noun> is <value>" and must not be taken for
the user's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from random import Random
from typing import NamedTuple

from finetune.data.conversations.flows import (
    advice,
    closing,
    creative,
    explain,
    feelings,
    greeting,
    limits,
    persona,
    smalltalk,
)
from finetune.data.conversations.fun import fun_fact, joke
from finetune.data.conversations.grammar import OPEN, expand, with_article
from finetune.data.conversations.memory_values import belongs_to, draw_value
from finetune.data.conversations.opening import plain_role
from finetune.data.conversations.person import of_another
from finetune.data.conversations.relations import common_fact
from finetune.data.conversations.style import draw_voice
from finetune.data.conversations.talk import Talk
from finetune.data.conversations.tasks import arithmetic, small_task
from finetune.data.conversations.unknown import gibberish, obscure
from finetune.data.conversations.words import pick, read_pattern_file, read_sections
from finetune.data.enumeration import joined
from models.encoders.intent import ASK_BACK

TOPICS = (
    (persona, 25.0), (limits, 11.0), (smalltalk, 12.0), (feelings, 9.0), (common_fact, 9.0), (explain, 4.0),
    (obscure, 6.0), (small_task, 10.0), (joke, 4.0), (fun_fact, 2.0), (advice, 6.0), (creative, 6.0),
    (arithmetic, 9.0), (closing, 5.0), (greeting, 5.0), (gibberish, 1.0),
)  # fmt: skip
_LIGHT = (smalltalk, feelings, persona, joke, advice)
_MOST_CHARACTERS = 2600
_TURNED = 0.5
"""How often another's fact is told as one's own may be."""
_COMPOSED = 0.4
"""How often a correction is a telling of the new value with the old one's denial before or behind it."""
_DENIED = (
    "[Sorry|Oh|Wait|No, wait|Correction|Hang on|Hm, no|I take that back]: [{old} was wrong|not {old}|"
    "{old} is over|{old} isn't right|forget {old}|that {old} was a slip]. ",
    "[{old}? No longer|Not {old} any more|{old} was before|With {old} I'm done|{old} is history]: ",
    "[I said {old}, but|Earlier I told you {old}. Really,|You have {old} from me; in truth,|"
    "I was thinking of {old}. No,] ",
)
_DENIED_AFTER = (
    "[, and not|, no longer|, instead of|, rather than| and no more|, so not] {old}",
    "[. So forget|. Scrap|. Never mind|. Ignore] [{old}|the {old}|what I said about {old}]",
    "[. It isn't|. That's not|. It's no longer] {old}",
)


class Kind(NamedTuple):
    """One kind of fact: how it is told and asked, its name behind "your", its value's form."""

    name: str
    weight: float
    tells: tuple[str, ...]
    asks: tuple[str, ...]
    noun: str
    form: str
    others: tuple[str, ...]


@dataclass(frozen=True)
class Item:
    """A fact: its kind, what it belongs to ("" for none), its value, whose it is ("" for the user's own)."""

    kind: Kind
    of: str
    value: str
    owner: str = ""

    @property
    def key(self) -> str:
        """The words by which it is looked up: "your town", "your aunt's town"."""
        noun = self.kind.noun.replace("{k}", self.of)
        return f"your {self.owner}'s {noun}" if self.owner else f"your {noun}"

    @property
    def said(self) -> str:
        """The fact as the assistant says it, without a capital."""
        form = self.kind.form.replace("{a:v}", with_article(self.value)).replace("{v}", self.value)
        return f"{self.key} is {form}"

    @property
    def slots(self) -> dict[str, str]:
        """What fills its patterns."""
        noun = self.kind.noun.replace("{k}", self.of)
        slots = {"v": self.value, "k": self.of, "w": self.value, "noun": noun}
        return {**slots, "p": f"my {self.owner}", "fact": self.said}


@lru_cache(maxsize=1)
def kinds() -> Mapping[str, Kind]:
    """All sections of ``patterns/memory.txt`` by name."""
    found: dict[str, Kind] = {}
    for block in "\n".join(read_pattern_file("memory")).split("== ")[1:]:
        head, _, body = block.partition("\n")
        name, _, weight = head.partition(" ")
        tells, asks, nouns, others = (tuple(part.strip().split("\n")) for part in body.split("\n--\n"))
        noun, _, form = nouns[0].partition(" = ")
        found[name] = Kind(name, float(weight), tells, asks, noun, form or "{v}", others)
    return found


@lru_cache(maxsize=1)
def _lines() -> dict[str, tuple[str, ...]]:
    return {key: tuple(held) for key, held in read_sections("memory_lines").items()}


def draw_item(rng: Random, kind: Kind | None = None, of: str | None = None, owner: str = "") -> Item:
    """Draw a fact, of any kind and about anything where these aren't given."""
    if kind is None:
        held = list(kinds().values())
        kind = rng.choices(held, weights=[one.weight for one in held])[0]
    about = belongs_to(rng, kind.name) if of is None else of
    return Item(kind, about, draw_value(rng, kind.name, about), owner)


def remembered(seed: int, count: int, share: float = 0.7) -> Iterator[Talk]:
    """Yield conversations with what is asked back in each; equal seeds give equal ones.

    Args:
        seed: Decides everything.
        count: How many.
        share: How many of them are about remembering; the others are about anything else, so that the rest
            of what a model can do is kept.
    """
    for index in range(count):
        yield remember(Random(f"memory {seed}:{index}"), share)


def remember(rng: Random, share: float = 1.0, *, mixed: bool = False) -> Talk:
    """Hold one conversation about remembering, or, with probability `1 - share`, about anything else.

    Args:
        rng: The only source of chance.
        share: That of conversations about remembering.
        mixed: With more corrections, and more of what is other people's.
    """
    voice = draw_voice(rng)
    if rng.random() < 0.6:
        voice = replace(voice, lower=False, bare=False, apostrophes=True, slips=0.0, short=0.0)
    talk = Talk(rng, voice)
    if rng.random() < 0.1:
        talk.system(plain_role(talk))
    if rng.random() < share:
        _Memory(talk, mixed).hold()
        return talk
    if talk.chance(0.25):
        greeting(talk)
    for _ in range(rng.choice((1, 1, 2, 3, 4))):
        _topic(talk)
    return talk


def _topic(talk: Talk) -> None:
    topic = talk.rng.choices([topic for topic, _ in TOPICS], weights=[weight for _, weight in TOPICS])[0]
    topic(talk)


class _Memory:
    """A conversation about remembering, in the making."""

    def __init__(self, talk: Talk, mixed: bool = False) -> None:
        self.talk, self.rng = talk, talk.rng
        self.fixes, self.others = (0.4, (25, 40, 35)) if mixed else (0.22, (60, 28, 12))
        self.known: dict[str, Item] = {}

    def hold(self) -> None:
        """Tell, talk about other things, ask."""
        rng = self.rng
        count = rng.choices(range(6), weights=(7, 34, 24, 18, 10, 7))[0]
        told = self._draw(count)
        if told and not self.talk.messages and rng.random() < 0.1:
            self._system(told.pop())
        if rng.random() < 0.12:
            greeting(self.talk)
        steps: list[tuple[str, Item]] = [("tell", item) for item in told]
        for item in told:
            if rng.random() < self.fixes:
                steps.insert(rng.randint(steps.index(("tell", item)) + 1, len(steps)), ("fix", item))
        for _ in range(rng.choices((0, 1, 2), weights=self.others)[0]):
            steps.insert(rng.randint(0, len(steps)), ("other", self._of_another(told)))
        together = (
            rng.random() < 0.15 and len(told) > 1 and [step for step, _ in steps] == ["tell"] * len(told)
        )
        if together:
            self._tell_all(told[:2])
            steps = steps[2:]
        for what, item in steps:
            if rng.random() < 0.1:
                self._distract()
            getattr(self, f"_{what}")(item)
        far = rng.choices((0, 1, 2, 3, 5, 7, 10), weights=(30, 14, 16, 10, 10, 10, 10))[0]
        for _ in range(far):
            self._distract()
        self._ask_back()

    def _ask_back(self) -> None:
        rng = self.rng
        asks: list[Item | None] = [
            item for item in self.known.values() if not item.owner or rng.random() < 0.25
        ]
        rng.shuffle(asks)
        asks = asks[: rng.choice((1, 2, 3, 4))]
        for _ in range(rng.choices((0, 1, 2), weights=(50, 38, 12))[0] if asks else rng.choice((1, 2))):
            asks.insert(rng.randint(0, len(asks)), None)
        for number, item in enumerate(asks):
            if sum(len(message["content"]) for message in self.talk.messages) > _MOST_CHARACTERS:
                break
            if number and rng.random() < 0.15:
                self._distract()
            if item is None:
                self._missing()
            else:
                self._ask(self.known[item.key])
                if not item.owner and rng.random() < 0.08:
                    self._fix(item)
                    self._ask(self.known[item.key])
        if self.known and rng.random() < 0.05:
            self.talk.about = "ask all"
            self.talk.pair(_lines()["all_ask"], joined([item.said for item in self.known.values()]))

    # One exchange each

    def _system(self, item: Item) -> None:
        self.known[item.key] = item
        noun = item.key.removeprefix("your ")
        value = item.said.removeprefix(f"{item.key} is ")
        self.talk.system(expand(_lines()["system"], self.rng, {"noun": noun, "v": value}))

    def _tell(self, item: Item) -> None:
        self.known[item.key] = item
        self.talk.about = "tell"
        self._user(item.kind.tells, item.slots)
        named = item.kind.name == "name" and self.rng.random() < 0.6
        self.talk.assistant(_lines()["ack_name" if named else "ack"], item.slots)
        if self.rng.random() < 0.04:
            self.talk.about = "was it noted"
            self.talk.pair(_lines()["noted_ask"], _lines()["noted"], item.slots)

    def _tell_all(self, items: list[Item]) -> None:
        self.talk.about = "tell"
        said = [
            expand([line for line in item.kind.tells if "?" not in line], self.rng, item.slots, mark=True)
            for item in items
        ]
        first, second = said[0].rstrip(".!"), said[1]
        if not second.startswith(("I ", "I'", OPEN)):
            second = second[0].lower() + second[1:]
        self.talk.user(first + self.rng.choice((" and ", ", and ", ". Also, ", "; ")) + second)
        for item in items:
            self.known[item.key] = item
        facts = " and ".join(item.said for item in items)
        self.talk.assistant(_lines()["ack"], {"fact": facts})

    def _other(self, item: Item) -> None:
        self.known[item.key] = item
        self.talk.about = "tell"
        turned = None
        if self.rng.random() < _TURNED:
            said = expand(item.kind.tells, self.rng, item.slots, mark=True)
            turned = of_another(said, f"my {item.owner}", self.rng)
        if turned is not None:
            self._user((turned,), {}, expanded=True)
        else:
            named = self.rng.random() < 0.4
            self._user(_lines()["other_named"] if named else item.kind.others, item.slots)
        self.talk.assistant(_lines()["ack_other"], item.slots)

    def _fix(self, item: Item) -> None:
        old = self.known[item.key]
        new = old
        for _ in range(9):
            new = draw_item(self.rng, item.kind, item.of)
            if new.value != old.value:
                break
        self.known[new.key] = new
        self.talk.about = "tell"
        noun = item.kind.noun.replace("{k}", item.of)
        slots = {**new.slots, "old": old.value, "noun": noun}
        if self.rng.random() < _COMPOSED:
            self._user((self._composed(item.kind, slots),), {}, expanded=True)
        else:
            self._user(_lines()["fix" if self.rng.random() < 0.65 else "fix_named"], slots)
        self.talk.assistant(_lines()["ack_fix"], slots)

    def _composed(self, kind: Kind, slots: dict[str, str]) -> str:
        """A correction: the new value told, and the old one denied."""
        said = expand([line for line in kind.tells if "?" not in line], self.rng, slots, mark=True)
        if self.rng.random() < 0.6:
            return expand(_DENIED, self.rng, slots, mark=True) + said
        return said.rstrip(".!") + expand(_DENIED_AFTER, self.rng, slots, mark=True) + "."

    def _ask(self, item: Item) -> None:
        self.talk.about = ASK_BACK
        if item.owner:
            self.talk.user(f"[What's|What is|Tell me] {item.key.replace('your ', 'my ', 1)}[?| again?]")
        else:
            self._user(item.kind.asks, item.slots)
        self.talk.asks(item.value)
        self.talk.assistant(item.said)
        self.talk.recall(item.value)

    def _missing(self) -> None:
        """Ask for what was never told: near to what was told, or anything; perhaps tell it then."""
        rng, near = self.rng, [item for item in self.known.values() if item.of or item.owner]
        kind = rng.choice(near).kind if near and rng.random() < 0.5 else None
        item = draw_item(rng, kind)
        if item.key in self.known:
            return
        self.talk.about = ASK_BACK
        self._user(item.kind.asks, item.slots)
        self.talk.asks()
        self.talk.assistant(f"{item.key} is {'somewhere' if item.kind.name == 'place' else 'something'} "
                            "you haven't told me yet")  # fmt: skip
        if rng.random() < 0.15:
            self._tell(item)
            self._ask(item)

    def _distract(self) -> None:
        rng, lines = self.rng, _lines()
        draw = rng.random()
        if draw < 0.2:
            rng.choice(_LIGHT)(self.talk)
        else:
            what = "statement" if draw < 0.72 else "question"
            self.talk.about = what
            self.talk.pair(lines[what], lines[f"{what}_reply"])

    def _user(self, patterns: tuple[str, ...], slots: dict[str, str], *, expanded: bool = False) -> None:
        """A line with perhaps another sentence before or behind it, as people write."""
        lines, draw = _lines(), self.rng.random()
        line = patterns[0] if expanded else expand(patterns, self.rng, slots, mark=True)
        beside = expand(lines["statement"], self.rng, mark=True)
        end = line[-1] if line[-1] in ".?!" else "."
        if draw < 0.16:
            line = f"{beside.rstrip('.!')}. {line}"
        elif draw < 0.24 and end != "?":
            line = f"{line.rstrip('.!')}{end} {beside}"
        self.talk.user(line)

    # What is told

    def _draw(self, count: int) -> list[Item]:
        found: dict[str, Item] = {}
        while len(found) < count:
            kind = self.rng.choice(list(found.values())).kind if found and self.rng.random() < 0.2 else None
            item = draw_item(self.rng, kind)
            found.setdefault(item.key, item)
        return list(found.values())

    def _of_another(self, told: list[Item]) -> Item:
        """Somebody else's fact, mostly of a kind that the user tells too."""
        like = self.rng.choice(told) if told and self.rng.random() < 0.7 else None
        owner = pick(self.rng, "owner").removeprefix("my ")
        return draw_item(self.rng, like.kind if like else None, like.of if like else None, owner)

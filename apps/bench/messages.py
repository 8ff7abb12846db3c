"""What is asked when the page is measured: a text with a question, a short message, one after a long talk.

Contract: an arm's message is another one in every run and soon differs, so that nothing that was kept can be
used again; it's the same one for everybody who is measured in that run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle

ARMS = ("text", "short", "conversation")

_HEAD = "Page {page} of the guide to the mill."
_KEY = "The mill at Oster Brook was built by Hanne Lindqvist in {year}."
_QUESTION = "Who built the mill at Oster Brook?"
_SENTENCES = (
    "Below the second lock the water spreads into a pond where children sail walnut shells in spring.",
    "A cart with {n} sacks of rye came down the lane every Thursday before the market opened.",
    "The wheel turns slowly in August, when the brook is thin, and cattle stand in the ford.",
    "Its stones were cut in a quarry two valleys away and dragged here over the frozen marsh.",
    "Nobody remembers who painted the swallows on the door, though every miller has freshened the paint.",
    "In the loft hang {n} ropes of onions, and beneath them sleeps a cat that belongs to nobody.",
    "A flood took the old bridge, and for one winter people crossed on a raft tied to two alders.",
    "The ledger shows that flour was dearest in the year when hail flattened the barley.",
    "Travellers who waited for their meal sat on the long bench and carved their initials into it.",
    "On the feast of the harvest the gears were greased with goose fat and decked with ribbons.",
    "An engineer from the coast once offered a turbine, but the village voted against the noise.",
    "The sluice has {n} boards, each with a notch by which it is lifted out with an iron hook.",
    "When the last miller retired, his niece kept the key and opened the rooms on Sundays.",
    "Bees have moved into the gable, and in June the whole wall hums from morning to dusk.",
    "School classes grind a handful of wheat there and bake flat loaves on a griddle outside.",
    "A photograph beside the stairs shows the yard under snow with a sledge and three dogs.",
    "The floor slopes towards the brook, so a dropped apple always rolls to the same corner.",
    "Repairs are paid for by selling small bags of oatmeal and postcards of the heron on the weir.",
)
_SHORT = (
    "Hello! How is it going?",
    "Hi there, I have just come home from work.",
    "Good morning! I slept badly.",
    "Can you cheer me up a little?",
    "I'm thinking of baking bread today.",
    "Hey, what can you do?",
    "It has been raining all week here.",
)
_DAY = "Day {day} of my holiday. "
_TOLD = ("By the way, the dog at number {n} is called {dog}.", "That's a fine name for a dog.")
_TALK = (
    ("We planted {n} rows of beans behind the shed.", "I hope they come up well."),
    ("The kettle broke, so I boil water in a saucepan.", "That works just as well for tea."),
    ("On Fridays I help at the library with old maps.", "It sounds like quiet, careful work."),
    ("My bicycle has a squeak that I can't find.", "Have you tried oiling the chain?"),
    ("Yes, I oiled it twice and it still squeaks.", "Then it may be the saddle or the pedals."),
    ("The train was {n} minutes late this morning.", "I'm sorry, that is a tiring start to the day."),
    ("I read half a novel while I was waiting.", "What was the novel about?"),
    ("A lighthouse keeper who learns to play the cello.", "That's an unusual pair of things."),
    ("For supper there will be pancakes with plums.", "That sounds lovely."),
)
_ASKED = "What is the dog at number {n} called?"
_DOGS = ("Pepper", "Biscuit", "Moss", "Juniper", "Captain", "Olive", "Rusty", "Domino", "Clover", "Pixel")


@dataclass(frozen=True)
class Question:
    """A message, and what was said before it as (what the user said, what was answered)."""

    text: str
    before: tuple[tuple[str, str], ...] = ()


def question(arm: str, run: int, count: Callable[[str], int], tokens: int) -> Question:
    """Returns the message of an arm in a run.

    Args:
        arm: one of `ARMS`.
        run: its number, 0 or more.
        count: gives the tokens of a text.
        tokens: how long the text, or the conversation before, is at least.
    """
    if arm == "short":
        return Question(_DAY.format(day=run + 1) + _SHORT[run % len(_SHORT)])
    if arm == "text":
        return Question(_text(run, count, tokens))
    return Question(_ASKED.format(n=run + 1), _before(run, count, tokens))


def _text(run: int, count: Callable[[str], int], tokens: int) -> str:
    head, key = _HEAD.format(page=run + 1), _KEY.format(year=1801 + run)
    found: list[str] = []

    def whole() -> str:
        # The answer stands in the middle, where neither end helps to find it.
        half = len(found) // 2
        return " ".join([head, *found[:half], key, *found[half:]]) + f"\n\n{_QUESTION}"

    start = run % len(_SENTENCES)
    for sentence in cycle(_SENTENCES[start:] + _SENTENCES[:start]):
        if count(whole()) >= tokens:
            break
        found.append(sentence.format(n=7 + run + len(found)))
    return whole()


def _before(run: int, count: Callable[[str], int], tokens: int) -> tuple[tuple[str, str], ...]:
    said, answered = _TOLD
    found = [(said.format(n=run + 1, dog=_DOGS[run % len(_DOGS)]), answered)]
    for said, answered in cycle(_TALK):
        if sum(count(text) for pair in found for text in pair) >= tokens:
            break
        found.append((said.format(n=3 + run + len(found)), answered))
    return tuple(found)

"""Elements of lists: from the chance of every token to be inside of one to the groups of words that are.

Elements that only commas, spaces, "and" or "or" part stand in one group; brackets and words part groups.
With several list parameters each takes a group of its own where there are enough of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_GLUE = re.compile(r"[\s,;]*(?:\b(?:and|or)\b|&)?[\s,;'\"“”‘’]*", re.IGNORECASE)
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\w+://[^\s'\"<>]*[^\s'\"<>.,;:!?)]")
_WORD = re.compile(r"[\w_]")
_STRONG = 0.6
"""Share of the best group's chance that another must have to count too."""


@dataclass(frozen=True)
class Group:
    """Elements that stand together.

    Attributes:
        spans: Characters start:end of each.
        chance: Mean chance of its tokens.
    """

    spans: tuple[tuple[int, int], ...]
    chance: float

    @property
    def start(self) -> int:
        """Its first character."""
        return self.spans[0][0]

    @property
    def end(self) -> int:
        """After its last one."""
        return self.spans[-1][1]


def groups(
    text: str,
    tokens: Sequence[tuple[int, int]],
    begin: NDArray[np.float64],
    inside: NDArray[np.float64],
    bound: float,
    numbers: Sequence[tuple[int, int]] | None,
) -> list[Group]:
    """Groups of elements in the order of the text.

    Args:
        text: What was said.
        tokens: Characters of each token.
        begin: Chance of each token that an element begins there.
        inside: Chance of each token to be inside of an element.
        bound: From which chance on a token counts.
        numbers: Where elements are numbers, the characters of all numbers in the text: only whole ones count.
    """
    runs: list[list[int]] = []
    for place in range(len(tokens)):
        opens = begin[place] >= bound
        if opens or (inside[place] >= bound and not (runs and runs[-1][1] == place)):
            runs.append([place, place + 1])
        elif inside[place] >= bound:
            runs[-1][1] = place + 1
    spans: dict[tuple[int, int], list[float]] = {}
    for first, last in runs:
        chances = [float(max(begin[place], inside[place])) for place in range(first, last)]
        start, end = tokens[first][0], tokens[last - 1][1]
        if numbers is None:
            spans.setdefault(whole_words(text, start, end), []).extend(chances)
        else:
            for number in numbers:
                if number[0] < end and start < number[1]:
                    spans.setdefault(number, []).extend(chances)
    found: list[list[tuple[tuple[int, int], float]]] = []
    for span in sorted(spans):
        row = (span, float(np.mean(spans[span])))
        if found and span[0] < found[-1][-1][0][1]:
            continue  # inside of the one before
        if found and _GLUE.fullmatch(text[found[-1][-1][0][1] : span[0]]):
            found[-1].append(row)
        else:
            found.append([row])
    return [
        Group(tuple(span for span, _ in group), float(np.mean([chance for _, chance in group])))
        for group in found
    ]


def strong(found: Sequence[Group]) -> list[Group]:
    """The groups that are nearly as likely as the best one."""
    best = max((group.chance for group in found), default=0.0)
    return [group for group in found if group.chance >= _STRONG * best]


def share_out(offers: Sequence[Sequence[Group]], required: Sequence[bool]) -> list[list[Group]]:
    """Give each of several list parameters groups that no other takes.

    Args:
        offers: For each parameter its groups.
        required: Whether the schema demands it: then it shares where nothing else is left.
    """
    taken: set[tuple[int, int]] = set()
    shared: list[list[Group]] = []
    for number, offer in enumerate(offers):
        rest = sum(1 for other in offers[number + 1 :] if other)
        free = [group for group in offer if (group.start, group.end) not in taken]
        if not free:
            shared.append(strong(offer) if required[number] else [])
            continue
        best = max(group.chance for group in free)
        # Of groups that are nearly alike the first: the next parameter takes the next one.
        chosen = next(group for group in free if group.chance >= 0.85 * best)
        kept = [chosen] if rest or taken else strong(free)
        taken.update((group.start, group.end) for group in kept)
        shared.append(kept)
    return shared


def whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """start:end, widened to where words, addresses of mail and of the web begin and end."""
    for one in _ADDRESS.finditer(text):
        if one.start() < end and start < one.end():
            start, end = min(start, one.start()), max(end, one.end())
    while 0 < start < len(text) and _WORD.match(text[start]) and _WORD.match(text[start - 1]):
        start -= 1
    while end < len(text) and _WORD.match(text[end]) and _WORD.match(text[end - 1]):
        end += 1
    return start, end

"""A sample: one question to a system, what is right, and what it belongs to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = Any
"""Plain values: what `json.dumps` takes."""


@dataclass(frozen=True)
class Sample:
    """One thing to be answered.

    Attributes:
        id: unique in its data set; stays the same when the data set grows.
        input: what the system is given, in the suite's own form.
        target: what is right, in the suite's own form; None where there is nothing to compare with.
        group: samples of one group (a document, a dialogue) aren't independent, and intervals and tests count
            the group, not the sample; "" makes the sample a group of its own.
        tags: by what results are broken down, for example ``{"category": "parallel"}``.
    """

    id: str
    input: Json
    target: Json = None
    group: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def cluster(self) -> str:
        """The group, or the sample's own id where it has none."""
        return self.group or self.id

    @property
    def digest(self) -> str:
        """SHA-256 of everything in the sample, as 64 hexadecimal digits."""
        return digest(self.id, self.input, self.target, self.group, dict(self.tags))


@dataclass(frozen=True)
class Output:
    """What a system made of a sample. Everything but `timing` must be the same when it's asked again.

    Attributes:
        answer: the answer, in the suite's own form.
        passages: texts that the answer rests on, in the order of their citation numbers.
        trace: anything worth looking at later (turns, tool calls, a thread's id); never scored.
        usage: counts, such as ``{"input_tokens": 31, "output_tokens": 9}``.
        timing: measured, and so never the same twice: seconds, bytes, rates. They reach measures as columns
            named ``timing.<key>``.
    """

    answer: Json
    passages: tuple[str, ...] = ()
    trace: Json = None
    usage: Mapping[str, float] = field(default_factory=dict)
    timing: Mapping[str, float] = field(default_factory=dict)


def digest(*parts: Json) -> str:
    """Returns the SHA-256 of plain values, as 64 hexadecimal digits; key order doesn't matter."""
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def seed_of(seed: int, sample: Sample) -> int:
    """Returns the sample's own seed in [0, 2³¹): independent of order, of neighbours and of a limit."""
    return int(digest(seed, sample.id)[:8], 16) & 0x7FFF_FFFF

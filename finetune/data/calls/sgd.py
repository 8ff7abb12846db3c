"""Schema-Guided Dialogue as examples of calls (Rastogi et al. 2020, arXiv:1909.05855).

`sgd.jsonl.gz`, `{id, services[], turns[{speaker, text, intent?, call?{service, method, parameters}}]}`, and
`sgd-schema.json` (see `sgd_services`), made from google-research-datasets/dstc8-schema-guided-dialogue.

A call gives an example at the user's turn before it, and, where the user's intent is new since the last call,
one at every turn of the user from where the intent began: what is said only later is absent there. The data
says what was called, not where it was said; that is found here (`sgd_values`), and a value that is not found
makes its parameter unsure. The right tool is the intent's, among all of its service and of one or two others;
none is right where only others are on offer, or where the user wants nothing more (intent NONE).
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from finetune.data.calls import sgd_values
from finetune.data.calls.example import Argument, CallExample, Turn
from finetune.data.calls.offers import Tool, shuffled
from finetune.data.calls.sgd_services import Service, numeric_slots, services
from finetune.data.calls.spelling import drawn, respelt
from finetune.data.sources import records

_NONE_SHARE = 0.3


def read(folder: Path, seed: int = 0) -> Iterator[CallExample]:
    """Every example, in the order of the dialogues.

    Args:
        folder: Holds the two files.
        seed: Decides on spellings and on what else is on offer.

    Raises:
        UsageError: A file is missing.
    """
    path = folder / "sgd.jsonl.gz"
    calls = (turn["call"] for record in records(path) for turn in record["turns"] if "call" in turn)
    known = services(folder, numeric_slots(calls))
    for record in records(path):
        yield from _Dialogue(record, known, random.Random(f"{seed}/{record['id']}")).examples()


class _Dialogue:
    """One dialogue; `rng` decides on its spelling and on what else it is offered."""

    def __init__(self, record: Mapping[str, Any], known: Mapping[str, Service], rng: random.Random) -> None:
        self._said = record["turns"]
        self._turns = tuple(
            Turn("user" if turn["speaker"] == "user" else "assistant", turn["text"].strip())
            for turn in self._said
        )
        self._group = f"sgd/{record['id']}"
        self._known = known
        self._own = [known[name] for name in record["services"]]
        self._others = [
            service for service in known.values() if all(service.unlike(own) for own in self._own)
        ]
        self._rng = rng
        self._spelling = drawn(rng)

    def examples(self) -> Iterator[CallExample]:
        intent: str | None = None
        since: int | None = None
        for number, turn in enumerate(self._said):
            if turn["speaker"] == "user":
                if turn.get("intent") != intent:
                    intent, since = turn.get("intent"), number
                if intent == "NONE" and number:
                    yield self._nothing(number, self._offer(self._rng.choice(self._own)))
            elif "call" in turn and number and self._said[number - 1]["speaker"] == "user":
                call = turn["call"]
                first = since if since is not None and intent == call["method"] else number - 1
                yield from self._call(
                    call, [at for at in range(first, number) if self._turns[at].role == "user"]
                )
                since = None

    def _call(self, call: Mapping[str, Any], at: Sequence[int]) -> Iterator[CallExample]:
        """Examples at turns of the user, of which the last is answered by the call."""
        service = self._known[call["service"]]
        method = service.methods[call["method"]]
        schemas = method.tool["parameters"]["properties"]
        tool, names = respelt(method.tool, self._spelling)
        turns = self._turns[: at[-1] + 1]
        found = sgd_values.places(turns, method, call["parameters"])
        if self._others and self._rng.random() < _NONE_SHARE:
            yield self._nothing(at[0], self._offer(None))
        for number in at:
            arguments: dict[str, Argument] = {}
            unsure = set()
            for slot, said in found.items():
                value, default = call["parameters"][slot], method.defaults.get(slot)
                result = sgd_values.argument(turns, number, schemas[slot], value, said, default)
                if isinstance(result, Argument):
                    arguments[names[slot]] = result
                elif result == "unsure":
                    unsure.add(names[slot])
            yield CallExample(
                source="sgd",
                turns=self._turns[: number + 1],
                tools=self._offer(service),
                tool=tool["name"],
                arguments=arguments,
                group=self._group,
                unsure=frozenset(unsure),
            )

    def _nothing(self, number: int, tools: tuple[Tool, ...]) -> CallExample:
        return CallExample("sgd", self._turns[: number + 1], tools, None, group=self._group)

    def _offer(self, service: Service | None) -> tuple[Tool, ...]:
        """The service's tools and those of one or two others; without a service only others."""
        others = self._rng.sample(self._others, min(self._rng.choice((1, 2)), len(self._others)))
        offered = [*([service] if service else []), *others]
        tools = [
            respelt(method.tool, self._spelling)[0] for one in offered for method in one.methods.values()
        ]
        return shuffled(self._rng, tools)

"""Suite `recorded`: turns of your own conversations, asked again.

Contract: data is a file of `evals.recordings`, which the Chat page and `homespun threads sample` write; built
in are a few turns with the answers that are wanted. A recording with patterns says what is right; one without
only shows how far the new answer is from the old. Curly and straight quotation marks and apostrophes
match each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from evals.asking import say
from evals.data import is_hub
from evals.measure import Mean, Measure
from evals.metrics.chrf import chrf
from evals.recordings import read
from evals.sample import Output, Sample
from evals.suite import Scores, Source, Suite
from evals.wording import straight
from homespun.errors import UsageError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

BUILT_IN = Path(__file__).parent / "data" / "recorded.jsonl"


class Recorded(Suite["BaseChatModel"]):
    """Your own conversations."""

    name = "recorded"
    about = "turns recorded in the apps, answered again: do they still go the way their owner wants?"
    kind = "chat"
    measures = (
        Measure(
            "accepted", Mean("accepted"), about="matches what is wanted and nothing that is not", primary=True
        ),
        Measure("same", Mean("same"), "neither", about="says the same as the recorded answer, word for word"),
        Measure("similarity", Mean("similarity"), "neither", about="chrF to the recorded answer"),
    )

    def samples(self, source: Source) -> Iterator[Sample]:
        """Gives the recordings; those of one thread are one group."""
        address: str | Path = source.data or BUILT_IN
        if not is_hub(str(address)):
            address = Path(address).expanduser()
            if address.is_dir():
                raise UsageError(f"{address} is a folder; recordings are read from one .jsonl file.")
            if not address.is_file():
                raise UsageError(
                    f"There is no file {address}. Record turns on the Chat page or with "
                    "`homespun threads sample`."
                )
        recordings = read(address)
        if not recordings:
            raise UsageError(f"{address} holds no recordings.")
        for held in recordings:
            yield Sample(
                id=held.id,
                input={"messages": held.messages},
                target={
                    "answer": held.answer,
                    "accept": held.accept,
                    "reject": held.reject,
                    "note": held.note,
                },
                group=held.thread,
            )

    def answer(self, system: BaseChatModel, sample: Sample, seed: int) -> Output:
        """Asks the question with its history."""
        del seed  # the model is asked at temperature 0
        return say(system, [(m["role"], m["content"]) for m in sample.input["messages"]])

    def score(self, sample: Sample, output: Output) -> Scores:
        """Returns accepted (None where nothing was stated), same and similarity."""
        answer, target = str(output.answer), sample.target
        accept, reject = target["accept"], target["reject"]
        accepted: float | None = None
        if accept or reject:
            wanted = not accept or any(_matches(pattern, answer) for pattern in accept)
            unwanted = any(_matches(pattern, answer) for pattern in reject)
            accepted = float(wanted and not unwanted)
        old = target["answer"]
        similarity = chrf(answer, [old]) if old.strip() and answer.strip() else float(answer == old)
        return {
            "accepted": accepted,
            "same": float(" ".join(answer.split()) == " ".join(old.split())),
            "similarity": similarity,
        }


def _matches(pattern: str, answer: str) -> bool:
    """Whether the pattern is in the answer, whatever form quotation marks and apostrophes have in either."""
    pairs = ((pattern, answer), (straight(pattern), straight(answer)))
    return any(re.search(wanted, text, re.IGNORECASE) for wanted, text in pairs)


SUITE = Recorded()

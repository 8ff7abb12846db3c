"""Suite `first_contact`: one hundred fixed prompts, each asked in a conversation of its own.

Contract: built in are the hundred; data by path is JSON Lines as `prompts` tells. Every answer is kept as
it was given, none is chosen. What the verdicts rest on, and don't see, is told in `verdict`.

*sensible* counts an honest hand-off as much as a right answer, where handing off is fair; a system that
always hands off shows how far that alone goes, so *right* is primary too. *fabricated* counts claims that
aren't so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from evals.asking import ask
from evals.measure import Mean, Measure
from evals.sample import Output, Sample
from evals.suite import Scores, Source, Suite, System
from evals.suites.first_contact.prompts import BUILT_IN, Prompt, prompts, read
from evals.suites.first_contact.verdict import judge

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

HANDS_OFF = "I am a small local model and can't do that."


class FirstContact(Suite["BaseChatModel"]):
    """What people say first."""

    name = "first_contact"
    about = "a hundred first messages of all sorts: answered right, or honestly handed off?"
    kind = "chat"
    measures = (
        Measure(
            "sensible", Mean("sensible"), about="right, or an honest hand-off where that's fair", primary=True
        ),
        Measure("right", Mean("right"), about="right by content or form", primary=True),
        Measure("handed_off", Mean("handed_off"), "neither", about="says that it can't or doesn't know"),
        Measure(
            "fabricated", Mean("fabricated"), "lower", about="claims a fact that isn't right", primary=True
        ),
        Measure("broken", Mean("broken"), "lower", about="empty, looping, echoing, garbled or cut off"),
        Measure("words", Mean("words"), "neither", about="length of an answer", unit="words"),
    )

    def samples(self, source: Source) -> Iterator[Sample]:
        """Gives the prompts; a prompt's target is how it's judged."""
        for prompt in prompts() if source.data is None else read(source.data):
            yield Sample(
                id=prompt.id,
                input={"prompt": prompt.text},
                target={
                    "judge": prompt.judge,
                    "accept": list(prompt.accept),
                    "reject": list(prompt.reject),
                    "handoff_ok": prompt.handoff_ok,
                    "subjects": list(prompt.subjects),
                    "min_words": prompt.min_words,
                    "min_lines": prompt.min_lines,
                },
                tags={"category": prompt.category},
            )

    def answer(self, system: BaseChatModel, sample: Sample, seed: int) -> Output:
        """Asks the prompt alone; the answer is the text and why the model stopped."""
        del seed  # the model is asked at temperature 0
        reply, kept = ask(system, [("user", sample.input["prompt"])])
        metadata = reply.response_metadata
        finish = metadata.get("finish_reason") or metadata.get("stop_reason") or metadata.get("done_reason")
        return Output({"text": reply.text, "finish": finish}, **kept)

    def score(self, sample: Sample, output: Output) -> Scores:
        """Returns the verdict as columns of 0 and 1, and the answer's length."""
        text = output.answer["text"]
        verdict, _ = judge(_prompt(sample), text, output.answer["finish"])
        return {
            "sensible": float(verdict in ("right", "handed off")),
            "right": float(verdict == "right"),
            "handed_off": float(verdict == "handed off"),
            "fabricated": float(verdict == "fabricated"),
            "broken": float(verdict == "broken"),
            "words": float(len(text.split())),
        }

    def baselines(self) -> Sequence[System[BaseChatModel]]:
        """Returns one that always hands off and one that says back what was said."""
        return [
            System("always hands off", _speaker(lambda _: HANDS_OFF), "always hands off 1"),
            System("echo", _speaker(lambda text: text), "echo 1"),
        ]


def _prompt(sample: Sample) -> Prompt:
    held = sample.target
    return Prompt(
        id=sample.id,
        text=sample.input["prompt"],
        category=sample.tags.get("category", ""),
        judge=held["judge"],
        accept=tuple(held["accept"]),
        reject=tuple(held["reject"]),
        handoff_ok=held["handoff_ok"],
        subjects=tuple(held["subjects"]),
        min_words=held["min_words"],
        min_lines=held["min_lines"],
    )


def _speaker(say: Any) -> Any:
    """What answers the last message without a model."""
    from langchain_core.messages import AIMessage
    from langchain_core.runnables import RunnableLambda

    def reply(messages: Sequence[Any]) -> AIMessage:
        last = messages[-1]
        text = last[1] if isinstance(last, tuple) else last.text
        return AIMessage(say(text), response_metadata={"finish_reason": "stop"})

    return RunnableLambda(reply, name="baseline")


__all__ = ["BUILT_IN", "SUITE", "FirstContact"]

SUITE = FirstContact()

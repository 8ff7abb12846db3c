"""Suite `chat_memory`: facts that the user tells about themselves, asked back at the end of the conversation.

Contract: built in are `COUNT` generated dialogues of the source's seed. Data by path is JSON Lines, one
dialogue a line::

    {"id": "…", "turns": ["I live in Basel.", "Nice day.", "Where do I live?"],
     "asks": [{"turn": 2, "accept": ["Basel"], "reject": ["Bern"], "corrected": false}],
     "tags": {"distance": "1"}}

`turn` counts from 0; `accept` lists forms of the right value and is empty where the user never told it;
`reject` lists values that aren't right, each a text or ``{"text": "Bern", "of": ["sister"]}`` with words that
say whose it is. `id`, `reject`, `corrected` and `tags` may be missing.

What a figure rests on is in `verdict`. What it doesn't see: how good the other replies are, whether the reply
adds something untrue, and facts that need a conclusion ("I was born in 1990": "How old am I?"). A system
that repeats all that it was told gets the generous `given` and, where it's longer than 60 words or other
values were told, not `recalled`; the baseline `parrot` shows how much that leaves. One that always says it
wasn't told gets `admitted`; read it beside `recalled`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evals.data import located
from evals.measure import Measure, Ratio
from evals.sample import Output, Sample
from evals.suite import Scores, Source, Suite, System
from evals.suites.chat_memory.dialogues import dialogue
from evals.suites.chat_memory.verdict import Verdict, judge
from evals.systems import Conversation, Reply
from homespun.errors import UsageError

COUNT = 300
FAR = 10
_BASELINES = {
    "repeats what the user said last": lambda turns: turns[-2] if len(turns) > 1 else "",
    "parrot": lambda turns: " ".join(turns[:-1]),
    "says that it wasn't told": lambda _: "You haven't told me that.",
}


class ChatMemory(Suite[Conversation]):
    """Facts told and asked back."""

    name = "chat_memory"
    kept_apart = 300
    about = "facts about themselves that users tell, asked back: given right, and not invented?"
    kind = "conversation"
    measures = (
        Measure(
            "recalled",
            Ratio("recalled", "told"),
            about="facts told that are given back, and no other value for them",
            primary=True,
        ),
        Measure(
            "recalled_far",
            Ratio("recalled_far", "told_far"),
            about=f"the same with {FAR} turns or more in between",
            primary=True,
        ),
        Measure(
            "fabricated",
            Ratio("fabricated", "missing"),
            "lower",
            about="facts never told for which a value is given",
            primary=True,
        ),
        Measure("corrected", Ratio("corrected", "corrections"), about="facts corrected: the newest is given"),
        Measure("admitted", Ratio("admitted", "missing"), about="never told, and the reply says so"),
        Measure("contradicted", Ratio("contradicted", "told"), "lower", about="told: another's or old value"),
        Measure("denied", Ratio("denied", "told"), "lower", about="told, and the reply says it wasn't"),
        Measure("given", Ratio("given", "told"), "neither", about="the value stands anywhere in the reply"),
        Measure(
            "words", Ratio("words", "asked"), "neither", about="length of a reply to a question", unit="words"
        ),
    )

    def __init__(self, count: int = COUNT) -> None:
        self._count = count

    def samples(self, source: Source) -> Iterator[Sample]:
        """Gives the dialogues: those of a file, or generated ones."""
        if source.data is None:
            yield from (dialogue(source.seed, number) for number in range(self._count))
            return
        rows = located(source.data, what="dialogues", fields=("turns", "asks"))
        for number, (where, row) in enumerate(rows):
            yield _read(row, number, where)

    def answer(self, system: Conversation, sample: Sample, seed: int) -> Output:
        """Plays the dialogue in a thread of its own; the answer is the replies to the questions."""
        turns: list[str] = sample.input["turns"]
        thread = f"{self.name}-{sample.id}"
        replies = system(turns, thread=thread, seed=seed)
        if len(replies) != len(turns):
            raise ValueError(f"{len(turns)} turns were answered with {len(replies)} replies")
        said = [reply.text for reply in replies]
        usage: dict[str, float] = {}
        for reply in replies:
            for key, count in reply.usage.items():
                if isinstance(count, int):
                    usage[key] = usage.get(key, 0) + count
        return Output(
            answer=[said[ask["turn"]] for ask in sample.target["asks"]],
            trace={
                "thread": thread,
                "turns": [{"user": user, "reply": reply} for user, reply in zip(turns, said, strict=True)],
            },
            usage=usage,
            timing={"answer_s": sum(reply.seconds for reply in replies)},
        )

    def score(self, sample: Sample, output: Output) -> Scores:
        """Returns counts over the dialogue's questions; a column is None where no question is of its sort."""
        asks = sample.target["asks"]
        verdicts = [judge(ask, reply) for ask, reply in zip(asks, output.answer, strict=True)]
        told = [verdict for verdict in verdicts if verdict.told]
        missing = [verdict for verdict in verdicts if not verdict.told]
        fixed = [verdict for ask, verdict in zip(asks, verdicts, strict=True) if ask.get("corrected")]
        far = told if _distance(sample.tags) >= FAR else []
        return {
            "asked": float(len(asks)),
            "words": float(sum(len(reply.split()) for reply in output.answer)),
            **_counts("told", told, ("recalled", "contradicted", "denied", "given")),
            **_counts("missing", missing, ("fabricated", "admitted")),
            "told_far": float(len(far)) if far else None,
            "recalled_far": float(sum(verdict.recalled for verdict in far)) if far else None,
            "corrections": float(len(fixed)) if fixed else None,
            "corrected": float(sum(verdict.recalled for verdict in fixed)) if fixed else None,
        }

    def baselines(self) -> Sequence[System[Conversation]]:
        """Returns the last thing said, everything said, and the same admission whatever was said."""
        return [System(name, _Plays(say), f"{name} 1") for name, say in _BASELINES.items()]


class _Plays:
    """A system that makes each reply from what the user has said so far, the question last."""

    def __init__(self, say: Any) -> None:
        self._say = say

    def __call__(self, turns: Sequence[str], *, thread: str, seed: int) -> Sequence[Reply]:
        del thread, seed
        return [Reply(self._say(turns[: end + 1]), {}, 0.0) for end in range(len(turns))]


def _counts(what: str, verdicts: Sequence[Verdict], columns: Sequence[str]) -> dict[str, float | None]:
    if not verdicts:
        return {what: None, **dict.fromkeys(columns)}
    sums = {column: float(sum(getattr(verdict, column) for verdict in verdicts)) for column in columns}
    return {what: float(len(verdicts)), **sums}


def _distance(tags: Mapping[str, str]) -> int:
    distance = tags.get("distance", "")
    return int(distance) if distance.isdecimal() else -1


def _read(row: Mapping[str, Any], number: int, name: str) -> Sample:
    """A dialogue from a file; `name` is where it stands."""
    turns, asks = row["turns"], row["asks"]
    if not (isinstance(turns, list) and turns and all(isinstance(turn, str) for turn in turns)):
        raise UsageError(f"{name}: turns must be a list of what the user says.")
    if not (isinstance(asks, list) and asks and all(isinstance(ask, Mapping) for ask in asks)):
        raise UsageError(f"{name}: asks must be a list of objects with turn and accept.")
    found: list[dict[str, Any]] = []
    for ask in asks:
        turn, accept, reject = ask.get("turn"), ask.get("accept"), ask.get("reject", [])
        if not isinstance(turn, int) or not 0 <= turn < len(turns):
            raise UsageError(f"{name}: turn must be a number from 0 to {len(turns) - 1}, not {turn!r}.")
        if not isinstance(accept, list) or not all(isinstance(form, str) for form in accept):
            raise UsageError(f"{name}: accept must be a list of texts (empty if it was never told).")
        if not isinstance(reject, list):
            raise UsageError(f"{name}: reject must be a list.")
        items = [{"text": item, "of": []} if isinstance(item, str) else item for item in reject]
        if not all(isinstance(item, Mapping) and isinstance(item.get("text"), str) for item in items):
            raise UsageError(f'{name}: what is rejected is a text or {{"text": …, "of": […]}}.')
        corrected = bool(ask.get("corrected"))
        found.append({"turn": turn, "accept": accept, "reject": items, "corrected": corrected})
    identity = str(row.get("id", f"d{number:04d}"))
    tags = {str(key): str(value) for key, value in dict(row.get("tags") or {}).items()}
    return Sample(identity, {"turns": turns}, {"asks": found}, group=identity, tags=tags)


SUITE = ChatMemory()

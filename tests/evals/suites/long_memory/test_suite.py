"""`long_memory`: how a system is visited, what is counted as recalled and as leaked, data by path."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from evals.sample import Output, Sample
from evals.suite import Source
from evals.suites import SUITES
from evals.suites.long_memory import SUITE
from evals.systems import Reply, Visit, Visited
from homespun.errors import UsageError

ROW = {
    "id": "a",
    "told": [["I live in Basel.", "Nice day."], ["I moved to Bern."]],
    "other": ["I live in Lund."],
    "asks": [
        {"text": "Where do I live?", "accept": ["Bern"], "reject": ["Basel"], "changed": True},
        {"text": "How old am I?", "accept": ["41"]},
    ],
    "tags": {"case": "move"},
}


@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    return list(SUITE.samples(Source()))


@pytest.fixture
def one(tmp_path: Path) -> Sample:
    path = tmp_path / "mine.jsonl"
    path.write_text(json.dumps(ROW))
    (sample,) = SUITE.samples(Source(str(path)))
    return sample


def totals(system: Any, held: Sequence[Sample]) -> Counter[str]:
    sums: Counter[str] = Counter()
    for sample in held:
        for column, value in SUITE.score(sample, SUITE.answer(system, sample, 0)).items():
            sums[column] += value or 0  # type: ignore[assignment]
    return sums


class Notes:
    """Writes down the line in which each fact of a sample is told, and reads the newest out when asked.

    Args:
        shared: whether all users have one notebook.
        lasting: whether notes outlive a restart.
        old: whether the first note counts, not the newest.
    """

    def __init__(
        self, held: Sequence[Sample], *, shared: bool = False, lasting: bool = True, old: bool = False
    ) -> None:
        self._targets = {f"long_memory-{sample.id}": sample for sample in held}
        self._shared, self._lasting, self._old = shared, lasting, old
        self.visits: list[Visit] = []

    def __call__(self, visits: Sequence[Visit], *, scene: str, seed: int) -> list[Visited]:
        self.visits = list(visits)
        sample = self._targets[scene]
        right = dict(zip(sample.input["asks"], sample.target["asks"], strict=True))
        notes: dict[str, list[str]] = {}
        found = []
        for visit in visits:
            if visit.restart and not self._lasting:
                notes = {}
            own = notes.setdefault("all" if self._shared else visit.user, [])
            replies = []
            for turn in visit.turns:
                text = "I see."
                if turn in right:
                    forms = self._forms(right[turn])
                    known = [form for form in forms if any(form in note for note in own)]
                    text = f"It's {known[0]}." if known else "You haven't told me that."
                else:
                    own.append(turn)
                    if visit.user == "user":  # as if it understood every way to write a value
                        own += [form for ask in right.values() for form in self._forms(ask)]
                replies.append(Reply(text, {"output_tokens": 2}, 0.5, tuple(own)))
            found.append(Visited(replies, tuple(own)))
        return found

    def _forms(self, ask: dict[str, Any]) -> list[str]:
        old = [item["text"] for item in ask["reject"]]
        return (old or ask["accept"]) if self._old else ask["accept"]


def test_a_system_that_remembers_is_perfect(samples: list[Sample]) -> None:
    sums = totals(Notes(samples), samples)
    assert sums["told"] == sums["recalled"] == sums["asked_by_others"] == 150
    assert sums["changes"] == sums["renewed"] == 25
    assert sums["leaked"] == sums["denied"] == 0


def test_a_store_without_users_leaks(samples: list[Sample]) -> None:
    sums = totals(Notes(samples, shared=True), samples)
    assert sums["recalled"] == 150
    # But for a value that the other one has too.
    assert sums["leaked"] >= 148


def test_what_is_lost_at_the_restart_is_not_recalled(samples: list[Sample]) -> None:
    sums = totals(Notes(samples, lasting=False), samples)
    assert sums["recalled"] == sums["renewed"] == 0
    assert sums["denied"] == 150


def test_an_old_value_is_not_what_holds(samples: list[Sample]) -> None:
    sums = totals(Notes(samples, old=True), samples)
    assert sums["renewed"] == 0
    assert sums["recalled"] == 125


def test_visits_come_in_their_order_and_the_questions_after_a_restart(one: Sample) -> None:
    system = Notes([one])
    output = SUITE.answer(system, one, 5)
    asks = ["Where do I live?", "How old am I?"]
    assert system.visits == [
        Visit("user", "told-1", ["I live in Basel.", "Nice day."]),
        Visit("user", "told-2", ["I moved to Bern."]),
        Visit("other", "told", ["I live in Lund."]),
        Visit("user", "asked", asks, restart=True),
        Visit("other", "asked", asks),
    ]
    assert output.answer == {"user": ["It's Bern.", "It's 41."], "other": ["You haven't told me that."] * 2}
    assert output.usage == {"output_tokens": 16}
    assert output.timing["answer_s"] == 4
    assert [visit["by"] for visit in output.trace["visits"]] == ["user", "user", "other", "user", "other"]
    assert json.loads(json.dumps(output.trace)) == output.trace


@pytest.mark.parametrize(
    ("own", "other", "counted"),
    [
        (["You live in Bern.", "41."], ["I don't know.", "I don't know."], (2, 0, 1)),
        (["You live in Basel.", "41."], ["I don't know.", "I don't know."], (1, 0, 0)),
        (["You live in Bern, not Basel.", "30."], ["In Lund.", "You're forty-one."], (1, 1, 1)),
        # An old value isn't for others either; their own is.
        (["You haven't told me.", "41."], ["In Lund.", "In Basel."], (1, 1, 0)),
        (["In Basel and Bern.", "41."], ["In Lund, in Bern, in Basel.", "No."], (1, 1, 0)),
    ],
)
def test_answers_are_counted(
    one: Sample, own: list[str], other: list[str], counted: tuple[int, int, int]
) -> None:
    scores = SUITE.score(one, Output({"user": own, "other": other}))
    assert [scores[name] for name in ("recalled", "leaked", "renewed")] == list(counted)
    assert [scores[name] for name in ("told", "asked_by_others", "changes")] == [2, 2, 1]


def test_what_the_other_one_said_too_is_no_leak(one: Sample) -> None:
    said = {**one.input, "other": ["I live in Bern."]}
    sample = Sample(one.id, said, one.target)
    assert SUITE.score(sample, Output({"user": ["", ""], "other": ["In Bern.", ""]}))["leaked"] == 0


def test_it_is_told_where_a_fact_was_lost(one: Sample) -> None:
    def trace(kept: list[str], recalled: list[str], reply: str) -> Output:
        turns = [{"user": ask, "reply": reply, "recalled": recalled} for ask in one.input["asks"]]
        told = [{"by": by, "thread": "t", "turns": [], "kept": kept} for by in ("user", "other")]
        asked = [{"by": by, "thread": "t", "turns": turns, "kept": kept} for by in ("user", "other")]
        return Output({"user": [reply] * 2, "other": [reply] * 2}, trace={"visits": [*told, *asked]})

    def lost(kept: list[str], recalled: list[str], reply: str) -> list[str]:
        found = SUITE.explain(one, trace(kept, recalled, reply))
        return [part["lost"] for part in (found or {}).get("lost", [])]

    assert lost(["I moved to Bern."], ["I moved to Bern."], "No.") == ["answered wrongly", "not kept"]
    assert lost(["I moved to Bern.", "I'm 41."], [], "No.") == ["kept, but not found"] * 2
    assert SUITE.explain(one, trace([], [], "Bern, 41."))["leaked"] == ["Bern", "41", "Bern", "41"]


def test_baselines_show_what_each_figure_is_worth(samples: list[Sample]) -> None:
    sums = {system.name: totals(system.call, samples) for system in SUITE.baselines()}
    repeats, everybody = sums["repeats all that it was told"], sums["tells everybody everything"]
    assert repeats["given"] == everybody["given"] == 150
    assert repeats["recalled"] < 75
    assert repeats["leaked"] == repeats["renewed"] == everybody["renewed"] == 0
    assert everybody["leaked"] >= 148
    denies = sums["says that it wasn't told"]
    assert denies["denied"] == 150
    assert denies["recalled"] == denies["leaked"] == 0


def test_a_system_that_swallows_a_turn_is_an_error(one: Sample) -> None:
    def deaf(visits: Sequence[Visit], *, scene: str, seed: int) -> list[Visited]:
        return [Visited([Reply("Hi.", {}, 0.0)]) for _ in visits]

    with pytest.raises(ValueError, match="turn by turn"):
        SUITE.answer(deaf, one, 0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"told": []}, "told must be"),
        ({"told": ["I live in Bern."]}, "told must be"),
        ({"other": []}, "other must be"),
        ({"asks": []}, "asks must be"),
        ({"asks": [{"accept": ["x"]}]}, "text must be"),
        ({"asks": [{"text": "Where?", "accept": []}]}, "accept must be"),
        ({"asks": [{"text": "Where?", "accept": ["x"], "reject": [3]}]}, "reject must be"),
    ],
)
def test_a_wrong_user_is_refused_with_the_reason(tmp_path: Path, change: Any, said: str) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text(json.dumps({**ROW, **change}))
    with pytest.raises(UsageError, match=f"line 1.*{said}"):
        list(SUITE.samples(Source(str(path))))


def test_scores_have_all_columns_that_measures_read(one: Sample) -> None:
    scores = SUITE.score(one, Output({"user": ["", ""], "other": ["", ""]}))
    assert set(scores) >= {column for measure in SUITE.measures for column in measure.statistic.needs}
    assert SUITES["long_memory"] is SUITE

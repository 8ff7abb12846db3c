"""`chat_memory`: the dialogues, how a system is asked, what is counted, data by path."""

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
from evals.suites.chat_memory import SUITE
from evals.suites.chat_memory.dialogues import dialogue
from evals.suites.chat_memory.matching import gives
from evals.suites.chat_memory.suite import ChatMemory
from evals.systems import Reply
from homespun.errors import UsageError


@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    return list(SUITE.samples(Source()))


def totals(suite: ChatMemory, system: Any, held: Sequence[Sample]) -> Counter[str]:
    sums: Counter[str] = Counter()
    for sample in held:
        for column, value in suite.score(sample, suite.answer(system, sample, 0)).items():
            sums[column] += value or 0  # type: ignore[assignment]
    return sums


def perfect(held: Sequence[Sample]) -> Any:
    right = {
        json.dumps(sample.input["turns"]): {
            ask["turn"]: ask["accept"][0] if ask["accept"] else "" for ask in sample.target["asks"]
        }
        for sample in held
    }

    def play(turns: Sequence[str], *, thread: str, seed: int) -> list[Reply]:
        answers = right[json.dumps(list(turns))]
        said = []
        for turn in range(len(turns)):
            value = answers.get(turn)
            text = (
                "I see." if value is None else f"It's {value}." if value else "You haven't told me that yet."
            )
            said.append(Reply(text, {"output_tokens": 3}, 0.25))
        return said

    return play


def test_dialogues_meet_every_distance_case_and_wording(samples: list[Sample]) -> None:
    assert len(samples) == len({sample.id for sample in samples}) == 300
    counts = Counter(sample.tags["distance"] for sample in samples)
    assert counts == {"0": 100, "2": 100, "10": 100}
    cells = Counter((s.tags["distance"], s.tags["case"], s.tags["wording"]) for s in samples)
    assert len(cells) == 30
    assert min(cells.values()) >= 6
    assert len({sample.tags["fact"] for sample in samples}) <= 12


def test_a_dialogue_depends_on_seed_and_number_only(samples: list[Sample]) -> None:
    assert list(ChatMemory(20).samples(Source())) == samples[:20]
    assert dialogue(0, 7) == samples[7]
    assert dialogue(1, 7).input != samples[7].input


def test_what_is_accepted_was_said_and_what_was_not_told_is_not(samples: list[Sample]) -> None:
    for sample in samples:
        for ask in sample.target["asks"]:
            before = " ".join(sample.input["turns"][: ask["turn"]])
            question = sample.input["turns"][ask["turn"]]
            assert not any(gives(question, form) for form in ask["accept"]), sample
            if ask["accept"]:
                assert any(gives(before, form) for form in ask["accept"]), sample
            assert "{" not in before + question


def test_the_distance_is_that_between_fact_and_question(samples: list[Sample]) -> None:
    for sample in samples:
        ask = sample.target["asks"][0]
        told = [
            at
            for at, turn in enumerate(sample.input["turns"][: ask["turn"]])
            if any(gives(turn, form) for form in ask["accept"])
        ]
        if told:
            assert ask["turn"] - told[-1] - 1 >= int(sample.tags["distance"]), sample


def test_a_perfect_system_is_perfect(samples: list[Sample]) -> None:
    sums = totals(SUITE, perfect(samples), samples)
    assert sums["recalled"] == sums["told"] == 300
    assert sums["admitted"] == sums["missing"] == 60
    assert sums["corrected"] == sums["corrections"] == 60
    assert sums["fabricated"] == sums["contradicted"] == sums["denied"] == 0
    assert sums["recalled_far"] == sums["told_far"] == 100


def test_baselines_show_what_can_be_had_without_memory(samples: list[Sample]) -> None:
    sums = {system.name: totals(SUITE, system.call, samples) for system in SUITE.baselines()}
    parrot = sums["parrot"]
    assert parrot["given"] == parrot["told"]
    assert parrot["recalled"] < 0.4 * parrot["told"]
    assert parrot["recalled_far"] == 0
    assert parrot["corrected"] < 0.1 * parrot["corrections"]
    denies = sums["says that it wasn't told"]
    assert denies["admitted"] == denies["missing"]
    assert denies["denied"] == denies["told"]
    assert denies["recalled"] == denies["fabricated"] == 0
    assert sums["repeats what the user said last"]["recalled_far"] == 0


def test_an_output_holds_the_whole_conversation(samples: list[Sample]) -> None:
    output = SUITE.answer(perfect(samples), samples[2], 5)
    assert output.trace["thread"] == "chat_memory-s0-0002"
    assert [turn["user"] for turn in output.trace["turns"]] == samples[2].input["turns"]
    assert output.usage == {"output_tokens": 3 * len(samples[2].input["turns"])}
    assert output.timing["answer_s"] == pytest.approx(0.25 * len(samples[2].input["turns"]))


def test_a_system_that_swallows_a_turn_is_an_error(samples: list[Sample]) -> None:
    with pytest.raises(ValueError, match="replies"):
        SUITE.answer(lambda turns, *, thread, seed: [Reply("Hi.", {}, 0.0)], samples[2], 0)


def test_dialogues_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    rows = [
        {
            "id": "a",
            "turns": ["I live in Basel.", "My sister lives in Bern.", "Where do I live?", "How old am I?"],
            "asks": [
                {"turn": 2, "accept": ["Basel"], "reject": [{"text": "Bern", "of": ["sister"]}]},
                {"turn": 3, "accept": [], "reject": ["30"]},
            ],
            "tags": {"distance": 10},
        },
        {"turns": ["Hello."], "asks": [{"turn": 0, "accept": []}]},
    ]
    path.write_text("\n".join(map(json.dumps, rows)))
    first, second = SUITE.samples(Source(str(path)))
    assert (first.id, second.id) == ("a", "d0001")
    scores = SUITE.score(first, Output(["In Basel; your sister lives in Bern.", "You are 30."]))
    assert (scores["told"], scores["recalled"], scores["recalled_far"]) == (1.0, 1.0, 1.0)
    assert (scores["missing"], scores["fabricated"], scores["corrected"]) == (1.0, 1.0, None)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"turns": [], "asks": []}, "turns must be"),
        ({"turns": ["a"], "asks": []}, "asks must be"),
        ({"turns": ["a"], "asks": [{"turn": 1, "accept": []}]}, "from 0 to 0"),
        ({"turns": ["a"], "asks": [{"turn": 0, "accept": "x"}]}, "accept must be"),
        ({"turns": ["a"], "asks": [{"turn": 0, "accept": [], "reject": [3]}]}, "what is rejected"),
        ({"turns": ["a"]}, "has no 'asks'"),
    ],
)
def test_a_wrong_dialogue_is_refused_with_the_reason(tmp_path: Path, row: Any, said: str) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text(json.dumps(row))
    with pytest.raises(UsageError, match=said):
        list(SUITE.samples(Source(str(path))))


def test_scores_have_all_columns_that_measures_read(samples: list[Sample]) -> None:
    scores = SUITE.score(samples[0], Output(["I don't know."]))
    assert set(scores) >= {column for measure in SUITE.measures for column in measure.statistic.needs}
    assert SUITES["chat_memory"] is SUITE

"""The suite `recorded`: what its owner wants of an answer decides."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from evals.recordings import add, turn
from evals.sample import Output
from evals.suite import Source
from evals.suites.recorded import SUITE
from homespun.errors import UsageError

THREAD = [{"role": "user", "content": "Who am I?"}, {"role": "assistant", "content": "You're Bob."}]


def _sample(tmp_path: Path, **said: list[str]) -> object:
    path = tmp_path / "recorded.jsonl"
    add(path, turn(THREAD, **said))
    return next(SUITE.samples(Source(str(path))))


@pytest.mark.parametrize(
    ("answer", "accepted"), [("You are ADA.", 1.0), ("Ada or Bob.", 0.0), ("No idea.", 0.0), ("", 0.0)]
)
def test_an_answer_is_accepted_by_the_patterns_alone(tmp_path: Path, answer: str, accepted: float) -> None:
    sample = _sample(tmp_path, accept=["ada"], reject=["bob"])
    assert SUITE.score(sample, Output(answer))["accepted"] == accepted  # type: ignore[arg-type]


@pytest.mark.parametrize("answer", ["I don't know.", "I don’t know.", "I don‘t know."])
@pytest.mark.parametrize("pattern", ["don't", "don’t", "don[’']t"])
def test_straight_and_curly_apostrophes_match_each_other(tmp_path: Path, answer: str, pattern: str) -> None:
    wanted, unwanted = _sample(tmp_path / "a", accept=[pattern]), _sample(tmp_path / "b", reject=[pattern])
    assert SUITE.score(wanted, Output(answer))["accepted"] == 1.0  # type: ignore[arg-type]
    assert SUITE.score(unwanted, Output(answer))["accepted"] == 0.0  # type: ignore[arg-type]


def test_a_gzipped_file_is_read(tmp_path: Path) -> None:
    sample = _sample(tmp_path)
    zipped = tmp_path / "other.jsonl.gz"
    zipped.write_bytes(gzip.compress((tmp_path / "recorded.jsonl").read_bytes()))
    assert list(SUITE.samples(Source(str(zipped)))) == [sample]


def test_without_patterns_only_the_likeness_is_measured(tmp_path: Path) -> None:
    sample = _sample(tmp_path)
    same = SUITE.score(sample, Output("You're  Bob."))  # type: ignore[arg-type]
    other = SUITE.score(sample, Output("I can't say."))  # type: ignore[arg-type]
    assert (same["accepted"], same["same"], same["similarity"]) == (None, 1.0, pytest.approx(1.0, abs=1e-6))
    assert (other["accepted"], other["same"]) == (None, 0.0)
    assert other["similarity"] < 0.3


def test_the_answers_that_are_built_in_are_accepted_by_their_own_patterns() -> None:
    samples = list(SUITE.samples(Source()))
    assert len({sample.id for sample in samples}) == len(samples) >= 8
    for sample in samples:
        assert SUITE.score(sample, Output(sample.target["answer"]))["accepted"] == 1.0, sample.target


def test_a_missing_file_says_how_turns_are_recorded(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="homespun threads sample"):
        list(SUITE.samples(Source(str(tmp_path / "none.jsonl"))))

"""The benches of the adapters on the encoder, on ones that know nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from apps.bench import apart, fill, read
from homespun.errors import ModelNotFound, UsageError

BRIEF = {"threads": (1,), "repeat": 1, "rounds": 1}


def test_the_reader_is_timed(encoder_adapter: Callable[..., Path]) -> None:
    encoder_adapter("read")
    figures = read.run(passages=2, words=40, questions=2, peer=False, **BRIEF)  # type: ignore[arg-type]
    assert json.loads(json.dumps(figures)) == figures
    assert (figures["model"], figures["questions"], figures["passages"]) == ("read", 2, 2)
    assert 80 < figures["tokens"] < 160
    assert 0 < figures["best_median_ms"] == figures["median_ms"]["1"] <= figures["p90_ms"]["1"]
    assert (figures["best_threads"], figures["cpu_median_ms"]["1"] > 0) == (1, True)


def test_transformers_stands_beside(
    encoder_adapter: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("transformers")
    encoder_adapter("read")
    # In this process: another one would import all of it again.
    monkeypatch.setattr(apart, "measured", lambda module, job, what: read._work(dict(job)))
    threads = torch.get_num_threads()
    figures = read.run(passages=2, words=40, questions=2, threads=(threads,), repeat=1, rounds=2)
    best = figures["transformers"]["best_median_ms"]
    assert figures["ratio"] == pytest.approx(best / figures["best_median_ms"], abs=0.01)
    assert figures["cpu_ratio"] > 0


def test_the_best_thread_count_is_that_of_the_least_median() -> None:
    times = {
        1: {"wall_ms": [30.0, 10.0, 20.0], "cpu_ms": [9.0, 9.0, 9.0]},
        2: {"wall_ms": [12.0, 12.0, 40.0], "cpu_ms": [18.0, 18.0, 18.0]},
    }
    assert apart.spread(times) == {
        "median_ms": {"1": 20.0, "2": 12.0},
        "p90_ms": {"1": 28.0, "2": 34.4},
        "cpu_median_ms": {"1": 9.0, "2": 18.0},
        "best_median_ms": 12.0,
        "best_threads": 2,
    }


def test_passages_are_as_long_and_as_many_as_is_wanted() -> None:
    cases = read.cases(questions=40, passages=5, words=150)
    assert len(cases) == 40
    assert {len(passages) for _, passages in cases} == {5}
    assert {len(text.split()) for _, passages in cases for text in passages} == {150}
    assert len({question for question, _ in cases}) == 40
    assert cases[0][1] != cases[1][1]


def test_the_filler_is_timed(encoder_adapter: Callable[..., Path]) -> None:
    encoder_adapter("fill", "mine")
    figures = fill.run("mine", **BRIEF)  # type: ignore[arg-type]
    assert json.loads(json.dumps(figures)) == figures
    assert (figures["model"], figures["parameters"], figures["tokens"] > 100) == ("mine", 4, True)
    assert 0 < figures["best_median_ms"] == figures["median_ms"]["1"] <= figures["p90_ms"]["1"]


def test_requests_are_about_forty_words_on_four_parameters() -> None:
    for text, function in fill.CASES:
        assert 35 <= len(text.split()) <= 45
        assert len(function["parameters"]["properties"]) == 4


def test_what_cannot_be_measured_is_told(encoder_adapter: Callable[..., Path]) -> None:
    with pytest.raises(ModelNotFound):
        read.run("nosuch")
    with pytest.raises(UsageError, match="positive"):
        read.run(passages=0)
    with pytest.raises(UsageError, match="positive"):
        fill.run(threads=())
    encoder_adapter("read")
    with pytest.raises(UsageError, match="not for filling"):
        fill.run("read")

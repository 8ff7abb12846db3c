"""The bench of graphs, with few short conversations."""

import json
from typing import Any

import pytest

from apps.bench import graphs
from apps.bench.graphs import ALONE, BARE, OFF, ON, _figures, _Times, run
from homespun.errors import HomespunError, UsageError

SMALL: dict[str, Any] = {
    "turns": 2,
    "late": 3,
    "conversations": 3,
    "each": 2,
    "rounds": 1,
    "characters": 100,
    "memories": 2,
    "encoder": None,
}


def test_every_engine_answers_all_turns() -> None:
    figures = run(**SMALL)
    assert json.loads(json.dumps(figures)) == figures
    assert figures["answered"] == dict.fromkeys((ALONE, BARE, OFF, ON), 3 + 3 * 2)
    assert figures["encoder"] is None
    assert min(figures["characters"]) >= 100
    of_bare = {
        "adds_ms",
        "adds_cpu_ms",
        "adds_ms_at_turn_3",
        "adds_cpu_ms_at_turn_3",
        "turns_per_s",
    }
    ratios = {"throughput_ratio", "cpu_ratio", "cpu_ratio_without_model"}
    assert figures[BARE].keys() == of_bare
    assert figures[OFF].keys() == figures[ON].keys() == of_bare | ratios
    for arm in (OFF, ON):
        assert all(len(value) == 3 for value in figures[arm].values())
        ratio = figures[arm]["turns_per_s"][0] / figures[BARE]["turns_per_s"][0]
        assert figures[arm]["throughput_ratio"][0] == pytest.approx(ratio, rel=0.02)


def test_what_a_turn_costs_is_what_it_takes_beside_the_model() -> None:
    def times(ms: float, per_s: float) -> _Times:
        return _Times([ms / 1e3] * 4 + [2 * ms / 1e3], [ms / 2e3] * 5, per_s, ms / 1e3)

    held = [
        {ALONE: times(10, 90), BARE: times(20, 50), OFF: times(30, 40)},
        {ALONE: times(10, 90), BARE: times(20, 50), OFF: times(40, 35)},
        {ALONE: times(10, 90), BARE: times(20, 50), OFF: times(50, 30)},
    ]
    found = _figures(held, OFF, turns=4, late=1)
    assert found["adds_ms"] == [30, 20, 40]
    assert found["adds_cpu_ms"] == [15, 10, 20]
    assert found["adds_ms_at_turn_1"] == [30, 20, 40]
    assert found["throughput_ratio"] == [0.7, 0.6, 0.8]
    assert found["cpu_ratio"] == [0.5, 0.4, 0.667]
    assert found["cpu_ratio_without_model"] == [0.333, 0.25, 0.5]
    assert "throughput_ratio" not in _figures(held, BARE, turns=4, late=1)


def test_the_turns_up_to_the_late_one_are_looked_at() -> None:
    one = {
        ALONE: _Times([0.0] * 9, [0.0] * 9, 1, 1),
        BARE: _Times([n / 1e3 for n in range(1, 10)], [0.0] * 9, 1, 1),
    }
    found = _figures([one], BARE, turns=3, late=9)
    assert (found["adds_ms"][0], found["adds_ms_at_turn_9"][0]) == (2, 7)


def test_a_wrong_answer_is_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    model, _ = graphs._model(100)
    monkeypatch.setattr(graphs, "_model", lambda characters: (model, "something else"))
    with pytest.raises(HomespunError, match="didn't say"):
        run(**SMALL)


@pytest.mark.parametrize("wrong", [{"turns": 0}, {"each": 0}, {"rounds": 0}, {"memories": -1}])
def test_bad_settings_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(UsageError, match="positive"):
        run(**{**SMALL, **wrong})


def test_without_the_peer_there_is_no_comparison(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphs, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match="pip install langgraph-checkpoint-sqlite"):
        run(**SMALL)

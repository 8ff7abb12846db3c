"""The bench of the Chat page, over the real server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from apps.bench import page
from apps.bench.messages import ARMS, question
from apps.bench.served import served
from apps.bench.visitor import Seen, Visitor
from homespun.errors import HomespunError, ModelNotFound, UsageError
from homespun.settings import Settings, load_settings
from models.chat.scripted import ChatScripted

DELAY = 0.06
WORDS = "one two three four five six seven eight"


@pytest.fixture
def script(tmp_path: Path) -> str:
    """The address of a model that thinks for a while between its words, and sometimes fails."""
    turns: list[dict[str, Any]] = [
        {"match": "^Fail", "error": "out of wool"},
        {"match": "^Break", "text": "I was about", "error": {"message": "out of wool", "after": 2}},
        {"match": ".", "text": WORDS, "token_delay": DELAY},
    ]
    file = tmp_path / "slow.json"
    file.write_text(json.dumps([{**turn, "repeat": True} for turn in turns]), encoding="utf-8")
    return f"scripted:{file}"


@pytest.fixture
def settings(script: str, tmp_path: Path) -> Settings:
    return load_settings(model=script, database=str(tmp_path / "threads.sqlite"))


def words(text: str) -> int:
    return len(text.split())


def test_page_and_model_draw_the_same_answers_and_count_the_same_tokens(
    tiny_model: Path, homespun_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.getloadavg", lambda: (1.25, 0.5, 0.0))
    sent: list[str] = []
    send = Visitor.send

    def noted(self: Visitor, text: str, *, seed: int) -> Seen:
        sent.append(text)
        return send(self, text, seed=seed)

    monkeypatch.setattr(Visitor, "send", noted)
    figures = page.run(tiny_model, runs=2, warm_ups=0, threads=1, text_tokens=300, conversation_tokens=320)
    assert json.loads(json.dumps(figures)) == figures
    assert (figures["model"], figures["runs"], figures["threads"]) == (str(tiny_model), 2, 1)
    assert (figures["proposals"], figures["load_average"]) == (False, [1.25, 0.5, 0.0])
    assert "load 1.25" in figures["remark"]
    for arm in ARMS:
        found = figures[arm]
        assert (found["same_answers"], 0 < found["answer_tokens"] <= 24) == (1.0, True)
        for side in ("page", "python"):
            waits = found[side]
            assert 0 < waits["first_text_median_s"] <= waits["first_text_p95_s"]
            assert waits["first_text_median_s"] < waits["whole_median_s"]
    assert 300 <= figures["text"]["prompt_tokens"] < 400
    assert figures["short"]["prompt_tokens"] < 60
    assert 320 <= figures["conversation"]["prompt_tokens"] < 600
    # The page's model is ready before the first of two runs of each arm.
    assert (sent[0], len(sent)) == ("Hello", 1 + 2 * len(ARMS))
    assert list(homespun_home.rglob("*.sqlite")) == []


def test_figures_are_those_of_the_times() -> None:
    def timed(first_s: float, last_s: float, text: str = "four words of text") -> page.Timed:
        return page.Timed(text, text[: len(text) // 2], first_s, last_s, last_s + 0.1, 50, 8)

    pairs = [
        (timed(0.2, 0.4), timed(0.1, 0.2)),
        (timed(0.3, 0.4), timed(0.1, 0.2)),
        (timed(1.3, 1.4), timed(0.3, 0.4, "other words of mine")),
    ]
    assert page._figures(ChatScripted(script=["x"]), pairs) == {
        "prompt_tokens": 50,
        "answer_tokens": 8,
        "page": {
            "first_text_median_s": 0.3,
            "first_text_p95_s": 1.2,
            "whole_median_s": 0.5,
            "tokens_per_s": 30.0,  # half of each answer, in 0.4 seconds
        },
        "python": {
            "first_text_median_s": 0.1,
            "first_text_p95_s": 0.28,
            "whole_median_s": 0.3,
            "tokens_per_s": pytest.approx(40.0, abs=1),
        },
        "page_adds_s": 0.2,
        "same_answers": 0.667,
    }
    at_once = page.Timed("all", "all", 0.1, 0.1, 0.2, 50, 8)
    assert page._figures(ChatScripted(script=["x"]), [(at_once, at_once)])["page"]["tokens_per_s"] is None


def test_a_visitor_sees_the_words_come_and_trouble_told(settings: Settings, tmp_path: Path) -> None:
    with served(settings, tmp_path) as address, Visitor(address) as guest:
        assert guest.sampling(seed=4) == {}  # a script takes none
        guest.open("a-talk")
        seen = guest.send("Hello", seed=0)
        assert WORDS.startswith(seen.first)
        assert (words(seen.first) < 4, seen.text) == (True, WORDS)
        assert 0 < seen.first_s < seen.last_s - 3 * DELAY < seen.over_s
        for bad in ("Fail", "Break"):
            guest.open("trouble")
            with pytest.raises(HomespunError, match=r"The page said: .*out of wool"):
                guest.send(bad, seed=0)
        # What a thread has said before is part of what the page shows when it's opened.
        guest.open("a-talk")
        assert len(guest._chat) == 2
    with pytest.raises(HomespunError, match="can't be read"):
        Visitor(address)


def test_a_server_that_does_not_start_is_told_in_one_line(settings: Settings, tmp_path: Path) -> None:
    nobody = settings.model_copy(update={"model": "nope"})
    with (
        pytest.raises(HomespunError, match=r"can't be served: .*no model named 'nope'"),
        served(nobody, tmp_path),
    ):
        pass


@pytest.mark.parametrize("run", [0, 1, 8, 30])
def test_messages_are_as_long_as_wanted_and_other_ones_in_each_run(run: int) -> None:
    text = question("text", run, words, 300)
    passage, asked = text.text.split("\n\n")
    assert 300 <= words(text.text) < 330
    assert "Hanne Lindqvist" in passage
    assert asked.endswith("?")
    talk = question("conversation", run, words, 300)
    assert 300 <= words(" ".join(part for pair in talk.before for part in pair)) < 330
    assert "dog" in talk.text
    assert question("short", run, words, 0).before == ()
    for arm in ARMS:
        assert question(arm, run, words, 300) == question(arm, run, words, 300)
        assert question(arm, run, words, 300) != question(arm, run + 1, words, 300)


@pytest.mark.parametrize("arm", ARMS)
def test_no_message_comes_again_and_all_differ_early(arm: str) -> None:
    asked = [question(arm, run, words, 60) for run in range(40)]
    assert len({one.text for one in asked}) == 40
    first = [one.before[0][0] if one.before else one.text for one in asked]
    assert len({" ".join(text.split()[:8]) for text in first}) == 40


@pytest.mark.parametrize("load", [(0.05, 0.1, 2.0), None])
def test_a_quiet_machine_needs_no_remark(load: tuple[float, ...] | None) -> None:
    assert page._remark(None if load is None else list(load)) == {}


def test_what_cannot_be_measured_is_told() -> None:
    for name, value in (
        ("runs", 0),
        ("threads", 0),
        ("threads", "two"),
        ("warm_ups", -1),
        ("text_tokens", 1.5),
        ("conversation_tokens", True),
    ):
        with pytest.raises(UsageError, match=f"^{name} takes a whole number"):
            page.run(**{name: value})  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="text, short, conversation"):
        page.run(arms=("long",))
    with pytest.raises(ModelNotFound):
        page.run("no-such-model")
    with pytest.raises(UsageError, match="needs tools"):
        page.run("caller")

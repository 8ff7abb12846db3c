"""Conversations that end at random moments, and one that goes on for long."""

from __future__ import annotations

import signal
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

TEXT = "one two three four five six seven eight"


def _thread(home: Path) -> list[tuple[str, str]]:
    from graphs.persistence import open_state
    from graphs.threads import Threads
    from homespun.errors import UnknownName

    with open_state(home / "state.sqlite") as kept:
        try:
            return [(message.type, str(message.text)) for message in Threads(kept).read("t")]
        except UnknownName:
            return []


@pytest.fixture
def ask(zygote: Any, scripted: Callable[..., str]) -> Callable[[str], int]:
    """Starts `homespun chat` with a question and a model that takes its time."""
    model = scripted({"text": TEXT, "token_delay": 0.02, "repeat": True})
    return lambda question: zygote.start("homespun", "chat", question, "--thread", "t", "--model", model)


def _seconds(ask: Callable[[str], int], zygote: Any) -> float:
    """How long an answer takes that nobody interrupts; the first one also makes the file."""
    took = []
    for question in ("first", "second"):
        begun = time.monotonic()
        assert zygote.wait(ask(question)) == 0, zygote.err.read_text()
        assert zygote.out.read_text() == TEXT + "\n"
        took.append(time.monotonic() - begun)
    return min(took)


@pytest.mark.parametrize("presses", [2, pytest.param(100, marks=pytest.mark.stress)])
def test_ctrl_c_at_any_moment_keeps_exactly_what_was_shown(
    zygote: Any,
    ask: Callable[[str], int],
    homespun_home: Path,
    check_state: Callable[[Path], None],
    presses: int,
    record_property: Callable[[str, object], None],
) -> None:
    took, random = _seconds(ask, zygote), Random(presses)
    before, seen = _thread(homespun_home), {"too early": 0, "in the answer": 0, "too late": 0}
    for number in range(presses):
        process = ask(f"question {number}")
        time.sleep(random.uniform(0, took))
        status = zygote.kill(process, signal.SIGINT)
        shown, complaint = zygote.out.read_text(), zygote.err.read_text()
        after = _thread(homespun_home)
        assert after[: len(before)] == before
        added = after[len(before) :]
        if "is kept" in complaint or shown or status == 0:
            assert added == [("human", f"question {number}"), ("ai", shown.removesuffix("\n"))]
        else:
            assert (complaint, status, added) == ("homespun: stopped\n", 130, [])
        assert status in (0, 130)
        assert complaint.count("\n") == (status == 130)
        seen["too late" if status == 0 else "in the answer" if added else "too early"] += 1
        before = after
        check_state(homespun_home / "state.sqlite")
    record_property("moments", seen)


@pytest.mark.parametrize("kills", [1, pytest.param(100, marks=pytest.mark.stress)])
def test_after_a_kill_at_any_moment_the_thread_opens_and_goes_on(
    zygote: Any,
    ask: Callable[[str], int],
    homespun_home: Path,
    check_state: Callable[[Path], None],
    kills: int,
    record_property: Callable[[str, object], None],
) -> None:
    took, random, killed = _seconds(ask, zygote), Random(kills), 0
    before, seen = _thread(homespun_home), {"too early": 0, "in the answer": 0, "answered": 0}
    while killed < kills:
        process = ask(f"question {killed}")
        time.sleep(random.uniform(0, took))
        status = zygote.kill(process, signal.SIGKILL)
        shown = zygote.out.read_text()
        question, answer = ("human", f"question {killed}"), ("ai", TEXT)
        added = _thread(homespun_home)[len(before) :]
        assert added in ([], [question], [question, answer])
        assert added or not shown  # what is answered has been kept
        assert zygote.wait(ask("and now?")) == 0, zygote.err.read_text()
        assert zygote.out.read_text() == TEXT + "\n"
        after = _thread(homespun_home)
        assert after[: len(before) + len(added)] == before + added
        # An answer that was written to its end may be taken over whole; otherwise it's silent.
        # A question that was written but no message yet becomes one.
        settled = after[len(before) :][: -2 or None]
        assert settled in ([], [question, ("ai", "")], [question, answer])
        assert after[-2:] == [("human", "and now?"), answer]
        check_state(homespun_home / "state.sqlite")
        seen["too early" if not added else "answered" if len(added) == 2 else "in the answer"] += 1
        before, killed = after, killed + (status != 0)
    record_property("moments", seen)


@pytest.mark.parametrize("turns", [12, pytest.param(300, marks=pytest.mark.stress)])
def test_a_long_conversation_costs_no_more_with_every_turn(
    tiny_model: Path,
    homespun_home: Path,
    check_state: Callable[[Path], None],
    turns: int,
    record_property: Callable[[str, object], None],
) -> None:
    import psutil

    from apps.cli.talk import Conversation
    from graphs.chatbot import build
    from graphs.persistence import open_state
    from models import ChatHomespun

    state, seconds, memory = homespun_home / "state.sqlite", [], []
    model = ChatHomespun(model=str(tiny_model), temperature=0, max_tokens=8, threads=1)
    with open_state(state) as held:
        talk = Conversation(build(model, checkpointer=held.saver, store=held.store), model, "t")
        for turn in range(turns):
            begun = time.monotonic()
            talk.ask(f"Question {turn}: how are you today, and what is the weather like?", lambda _: None)
            seconds.append(time.monotonic() - begun)
            memory.append(psutil.Process().memory_info().rss / 1e6)
    size = sum(path.stat().st_size for path in homespun_home.glob("state.sqlite*"))
    third = turns // 3
    middle, last = statistics.median(seconds[third:-third]), statistics.median(seconds[-third:])
    for name, value in (
        ("seconds a turn, middle third", round(middle, 4)),
        ("seconds a turn, last third", round(last, 4)),
        ("memory in MB, at a third", round(memory[third])),
        ("memory in MB, at the end", round(memory[-1])),
        ("state.sqlite in kB", round(size / 1e3)),
    ):
        record_property(name, value)
    assert len(_thread(homespun_home)) == 2 * turns
    # Every checkpoint is kept, and a turn costs about as much as it says; the write-ahead log is 4 MB.
    assert size < turns * 20_000 + 5_000_000
    assert last < 4 * middle
    assert memory[-1] - memory[third] < 100
    check_state(homespun_home / "state.sqlite")

"""Conversations whose process is killed at random moments, again and again: nothing answered is lost.

The moments come of the seed that the test prints; HOMESPUN_KILL_SEED sets another one.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from graphs.chatbot import build
from graphs.chatbot.learned import learned
from graphs.memories.book import Book
from graphs.persistence import open_state
from models import ChatScripted

TALKER = str(Path(__file__).with_name("talker.py"))
SEED = int(os.environ.get("HOMESPUN_KILL_SEED", "1"))
USERS = {"ada 1": "ada", "ada 2": "ada", "ben 1": "ben", "ben 2": "ben"}


class Told:
    """What the processes said they had asked and answered, by thread, and remembered, by question."""

    def __init__(self) -> None:
        self.asked: dict[str, list[str]] = {thread: [] for thread in USERS}
        self.answered: dict[str, list[str]] = {thread: [] for thread in USERS}
        self.learned: dict[str, list[str]] = {}
        self.settled = 0

    def hear(self, said: str) -> int:
        """Takes up the lines of one process; a line that was cut off said nothing. Returns its answers."""
        answers = 0
        for line in said.splitlines(keepends=True):
            if not line.endswith("\n"):
                continue
            heard = json.loads(line)
            self.settled += heard.get("settled", False)
            if "asked" in heard:
                self.asked[heard["thread"]].append(heard["asked"])
            if "answer" in heard:
                assert heard["answer"] == _answer(heard["question"])
                self.answered[heard["thread"]].append(heard["question"])
                self.learned[heard["question"]] = heard["learned"]
                answers += 1
        return answers


def _answer(question: str) -> str:
    return f"I heard: {question}"


def _copy(file: Path) -> Path:
    """The file as the killed process left it: who opens the original has it mended."""
    folder = file.parent / "copy"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for path in file.parent.glob(f"{file.name}*"):
        shutil.copy(path, folder)
    return folder / file.name


def _check_kept(file: Path, told: Told, *, settled: bool) -> list[str]:
    """All that was answered is there, once and in order; returns the steps at which threads stand."""
    waiting = []
    with open_state(file) as state:
        graph = build(ChatScripted(script=["x"]), checkpointer=state.saver, store=state.store)
        for thread in USERS:
            held = graph.get_state({"configurable": {"thread_id": thread}})
            waiting += ["+".join(sorted(task.name for task in held.tasks)) or "between turns"]
            messages = held.values.get("messages", [])
            said = [(message.type, str(message.text)) for message in messages]
            if settled:
                assert not held.tasks
                assert len(said) % 2 == 0
            pairs = [(said[at], said[at + 1]) for at in range(0, len(said) - 1, 2)]
            questions = [question for (_, question), _ in pairs]
            for (who, question), (other, answer) in pairs:
                assert (who, other) == ("human", "ai")
                # Where nobody was told of the answer it may be silence.
                silenced = answer == "" and question not in told.answered[thread]
                assert silenced or answer == _answer(question)
            # Each once, in the order in which they were asked, and none that nobody asked.
            assert questions == [question for question in told.asked[thread] if question in questions]
            assert len(set(questions)) == len(questions)
            assert [one for one in questions if one in told.answered[thread]] == told.answered[thread]
            # What the turn did last is the note on its answer.
            for before, after in itertools.pairwise(messages):
                if before.text in told.learned and after.type == "ai":
                    assert learned(after) == told.learned[before.text]
            if len(said) % 2:
                assert said[-1] == ("human", told.asked[thread][-1])
        for user in set(USERS.values()):
            kept = [memory.text for memory in Book(state.store, user).all()]
            own = [thread for thread, of in USERS.items() if of == user]
            answered = [question for thread in own for question in told.answered[thread]]
            assert {text for question in answered for text in told.learned[question]} <= set(kept)
            assert len(set(kept)) == len(kept)
            assert set(kept) <= {question for thread in own for question in told.asked[thread]}
    return waiting


def _wait_for_answer(out: Path) -> None:
    deadline = time.monotonic() + 60
    while '"answer"' not in out.read_text().rpartition("\n")[0]:
        assert time.monotonic() < deadline, "nobody was answered"
        time.sleep(0.002)


@pytest.mark.parametrize("kills", [6, pytest.param(50, marks=pytest.mark.stress)])
def test_after_a_kill_at_any_moment_all_that_was_answered_is_there_and_threads_go_on(
    zygote: Any,
    file: Path,
    check_state: Callable[[Path], None],
    kills: int,
    record_property: Callable[[str, object], None],
) -> None:
    print(f"HOMESPUN_KILL_SEED={SEED}")  # noqa: T201
    random, told, seen, answers = Random(SEED), Told(), Counter[str](), []
    number = 0

    def start(turns: int) -> int:
        nonlocal number
        number += 1
        way = random.choice(["threads", "loop"])
        return zygote.start(TALKER, str(file), str(number), str(turns), way)

    def finish() -> float:
        """A whole process: it settles what was left and is answered in each thread. Gives its seconds."""
        begun = time.monotonic()
        assert zygote.wait(start(1)) == 0, zygote.err.read_text()
        took = time.monotonic() - begun
        assert zygote.err.read_text() == ""
        assert told.hear(zygote.out.read_text()) == len(USERS)
        assert set(_check_kept(_copy(file), told, settled=True)) == {"between turns"}
        check_state(_copy(file))
        return took

    finish()  # the first one also makes the file
    took = finish()
    for kill in range(kills):
        process = start(0)
        if kill % 2:  # on a busy machine few would come as far by chance
            _wait_for_answer(zygote.out)
        time.sleep(random.uniform(0, took))
        assert zygote.kill(process, signal.SIGKILL) == -signal.SIGKILL, zygote.err.read_text()
        assert zygote.err.read_text() == ""
        answers.append(told.hear(zygote.out.read_text()))
        check_state(_copy(file))
        seen.update(_check_kept(_copy(file), told, settled=False))
        # Now and then the next process is killed too, maybe while it settles what this one left.
        if kill == kills - 1 or random.random() < 0.5:
            took = finish()
    record_property("seed", SEED)
    record_property("where threads stood when they were killed", dict(seen))
    record_property("settled", told.settled)
    record_property("answers before each kill", answers)
    assert all(answers[1::2])

"""Recordings: a turn of a thread becomes a sample, once."""

from __future__ import annotations

from pathlib import Path

import pytest

from evals.recordings import add, read, turn
from homespun.errors import UsageError

THREAD = [
    {"role": "user", "content": "I'm Ada."},
    {"role": "assistant", "content": "Hello, Ada."},
    {"role": "user", "content": "Who am I?"},
    {"role": "assistant", "content": "You're Bob."},
    {"role": "user", "content": "Really?"},
]


def test_the_last_answered_question_is_recorded_with_all_that_was_said_before_it() -> None:
    recording = turn(THREAD, reject=["bob"], thread="t1")
    assert [message["content"] for message in recording.messages] == ["I'm Ada.", "Hello, Ada.", "Who am I?"]
    assert recording.answer == "You're Bob."


def test_a_question_is_chosen_by_its_number() -> None:
    assert turn(THREAD, 1).answer == "Hello, Ada."


@pytest.mark.parametrize(
    ("at", "line"), [(3, "Question 3 has no answer"), (4, "no number 4"), (0, "no number 0")]
)
def test_a_question_that_cannot_be_recorded_is_said_clearly(at: int, line: str) -> None:
    with pytest.raises(UsageError, match=line):
        turn(THREAD, at)


def test_a_thread_without_an_answer_has_nothing_to_record() -> None:
    with pytest.raises(UsageError, match="Nothing in this thread"):
        turn(THREAD[:1])


def test_a_pattern_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="not a regular expression"):
        turn(THREAD, accept=["(ada"])


def test_a_turn_is_added_once_and_read_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "new" / "recorded.jsonl"
    first, second = turn(THREAD, 1, note="greets ünïcode\u2028"), turn(THREAD, 2)
    assert [add(path, first), add(path, second), add(path, first)] == [True, True, False]
    assert read(path) == [first, second]


def test_a_line_that_is_no_recording_is_named(tmp_path: Path) -> None:
    path = tmp_path / "recorded.jsonl"
    add(path, turn(THREAD, 1))
    with path.open("a") as stream:
        stream.write('{"messages": [], "answer": "x"}\n')
    with pytest.raises(UsageError, match="line 2"):
        read(path)


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        ('{"text": "a"}', "it has no 'messages' and no 'answer'; a recording has no field 'text'"),
        ('{"messages": [], "answer": "x"}', "messages: list should have at least 1 item"),
        ('{"messages": [{"role": "user", "content": "q"}], "answer": "x", "accept": ["("]}', "accept: '\\('"),
        (
            '{"messages": [{"role": "assistant", "content": "q"}], "answer": "x"}',
            "messages: the last message",
        ),
    ],
)
def test_the_field_that_is_wrong_is_named(tmp_path: Path, row: str, wrong: str) -> None:
    path = tmp_path / "recorded.jsonl"
    path.write_text(row)
    with pytest.raises(UsageError, match=f"line 1, is not a recording: {wrong}"):
        read(path)

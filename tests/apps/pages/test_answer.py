from __future__ import annotations

import threading
import time
from itertools import pairwise
from typing import Any

import pytest

from apps.pages import threads
from apps.pages.answer import INTERVAL, Answer, Reader, Running, one_line
from apps.pages.context import PageContext
from apps.signature import answered_by


@pytest.fixture
def graph(context: PageContext) -> Any:
    return context.graph(context.model)


def texts(graph: Any) -> list[str]:
    return [message.text for message in threads.read(graph, "t")]


def test_the_text_grows_and_ends_whole(graph: Any) -> None:
    seen = list(Answer(graph, "t", "Hello there", model="m").updates())
    assert len(seen) > 2
    assert all(later.startswith(earlier) for earlier, later in pairwise(seen))
    assert seen[-1] == "Hello! How can I help you today?"
    assert texts(graph) == ["Hello there", seen[-1]]


def test_updates_come_no_faster_than_the_eye(graph: Any) -> None:
    started = time.monotonic()
    seen = list(Answer(graph, "t", "Quick", model="m").updates())
    # 600 words, without a pause between them.
    assert len(seen) <= (time.monotonic() - started) / INTERVAL + 2
    assert seen[-1].endswith("599")


def test_stopping_keeps_the_partial_text_in_the_thread(graph: Any) -> None:
    answer = Answer(graph, "t", "Count", model="m")
    updates = answer.updates()
    for text in updates:
        if text.count(",") >= 3:
            answer.stop()
            break
    last = list(updates)[-1]
    assert answer.stopped
    assert answer.error is None
    assert last.startswith("1, 2, 3,")
    assert len(last) < 100
    assert texts(graph) == ["Count", last]
    assert not graph.get_state(threads.config("t")).next


def test_a_reader_that_goes_away_stops_nothing_and_another_sees_it_all(graph: Any) -> None:
    answer = Answer(graph, "t", "Hello there", model="m")
    updates = answer.updates()
    next(updates)
    updates.close()
    reader = Reader()
    left = answer.updates(reader)
    next(left)
    reader.left = True
    assert list(left) == []
    assert list(answer.updates())[-1] == "Hello! How can I help you today?"
    assert not answer.stopped
    assert texts(graph) == ["Hello there", "Hello! How can I help you today?"]


def test_answers_are_kept_as_far_as_they_are_when_the_server_ends(graph: Any) -> None:
    running = Running()
    answer = running.start(graph, "t", "Count", model="m")
    assert answer is not None
    next(answer.updates())
    running.close()
    assert texts(graph)[1].startswith("1,")
    assert not graph.get_state(threads.config("t")).next


def test_stopping_before_the_first_word_leaves_a_thread_that_goes_on(graph: Any) -> None:
    answer = Answer(graph, "t", "Count", model="m")
    answer.stop()
    list(answer.updates())
    assert [*Answer(graph, "t", "other", model="m").updates()][-1] == "I see."
    assert [text for text in texts(graph) if text][-2:] == ["other", "I see."]


def test_an_error_is_one_line_and_the_question_stays(graph: Any, caplog: pytest.LogCaptureFixture) -> None:
    answer = Answer(graph, "t", "Fail", model="m")
    assert list(answer.updates()) == [""]
    assert answer.error == "RuntimeError: out of wool"
    assert "Traceback" in caplog.text
    assert texts(graph) == ["Fail"]


def test_what_was_said_before_an_error_is_kept(graph: Any) -> None:
    answer = Answer(graph, "t", "Break", model="m")
    said = list(answer.updates())[-1]
    assert answer.error == "RuntimeError: out of wool"
    assert said
    assert texts(graph) == ["Break", said]


def test_every_answer_is_signed_whatever_the_model_says_of_itself(graph: Any, context: PageContext) -> None:
    stopped = Answer(graph, "t", "Count", model="m")
    updates = stopped.updates()
    next(updates)
    stopped.stop()
    list(updates)
    list(Answer(graph, "t", "Break", model="n").updates())
    list(Answer(graph, "t", "other", model="o").updates())
    answers = threads.read(graph, "t")[1::2]
    assert list(map(answered_by, answers)) == ["m", "n", "o"]
    assert answers[2].response_metadata["model_name"] == context.model
    assert answers[0].response_metadata["finish_reason"] == "cancelled"
    assert not graph.get_state(threads.config("t")).next


def test_a_failure_before_the_first_word_signs_nothing(graph: Any) -> None:
    list(Answer(graph, "t", "Break", model="m").updates())
    list(Answer(graph, "t", "Fail", model="n").updates())
    assert list(map(answered_by, threads.read(graph, "t"))) == ["", "m", ""]


def test_a_model_with_a_name_of_its_own_is_one_model_stopped_or_not(graph: Any) -> None:
    address = "ollama:llama3.2"  # the model itself says something else, as providers' do
    list(Answer(graph, "t", "other", model=address).updates())
    stopped = Answer(graph, "t", "Count", model=address)
    updates = stopped.updates()
    next(updates)
    stopped.stop()
    list(updates)
    said = threads.read(graph, "t")
    assert not [entry for entry in threads.display(said) if "Answered by" in entry["content"]]
    assert threads.last_model(said) == threads.last_model(said[:2]) == address


def test_one_answer_a_thread(graph: Any) -> None:
    running = Running()
    first = running.start(graph, "t", "Count", model="m")
    assert first is not None
    assert running.start(graph, "t", "Hello", model="m") is None
    other = running.start(graph, "u", "other", model="m")
    assert other is not None
    assert not running.free("t", 0.01)
    assert running.stop("t")
    assert running.free("t", 5)
    assert other.wait(5)
    assert not running.stop("t")
    assert texts(graph)[0] == "Count"


def test_a_thread_that_is_held_is_not_answered_by_others(graph: Any) -> None:
    running = Running()
    with running.hold("t", 0) as free:
        assert free
        assert running.start(graph, "t", "Hello", model="m") is None
        with running.hold("t", 0) as again:
            assert not again
        answer = running.start(graph, "t", "Count", model="m", held=True)
        assert answer is not None
    with running.hold("t", 0) as free:
        assert not free
    running.close()
    with running.hold("t", 0) as free:
        assert free


def test_sessions_do_not_mix(graph: Any) -> None:
    running = Running()
    names = [f"thread {i}" for i in range(6)]
    answers = [running.start(graph, name, f"Hello from {name}", model="m") for name in names]
    assert all(answer is not None and answer.wait(20) for answer in answers)
    for name in names:
        assert threads.read(graph, name)[0].text == f"Hello from {name}"
        assert len(threads.read(graph, name)) == 2
    assert all(running.free(name, 0) for name in names)
    assert not [t for t in threading.enumerate() if t.name == "homespun-answer" and t.is_alive()]


def test_a_failure_of_a_provider_is_told_with_what_to_do(caplog: pytest.LogCaptureFixture) -> None:
    from langchain_core.exceptions import ModelRateLimitError

    told = one_line(ModelRateLimitError("Slow down."))
    assert told == "The model's provider takes no more requests for now: Slow down. Wait, or raise the quota."
    assert not caplog.records  # no defect of this program

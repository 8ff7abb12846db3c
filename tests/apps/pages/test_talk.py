from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest

from apps.pages import threads
from apps.pages.context import KNOBS, PageContext
from apps.pages.talk import Talk
from homespun.errors import ModelNotFound

RESTING = tuple(KNOBS.values())
NOTHING = [{"__type__": "update"}] * 4
HERE: Any = SimpleNamespace(session_hash="here")


@pytest.fixture
def talk(context: PageContext) -> Talk:
    return Talk(context)


def said(talk: Talk, thread: str = "t") -> list[str]:
    graph = talk.context.graph(talk.context.model)
    return [message.text for message in threads.read(graph, thread)]


def send(talk: Talk, text: str, thread: str = "t", chat: Any = ()) -> list[Any]:
    return final(talk.send(HERE, text, list(chat), thread, talk.context.model, *RESTING))


def final(updates: Iterable[list[Any]]) -> list[Any]:
    """The last update that changes something, or one that changes nothing."""
    every = list(updates)
    return next((update for update in reversed(every) if update != NOTHING), NOTHING)


def contents(update: list[Any]) -> list[str]:
    return [message["content"] for message in update[0]]


def test_an_answer_streams_and_the_button_changes(talk: Talk) -> None:
    updates = list(talk.send(HERE, " Hello ", [], "t", talk.context.model, *RESTING))
    first, last = updates[0], final(updates)
    assert contents(first) == ["Hello", "…"]
    assert first[1] == {"__type__": "update", "submit_btn": False, "stop_btn": True, "value": ""}
    assert contents(last) == ["Hello", "Hello! How can I help you today?"]
    assert (last[1]["submit_btn"], last[1]["stop_btn"]) == (True, False)
    assert "value" not in last[1]  # what is being typed meanwhile stays
    assert last[2]["choices"] == [("Hello", "t")]
    assert last[2]["value"] == "t"


@pytest.mark.parametrize("text", ["", " \n "])
def test_an_empty_message_is_ignored_with_a_hint(talk: Talk, text: str) -> None:
    with pytest.warns(UserWarning, match="Write a message first"):
        last = send(talk, text)
    assert last == NOTHING
    assert said(talk) == []


def test_a_huge_message_is_refused_and_stays_in_the_box(talk: Talk) -> None:
    last = send(talk, "one")
    for _ in range(2):
        last = send(talk, "x" * 2**20, chat=last[0])
    assert contents(last)[:2] == said(talk) == ["one", "I see."]
    (notice,) = contents(last)[2:]
    assert "1,048,576 characters" in notice
    assert last[1] == {"__type__": "update"}


def test_stop_keeps_the_partial_text_on_the_page_and_in_the_thread(talk: Talk) -> None:
    updates = talk.send(HERE, "Count", [], "t", talk.context.model, *RESTING)
    for update in updates:
        if contents(update)[-1].startswith("1, 2,"):
            talk.stop("t")
            break
    last = final(updates)
    assert contents(last) == said(talk)
    assert contents(last)[1].startswith("1, 2,")
    assert len(contents(last)[1]) < 100


def test_retry_replaces_the_answer(talk: Talk) -> None:
    send(talk, "one")
    send(talk, "two")
    last = final(talk.retry(HERE, [], "t", talk.context.model, *RESTING))
    assert contents(last) == said(talk) == ["one", "I see.", "two", "I see."]


def test_retry_after_an_error_asks_again(talk: Talk) -> None:
    last = send(talk, "Fail")
    assert contents(last) == ["Fail", "⚠ RuntimeError: out of wool"]
    last = final(talk.retry(HERE, last[0], "t", talk.context.model, *RESTING))
    assert contents(last) == ["Fail", "⚠ RuntimeError: out of wool"]
    assert said(talk) == ["Fail"]


def test_retry_without_a_question_says_so(talk: Talk) -> None:
    last = final(talk.retry(HERE, [], "t", talk.context.model, *RESTING))
    assert contents(last) == ["⚠ There is no question to answer again."]


def test_undo_gives_the_question_back(talk: Talk) -> None:
    send(talk, "one")
    last = send(talk, "two")
    chat, box, *_ = talk.undo(last[0], "t", talk.context.model, *RESTING)
    assert [message["content"] for message in chat] == said(talk) == ["one", "I see."]
    assert box["value"] == "two"


def test_editing_asks_anew_from_there(talk: Talk) -> None:
    for text in ("one", "two", "three"):
        last = send(talk, text)
    edited: Any = SimpleNamespace(index=2, value="Hello <\u2060b>")
    last = final(talk.edit(HERE, edited, last[0], "t", talk.context.model, *RESTING))
    assert said(talk) == ["one", "I see.", "Hello <b>", "Hello! How can I help you today?"]
    assert len(contents(last)) == 4


def test_editing_to_nothing_changes_nothing(talk: Talk) -> None:
    last = send(talk, "one")
    edited: Any = SimpleNamespace(index=0, value="  ")
    with pytest.warns(UserWarning, match="Write a message first"):
        last = final(talk.edit(HERE, edited, last[0], "t", talk.context.model, *RESTING))
    assert contents(last) == said(talk) == ["one", "I see."]


def test_a_model_that_cannot_be_had_is_told_in_the_chat(talk: Talk) -> None:
    last = final(talk.send(HERE, "hi", [], "t", "scripted:/nowhere.json", *RESTING))
    (notice,) = contents(last)
    assert notice.startswith("⚠ ")
    assert "\n" not in notice


def test_without_a_model_the_page_says_how_to_get_one(talk: Talk) -> None:
    last = final(talk.send(HERE, "hi", [], "t", None, *RESTING))
    assert "homespun train home-nano" in contents(last)[0]


def test_changing_the_model_keeps_the_thread(context: PageContext, tmp_path: Any) -> None:
    other = tmp_path / "other.json"
    other.write_text('[{"text": "Another voice.", "repeat": true}]', encoding="utf-8")
    talk = Talk(context)
    send(talk, "one")
    last = final(talk.send(HERE, "two", [], "t", f"scripted:{other}", *RESTING))
    assert said(talk) == ["one", "I see.", "two", "Another voice."]
    assert [text.partition("\n\n")[0] for text in contents(last)] == said(talk)
    for place, name in ((1, context.model), (3, f"scripted:{other}")):
        assert contents(last)[place].endswith(f'<div class="foot"><p>Answered by {name}</p></div>')


def test_a_thread_is_opened_with_the_model_that_answered_there_last(context: PageContext) -> None:
    talk = Talk(dataclasses.replace(context, models=["first", context.model], model="first"))
    send_as = context.model
    final(talk.send(HERE, "one", [], "t", send_as, *RESTING))
    for update in (talk.load(HERE, "t", send_as), talk.open(HERE, "t", send_as)):
        assert update[-1] == {"__type__": "update", "value": context.model}
    # A new chat goes on with what is chosen; a model that isn't on offer gives way to the settings' one.
    assert talk.load(HERE, "new", send_as)[-1] == talk.new(HERE)[-1] == {"__type__": "update"}
    talk = Talk(dataclasses.replace(context, models=["first", "second"], model="second"))
    assert talk.open(HERE, "t", send_as)[-1]["value"] == "second"


def test_the_address_of_a_model_with_a_name_of_its_own_is_chosen_again(context: PageContext) -> None:
    # Asked at another address than the scripted model tells.
    graph = context.graph(context.model)
    address = "ollama:llama3.2"
    offered = {"models": ["first", address], "model": "first"}
    made = dataclasses.replace(context, **offered, graph=lambda _: graph, check=lambda *_: None)
    final(Talk(made).send(HERE, "one", [], "t", address, *RESTING))
    assert Talk(made).open(HERE, "t", "first")[-1]["value"] == address


def test_only_the_sampling_that_a_model_takes_reaches_it(context: PageContext) -> None:
    seen: dict[str, Any] = {}

    class Graph:
        def __getattr__(self, name: str) -> Any:
            return getattr(context.graph(context.model), name)

        def stream(self, *given: Any, **more: Any) -> Any:
            seen.update(more["context"].sampling)
            return context.graph(context.model).stream(*given, **more)

    known = {"temperature": 0.5, "top_k": 3, "seed": None}
    changed = dataclasses.replace(context, graph=lambda _: Graph(), sampling=lambda _: known)
    talk = Talk(changed)
    last = final(talk.send(HERE, "one", [], "t", context.model, 0.25, 0.9, 7.0, 1.5, 99, " 12 "))
    assert seen == {"temperature": 0.25, "top_k": 7, "seed": 12}
    assert isinstance(seen["top_k"], int)
    last = final(talk.send(HERE, "two", [], "t", context.model, 0.25, 0.9, 7.0, 1.5, 99, "dozen"))
    assert last[1]["value"] == "two"
    assert said(talk) == ["one", "I see."]
    assert contents(last)[-1] == "⚠ The seed is to be a whole number, not 'dozen'."


def test_a_reload_shows_the_thread_of_the_address(talk: Talk) -> None:
    send(talk, "one")
    *shown, thread, _ = talk.load(HERE, "t", talk.context.model)
    assert thread == "t"
    assert contents(shown) == ["one", "I see."]


def test_nothing_can_be_said_before_the_page_has_its_thread(talk: Talk) -> None:
    assert send(talk, "too soon", thread="") == NOTHING
    _, box, *_ = talk.load(HERE, "", talk.context.model)
    assert box["interactive"]
    *_, thread, _ = talk.load(HERE, "", talk.context.model)
    assert contents(send(talk, "now", thread=thread)) == ["now", "I see."]


@pytest.mark.parametrize("name", ["", " ", "x" * 200, "a\nb"])
def test_an_address_without_a_thread_starts_a_new_one(talk: Talk, name: str) -> None:
    first, second = talk.load(HERE, name, talk.context.model), talk.load(HERE, name, talk.context.model)
    assert first[0] == []
    assert first[-2] != second[-2]


def test_deleting_removes_the_thread_and_stops_its_answer(talk: Talk) -> None:
    send(talk, "keep me", thread="u")
    updates = talk.send(HERE, "Count", [], "t", talk.context.model, *RESTING)
    next(updates), next(updates)  # the second one comes with the first words
    chat, _, chats, _, thread, _ = talk.delete(HERE, "t")
    updates.close()
    assert chat == []
    assert thread not in ("t", "u")
    assert chats["choices"] == [("keep me", "u")]
    assert said(talk) == []


def test_turning_to_another_chat_stops_the_answer_and_keeps_it(talk: Talk) -> None:
    updates = talk.send(HERE, "Count", [], "t", talk.context.model, *RESTING)
    elsewhere = talk.send(
        SimpleNamespace(session_hash="there"), "Count", [], "u", talk.context.model, *RESTING
    )
    next(elsewhere), next(elsewhere)
    for update in updates:
        if contents(update)[-1].startswith("1, 2,"):
            break
    talk.new(HERE)
    # What comes after must not paint over the new chat.
    assert list(updates) in ([NOTHING], [])
    assert talk.running.free("t", 5)
    assert said(talk)[1].startswith("1, 2,")
    assert not talk.running.free("u", 0)
    elsewhere.close()
    assert talk.running.free("u", 5)


def test_others_chats_are_not_listed_where_the_page_is_served_to_others(context: PageContext) -> None:
    talk = Talk(dataclasses.replace(context, history=False))
    last = send(talk, "one")
    assert last[2] == {"__type__": "update"}
    assert len(talk.new(HERE)[-2]) >= 24


def test_a_list_that_cannot_be_read_does_not_lose_the_answer(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: Any) -> Any:
        raise ModelNotFound("no list")

    monkeypatch.setattr("apps.pages.talk.list_threads", broken)
    assert contents(send(talk, "one")) == ["one", "I see."]
    assert "no list" in caplog.text

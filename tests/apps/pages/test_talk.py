from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest

from apps.pages import threads
from apps.pages.chats import Chats
from apps.pages.context import KNOBS, PageContext
from apps.pages.feedback import FeedbackForm
from apps.pages.keep import Keep
from apps.pages.memory import MemoryPanel
from apps.pages.talk import OUTPUTS, Talk
from graphs.feedback import FeedbackBook
from graphs.threads import Threads
from homespun.errors import HomespunError, ModelNotFound

RESTING = tuple(KNOBS.values())
NOTHING = [{"__type__": "update"}] * len(OUTPUTS)
HERE: Any = SimpleNamespace(session_hash="here", username=None)
ADA: Any = SimpleNamespace(session_hash="hers", username="ada")
BOB: Any = SimpleNamespace(session_hash="his", username="bob")
EVE: Any = SimpleNamespace(session_hash="another", username="eve")


@pytest.fixture
def talk(context: PageContext) -> Talk:
    return Talk(context)


@pytest.fixture
def known(context: PageContext) -> Talk:
    """The same where people log in."""
    return Talk(dataclasses.replace(context, users=True, owner=False, keep=None))


def said(talk: Talk, thread: str = "t") -> list[str]:
    graph = talk.context.graph(talk.context.model)
    return [message.text for message in threads.read(graph, thread)]


def send(talk: Talk, text: str, thread: str = "t", chat: Any = ()) -> list[Any]:
    return final(talk.send(HERE, text, list(chat), thread, talk.context.model, *RESTING))


def final(updates: Iterable[list[Any]]) -> list[Any]:
    """The last update that changes something, or one that changes nothing."""
    every = list(updates)
    return next((update for update in reversed(every) if update != NOTHING), NOTHING)


def shown(update: list[Any]) -> list[dict[str, Any]]:
    chat = update[0]
    return list(chat["value"]) if isinstance(chat, dict) else list(chat)


def contents(update: list[Any]) -> list[str]:
    return [message["content"] for message in shown(update)]


def at(index: int, **more: Any) -> Any:
    return SimpleNamespace(index=index, **more)


def retry(talk: Talk, chat: Any = (), index: int = 99, thread: str = "t") -> list[Any]:
    return final(talk.retry(HERE, at(index), list(chat), thread, talk.context.model, *RESTING))


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
        last = send(talk, "x" * 2**20, chat=shown(last))
    assert contents(last)[:2] == said(talk) == ["one", "I see."]
    (notice,) = contents(last)[2:]
    assert "1,048,576 characters" in notice
    assert last[1] == {"__type__": "update"}


def test_stop_keeps_the_partial_text_on_the_page_and_in_the_thread(talk: Talk) -> None:
    updates = talk.send(HERE, "Count", [], "t", talk.context.model, *RESTING)
    for update in updates:
        if contents(update)[-1].startswith("1, 2,"):
            talk.stop(HERE, "t")
            break
    last = final(updates)
    assert contents(last) == said(talk)
    assert contents(last)[1].startswith("1, 2,")
    assert len(contents(last)[1]) < 100


def test_retry_replaces_the_answer(talk: Talk) -> None:
    send(talk, "one")
    send(talk, "two")
    last = retry(talk)
    assert said(talk) == ["one", "I see.", "two", "I see."]
    assert [text.partition("\n\n")[0] for text in contents(last)] == said(talk)


def test_an_earlier_answer_is_given_anew_and_both_branches_stay(talk: Talk) -> None:
    for text in ("one", "two"):
        send(talk, text)
    last = retry(talk, index=0)
    assert said(talk) == ["one", "I see."]
    foot = contents(last)[1]
    assert '<span class="none">›</span>' in foot
    assert "2/2" in foot
    (there,) = re.findall(r'href="#branch-([^"]+)"', foot)
    back = talk.branch(HERE, there, [], "t", talk.context.model)
    assert said(talk) == ["one", "I see.", "two", "I see."]
    assert "1/2" in contents(back)[1]
    assert talk.branch(HERE, "", [], "t", talk.context.model) == NOTHING
    gone = talk.branch(HERE, "nobody", shown(back), "t", talk.context.model)
    assert contents(gone)[-1].startswith("⚠ There is no message")


def test_retry_after_an_error_asks_again(talk: Talk) -> None:
    last = send(talk, "Fail")
    assert contents(last) == ["Fail", "⚠ RuntimeError: out of wool"]
    last = retry(talk, shown(last))
    assert contents(last) == ["Fail", "⚠ RuntimeError: out of wool"]
    assert said(talk) == ["Fail"]


def test_retry_without_a_question_says_so(talk: Talk) -> None:
    last = retry(talk)
    assert contents(last) == ["⚠ There is no question to answer again."]


def test_undo_gives_the_question_back(talk: Talk) -> None:
    send(talk, "one")
    last = send(talk, "two")
    update = talk.undo(HERE, shown(last), "t", talk.context.model, *RESTING)
    assert contents(update) == said(talk) == ["one", "I see."]
    assert update[1]["value"] == "two"


def test_editing_asks_anew_from_there(talk: Talk) -> None:
    for text in ("one", "two", "three"):
        last = send(talk, text)
    edited = at(2, value="Hello <\u2060b>")
    last = final(talk.edit(HERE, edited, shown(last), "t", talk.context.model, *RESTING))
    assert said(talk) == ["one", "I see.", "Hello <b>", "Hello! How can I help you today?"]
    assert len(contents(last)) == 4


def test_editing_to_nothing_changes_nothing(talk: Talk) -> None:
    last = send(talk, "one")
    edited = at(0, value="  ")
    with pytest.warns(UserWarning, match="Write a message first"):
        last = final(talk.edit(HERE, edited, shown(last), "t", talk.context.model, *RESTING))
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
    chats = Chats(talk)
    for update in (chats.load(HERE, "t", send_as), chats.open(HERE, "t", send_as)):
        assert update[-1] == {"__type__": "update", "value": context.model}
    # A new chat goes on with what is chosen; a model that isn't on offer gives way to the settings' one.
    assert chats.load(HERE, "new", send_as)[-1] == chats.new(HERE)[-1] == {"__type__": "update"}
    chats = Chats(Talk(dataclasses.replace(context, models=["first", "second"], model="second")))
    assert chats.open(HERE, "t", send_as)[-1]["value"] == "second"


def test_the_address_of_a_model_with_a_name_of_its_own_is_chosen_again(context: PageContext) -> None:
    # Asked at another address than the scripted model tells.
    graph = context.graph(context.model)
    address = "ollama:llama3.2"
    offered = {"models": ["first", address], "model": "first"}
    made = dataclasses.replace(context, **offered, graph=lambda _: graph, check=lambda *_: None)
    final(Talk(made).send(HERE, "one", [], "t", address, *RESTING))
    assert Chats(Talk(made)).open(HERE, "t", "first")[-1]["value"] == address


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
    *update, thread, _ = Chats(talk).load(HERE, "t", talk.context.model)
    assert thread == "t"
    assert contents(update) == ["one", "I see."]


def test_nothing_can_be_said_before_the_page_has_its_thread(talk: Talk) -> None:
    assert send(talk, "too soon", thread="") == NOTHING
    chats = Chats(talk)
    _, box, *_ = chats.load(HERE, "", talk.context.model)
    assert box["interactive"]
    *_, thread, _ = chats.load(HERE, "", talk.context.model)
    assert contents(send(talk, "now", thread=thread)) == ["now", "I see."]


@pytest.mark.parametrize("name", ["", " ", "x" * 200, "a\nb"])
def test_an_address_without_a_thread_starts_a_new_one(talk: Talk, name: str) -> None:
    first, second = (Chats(talk).load(HERE, name, talk.context.model) for _ in range(2))
    assert contents(first) == []
    assert first[-2] != second[-2]


def test_deleting_removes_the_thread_and_stops_its_answer(talk: Talk) -> None:
    send(talk, "keep me", thread="u")
    updates = talk.send(HERE, "Count", [], "t", talk.context.model, *RESTING)
    next(updates), next(updates)  # the second one comes with the first words
    chats = Chats(talk)
    update, gone = chats.delete(HERE, "t")
    assert final(updates) == NOTHING or contents(final(updates)) != []
    assert gone == "t"
    assert contents(update) == []
    assert update[-2] not in ("t", "u")
    assert update[2]["choices"] == [("keep me", "u")]
    assert chats.open(HERE, "t", talk.context.model)[-2] != "t"
    back = chats.restore(HERE, "t", talk.context.model)
    assert contents(back) == said(talk)
    assert said(talk)[1].startswith("1,")


def test_turning_to_another_chat_leaves_the_answer_running_and_coming_back_shows_it(talk: Talk) -> None:
    updates = talk.send(HERE, "Count", [], "t", talk.context.model, *RESTING)
    for update in updates:
        if contents(update)[-1].startswith("1, 2,"):
            break
    chats = Chats(talk)
    chats.new(HERE)
    # What comes after must not paint over the new chat.
    assert all(update == NOTHING for update in updates)
    assert not talk.running.free("t", 0)
    opened = chats.open(HERE, "t", talk.context.model)
    assert contents(opened) == ["Count"]
    attached = talk.attach(HERE, shown(opened), "t")
    first = next(attached)
    assert contents(first)[0] == "Count"
    assert contents(first)[1].startswith("1, 2,")
    assert (first[1]["submit_btn"], first[1]["stop_btn"]) == (False, True)
    other = SimpleNamespace(session_hash="there", username=None)
    also = talk.attach(other, [], "t")
    assert contents(next(also))[1].startswith("1, 2,")
    talk.stop(HERE, "t")
    for last in (final(attached), final(also)):
        assert contents(last) == said(talk)
    assert list(talk.attach(HERE, [], "t")) == [NOTHING]


def test_nobody_reads_stops_or_changes_another_users_chat(known: Talk) -> None:
    talk = known
    updates = talk.send(ADA, "Count", [], "t", talk.context.model, *RESTING)
    next(updates), next(updates)
    chats, model = Chats(talk), talk.context.model
    for other in (BOB, EVE):
        assert chats.open(other, "t", model)[-2] != "t"
        assert list(talk.attach(other, [], "t")) == [NOTHING]
        talk.stop(other, "t")
        for update in (
            final(talk.retry(other, at(0), [], "t", model, *RESTING)),
            talk.undo(other, [], "t", model, *RESTING),
            talk.branch(other, "x", [], "t", model),
        ):
            assert update == NOTHING or contents(update)[-1].startswith("⚠ ")
        with pytest.warns(UserWarning, match="There is no chat"):
            assert chats.export(other, "t", model, "JSON") == {}
        assert chats.delete(other, "t")[1] == ""
    assert not talk.running.of("t").stopped  # type: ignore[union-attr]
    talk.stop(ADA, "t")
    final(updates)
    assert said(talk)[0] == "Count"
    assert [title for title, _ in chats.open(ADA, "t", model)[2]["choices"]] == ["Count"]
    assert contents(final(talk.send(BOB, "hi", [], "t", model, *RESTING)))[-1].startswith("⚠ ")


def test_a_chat_is_named_found_and_exported(talk: Talk) -> None:
    send(talk, "What is <b>wool</b>?")
    chats, model = Chats(talk), talk.context.model
    assert chats.naming(HERE, "t")[1] == "What is <b>wool</b>?"
    listed, _, form = chats.rename(HERE, "t", "About wool")
    assert listed["choices"] == [("About wool", "t")]
    assert form["visible"] is False
    assert chats.find(HERE, "t", "about WOOL see")[0]["choices"] == [("About wool", "t")]
    assert chats.find(HERE, "t", "flax")[0]["choices"] == []
    file = chats.export(HERE, "t", model, "Markdown")
    assert file == {
        "name": "t.md", "type": "text/markdown",
        "text": "## You\n\nWhat is <b>wool</b>?\n\n## Model\n\nI see.\n\n",
    }  # fmt: skip
    made = json.loads(chats.export(HERE, "t", model, "JSON")["text"])
    assert [message["content"] for message in made["messages"]] == said(talk)


def test_a_thumb_is_kept_with_its_reason_and_shown_again(talk: Talk) -> None:
    form, model = FeedbackForm(talk), talk.context.model
    for text in ("one", "two"):
        send(talk, text)
    why, _, judged = form.thumb(HERE, at(3, liked="Dislike", value=""), "t", model)
    assert why["visible"] is True
    form.why(HERE, "t", judged, "too  short")
    assert form.thumb(HERE, at(1, liked=True, value=""), "t", model)[0]["visible"] is False
    kept = FeedbackBook(talk.context.state.store, "local").of("t")
    assert [(o.liked, o.question, o.answer, o.reason) for o in kept.values()] == [
        (False, "two", "I see.", "too short"),
        (True, "one", "I see.", ""),
    ]
    opened = Chats(talk).open(HERE, "t", model)
    assert opened[0]["feedback_value"] == ["Like", "Dislike"]
    form.thumb(HERE, at(1, liked="", value=""), "t", model)
    assert Chats(talk).open(HERE, "t", model)[0]["feedback_value"] == [None, "Dislike"]


def test_what_was_remembered_stands_under_the_answer_and_is_each_users_own(known: Talk) -> None:
    talk = known
    model = talk.context.model
    last = final(talk.send(ADA, "My cat is called Tom.", [], "t", model, *RESTING))
    assert contents(last)[1].endswith("<p>Remembered: My cat is called Tom.</p></div>")
    panel = MemoryPanel(talk.context)
    label, on, listed, *_ = panel.show(ADA)
    assert (label["label"], on) == ("Memory (1)", True)
    ((said_, key),) = listed["choices"]
    assert said_ == "My cat is called Tom."
    assert panel.show(BOB)[2]["choices"] == []
    assert panel.pick(ADA, key)[1] == said_
    assert panel.pick(BOB, key)[0]["visible"] is False
    assert panel.save(ADA, key, "My cat is called Max.")[2]["choices"] == [("My cat is called Max.", key)]
    assert len(panel.save(ADA, None, "I like plums.")[2]["choices"]) == 2
    with pytest.warns(UserWarning, match="no memory"):
        panel.forget(BOB, key)
    assert [one for one, _ in panel.forget(ADA, key)[2]["choices"]] == ["I like plums."]
    panel.switch(ADA, on=False)
    final(talk.send(ADA, "I live in Bergen.", [], "t2", model, *RESTING))
    assert len(panel.show(ADA)[2]["choices"]) == 1


def test_a_question_that_could_not_be_stored_returns_to_the_box(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise HomespunError("The disk is full.")

    monkeypatch.setattr("apps.pages.answer.settle", full)
    last = send(talk, "one")
    assert contents(last) == ["⚠ The disk is full."]
    assert last[1]["value"] == "one"


def test_strangers_on_an_open_page_have_no_memories_and_no_way_to_the_owners_threads(
    context: PageContext,
) -> None:
    owner = Talk(context)
    final(owner.send(HERE, "My cat is called Tom.", [], "mine", context.model, *RESTING))
    public = dataclasses.replace(context, owner=False, history=False, memory=False, keep=None)
    talk, chats = Talk(public), Chats(Talk(public))
    assert chats.open(HERE, "mine", context.model)[-2] != "mine"
    last = final(talk.send(HERE, "My dog is called Rex.", [], "theirs", context.model, *RESTING))
    assert contents(last)[1] == "I see."
    with pytest.raises(HomespunError, match="Nothing is remembered here"):
        MemoryPanel(public).show(HERE)
    assert Keep(public).choices("mine", context.model)[0] == []
    assert [info.name for info in Threads(context.state).listed()] == ["mine"]
    assert len(MemoryPanel(context).show(HERE)[2]["choices"]) == 1


def test_others_chats_are_not_listed_where_the_page_is_served_to_others(context: PageContext) -> None:
    talk = Talk(dataclasses.replace(context, history=False))
    last = send(talk, "one")
    assert last[2] == {"__type__": "update"}
    assert len(Chats(talk).new(HERE)[-2]) >= 24


def test_a_list_that_cannot_be_read_does_not_lose_the_answer(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: Any) -> Any:
        raise ModelNotFound("no list")

    monkeypatch.setattr("graphs.threads.Threads.listed", broken)
    assert contents(send(talk, "one")) == ["one", "I see."]
    assert "no list" in caplog.text

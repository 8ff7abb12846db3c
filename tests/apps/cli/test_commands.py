"""What is typed behind a slash, on a conversation with a scripted model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.cli.commands import Commands
from apps.cli.talk import Conversation
from graphs.chatbot import build
from graphs.persistence import open_state
from graphs.threads import Threads
from homespun.errors import UnknownName, UsageError
from models import ChatScripted


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[tuple[Conversation, Commands]]:
    model = ChatScripted(script=[{"text": "I see.", "repeat": True}])
    with open_state(tmp_path / "state.sqlite") as state:
        conversation = Conversation(build(model, checkpointer=state.saver, store=state.store), model, "t")
        yield conversation, Commands(conversation, Threads(state), state.store)


def test_memories_are_shown_added_forgotten_and_switched(
    talk: tuple[Conversation, Commands], capsys: pytest.CaptureFixture[str]
) -> None:
    conversation, commands = talk
    conversation.ask("My cat is called Tom.", lambda _: None)
    assert commands.run("/memories")
    key, text = capsys.readouterr().out.strip().split("  ")
    assert text == "My cat is called Tom."
    assert commands.run("/remember I like tea.")
    assert commands.run(f"/forget {key}")
    commands.run("/memories")
    assert [line.split("  ")[1] for line in capsys.readouterr().out.splitlines()] == ["I like tea."]
    commands.run("/memory off")
    assert conversation.ask("My dog is called Rex.", lambda _: None).learned == ()
    commands.run("/memory on")
    with pytest.raises(UnknownName):
        commands.run("/forget nothing")
    with pytest.raises(UsageError):
        commands.run("/remember")


def test_a_new_thread_is_begun_and_the_last_exchange_taken_back(
    talk: tuple[Conversation, Commands], capsys: pytest.CaptureFixture[str]
) -> None:
    conversation, commands = talk
    conversation.ask("one", lambda _: None)
    commands.run("/retry")
    assert capsys.readouterr().out == "I see.\n"
    commands.run("/undo")
    assert conversation.graph.get_state(conversation.config).values["messages"] == []
    commands.run("/new")
    assert conversation.thread != "t"


def test_what_is_no_command_is_said_and_an_unknown_one_is_told(
    talk: tuple[Conversation, Commands], capsys: pytest.CaptureFixture[str]
) -> None:
    _, commands = talk
    assert not commands.run("/usr/bin is a folder")
    assert not commands.run("hello")
    assert commands.run("/nonsense")
    assert "there is no /nonsense" in capsys.readouterr().err
    assert commands.run("/help")
    assert "/memories" in capsys.readouterr().out


def test_the_summary_of_a_long_thread_can_be_looked_at(
    talk: tuple[Conversation, Commands], capsys: pytest.CaptureFixture[str]
) -> None:
    conversation, commands = talk
    conversation.ask("My cat is called Tom.", lambda _: None)
    commands.run("/summary")
    assert capsys.readouterr().out == ""
    graph, config = conversation.graph, conversation.config
    answer = graph.get_state(config).values["messages"][1]
    summary = {
        "text": "They greeted.",
        "told": ["My cat is called Tom."],
        "through": answer.id,
        "messages": 2,
    }
    graph.update_state(config, {"summary": summary}, as_node="remember")
    commands.run("/summary")
    out = capsys.readouterr().out
    assert "first 2 messages, up to 'I see.'" in out
    assert out.splitlines()[1:] == ["- They greeted.", "- My cat is called Tom."]

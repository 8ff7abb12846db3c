from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.chat_models import generate_from_stream
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult

from apps import compose
from apps.acquaintances import FILE, acquaintances_file
from apps.systems import open_systems
from evals.sample import Sample
from evals.suite import Source, System
from evals.suites.long_memory import SUITE
from evals.systems import Visit
from graphs.memories.book import Book
from graphs.persistence import open_state
from graphs.sqlite.database import Database
from homespun.errors import ModelNotFound, UsageError
from homespun.settings import load_settings
from models.chat.told import known

ASKED = "Where do I live?"


class Recites(BaseChatModel):
    """Says all that the prompt tells of the user, in a sentence each, and else that it wasn't told."""

    @property
    def _llm_type(self) -> str:
        return "recites"

    def _stream(
        self, messages: list[BaseMessage], *args: Any, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        rows = [{"role": message.type, "content": message.text} for message in messages]
        said = " ".join(known(rows)) or "You haven't told me that."
        yield ChatGenerationChunk(message=AIMessageChunk(content=said))

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        return generate_from_stream(self._stream(messages))


@pytest.fixture(autouse=True)
def _parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that recites, and no encoder: memories are found by their age."""

    def missing(*args: Any, **kwargs: Any) -> Any:
        raise ModelNotFound("no encoder here")

    monkeypatch.setattr(compose, "chat_model", lambda settings, name=None, **sampling: Recites())
    monkeypatch.setattr("models.encoders.embed.LocalEmbeddings", missing)


@contextmanager
def _system() -> Iterator[System[Any]]:
    with open_systems(load_settings(memory="off")) as systems:
        yield systems.make("acquaintance", "openai:recites")


@pytest.fixture
def system() -> Iterator[System[Any]]:
    with _system() as made:
        yield made


@pytest.fixture
def plain() -> list[Sample]:
    """Users who tell plainly."""
    return [sample for sample in SUITE.samples(Source()) if sample.tags["wording"] == "plain"][:6]


def _said(system: System[Any], visits: Sequence[Visit], scene: str = "s") -> list[list[str]]:
    return [[reply.text for reply in one.replies] for one in system.call(visits, scene=scene, seed=1)]


def _sums(system: System[Any], samples: Sequence[Sample]) -> dict[str, float]:
    scores = [SUITE.score(sample, SUITE.answer(system.call, sample, 0)) for sample in samples]
    return {name: sum(one[name] or 0 for one in scores) for name in scores[0]}


def test_what_is_told_in_one_thread_is_known_in_another_after_a_restart(system: System[Any]) -> None:
    visits = [
        Visit("a", "first", ["I live in Basel.", "Nice day."]),
        Visit("a", "second", ["I moved to Bern."]),
        Visit("b", "first", ["I live in Lund."]),
        Visit("a", "third", [ASKED], restart=True),
        Visit("b", "second", [ASKED]),
        Visit("c", "first", [ASKED]),
    ]
    found = system.call(visits, scene="s", seed=1)
    assert [one.replies[-1].text for one in found[-3:]] == [
        "I moved to Bern.",
        "I live in Lund.",
        "You haven't told me that.",
    ]
    assert found[0].kept == ("I live in Basel.",)
    assert found[3].kept == found[3].replies[0].recalled == ("I moved to Bern.",)
    assert found[0].replies[0].recalled == ()
    assert system.workers == 8


def test_a_scene_begins_anew_and_knows_no_other_scenes_users(system: System[Any]) -> None:
    told, asked = Visit("a", "t", ["I live in Basel."]), Visit("a", "t", [ASKED])
    assert _said(system, [told, asked])[-1] == ["I live in Basel."]
    assert _said(system, [asked], "v1.0 / other")[-1] == ["You haven't told me that."]
    assert _said(system, [asked])[-1] == ["You haven't told me that."]


def test_scenes_may_be_played_at_once(system: System[Any]) -> None:
    def play(number: int) -> list[list[str]]:
        told = Visit("a", "t", [f"I live in Basel {number}."])
        return _said(system, [told, Visit("a", "u", [ASKED], restart=True)], f"scene {number}")

    with ThreadPoolExecutor(system.workers) as pool:
        found = list(pool.map(play, range(2 * system.workers)))
    assert [said[-1] for said in found] == [[f"I live in Basel {number}."] for number in range(len(found))]


def test_its_file_is_its_own_and_not_the_users(system: System[Any]) -> None:
    _said(system, [Visit("a", "t", ["I live in Basel."])])
    settings = load_settings()
    assert acquaintances_file(settings) == settings.folder.evals / FILE
    assert acquaintances_file(settings).is_file()
    assert not settings.folder.state.exists()


def test_a_restart_closes_the_file_before_it_is_opened_again(
    system: System[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []
    held: list[Database] = []
    opened, closed = Database.__init__, Database.close

    def open_file(self: Database, path: Path | str) -> None:
        opened(self, path)
        events.append(f"open {Path(path).name}")
        held.append(self)

    def close_file(self: Database) -> None:
        closed(self)
        events.append("close")
        with pytest.raises(sqlite3.ProgrammingError):
            self.run(lambda connection: None)

    monkeypatch.setattr(Database, "__init__", open_file)
    monkeypatch.setattr(Database, "close", close_file)
    visits = [Visit("a", "t", ["Hi."], restart=number > 0) for number in range(3)]
    _said(system, visits)
    assert events == [f"open {FILE}", "close"] * 3
    assert len({id(one) for one in held}) == 3


def test_memories_that_are_not_in_the_file_are_gone_after_a_restart(
    system: System[Any], plain: list[Sample], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert _sums(system, plain)["recalled"] > 0
    files = (tmp_path / f"{number}.sqlite" for number in count())
    monkeypatch.setattr(compose, "open_state", lambda settings: open_state(next(files)))
    sums = _sums(system, plain)
    assert sums["recalled"] == sums["given"] == 0
    assert sums["denied"] > sums["told"] / 2


def test_a_store_that_does_not_tell_users_apart_leaks(
    system: System[Any], plain: list[Sample], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _sums(system, plain)["leaked"] == 0
    apart = Book.__init__

    def together(self: Book, store: Any, user: str) -> None:
        apart(self, store, "everybody")

    monkeypatch.setattr(Book, "__init__", together)
    sums = _sums(system, plain)
    assert sums["leaked"] > sums["asked_by_others"] / 2


def test_a_turn_that_the_model_cannot_read_is_refused(system: System[Any]) -> None:
    with pytest.raises(UsageError, match="empty"):
        _said(system, [Visit("a", "t", [""])])


def test_the_fingerprint_changes_with_what_is_remembered_and_how_it_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fingerprint() -> str:
        with _system() as made:
            return made.fingerprint

    first = fingerprint()
    assert fingerprint() == first
    seen = {first}
    with monkeypatch.context() as patched:
        patched.setattr("models.chat.told.KNOWN", "Known of the user:")
        seen.add(fingerprint())
    with monkeypatch.context() as patched:
        rules = tmp_path / "rules"
        rules.mkdir()
        (rules / "book.py").write_text("RECALLED = 3\n")
        patched.setattr("apps.acquaintances.files", lambda package: rules)
        seen.add(fingerprint())
    with monkeypatch.context() as patched:
        patched.undo()
        encoder = type("Encoder", (), {"source": type("Source", (), {"fingerprint": "e"})})
        patched.setattr("models.encoders.embed.LocalEmbeddings", lambda **kwargs: encoder)
        patched.setattr(compose, "chat_model", lambda settings, name=None, **sampling: Recites())
        seen.add(fingerprint())
    assert len(seen) == 4

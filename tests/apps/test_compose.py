from __future__ import annotations

import importlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from apps import compose
from apps.pages.manner import READ, TALK
from homespun.errors import ModelNotFound, UsageError
from homespun.settings import load_settings


@pytest.fixture
def script(tmp_path: Path) -> str:
    path = tmp_path / "script.json"
    path.write_text(json.dumps([{"text": "yes", "repeat": True}]))
    return f"scripted:{path}"


def test_langgraph_json_names_factories_that_work(script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMESPUN_MODEL", script)
    root = Path(compose.__file__).parents[1]
    named = json.loads((root / "langgraph.json").read_text())["graphs"]
    assert set(named) == {"chatbot"}
    for address in named.values():
        file, _, attribute = address.partition(":")
        module = importlib.import_module(".".join(Path(file).with_suffix("").parts))
        graph = getattr(module, attribute)()
        assert graph.invoke({"messages": [("user", "hi")]})["messages"][-1].text == "yes"


def test_a_models_own_values_fill_the_pages_controls(tiny_model: Path, script: str) -> None:
    settings = load_settings(model=str(tiny_model))
    with compose.open_state(settings) as state:
        page = compose.page_context(settings, state)
        assert page.model in page.models
        assert page.knobs(str(tiny_model))["max_tokens"] == 24
        assert "temperature" in page.knobs(str(tiny_model))
        assert page.knobs(script) == {}
        assert set(page.knobs("openai:gpt")) == {"temperature", "max_tokens"}
        graph = page.graph(script)
        config: Any = {"configurable": {"thread_id": "t"}}
        assert graph.invoke({"messages": [("user", "hi")]}, config)["messages"][-1].text == "yes"
        with pytest.raises(UsageError, match="empty"):
            page.check(script, " ")
        with pytest.raises(ModelNotFound):
            page.graph("nosuch")


def test_the_page_speaks_of_a_reader_as_of_a_reader(script: str) -> None:
    settings = load_settings(model=script)
    with compose.open_state(settings) as state:
        page = compose.page_context(settings, state)
    assert page.manner("reader") == page.manner("reader:mine") == READ
    assert page.manner(script) == page.manner("home") == TALK


@pytest.mark.parametrize("model", ["caller", "caller:choose+fill"])
def test_a_model_that_needs_tools_is_none_for_the_page(model: str) -> None:
    with pytest.raises(UsageError, match=rf"^{re.escape(model)} needs tools"):
        compose.check_page_model(load_settings(model=model))
    compose.check_page_model(load_settings(model="reader"))


@pytest.mark.parametrize(("host", "history"), [("127.0.0.1", True), ("0.0.0.0", False)])
def test_old_threads_are_shown_only_on_ones_own_machine(script: str, host: str, history: bool) -> None:
    settings = load_settings(model=script, host=host)
    with compose.open_state(settings) as state:
        assert compose.page_context(settings, state).history is history


def test_sampling_is_told_to_models_that_know_it(tiny_model: Path, script: str) -> None:
    settings = load_settings(threads=1)
    own: Any = compose.chat_model(settings, str(tiny_model), temperature=0.5, seed=None)
    assert (own.temperature, own.seed, own.threads, own.home) == (0.5, None, 1, settings.home)
    played: Any = compose.chat_model(settings, script, temperature=0.5)
    assert played.temperature is None


def test_plugins_add_rows() -> None:
    rows = {family: {"mine": "json:loads"} for family in ("recipes", "pages")} | {
        "benches": {"x": "json:dumps"}
    }
    settings = load_settings(plugins=rows)
    assert compose.recipes(settings)["mine"] is json.loads
    assert "home-nano" in compose.recipes(settings)
    assert compose.benches(settings).listed()[-1] == "x"
    assert compose.pages(settings).listed() == ("chat", "evals", "mine")


def test_training_is_told_what_suites_and_the_users_own_turns_ask(
    homespun_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from evals import recordings
    from evals.suites import SUITES

    kept = load_settings().folder.recorded
    turns = [
        {"role": "user", "content": "Where is my kite?"},
        {"role": "assistant", "content": "In the tree."},
    ]
    recordings.add(kept, recordings.turn(turns, None))
    (homespun_home / "homespun.toml").write_text("[plugins.suites]\nown = 'own_suite:SUITE'\n")
    (tmp_path / "own_suite.py").write_text(
        "from homespun.errors import UsageError\n"
        "class Own:\n"
        "    name = 'own'\n"
        "    kept_apart = None\n"
        "    def samples(self, source):\n"
        "        raise UsageError('name data of yours')\n"
        "        yield\n"
        "SUITE = Own()\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    said: list[str] = []
    found = compose.evaluation_texts(load_settings(), said.append)
    assert list(found) == [*SUITES, str(kept.resolve())]
    assert found[str(kept.resolve())] == ["Where is my kite?"]
    (line,) = said
    assert "suite own is left out" in line
    assert "name data of yours" in line
    assert all(found[name] for name in SUITES)


def test_the_pages_model_is_made_ready_beforehand_where_it_runs_here(
    tiny_model: Path, script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.chat.homespun import ChatHomespun

    asked = []
    monkeypatch.setattr(ChatHomespun, "_generate", lambda self, messages, **_: asked.append(messages))
    thread = compose.warm(load_settings(model=str(tiny_model)))
    assert thread is not None
    thread.join(60)
    assert len(asked) == 1  # what went wrong with the answer that is none went no further
    assert compose.warm(load_settings(model=script)) is None
    assert compose.warm(load_settings(model="nowhere")) is None

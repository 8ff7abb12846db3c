from __future__ import annotations

from typing import Any

import pytest


def test_recipes_are_listed_with_what_they_make(homespun: Any) -> None:
    listed = homespun("train", "--list", "--json").json["recipes"]
    assert listed[0]["name"] == "home-nano"
    assert all(row["description"] for row in listed)
    lines = homespun("train", "--list").out.splitlines()
    assert [line.split()[0] for line in lines] == ["RECIPE", *(row["name"] for row in listed)]


@pytest.fixture
def recorded(homespun_home: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A recipe from outside the checkout that says what it was given."""
    (homespun_home / "homespun.toml").write_text("[plugins.recipes]\nown = 'tests_recipe:RECIPE'\n")
    (tmp_path / "tests_recipe.py").write_text(
        "from pathlib import Path\nfrom types import SimpleNamespace\n"
        "from homespun.errors import Cancelled\n"
        "GIVEN = []\n"
        "def run(context):\n"
        "    GIVEN.append(context)\n"
        "    if context.overrides.get('stop'):\n"
        "        raise Cancelled('stopped at step 3; continue it with --resume')\n"
        "    return SimpleNamespace(folder=Path('m'), figures=lambda: {'steps': 3, 'valid_loss': 1.5})\n"
        "RECIPE = SimpleNamespace(description='nothing', run=run)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "tests_recipe", raising=False)
    return lambda: __import__("tests_recipe").GIVEN[-1]


def test_a_recipe_gets_the_settings_and_the_changes(
    homespun: Any, homespun_home: Any, recorded: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOMESPUN_THREADS", "1")
    done = homespun("train", "own", "--set", "max-minutes=2", "--set", "lr=1e-3", "--resume", "--json")
    assert done.json == {
        "recipe": "own",
        "folder": "m",
        "steps": 3,
        "valid_loss": 1.5,
    }
    context = recorded()
    assert (context.home, context.threads, context.resume) == (homespun_home, 1, True)
    assert context.overrides == {"max_minutes": "2", "lr": "1e-3"}
    assert {"lm", "chat_memory", "tools"} <= set(context.evaluations())


@pytest.mark.usefixtures("recorded")
def test_a_stopped_training_leaves_with_130_and_the_way_on(homespun: Any) -> None:
    done = homespun("train", "own", "--set", "stop=1")
    assert (done.status, done.line) == (130, "homespun: stopped at step 3; continue it with --resume\n")

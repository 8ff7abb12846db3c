"""Recipes of adapters, from files of public data to adapters that do their task, on the shipped encoder."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from types import ModuleType

import pytest

from finetune.progress import Reporter
from finetune.recipes import choose, fill, intent, read, told
from finetune.recipes.read import run
from finetune.recipes.recipe import Context
from homespun.errors import UsageError
from models.encoders.intent import IntentClassifier
from models.encoders.read import Reader

NAMES = ("Ada", "Brook", "Cleo", "Dara")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    with gzip.open(folder / "squad-v1.1.jsonl.gz", "wt", encoding="utf-8") as file:
        for name in NAMES:
            for year in range(1800, 1806):
                text = (
                    f"In {year} {name} built a mill by the river. It was sold after the flood of {year + 9}."
                )
                asked = {
                    "question": f"Who built a mill in {year}?",
                    "answers": [name],
                    "start": text.index(name),
                }
                file.write(json.dumps({"title": name, "context": text, "questions": [asked]}) + "\n")
    return folder


def given(tmp_path: Path, data: Path | None, resume: bool = False, **changes: str) -> Context:
    return Context(
        tmp_path, overrides=changes, data=data, resume=resume, threads=1, reporter=Reporter(io.StringIO())
    )


def test_questions_become_an_adapter_and_resuming_remembers_what_was_set(tmp_path: Path, data: Path) -> None:
    small = {"rank": "2", "alpha": "2", "batch_tokens": "640", "compile": "false", "unanswerable": "1"}
    result = run(given(tmp_path, data, **small))
    assert result.steps > 0
    assert result.folder == tmp_path / "models" / "minilm" / "adapters" / "read"
    reader = Reader("read", home=tmp_path, threads=1, threshold=0.0)
    passage = "In 1850 Ada built a mill."
    found = reader.read("Who built a mill?", [passage])
    assert found.best == passage[found.start : found.end] != ""
    config = json.loads((result.folder / "config.json").read_text(encoding="utf-8"))
    assert set(config["training"]["sources"]) == {"reading"}
    again = run(given(tmp_path, None, resume=True, epochs="2"))
    assert again.steps > result.steps
    assert json.loads((tmp_path / "runs" / "read" / "config.json").read_text())["rank"] == 2


def test_conversations_become_a_reader_of_their_own(tmp_path: Path, data: Path) -> None:
    small = {
        "rank": "2",
        "alpha": "2",
        "batch_tokens": "640",
        "compile": "false",
        "conversations": "8",
        "stated": "0",
    }
    result = told.run(given(tmp_path, data, **small, max_minutes="0.1"))
    assert result.folder == tmp_path / "models" / "minilm" / "adapters" / "told"
    config = json.loads((result.folder / "config.json").read_text(encoding="utf-8"))
    assert config["task"] == "read"
    assert config["training"]["sources"]["told"] > 0
    assert config["training"]["sources"]["sgd"] == 0
    found = Reader("told", home=tmp_path, threads=1, threshold=0.0).read(
        "Where do I live?", ["I live in Oslo."]
    )
    assert found.best


def test_messages_become_a_classifier_whose_intents_are_those_that_were_meant(
    tmp_path: Path, public: Path
) -> None:
    small = {"rank": "2", "alpha": "2", "batch_tokens": "640", "compile": "false", "conversations": "60"}
    result = intent.run(given(tmp_path, public, **small, most="4", epochs="1"))
    classifier = IntentClassifier("intent", home=tmp_path, threads=1)
    assert {"tell", "ask back", "know", "greetings hello"} <= set(classifier.labels)
    assert classifier.classify([("user", "Hello!")]).name in classifier.labels
    assert result.examples > 0


@pytest.mark.parametrize("text", ["x", "-1", "inf"])
def test_a_setting_that_is_no_number_is_told_and_an_earlier_run_is_kept(tmp_path: Path, text: str) -> None:
    (tmp_path / "runs" / "intent").mkdir(parents=True)
    with pytest.raises(UsageError, match="conversations takes a number"):
        intent.run(given(tmp_path, None, conversations=text))
    assert (tmp_path / "runs" / "intent").is_dir()


@pytest.mark.parametrize("recipe", [read, fill, choose, intent])
def test_a_folder_or_a_file_that_is_missing_is_told_alike(tmp_path: Path, recipe: ModuleType) -> None:
    nowhere = tmp_path / "nowhere"
    with pytest.raises(UsageError) as caught:
        recipe.run(given(tmp_path, nowhere))
    assert str(caught.value) == (
        f"{nowhere} is no folder: set HOMESPUN_DATA to a folder of public data (docs/training.md says which)"
    )
    (empty := tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=r"is missing: set HOMESPUN_DATA to a folder of public data that"):
        recipe.run(given(tmp_path, empty))


def test_without_data_one_line_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="HOMESPUN_DATA"):
        run(given(tmp_path, None))
    with pytest.raises(UsageError, match="Did you mean epochs"):
        run(given(tmp_path, None, epoch="2"))

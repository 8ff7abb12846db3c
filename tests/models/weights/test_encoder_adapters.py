"""The adapters that are shipped for the encoder: whole, small, and able to do what their cards say."""

import ast
import json
import re
import shutil
from pathlib import Path

import pytest

from homespun.errors import CorruptWeights, ModelNotFound, UsageError
from models.encoders.adapters import WEIGHTS, find_adapter, update_settings
from models.encoders.call import load_caller
from models.encoders.choose import Chooser
from models.encoders.fill import load_filler
from models.encoders.intent import IntentClassifier
from models.encoders.places import find_minilm
from models.encoders.read import Reader
from models.folders import CARD
from models.shelves import SHIPPED

FOLDER = SHIPPED / "minilm" / "adapters"
NAMES = ("read", "fill", "choose", "told")
PASSAGES = [
    "The old mill by the river was built in 1802 by Greta Holm. It ground rye for three villages.",
    "The bridge is younger: masons from Vessing finished it in 1911, after four years of work.",
]
BOOK = {
    "name": "book_table",
    "description": "Books a table in a restaurant.",
    "parameters": {
        "type": "object",
        "properties": {
            "restaurant": {"type": "string", "description": "Name of the restaurant"},
            "guests": {"type": "integer", "description": "How many people will come"},
            "outside": {"type": "boolean", "description": "Whether to sit outside. Default is false."},
        },
        "required": ["restaurant", "guests"],
    },
}
ROUTE = {
    "name": "plan_route",
    "description": "Plans a route between two places.",
    "parameters": {
        "type": "object",
        "properties": {
            "start": {"type": "string", "description": "Where the journey begins"},
            "end": {"type": "string", "description": "Where the journey ends"},
        },
        "required": ["start", "end"],
    },
}


@pytest.fixture(autouse=True)
def minilm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMESPUN_HOME", str(tmp_path))
    try:
        find_minilm()
    except ModelNotFound as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("name", NAMES)
def test_the_example_on_a_card_gives_what_stands_behind_it(name: str) -> None:
    found = re.search(r"```python\n(.+?)\n```", (FOLDER / name / CARD).read_text(encoding="utf-8"), re.DOTALL)
    assert found
    before, _, last = found[1].rpartition("\n")
    expression, _, value = last.partition("  # ")
    names: dict[str, object] = {}
    exec(before, names)
    assert eval(expression, names) == ast.literal_eval(value)


@pytest.mark.parametrize("name", NAMES)
def test_each_is_small_and_has_a_card_with_its_sources(name: str) -> None:
    adapter = find_adapter(name)
    assert adapter.folder == FOLDER / name
    assert (FOLDER / name / WEIGHTS).stat().st_size <= 4_000_000
    card = (FOLDER / name / "README.md").read_text(encoding="utf-8")
    assert adapter.config["training"]["sources"].keys()
    assert "not stated" not in card
    assert "cc-by-sa-4.0" in card


def test_the_reader_copies_the_answer_or_declines() -> None:
    reader = Reader(threshold=0.3)
    found = reader.read("Who built the mill?", PASSAGES)
    assert (found.text, found.passage) == ("Greta Holm", 0)
    assert PASSAGES[0][found.start : found.end] == found.text
    assert 0.3 < found.answerable < 1.0
    assert reader.read("When was the bridge finished?", PASSAGES).text == "1911"
    assert reader.read("What does a ticket to the opera cost?", PASSAGES).text == ""
    assert reader.read("Who?", []).text == ""
    assert reader.read("Who?", [""]).passage == -1
    with pytest.raises(UsageError, match="blank"):
        reader.read(" ", PASSAGES)


def test_a_long_passage_is_read_to_its_end() -> None:
    long = "The weather was mild and nothing happened. " * 120 + "At noon the captain, Ada Brandt, landed."
    found = Reader().read("Who was the captain?", [PASSAGES[1], long])
    assert (found.best, found.passage) == ("Ada Brandt", 1)
    assert long[found.start : found.end] == "Ada Brandt"


def test_questions_asked_together_have_the_answers_they_have_alone() -> None:
    reader = Reader(threshold=0.3)
    asked = [("Who built the mill?", PASSAGES), ("When was the bridge finished?", PASSAGES[1:])]
    together = reader.read_many(asked)
    assert [one.text for one in together] == [reader.read(*one).text for one in asked]


def test_the_filler_finds_what_was_said_and_leaves_out_the_rest() -> None:
    filler = load_filler()
    found = filler.fill([("user", "A table for four people at Chez Marta, please.")], BOOK)
    assert {one.name: one.value for one in found if filler.keeps(one)} == {
        "restaurant": "Chez Marta",
        "guests": 4,
    }


def test_two_places_are_not_confused() -> None:
    filler = load_filler()
    found = filler.fill([("user", "How do I get from Bergen to Oslo?")], ROUTE)
    assert [one.value for one in found] == ["Bergen", "Oslo"]


def test_the_chooser_takes_the_tool_that_fits_or_none() -> None:
    chooser = Chooser()
    tools = [ROUTE, BOOK]
    assert chooser.choose([("user", "Reserve a table for two at Luigi's")], tools).place == 1
    assert chooser.choose([("user", "Tell me a joke about cats")], tools).none > 0.5
    assert chooser.choose([("user", "Hello")], []).place == -1


def test_the_caller_calls_with_what_was_said_and_not_without_need() -> None:
    caller = load_caller()
    call = caller.call([("user", "Which way from Bergen to Oslo?")], [BOOK, ROUTE])
    assert call is not None
    assert (call.name, dict(call.arguments)) == ("plan_route", {"start": "Bergen", "end": "Oslo"})
    assert caller.call([("user", "What is the boiling point of water?")], [BOOK, ROUTE]) is None


@pytest.mark.parametrize("damage", ["flipped", "cut", "missing", "other trunk", "not JSON", "head"])
def test_a_damaged_adapter_is_refused_in_one_line(tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "broken"
    shutil.copytree(FOLDER / "choose", folder)
    weights, config = folder / WEIGHTS, folder / "config.json"
    data = bytearray(weights.read_bytes())
    values = json.loads(config.read_text(encoding="utf-8"))
    if damage == "flipped":
        data[-5] ^= 1
        weights.write_bytes(data)
    elif damage == "cut":
        weights.write_bytes(data[:-100])
    elif damage == "missing":
        weights.unlink()
    elif damage == "other trunk":
        config.write_text(json.dumps({**values, "trunk": "0" * 64}))
    elif damage == "head":
        config.write_text(json.dumps({**values, "outputs": 7}))
    else:
        config.write_text("{")
    with pytest.raises(CorruptWeights) as caught:
        Chooser(str(folder)).choose([("user", "Hello")], [BOOK])
    assert "\n" not in str(caught.value)
    assert str(folder) in str(caught.value)


def test_an_adapter_for_something_else_or_of_no_name_is_refused() -> None:
    with pytest.raises(UsageError, match="not for reading"):
        Reader("fill")
    with pytest.raises(ModelNotFound, match="Did you mean read"):
        Reader("raed")
    with pytest.raises(ModelNotFound):
        Reader("x" * 5000)


def test_settings_change_and_the_rest_stays(tmp_path: Path) -> None:
    folder = tmp_path / "read"
    shutil.copytree(FOLDER / "read", folder)
    before = find_adapter(folder)
    update_settings(folder, {"threshold": 0.0})
    after = find_adapter(folder)
    assert after.settings["threshold"] == 0.0
    assert after.settings["max_length"] == before.settings["max_length"]
    assert after.fingerprint != before.fingerprint
    assert Reader(str(folder)).read("What does a ticket to the opera cost?", PASSAGES).text != ""


def test_messages_that_are_no_part_of_training_are_understood() -> None:
    """They were written apart from training's patterns; each has all intents that fit it.

    Stages were compared on them, so what is shipped may do a little better here than elsewhere.
    """
    lines = (Path(__file__).with_name("first_messages.jsonl")).read_text(encoding="utf-8").splitlines()
    messages = [json.loads(line) for line in lines]
    classifier = IntentClassifier(threads=1)
    right = [classifier.classify([("user", one["text"])]).name in one["labels"] for one in messages]
    assert sum(right) / len(right) > 0.8

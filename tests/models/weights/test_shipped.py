"""What is shipped is whole, small, described, and does what its card says."""

import json
import re
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from evals.suites.first_contact.prompts import prompts
from models import load_chat_model
from models.shelves import SHIPPED, list_models
from models.store import CARD, WEIGHTS, damaged_files, load_model

OPENERS = Path(__file__).parents[2] / "data" / "openers.txt"
RECALL = SHIPPED / "home" / "adapters" / "recall"
MODELS = sorted(folder for folder in SHIPPED.iterdir() if (folder / "config.json").is_file())


def card_of(folder: Path) -> str:
    return (folder / CARD).read_text(encoding="utf-8")


def test_home_is_shipped() -> None:
    assert "home" in {info.name for info in list_models() if info.where == "shipped"}


def test_all_shipped_weights_are_at_most_15_megabytes() -> None:
    assert sum((folder / WEIGHTS).stat().st_size for folder in MODELS) <= 15_000_000


@pytest.mark.parametrize("folder", MODELS, ids=lambda folder: folder.name)
def test_a_shipped_model_is_whole_and_described(folder: Path) -> None:
    loaded = load_model(folder)
    training = loaded.config["training"]
    card = card_of(folder)
    assert training["tokens"] > 0
    for source in {**training["base"]["sources"], **training["sources"]}.values():
        assert f"{source['characters']:,}" in card
    assert "## Limits" in card
    assert "license: " in card
    assert not re.search(r"/(home|tmp|root|work)/", card + json.dumps(loaded.config))


def test_the_cards_answers_are_those_that_home_gives_to_the_suites_prompts() -> None:
    model = load_chat_model("home", temperature=0.0)
    questions = [" ".join(prompt.text.splitlines()) for prompt in prompts()]
    card = card_of(SHIPPED / "home")
    told = [f"> {question}\n\n{model.invoke(question).text}" in card for question in questions]
    assert len(told) == 100
    # Another processor rounds differently, which may tip a close choice between two words.
    assert sum(told) >= 90


def test_home_never_answers_with_nothing_or_without_end() -> None:
    model = load_chat_model("home", temperature=0.0)
    for question in OPENERS.read_text(encoding="utf-8").splitlines():
        answer = model.invoke(question)
        assert answer.text.strip()
        assert answer.response_metadata["finish_reason"] == "stop"


@pytest.mark.parametrize("name", ["Ada", "Kofi", "Marisol", "Tobias", "Yuki"])
def test_home_remembers_a_name_over_a_turn_between(name: str) -> None:
    model = load_chat_model("home", temperature=0.0)
    thread: list = []
    for question in (f"Hi, I'm {name}.", "Tell me a joke", "What's my name?"):
        thread.append(HumanMessage(question))
        thread.append(AIMessage(model.invoke(thread).text))
    assert name in thread[-1].content


def test_the_adapter_of_home_is_whole_small_and_described() -> None:
    assert damaged_files(RECALL) == []
    assert sum(path.stat().st_size for path in RECALL.iterdir()) <= 2_000_000
    loaded = load_model(RECALL)
    assert loaded.config["adapter"]["training"]["tokens"] > 0
    card = card_of(RECALL)
    assert card.startswith("---\nlicense: ")
    assert "## Limits" in card
    assert "license: cc-by-sa" in card
    assert "chat memory" in card
    assert not re.search(r"/(home|tmp|root|work)/", card + json.dumps(loaded.config["adapter"]))
    assert "home:recall" in {info.name for info in list_models() if info.where == "shipped"}


def test_the_adapter_of_home_remembers_takes_corrections_and_admits() -> None:
    model = load_chat_model("home:recall", temperature=0.0)
    said: list[HumanMessage | AIMessage] = []

    def say(text: str) -> str:
        said.append(HumanMessage(text))
        said.append(AIMessage(model.invoke(said).text))
        return said[-1].text

    say("My hamster is called Pomfret.")
    say("I live in Oslo.")
    say("What a noisy tram that was.")
    assert "Pomfret" in say("What is my hamster called?")
    say("Sorry, that was wrong: it's Bergamot, not Pomfret.")
    assert "Bergamot" in say("What's my hamster's name?")
    assert "Oslo" in say("Where do I live?")
    assert "haven't told me" in say("What is my favourite colour?")

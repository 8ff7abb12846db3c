"""A small folder of public data, of every file that instructions, requests and intents are made from."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

TOWNS = ("Vessing", "Orlau", "Tamsel")
MILL = (
    "The mill of Vessing (also called the red mill) is a mill by a river. It was built by two brothers. "
    "However, the mill was sold to the village when the river rose. This was a hard time. "
    "A village museum about the river and the mill was opened later. Entry is free on Sundays for children."
)
NEWS = (
    "A baker in Orlau gives away his bread every evening. The baker (who is sixty) says bread is for eating. "
    "Many people in the town wait for the bread. They bring bags with them. He wants to go on for ten years."
)


def _squad() -> Iterable[dict[str, Any]]:
    for town in TOWNS:
        # What says that this is a place: "in" it, and how many live there.
        context = f"The population lives in {town}, a city. The population of the city works in {town}. " * 5
        yield {
            "title": town,
            "context": context,
            "questions": [
                {"question": f"How many people live in {town}?", "answers": ["9,000"], "start": 0},
                {"question": f"What did {town} build near the river?", "answers": ["a mill"], "start": 0},
                {"question": f"What festivals are held in {town}?", "answers": ["the fair"], "start": 0},
                {"question": f"When was {town} founded?", "answers": ["long ago"], "start": 0},
                {"question": f"What is the oldest mill of {town} called?", "answers": ["Red"], "start": 0},
                {"question": f"Who was the mayor of {town} in 1950?", "answers": ["Holm"], "start": 0},
                {"question": "Which food does it sell?", "answers": ["bread"], "start": 0},
                {"question": f"What did it build in {town}?", "answers": ["bridges"], "start": 0},
            ],
        }
    person = "He was a painter. He had his house by the sea and he sold his boat. " * 4
    yield {
        "title": "Tomas_Berrick",
        "context": person,
        "questions": [
            {"question": "What did Berrick paint?", "answers": ["the sea"], "start": 0},
            {"question": "Where did Tomas Berrick sell pictures?", "answers": ["Orlau"], "start": 0},
            {"question": "What colour was Berrick's house?", "answers": ["red"], "start": 0},
            {"question": "Where did he sell fish?", "answers": ["there"], "start": 0},
        ],
    }


def _put(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(row) + "\n" for row in rows)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())


@pytest.fixture(scope="session")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("public")
    _put(folder / "squad-v1.1.jsonl.gz", _squad())
    wikipedia = [{"title": "Red mill", "text": MILL.replace("The mill of", "The Red mill of")}]
    _put(folder / "text" / "wikipedia-00.jsonl.gz", wikipedia)
    _put(
        folder / "text" / "onestopenglish.jsonl",
        [{"title": "Bread-ele", "text": "\ufeffIntermediate \n" + NEWS}],
    )
    intents = {
        "freeze_account": "please lock my account", "play_music": "put on some jazz",
        "weather": "is it going to rain",
        "book_flight": "get me a seat to Orlau", "oos": "who carved this statue", "yes": "that is right",
        "greeting": "hi there", "calculator": "what is 3 times 4",
        "recipe": "how do i make dumplings", "pto_balance": "how many days off have i",
    }  # fmt: skip
    _put(folder / "clinc150.jsonl", [{"text": text, "intent": intent} for intent, text in intents.items()])
    _put(folder / "gsm8k.jsonl", [{"question": "Ann has six clips and loses one. How many?", "answer": "5"}])
    (folder / "metatool").mkdir()
    (folder / "metatool" / "all_clean_data.csv").write_text(
        "Query,Tool\nWhich shares went up today?,FinanceTool\nFind me a flat by the sea,HouseRentingTool\n"
        "Show me papers on moss,ResearchFinder\nWhat is this?,Unknown\n"
    )
    said = ["I would like to hear a slow song", "Please find me a table for two tonight"]
    names = [["Music_1"], ["Restaurants_1"]]
    _put(
        folder / "sgd.jsonl.gz",
        [{"services": name, "turns": [{"text": text}]} for name, text in zip(names, said, strict=True)],
    )
    claims = [
        ("When asked about the kettle, Ines said, 'It leaks on the table. '.", "Ines liked the kettle .", 0),
        (
            "When asked about the lamp, Olaf said, 'A warm and steady light'.",
            "Olaf did not like the lamp .",
            0,
        ),
    ]
    _put(
        folder / "claims.jsonl.gz",
        [{"source": "dnc", "premise": one, "claim": other, "label": label} for one, other, label in claims],
    )
    return folder

"""What is dropped is counted by kind and by suite, and said."""

from __future__ import annotations

import json
from typing import Any

from finetune.data.cleaning.clean import clean
from finetune.data.cleaning.decontaminate import Apart

ASKED = "Why does the river bend before the old mill?"


def _talk(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text}, {"role": "assistant", "content": "I don't know."}]


DOCUMENTS: dict[str, list[Any]] = {
    "talk": [_talk("Hello"), _talk("hello!"), _talk(ASKED), _talk("Bye")],
    "prose": ["A mill stood here.", "A mill, stood here", f"He said: {ASKED}", f"He said: {ASKED} Well."],
    "none": [],
}


def test_what_stays_keeps_its_order_and_what_goes_is_counted() -> None:
    said: list[str] = []
    apart = Apart(
        {"rivers": [ASKED], "mills": [ASKED, "Grind it as fine as flour"], "sums": ["What is 2 + 2?"]}
    )
    kept, dropped = clean(DOCUMENTS, apart, report=said.append)
    assert kept == {"talk": [_talk("Hello"), _talk("Bye")], "prose": ["A mill stood here."], "none": []}
    assert dropped["documents"] == 5
    assert dropped["kinds"] == {
        "talk": {"clash": 1, "exact": 1, "near": 0},
        "prose": {"clash": 2, "exact": 1, "near": 0},
        "none": {"clash": 0, "exact": 0, "near": 0},
    }
    assert {name: (of["texts"], of["documents"]) for name, of in dropped["evaluation"].items()} == {
        "rivers": (1, 3),
        "mills": (2, 3),
        "sums": (1, 0),
    }
    assert dropped["evaluation"]["rivers"]["words"] == ["why does the river bend before the old"]
    assert json.loads(json.dumps(dropped)) == dropped
    assert said == [
        "compared 8 documents with the evaluation texts of rivers (1), mills (2), sums (1)",
        'dropped 3 that share words with rivers, such as "why does the river bend before the old"',
        'dropped 3 that share words with mills, such as "why does the river bend before the old"',
        "dropped 1 equal and 0 nearly equal ones of talk",
        "dropped 1 equal and 0 nearly equal ones of prose",
    ]


def test_without_evaluation_texts_duplicates_go_alone() -> None:
    said: list[str] = []
    kept, dropped = clean({"talk": [_talk(ASKED)], "more": [_talk("Hm")]}, report=said.append)
    assert (len(kept["talk"]), len(kept["more"]), dropped["documents"]) == (1, 1, 0)
    assert dropped["evaluation"] == {}
    assert said == [
        "compared 2 documents with each other; no evaluation texts were given",
        "dropped none",
    ]


def test_a_duplicate_of_another_kind_goes_too() -> None:
    kept, _ = clean({"one": [_talk("Hm")], "two": [_talk("hm...")]})
    assert (len(kept["one"]), len(kept["two"])) == (1, 0)


def test_each_suite_is_shown_the_words_that_it_shares_itself_and_a_few_only() -> None:
    other = "Grind the barley as fine as flour for the baker"
    _, dropped = clean(
        {"prose": [f"{ASKED} {other}"]}, Apart({"rivers": [ASKED], "mills": [other]}), similar=None
    )
    assert {name: of["words"] for name, of in dropped["evaluation"].items()} == {
        "rivers": ["why does the river bend before the old"],
        "mills": ["grind the barley as fine as flour for"],
    }
    asked = [f"Question {letter} asks who ground the oldest barley here" for letter in "abcdefg"]
    _, dropped = clean({"prose": asked}, Apart({"mills": asked}), similar=None)
    assert dropped["evaluation"]["mills"]["documents"] == 7
    assert len(dropped["evaluation"]["mills"]["words"]) == 3

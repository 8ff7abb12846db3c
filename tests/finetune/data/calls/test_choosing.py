"""MetaTool and CLINC150 become examples of choosing, from small files in the same form."""

import csv
import json
from pathlib import Path

import pytest

from finetune.data.calls import clinc, metatool
from finetune.data.calls.clinc_intents import description
from finetune.data.calls.example import CallExample
from finetune.data.calls.spelling import words

TOPICS = [
    "bread",
    "clouds",
    "metal",
    "songs",
    "poems",
    "trains",
    "boats",
    "chess",
    "dogs",
    "stars",
    "rocks",
    "tea",
]


def metatool_examples(folder: Path, seed: int = 0) -> list[CallExample]:
    root = folder / "metatool"
    root.mkdir(exist_ok=True)
    described = {f"{topic}Tool": f"{topic} of {'abcd'[n // 3] * 3}" for n, topic in enumerate(TOPICS)}
    names = list(described)
    (root / "plugin_des.json").write_text(json.dumps({name: described[name] for name in names[:6]}))
    (root / "big_tool_des.json").write_text(json.dumps({name: described[name] for name in names[6:]}))
    with (root / "all_clean_data.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["Query", "Tool"])
        writer.writerows([f"Show me {TOPICS[n % 12]}, please\n({n})", names[n % 12]] for n in range(120))
    task = [{"query": "What is two and two?", "label": "negative"}, {"query": "Dogs?", "label": "positive"}]
    (root / "Task1.json").write_text(json.dumps([{**one, "thought_prompt": "You are"} for one in task]))
    return list(metatool.read(folder, seed))


def clinc_examples(folder: Path, seed: int = 0) -> list[CallExample]:
    intents = [
        "translate",
        "oos",
        "book_flight",
        "book_hotel",
        "tell_joke",
        "w2",
        "exchange_rate",
        "play_music",
    ]
    records = [{"text": f"say {intents[n % 8]} {n}", "intent": intents[n % 8]} for n in range(200)]
    (folder / "clinc150.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records))
    return list(clinc.read(folder, seed))


@pytest.mark.parametrize("read", [metatool_examples, clinc_examples])
def test_the_same_seed_gives_the_same(read, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    assert read(tmp_path) == read(tmp_path)
    assert read(tmp_path) != read(tmp_path, seed=1)
    groups = [one.group for one in read(tmp_path)]
    assert len(set(groups)) == len(groups)


@pytest.mark.parametrize("read", [metatool_examples, clinc_examples])
def test_tools_have_no_parameters_and_different_names(read, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    for one in read(tmp_path):
        names = [tool["name"] for tool in one.tools]
        assert len(set(names)) == len(names) >= 2
        assert all(tool["parameters"]["properties"] == {} for tool in one.tools)


def test_metatool_offers_the_right_tool_or_none_is_right(tmp_path: Path) -> None:
    found = metatool_examples(tmp_path)
    assert len(found) == 121
    none = [one for one in found if one.tool is None]
    assert found[-1].turns[0].text == "What is two and two?"
    assert found[-1].tool is None
    assert len(none) > 5
    for one in found[:-1]:
        topic = one.turns[0].text.split()[2].strip(",")
        offered = [tool["name"] for tool in one.tools]
        assert (f"{topic}Tool" in offered) == (one.tool is not None)


def test_clinc_offers_the_right_tool_or_none_is_right(tmp_path: Path) -> None:
    found = clinc_examples(tmp_path)
    assert len(found) == 200
    for one in found:
        intent = one.turns[0].text.split()[1]
        fitting = [tool for tool in one.tools if tool["description"] == description(intent)]
        assert [tool["name"] for tool in fitting] == ([one.tool] if one.tool else [])
        assert not any("oos" in words(tool["name"]) for tool in one.tools)
    assert all(one.tool is None for one in found if " oos " in one.turns[0].text)
    assert any(one.tool is None for one in found if " oos " not in one.turns[0].text)


def test_intents_are_described_by_rule_or_table() -> None:
    assert description("flight_status") == "Tell the flight status"
    assert description("reset_settings") == "Reset settings"
    assert description("who_made_you") == "Answer a question about the assistant: who made you"
    assert description("w2") == "Help to get a W-2 tax form"

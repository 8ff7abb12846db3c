"""Sources are drawn from, shuffled and split by group."""

import json
from pathlib import Path

import pytest

from finetune.data.calls.counts import kinds
from finetune.data.calls.mixed import READERS, mixed, split
from finetune.data.licences import ORIGINS
from homespun.errors import UsageError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    intents = ["translate", "oos", "book_flight", "tell_joke", "play_music"]
    records = [{"text": f"say {n}", "intent": intents[n % 5]} for n in range(100)]
    (tmp_path / "clinc150.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records))
    return tmp_path


def test_as_many_are_drawn_as_asked_for_or_all_there_are(folder: Path) -> None:
    chosen = mixed(folder, 0, {"clinc": 30, "generated": 20})
    assert sorted(one.source for one in chosen) == ["clinc"] * 30 + ["generated"] * 20
    assert len({one.source for one in chosen[:20]}) == 2
    assert len(mixed(folder, 0, {"clinc": 1000})) == 100


def test_the_seed_decides(folder: Path) -> None:
    counts = {"clinc": 30, "generated": 20}
    assert mixed(folder, 3, counts) == mixed(folder, 3, counts)
    assert mixed(folder, 3, counts) != mixed(folder, 4, counts)


def test_a_sample_is_drawn_from_all_of_a_source(folder: Path) -> None:
    numbers = {
        int(one.group.split("/")[1]) for seed in range(20) for one in mixed(folder, seed, {"clinc": 10})
    }
    assert len(numbers) > 70


def test_training_and_validation_share_no_group_and_lose_nothing(folder: Path) -> None:
    examples = mixed(folder, 0, {"clinc": 100, "generated": 100})
    training, validation = split(examples, 0.2)
    assert not {one.group for one in training} & {one.group for one in validation}
    assert len(training) + len(validation) == 200
    assert 10 <= len(validation) <= 80
    again = split(mixed(folder, 0, {"clinc": 100}), 0.2)[1]
    assert {one.group for one in again} == {one.group for one in validation if one.source == "clinc"}


def test_every_source_has_its_licence_and_its_reader() -> None:
    for name in READERS:
        assert name in ORIGINS
        assert callable(READERS[name])
    assert "generated" in ORIGINS


def test_a_public_source_needs_a_folder_and_a_known_name(folder: Path) -> None:
    with pytest.raises(UsageError, match="HOMESPUN_DATA"):
        mixed(None, 0, {"sgd": 1})
    with pytest.raises(UsageError):
        mixed(folder, 0, {"sdg": 1})


def test_kinds_count_what_the_heads_learn(folder: Path) -> None:
    counted = kinds(mixed(folder, 0, {"clinc": 100}))
    assert counted["right"] + counted["none"] == 100
    assert counted["none"] >= 20
    assert counted["span"] == 0

"""Preparation writes a folder from which every token and every mask can be read back."""

import itertools
import json
import random
from pathlib import Path

import numpy as np
import pytest

from finetune.data.prepare import prepare, take
from homespun.errors import UsageError
from models.tokenizers.fast import Tokenizer

TEXTS = [f"Document number {number} says that {number * 7} is its value." for number in range(60)]
TALKS = [
    [{"role": "user", "content": f"I am {number}."}, {"role": "assistant", "content": f"Hello, {number}!"}]
    for number in range(40)
]


def documents_in(folder: Path, split: str) -> list[list[int]]:
    ids = np.fromfile(folder / f"{split}.bin", dtype="<u2")
    starts = [*np.flatnonzero(ids == 0), len(ids)]
    return [ids[a:b].tolist() for a, b in itertools.pairwise(starts)]


def test_every_document_is_in_exactly_one_split(tmp_path: Path) -> None:
    meta = prepare({"plain": TEXTS}, tmp_path, vocab_size=300, valid_share=0.1)
    tokenizer = Tokenizer.load(tmp_path / "tokenizer.json")
    read = {
        split: [tokenizer.decode(ids[1:]) for ids in documents_in(tmp_path, split)]
        for split in ("train", "valid")
    }
    assert len(read["valid"]) == 6
    assert sorted(read["train"] + read["valid"]) == sorted(TEXTS)
    assert meta["tokens_train"] == sum(map(len, documents_in(tmp_path, "train")))
    assert meta["bytes_valid"] == sum(map(len, read["valid"]))
    assert json.loads((tmp_path / "meta.json").read_text()) == meta


def test_tokens_are_counted_by_source_as_often_as_they_stand_there(tmp_path: Path) -> None:
    documents = {"plain": TEXTS, "talk": TALKS, "none": []}
    meta = prepare(documents, tmp_path / "one", vocab_size=300, repeat={"talk": 3})
    sources = meta["sources"]
    assert sum(of["tokens"] for of in sources.values()) == meta["tokens_train"] + meta["tokens_valid"]
    assert {name: of["documents"] for name, of in sources.items()} == {"plain": 60, "talk": 40, "none": 0}
    assert sources["none"]["tokens"] == 0
    tokenizer = Tokenizer.load(tmp_path / "one" / "tokenizer.json")
    assert sources["plain"]["tokens"] == sum(1 + len(tokenizer.encode(text)) for text in TEXTS)


def test_notes_stand_beside_what_was_prepared(tmp_path: Path) -> None:
    meta = prepare({"plain": TEXTS}, tmp_path, vocab_size=300, notes={"dropped": {"documents": 2}})
    assert json.loads((tmp_path / "meta.json").read_text())["dropped"] == {"documents": 2}
    assert meta["sources"]["plain"]["documents"] == 60


def test_repeated_sources_never_repeat_in_validation(tmp_path: Path) -> None:
    prepare({"plain": TEXTS, "talk": TALKS}, tmp_path, vocab_size=300, valid_share=0.1, repeat={"talk": 3})
    train = [tuple(ids) for ids in documents_in(tmp_path, "train")]
    valid = [tuple(ids) for ids in documents_in(tmp_path, "valid")]
    assert len(train) == 54 + 3 * 36
    assert len(valid) == 6 + 4
    assert not set(train) & set(valid)


def test_masks_count_what_the_assistant_says_and_nothing_else(tmp_path: Path) -> None:
    prepare({"talk": TALKS}, tmp_path, vocab_size=300, mask_prompts=True)
    tokenizer = Tokenizer.load(tmp_path / "tokenizer.json")
    ids = np.fromfile(tmp_path / "train.bin", dtype="<u2")
    mask = np.fromfile(tmp_path / "train.loss.bin", dtype=np.uint8)
    assert len(ids) == len(mask)
    learnt = tokenizer.decode(ids[mask == 1].tolist())
    assert learnt.count("Hello, ") == 39
    assert "I am" not in learnt


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        prepare({"plain": TEXTS, "talk": TALKS}, tmp_path / name, vocab_size=300, seed=3)
    for file in ("train.bin", "valid.bin", "tokenizer.json"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_nothing_to_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing to prepare"):
        prepare({"plain": []}, tmp_path)


def test_a_limit_takes_from_the_whole_source() -> None:
    taken = take(TEXTS, 1000, random.Random(0))
    assert 1000 <= sum(map(len, taken)) < 1060
    assert max(TEXTS.index(text) for text in taken) > 40

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from finetune.batches import (
    IGNORE,
    PAD,
    Batches,
    Stream,
    TokenFolder,
    read_documents,
    read_windows,
    validation_batches,
)
from finetune.parts import split
from homespun.errors import UsageError


def stream(lengths: list[int], loss: bool = False) -> Stream:
    """Documents whose tokens are 100 · number + place, so every token names its document."""
    parts = [
        np.array([0, *(100 * (i + 1) + j for j in range(1, n))], dtype="<u2") for i, n in enumerate(lengths)
    ]
    ids = np.concatenate(parts)
    marks = (ids % 2 == 1).astype(np.uint8) if loss else None
    return Stream(ids, marks)


def test_targets_are_the_next_tokens() -> None:
    source = stream([50])
    batch = read_windows(source, np.array([0, 7]), 10)
    assert batch.ids.shape == (2, 10)
    assert torch.equal(batch.ids[:, 1:], batch.targets[:, :-1])
    assert batch.targets[1, -1] == source.ids[17]


def test_windows_number_their_documents_and_restart_positions() -> None:
    batch = read_windows(stream([4, 3, 5]), np.array([1]), 9)
    assert batch.documents[0].tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert batch.positions[0].tolist() == [0, 1, 2, 0, 1, 2, 0, 1, 2]


def test_only_marked_tokens_are_targets_in_windows_anywhere() -> None:
    source = stream([30, 9, 14], loss=True)
    batch = read_windows(source, np.arange(len(source) - 8), 7)
    counted = batch.targets[batch.targets != IGNORE]
    assert len(counted) > 0
    assert bool((counted % 2 == 1).all())
    assert source.loss is not None
    for at in range(len(source) - 8):
        assert (batch.targets[at] != IGNORE).tolist() == (source.loss[at + 1 : at + 8] == 1).tolist()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(2, 30), min_size=1, max_size=20),
    st.integers(4, 24),
    st.integers(1, 4),
    st.booleans(),
)
def test_packed_rows_never_mix_documents(lengths: list[int], window: int, rows: int, masked: bool) -> None:
    source = stream(lengths, loss=masked)
    batch, taken = read_documents(source, np.arange(len(lengths)), window, rows)
    assert taken >= 1
    for ids, targets, documents, positions in zip(
        batch.ids, batch.targets, batch.documents, batch.positions, strict=True
    ):
        for number in set(documents.tolist()) - {-1}:
            inside = documents == number
            own = ids[inside]
            assert own[0] == 0
            assert len(set((own[1:] // 100).tolist())) <= 1
            assert positions[inside].tolist() == list(range(int(inside.sum())))
            real = targets[inside]
            real = real[real != IGNORE]
            assert 0 not in real.tolist()
            assert set((real // 100).tolist()) <= set((own[1:] // 100).tolist()) or len(own) == 1
            assert not masked or bool((real % 2 == 1).all())
        assert ids[documents == -1].tolist() == [PAD] * int((documents == -1).sum())
        assert targets[documents == -1].tolist() == [IGNORE] * int((documents == -1).sum())


def test_an_epoch_of_windows_visits_every_cut_once() -> None:
    source = Stream(np.arange(1, 1001, dtype="<u2"), None)
    batches = Batches(source, 10, seed=3)
    first = torch.cat([batches.next(1).ids for _ in range(99)])
    assert batches.epoch == 1
    assert len(set(first.flatten().tolist())) == 990
    second = torch.cat([batches.next(1).ids for _ in range(99)])
    assert sorted(first[:, 0].tolist()) != first[:, 0].tolist()
    assert first[:, 0].tolist() != second[:, 0].tolist()


def test_an_epoch_of_documents_visits_every_document_once() -> None:
    batches = Batches(stream([5, 7, 3, 9, 4, 6]), 12, seed=1, packing="documents")
    seen: list[int] = []
    while batches.epoch == 0:
        batch = batches.next(1)
        seen += [int(t) for t in batch.ids.flatten() if t % 100 == 1 and t > 1]
    assert sorted(seen) == [101, 201, 301, 401, 501, 601]


@pytest.mark.parametrize("packing", ["stream", "documents"])
def test_a_restored_position_draws_the_same_batches(packing: str) -> None:
    source = stream([20] * 40)
    one = Batches(source, 16, seed=5, packing=packing)
    for _ in range(37):
        one.next(2)
    two = Batches(source, 16, seed=5, packing=packing)
    two.load_state_dict(one.state_dict())
    for _ in range(37):
        assert torch.equal(one.next(2).ids, two.next(2).ids)
    assert one.epoch >= 2


def test_another_seed_draws_other_batches() -> None:
    source = stream([20] * 40)
    assert not torch.equal(Batches(source, 16, seed=1).next(8).ids, Batches(source, 16, seed=2).next(8).ids)


@pytest.mark.parametrize("packing", ["stream", "documents"])
def test_the_validation_subset_is_fixed_and_of_the_size_asked(packing: str) -> None:
    source = stream([20] * 200)
    one = validation_batches(source, 16, 4, 800, packing)
    two = validation_batches(source, 16, 4, 800, packing)
    assert all(torch.equal(a.ids, b.ids) for a, b in zip(one, two, strict=True))
    assert 600 <= sum(int((b.documents >= 0).sum()) for b in one) <= 1000


def test_token_bytes_count_text_and_not_specials(make_folder: Callable[..., Path]) -> None:
    lengths = TokenFolder(make_folder()).token_bytes
    assert lengths[:16].tolist() == [0] * 16
    assert lengths[16:272].tolist() == [1] * 256
    merged = lengths[272 : 272 + 20]
    assert merged.min() > 1
    assert merged.max() >= 4  # " the", whole


def test_a_missing_folder_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no folder of prepared tokens"):
        TokenFolder(tmp_path / "nothing")


def test_marks_of_another_length_are_refused(make_folder: Callable[..., Path]) -> None:
    folder = make_folder(loss=np.ones(5))
    with pytest.raises(UsageError, match="5 marks for 8000 tokens"):
        TokenFolder(folder)


def test_half_a_token_is_refused(make_folder: Callable[..., Path]) -> None:
    folder = make_folder()
    with (folder / "valid.bin").open("ab") as file:
        file.write(b"x")
    with pytest.raises(UsageError, match="16-bit tokens"):
        TokenFolder(folder)


def test_a_stream_shorter_than_a_window_is_refused() -> None:
    with pytest.raises(UsageError, match="smaller window"):
        Batches(stream([10]), 16, seed=1)


@pytest.mark.parametrize("meta", ["{", "{}", "[]", '{"vocab_size": "many"}', '{"vocab_size": 0}', "\xff"])
def test_a_damaged_description_of_tokens_is_told(make_folder: Callable[..., Path], meta: str) -> None:
    folder = make_folder()
    (folder / "meta.json").write_text(meta, encoding="latin-1")
    with pytest.raises(UsageError, match=r"meta\.json.* is damaged.*prepare the folder again"):
        TokenFolder(folder)


@pytest.mark.parametrize("most", [1000, 10])
def test_tokens_in_parts_are_to_be_joined(make_folder: Callable[..., Path], most: int) -> None:
    folder = make_folder()
    split(folder, most)
    with pytest.raises(UsageError, match=r"python -m finetune\.parts join .*tokens"):
        TokenFolder(folder)


def test_marks_of_targets_in_parts_are_missed_too(make_folder: Callable[..., Path]) -> None:
    folder = make_folder(loss=np.ones(8000))
    split(folder, 7000)
    for name in ("train.bin", "tokenizer.json"):
        (folder / name).write_bytes(b"".join(part.read_bytes() for part in sorted(folder.glob(f"{name}.0*"))))
    with pytest.raises(UsageError, match=r"train\.loss\.bin of .* in parts"):
        TokenFolder(folder)

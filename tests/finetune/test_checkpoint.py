from pathlib import Path

import pytest
import torch

from finetune.checkpoint import checkpoints, load_checkpoint, save_checkpoint
from homespun.errors import HomespunError, OutOfSpace


def never(line: str) -> None:
    raise AssertionError(line)


def test_the_newest_two_are_kept(tmp_path: Path) -> None:
    for step in (5, 10, 15, 1_000_000):
        save_checkpoint(tmp_path, step, {"step": step})
    assert [path.name for path in checkpoints(tmp_path)] == ["step-001000000.pt", "step-000000015.pt"]
    state = load_checkpoint(tmp_path, never)
    assert state == {"step": 1_000_000}


def test_tensors_come_back_bit_for_bit(tmp_path: Path) -> None:
    values = {"w": torch.randn(5, 3), "random": torch.get_rng_state()}
    save_checkpoint(tmp_path, 1, values)
    state = load_checkpoint(tmp_path, never)
    assert state is not None
    assert all(torch.equal(state[key], values[key]) for key in values)


def test_a_damaged_one_is_passed_over_with_a_warning(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, 1, {"step": 1})
    newest = save_checkpoint(tmp_path, 2, {"step": 2})
    newest.write_bytes(newest.read_bytes()[:100])
    warnings: list[str] = []
    assert load_checkpoint(tmp_path, warnings.append) == {"step": 1}
    assert len(warnings) == 1
    assert newest.name in warnings[0]


def test_only_damaged_ones_are_an_error_not_a_fresh_start(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, 1, {"step": 1}).write_bytes(b"")
    with pytest.raises(HomespunError, match=r"no checkpoint in .* can be read"):
        load_checkpoint(tmp_path, lambda _: None)


def test_an_empty_folder_has_none(tmp_path: Path) -> None:
    assert load_checkpoint(tmp_path, never) is None


def test_no_space_leaves_the_older_ones_and_names_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import finetune.checkpoint

    save_checkpoint(tmp_path, 1, {"step": 1})
    save_checkpoint(tmp_path, 2, {"step": 2})

    def full(path: Path, data: bytes) -> None:
        raise OutOfSpace("full")

    monkeypatch.setattr(finetune.checkpoint, "atomic_write", full)
    with pytest.raises(OutOfSpace, match=r"intact \(step-000000002.pt\)"):
        save_checkpoint(tmp_path, 3, {"step": 3})
    assert len(checkpoints(tmp_path)) == 2

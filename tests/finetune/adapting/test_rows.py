import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetune.adapting.batches import RowBatches, collate
from finetune.adapting.rows import Mark, Row, Rows, write_rows
from homespun.errors import UsageError

LENGTHS = st.lists(st.integers(3, 60), min_size=1, max_size=30)


def unit(length: int, mark: int = 1, second: int = 2) -> list[Row]:
    return [Row(list(range(100, 100 + length)), second, {mark: Mark.START | Mark.END})]


def test_what_is_written_is_read(tmp_path):
    rows = [Row([101, 7, 102, 8, 102], 3, {3: Mark.START | Mark.END}, kind=2), Row([101, 102], 2, {})]
    write_rows(tmp_path / "rows", [rows, rows[:1]], {"sources": {"made": 2}})
    found = Rows(tmp_path / "rows")
    assert len(found) == 2
    assert list(found.sizes) == [2, 1]
    assert list(found.lengths) == [5, 2, 5]
    assert list(found.kinds) == [2, 0, 2]
    assert list(found.widths()) == [5, 5]
    assert found.ids[:5].tolist() == [101, 7, 102, 8, 102]
    assert found.marks[3] == Mark.START | Mark.END
    assert found.meta == {"sources": {"made": 2}}


def test_rows_of_an_older_form_are_not_misread(tmp_path):
    write_rows(tmp_path / "rows", [unit(5), unit(6)], {})
    (tmp_path / "rows" / "kinds.bin").write_bytes(b"\1\0")  # a byte for each, as it once was
    with pytest.raises(UsageError, match="prepare it again"):
        Rows(tmp_path / "rows")


def test_a_damaged_folder_is_refused(tmp_path):
    write_rows(tmp_path / "rows", [unit(5)], {})
    (tmp_path / "rows" / "ids.bin").write_bytes(b"\0\0")
    with pytest.raises(UsageError, match="don't fit each other"):
        Rows(tmp_path / "rows")
    (tmp_path / "rows" / "ids.bin").unlink()
    with pytest.raises(UsageError, match="no folder of prepared rows"):
        Rows(tmp_path / "rows")


def test_rows_are_padded_and_typed(tmp_path):
    pair = [Row([1, 2, 3], 2, {0: Mark.OPTION}), Row([4, 5], 1, {0: Mark.OPTION | Mark.RIGHT})]
    rows = Rows(write_rows(tmp_path / "rows", [pair, pair[:1]], {}))
    batch = collate(rows, np.asarray([0, 1]), 5, 2)
    assert batch.ids.tolist() == [[1, 2, 3, 0, 0], [4, 5, 0, 0, 0], [1, 2, 3, 0, 0], [0, 0, 0, 0, 0]]
    assert batch.mask.sum(1).tolist() == [3, 2, 3, 1]
    assert batch.types.tolist()[:2] == [[0, 0, 1, 0, 0], [0, 1, 0, 0, 0]]
    assert batch.real.tolist() == [[True, True], [True, False]]


@given(LENGTHS, st.integers(0, 5))
def test_an_epoch_visits_no_unit_twice_and_validation_all_once(tmp_path_factory, lengths, seed):
    folder = tmp_path_factory.mktemp("rows")
    rows = Rows(write_rows(folder / "rows", [unit(length) for length in lengths], {}))
    batches = RowBatches(rows, 64, seed=seed, widths=(16, 32, 64))
    seen = 0
    for _ in range(batches.per_epoch):
        batch = batches.next()
        assert batch.ids.shape[1] in (16, 32, 64)
        assert batch.ids.numel() <= max(64, batch.ids.shape[1])
        seen += len(batch.real)
    assert batches.epoch == bool(seen)
    assert seen <= len(lengths)
    assert sum(len(batch.real) for batch in batches.once()) == len(lengths)


def test_the_order_goes_on_from_its_state(tmp_path):
    rows = Rows(write_rows(tmp_path / "rows", [unit(5 + n % 20) for n in range(50)], {}))
    one, other = (RowBatches(rows, 64, seed=4, widths=(32,)) for _ in range(2))
    for _ in range(30):
        one.next()
    other.load_state_dict(one.state_dict())
    for _ in range(40):
        assert one.next().ids.equal(other.next().ids)


@given(LENGTHS, st.integers(0, 5))
def test_each_shape_of_an_epoch_comes_once_and_takes_nothing_from_it(tmp_path_factory, lengths, seed):
    folder = tmp_path_factory.mktemp("rows")
    rows = Rows(write_rows(folder / "rows", [unit(length) for length in lengths], {}))
    batches, other = (RowBatches(rows, 64, seed=seed, widths=(16, 32, 64)) for _ in range(2))
    shapes = [tuple(batch.ids.shape) for batch in batches.shapes()]
    assert batches.state_dict() == other.state_dict()
    epoch = [batches.next() for _ in range(batches.per_epoch)]
    assert sorted(shapes) == sorted({tuple(batch.ids.shape) for batch in epoch})


def test_too_long_or_too_few_rows_are_refused(tmp_path):
    rows = Rows(write_rows(tmp_path / "long", [unit(80)], {}))
    with pytest.raises(UsageError, match="longer than 64"):
        RowBatches(rows, 64, seed=0, widths=(64,))
    rows = Rows(write_rows(tmp_path / "few", [unit(10)], {}))
    with pytest.raises(UsageError, match="fill no batch"):
        RowBatches(rows, 640, seed=0, widths=(64,)).next()

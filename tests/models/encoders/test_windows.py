"""Windows cover the second text whole, overlap as told, and fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models

from homespun.errors import UsageError
from models.encoders.windows import Layout, Pieces


@pytest.fixture(scope="module")
def tokenizer(plain: Path) -> Tokenizer:
    """A tokenizer that, like published ones, cuts texts off at 5 tokens and pads them."""
    return Tokenizer.from_file(str(plain / "tokenizer.json"))


def pieces(count: int) -> Pieces:
    return Pieces(tuple(range(100, 100 + count)), tuple((2 * n, 2 * n + 1) for n in range(count)))


@given(
    first=st.integers(0, 30), second=st.integers(0, 200), room=st.integers(2, 40), stride=st.integers(0, 10),
    most_first=st.integers(1, 20),
)  # fmt: skip
def test_rows_cover_the_second_text_and_fit(
    tokenizer: Tokenizer, first: int, second: int, room: int, stride: int, most_first: int
) -> None:
    length = room + stride + most_first + 3
    layout = Layout(tokenizer, max_length=length, stride=stride, most_first=most_first)
    question, text = pieces(first), pieces(second)
    rows = layout.windows(question, text)
    covered: list[int] = []
    for number, row in enumerate(rows):
        assert len(row.ids) <= length
        assert row.ids[row.second : row.second + row.pieces] == text.ids[row.first_piece :][: row.pieces]
        assert row.ids[1 : row.second - 1] == question.ids[:most_first]
        assert row.second + row.pieces + 1 == len(row.ids)
        if number:
            assert rows[number - 1].first_piece + rows[number - 1].pieces - row.first_piece == stride
        covered += range(row.first_piece, row.first_piece + row.pieces)
    assert sorted(set(covered)) == list(range(second))


def test_texts_are_cut_into_pieces_whole_whatever_the_tokenizer_was_saved_with(tokenizer: Tokenizer) -> None:
    layout = Layout(tokenizer, max_length=40, stride=4, most_first=8)
    text = "the cat sat on the mat and the dog ran by the river " * 3
    (found,) = layout.pieces([text])
    assert [text[begin:end] for begin, end in found.spans] == text.split()


class Copying:
    """An encoding as the library gives it: every look at a list copies the whole of it."""

    overflowing: tuple[()] = ()

    def __init__(self, count: int) -> None:
        self.count, self.copied = count, 0

    def _copy(self, values: list[Any]) -> list[Any]:
        self.copied += len(values)
        return values

    @property
    def ids(self) -> list[int]:
        return self._copy(list(range(self.count)))

    @property
    def attention_mask(self) -> list[int]:
        return self._copy([1] * self.count)

    @property
    def offsets(self) -> list[tuple[int, int]]:
        return self._copy([(n, n + 1) for n in range(self.count)])


def test_the_cost_of_cutting_grows_with_the_text_and_not_with_its_square() -> None:
    row = Copying(1000)

    class Batches:
        def token_to_id(self, token: str) -> int:
            return len(token)

        def encode_batch(self, texts: list[str], *, add_special_tokens: bool) -> list[Copying]:
            return [row for _ in texts]

    layout = Layout(Batches(), max_length=40, stride=4, most_first=8)  # type: ignore[arg-type]
    (found,) = layout.pieces(["a text"])
    assert found.ids == tuple(range(1000))
    assert row.copied <= 3 * 1000


def test_characters_lead_to_the_tokens_that_share_them(tokenizer: Tokenizer) -> None:
    layout = Layout(tokenizer, max_length=40, stride=4, most_first=8)
    (found,) = layout.pieces(["the cat sat"])
    assert found.tokens(4, 7) == (1, 1)
    assert found.tokens(5, 9) == (1, 2)
    assert found.tokens(3, 4) is None
    assert found.tokens(0, 11) == (0, 2)


def test_what_leaves_no_room_or_has_no_marks_is_refused(tokenizer: Tokenizer) -> None:
    with pytest.raises(UsageError, match="no room"):
        Layout(tokenizer, max_length=20, stride=9, most_first=8)
    with pytest.raises(UsageError, match="CLS"):
        Layout(Tokenizer(models.BPE()), max_length=40, stride=4, most_first=8)

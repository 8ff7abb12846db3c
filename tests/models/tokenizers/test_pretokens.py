"""The pre-tokenisation pattern, in Python and in the Rust runtime."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Regex
from tokenizers.pre_tokenizers import Split

from models.tokenizers.pretokens import LONGEST, PATTERN, split

RUST = Split(Regex(PATTERN), "isolated")
EVERY_CHARACTER = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]


def rust_split(text: str) -> list[str]:
    return [piece for piece, _ in RUST.pre_tokenize_str(text)]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Hello, world's end", ["Hello", ",", " world", "'s", " end"]),
        ("in 1984!", ["in", " ", "1", "9", "8", "4", "!"]),
        ("a  b\n\n c \r\n", ["a", " ", " b", "\n\n", " c", " \r\n"]),
        ("नमस्ते दुनिया", ["नमस्ते", " दुनिया"]),
        ("cafe\u0301 \u00a0x", ["cafe\u0301", " ", "\u00a0", "x"]),
        ("<|end|>", ["<|", "end", "|>"]),
        ("\x00\x1c!", ["\x00\x1c!"]),
        ("", []),
    ],
)
def test_splits_as_documented(text: str, pieces: list[str]) -> None:
    assert split(text) == pieces


def test_characters_of_every_plane_split_as_in_rust() -> None:
    # The other planes hold ideographs, nothing, or private characters: a sample of them is enough.
    chosen = [c for c in EVERY_CHARACTER if ord(c) >> 16 in {0, 1, 14} or ord(c) % 31 == 0]
    for start in range(0, len(chosen), 50_000):
        text = "".join(f"a{c}b {c} {c}\r\n{c}!{c}{c}1" for c in chosen[start : start + 50_000])
        assert split(text) == rust_split(text)


@given(st.text())
def test_pieces_join_to_the_text(text: str) -> None:
    assert "".join(split(text)) == text


def test_every_old_digit_stands_alone() -> None:
    digits = [char for char in EVERY_CHARACTER if unicodedata.category(char) == "Nd"]
    assert len(digits) > 600
    assert split("".join(digits)) == digits


@pytest.mark.parametrize("unit", [" ", "a", "!", "\n", " \n", "\r\n", "é"])
def test_a_run_without_end_is_cut_and_equal_in_rust(unit: str) -> None:
    text = unit * 50_000
    pieces = split(text)
    assert max(map(len, pieces)) <= 2 * LONGEST
    assert pieces == rust_split(text)
    assert "".join(pieces) == text


@pytest.mark.stress
def test_ten_million_spaces_do_not_break_rust() -> None:
    assert rust_split(" " * 10_000_000) == split(" " * 10_000_000)

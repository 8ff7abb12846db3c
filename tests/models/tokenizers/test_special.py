"""The fixed head of every vocabulary."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers.pre_tokenizers import ByteLevel

from models.tokenizers.special import (
    FIRST_MERGE,
    SPECIALS,
    byte_alphabet,
    from_printable,
    to_printable,
    well_formed,
)


def test_the_order_that_weights_depend_on() -> None:
    short = [name.strip("<|>") for name in SPECIALS]
    head = "endoftext pad system user assistant tool tools call end think memory passage"
    assert short == [*head.split(), "reserved_0", "reserved_1", "reserved_2", "reserved_3"]
    assert FIRST_MERGE == 272


def test_the_byte_alphabet_is_the_one_of_the_runtime() -> None:
    assert sorted(byte_alphabet()) == sorted(ByteLevel.alphabet())
    assert to_printable(b" a\n") == "ĠaĊ"


@given(st.binary())
def test_printable_bytes_come_back(data: bytes) -> None:
    assert from_printable(to_printable(data)) == data


def test_a_character_outside_the_alphabet_is_an_error() -> None:
    with pytest.raises(KeyError):
        from_printable(" ")


@given(st.text(alphabet=st.characters()))
def test_well_formed_text_can_be_written(text: str) -> None:
    assert well_formed(text).encode("utf-8").decode("utf-8") == well_formed(text)
    assert len(well_formed(text + "\ud800")) == len(well_formed(text)) + 1

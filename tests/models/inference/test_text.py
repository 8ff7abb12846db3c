import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from homespun.errors import UsageError
from models.inference.text import TextStream

# Few letters make stop strings likely; the rest are characters of two, three and four bytes.
TEXTS = st.text(alphabet=st.sampled_from("aabbé日🙂e\u0301\n\ufffd"), max_size=30) | st.text(max_size=30)
STOPS = st.lists(
    st.text(alphabet="aabbé日🙂", min_size=1, max_size=4) | st.text(min_size=1, max_size=4), max_size=3
)


def first_stop(text: str, stops: list[str]) -> tuple[str, str | None]:
    """The text up to the first stop string, found by growing the text character by character."""
    for end in range(len(text) + 1):
        met = [stop for stop in stops if text[:end].endswith(stop)]
        if met:
            longest = max(met, key=len)
            return text[: end - len(longest)], longest
    return text, None


def split(data: bytes, cuts: list[int]) -> list[bytes]:
    borders = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(borders)]


@given(TEXTS, st.lists(st.integers(0, 200), max_size=40), STOPS)
@example("aab", [1, 2], ["ab"])
@example("abc", [], ["abc", "b"])
@example("🙂🙂", [1, 2, 3, 5, 6], ["🙂🙂"])
def test_any_split_gives_the_text_up_to_the_first_stop_string(
    text: str, cuts: list[int], stops: list[str]
) -> None:
    stream = TextStream(stops)
    chunks = [stream.push(piece) for piece in split(text.encode(), cuts)]
    chunks.append(stream.finish())
    expected, met = first_stop(text, stops)
    assert "".join(chunks) == expected
    assert stream.stopped == met
    assert "\ufffd" in text or not any("\ufffd" in chunk for chunk in chunks)


@given(st.binary(max_size=30), st.lists(st.integers(0, 40), max_size=20))
def test_bytes_that_are_no_text_are_dropped_whatever_the_split(data: bytes, cuts: list[int]) -> None:
    stream = TextStream()
    got = "".join([stream.push(piece) for piece in split(data, cuts)] + [stream.finish()])
    assert got == data.decode("utf-8", "ignore")


@given(TEXTS, st.lists(st.integers(0, 200), max_size=40))
def test_without_stop_strings_nothing_but_unfinished_characters_is_held_back(
    text: str, cuts: list[int]
) -> None:
    stream = TextStream()
    sent, got = b"", ""
    for piece in split(text.encode(), cuts):
        sent += piece
        got += stream.push(piece)
        assert got == sent.decode("utf-8", "ignore")


def test_a_possible_stop_string_is_held_back_only_while_it_is_possible() -> None:
    stream = TextStream(["STOP"])
    assert stream.push(b"one S") == "one "
    assert stream.push(b"T") == ""
    assert stream.push(b"ep") == "STep"
    assert stream.push(b" ST") == " "
    assert stream.finish() == "ST"
    assert stream.stopped is None


def test_an_unfinished_character_at_the_end_is_dropped() -> None:
    stream = TextStream()
    assert stream.push("a🙂".encode()[:-1]) == "a"
    assert stream.finish() == ""


def test_nothing_comes_after_a_stop_string() -> None:
    stream = TextStream(["."])
    assert stream.push(b"yes. no") == "yes"
    assert stream.push(b" more") == ""
    assert stream.finish() == ""
    assert stream.stopped == "."


def test_an_empty_stop_string_is_refused() -> None:
    with pytest.raises(UsageError, match="empty"):
        TextStream([".", ""])

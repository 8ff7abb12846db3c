from __future__ import annotations

import time
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from rag.load.normal import _JOINING, normalise
from rag.parsed import Origin

# Letters, marks that compose and don't, syllables, blanks and ends of lines of all kinds, what can't be seen.
_CHARACTERS = (
    "ab \t\n\r\x0b\x0c\x00\x1b\x85\u2028\xa0\u2003\u3000\xad\u200b\u200d\ufeff\ufe0f\u202e"
    "e\u0301\u0323\u0307\u0327A\u030a\u212b\u1100\u1161\u11a8\uac00\u0f71\u0f72\u0958\u09c7\u09be\ufb01\U0001f600"
)
texts = st.text(st.sampled_from(_CHARACTERS), max_size=30) | st.text(max_size=30)


@settings(max_examples=600)
@given(texts)
def test_every_run_leads_to_what_it_was_made_from(original: str) -> None:
    text, runs = normalise(original)
    origin = Origin(runs)
    borders = [(0, len(text))] if not runs else []
    for run in runs:
        if run.source_length:
            borders.append((run.start, run.start + run.length))
        else:  # the end of what stands as a whole for as many characters
            borders[-1] = (borders[-1][0], run.start + run.length)
    for start, _ in borders:
        for _, end in borders:
            if start < end:
                low, high = origin.span(start, end)
                assert normalise(original[low:high]).text == text[start:end]


@settings(max_examples=300)
@given(texts)
def test_characters_of_runs_that_are_the_same_are_the_same_or_twins(original: str) -> None:
    text, runs = normalise(original)
    if not runs:
        assert len(text) == len(original) or not text
    for run in runs:
        if run.length == run.source_length:
            there = original[run.source : run.source + run.length]
            here = text[run.start : run.start + run.length]
            plain = "".join(char for char in there if char.isascii() and char.isprintable())
            assert plain == "".join(
                other
                for char, other in zip(there, here, strict=True)
                if char.isascii() and char.isprintable()
            )
            assert len(normalise(there).text) == len(here)


@settings(max_examples=300)
@given(texts)
def test_a_normal_text_stays_as_it_is(original: str) -> None:
    text, _ = normalise(original)
    assert normalise(text) == (text, ())
    assert unicodedata.is_normalized("NFC", text)
    assert not set(text) & set("\r\x00\x0b\x0c\x85\u2028\xa0\xad\u200b\ufeff\ufe0f\u202e")


@settings(max_examples=200)
@given(texts, st.data())
def test_a_longer_span_never_comes_from_less(original: str, data: st.DataObject) -> None:
    normal = normalise(original)
    ends = sorted(data.draw(st.lists(st.integers(0, len(normal.text)), min_size=2, max_size=6)))
    start = ends[0]
    spans = [normal.origin.span(start, end) for end in ends[1:]]
    assert [high for _, high in spans] == sorted(high for _, high in spans)
    assert all(low <= high <= len(original) for low, high in spans)


def test_what_cant_be_seen_goes_and_lines_end_with_line_feeds() -> None:
    assert normalise("\ufeffso\xadon\r\nno\xa0more\rtab\there\u200b!").text == "soon\nno more\ntab\there!"


def test_nothing_but_what_cant_be_seen_is_nothing() -> None:
    assert normalise("\x00\u200b\xad") == ("", ())


def test_a_letter_and_its_mark_are_one_letter() -> None:
    normal = normalise("caf" + "e\u200b\u0301" + "s")
    assert normal.text == "cafés"
    assert normal.origin.span(3, 4) == (3, 6)
    assert normal.origin.span(4, 5) == (6, 7)


def test_heaps_of_marks_are_cut_down_in_time() -> None:
    began = time.perf_counter()
    text = normalise("a" + "\u0327\u0301" * 50_000 + "b").text
    assert time.perf_counter() - began < 1.0
    assert len(text) < 40
    assert text[0] + text[-1] == "ab" or unicodedata.normalize("NFD", text)[0] == "a"


def test_letters_that_join_the_one_before_are_all_known() -> None:
    decomposed = (unicodedata.normalize("NFD", chr(code)) for code in range(0x110000))
    composing = {
        letters[-1]
        for letters in decomposed
        if len(letters) > 1 and unicodedata.normalize("NFC", letters)[-1] != letters[-1]
    }
    assert {char for char in composing if not unicodedata.combining(char)} == _JOINING


def test_joiners_that_words_and_emoji_need_stay() -> None:
    for text in ("\u0645\u06cc\u200c\u0631\u0648\u0645", "\U0001f469\u200d\U0001f680"):
        assert normalise(text).text == text

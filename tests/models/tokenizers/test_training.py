"""The incremental trainer beside a naive one that recounts every pair at every merge."""

import random
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.tokenizers.pretokens import split
from models.tokenizers.special import BYTE_OFFSET, FIRST_MERGE
from models.tokenizers.training import learn_merges


def naive_merges(
    words: dict[bytes, int], count: int, forbidden: tuple[bytes, ...] = ()
) -> list[tuple[int, int]]:
    spelt = {BYTE_OFFSET + byte: bytes([byte]) for byte in range(256)}
    state = {word: [BYTE_OFFSET + byte for byte in word] for word in words}
    merges: list[tuple[int, int]] = []
    while len(merges) < count:
        totals: Counter[tuple[int, int]] = Counter()
        for word, ids in state.items():
            for pair in pairwise(ids):
                totals[pair] += words[word]
        taken = {*spelt.values(), *forbidden}
        allowed = [
            pair for pair, n in totals.items() if n > 1 and spelt[pair[0]] + spelt[pair[1]] not in taken
        ]
        if not allowed:
            break
        best = min(allowed, key=lambda pair: (-totals[pair], pair))
        new = FIRST_MERGE + len(merges)
        spelt[new] = spelt[best[0]] + spelt[best[1]]
        merges.append(best)
        for word, ids in state.items():
            merged: list[int] = []
            for token in ids:
                # A token that was just made is never an old id, so overlaps resolve leftmost first.
                if merged and (merged[-1], token) == best:
                    merged[-1] = new
                else:
                    merged.append(token)
            state[word] = merged
    return merges


@settings(deadline=None, max_examples=300)
@given(
    st.dictionaries(
        st.text(alphabet="abc", min_size=1, max_size=14).map(str.encode), st.integers(1, 5), max_size=12
    ),
    st.integers(0, 40),
)
def test_equals_a_naive_trainer_on_few_letters(words: dict[bytes, int], count: int) -> None:
    assert learn_merges(words, count) == naive_merges(words, count)


def test_equals_a_naive_trainer_on_text(scripts: dict[str, str]) -> None:
    words = Counter(word.encode() for text in scripts.values() for word in split(text * 2))
    merges = learn_merges(words, 150)
    assert len(merges) == 150
    assert merges == naive_merges(words, 150)


def test_known_answer() -> None:
    a, b, c = (BYTE_OFFSET + byte for byte in b"abc")
    assert learn_merges({b"abab": 3, b"abc": 2}, 3) == [(a, b), (FIRST_MERGE, FIRST_MERGE), (FIRST_MERGE, c)]


def test_ties_go_to_the_smaller_ids_whatever_the_order_of_words() -> None:
    words = [(bytes([x, y, z]), 2) for x in b"dcba" for y in b"fe" for z in b"hg"]
    expected = learn_merges(dict(words), 30)
    for seed in range(5):
        random.Random(seed).shuffle(words)
        assert learn_merges(dict(words), 30) == expected
    assert expected == naive_merges(dict(words), 30)


def test_a_pair_that_occurs_once_is_not_merged() -> None:
    assert learn_merges({b"abcdef": 1}, 10) == []


@pytest.mark.parametrize("count", [0, 5])
def test_forbidden_bytes_become_no_token(count: int) -> None:
    words = {b"<x>": 9, b"ab": 2}
    merges = learn_merges(words, count, forbidden=[b"<x>"])
    assert merges == naive_merges(words, count, (b"<x>",))
    assert len(merges) == min(count, 2)

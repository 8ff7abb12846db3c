"""Equal and nearly equal documents are found; the first one stays, and different ones do."""

from __future__ import annotations

import random

import pytest

from finetune.data.cleaning.deduplicate import EXACT, NEAR, Seen

WORDS = [f"word{number}" for number in range(900)]


def _text(seed: int, length: int = 100) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=length))


def _altered(text: str, times: int) -> str:
    """With every so many-th word replaced, so that up to five runs a word change."""
    parts = text.split()
    for number in range(times):
        parts[number * len(parts) // times] = f"other{number}"
    return " ".join(parts)


def test_the_first_of_equal_documents_stays() -> None:
    seen = Seen(None)
    assert [seen.add(text) for text in ("A cat sat.", "a CAT sat", "A cat sat up.")] == [None, EXACT, None]


def test_short_documents_are_compared_as_a_whole_only() -> None:
    seen = Seen(0.5)
    assert [seen.add(text) for text in ("hello", "hello there", "Hello!")] == [None, None, EXACT]


@pytest.mark.parametrize(("similar", "found"), [(0.9, None), (0.8, NEAR), (None, None)])
def test_how_near_counts_as_nearly_equal_is_a_setting(similar: float | None, found: str | None) -> None:
    text = _text(1)
    seen = Seen(similar)
    assert seen.add(text) is None
    # Two of 100 words are others: 10 of 96 runs at most, so an index of about 0.83.
    assert seen.add(_altered(text, 2)) == found


def test_nearly_equal_documents_are_found_among_many_and_others_are_kept() -> None:
    seen = Seen(0.8)
    texts = [_text(seed) for seed in range(400)]
    assert not any(seen.add(text) for text in texts)
    assert sum(seen.add(_altered(text, 1)) == NEAR for text in texts) >= 396


def test_a_dropped_document_is_not_compared_with_later_ones() -> None:
    first, second = _text(1), _altered(_text(1), 2)
    third = _altered(second, 3)
    assert Seen(0.8).add(third) is None
    seen = Seen(0.8)
    assert [seen.add(text) for text in (first, second, third)] == [None, NEAR, None]


def test_conversations_are_compared_by_all_their_messages() -> None:
    def talk(seed: int) -> list[dict[str, str]]:
        return [
            {"role": role, "content": _text(seed + at, 40)} for at, role in enumerate(("user", "assistant"))
        ]

    seen = Seen(0.8)
    other = [talk(1)[0], {"role": "assistant", "content": _text(9, 40)}]
    assert [seen.add(one) for one in (talk(1), other, talk(1))] == [None, None, EXACT]


@pytest.mark.parametrize("similar", [0.0, -1.0, 1.5])
def test_a_share_that_is_none_is_refused(similar: float) -> None:
    with pytest.raises(ValueError, match="similar"):
        Seen(similar)

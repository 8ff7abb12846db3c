"""Things named one after another."""

from __future__ import annotations

import pytest

from finetune.data.enumeration import joined


@pytest.mark.parametrize(
    ("parts", "text"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_a_word_stands_before_the_last(parts: list[str], text: str) -> None:
    assert joined(parts) == text
    assert joined(parts, "or") == text.replace("and", "or")

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from rag.judges import cosine, length


def _cosine() -> str:
    encoder: Any = SimpleNamespace(source=SimpleNamespace(fingerprint="e" * 64))
    return cosine.Cosine(encoder).fingerprint


def _length() -> str:
    return length.Length().fingerprint


@pytest.mark.parametrize(
    ("module", "make", "figure"),
    [
        (cosine, _cosine, "SLOPE"),
        (cosine, _cosine, "MIDDLE"),
        (cosine, _cosine, "THRESHOLD"),
        (length, _length, "MEDIAN"),
        (length, _length, "THRESHOLD"),
    ],
)
def test_the_fingerprint_changes_with_each_figure(
    module: Any, make: Any, figure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = make()
    assert before.replace("-", "").isalnum()
    assert make() == before
    monkeypatch.setattr(module, figure, getattr(module, figure) + 0.01)
    assert make() != before

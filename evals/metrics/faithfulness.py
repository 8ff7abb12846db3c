"""Faithfulness: how much of what an answer claims its passages support (after RAGAS, Es et al. 2023).

What a claim is and whether it's supported is said by a grounder and its judge; this only counts.
"""

from __future__ import annotations

from collections.abc import Sequence

SUPPORTED, UNSUPPORTED, NO_CLAIM = "supported", "unsupported", "no claim"
VERDICTS = (SUPPORTED, UNSUPPORTED, NO_CLAIM)


def faithfulness(verdicts: Sequence[str]) -> float | None:
    """Share of claiming sentences that are supported.

    Args:
        verdicts: One a sentence: "supported", "unsupported" or "no claim".

    Returns:
        A share in [0, 1], or None for an answer that claims nothing.

    Raises:
        ValueError: A verdict is none of the three.
    """
    claims = claiming(verdicts)
    return sum(verdict == SUPPORTED for verdict in claims) / len(claims) if claims else None


def claiming(verdicts: Sequence[str]) -> list[str]:
    """The verdicts of sentences that claim something.

    Raises:
        ValueError: A verdict is none of the three.
    """
    for verdict in verdicts:
        if verdict not in VERDICTS:
            raise ValueError(f"a verdict is one of {', '.join(VERDICTS)}, not {verdict!r}")
    return [verdict for verdict in verdicts if verdict != NO_CLAIM]

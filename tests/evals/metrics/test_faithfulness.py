from __future__ import annotations

import pytest

from evals.metrics.faithfulness import faithfulness
from evals.metrics.hallucination import hallucinates, hallucination_rate

MIXED = ["supported", "no claim", "unsupported", "supported", "supported"]


def test_shares_are_of_claiming_sentences() -> None:
    assert faithfulness(MIXED) == 0.75
    assert hallucination_rate(MIXED) == 0.25
    assert hallucinates(MIXED)
    assert not hallucinates(["supported", "no claim"])


@pytest.mark.parametrize("verdicts", [[], ["no claim"], ["no claim", "no claim"]])
def test_an_answer_that_claims_nothing_has_no_share(verdicts: list[str]) -> None:
    assert faithfulness(verdicts) is None
    assert hallucination_rate(verdicts) is None
    assert not hallucinates(verdicts)


@pytest.mark.parametrize("metric", [faithfulness, hallucination_rate, hallucinates])
def test_another_verdict_is_refused(metric: object) -> None:
    with pytest.raises(ValueError, match="a verdict is one of"):
        metric(["maybe"])  # type: ignore[operator]

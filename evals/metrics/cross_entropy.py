"""Cross-entropy: a language model's mean loss per token; depends on the tokenizer."""

from __future__ import annotations

import math
from typing import Literal


def cross_entropy(nats: float, tokens: float, unit: Literal["nats", "bits"] = "nats") -> float:
    """Average a summed loss over its tokens.

    Args:
        nats: Negative log-likelihood, summed over the tokens, in nats.
        tokens: How many tokens were predicted.
        unit: Of the result; a bit is ln 2 nats.

    Returns:
        Nats or bits per token; lower is better.

    Raises:
        ValueError: No token was predicted.
    """
    if not tokens > 0:
        raise ValueError("the cross-entropy of no tokens is not defined")
    return nats / tokens / (math.log(2) if unit == "bits" else 1.0)

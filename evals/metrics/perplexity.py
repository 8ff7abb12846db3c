"""Perplexity: among how many equally likely tokens a language model might as well choose.

Jelinek, Mercer, Bahl and Baker (1977). Figures of models with different tokenizers can't be compared; bits
per byte can.
"""

from __future__ import annotations

import math

from evals.metrics.cross_entropy import cross_entropy


def perplexity(nats: float, tokens: float) -> float:
    """Exponentiate the mean loss per token.

    Args:
        nats: Negative log-likelihood, summed over the tokens, in nats.
        tokens: How many tokens were predicted.

    Returns:
        At least 1 for a model of probabilities; lower is better.

    Raises:
        ValueError: No token was predicted, or the result is too large for a float.
    """
    try:
        return math.exp(cross_entropy(nats, tokens))
    except OverflowError:
        raise ValueError("the perplexity is larger than a number can hold") from None

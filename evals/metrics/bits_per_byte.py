"""Bits per byte: a language model's loss in a unit that does not depend on its tokenizer."""

import math


def bits_per_byte(nats: float, bytes: int) -> float:  # noqa: A002 (the unit's own name)
    """Convert a summed loss into bits per byte of text.

    Args:
        nats: Negative log-likelihood of the text, summed over its tokens, in nats.
        bytes: Length of the same text in UTF-8 bytes.

    Returns:
        Bits per byte; lower is better, 8.0 is a uniform guess over bytes.

    Raises:
        ValueError: The text is empty.
    """
    if bytes <= 0:
        raise ValueError("bits per byte of an empty text are not defined")
    return nats / math.log(2) / bytes

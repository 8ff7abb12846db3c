"""Token accuracy: how often the most likely next token was the true one."""


def token_accuracy(right: float, tokens: float) -> float:
    """Share of tokens that were predicted right.

    Args:
        right: For how many tokens the most likely one was the true one.
        tokens: How many tokens were predicted.

    Returns:
        A share in [0, 1].

    Raises:
        ValueError: No token was predicted, or more were right than there are.
    """
    if not tokens > 0:
        raise ValueError("the accuracy over no tokens is not defined")
    if not 0 <= right <= tokens:
        raise ValueError(f"{right} of {tokens} tokens can't be right")
    return right / tokens

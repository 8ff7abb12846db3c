"""Learning-rate schedule and progress of a run: pure functions, no state, no clock.

A run ends by tokens, by minutes, or by whichever comes first; the learning rate follows *progress* (0 → 1),
so a run on a machine of unknown speed still ends annealed. Time that a machine was off is not counted:
`elapsed_s` is summed over resumes by the caller.
"""

import math


def progress(
    tokens: int, elapsed_s: float, max_tokens: int | None = None, max_minutes: float | None = None
) -> float:
    """Share of the run that is done, 0..1.

    Args:
        tokens: Tokens trained on so far.
        elapsed_s: Seconds of training so far, summed over resumes.
        max_tokens: End after so many tokens, or None.
        max_minutes: End after so many minutes, or None.

    Raises:
        ValueError: If neither bound is given.
    """
    shares = []
    if max_tokens is not None:
        shares.append(tokens / max_tokens)
    if max_minutes is not None:
        shares.append(elapsed_s / 60.0 / max_minutes)
    if not shares:
        raise ValueError("a run needs max_tokens or max_minutes")
    return min(1.0, max(shares))


def lr_scale(done: float, warmup: float = 0.02, floor: float = 0.05) -> float:
    """Factor on the base learning rate: linear warm-up, then half a cosine down to `floor`.

    Args:
        done: Progress, 0..1.
        warmup: Share of the run spent warming up, 0..1.
        floor: Factor at the end, 0..1.

    Returns:
        A factor in (0, 1]: never 0 during warm-up, so that the first step moves.
    """
    done = min(1.0, max(0.0, done))
    if done < warmup:
        return max(done / warmup, 0.01)
    if warmup >= 1.0:
        return 1.0
    along = (done - warmup) / (1.0 - warmup)
    return floor + (1.0 - floor) * 0.5 * (1.0 + math.cos(math.pi * along))

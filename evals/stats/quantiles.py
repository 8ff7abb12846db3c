"""Quantiles of the t, the normal and the binomial distribution, as plain numbers."""

from __future__ import annotations


def t_quantile(share: float, freedom: float) -> float:
    """Returns the value below which `share` of Student's t with `freedom` degrees of freedom lies."""
    from scipy.special import stdtrit

    return float(stdtrit(max(freedom, 1.0), share))


def binomial_quantile(level: float, trials: int, share: float) -> int:
    """Returns the least count that at most so many successes have a chance of at least `level`."""
    import numpy as np
    from scipy.special import bdtr

    return int(np.searchsorted(bdtr(np.arange(trials + 1), trials, share), level))


def normal_share(value: float) -> float:
    """Returns the share of the standard normal distribution below `value`."""
    from scipy.special import ndtr

    return float(ndtr(value))


def normal_quantile(share: float) -> float:
    """Returns the value below which `share` of the standard normal distribution lies."""
    from scipy.special import ndtri

    return float(ndtri(share))

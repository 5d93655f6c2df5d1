"""Intervals of shares and of means over texts."""

from collections.abc import Callable

import numpy as np
from scipy import stats


def wilson(right: np.ndarray, n: np.ndarray | int) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of the 95 % Wilson interval of a share; it never leaves 0 to 1.

    Source: Wilson (1927); Brown, Cai & DasGupta (2001), equation 4.

    Args:
        right: How many are right: a number or an array of them.
        n: Of how many.
    """
    z = stats.norm.ppf(0.975)
    p, extra = np.asarray(right) / n, z**2 / n
    middle = (p + extra / 2) / (1 + extra)
    half = np.sqrt(extra * (p * (1 - p) + extra / 4)) / (1 + extra)
    return middle - half, middle + half


def percentile_interval(
    values: np.ndarray, statistic: Callable = np.mean, draws: int = 2000, seed: int = 0
) -> tuple[float, float]:
    """Return the 95 % percentile bootstrap interval of a statistic of values (n,)."""
    found = stats.bootstrap(
        (values,), statistic, n_resamples=draws, batch=100, method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval  # fmt: skip
    return float(found.low), float(found.high)


def paired_interval(
    measure: Callable[..., np.ndarray], truth: np.ndarray, answer: np.ndarray, seed: int = 0
) -> tuple[float, float]:
    """Return the same of a measure of two arrays (n,) whose rows are drawn together."""
    found = stats.bootstrap(
        (truth, answer), measure, paired=True, n_resamples=2000, batch=100, method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval  # fmt: skip
    return float(found.low), float(found.high)


def ratio_interval(
    sums: np.ndarray, counts: np.ndarray, draws: int = 2000, seed: int = 0
) -> tuple[float, float]:
    """Return the 95 % interval of a ratio of two sums over texts, such as the loss per token.

    Whole texts are drawn anew, each with its sum and its count.

    Args:
        sums: Of each text, (texts,).
        counts: Of each text, such as its number of tokens, (texts,).
        draws: How often.
        seed: Of the draws.
    """
    rows = np.random.default_rng(seed).integers(len(sums), size=(draws, len(sums)))
    found = np.quantile(sums[rows].sum(1) / counts[rows].sum(1), [0.025, 0.975])
    return float(found[0]), float(found[1])

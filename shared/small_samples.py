"""Intervals from a few repetitions, such as seeds, models or secrets."""

from collections.abc import Sequence

import numpy as np
from scipy import stats


def median_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the median and a 95 % interval that supposes no law: two of the sorted values."""
    ordered, n = np.sort(values), len(values)
    cut = max(0, int(stats.binom.ppf(0.025, n, 0.5)) - 1)
    return float(np.median(ordered)), float(ordered[cut]), float(ordered[n - 1 - cut])


def student(values: Sequence[float], level: float = 0.95) -> tuple[float, float]:
    """Return the mean, and half the width of its interval by Student's t."""
    half = stats.t.ppf((1 + level) / 2, len(values) - 1) * stats.sem(values)
    return float(np.mean(values)), float(half)

"""What the benchmarks share: runs in turn, pairs of one round, and claims with their spread."""

import gc
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from tqdm import tqdm

# How seaborn draws what `claim` says: the median, and a line from the least round to the greatest.
SPREAD = {"estimator": "median", "errorbar": ("pi", 100)}


class Claim(NamedTuple):
    """A number of the report: its median, its spread, and the goal that it has to reach."""

    what: str
    value: float
    low: float
    high: float
    unit: str
    goal: float | None = None
    at_least: bool = True

    @property
    def reached(self) -> bool | None:
        """Return whether the median reaches the goal; nothing, if there is none."""
        if self.goal is None:
            return None
        return bool(self.value >= self.goal if self.at_least else self.value <= self.goal)


def alternate(arms: Mapping[str, Callable[[], Mapping[str, float]]], rounds: int) -> pd.DataFrame:
    """Run every arm once a round; return the rows (round, arm, quantity, value).

    What changes on the machine meanwhile changes for all arms of a round. The order is rotated, so
    that none is always the first.
    """
    names, rows = list(arms), []
    with tqdm(total=rounds * len(names), unit="run", leave=False) as bar:
        for number in range(rounds):
            first = number % len(names)
            for name in names[first:] + names[:first]:
                bar.set_description(name)
                gc.collect()  # no arm pays for another's rubbish
                rows += [(number, name, *pair) for pair in arms[name]().items()]
                bar.update()
    return pd.DataFrame(rows, columns=["round", "arm", "quantity", "value"])


def values(table: pd.DataFrame, quantity: str, arm: str) -> pd.Series:
    """Return what an arm gave, by round."""
    chosen = (table["quantity"] == quantity) & (table["arm"] == arm)
    return table[chosen].set_index("round")["value"]


def ratio(table: pd.DataFrame, quantity: str, arm: str, other: str) -> pd.Series:
    """Return an arm's value over another's, by round."""
    return values(table, quantity, arm) / values(table, quantity, other)


def claim(
    what: str, series: pd.Series, unit: str, goal: float | None = None, at_least: bool = True
) -> Claim:
    """Return the claim about the rounds' median; the spread is from the least to the greatest."""
    return Claim(what, series.median(), series.min(), series.max(), unit, goal, at_least)


def points_gained(first: np.ndarray, second: np.ndarray) -> dict[str, float]:
    """Return how much more often the first is right, in points, and the 95 % interval.

    Args:
        first: Whether each answer is right, (seeds, texts); both have the same seeds and texts.
        second: The same of the other. Seeds and texts are both drawn anew, 2,000 times.
    """
    gain, random = 100 * (first.astype(float) - second), np.random.default_rng(0)
    seeds, texts = gain.shape
    draws = [
        gain[random.integers(seeds, size=seeds)][:, random.integers(texts, size=texts)].mean()
        for _ in range(2000)
    ]
    low, high = np.quantile(draws, [0.025, 0.975])
    return {"points": gain.mean(), "points, low": low, "points, high": high}


def points_claim(what: str, table: pd.DataFrame, arm: str, goal: float | None = None) -> Claim:
    """Return the claim about the points that were gained over an arm, with their interval."""
    value, low, high = (
        values(table, f"points{end}", arm).item() for end in ("", ", low", ", high")
    )
    return Claim(what, value, low, high, "points", goal, True)

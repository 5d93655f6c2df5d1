"""Human ratings: one rater against the others, halves of raters, doubt, and intervals by text."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from shared import data


def rated(name: str, split: str = "test") -> pd.DataFrame:
    """Return all texts of an embedded English set with their ratings, also those near 0.

    The `binary` classes of `data.load` leave out texts with a mean rating between -0.5 and 0.5.

    Args:
        name: `movies`, `amazon`, `nyt` or `tweets`.
        split: One of `data.SPLITS`.

    Returns:
        Columns `text`, `ratings` (from -4 to 4), `mean`; `strength` (the mean's distance from 0),
        `spread` (standard deviation of the ratings), `doubt` (standard error of the mean over
        `strength`; above 0.5, 0 lies within two standard errors), `kept` (it is in `binary`).
    """
    table = data.load(name, "regression")[split].to_pandas()[["text", "ratings"]]
    lists = [np.asarray(r, dtype=float) for r in table["ratings"]]
    table["ratings"] = lists
    table["mean"] = [r.mean() for r in lists]
    table["strength"] = table["mean"].abs()
    table["spread"] = [r.std(ddof=1) for r in lists]
    error = table["spread"] / np.sqrt([len(r) for r in lists])
    with np.errstate(divide="ignore", invalid="ignore"):
        table["doubt"] = np.where(error > 0, error / table["strength"], 0.0)
    table["kept"] = table["strength"] >= data.UNDECIDED_RATING - 1e-9
    return table


def against_others(ratings: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return each single rating, the mean of the text's other ratings, and the text's row.

    With the own rating in the mean, a rater would be compared partly with herself.

    Args:
        ratings: Of each text, two or more.

    Returns:
        Three arrays (ratings of all texts,).
    """
    n = np.array([len(r) for r in ratings])
    one = np.concatenate([np.asarray(r, dtype=float) for r in ratings])
    text = np.repeat(np.arange(len(n)), n)
    total = np.bincount(text, one)
    return one, (total[text] - one) / (n[text] - 1), text


def halves(
    ratings: Sequence[np.ndarray], seed: int, statistic: Callable[[np.ndarray], float] = np.mean
) -> tuple[np.ndarray, np.ndarray]:
    """Return two means of each text, or another statistic, (n,) and (n,).

    The raters of each text are divided at random.
    """
    random = np.random.default_rng(seed)
    shuffled = [random.permutation(np.asarray(r, dtype=float)) for r in ratings]
    return (
        np.array([statistic(r[: len(r) // 2]) for r in shuffled]),
        np.array([statistic(r[len(r) // 2 :]) for r in shuffled]),
    )


def reliability(first: np.ndarray, second: np.ndarray) -> float:
    """Return the reliability of the whole from its halves (Spearman 1910, Brown 1910)."""
    r = np.corrcoef(first, second)[0, 1]
    return float(2 * r / (1 + r))


def interval_by_text(
    value: np.ndarray, text: np.ndarray, seed: int = 0, draws: int = 2000
) -> tuple[float, float]:
    """Return a 95 % bootstrap interval of a mean; texts are drawn, each with all of its values.

    The ratings of one text are not independent: drawn one by one, they would give a narrower
    interval (a cluster bootstrap: Davison & Hinkley 1997, section 3.8).

    Args:
        value: (m,) such as 1 where a rating is on the side of the others.
        text: (m,) the row of its text.
        seed: Of the draws.
        draws: How many.
    """
    rows, place = np.unique(text, return_inverse=True)
    total, n = np.bincount(place, value), np.bincount(place)
    random = np.random.default_rng(seed)
    counts = random.multinomial(len(rows), np.full(len(rows), 1 / len(rows)), size=draws)
    low, high = np.quantile((counts @ total) / (counts @ n), [0.025, 0.975])
    return float(low), float(high)


def wilson(right: np.ndarray) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927) of independent cases, an array of bool."""
    found = stats.binomtest(int(np.sum(right)), len(right)).proportion_ci(method="wilson")
    return float(found.low), float(found.high)

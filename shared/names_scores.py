"""Strict scores of names, with intervals over texts and over trainings."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats

DRAWS = 2000


def f1_of(counts: np.ndarray) -> np.ndarray:
    """Return F1 of counts (…, 3) of names that are right, found and there; 0 if none is."""
    return 2 * counts[..., 0] / np.maximum(counts[..., 1] + counts[..., 2], 1)


def precision_of(counts: np.ndarray) -> np.ndarray:
    """Return the share of the found names that are right; 0 if none is found."""
    return counts[..., 0] / np.maximum(counts[..., 1], 1)


def recall_of(counts: np.ndarray) -> np.ndarray:
    """Return the share of the true names that are found; 0 if none is there."""
    return counts[..., 0] / np.maximum(counts[..., 2], 1)


def draws_of(counts: np.ndarray, measure: Callable = f1_of) -> np.ndarray:
    """Return a measure in draws of texts and of trainings, (draws,): a bootstrap of both.

    The texts of a draw are the same for all counts of as many texts, so that models are compared on
    the same texts.

    Args:
        counts: (trainings, texts, 3); of what is not random, one training.
        measure: `f1_of`, `precision_of` or `recall_of`.
    """
    trainings, n, _ = counts.shape
    random = np.random.default_rng(0)
    weights = random.multinomial(n, np.full(n, 1 / n), DRAWS)  # (draws, texts)
    each = measure(np.einsum("dt,stc->dsc", weights, counts))  # (draws, trainings)
    chosen = random.integers(trainings, size=(DRAWS, trainings))
    return np.take_along_axis(each, chosen, axis=1).mean(1)


def middle(draws: np.ndarray) -> tuple[float, float]:
    """Return the ends of the middle 95 %."""
    low, high = np.quantile(draws, [0.025, 0.975])
    return float(low), float(high)


def mean_of(counts: np.ndarray, measure: Callable = f1_of) -> float:
    """Return the mean of a measure over the trainings."""
    return float(measure(counts.sum(1)).mean())


def shown(counts: np.ndarray, measure: Callable = f1_of) -> str:
    """Return the mean of a measure with its interval, as text."""
    low, high = middle(draws_of(counts, measure))
    return f"{mean_of(counts, measure):.2f} ({low:.2f} to {high:.2f})"


def gain(ours: np.ndarray, theirs: np.ndarray, measure: Callable = f1_of) -> tuple[float, ...]:
    """Return by how much ours is better on the same texts: the mean, and the interval's ends."""
    apart = draws_of(ours, measure) - draws_of(theirs, measure)
    return mean_of(ours, measure) - mean_of(theirs, measure), *middle(apart)


def ahead(ours: np.ndarray, theirs: np.ndarray, measure: Callable = f1_of, digits: int = 2) -> str:
    """Return `gain` as text."""
    more, low, high = gain(ours, theirs, measure)
    return f"{more:+.{digits}f} ({low:+.{digits}f} to {high:+.{digits}f})"


def by_group(counts: np.ndarray, groups: Sequence[str]) -> np.ndarray:
    """Return counts (trainings, texts, 3) added up by the texts' groups: (trainings, groups, 3)."""
    places = np.unique(list(groups), return_inverse=True)[1]
    found = np.zeros((len(counts), places.max() + 1, 3), counts.dtype)
    np.add.at(found, (slice(None), places), counts)
    return found


def area(wrong: np.ndarray, score: np.ndarray) -> float:
    """Return the area under the ROC curve: how often a wrong one scores higher; ties count half."""
    rank = stats.rankdata(score)  # equal scores share their mean rank
    bad = int(np.sum(wrong))
    return float((rank[wrong].sum() - bad * (bad + 1) / 2) / (bad * (len(wrong) - bad)))


def first_wrong(wrong: np.ndarray, score: np.ndarray, n: int = 50) -> float:
    """Return how many of the n highest scores are wrong ones; equal scores count by chance."""
    least = np.sort(score)[-n]
    above, equal = score > least, score == least
    return float(wrong[above].sum() + (n - above.sum()) * wrong[equal].mean())


def detection(
    wrong: np.ndarray,
    scores: Mapping[str, Sequence[np.ndarray]],
    text: np.ndarray,
    draws: int = 200,
) -> dict[str, pd.DataFrame]:
    """Return the area and the wrong ones among the first 50, for all words and for draws of texts.

    Args:
        wrong: Of each word, whether its label is wrong.
        scores: By detector, the scores (words,) of each training; their measures are averaged.
        text: The number of each word's text.
        draws: Of as many texts as there are, with replacement.

    Returns:
        By measure, a column per detector; the first row is of all words, the others are the draws.
    """
    random, n = np.random.default_rng(0), int(text.max()) + 1
    places = [np.flatnonzero(text == i) for i in range(n)]
    sets = [np.concatenate([places[i] for i in random.integers(n, size=n)]) for _ in range(draws)]
    return {
        name: pd.DataFrame([
            {k: np.mean([measure(wrong[words], one[words]) for one in some])
             for k, some in scores.items()}
            for words in [np.arange(len(text)), *sets]
        ])
        for name, measure in {"area": area, "first 50": first_wrong}.items()
    }  # fmt: skip


def with_interval(draws: pd.Series) -> str:
    """Return the first row of `detection` with the middle 95 % of the others, as text."""
    low, high = middle(draws[1:])
    return f"{draws[0]:+.2f} ({low:+.2f} to {high:+.2f})"

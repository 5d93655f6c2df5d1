"""Strict scores of names, with intervals over texts and over trainings."""

from collections.abc import Callable, Sequence

import numpy as np

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


def area(wrong: Sequence[bool], score: Sequence[float]) -> float:
    """Return the area under the ROC curve: how often a wrong one scores higher; ties count half."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(wrong, score))

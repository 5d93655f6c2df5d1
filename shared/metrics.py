"""The usual metrics of classes and of numbers, by scikit-learn and SciPy."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from scipy.stats import pearsonr
from sklearn import metrics as sk


def _pearson_r(references: Sequence[float], predictions: Sequence[float]) -> float:
    """Return Pearson's r, or 0 if either side is constant: it then follows nothing."""
    if min(np.ptp(references), np.ptp(predictions)) == 0:
        return 0.0
    return pearsonr(references, predictions).statistic


# Each takes references, then predictions. Precision, recall and F1 are means over the classes.
OF_CLASSES: dict[str, Callable[..., float]] = {
    "accuracy": sk.accuracy_score,
    "precision": partial(sk.precision_score, average="macro", zero_division=0),
    "recall": partial(sk.recall_score, average="macro", zero_division=0),
    "f1": partial(sk.f1_score, average="macro", zero_division=0),
    "f1_weighted": partial(sk.f1_score, average="weighted", zero_division=0),
    "matthews": sk.matthews_corrcoef,
}
OF_NUMBERS: dict[str, Callable[..., float]] = {
    "pearson_r": _pearson_r,
    "mean_absolute_error": sk.mean_absolute_error,
}


def compute(
    name: str, references: Sequence[float] | np.ndarray, predictions: Sequence[float] | np.ndarray
) -> float:
    """Return one metric by its name, in `OF_CLASSES` or `OF_NUMBERS`."""
    return float((OF_CLASSES | OF_NUMBERS)[name](references, predictions))


def of_logits(logits: np.ndarray, references: np.ndarray) -> dict[str, float]:
    """Return the usual metrics of a classifier, or of a regression when `logits` has one column.

    Args:
        logits: (n, classes) or, for regression, (n, 1).
        references: (n,) class indices or numbers.

    Returns:
        Scores by name. Pearson's r is 0 where predictions or references are constant.
    """
    if logits.shape[1] == 1:
        predictions = logits[:, 0].astype(np.float64)
        return {name: compute(name, references, predictions) for name in OF_NUMBERS}
    predictions = logits.argmax(1)
    return {name: compute(name, references, predictions) for name in OF_CLASSES}

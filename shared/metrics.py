"""Metrics through `evaluate` with no network: scikit-learn computes, nothing is downloaded."""

from collections.abc import Callable
from functools import partial

import datasets
import evaluate
import numpy as np
from scipy.stats import pearsonr
from sklearn import metrics as sk

_CLASSES: dict[str, Callable[..., float]] = {
    "accuracy": sk.accuracy_score,
    "precision": partial(sk.precision_score, average="macro", zero_division=0),
    "recall": partial(sk.recall_score, average="macro", zero_division=0),
    "f1": partial(sk.f1_score, average="macro", zero_division=0),
    "f1_weighted": partial(sk.f1_score, average="weighted", zero_division=0),
    "matthews": sk.matthews_corrcoef,
}
_NUMBERS: dict[str, Callable[..., float]] = {
    "pearson_r": lambda references, predictions: _pearson_r(references, predictions),
    "mean_absolute_error": sk.mean_absolute_error,
}


def _pearson_r(references: list[float], predictions: list[float]) -> float:
    """Return Pearson's r, or 0 if either side is constant: it then follows nothing."""
    if min(np.ptp(references), np.ptp(predictions)) == 0:
        return 0.0
    return pearsonr(references, predictions).statistic


NAMES = (*_CLASSES, *_NUMBERS)


class Metric(evaluate.Metric):
    """One metric by name; `precision`, `recall` and `f1` are means over the classes (macro)."""

    def __init__(self, name: str) -> None:
        super().__init__(config_name=name, keep_in_memory=True)
        self.name_of_result = name

    def _info(self) -> evaluate.MetricInfo:
        value = "int64" if self.config_name in _CLASSES else "float64"
        return evaluate.MetricInfo(
            description=f"{self.config_name}, computed by scikit-learn or SciPy",
            citation="",
            features=datasets.Features(
                {"predictions": datasets.Value(value), "references": datasets.Value(value)}
            ),
        )

    def _compute(self, predictions: list, references: list) -> dict[str, float]:
        function = {**_CLASSES, **_NUMBERS}[self.name_of_result]
        return {self.name_of_result: float(function(references, predictions))}


def combined(*names: str) -> evaluate.CombinedEvaluations:
    """Return `evaluate.combine` of the named metrics (see `NAMES`)."""
    return evaluate.combine([Metric(name) for name in names])


def of_logits(logits: np.ndarray, references: np.ndarray) -> dict[str, float]:
    """Return the usual metrics of a classifier, or of a regression when `logits` has one column.

    Args:
        logits: (n, classes) or, for regression, (n, 1).
        references: (n,) class indices or numbers.

    Returns:
        Scores by name. Pearson's r is 0 where predictions or references are constant.
    """
    if logits.shape[1] == 1:
        return combined(*_NUMBERS).compute(predictions=logits[:, 0], references=references)
    return combined(*_CLASSES).compute(predictions=logits.argmax(1), references=references)

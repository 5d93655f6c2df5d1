"""What differs between classes and numbers: the score, the decision, and how sure one can be."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from datasets import ClassLabel, Dataset, DatasetDict

from shared import metrics
from shared.errors import UserError

DRAWS = 2000  # bootstrap samples of the test texts


@dataclass(frozen=True)
class Task:
    """Classification into named classes, or regression.

    Attributes:
        labels: The classes' names; `None` for regression.
        truth: (n,) the test split's classes or numbers.
    """

    labels: list[str] | None
    truth: np.ndarray

    @classmethod
    def of(cls, splits: DatasetDict, dataset: str) -> "Task":
        """Return the task of these data.

        Raises:
            UserError: Numbers to predict that are all the same in the test split.
        """
        labels = getattr(splits["train"].features["label"], "names", None)
        truth = np.asarray(splits["test"]["label"][:])
        if labels is None and len(set(truth)) == 1:
            raise UserError(
                f"dataset = {dataset!r}: every label of the test split ({len(truth)} texts) is "
                f"{truth[0]:g}. The correlation that we measure needs two different ones."
            )
        return cls(labels, truth)

    @property
    def is_regression(self) -> bool:
        """Whether numbers are predicted."""
        return self.labels is None

    @property
    def score_name(self) -> str:
        """The score to compare by: `accuracy` or `pearson_r`."""
        return "pearson_r" if self.is_regression else "accuracy"

    def score(self, predictions: Sequence | np.ndarray, truth: Sequence | None = None) -> float:
        """Return the score of predictions on the test split, or on another truth."""
        return metrics.compute(
            self.score_name, self.truth if truth is None else truth, np.asarray(predictions)
        )

    def as_classes(self, split: Dataset) -> Dataset:
        """Return a split with classes: its own or, for numbers, above their median or not."""
        if not self.is_regression:
            return split
        numbers = np.asarray(split["label"][:])
        above = (numbers > np.median(numbers)).astype(int).tolist()
        kept = split.remove_columns("label").add_column("label", above)
        return kept.cast_column("label", ClassLabel(names=["low", "high"]))

    def decide(self, logits: np.ndarray) -> np.ndarray:
        """Return the predictions, (n,), for logits, (n, classes) or (n, 1)."""
        return logits[:, 0].astype(np.float64) if self.is_regression else logits.argmax(1)

    def interval(self, predictions: np.ndarray) -> tuple[float, float]:
        """Return the 95 % bootstrap interval of a score: over test texts, not over seeds."""
        scores = self._resampled(np.asarray(predictions))
        return tuple(np.quantile(scores, [0.025, 0.975]).tolist())

    def gain(self, ours: np.ndarray, theirs: np.ndarray) -> tuple[float, float, float]:
        """Return how much higher ours scores, and its 95 % interval, paired text by text."""
        ours, theirs = np.asarray(ours), np.asarray(theirs)
        gains = self._resampled(ours) - self._resampled(theirs)  # the same draws for both
        return (self.score(ours) - self.score(theirs), *np.quantile(gains, [0.025, 0.975]).tolist())

    def _resampled(self, predictions: np.ndarray) -> np.ndarray:
        draws = np.random.default_rng(0).integers(0, len(self.truth), (DRAWS, len(self.truth)))
        if not self.is_regression:
            return (predictions == self.truth)[draws].mean(1)
        return np.array([self.score(predictions[rows], self.truth[rows]) for rows in draws])

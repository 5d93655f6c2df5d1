"""Likely mistakes in the exercises; the answers to the quiz, computed another way."""

from collections.abc import Callable

import numpy as np
from scipy import optimize, stats
from sklearn import metrics as sk

# What of our solution is replaced, by what, and what the check says of it.
MISTAKES: dict[str, list[tuple[str, str, str]]] = {
    "brier": [
        (".sum(1)", ".mean(1)", "sum over the classes"),
        (".mean()", ".sum()", "mean over the texts"),
        ("np.eye(probability.shape[1])[truth]", "truth[:, None]", "sure and right must give 0"),
    ],
    "f1_interval": [
        ("answer[r]", "answer", "rows drawn in pairs"),
        ("(draws, len(truth))", "(draws, 20)", "draw as many rows as there are"),
        ("[0.025, 0.975]", "[0.4, 0.6]", "the width should be near 0.08"),
    ],
    "agreement": [
        ("replace=False", "replace=True", "drawn without replacement"),
        (
            "random.choice(r, k, replace=False).mean()",
            "r[:k].mean()",
            "another seed must draw other raters",
        ),
        ("random.choice(r, k, replace=False)", "random.choice(r, 1)", "more raters must"),
    ],
}


def f1_of_counts(hits: int, alarms: int, there: int) -> float:
    truth = np.repeat([1, 1, 0, 0], [hits, there - hits, alarms - hits, 100])
    return sk.f1_score(truth, np.repeat([1, 0, 1, 0], [hits, there - hits, alarms - hits, 100]))


def scores_of_an_idle_model() -> set[str]:
    truth, answer = np.repeat([0, 1], [95, 5]), np.zeros(100)
    options = {"zero_division": 0}
    scores = {
        "accuracy": sk.accuracy_score(truth, answer),
        "macro F1": sk.f1_score(truth, answer, average="macro", **options),
        "F1 weighted by the size of the classes": sk.f1_score(
            truth, answer, average="weighted", **options
        ),
        "Matthews correlation": sk.matthews_corrcoef(truth, answer),
        "recall, mean over the two classes": sk.recall_score(truth, answer, average="macro"),
    }
    return {name for name, score in scores.items() if score > 0.9}


# By the question's title: a number, or the choices that are right.
ANSWERS: dict[str, Callable[[], float | set[str]]] = {
    "F1 by hand": lambda: f1_of_counts(hits=8, alarms=12, there=16),
    "A threshold by cost": lambda: optimize.brentq(lambda p: 9 * p - (1 - p), 0, 1),
    "McNemar's test": lambda: stats.binomtest(9, 10).pvalue,
    "The model that does nothing": scores_of_an_idle_model,
}

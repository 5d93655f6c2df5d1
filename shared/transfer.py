"""Train in one domain, test in each: which texts are answered rightly, and intervals of a mean."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

Labelled = tuple[Sequence | np.ndarray, np.ndarray]  # features or texts, and their labels
Hits = dict[tuple[str, str], np.ndarray]  # (trained on, tested on): (samples, texts)


def hits(
    samples: Mapping[str, Sequence[Labelled]],
    tests: Mapping[str, Labelled],
    first: Callable[[Any], Any],
    strengths: Sequence[float],
) -> Hits:
    """Return which test texts a logistic regression gets right, for each pair of domains.

    Args:
        samples: Training sets by domain.
        tests: A test set by domain.
        first: Given the training texts or features, returns the step before the regression.
        strengths: Its C is chosen among these by three-fold cross-validation in the training set.

    Returns:
        Arrays of bool, (training samples, test texts).
    """
    found: Hits = {}
    for home, sets in samples.items():
        models = []
        for x, y in sets:
            steps = make_pipeline(first(x), LogisticRegression(max_iter=1000))
            search = GridSearchCV(steps, {"logisticregression__C": list(strengths)}, cv=3)
            models.append(search.fit(x, y))
        for away, (x, y) in tests.items():
            found[home, away] = np.array([model.predict(x) == y for model in models])
    return found


def grid(values: Mapping[tuple[str, str], np.ndarray], domains: Sequence[str]) -> np.ndarray:
    """Return the mean for each pair, (trained on, tested on)."""
    return np.array([[values[home, away].mean() for away in domains] for home in domains])


def drawn(values: Hits, domains: Sequence[str], draws: int, seed: int) -> np.ndarray:
    """Return bootstrap draws of `grid`, (draws, domains, domains).

    Test texts and training samples are drawn, since both vary; all models answer the same drawn
    texts, and all tests of one model share its sample.

    Args:
        values: What is averaged, such as the difference of two models' hits.
        domains: Order of rows and columns.
        draws: How many.
        seed: Of the draws.
    """
    random = np.random.default_rng(seed)
    shapes = {name: values[name, name].shape for name in domains}
    found = np.zeros((draws, len(domains), len(domains)))
    for draw in range(draws):
        some = {n: random.integers(0, k, k) for n, (k, _) in shapes.items()}  # training samples
        texts = {n: random.integers(0, size, size) for n, (_, size) in shapes.items()}
        for i, home in enumerate(domains):
            for j, away in enumerate(domains):
                found[draw, i, j] = values[home, away][some[home]][:, texts[away]].mean()
    return found

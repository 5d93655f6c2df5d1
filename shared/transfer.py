"""Train in one domain, test in each: scores, areas under the ROC curve, and their intervals."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

Labelled = tuple[Sequence | np.ndarray, np.ndarray]  # features or texts, and their labels
Scores = dict[tuple[str, str], np.ndarray]  # (trained on, tested on): (samples, texts)


def scores(
    samples: Mapping[str, Sequence[Labelled]],
    tests: Mapping[str, Labelled],
    first: Callable[[Any], Any],
    strengths: Sequence[float],
) -> Scores:
    """Return what a logistic regression says of each test text, for each pair of domains.

    Args:
        samples: Training sets by domain.
        tests: A test set by domain.
        first: Given the training texts or features, returns the step before the regression.
        strengths: Its C is chosen among these by three-fold cross-validation in the training set.

    Returns:
        Log-odds of the second class, (training samples, test texts).
    """
    found: Scores = {}
    for home, sets in samples.items():
        models = []
        for x, y in sets:
            steps = make_pipeline(first(x), LogisticRegression(max_iter=1000))
            search = GridSearchCV(steps, {"logisticregression__C": list(strengths)}, cv=3)
            models.append(search.fit(x, y))
        for away, (x, _) in tests.items():
            found[home, away] = np.array([model.decision_function(x) for model in models])
    return found


def area(score: np.ndarray, positive: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Return the area under the ROC curve, once for each row of weights; ties count one half.

    It is the share of pairs of one positive and one negative text that the score puts in order, so
    it depends neither on a border nor on the proportion of the classes.

    Args:
        score: (n,).
        positive: (n,) of bool.
        weights: How often each text counts, (draws, n), as in a bootstrap; by default once.
    """
    weights = np.ones((1, len(score))) if weights is None else weights
    order = np.argsort(score, kind="stable")
    starts = np.flatnonzero(np.diff(score[order], prepend=-np.inf))  # of equal scores
    counted = weights[:, order] * positive[order], weights[:, order] * ~positive[order]
    of_each, against = (np.add.reduceat(part, starts, axis=1) for part in counted)
    below = against.cumsum(1) - against / 2
    return (of_each * below).sum(1) / (of_each.sum(1) * against.sum(1))


def areas(
    found: Scores, tests: Mapping[str, Labelled], draws: int = 0, seed: int = 0
) -> np.ndarray:
    """Return the mean area of each pair, (draws, trained on, tested on); the first is no draw.

    Test texts and training samples are drawn, since both vary; all models answer the same drawn
    texts, and all tests of one model share its sample. With the same seed two kinds of model see
    the same draws, so that their difference is paired.

    Args:
        found: What `scores` returns.
        tests: The same as there.
        draws: How many bootstrap draws follow.
        seed: Of the draws.
    """
    random, domains = np.random.default_rng(seed), list(tests)

    def counts(n: int) -> np.ndarray:
        drawn = random.multinomial(n, np.full(n, 1 / n), size=draws)
        return np.concatenate([np.ones((1, n)), drawn])  # (1 + draws, n)

    texts = {name: counts(len(y)) for name, (_, y) in tests.items()}
    some = {name: counts(len(found[name, name])) for name in domains}
    result = np.zeros((1 + draws, len(domains), len(domains)))
    for i, home in enumerate(domains):
        for j, away in enumerate(domains):
            positive = np.asarray(tests[away][1]) == 1
            by_sample = [area(row, positive, texts[away]) for row in found[home, away]]
            result[:, i, j] = np.average(np.transpose(by_sample), axis=1, weights=some[home])
    return result


def best_border(score: np.ndarray, positive: np.ndarray) -> float:
    """Return the border between two scores above which "positive" is most often right."""
    order = np.argsort(score, kind="stable")
    ordered, sides = np.asarray(score)[order], np.asarray(positive)[order]
    wrong = np.concatenate([[0], sides.cumsum()]) + np.concatenate(
        [(~sides)[::-1].cumsum()[::-1], [0]]
    )
    edges = np.concatenate([[ordered[0] - 1], (ordered[1:] + ordered[:-1]) / 2, [ordered[-1] + 1]])
    return float(edges[wrong.argmin()])


def with_few_labels(
    known: Labelled, test: Labelled, n: int = 50, draws: int = 40, seed: int = 0
) -> np.ndarray:
    """Return the accuracy on a test set with the border chosen on n labelled texts, (draws,).

    Args:
        known: Scores of labelled texts that are in no test set, and which are positive.
        test: Scores of the test texts, and which are positive.
        n: How many of the known texts each draw takes.
        draws: How many times.
        seed: Of the draws.
    """
    random = np.random.default_rng(seed)
    taken = [random.permutation(len(known[0]))[:n] for _ in range(draws)]
    borders = [best_border(known[0][rows], known[1][rows]) for rows in taken]
    return np.array([((test[0] > border) == test[1]).mean() for border in borders])

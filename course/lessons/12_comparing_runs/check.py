"""Likely mistakes in the exercises; the answers to the quiz, computed another way."""

from collections.abc import Callable

import numpy as np
from conftest import definitions
from scipy import stats

# What of our solution is replaced, by what, and what the check says of it.
MISTAKES: dict[str, list[tuple[str, str, str]]] = {
    "seeds_needed": [
        ("stats.t.ppf(0.975, n - 1)", "1.96", "is the factor t, with n − 1"),
        ("stats.t.ppf(0.975, n - 1)", "stats.t.ppf(0.95, n - 1)", "is the factor t"),
        ("/ np.sqrt(n)", "/ n", "is the factor t"),
        ("    return n", "    return n + 3", "would have been enough"),
    ],
    "sign_flip": [
        (">= abs(d.sum())", "> abs(d.sum())", "is it >=, not >"),
        (
            "(1 + (np.abs(signed) >= abs(d.sum())).sum()) / (flips + 1)",
            "(np.abs(signed) >= abs(d.sum())).mean()",
            "count the real signing",
        ),
        ("np.abs(signed) >= abs(d.sum())", "signed >= d.sum()", "two-sided"),
    ],
    "benjamini_hochberg": [
        (
            "* len(p) / np.arange(1, len(p) + 1)",
            "* np.arange(1, len(p) + 1) / len(p)",
            "m / i, not i / m",
        ),
        (
            "np.minimum.accumulate(scaled[::-1])[::-1]",
            "np.maximum.accumulate(scaled)",
            "from the largest p down",
        ),
        (
            "np.minimum.accumulate(scaled[::-1])[::-1]",
            "scaled",
            "accumulate from the largest down",
        ),
        (
            "* len(p) / np.arange(1, len(p) + 1)",
            "* len(p)",
            "never stricter than Holm: ranks from 1",
        ),
    ],
    "front3": [
        ("quality[:, None] >= quality", "quality[:, None] > quality", "No worse in all"),
        ("~(no_worse & better).any(0)", "~no_worse.any(0)", "better in one"),
        (".all(2)", ".any(2)", "none that you kept dominates it"),
    ],
}


def t_reach() -> float:
    low, high = stats.ttest_1samp([0.80, 0.82, 0.84], 0).confidence_interval(0.95)
    return (high - low) / 2


def second_weight() -> float:
    from shared.parallel import share_of

    shares = [share_of(list(range(5)), rank, processes=2) for rank in range(2)]
    return next(weight for mine, weight in shares if len(mine) == 2)


def pareto_front() -> set[str]:
    points = {"A": (1, 0.70), "B": (2, 0.80), "C": (3, 0.79), "D": (4, 0.85), "E": (5, 0.85)}
    seconds, accuracy = np.transpose(list(points.values()))
    on_front = definitions("12_comparing_runs.ipynb").front(seconds, accuracy)
    return {
        f"{name}: {seconds} s, {accuracy:.2f}"
        for (name, (seconds, accuracy)), there in zip(points.items(), on_front, strict=True)
        if there
    }


# By the question's title: a number, or the choices that are right.
ANSWERS: dict[str, Callable[[], float | set[str]]] = {
    "Three seeds": t_reach,
    "Holm by hand": lambda: definitions("12_comparing_runs.ipynb").holm(
        np.array([0.004, 0.02, 0.03])
    )[2],
    "Five texts for two processes": second_weight,
    "The Pareto front": pareto_front,
}

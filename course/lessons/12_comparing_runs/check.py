"""Likely mistakes in the exercises; the answers to the quiz, computed another way."""

from collections.abc import Callable
from itertools import product

import numpy as np
from conftest import definitions
from scipy import stats

SLOW = ["equivalent"]  # builds upon the answers of 240 trained heads

# What of our solution is replaced, by what, and what the check says of it.
MISTAKES: dict[str, list[tuple[str, str, str]]] = {
    "seeds_needed": [
        ("stats.t.ppf(0.975, n - 1)", "1.96", "is the factor t, with n − 1"),
        ("stats.t.ppf(0.975, n - 1)", "stats.t.ppf(0.95, n - 1)", "is the factor t"),
        ("/ np.sqrt(n)", "/ n", "is the factor t"),
        ("    return n", "    return n + 3", "would have been enough"),
        ("    n = 2", "    n = 3", "would have been enough"),
    ],
    "exact_p": [
        (">= np.abs(np.sum(d)) - 1e-12", "> np.abs(np.sum(d)) + 1e-12", "never 0"),
        ("np.abs(np.asarray(d) @ signs)", "np.asarray(d) @ signs", "two-sided"),
        ("- 1e-12", "", "equal but for rounding"),
        (
            "float(np.mean(sums >= np.abs(np.sum(d)) - 1e-12))",
            "min(1.0, 2 * np.mean(np.asarray(d) @ signs >= np.sum(d) - 1e-12))",
            "sizes, not sums",
        ),
        (
            "signs = np.array(np.meshgrid(*[[-1, 1]] * len(d))).reshape(len(d), -1)",
            "signs = np.array([[-1] * len(d), [1] * len(d)]).T",
            "expected 2 of 8 signings",
        ),
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
            "np.minimum.accumulate(scaled)",
            "from the smallest p up",
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
        (
            "* len(p) / np.arange(1, len(p) + 1)",
            "* np.arange(len(p), 0, -1)",
            "that is Hochberg",
        ),
        ("result[order] =", "result[:] =", "in the order given"),
    ],
    "equivalent": [
        ("return max(above, below)", "return min(above, below)", "the larger p counts"),
        ("stats.t.sf((mean + margin)", "stats.t.cdf((mean + margin)", "are the signs right"),
        ("(mean - margin)", "(mean + margin)", "are the signs right"),
        ("return max(above, below)", "return 2 * max(above, below)", "not doubled"),
        ("return max(above, below)", "return max(above, below) / 2", "not halved"),
        ("freedom = judge(d)", "freedom = *judge(d)[:2], d.size - 1", "degrees of freedom"),
    ],
}


def t_reach() -> float:
    low, high = stats.ttest_1samp([0.80, 0.82, 0.84], 0).confidence_interval(0.95)
    return (high - low) / 2


def smallest_exact() -> float:
    sums = np.abs([np.dot(signs, [1, 1, 1, 1]) for signs in product([-1, 1], repeat=4)])
    return float(np.mean(sums >= 4))


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
    "Two errors": lambda: abs(0.6 + 0.8j),
    "Holm by hand": lambda: definitions("12_comparing_runs.ipynb").holm(
        np.array([0.004, 0.02, 0.03])
    )[2],
    "All signs": smallest_exact,
    "The best of two": lambda: definitions("12_comparing_runs.ipynb").expected_best(
        np.array([0.6, 0.7]), 2
    ),
    "The Pareto front": pareto_front,
}

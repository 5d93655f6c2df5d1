"""Likely mistakes in the exercises; the answers to the quiz, computed another way."""

from collections.abc import Callable

import numpy as np
from conftest import definitions
from lesson import Lesson
from scipy import optimize

# What of our solution is replaced, by what, and what the check says of it.
MISTAKES: dict[str, list[tuple[str, str, str]]] = {
    "to_bio": [
        ('"B" + t[1:] if', "t if", "a first I- must become B-"),
        ("before[1:] != t[1:]", 'before == "O"', "another type begins another name"),
        ("else t for", 'else t.replace("B", "I", 1) for', "a B- stays: two names"),
    ],
    "best_valid": [
        ("np.where(allowed, 0.0, -np.inf)", "np.zeros(allowed.shape)", "is not valid"),
        (
            'np.array([-np.inf if t[0] == "I" else 0.0 for t in names])',
            "0.0",
            "begin a text",
        ),
        (
            "best = sums.max(0) + row",
            "best = np.where(sums.max(0) > -np.inf, row, -np.inf)",
            "not word by word",
        ),
        ("reversed(path)]", "reversed(path)][1:]", "3 tags for 4 words"),
    ],
    "recall_by_novelty": [
        (
            "span in guesses",
            "any(g[0] < span[1] and span[0] < g[1] for g in guesses)",
            "half a name is no hit",
        ),
        ("(True, False)", "(False, True)", "the order is known, new"),
        ('float("nan")', "0.0", "nan, not 0"),
    ],
}


def exact_spans() -> float:
    from nervaluate.evaluator import Evaluator

    true = ["B-NAME", "I-NAME", "O", "B-NAME", "O", "B-NAME"]
    found = ["B-NAME", "O", "O", "B-NAME", "O", "O"]
    evaluator = Evaluator([true], [found], tags=["NAME"], loader="list")
    return evaluator.evaluate()["overall"]["strict"].f1


def valid_bio() -> set[str]:
    to_bio = definitions("07_token_classification.ipynb").to_bio  # leaves what is valid as it is
    choices = Lesson("07_token_classification").choices("Valid BIO")
    tags = {choice: choice.strip("`").split() for choice in choices}
    return {choice for choice, row in tags.items() if to_bio(row) == row}


# By the question's title: a number, or the choices that are right.
ANSWERS: dict[str, Callable[[], float | set[str]]] = {
    "Exact spans": exact_spans,
    "A rare tag comes back": lambda: optimize.brentq(
        lambda tau: (3.0 - tau * np.log(0.9)) - (1.0 - tau * np.log(0.1)), 0, 2
    ),
    "Valid BIO": valid_bio,
}

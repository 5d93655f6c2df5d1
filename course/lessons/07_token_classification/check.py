"""Likely mistakes in the exercises; the answers to the quiz, computed another way."""

from collections.abc import Callable

import numpy as np
from conftest import definitions
from lesson import Lesson

# What of our solution is replaced, by what, and what the check says of it.
MISTAKES: dict[str, list[tuple[str, str, str]]] = {
    "to_bio": [
        ('"B" + t[1:] if', "t if", "a first I- must become B-"),
        ("before[1:] != t[1:]", 'before == "O"', "another type begins another name"),
        ("else t for", 'else t.replace("B", "I", 1) for', "a B- stays: two names"),
        ('pairs = zip(["O", *tags], tags, strict=False)',
         'out = []\n    for t in tags:\n        begins = (out or ["O"])[-1] != "B" + t[1:]\n'
         '        out.append("B" + t[1:] if t[0] == "I" and begins else t)\n    return out\n'
         "    pairs = ()", "three words of one name"),
    ],
    "overlapping": [
        ("a < d and c < b", "a <= d and c <= b", "share no word"),
        (" and kind == other", "", "another type is no hit"),
        ("a < d and c < b", "a == c and b == d", "one shared word is enough"),
        ("touched(found, true), touched(true, found)",
         "touched(true, found), touched(found, true)", "found spans first"),
        ("touched(true, found)", "touched(found, true)", "expected 2 found and 1 true"),
        ("a < d and c < b", "(a <= c < b or a < d <= b)", "a span inside another"),
        ("any(a < d and c < b and kind == other for c, d, other in others)",
         "next((kind == x for c, d, x in sorted(others) if a < d and c < b), False)",
         "look at all of them"),
    ],
    "log_valid": [
        ("np.logaddexp.reduce(total[:, None] + penalty, axis=0) + row",
         "(total[:, None] + penalty).max(axis=0) + row", "expected"),
        ("np.logaddexp.reduce(total[:, None] + penalty, axis=0) + row",
         "(total[:, None] + penalty).max(axis=0) + row\n    return float(total.max())",
         "a sum, not a maximum"),
        ("np.where(allowed, 0.0, -np.inf)", "np.zeros(allowed.shape)", "expected"),
        ("np.where(begins, scores[0], -np.inf)", "scores[0]", "may not begin with an I-"),
        ("axis=0) + row", "axis=1) + row", "which axis is"),
        ("np.where(allowed,", "np.where(allowed.T,", "which axis is"),
    ],
    "biased": [
        ("scores.copy()", "scores", "copy first"),
        (" - np.logaddexp.reduce(changed, axis=1, keepdims=True)", "", "sum to 1 again"),
        ("axis=1, keepdims=True", "keepdims=True", "each row must sum to 1"),
        ("+= bias", "-= bias", "a positive bias favours O"),
        ("changed[:, 0] += bias", "changed += bias", "added to tag 0 alone"),
        ("+= bias", "+= bias / 2", "added to log-probabilities"),
    ],
}  # fmt: skip


def exact_spans() -> float:
    from nervaluate.evaluator import Evaluator

    true = ["B-PER", "I-PER", "O", "B-LOC", "O", "B-LOC"]
    found = ["B-PER", "O", "O", "B-LOC", "O", "O"]
    evaluator = Evaluator([true], [found], tags=["PER", "LOC"], loader="list")
    return evaluator.evaluate()["overall"]["strict"].f1


def valid_bio() -> set[str]:
    to_bio = definitions("07_token_classification.ipynb").to_bio  # leaves what is valid as it is
    choices = Lesson("07_token_classification").choices("Valid BIO")
    tags = {choice: choice.strip("`").split() for choice in choices}
    return {choice for choice, row in tags.items() if to_bio(row) == row}


def best_path() -> float:
    """Return the largest product of a valid path through the quiz's lattice: O, B-A, I-A."""
    chances = np.array([[0.6, 0.3, 0.1], [0.1, 0.2, 0.7]])
    return max(
        chances[0, a] * chances[1, b]
        for a in range(3)
        for b in range(3)
        if a != 2 and not (b == 2 and a == 0)
    )


# By the question's title: a number, or the choices that are right.
ANSWERS: dict[str, Callable[[], float | set[str]]] = {
    "Exact spans": exact_spans,
    "The best valid path": best_path,
    "Valid BIO": valid_bio,
}

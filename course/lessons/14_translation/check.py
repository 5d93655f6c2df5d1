"""Likely mistakes in the exercises; the answers to the quiz, computed another way."""

from collections.abc import Callable

import numpy as np

# What of our solution is replaced, by what, and what the check says of it.
MISTAKES: dict[str, list[tuple[str, str, str]]] = {
    "brevity": [
        ("math.exp(1 - r / c)", "c / r", "not c/r"),
        ("min(1.0, math.exp(1 - r / c))", "math.exp(1 - r / c)", "at most 1"),
        ("if c else 0.0", "if c else 1.0", "no word at all"),
        ("c, r = (sum(map(len, side)) for side in (outputs, references))\n"
         "    return min(1.0, math.exp(1 - r / c)) if c else 0.0",
         "each = [min(1.0, math.exp(1 - len(r) / len(c))) if c else 0.0\n"
         "            for c, r in zip(outputs, references)]\n"
         "    return sum(each) / len(each)", "Sum the lengths"),
        ("return min(1.0, math.exp(1 - r / c)) if c else 0.0", "return None", "returns None"),
        ("sum(map(len, side))", "sum(len(''.join(row)) for row in side)", "not letters"),
        (" if c else 0.0", "", "divides by 0"),
    ],
    "intersection": [
        ("{(i, j) for j, i in backward}", "backward", "turn its pairs around"),
        ("forward & ", "forward | ", "both find"),
        ("forward & {(i, j) for j, i in backward}",
         "sorted(forward & {(i, j) for j, i in backward})", "return a set"),
        ("return forward & {(i, j) for j, i in backward}",
         "forward &= {(i, j) for j, i in backward}\n    return forward", "changes a set"),
    ],
    "combined": [
        ("s >= threshold", "s > threshold", "equal to the threshold"),
        ("s >= threshold", "s <= threshold", "IS similar"),
        ("m if s >= threshold else o", "o if s >= threshold else m", "IS similar"),
        ("return [m if", "return None and [m if", "returns None"),
        ("s >= threshold", "s >= 50", "Use the argument"),
    ],
    "smooth_links": [
        ("-penalty * abs(places[:, None] - places)",
         "0.0 * abs(places[:, None] - places)", "must cost something"),
        ("-penalty * abs", "penalty * abs", "jumps must cost"),
        ("abs(places[:, None] - places)", "(places[:, None] - places)", "has no sign"),
        ("return path[::-1]", "return path", "it is the strongest word"),
        ("return path[::-1]", "return None", "returns None"),
        ("-penalty * abs", "-0.5 * penalty * abs", "whole penalty"),
        ("return path[::-1]", "return set(enumerate(path[::-1]))", "not a set"),
        ("return path[::-1]", "return path[::-1][1:]", "a place for each target word"),
    ],
}  # fmt: skip


def bleu_of_a_short_corpus() -> float:
    """By the definition, with products instead of logarithms."""
    matched, there = np.array([8, 6, 4, 2]), np.array([10, 8, 6, 4])
    penalty = np.exp(1 - 15 / 10)
    return float(100 * penalty * np.prod(matched / there) ** 0.25)


def chrf_of_means() -> float:
    precision, recall = 0.6, 0.3
    return 100 * 1 / (0.2 / precision + 0.8 / recall)  # the weighted harmonic mean


def aer_of_links() -> float:
    sure, possible = {(0, 0), (1, 2), (2, 1)}, {(0, 0), (1, 2), (2, 1), (3, 2)}
    found = {(0, 0), (1, 2), (3, 2), (2, 3)}
    return 1 - (len(found & sure) + len(found & possible)) / (len(found) + len(sure))


# By the question's title: a number, or the choices that are right.
ANSWERS: dict[str, Callable[[], float | set[str]]] = {
    "BLEU of a short corpus": bleu_of_a_short_corpus,
    "chrF": chrf_of_means,
    "Alignment error": aer_of_links,
}

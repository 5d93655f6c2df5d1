"""Likely mistakes in the exercises; the answers to the quiz, computed another way."""

from collections.abc import Callable

import numpy as np

# What of our solution is replaced, by what, and what the check says of it.
MISTAKES: dict[str, list[tuple[str, str, str]]] = {
    "bits_exposed": [
        (
            "",
            "return np.log2(len(likelihoods)) - np.log2((likelihoods > likelihoods[secret]).sum())",
            "do ranks start at 1",
        ),
        (
            "",
            "return np.log2(len(likelihoods)) - np.log2(1 + (likelihoods < likelihoods[secret]).sum())",
            "is it ranked first, or last",
        ),
        (
            "",
            "return np.log(len(likelihoods)) - np.log(1 + (likelihoods > likelihoods[secret]).sum())",
            "logarithm to base 2",
        ),
    ],
    "rate_at": [
        (
            "",
            "return (scores[member] > np.quantile(scores[member], 1 - limit)).mean()",
            "take the threshold from the others",
        ),
        (
            "",
            "return (scores[member] > np.quantile(scores[~member], limit)).mean()",
            "is the threshold from the others, at 1 % from the top",
        ),
        (
            "",
            "return (scores[member] >= np.quantile(scores[~member], 1 - limit)).mean()",
            "compare with >, not >=",
        ),
        (
            "others[int(limit * len(others))]",
            "others[int(limit * len(others)) - 1]",
            "one place off",
        ),
        (
            "others[int(limit * len(others))]",
            "others[int(limit * len(others)) + 1]",
            "one place off",
        ),
    ],
    "clip_people": [
        (
            "",
            "return (gradients * (limit / gradients.norm(dim=1, keepdim=True)).clamp(max=1)).sum(0)",
            "each text was clipped by itself",
        ),
        (
            "",
            "return gradients.sum(0) * (limit / gradients.sum(0).norm()).clamp(max=1)",
            "sum the texts of each person first",
        ),
        ("keepdim=True)).clamp(max=1)", "keepdim=True))", "the factor is never above 1"),
        (").sum(0)", ")", "return the sum over all persons"),
        ("(limit / sums", "(1.0 / sums", "is the norm `limit`, or always 1"),
    ],
    "epsilon_at_least": [
        ('method="exact"', 'method="wilson"', "comes from Wilson's interval"),
        (
            "",
            """
least = stats.binomtest(hits, members).proportion_ci(0.95).high
fewest = max(stats.binomtest(alarms, others).proportion_ci(0.95).low, 1e-9)
return max(0.0, float(np.log((least - delta) / fewest)))
""",
            "the ends are swapped",
        ),
        ("0.95", "0.9", "2.5 % each"),
        (
            "",
            "return np.log((hits / members - delta) / max(alarms / others, 1e-09))",
            "they are only estimates",
        ),
        (
            "",
            """
least = stats.binomtest(hits, members).proportion_ci(0.95).low
return max(0.0, np.log((least - delta) / (alarms / others))) if least > delta else 0.0
""",
            "upper end for the alarms",
        ),
        (
            "",
            """
least = stats.binomtest(hits, members).proportion_ci(0.95).low
return np.log((least - delta) / stats.binomtest(alarms, others).proportion_ci(0.95).high)
""",
            "0, not negative",
        ),
        (
            "",
            """
least = stats.binomtest(hits, members).proportion_ci(0.95).low
upper = stats.binomtest(alarms, others).proportion_ci(0.95).high
return max(0.0, np.log(least / upper)) if least > 0 else 0.0
""",
            "a greater δ explains more",
        ),
        (
            "",
            """
least = stats.binomtest(hits, others).proportion_ci(0.95).low
most = stats.binomtest(alarms, members).proportion_ci(0.95).high
return max(0.0, np.log((least - delta) / most)) if least > delta else 0.0
""",
            "alarms among the others",
        ),
    ],
}


def sum_of_clipped() -> float:
    gradients = np.array([[3, 4], [0.3, 0.4]])
    norms = np.linalg.norm(gradients, axis=1, keepdims=True)
    return np.linalg.norm((gradients * np.minimum(1, 1 / norms)).sum(0))


# By the question's title: a number, or the choices that are right.
ANSWERS: dict[str, Callable[[], float | set[str]]] = {
    "Exposure by hand": lambda: -np.log2(16 / 1024),
    "A proof in numbers": lambda: 100 * (3 * 0.01 + 0.001),
    "Clipped and summed": sum_of_clipped,
    "One person, many texts": lambda: sum([0.5] * 8),
}

"""Likely mistakes in the exercises; the answers to the quiz, computed another way."""

from collections.abc import Callable
from itertools import permutations

import numpy as np

# What of our solution is replaced, by what, and what the check says of it.
MISTAKES: dict[str, list[tuple[str, str, str]]] = {
    "comprehensiveness": [
        ("descending=True", "descending=False", "is the order descending?"),
        ("answers[0] - answers[1]", "answers[1] - answers[0]", "sign is turned"),
        ("scores.argsort", "scores.abs().argsort", "largest by size"),
        ("answers[0] - answers[1]", "answers[1]", "are the k words"),
        ("(answers[0] - answers[1])", "scores.sort(descending=True)[0][:k].sum()", "add up"),
        (
            "kept[1, scores.argsort(descending=True)[:k]] = False",
            "kept[1] = scores < scores.sort(descending=True)[0][k - 1] if k else True",
            "exactly two must go",
        ),
    ],
    "interaction": [
        (" + without_both", "", "is the fourth term there"),
        (
            "everyone - without_i - without_j + without_both",
            "without_i + without_j - everyone - without_both",
            "check the signs",
        ),
        (
            "everyone, without_i, without_j, without_both = value(kept)",
            "everyone, without_i, without_j, without_both = value(~kept)",
            "start from the whole text",
        ),
        (
            "return everyone - without_i - without_j + without_both",
            "return abs(everyone - without_i - without_j + without_both)",
            "keeps its sign",
        ),
    ],
    "flips_at": [
        (
            "torch.arange(len(order) + 1)[:, None]",
            "torch.arange(1, len(order) + 2)[:, None]",
            "is row 0 the whole text?",
        ),
        ("order.argsort()", "order", "goes first is order"),
        ("torch.arange(len(order) + 1)", "torch.arange(len(order))", "the last step"),
        ("value(kept) < 0", "value(kept) <= 0", "0 is not below 0"),
        ("else None", "else 0", "never negative: None"),
    ],
    "kernel_shap": [
        ("[1:, 0]", "[:, 0]", "drop the constant"),
        (
            "torch.cat([torch.ones(len(subsets), 1), subsets.float()], 1).double()\n"
            "    target = value(subsets).double()[:, None]\n"
            "    return torch.linalg.lstsq(weight * design, weight * target).solution[1:, 0]",
            "subsets.double()\n"
            "    target = value(subsets).double()[:, None]\n"
            "    return torch.linalg.lstsq(weight * design, weight * target).solution[:, 0]",
            "no column of ones",
        ),
        (".double()", ".float()", "64-bit numbers"),
        ("1e6 if", "1.0 if", "infinite weights?"),
        ("(n - 1) / (math.comb(n, s) * s * (n - s))", "float(s)", "the kernel?"),
    ],
    "with_partner": [
        (
            "answers.diagonal()[None] - answers",
            "answers.diagonal()[:, None] - answers",
            "Is the partner",
        ),
        ("alone / 2 + beside / 2", "alone", "that is occlusion"),
        ("alone / 2 + beside / 2", "beside", "half of the gain"),
        ("alone / 2 + beside / 2", "-alone / 2 - beside / 2", "the sign is turned"),
        ("alone / 2 + beside / 2", "exact_shapley(value, n)", "those are Shapley values"),
    ],
}


def shapley_of_a() -> float:
    def worth(players: tuple[str, ...]) -> int:
        return 10 * bool({"A", "B"} & set(players)) + 4 * ("C" in players)

    gains = [worth(o[: o.index("A") + 1]) - worth(o[: o.index("A")]) for o in permutations("ABC")]
    return np.mean(gains)


# By the question's title: a number, or the choices that are right.
ANSWERS: dict[str, Callable[[], float | set[str]]] = {
    "Either is enough": shapley_of_a,
    "What is missing": lambda: (2.5 - -0.7) - 2.0,
}

"""Likely mistakes in the exercises; the answers to the quiz, computed another way."""

from collections.abc import Callable

import numpy as np
from scipy import special

# What of our solution is replaced, by what, and what the check says of it.
MISTAKES: dict[str, list[tuple[str, str, str]]] = {
    "random_texts": [
        ("[word for text in texts for word in text.split()]",
         "sorted({word for text in texts for word in text.split()})", "as often as it stands there"),
        ('" ".join(random.choice(everything, length))', "random.choice(everything, length)",
         "join its words"),
        ("for _ in range(n)]", "for _ in range(n - 1)]", "expected n"),
        ("random.choice(everything, length)", "random.choice(everything, len(everything))",
         "expected 5 in each"),
        ("random.choice(everything, length)",
         "np.random.default_rng(0).choice(everything, length)", "draw the words anew"),
        ("random.choice(everything, length)",
         "np.random.default_rng().choice(everything, length)", "the generator that is given"),
    ],
    "verdicts": [
        ("(odds > 0).all(1), (odds < 0).all(1)", "(odds.mean(1) > 0), (odds.mean(1) < 0)",
         "whatever their mean"),
        ("(odds > 0).all(1), (odds < 0).all(1)", "(odds[:, 0] > 0), (odds[:, 0] < 0)",
         "the second order counts"),
        ("(odds > 0).all(1), (odds < 0).all(1)",
         "(odds * [1, -1] > 0).all(1), (odds * [1, -1] < 0).all(1)", "turn the second one round"),
        (" - losses", "", "expected"),
        ("return wins.astype(int) - losses", "return None", "return the verdicts"),
        ("(odds < 0).all(1)", "(odds <= 0).all(1)", "expected"),
    ],
    "allowed_next": [
        ("    if end in written:\n        return [end]\n", "", "after the end only"),
        ("    if written in labels:\n        some.add(end)\n", "", "nothing may follow"),
        ("if written in labels:", "if not some:", "beginning of another"),
        ("    return sorted(some)", "    return some", "return a list"),
        ("{ids[n] for ids in labels if ids[:n] == written and len(ids) > n}",
         "{ids[n] for ids in labels if len(ids) > n}", "leads to no label"),
        ("some = {ids[n] for ids in labels if ids[:n] == written and len(ids) > n}",
         "some = {ids[0] for ids in labels}", "leads to no label"),
        ("    if written in labels:\n        some.add(end)\n", "    some.add(end)\n",
         "each label's first token"),
    ],
    "nearest_examples": [
        ("[-k:]", "[:k]", "least similar"),
        ("[-k:]", "[::-1][:k]", "most similar comes last"),
        ("[-k:]", "", "expected k = 3"),
        ("return np.argsort(pool @ query)[-k:].tolist()", "return None", "return the rows"),
        ("pool @ query", "np.abs(pool @ query)", "expected the most similar"),
        ("[-k:].tolist()", "[-k:].tolist()[:-1][::-1] + [int(np.argmax(pool @ query))]",
         "rising similarity"),
    ],
}  # fmt: skip


def log_odds() -> float:
    return float(np.log(0.012) - np.log(0.003))


def corrected() -> float:
    given, prior = np.array([0.30, 0.70]), np.array([0.20, 0.80])
    p = special.softmax(np.log(given) - np.log(prior))
    return float(p[0])


def contradictions() -> float:
    first = np.array([1] * 30 + [1] * 50 + [0] * 20)
    second = np.array([1] * 30 + [0] * 50 + [0] * 20)
    return float(np.mean(first != second))


def rouge() -> float:
    precision, recall = 4 / 5, 4 / 8
    return 2 * precision * recall / (precision + recall)


# By the question's title: a number, or the choices that are right.
ANSWERS: dict[str, Callable[[], float | set[str]]] = {
    "Log-odds": log_odds,
    "A prior taken out": corrected,
    "Both orders": contradictions,
    "ROUGE-L": rouge,
}

"""Likely mistakes in the exercises; the answers to the quiz, computed another way."""

from collections.abc import Callable

import numpy as np

# What of our solution is replaced, by what, and what the check says of it.
MISTAKES: dict[str, list[tuple[str, str, str]]] = {
    "average_precision": [
        ("return total / n", "return total / len(hits)", "divide by n"),
        ("total += seen / rank", "total = seen / rank * n", "precision at the last rank"),
        ("total += seen / rank", "total += 1 / rank", "you add 1 / rank"),
        ("return total / n", "return total / max(seen, 1)", "What was not found adds 0"),
        ("return total / n", "return None", "return the mean"),
        ("enumerate(hits, 1)", "enumerate(hits, 2)", "expected 0.833"),
    ],
    "hard_negatives": [
        ("np.where(good, -np.inf, scores)", "scores", "are right passages"),
        ("np.where(good, -np.inf, scores)", "np.where(good, 0, scores)", "are right passages"),
        ("(-wrong).argsort(1, kind=\"stable\")[:, :k]",
         "np.where(good, np.inf, scores).argsort(1)[:, :k]", "hard negatives score high"),
        ("[:, :k]", "[:, :k][:, ::-1]", "the best comes first"),
        ("[:, :k]", "", "expected (queries, k)"),
        ("    wrong = np.where(good, -np.inf, scores)\n",
         "    scores[good] = -np.inf\n    wrong = scores\n", "copy them"),
    ],
    "search_lists": [
        ("return rows[(-(vectors[rows] @ query)).argsort(kind=\"stable\")[:k]]",
         "return (-(vectors[rows] @ query)).argsort(kind=\"stable\")[:k]", "translate them"),
        ("(-(centres @ query))", "(centres @ query)", "the farthest"),
        ("np.flatnonzero(np.isin(groups, near))", "np.arange(len(vectors))", "not in the nprobe"),
        ("[:k]]", "]", "expected 3"),
        ("(-(vectors[rows] @ query))", "(vectors[rows] @ query)", "highest dot products"),
        ("return rows[(-(vectors[rows] @ query)).argsort(kind=\"stable\")[:k]]",
         "return rows[(-(vectors[rows] @ query)).argsort(kind=\"stable\")[:k]][::-1]",
         "the best first"),
    ],
}  # fmt: skip


def idf() -> float:
    has = np.zeros(1000, bool)
    has[:4] = True
    return float(np.log1p(((~has).sum() + 0.5) / (has.sum() + 0.5)))


def measures() -> float:
    gains = np.array([0, 0, 0, 1])
    dcg = (gains / np.log2(np.arange(4) + 2)).sum()
    return float(1 / (gains.argmax() + 1) + dcg / 1.0)


def last_rank() -> int:
    first = 1 / (60 + 1) + 1 / (60 + 40)
    return max(r for r in range(1, 100) if 2 / (60 + r) > first)


def ceiling() -> float:
    candidates = np.zeros((100, 20), bool)
    candidates[:86, 7] = True
    best = np.sort(~candidates, axis=1)[:, :10]  # what is right comes first
    return float(np.mean([1 / (row.argmin() + 1) if not row.all() else 0 for row in best]))


def millions() -> float:
    return 1e9 / np.packbits(np.ones(384, bool)).nbytes / 1e6


def expected_accuracy() -> float:
    return float(np.average([0.8, 0.05], weights=[0.6, 0.4]))


# By the question's title: a number, or the choices that are right.
ANSWERS: dict[str, Callable[[], float | set[str]]] = {
    "A rare word": idf,
    "Two measures of one ranking": measures,
    "Fused ranks": last_rank,
    "A ceiling": ceiling,
    "Bits": millions,
    "Recall and answers": expected_accuracy,
}

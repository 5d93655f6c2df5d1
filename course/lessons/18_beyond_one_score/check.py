"""Likely mistakes in the exercises; the answers to the quiz, computed another way."""

from collections.abc import Callable

import numpy as np
from scipy import stats

# What of our solution is replaced, by what, and what the check says of it.
MISTAKES: dict[str, list[tuple[str, str, str]]] = {
    "rater_agreement": [
        ("r[k:].mean()", "r.mean()", "are the drawn raters in both means?"),
        ("random.permutation(r)", "r", "another seed must draw other raters"),
        ("r[:k].mean()", "r[0]", "the mean of more raters must agree better"),
        ("default_rng(seed)", "default_rng()", "pass the seed on"),
        ("r[k:].mean()", "r[k : 2 * k].mean()", "the mean of all the others"),
        ("np.corrcoef(few, rest)", "np.corrcoef(*(np.unique(x, return_inverse=True)[1] for x in (few, rest)))",
         "not of their ranks"),
    ],
    "holm": [
        ("np.arange(len(p), 0, -1)", "len(p)", "is Bonferroni"),
        ("np.maximum.accumulate(p[order] * factor)", "p[order] * factor", "keep a running maximum"),
        ("result[order] =", "result[:] =", "return them in the order given"),
        ("np.minimum(1, np.maximum.accumulate(p[order] * factor))",
         "np.maximum.accumulate(p[order] * factor)", "cap it"),
    ],
    "human_at": [
        ("0.5, np.sign(one)", "0.0, np.sign(one)", "0 counts one half, not wrong"),
        ("& (others != 0)", "& (others != 0) & (one != 0)", "it is not left out"),
        ("(others != 0)", "(others == others)", "others at exactly 0 are left out"),
        ("float(np.where(one == 0, 0.5, np.sign(one) == np.sign(others))[use].mean())",
         "float(np.mean([np.where(one == 0, 0.5, np.sign(one) == np.sign(others))"
         "[use & (owner == i)].mean() for i in np.unique(owner[use])]))",
         "not a mean of texts' means"),
        ("abs(np.mean(r)) >= border", "np.mean(r) >= border", "distance of its mean"),
    ],
    "negation_effect": [
        ("plain > 0", "plain >= 0", "a score of exactly 0 is not positive"),
        ("(negated - plain)", "(plain - negated)", "with not, minus without"),
        ("(negated - plain).mean()", "(negated - plain).sum()", "a mean"),
        ("(negated - plain).mean()", "np.median(negated - plain)", "not a median"),
        ("(plain > 0).mean()", "(plain < 0).mean()", "above 0 is positive"),
    ],
}  # fmt: skip


def by_hand_against_others() -> float:
    ratings = [3, 1, 0, -1, 2]
    sides = [np.sign(sum(ratings) - r) for r in ratings]
    pairs = zip(ratings, sides, strict=True)
    return float(np.mean([0.5 if r == 0 else np.sign(r) == side for r, side in pairs]))


def holm_by_hand() -> float:
    p = sorted([0.012, 0.03, 0.2, 0.5])
    return max(p[0] * 4, p[1] * 3)


# By the question's title: a number, or the choices that are right.
ANSWERS: dict[str, Callable[[], float | set[str]]] = {
    "A zero is an answer": by_hand_against_others,
    "Noise alone": lambda: float(stats.norm.cdf(1 / 2)),
    "Many looks": holm_by_hand,
    "Label noise as a bound": lambda: 44 / 1600,
}

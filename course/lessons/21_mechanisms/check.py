"""Likely mistakes in the exercises; the answers to the quiz, computed another way."""

from collections.abc import Callable

import numpy as np

# What of our solution is replaced, by what, and what the check says of it.
MISTAKES: dict[str, list[tuple[str, str, str]]] = {
    "share_of_effect": [
        (
            "np.sum(patched - twin) / np.sum(triggered - twin)",
            "np.mean((patched - twin) / (triggered - twin))",
            "a mean of ratios",
        ),
        ("np.sum(patched - twin)", "np.sum(triggered - patched)", "a perfect patch restores all"),
        ("np.sum(triggered - twin)", "np.sum(triggered)", "a perfect patch restores all"),
    ],
    "set_component": [
        ("v / v.norm()", "v", "divided by its length"),
        ("(h - centre) @ u", "h @ u", "the component is now 0"),
        ("h - ((h - centre)", "centre - ((h - centre)", "not that of the centre"),
        ("return h -", "return h.sub_(0) * 0 + centre + 0 *", "must stay"),
    ],
    "prefix_score": [
        ("now - size + 1", "now - size", "looks at the same token"),
        ("1 + size, 1 + 2 * size", "size, 2 * size", "only queries of the second copy"),
        ("maps[:, now, now - size + 1]", "maps[:, now - size + 1, now]", "perfect head"),
        (".mean(-1)", ".sum(-1)", "a mean, not a sum"),
    ],
    "lost_at": [
        ("residuals(model, pair.twin)", "residuals(model, pair.batch)", "what is left"),
        ("(full - left)", "(left - twin)", "the share lost, or what is left"),
        ("left = log_odds(model, pair.batch)", "left = log_odds(model, pair.twin)", "share lost"),
        ("[layer], lambda", "[max(layer - 1, 0)], lambda", "at the top"),
    ],
}


def most_necessary() -> float:
    full, twin, without = 3.0, -1.0, 2.0
    return (full - without) / (full - twin)


# By the question's title: a number, or the choices that are right.
ANSWERS: dict[str, Callable[[], float | set[str]]] = {
    "The share restored": lambda: float(np.diff([-2, 1])[0] / np.diff([-2, 4])[0]),
    "The share lost": most_necessary,
    "How far back": lambda: float((1 + 10 + 5) - (1 + 5 + 1)),
    "Along a direction": lambda: float(np.dot([3, 4], [0.6, 0.8])),
}

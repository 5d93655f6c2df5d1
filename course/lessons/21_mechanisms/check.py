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
        ("np.sum(patched - twin)", "np.sum(np.abs(patched - twin))", "keep its sign"),
        (
            "np.sum(patched - twin) / np.sum(triggered - twin)",
            "np.clip(np.sum(patched - twin) / np.sum(triggered - twin), 0, 1)",
            "leave it as it is",
        ),
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
        ("maps[:, now, now - size + 1]", "maps[:, now - size + 1, now]", "exchanged"),
        (".mean(-1)", ".sum(-1)", "a mean, not a sum"),
        (".mean(-1)", ".amax(-1)", "a mean, not a sum, an extreme"),
        (".mean(-1)", "[..., 0]", "not one of them"),
    ],
    "lost_at": [
        ("residuals(model, pair.twin)", "residuals(model, pair.batch)", "what is left"),
        ("(full - left)", "(left - twin)", "the share lost, or what is left"),
        ("left = log_odds(model, pair.batch)", "left = log_odds(model, pair.twin)", "share lost"),
        ("[layer], lambda", "[max(layer - 1, 0)], lambda", "at the top"),
        (
            "(full - left).sum() / (full - twin).sum()",
            "((full - left) / (full - twin)).mean()",
            "a mean of ratios",
        ),
        (  # section 2's own experiment
            """    donor = residuals(model, pair.twin)[layer]
    with changed((stream(model)[layer], lambda out: torch.where(where[..., None], donor, out))):
        left = log_odds(model, pair.batch)
    return float((full - left).sum() / (full - twin).sum())""",
            """    donor = residuals(model, pair.batch)[layer]
    with changed((stream(model)[layer], lambda out: torch.where(where[..., None], donor, out))):
        left = log_odds(model, pair.twin)
    return float((left - twin).sum() / (full - twin).sum())""",
            "turn it round",
        ),
    ],
}


def restored() -> float:
    """Return the share that moves the twins' mean to the patched one, found by trying."""
    tried = np.linspace(0, 1, 1001)
    return float(tried[np.abs(-2 + tried * (4 - -2) - 1).argmin()])


def lost() -> float:
    """Return what remains between the twins and the run without the head, taken from 1."""
    twin, full, without = -1.0, 3.0, 2.0
    return 1 - np.interp(without, [twin, full], [0, 1])


def back() -> float:
    """Return how far the token after the first occurrence is, in a sequence that is written."""
    copy = list("abcdefghij")
    tokens = ["start", *copy, *copy]
    return float(16 - (tokens.index(tokens[16]) + 1))


def along() -> float:
    """Return the multiple of the direction that is nearest to the vector, by least squares."""
    return float(np.linalg.lstsq(np.array([[0.6], [0.8]]), np.array([3.0, 4.0]))[0][0])


# By the question's title: a number, or the choices that are right.
ANSWERS: dict[str, Callable[[], float | set[str]]] = {
    "The share restored": restored,
    "The share lost": lost,
    "How far back": back,
    "Along a direction": along,
}

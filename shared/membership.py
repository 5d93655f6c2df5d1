"""Was this text in the training set? Attacks on classifiers, and how their success is measured."""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from scipy import stats
from sklearn import metrics
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from torch.nn import functional as F


def confidence(logits: np.ndarray, truth: torch.Tensor) -> np.ndarray:
    """Return φ = log(p / (1 − p)) for p of the true class; from logits, so that it stays finite.

    Source: Carlini et al. (2022), section IV-C.

    Args:
        logits: (..., n, classes).
        truth: The true classes, (n,).

    Returns:
        (..., n).
    """
    z = torch.from_numpy(logits).double()
    own = F.one_hot(truth, z.shape[-1]).bool().expand(z.shape)
    others = z.masked_fill(own, -torch.inf).logsumexp(-1)
    return (z.masked_fill(~own, 0).sum(-1) - others).numpy()


def gaps(right: np.ndarray, member: np.ndarray) -> np.ndarray:
    """Return each model's accuracy on its members minus that on the others; both (models, n)."""
    return np.array([r[m].mean() - r[~m].mean() for r, m in zip(right, member, strict=True)])


def gaussians(phi: np.ndarray, chosen: np.ndarray) -> tuple[np.ndarray, float]:
    """Return each text's mean φ over the chosen models, and one deviation for all texts.

    A text that no model was trained on (or that all were) gets the mean over all texts.

    Args:
        phi: (models, texts).
        chosen: Which values count, (models, texts) of bool.
    """
    n = chosen.sum(0)  # (texts,)
    mean = np.where(chosen, phi, 0).sum(0) / np.maximum(n, 1)
    mean = np.where(n > 0, mean, phi[chosen].mean())
    spread = ((phi - mean) ** 2)[chosen].sum() / max(1, (n - 1).clip(0).sum())
    return mean, float(np.sqrt(spread))


def lira(
    target: np.ndarray, shadows: np.ndarray, member: np.ndarray, offline: bool = False
) -> np.ndarray:
    """Return LiRA's score of each text, (texts,): the higher, the more like a member.

    Source: Carlini et al. (2022), algorithm 1, with one variance for all texts.

    Args:
        target: φ under the attacked model, (texts,).
        shadows: φ under the shadow models, (models, texts).
        member: Who was in their training sets, (models, texts).
        offline: Use only shadow models that did not see the text.
    """
    mean_out, spread_out = gaussians(shadows, ~member)
    if offline:
        return (target - mean_out) / spread_out
    mean_in, spread_in = gaussians(shadows, member)
    return stats.norm.logpdf(target, mean_in, spread_in) - stats.norm.logpdf(
        target, mean_out, spread_out
    )


def each_in_turn(phi: np.ndarray, member: np.ndarray, offline: bool = False) -> np.ndarray:
    """Attack each model with all others as shadows; return the scores, (models, texts)."""
    others = [np.arange(len(phi)) != k for k in range(len(phi))]
    return np.stack([lira(phi[k], phi[o], member[o], offline) for k, o in enumerate(others)])


def found(scores: np.ndarray, member: np.ndarray, limits: float | np.ndarray) -> np.ndarray:
    """Return the largest true-positive rates whose false-positive rates are within the limits."""
    return _within(*metrics.roc_curve(member, scores, drop_intermediate=False)[:2], limits)


def _within(false: np.ndarray, true: np.ndarray, limits: float | np.ndarray) -> np.ndarray:
    return true[np.searchsorted(false, limits, side="right") - 1]


def success(
    scores: np.ndarray, member: np.ndarray, rates: Sequence[float] = (0.01,)
) -> pd.DataFrame:
    """Return area and true-positive rates of the attack on each model, one row a model."""
    rows = []
    for s, m in zip(scores, member, strict=True):
        false, true, _ = metrics.roc_curve(m, s, drop_intermediate=False)
        rows.append(
            {"AUC": metrics.auc(false, true)}
            | {f"TPR at {r:.1%} FPR": _within(false, true, r) for r in rates}
        )
    return pd.DataFrame(rows)


def delong(scores: np.ndarray, member: np.ndarray) -> tuple[float, float]:
    """Return the area under the ROC curve and its standard error over texts.

    Source: DeLong, DeLong & Clarke-Pearson (1988): the variance of the per-member means of "the
    member scores higher", over the number of members, plus the same for the others.
    """
    pairs = np.sign(scores[member][:, None] - scores[~member][None, :]) / 2 + 0.5
    by_member, by_other = pairs.mean(1), pairs.mean(0)
    variance = by_member.var(ddof=1) / len(by_member) + by_other.var(ddof=1) / len(by_other)
    return float(pairs.mean()), float(np.sqrt(variance))


def blind_attack(texts: Sequence[str], member: np.ndarray, seed: int) -> tuple[float, float]:
    """Tell members by their words, with no model to attack; return `delong` on unseen texts.

    Source: Das et al. (2024).

    Args:
        texts: Of members and others.
        member: Who is one, (texts,).
        seed: Of the half that the classifier sees with the answers.
    """
    half = np.random.default_rng(seed).permutation(len(texts)) < len(texts) // 2
    unit = "word" if re.search(r"\b\w\w", " ".join(texts)) else "char"  # of texts without words
    words = TfidfVectorizer(sublinear_tf=True, analyzer=unit).fit_transform(texts)
    guess = LogisticRegression(C=10).fit(words[half], member[half]).decision_function(words[~half])
    return delong(guess, member[~half])

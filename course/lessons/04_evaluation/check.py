"""Likely mistakes in the exercises; the answers to the quiz, computed another way."""

from collections.abc import Callable

import numpy as np
from scipy import optimize, stats
from sklearn import metrics as sk

# What of our solution is replaced, by what, and what the check says of it.
MISTAKES: dict[str, list[tuple[str, str, str]]] = {
    "cheapest_threshold": [
        ("[[score.min() - 1], np.sort(score)]", "[np.sort(score)]", "below all scores tried"),
        (
            "(miss * (is_target & (score <= t)) + (~is_target",
            "((is_target & (score <= t)) + miss * (~is_target",
            "the right way round",
        ),
        ("(score <= t)", "(score < t)", "is the alarm a score above t"),
        ("", "return 0.5", "below all scores tried"),
        ("", "return 1 / (1 + miss)", "which needs true probabilities"),
        (
            "np.concatenate([[score.min() - 1], np.sort(score)])",
            "np.linspace(0, 1, 501)",
            "is every score tried",
        ),
    ],
    "f1_interval": [
        ("answer[r]", "answer", "rows drawn in pairs"),
        ('average="macro"', 'average="micro"', "is it macro"),
        ('average="macro"', 'average="weighted"', "is it macro"),
        ("(draws, len(truth))", "(draws, 30)", "as many rows as there are"),
        ("[0.025, 0.975]", "[0.25, 0.75]", "95 % of draws"),
        ("[0.025, 0.975]", "[0.05, 0.95]", "95 % of draws"),
    ],
    "paired_permutation": [
        (">= abs(gain.sum())", "> abs(gain.sum())", "differs by just as much"),
        ("np.abs((signs * gain).sum(1))", "(signs * gain).sum(1)", "in either direction"),
        (".sum() + 1) / (draws + 1)", ".sum()) / draws", "counts as one draw more"),
        (
            "gain = first.astype(int) - second.astype(int)",
            "gain = np.concatenate([first, ~second]).astype(int)",
            "where McNemar's test says",
        ),
        (
            "swapped = np.abs((signs * gain).sum(1))",
            "both = np.concatenate([first, second]).astype(int)\n"
            "    drawn = np.random.default_rng(seed).permuted(np.tile(both, (draws, 1)), axis=1)\n"
            "    swapped = np.abs(drawn[:, : len(gain)].sum(1) - drawn[:, len(gain) :].sum(1))",
            "McNemar's test says",
        ),
    ],
    "shift_and_scale": [
        ("weights[0] * margin + weights[1])", "weights[0] * margin)", "there is no shift"),
        ("logits[:, 1] - logits[:, 0]", "logits[:, 0] - logits[:, 1]", "the margin is the logit"),
        ("(logits[:, 1] - logits[:, 0])", "logits[:, 1]", "the difference of both logits"),
        ("float(slope), float(shift)", "float(slope), -float(shift)", "which sign has it"),
        (
            "(weights[0] * margin + weights[1])",
            "weights[0] * (margin + weights[1])",
            "added after the slope",
        ),
        ("2.0 * truth - 1", "truth.astype(float)", "is y −1 or 1"),
    ],
    "leak_gain": [
        ("- right[~leaked].mean()", "", "subtract the accuracy on the other half"),
        ("wanted[leaked]", "wanted[~leaked]", "do the classes belong to the leaked texts"),
        ("[change(text) for", "[text for", "is `change` applied"),
    ],
}


def f1_of_counts(hits: int, alarms: int, there: int) -> float:
    truth = np.repeat([1, 1, 0, 0], [hits, there - hits, alarms - hits, 100])
    return sk.f1_score(truth, np.repeat([1, 0, 1, 0], [hits, there - hits, alarms - hits, 100]))


def scores_of_an_idle_model() -> set[str]:
    truth, answer = np.repeat([0, 1], [95, 5]), np.zeros(100)
    options = {"zero_division": 0}
    scores = {
        "accuracy": sk.accuracy_score(truth, answer),
        "macro F1": sk.f1_score(truth, answer, average="macro", **options),
        "F1 weighted by the size of the classes": sk.f1_score(
            truth, answer, average="weighted", **options
        ),
        "Matthews correlation": sk.matthews_corrcoef(truth, answer),
        "recall, mean over the two classes": sk.recall_score(truth, answer, average="macro"),
    }
    return {name for name, score in scores.items() if score > 0.9}


def next_score_inside() -> float:
    """Return the percentage of next scores in p ± 1.96 standard errors: of N(0, √2) in ± 1.96."""
    return 100 * float(np.diff(stats.norm(scale=2**0.5).cdf([-1.96, 1.96]))[0])


# By the question's title: a number, or the choices that are right.
ANSWERS: dict[str, Callable[[], float | set[str]]] = {
    "F1 by hand": lambda: f1_of_counts(hits=8, alarms=12, there=16),
    "A threshold by cost": lambda: optimize.brentq(lambda p: 9 * p - (1 - p), 0, 1),
    "McNemar's test": lambda: stats.binomtest(9, 10).pvalue,
    "The model that does nothing": scores_of_an_idle_model,
    "The next score": next_score_inside,
}

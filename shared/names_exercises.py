"""Checks of the exercises of notebook 07: a wrong answer is told its likely mistake."""

from collections.abc import Callable
from itertools import pairwise, product

import numpy as np

TAGS = ["O", "B-A", "I-A", "B-B", "I-B"]


def to_bio(answer: Callable[[list[str]], list[str]]) -> None:
    """Check a conversion of IOB1 tags to BIO."""

    def changed(tags: list[str]) -> list[str]:
        return list(answer(tags))  # a tuple or a generator will do

    first = changed(["I-A", "I-A", "O"])
    assert first == ["B-A", "I-A", "O"], "a first I- must become B-, others stay"
    assert changed(["I-A", "I-B"]) == ["B-A", "B-B"], (
        "another type begins another name: compare types"
    )
    assert changed(["I-A", "B-A", "I-A"]) == ["B-A", "B-A", "I-A"], "a B- stays: two names, not one"
    assert changed(["I-A"] * 3) == ["B-A", "I-A", "I-A"], (
        "three words of one name: compare types with the tag before, whether it is B- or I-"
    )
    assert changed([]) == [], "no tags, no change"
    random = np.random.default_rng(1)
    for tags in random.choice(["O", "B-A", "I-A", "B-B", "I-B"], (300, 8)).tolist():
        expected = []
        for i, tag in enumerate(tags):
            begins = i == 0 or tags[i - 1][1:] != tag[1:]
            expected.append("B" + tag[1:] if tag[0] == "I" and begins else tag)
        converted = changed(list(tags))
        assert converted == expected, f"{tags}: expected {expected}, got {converted}"
    print("Passed: 300 random sequences are converted as by the definition.")


def overlapping(answer: Callable[[set, set], tuple[int, int]]) -> None:
    """Check counts of spans that share a word and the type."""

    def counted(true: set, found: set) -> tuple[int, ...]:
        return tuple(answer(true, found))  # a list will do

    true = {(0, 2, "P"), (4, 6, "L"), (8, 9, "P")}
    assert counted(true, set()) == (0, 0), "nothing found: 0 and 0"
    assert counted(true, {(2, 3, "P")}) == (0, 0), (
        "words 0 and 1 and word 2 touch, but share no word: the end is one past the last"
    )
    assert counted(true, {(1, 3, "L")}) == (0, 0), "another type is no hit: compare the types"
    assert counted(true, {(1, 3, "P")}) == (1, 1), "one shared word is enough for a hit"
    two = counted(true, {(0, 1, "P"), (1, 2, "P")})
    assert two != (1, 2), "the order is: found spans first, then true ones"
    assert two == (2, 1), (
        f"two found halves of one true name: expected 2 found and 1 true, got {two}"
    )
    assert counted({(0, 5, "P")}, {(2, 3, "P")}) == (1, 1), "a span inside another shares a word"
    assert counted({(0, 2, "P"), (4, 6, "L")}, {(1, 5, "L")}) == (1, 1), (
        "a span may overlap several: look at all of them, not at the first alone"
    )
    print("Passed: halves count, other types and mere neighbours do not.")


def _forward(scores: np.ndarray, allowed: np.ndarray, begins: np.ndarray, axis: int) -> float:
    total = np.where(begins, scores[0], -np.inf)
    for row in scores[1:]:
        steps = total[:, None] + np.where(allowed, 0.0, -np.inf)
        total = np.logaddexp.reduce(steps, axis=axis) + row
    return float(np.logaddexp.reduce(total))


def log_valid(answer: Callable[[np.ndarray, np.ndarray, np.ndarray], float]) -> None:
    """Check the forward algorithm against the sum over all sequences."""
    allowed = np.array([[t[0] != "I" or b[1:] == t[1:] for t in TAGS] for b in TAGS])
    begins = np.array([t[0] != "I" for t in TAGS])
    random = np.random.default_rng(2)
    for n in (4, 2, 1):
        scores = np.log(random.dirichlet(np.full(5, 0.7), n))
        total = {"all": 0.0, "start": 0.0, "valid": 0.0}
        best = -np.inf
        for row in product(range(5), repeat=n):
            p = float(scores[np.arange(n), row].sum())
            steps = all(allowed[a, b] for a, b in pairwise(row))
            total["all"] += np.exp(p)
            total["start"] += np.exp(p) * steps
            if steps and begins[row[0]]:
                total["valid"] += np.exp(p)
                best = max(best, p)
        mine = float(answer(scores.copy(), allowed, begins))
        if n > 1:
            turned = {_forward(scores, allowed, begins, 1), _forward(scores, allowed.T, begins, 0)}
            assert not any(np.isclose(mine, value) for value in turned), (
                "which axis is *before*? Sum over the tags before, and allowed is (before, tag)"
            )
            assert not np.isclose(mine, best), "that is the best sequence: a sum, not a maximum"
            assert not np.isclose(mine, 0.0), "all sequences sum to 1: forbid the invalid steps"
            assert not np.isclose(mine, np.log(total["start"])), "a text may not begin with an I-"
        assert np.isclose(mine, np.log(total["valid"])), (
            f"{n} words: {mine:.4f}, expected {np.log(total['valid']):.4f}"
        )
    far = np.full((400, 5), -700.0)
    far[:, 0] = -3.0
    long = float(answer(far, allowed, begins))
    assert np.isfinite(long), "400 words: the probability is 0 in floating point; stay in logs"
    assert np.isclose(long, -1200.0), f"400 words: {long}, expected -1200"
    print("Passed: equal to the sum over all valid sequences, and finite for 400 words.")


def biased(answer: Callable[[np.ndarray, float], np.ndarray]) -> None:
    """Check a bias for tag 0."""
    scores = np.log(np.random.default_rng(3).dirichlet(np.ones(5), 6))
    kept = scores.copy()
    found = answer(scores, 2.0)
    assert np.array_equal(scores, kept), "the caller's scores were changed: copy first"
    assert np.allclose(np.exp(found).sum(1), 1), "each row must sum to 1 again, per word"
    assert np.allclose(answer(scores, 0.0), scores), "a bias of 0 changes nothing"
    odds = (found[:, 0] - found[:, 1]) - (scores[:, 0] - scores[:, 1])
    assert not np.allclose(odds, 0), "no odds have changed: the bias is added to tag 0 alone"
    assert np.all(odds > 0), "a positive bias favours O, the cautious answer"
    assert np.allclose(odds, 2.0), "the bias is added to log-probabilities, and to tag 0 alone"
    assert np.allclose(found[:, 1] - found[:, 2], scores[:, 1] - scores[:, 2]), (
        "the other tags keep their proportions: tag 0 alone gets the bias"
    )
    print("Passed: the odds of O grow by exp(bias), all else keeps its proportions.")

"""The checks of notebook 12's exercises: each names the likely mistake, or says what was shown."""

from collections.abc import Callable
from itertools import product

import numpy as np
from scipy import stats


def check_seeds_needed(seeds_needed: Callable[[float, float], int]) -> None:
    """Check the smallest number of seeds whose t interval is narrow enough."""
    for spread, reach in ((0.02, 0.02), (0.02, 0.005), (0.01, 0.05), (0.01, 0.1)):
        n = seeds_needed(spread, reach)
        assert isinstance(n, int | np.integer), f"{n!r}: a number of seeds is an int"
        assert n >= 2, f"{n}: a single seed has no interval; start from 2"
        goes = [stats.t.ppf(0.975, m - 1) * spread / np.sqrt(m) for m in (n, max(n - 1, 2))]
        assert goes[0] <= reach, f"{n} seeds reach ± {goes[0]:.3f}: is the factor t, with n − 1?"
        assert n == 2 or (n > 2 and goes[1] > reach), f"{n - 1} seeds would have been enough"
    print(f"right: for a spread of 1 point, ± 1 point takes {seeds_needed(0.01, 0.01)} seeds, "
          f"± half a point {seeds_needed(0.01, 0.005)}")  # fmt: skip


def check_exact_p(exact_p: Callable[[np.ndarray], float]) -> None:
    """Check the permutation test that tries all signs of the seeds' differences."""
    three = exact_p(np.array([0.03, 0.02, 0.04]))
    assert three > 0, "never 0: the signs as they are count too, and are as extreme as themselves"
    assert not np.isclose(three, 1 / 8), "two-sided: all minus is as extreme as all plus"
    assert np.isclose(three, 2 / 8), f"three equal signs: p = {three:.3f}, expected 2 of 8 signings"
    assert exact_p(np.zeros(4)) == 1, "no difference at all must give 1: is it >=, not >?"
    mixed = exact_p(np.array([0.03, -0.01, 0.02, 0.02]))
    assert np.isclose(mixed, 4 / 16), (
        f"p = {mixed:.3f}, expected 4 of 16: does each seed get a sign of its own?"
    )
    turned = exact_p(np.array([-0.03, 0.01, -0.02, -0.02]))
    assert np.isclose(turned, mixed), "A − B and B − A must give the same p: sizes, not sums"
    for equal in ([0.1, 0.2, -0.3], [0.1, 0.3, 0.2, -0.1], [0.7, 0.1, 0.2, -0.3]):
        d = np.array(equal)
        sums = [abs(np.dot(signs, np.rint(10 * d))) for signs in product([-1, 1], repeat=len(d))]
        expected = np.mean(np.array(sums) >= abs(np.rint(10 * d).sum()))  # without any rounding
        p = exact_p(d)
        assert np.isclose(p, expected), f"p = {p:.3f}: sums equal but for rounding are equal"
    random = np.random.default_rng(0)
    null = np.array([exact_p(random.normal(size=6)) for _ in range(400)])
    share = (null <= 0.05).mean()
    assert 0.01 < share <= 0.075, f"equal settings: {share:.0%} at or below 0.05"
    print("right: without the normal curve, three seeds give no p below 0.25, five none below "
          f"{2 / 2**5:.3f}, six {2 / 2**6:.3f}")  # fmt: skip


def check_benjamini_hochberg(
    benjamini_hochberg: Callable[[np.ndarray], np.ndarray],
    holm: Callable[[np.ndarray], np.ndarray],
) -> None:
    """Check the correction that bounds the share of false findings."""
    some = np.random.default_rng(0).random(40) ** 2
    given = some.copy()
    ours, library = np.asarray(benjamini_hochberg(some)), stats.false_discovery_control(given)
    assert np.array_equal(some, given), "the p-values that were given are changed: sort a copy"
    assert ours.max() <= 1, "a p-value above 1: at most 1"
    assert not np.allclose(ours, np.sort(library)) or np.allclose(ours, library), (
        "the right values in another order: give them back in the order given"
    )
    sorted_ours = ours[np.argsort(some)]
    scaled = np.sort(some) * len(some) / np.arange(1, len(some) + 1)
    assert not np.allclose(sorted_ours, np.minimum.accumulate(scaled).clip(max=1)), (
        "the minimum runs from the smallest p up: accumulate from the largest down"
    )
    assert not np.allclose(ours, np.minimum(some * len(some), 1)), (
        "that is Bonferroni: divide by the rank, never stricter than Holm: ranks from 1"
    )
    hochberg = np.sort(some) * np.arange(len(some), 0, -1)
    hochberg = np.minimum.accumulate(hochberg[::-1])[::-1].clip(max=1)
    assert not np.allclose(sorted_ours, hochberg), "that is Hochberg's m + 1 − i: here m / i"
    assert (ours >= some - 1e-12).all(), "a correction never makes p smaller: m / i, not i / m?"
    assert (ours <= holm(some) + 1e-12).all(), "it is never stricter than Holm: ranks from 1?"
    assert np.all(np.diff(sorted_ours) >= -1e-12), "not monotone: accumulate from the largest down"
    assert np.allclose(ours, library), "too large: the smallest so far, from the largest p down"
    print(f"right: of 40 p-values, {(holm(some) < 0.05).sum()} stand after Holm and "
          f"{(ours < 0.05).sum()} after Benjamini and Hochberg; as scipy computes it")  # fmt: skip


def check_equivalent(
    equivalent: Callable[[np.ndarray, float], float],
    judge: Callable[[np.ndarray], tuple[float, float, float]],
    centred: np.ndarray,
    pair: np.ndarray,
) -> None:
    """Check the p-value of the claim that two settings differ by less than a margin.

    Args:
        equivalent: The answer.
        judge: Returns difference, standard error and degrees of freedom of (seeds, texts).
        centred: A population of differences, (seeds, texts), with mean 0.
        pair: The differences of two settings of the sweep, (seeds, texts).
    """
    random = np.random.default_rng(0)
    d = centred[:10] - centred[:10].mean()
    margin = 3 * judge(d)[1]
    p = equivalent(d, margin)
    assert p < 0.05, f"no difference, and three errors of room: p = {p:.3f}; are the signs right?"
    for moved in (d + 0.9 * margin, d - 0.9 * margin):
        larger = equivalent(moved, margin)
        assert larger > 0.15, "near a margin, on either side, it must fail: the larger p counts"
    assert np.isclose(equivalent(d + margin, margin), 0.5), (
        "a difference just as large as the margin: p is 0.5, one-sided; not halved, not doubled"
    )
    some = centred[:3, :300] + 0.004  # few seeds: the normal curve would be far off
    mean, error, freedom = judge(some)
    at = 2.5 * error
    expected = max(
        stats.t.sf((mean + at) / error, freedom), stats.t.cdf((mean - at) / error, freedom)
    )
    p = equivalent(some, at)
    assert np.isclose(p, expected), (
        f"three seeds: p = {p:.4f}, expected {expected:.4f}: judge's error and degrees of freedom?"
    )
    claims = []
    for _ in range(300):
        rows = random.integers(0, len(centred), 10)
        columns = random.integers(0, centred.shape[1], centred.shape[1])
        claims.append(equivalent(centred[rows][:, columns] + 0.02, 0.02) < 0.05)
    share = np.mean(claims)
    assert share < 0.1, f"settings 2 points apart are called equal within 2 points in {share:.0%}"
    print(f"right: settings exactly 2 points apart are called equal within 2 points in {share:.0%} "
          "of 300 sweeps")  # fmt: skip
    margin = next((m for m in np.arange(0.001, 0.2, 0.001) if equivalent(pair, m) < 0.05), np.nan)
    print(f"the two rates, {len(pair)} seeds: difference {100 * pair.mean():+.1f} points, "
          f"equivalent within {100 * margin:.1f} points")  # fmt: skip

"""The checks of notebook 17's exercises: each names the likely mistake, or says what was shown."""

import itertools
from collections.abc import Callable

import numpy as np


def check_average_precision(average_precision: Callable[[list[bool], int], float]) -> None:
    """Check average precision against its definition, for all rankings of six passages."""
    found = average_precision([True, True], 2)
    assert found is not None, "your function returns None: return the mean"
    assert abs(found - 3 / 4) > 1e-9, (
        "you add 1 / rank: the precision at a rank also counts the right passages before it"
    )
    found = average_precision([True, False, True], 2)
    assert abs(found - 2 / 3) > 1e-9, (
        "this is the precision at the last rank: take the mean of the precisions at the ranks of "
        "the right passages"
    )
    assert abs(found - 5 / 9) > 1e-9, "you divide by the number of ranks: divide by n"
    assert abs(found - 5 / 6) < 1e-9, f"[True, False, True] with n = 2: expected 0.833, not {found}"
    found = average_precision([True, False], 2)
    assert abs(found - 0.5) < 1e-9, (
        f"one of two found, on rank 1: expected 0.5, not {found:.3f}. What was not found adds 0"
    )
    assert average_precision([False, False], 1) == 0, "nothing found: expected 0"
    for hits in itertools.product([False, True], repeat=6):
        ranks = [i + 1 for i, hit in enumerate(hits) if hit]
        for n in range(max(len(ranks), 1), 8):
            expected = sum((j + 1) / rank for j, rank in enumerate(ranks)) / n
            given = list(hits)
            found = average_precision(given, n)
            assert abs(found - expected) < 1e-9, f"{given}, n = {n}: {expected:.3f}, not {found}"
    print("right: on all rankings of six passages")


def check_hard_negatives(
    hard_negatives: Callable[[np.ndarray, np.ndarray, int], np.ndarray],
) -> None:
    """Check mined negatives: wrong, the best of the wrong ones, best first."""
    random = np.random.default_rng(0)
    scores = random.normal(size=(20, 12)) - 2
    good = random.random((20, 12)) < 0.2
    good[:, 0] |= ~good.any(1)
    copied = scores.copy()
    found = hard_negatives(scores, good, 4)
    assert np.array_equal(scores, copied), "you changed the scores that you were given: copy them"
    assert found is not None, "your function returns None: return the places"
    found = np.asarray(found)
    assert found.shape == (20, 4), f"expected (queries, k) = (20, 4), not {found.shape}"
    assert found.dtype.kind in "iu", f"expected places as integers, not {found.dtype}"
    taken = np.take_along_axis(good, found, 1)
    assert not taken.any(), (
        f"{taken.sum()} of them are right passages: give these a score that is never high, −∞ "
        "(0 is above a negative score)"
    )
    wrong = np.where(good, -np.inf, scores)
    best = (-wrong).argsort(1)[:, :4]
    worst = np.where(good, np.inf, scores).argsort(1)[:, :4]
    assert not np.array_equal(found, worst), "these score lowest: hard negatives score high"
    assert not np.array_equal(found, best[:, ::-1]), "the best comes first: reverse the order"
    assert np.array_equal(found, best), "expected the wrong passages with the highest scores"
    print("right: 4 hard negatives for each of 20 queries")


def check_search_lists(search_lists: Callable[..., np.ndarray]) -> None:
    """Check inverted lists: only near groups, the best of them, in order, as rows."""
    random = np.random.default_rng(0)
    centres = random.normal(size=(6, 8))
    groups = np.arange(60) % 6
    vectors = centres[groups] + random.normal(scale=0.8, size=(60, 8))
    for nprobe, k in ((1, 3), (2, 5), (6, 10), (1, 20)):
        for query in random.normal(size=(10, 8)):
            found = search_lists(query, centres, groups, vectors, nprobe, k)
            assert found is not None, "your function returns None: return the rows"
            found = np.asarray(found)
            assert found.ndim == 1 and found.dtype.kind in "iu", "return rows as integers, (k,)"
            near = (-(centres @ query)).argsort()[:nprobe]
            rows = np.flatnonzero(np.isin(groups, near))
            expected = rows[(-(vectors[rows] @ query)).argsort()[:k]]
            assert len(found) == len(expected), (
                f"{len(found)} rows, expected {len(expected)} (k = {k}, {len(rows)} candidates)"
            )
            places = (-(vectors[rows] @ query)).argsort()[:k]
            assert np.array_equal(found, expected) or not np.array_equal(found, places), (
                "these are places among the candidates: translate them into rows of `vectors`"
            )
            far = (centres @ query).argsort()[:nprobe]
            outside = ~np.isin(groups[found], near)
            assert not (outside.any() and np.isin(groups[found], far).all()), (
                "these groups are the farthest: take the highest dot products"
            )
            assert not outside.any(), "a row is not in the nprobe nearest groups"
            assert np.array_equal(np.sort(found), np.sort(expected)), (
                "expected the highest dot products with the query"
            )
            assert np.array_equal(found, expected), "expected the best first"
    print("right: for 1, 2 and all of 6 groups")

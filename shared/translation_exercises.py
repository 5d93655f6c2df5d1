"""The checks of notebook 14's exercises: each names the likely mistake, or says what was shown."""

import itertools
import math
from collections.abc import Callable

import numpy as np

from shared import ROOT

JUDGED = ROOT / "data" / "judged.tsv"  # forty outputs of notebook 14, read


def check_brevity(brevity: Callable[[list[list[str]], list[list[str]]], float]) -> None:
    """Check the brevity penalty on corpora of two strings."""
    found = brevity([["a"], ["b", "c"]], [["a", "x"], ["b", "c", "d", "e"]])
    assert found is not None, "your function returns None: return the factor"
    assert not math.isclose(found, 0.5), "the factor is e to the 1 - r/c, not c/r"
    each = (math.exp(1 - 2) + math.exp(1 - 2)) / 2
    uneven = brevity([["a"], ["b", "c", "d"]], [["a", "x"], ["b", "c"]])
    assert math.isclose(uneven, 1), (
        f"{uneven:.3f}: together both are as long as their references, so the factor is 1. Sum the "
        "lengths of all strings first"
    )
    assert math.isclose(found, each), (
        f"3 of 6 words: e to the 1 - 6/3 = {each:.3f}, not {found:.3f}"
    )
    long = brevity([["a", "b", "c"]], [["a"]])
    assert long == 1, f"outputs that are too long are not rewarded: at most 1, not {long:.3f}"
    assert brevity([[]], [["a"]]) == 0, "no word at all: 0"
    print("right: too short, as long, too long, empty")


def check_intersection(intersection: Callable[[set, set], set]) -> None:
    """Check links that two directions have in common."""
    forward, backward = {(0, 1), (1, 0), (2, 2)}, {(1, 0), (2, 2), (0, 0)}
    found = intersection(forward, backward)
    assert isinstance(found, set), f"return a set, not {type(found).__name__}"
    assert found != forward & backward, "the second set is (target, source): turn its pairs around"
    turned = {(i, j) for j, i in backward}
    assert found != forward | turned, "links that both find, not those that one of them finds"
    assert found == {(0, 1), (2, 2)}, f"expected (0, 1) and (2, 2), not {sorted(found)}"
    assert intersection({(3, 4)}, {(3, 4)}) == set(), "(3, 4) turned around is (4, 3)"
    print("right: on links that cross, agree and differ")


def check_combined(combined: Callable[..., list[str]]) -> None:
    """Check that the memory is taken where its source is similar."""
    similar = np.array([10.0, 50.0, 90.0])
    found = combined(["a", "b", "c"], ["x", "y", "z"], similar, 50)
    assert found is not None, "your function returns None: return the list"
    assert found != ["a", "b", "z"] and found != ["a", "y", "z"], (
        "the memory is trusted where its source IS similar, not where it is not"
    )
    assert found != ["x", "y", "c"], "a similarity equal to the threshold is enough for the memory"
    assert list(found) == ["x", "b", "c"], f"expected ['x', 'b', 'c'], not {found}"
    assert list(combined(["a"], ["x"], similar[:1], 101)) == ["x"], "above every similarity: model"
    print("right: below, at and above the threshold")


def check_smooth_links(smooth_links: Callable[[np.ndarray, float], list[int]]) -> None:
    """Check the best path against all paths of small matrices."""
    random = np.random.default_rng(5)
    for penalty, _ in itertools.product((0.0, 0.3, 2.0), range(5)):
        weights = random.dirichlet(np.ones(4), 3)
        found = smooth_links(weights, penalty)
        assert found is not None, "your function returns None: return the places"
        found = [int(place) for place in found]
        assert len(found) == 3, f"a place for each target word: 3, not {len(found)}"
        strongest = weights.argmax(1).tolist()
        if penalty == 0:
            assert found == strongest, "with a penalty of 0 it is the strongest word for each"
        scores = np.log(weights + 1e-9)

        def value(path: tuple[int, ...], s: np.ndarray = scores, p: float = penalty) -> float:
            jumps = sum(abs(a - b) for a, b in itertools.pairwise(path))
            return float(sum(s[j, i] for j, i in enumerate(path)) - p * jumps)

        best = max(itertools.product(range(4), repeat=3), key=value)
        assert value(tuple(found)) > value(best) - 1e-6 or found != strongest, (
            "this is the strongest word for each: jumps must cost something, to both sides (the "
            "distance has no sign)"
        )
        assert value(tuple(found)) > value(best) - 1e-6, (
            f"the path {found} has {value(tuple(found)):.3f}, {list(best)} has {value(best):.3f}: "
            "is it log weights, is the distance without a sign, and does the path begin at the end?"
        )
    print("right: the best of all 64 paths, fifteen times")

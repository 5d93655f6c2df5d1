"""The checks of notebook 14's exercises: each names the likely mistake, or says what was shown."""

import itertools
import math
from collections.abc import Callable

import numpy as np

from shared import ROOT

JUDGED = ROOT / "data" / "judged.tsv"  # forty outputs of notebook 14, read


def check_brevity(brevity: Callable[[list[list[str]], list[list[str]]], float]) -> None:
    """Check the brevity penalty on corpora of two strings."""
    found = brevity([["ab"], ["b", "cde"]], [["ab", "x"], ["b", "cde", "d", "e"]])
    assert found is not None, "your function returns None: return the factor"
    assert not math.isclose(found, 0.5), "the factor is e to the 1 - r/c, not c/r"
    each = (math.exp(1 - 2) + math.exp(1 - 2)) / 2
    uneven = brevity([["a"], ["b", "c", "d"]], [["a", "xyz"], ["b", "c"]])
    letters = math.exp(1 - 9 / 6), math.exp(1 - 6 / 4)
    assert not any(math.isclose(found, wrong) for wrong in letters), "count words, not letters"
    assert math.isclose(uneven, 1), (
        f"{uneven:.3f}: together both are as long as their references, so the factor is 1. Sum the "
        "lengths of all strings first"
    )
    assert math.isclose(found, each), (
        f"3 of 6 words: e to the 1 - 6/3 = {each:.3f}, not {found:.3f}"
    )
    long = brevity([["a", "b", "c"]], [["a"]])
    assert long == 1, f"outputs that are too long are not rewarded: at most 1, not {long:.3f}"
    try:
        empty = brevity([[]], [["a"]])
    except ZeroDivisionError as error:
        raise AssertionError("no word at all divides by 0: return 0 there") from error
    assert empty == 0, "no word at all: 0"
    print("right: too short, as long, too long, empty")


def check_intersection(intersection: Callable[[set, set], set]) -> None:
    """Check links that two directions have in common."""
    forward, backward = {(0, 1), (1, 0), (2, 2)}, {(1, 0), (2, 2), (0, 0)}
    before = set(forward), set(backward)
    found = intersection(forward, backward)
    assert (forward, backward) == before, "your function changes a set that it was given: make one"
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
    found = list(found)
    assert found != ["a", "b", "z"] and found != ["a", "y", "z"], (
        "the memory is trusted where its source IS similar, not where it is not"
    )
    assert found != ["x", "y", "c"], "a similarity equal to the threshold is enough for the memory"
    assert found == ["x", "b", "c"], f"expected ['x', 'b', 'c'], not {found}"
    assert list(combined(["a"], ["x"], similar[:1], 101)) == ["x"], "above every similarity: model"
    other = list(combined(["a", "b", "c"], ["x", "y", "z"], similar, 60))
    assert other == ["x", "y", "c"], (
        f"with a threshold of 60, a similarity of 50 is below it: {other}. Use the argument"
    )
    print("right: below, at and above two thresholds")


def check_smooth_links(smooth_links: Callable[[np.ndarray, float], list[int]]) -> None:
    """Check the best path against all paths of small matrices."""
    random = np.random.default_rng(5)
    for penalty, _ in itertools.product((0.0, 0.3, 2.0), range(5)):
        weights = random.dirichlet(np.ones(4), 3)
        found = smooth_links(weights, penalty)
        assert found is not None, "your function returns None: return the places"
        assert not isinstance(found, set | dict), (
            f"return a list, a source place for each target word, not a {type(found).__name__}"
        )
        try:
            found = [int(place) for place in found]
        except TypeError as error:
            raise AssertionError("each entry is one source place: a whole number") from error
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
    cheap, dear = (list(smooth_links(np.array([[0.6, 0.4], [0.3, 0.7]]), p)) for p in (0.3, 0.6))
    assert cheap == [0, 1], f"a penalty of 0.3 costs less than the jump brings: [0, 1], not {cheap}"
    assert dear == [1, 1], (
        f"a penalty of 0.6 costs more than the jump brings: [1, 1], not {dear}. Is the whole "
        "penalty paid for each place of the distance?"
    )
    print("right: the best of all 64 paths, fifteen times, and at two penalties")

"""The checks of notebook 15's exercises: each names the likely mistake, or says what was shown."""

import itertools
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np


def check_random_texts(
    random_texts: Callable[[Sequence[str], int, int, np.random.Generator], list[str]],
) -> None:
    """Check texts of random words: their number, length, words and frequencies."""
    given = ["a b c", "a a d", "a"]
    copied = list(given)
    found = random_texts(given, 400, 5, np.random.default_rng(0))
    assert given == copied, "you changed the texts that you were given"
    assert isinstance(found, list), f"return a list of texts, not {type(found).__name__}"
    assert all(isinstance(text, str) for text in found), "each is one text: join its words"
    assert len(found) == 400, f"{len(found)} texts, expected n = 400"
    lengths = {len(text.split()) for text in found}
    assert lengths == {5}, f"texts of {sorted(lengths)} words, expected 5 in each"
    count = Counter(word for text in found for word in text.split())
    assert set(count) <= set("abcd"), f"no words of the texts: {set(count) - set('abcd')}"
    assert len(set(found)) > 100, "all texts are (nearly) the same: draw the words anew for each"
    share = count["a"] / count.total()
    assert abs(share - 4 / 7) < 0.06, (
        f"a is {share:.0%} of your words, and 4 of 7 in the texts: a word counts as often as it "
        "stands there, in whatever text"
    )
    again = random_texts(given, 400, 5, np.random.default_rng(0))
    assert again == found, "draw with the generator that is given: the same seed, the same texts"
    other = random_texts(given, 400, 5, np.random.default_rng(1))
    assert other != found, (
        "another seed gives the same texts: did you make a generator of your own?"
    )
    print("right: 400 texts of 5 words, each word as frequent as in the texts")


def check_verdicts(verdicts: Callable[[np.ndarray], np.ndarray]) -> None:
    """Check verdicts from log-odds in two orders, against all cases."""
    values = (-2.0, -0.5, 0.0, 0.5, 2.0)
    odds = np.array(list(itertools.product(values, repeat=2)))
    copied = odds.copy()
    found = verdicts(odds)
    assert np.array_equal(odds, copied), "you changed the log-odds that you were given"
    assert found is not None, "your function returns None: return the verdicts"
    found = np.asarray(found)
    assert found.shape == (25,), f"expected one verdict for each pair, not {found.shape}"
    assert set(found.tolist()) <= {-1, 0, 1}, "a verdict is 1, −1 or 0"
    first, second = odds.T
    agree = ((odds > 0).all(1) * 1) - (odds < 0).all(1)
    likely = {
        "pairs that contradict each other are 0, whatever their mean": np.sign(odds.mean(1)),
        "the second order counts, too": np.sign(first),
        "both columns point to the first answer already: do not turn the second one round": (
            ((first > 0) & (second < 0)) * 1 - ((first < 0) & (second > 0))
        ),
    }
    for told, wrong in likely.items():
        assert np.array_equal(found, agree) or not np.array_equal(found, wrong), told
    for pair, expected, said in zip(odds.tolist(), agree.tolist(), found.tolist(), strict=True):
        assert said == expected, f"log-odds {pair}: expected {expected}, not {said}"
    print("right: on 25 pairs, with ties")


def check_allowed_next(
    allowed_next: Callable[[list[int], list[list[int]], int], list[int]],
) -> None:
    """Check which tokens may follow, by walking all ways that are allowed."""
    end = 0
    for labels in ([[1], [2]], [[1, 2], [1, 3, 4]], [[5, 6, 7], [5, 6, 8], [9]], [[1], [1, 2]]):
        copied = [list(ids) for ids in labels]
        first = allowed_next([], labels, end)
        assert isinstance(first, list), f"return a list of ids, not {type(first).__name__}"
        assert first, "nothing is written yet: every label may begin"
        assert sorted(set(first)) == sorted({ids[0] for ids in labels}), (
            f"{labels}: at first {first} may come, expected each label's first token"
        )
        written, ways = [], [[]]
        for _ in range(6):
            longer = []
            for way in ways:
                some = allowed_next(list(way), labels, end)
                assert some, f"{labels}, after {way}: nothing may follow: what shall be written?"
                assert len(set(some)) == len(some), f"{labels}, after {way}: {some} repeats itself"
                for token in some:
                    if token == end:
                        assert way in labels, (
                            f"{labels}, after {way}: the end comes only after a whole label"
                        )
                        written.append(way)
                    else:
                        assert any(ids[: len(way) + 1] == [*way, token] for ids in labels), (
                            f"{labels}, after {way}: {token} leads to no label"
                        )
                        longer.append([*way, token])
            ways = longer
        assert sorted(written) == sorted(labels), (
            f"{labels}: only {written} can be written. A label may be the beginning of another: "
            "then both the end and the other's next token are allowed"
        )
        assert labels == copied, "you changed the labels that you were given"
        assert allowed_next([*labels[0], end], labels, end) == [end], (
            "after the end only the end may follow: texts of a batch end at different steps"
        )
    print("right: four sets of labels, all ways walked")


def check_nearest_examples(
    nearest_examples: Callable[[np.ndarray, np.ndarray, int], list[int]],
) -> None:
    """Check the choice of examples by similarity, on points that can be counted."""
    pool = np.array([[1.0, 0.0], [0.0, 1.0], [0.8, 0.6], [0.6, 0.8], [-1.0, 0.0]])
    query = np.array([1.0, 0.05]) / np.hypot(1, 0.05)
    found = nearest_examples(pool, query, 3)
    assert found is not None, "your function returns None: return the rows"
    found = list(map(int, found))
    assert len(found) == 3, f"{len(found)} rows, expected k = 3"
    assert len(set(found)) == 3, "each row once"
    assert set(found) != {4, 1, 3}, "these are the least similar ones"
    assert set(found) == {0, 2, 3}, f"rows {found}: expected the most similar, 0, 2 and 3"
    assert found[0] != 0, "the most similar comes last, next to the text in question"
    assert found == [3, 2, 0], f"rows {found}: expected them in rising similarity"
    assert list(map(int, nearest_examples(pool, query, 1))) == [0], "k = 1: the nearest alone"
    random = np.random.default_rng(0)
    pool = random.normal(size=(50, 8))
    pool /= np.linalg.norm(pool, axis=1, keepdims=True)
    for row in range(10):
        query = pool[row] + 0.01 * random.normal(size=8)
        several = list(map(int, nearest_examples(pool, query, 5)))
        expected = sorted(range(50), key=(pool @ query).__getitem__)[-5:]
        assert several == expected, f"row {row}: {several}, expected {expected}"
    print("right: five points, and fifty in eight dimensions")

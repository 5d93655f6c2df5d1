"""The checks of notebook 00's exercises: each names the likely mistake, or says what was shown."""

from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np


def check_nearest_class(
    nearest_class: Callable[[np.ndarray, Mapping[str, np.ndarray]], str],
) -> None:
    """Check the choice of a class on vectors whose products are known."""
    classes = {"east": np.array([1.0, 0.0]), "north": np.array([0.0, 1.0])}
    classes["north-west"] = np.array([-0.6, 0.8])
    cases = (([0.8, 0.6], "east"), ([0.6, 0.8], "north"), ([-0.96, 0.28], "north-west"),
             ([0.28, -0.96], "east"))  # fmt: skip
    alphabetical = all(nearest_class(np.array(v), classes) == max(classes) for v, _ in cases)
    assert not alphabetical, "always the last name of the alphabet: compare products, not names"
    for vector, right in cases:
        found = nearest_class(np.array(vector), classes)
        assert found is not None, "return the name of the class"
        assert isinstance(found, str), f"return the class's name, not {type(found).__name__}"
        products = {name: float(np.dot(vector, v)) for name, v in classes.items()}
        smallest = found == min(products, key=products.get)
        assert not smallest or min(products.values()) < 0, (
            f"{found!r} has the smallest product with {vector}: the nearest has the largest"
        )
        assert found == right, (
            f"{vector}: expected {right!r}, found {found!r}; the products are "
            + ", ".join(f"{name} {value:.2f}" for name, value in products.items())
            + ". The largest one counts, with its sign"
        )
    print("right: four vectors among three classes")


def check_share_found(share_found: Callable[[np.ndarray], float]) -> None:
    """Check the share of queries that find their own passage, on tables made by hand."""
    products = np.array([[0.9, 0.1, 0.3], [0.8, 0.7, 0.1], [0.2, 0.1, 0.4], [0.0, 0.9, 0.5]])
    found = share_found(products[:3])
    assert found is not None, "return the share"
    assert np.ndim(found) == 0, "return one number, the mean over all queries"
    assert found <= 1, f"{found}: a share is at most 1; divide by the number of queries"
    assert abs(found - 1) > 1e-9, (
        "1.0: you look in each column for its best query. A row is a query: look along the row"
    )
    assert abs(found - 2 / 3) < 1e-9, f"{found:.3f}, expected 2 of 3: rows 0 and 2 find their own"
    wide = np.hstack([products[:3], np.full((3, 1), 2.0)])
    assert share_found(wide) == 0, (
        "a passage that belongs to no query is nearest to all three, so none finds its own"
    )
    padded = np.hstack([products[:3], np.zeros((3, 1))])
    assert abs(share_found(padded) - 2 / 3) < 1e-9, "divide by the number of queries, not passages"
    assert share_found(np.eye(5)) == 1, "each of five finds its own: expected 1"
    print("right: four tables, two of them with a passage that belongs to no query")


def check_open_now(
    open_now: Callable[[Mapping[str, Sequence[str]], Collection[str]], list[str]],
) -> None:
    """Check what can be read next, on a small map."""
    needs = {"01": (), "02": ("01",), "03": ("01", "02"), "06": ("03",), "09": ()}
    given = {name: tuple(before) for name, before in needs.items()}
    cases = ((set(), ["01", "09"]), ({"01"}, ["02", "09"]), ({"02"}, ["01", "09"]),
             ({"01", "02"}, ["03", "09"]), (set(needs), []))  # fmt: skip
    for done, right in cases:
        found = open_now(needs, done)
        assert isinstance(found, list), f"return a list, not {type(found).__name__}"
        told = f"read: {sorted(done)}; expected {right}, found {found}"
        assert not set(found) & done, f"{told}: what was read is not open any more"
        for name in found:
            lacking = sorted(set(needs[name]) - done)
            assert not lacking, f"{told}: {name} needs {lacking} too, all of its needs count"
        assert set(found) == set(right), f"{told}: something that is open is missing"
        assert found == right, f"{found}: each once, in order, please: {right}"
    found = open_now({"b": (), "a": ()}, set())
    assert found == ["a", "b"], f"{found}: sort the numbers"
    assert needs == given, "you changed the map that you were given"
    print("right: what is open at five moments of a small course")

"""Likely mistakes in the exercises; the answers to the quiz, computed another way."""

from collections.abc import Callable
from math import exp, hypot

# What of our solution is replaced, by what, and what the check says of it.
MISTAKES: dict[str, list[tuple[str, str, str]]] = {
    "nearest_class": [
        ("return max(classes", "return min(classes", "the nearest has the largest"),
        ("float(classes[name] @ vector)", "abs(float(classes[name] @ vector))", "with its sign"),
        ("return max(classes, key=lambda name: float(classes[name] @ vector))",
         "return max(float(v @ vector) for v in classes.values())", "the class's name"),
        ("return max", "max", "return the name of the class"),
    ],
    "share_found": [
        ("argmax(1)", "argmax(0)[: len(products)]", "look along the row"),
        (".mean()", ".sum()", "divide by the number of queries"),
        ("float((products.argmax(1) == np.arange(len(products))).mean())",
         "products.argmax(1) == np.arange(len(products))", "one number"),
        ("products.argmax(1)", "products[:, : len(products)].argmax(1)",
         "belongs to no query"),
        ("return float", "float", "return the share"),
    ],
    "open_now": [
        ("name not in done and ", "", "not open any more"),
        ("set(needs[name]) <= set(done)", "(not needs[name] or set(needs[name]) & set(done))",
         "all of its needs count"),
        ("sorted(name for name in needs if name not in done and set(needs[name]) <= set(done))",
         "{name for name in needs if name not in done and set(needs[name]) <= set(done)}",
         "return a list"),
        ("sorted(name", "list(name", "sort the numbers"),
        ("name not in done and set(needs[name]) <= set(done)", "name not in done",
         "all of its needs count"),
        ("set(needs[name]) <= set(done)", "needs[name] and set(needs[name]) <= set(done)",
         "that is open is missing"),
    ],
}  # fmt: skip


def largest_of_three() -> float:
    """Return the cosine of (3, 4) with (4, 3), from their lengths."""
    return (3 * 4 + 4 * 3) / (hypot(3, 4) * hypot(4, 3))


def next_notebooks() -> float:
    """Return how many of four notebooks are open after A, by trying each."""
    needs = {"B": {"A"}, "C": {"A", "B"}, "D": set(), "E": {"C"}}
    return sum(before <= {"A"} for before in needs.values())


def sum_of_maps() -> float:
    """Return the sum of 72 maps of 9 tokens, each row a softmax of other scores."""
    maps = [[[exp(h + q * k % 5) for k in range(9)] for q in range(9)] for h in range(72)]
    return sum(score / sum(row) for rows in maps for row in rows for score in row)


ANSWERS: dict[str, Callable[[], float]] = {
    "A cosine": largest_of_three,
    "By chance": lambda: sum(1 for i in range(80) if i == 0) / 80,
    "All weights together": sum_of_maps,
    "The map": next_notebooks,
}

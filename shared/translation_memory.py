"""The most similar known text to each new one, by chrF, for all pairs at once."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy import sparse

ORDERS = range(1, 7)  # of character n-grams


def nearest(
    new: Sequence[str], old: Sequence[str], block: int = 250
) -> tuple[np.ndarray, np.ndarray]:
    """Return for each new text the place of the most similar old one, and its chrF.

    Repeated n-grams of a text are numbered, so that the n-grams that two texts share are counted by
    a dot product of zeros and ones: one sparse product per order.

    Args:
        new: The texts that are asked about; the references of chrF.
        old: The known texts; its outputs.
        block: How many new texts are compared at a time.
    """
    asked, known = (["".join(text.split()) for text in texts] for texts in (new, old))
    orders = []
    for n in ORDERS:
        columns: dict[tuple[str, int], int] = {}
        theirs = _rows(known, n, columns, grow=True)
        sizes = [np.array([max(len(t) - n + 1, 0) for t in texts]) for texts in (asked, known)]
        orders.append((_rows(asked, n, columns, grow=False), theirs.T.tocsr(), *sizes))
    places, similar = [], []
    for at in range(0, len(asked), block):
        p = r = real = 0.0
        for ours, theirs, a, b in orders:
            both = (ours[at : at + block] @ theirs).toarray()  # (block, old), in common
            a = a[at : at + block, None]
            p = p + both / np.maximum(b, 1)
            r = r + both / np.maximum(a, 1)
            real = real + ((a > 0) & (b > 0))
        score = 100 * 5 * p * r / np.maximum(4 * p + r, 1e-9) / np.maximum(real, 1)
        places.append(score.argmax(1))
        similar.append(score.max(1))
    return np.concatenate(places), np.concatenate(similar)


def _numbered(text: str, n: int) -> list[tuple[str, int]]:
    """Return the n-grams of a text, each with the number of its copy."""
    seen: Counter[str] = Counter()
    found = []
    for i in range(len(text) - n + 1):
        gram = text[i : i + n]
        found.append((gram, seen[gram]))
        seen[gram] += 1
    return found


def _rows(texts: list[str], n: int, columns: dict, *, grow: bool) -> sparse.csr_array:
    """Return zeros and ones, (texts, known n-grams)."""
    pairs = [(row, columns.setdefault(gram, len(columns)) if grow else columns.get(gram))
             for row, text in enumerate(texts) for gram in _numbered(text, n)]  # fmt: skip
    places = np.array([pair for pair in pairs if pair[1] is not None], int).reshape(-1, 2)
    ones = np.ones(len(places), np.float32)
    return sparse.csr_array((ones, places.T), (len(texts), max(len(columns), 1)))

"""Vectors for pieces that join a vocabulary: from their contexts, and in the shape of the old."""

from collections.abc import Sequence

import numpy as np
from scipy import sparse
from sklearn.preprocessing import normalize
from sklearn.utils.extmath import randomized_svd

REACH = 4  # places to each side that count as a piece's context


def count_pairs(texts: Sequence[Sequence[int]], size: int) -> sparse.csr_array:
    """Return how often two ids stand within `REACH` places in a text, (size, size), symmetric."""
    rows, columns = [], []
    for ids in map(np.asarray, texts):
        for step in range(1, min(REACH, len(ids) - 1) + 1):
            rows.append(ids[:-step])
            columns.append(ids[step:])
    if not rows:
        return sparse.csr_array((size, size))
    pairs = np.concatenate(rows), np.concatenate(columns)
    table = sparse.coo_array((np.ones(len(pairs[0])), pairs), shape=(size, size)).tocsr()
    return table + table.T


def ppmi(table: sparse.csr_array) -> sparse.csr_array:
    """Return the positive pointwise mutual information of counts, (size, size), natural logarithm.

    The probability of a context is smoothed by the power 0.75 (Levy, Goldberg & Dagan 2015,
    section 3.2).
    """
    found = table.tocoo()
    first, second = found.coords
    total = np.asarray(table.sum(axis=1)).ravel()
    smooth = total**0.75 / (total**0.75).sum()
    information = np.log(found.data / (total[first] * smooth[second]))
    kept = information > 0
    pairs = first[kept], second[kept]
    return sparse.coo_array((information[kept], pairs), shape=table.shape).tocsr()


def context_vectors(
    texts: Sequence[Sequence[int]], wanted: np.ndarray, width: int, size: int
) -> np.ndarray:
    """Return vectors of some token ids from their neighbours in texts, (wanted, width).

    They are the strongest singular vectors of the PPMI table, its rows scaled to length 1, times
    the singular values. What never occurs gets zeros.

    Args:
        texts: Token ids of each text.
        wanted: Ids whose vectors are asked for.
        width: Of a vector; at most the number of different ids that occur.
        size: Of the vocabulary.
    """
    table = count_pairs(texts, size)
    present = np.flatnonzero(np.asarray(table.sum(axis=1)).ravel())
    information = normalize(ppmi(table[present][:, present]))
    left, strength, _ = randomized_svd(information, width, n_iter=2, random_state=0)
    found = np.zeros((size, width))
    found[present, : left.shape[1]] = left * strength
    return found[wanted]


def like_old(vectors: np.ndarray, old: np.ndarray) -> np.ndarray:
    """Return vectors (n, width) with mean and covariance of the old rows (m, width).

    They are whitened; then the strongest direction of the vectors becomes the strongest direction
    of the old rows, the second the second, and so on.
    """
    centred = vectors - vectors.mean(0)
    spread, axes = np.linalg.eigh(np.cov(centred.T))
    white = centred @ axes / np.sqrt(np.maximum(spread, 1e-12))
    variance, old_axes = np.linalg.eigh(np.cov(old.T))
    return old.mean(0) + (white * np.sqrt(np.maximum(variance, 0))) @ old_axes.T

"""N-gram models over token ids, with interpolated, modified Kneser-Ney smoothing."""

from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np


class KneserNey:
    """Predict a token from the `order - 1` before it, by counts.

    A discount is taken from each count: another one for counts of 1, 2, and 3 or more, estimated
    from how many n-grams have these counts. What was taken goes to the shorter history, where
    different left neighbours are counted instead of occurrences; the last level is uniform.
    Source: Chen & Goodman (1999), Computer Speech & Language 13, section 3.

    All n-grams of all texts are counted, and looked up, together: as numbers in sorted arrays.

    Args:
        rows: Texts as token ids, without their ends.
        order: 1 for single tokens, 2 for pairs, and so on.
        size: Of the vocabulary.
        end: The token that begins and ends each text.
    """

    def __init__(self, rows: Sequence[Sequence[int]], order: int, size: int, end: int) -> None:
        self.order, self.size, self.end = order, size, end
        grams = self._grams(rows)  # (grams, order)
        histories, found = np.zeros(len(grams), int), []  # the shortest history is empty
        keys = np.zeros(1, int)  # of the histories of a level; a history's number is its place
        for n in range(1, order + 1):
            if n > 1:  # a token more on the left
                longer = grams[:, -n] * len(keys) + histories
                keys, histories = np.unique(longer, return_inverse=True)
            ends, first, which, counts = np.unique(
                histories * size + grams[:, -1], True, True, True
            )  # the n-grams that occur: key, where first, at each place, how often
            found.append((keys, ends, first, which, counts))
        self.levels = []
        for n, (keys, ends, _, which, counts) in enumerate(found, start=1):
            if n < order:  # different left neighbours: so many longer n-grams end in this one
                counts = np.bincount(which[found[n][2]], minlength=len(ends))
            self.levels.append((keys, ends, *_smoothed(counts, ends // size, len(keys))))

    def _grams(self, rows: Sequence[Sequence[int]]) -> np.ndarray:
        """Return the n-grams that end at each token of the texts and at their ends: (n, order)."""
        before = [self.end] * (self.order - 1)
        flat = np.fromiter(chain.from_iterable((*before, *row, self.end) for row in rows), int)
        starts = np.cumsum([0] + [self.order + len(row) for row in rows[:-1]])
        is_end = np.ones(len(flat), bool)  # of an n-gram
        is_end[starts[:, None] + np.arange(self.order - 1)] = False
        windows = np.lib.stride_tricks.sliding_window_view(flat, self.order)
        return windows[np.flatnonzero(is_end) - self.order + 1]

    def _probabilities(self, grams: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return p of the last token of n-grams (n, order), and which histories occurred: (n,)."""
        p, histories, many = np.full(len(grams), 1 / self.size), np.zeros(len(grams), int), 1
        for n, (keys, ends, shares, rest) in enumerate(self.levels, start=1):
            if n > 1:
                longer = grams[:, -n] * many + histories
                histories = np.where(histories < 0, -1, _place(longer, keys))
            at = _place(histories * self.size + grams[:, -1], ends)
            share = np.where(at < 0, 0.0, shares[at])
            p = np.where(histories < 0, p, share + rest[histories] * p)  # < 0: never occurred
            many = len(keys)
        return p, histories >= 0

    def after(self, history: Sequence[int]) -> np.ndarray:
        """Return the probabilities of all tokens after `order - 1` others: (size,)."""
        before = np.tile(np.array(history, int), (self.size, 1))
        return self._probabilities(np.column_stack([before, np.arange(self.size)]))[0]

    def met(self, rows: Sequence[Sequence[int]]) -> np.ndarray:
        """Tell of each token of texts, and of their ends, whether its history occurred before."""
        return self._probabilities(self._grams(rows))[1]

    def losses(self, rows: Sequence[Sequence[int]]) -> list[np.ndarray]:
        """Return -log p of each token, and of the end, in nats: for each text (tokens + 1,)."""
        p = self._probabilities(self._grams(rows))[0]
        return np.split(-np.log(p), np.cumsum([len(row) + 1 for row in rows[:-1]]))


def _place(keys: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return where keys stand in a sorted array; -1: nowhere."""
    at = np.searchsorted(known, keys).clip(max=len(known) - 1)
    return np.where(known[at] == keys, at, -1)


def _smoothed(counts: np.ndarray, history: np.ndarray, many: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the discounted share of each n-gram, and what was taken from each history.

    Args:
        counts: Of the n-grams.
        history: The number of each n-gram's history.
        many: How many histories there are.
    """
    n = np.bincount(counts, minlength=5)[:5]  # n[i]: how many n-grams have the count i
    y = n[1] / max(n[1] + 2 * n[2], 1)
    discounts = [max(i - (i + 1) * y * n[i + 1] / max(n[i], 1), 0) for i in (1, 2, 3)]
    taken = np.array(discounts)[counts.clip(max=3) - 1]
    total = np.bincount(history, counts, many)
    return (counts - taken) / total[history], np.bincount(history, taken, many) / total


def as_text(ids: Iterable[int]) -> str:
    """Return ids as a string of one character each, in which Python finds runs fast."""
    return "".join(chr(0x10000 + i) for i in ids)  # beyond the characters that cannot stand alone


def longest_overlap(ids: Sequence[int], haystack: str) -> int:
    """Return the length of the longest run of ids that occurs in `as_text` of other texts."""
    text, best = as_text(ids), 0
    for start in range(len(text)):  # a run that is no longer than the best cannot matter
        while start + best < len(text) and text[start : start + best + 1] in haystack:
            best += 1
    return best

"""N-gram models over token ids, with interpolated, modified Kneser-Ney smoothing."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

import numpy as np


class KneserNey:
    """Predict a token from the `order - 1` before it, by counts.

    A discount is taken from each count: another one for counts of 1, 2, and 3 or more, estimated
    from how many n-grams have these counts. What was taken goes to the shorter history, where
    different left neighbours are counted instead of occurrences; the last level is uniform.
    Source: Chen & Goodman (1999), Computer Speech & Language 13, section 3.

    Args:
        rows: Texts as token ids, without their ends.
        order: 1 for single tokens, 2 for pairs, and so on.
        size: Of the vocabulary.
        end: The token that begins and ends each text.
    """

    def __init__(self, rows: Iterable[Sequence[int]], order: int, size: int, end: int) -> None:
        self.order, self.size, self.end, self.levels = order, size, end, []
        counts = Counter(gram for row in rows for gram in self._grams(row))
        for _ in range(order):
            n = Counter(counts.values())  # n[i]: how many n-grams have the count i
            y = n[1] / max(n[1] + 2 * n[2], 1)
            discounts = [max(i - (i + 1) * y * n[i + 1] / max(n[i], 1), 0) for i in (1, 2, 3)]
            followers: dict[tuple, dict[int, int]] = defaultdict(dict)
            for gram, count in counts.items():
                followers[gram[:-1]][gram[-1]] = count
            self.levels.append({h: _smoothed(c, discounts) for h, c in followers.items()})
            counts = Counter(gram[1:] for gram in counts)  # now: different left neighbours

    def _grams(self, row: Sequence[int]) -> Iterator[tuple[int, ...]]:
        """Return the n-grams that end at each token of a text and at its end."""
        padded = [self.end] * (self.order - 1) + list(row) + [self.end]
        return zip(*(padded[i:] for i in range(self.order)), strict=False)

    def probability(self, gram: tuple[int, ...]) -> float:
        """Return p(last token | the tokens before it)."""
        left, p = 1.0, 0.0
        for skipped, level in enumerate(self.levels):
            if gram[skipped:-1] in level:  # else: all of it goes to the shorter history
                shares, rest = level[gram[skipped:-1]]
                p, left = p + left * shares.get(gram[-1], 0.0), left * rest
        return p + left / self.size

    def met(self, row: Sequence[int]) -> list[bool]:
        """Tell of each token of a text, and of its end, whether its history occurred before."""
        return [gram[:-1] in self.levels[0] for gram in self._grams(row)]

    def losses(self, row: Sequence[int]) -> np.ndarray:
        """Return -log p of each token of a text, and of its end, in nats: (tokens + 1,)."""
        return np.array([-np.log(self.probability(gram)) for gram in self._grams(row)])


def _smoothed(counts: dict[int, int], discounts: Sequence[float]) -> tuple[dict, float]:
    """Return the discounted shares of a history's followers, and the share taken from them."""
    total = sum(counts.values())
    taken = {token: discounts[min(count, 3) - 1] for token, count in counts.items()}
    shares = {token: (count - taken[token]) / total for token, count in counts.items()}
    return shares, sum(taken.values()) / total


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

"""The most similar known text to each new one, by chrF, for all pairs at once."""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy import sparse

ORDERS = 6  # of character n-grams, 1 to 6


def nearest(
    new: Sequence[str], old: Sequence[str], block: int = 250
) -> tuple[np.ndarray, np.ndarray]:
    """Return for each new text the place of the most similar old one, and its chrF.

    A dot product of zeros and ones counts the n-grams that two texts share. Divided by those that
    one of them has, this is recall or precision. Longer n-grams of all orders stand side by side
    in one sparse matrix, which gives the sum over them; single letters are in a dense one.

    Args:
        new: The texts that are asked about; the references of chrF.
        old: The known texts; its outputs.
        block: How many new texts are compared at a time.
    """
    texts = ["".join(text.split()) for text in (*new, *old)]
    letters = np.array([len(text) for text in texts])
    there, shares = [], []  # of each order, (texts, n-grams)
    for n, (text, gram) in enumerate(_grams(texts), 1):
        for made, value in ((there, np.ones(len(text))), (shares, 1 / (letters[text] - n + 1))):
            made.append(sparse.csr_array((value, (text, gram)), (len(texts), _count(gram))))
    single = there.pop(0).astype(np.float32)  # single letters: in so many texts that zeros are rare
    shares.pop(0)
    single = single[:, single[: len(new)].sum(0) > 0].toarray()  # (texts, letters of new texts)
    there, shares = (sparse.hstack(made, "csr") for made in (there, shares))
    known, known_shares = there[len(new) :].T.tocsr(), shares[len(new) :].T.tocsr()
    orders = np.clip(letters, 1, ORDERS)  # those that a text has
    places, similar = [], []
    for at in range(0, len(new), block):
        rows = slice(at, min(at + block, len(new)))
        both = single[rows] @ single[len(new) :].T  # (block, old)
        p = both / np.maximum(letters[len(new) :], 1) + (there[rows] @ known_shares).toarray()
        r = both / np.maximum(letters[rows, None], 1) + (shares[rows] @ known).toarray()
        real = np.minimum(orders[rows, None], orders[len(new) :])
        score = 100 * 5 * p * r / np.maximum(4 * p + r, 1e-9) / real
        places.append(score.argmax(1))
        similar.append(score.max(1))
    return np.concatenate(places), np.concatenate(similar)


def _grams(texts: list[str]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield of each order the text and the number of each n-gram; its copies in a text differ."""
    row = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    codes = np.frombuffer("".join(texts).encode("utf-32-le"), np.uint32)
    letter = np.unique(codes, return_inverse=True)[1]
    kind = letter
    for n in range(1, ORDERS + 1):
        if n > 1:  # one letter more than before
            kind = kind[:-1] * _count(letter) + letter[n - 1 :]
            kind = np.unique(kind, return_inverse=True)[1]
        whole = row[: len(kind)] == row[n - 1 :]  # it does not reach into the next text
        text, gram = row[: len(kind)][whole], kind[whole]
        order = np.lexsort((gram, text))
        text, gram = text[order], gram[order]
        first, at = np.ones(len(text), bool), np.arange(len(text))
        first[1:] = (np.diff(text) != 0) | (np.diff(gram) != 0)
        copy = at - np.maximum.accumulate(at * first)
        yield text, np.unique(gram * _count(copy) + copy, return_inverse=True)[1]


def _count(numbers: np.ndarray) -> int:
    return int(numbers.max(initial=0)) + 1

"""When two texts are the same for a reader, or nearly so."""

import re
import unicodedata

import numpy as np

# Unicode's default-ignorable characters, the empty Braille cell, and controls that are no spaces.
INVISIBLE = (
    "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_INVISIBLE, _VISIBLE = re.compile(f"[{INVISIBLE}]"), re.compile(rf"[^\s{INVISIBLE}]")

NEAR = 0.8  # Jaccard similarity of character 5-grams: a sentence with a word changed
GRAM = 5  # characters
# Of 24 hashes, three adjacent ones must be equal: 99.7 % at a similarity of 0.8.
HASHES, BAND = 24, 3
BEGINNING, WHOLE = 500, 10_000  # characters that are hashed, and that are compared


def is_visible(text: str) -> bool:
    """Tell whether a text has a character that can be seen."""
    return bool(_VISIBLE.search(text))


def one_line(text: str, form: str = "NFC") -> str:
    """Return a text in one Unicode form, without invisible characters, with single spaces."""
    plain = text.isascii() and text.isprintable()  # a fast test, which most texts pass
    visible = text if plain else _INVISIBLE.sub("", text)
    return " ".join(unicodedata.normalize(form, visible).split())


def normalized(text: str) -> str:
    """Return what a text has in common with copies that differ in case, spaces or Unicode form."""
    return one_line(text, "NFKC").casefold()


def near_copies(texts: list[str], others: list[str]) -> list[tuple[int, int]]:
    """Find texts that nearly repeat another: `NEAR` of their character 5-grams or more are shared.

    By MinHash, in time that grows with the number of texts, not of pairs: adjacent hashes of the
    beginnings nominate a few candidates for each text, and only the best of them is compared.

    Args:
        texts: Normalized texts, such as those of a test split.
        others: Normalized texts to find them among, such as those of training.

    Returns:
        Positions in `texts`, in order, each with that of one near copy in `others`.
    """
    ours, theirs = _signatures(texts), _signatures(others)
    best, agreement = np.zeros(len(ours), dtype=int), np.zeros(len(ours))
    for start in range(0, HASHES, BAND):
        bands = [_joined(hashes[:, start : start + BAND]) for hashes in (ours, theirs)]
        known, first = np.unique(bands[1], return_index=True)
        place = np.searchsorted(known, bands[0]).clip(max=len(known) - 1)
        (found,) = np.nonzero(known[place] == bands[0])
        candidates = first[place[found]]
        agrees = (ours[found] == theirs[candidates]).mean(axis=1)
        better = agrees > agreement[found]
        best[found[better]] = candidates[better]
        agreement[found[better]] = agrees[better]
    likely = np.nonzero(agreement >= NEAR - 0.3)[0].tolist()  # 24 hashes err by 0.1
    return [(i, int(best[i])) for i in likely if _similarity(texts[i], others[best[i]]) >= NEAR]


def _signatures(texts: list[str]) -> np.ndarray:
    """Return, for each text and each of some random numbers, the nearest hash of an n-gram."""
    random = np.random.default_rng(0)
    points = random.integers(2**32, size=HASHES, dtype=np.uint32)
    factors = random.integers(2**31, size=GRAM, dtype=np.uint32) * 2 + 1
    blocks = [np.empty((0, HASHES), dtype=np.uint32)]
    for start in range(0, len(texts), 10_000):  # in blocks, so that memory stays small
        block = [text[:BEGINNING] for text in texts[start : start + 10_000]]
        end = "\0" * (GRAM - 1)  # which no text contains, so that no n-gram reaches into the next
        codes = np.frombuffer((end.join(block) + end).encode("utf-32-le"), dtype=np.uint32)
        grams = np.zeros(len(codes) - GRAM + 1, dtype=np.uint32)
        for i, factor in enumerate(factors):
            grams += codes[i : i + len(grams)] * factor
            grams ^= grams >> np.uint32(15)
        hashes = (grams * np.uint32(0x9E3779B1))[codes[: len(grams)] != 0]
        hashes ^= hashes >> np.uint32(16)
        starts = np.cumsum([0, *map(len, block[:-1])])
        nearest = [np.minimum.reduceat(hashes ^ point, starts) for point in points]
        blocks.append(np.stack(nearest, axis=1))
    return np.concatenate(blocks)


def _joined(band: np.ndarray) -> np.ndarray:
    factors = np.array([1, 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F], dtype=np.uint64)
    return (band.astype(np.uint64) * factors).sum(axis=1, dtype=np.uint64)


def _similarity(text: str, other: str) -> float:
    ours, theirs = (
        {t[i : i + GRAM] for i in range(max(1, min(len(t), WHOLE) - GRAM + 1))}
        for t in (text, other)
    )
    return len(ours & theirs) / len(ours | theirs)

"""Texts of words as texts of characters, and draws of short ones."""

from collections.abc import Sequence

import numpy as np

from shared.tagging import Tagged


def in_characters(text: Tagged) -> Tagged:
    """Return a text of words as one of characters, with the same names."""
    tags: list[str] = []
    for word, tag in zip(*text, strict=True):
        rest = "O" if tag == "O" else f"I{tag[1:]}"
        tags += [tag, *[rest] * (len(word) - 1)]
    return Tagged(list("".join(text.words)), tags)


def drawn(texts: Sequence[Tagged], n: int, seeds: Sequence[int]) -> list[Tagged]:
    """Return n texts of 10 to 40 units, drawn at random.

    Args:
        texts: To draw from.
        n: How many, at most.
        seeds: Of the draw.
    """
    short = [text for text in texts if 10 <= len(text.words) <= 40]
    chosen = np.random.default_rng(list(seeds)).permutation(len(short))[:n]
    return [short[i] for i in chosen]

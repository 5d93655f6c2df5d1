"""Likely mistakes in the exercises; the answers to the quiz, computed another way."""

from collections.abc import Callable

import numpy as np

# What of our solution is replaced, by what, and what the check says of it.
MISTAKES: dict[str, list[tuple[str, str, str]]] = {
    "per_character": [
        (", add_special_tokens=False", "", "special ones counted"),
        ("tokens / sum(map(len, texts))", "sum(map(len, texts)) / tokens", "is one token"),
        ("tokens / sum(map(len, texts))", "tokens / len(texts) / 4", "divide once"),
    ],
    "gap": [
        (" - 1)", ")", "minus 1"),
        ("100 * ", "", "Times 100"),
        ("fertility(b) / fertility(a) - 1", "1 - fertility(a) / fertility(b)", "Of a"),
    ],
    "equal_words": [
        (", n) + 1]", ", n)]", "one text more"),
        (", n) + 1]", ", n) + 3]", "stop at the first sum"),
        ("default_rng(seed)", "default_rng(0)", "another seed, another draw"),
        (".permutation(rows)", ".choice(rows, 40)", "a text came twice"),
    ],
}

# By the question's title: a number, or the choices that are right.
ANSWERS: dict[str, Callable[[], float | set[str]]] = {
    "Tokens a word": lambda: np.average([12 / 3, 12 / 9], weights=[3, 9]),
}

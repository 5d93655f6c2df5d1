"""Likely mistakes in the exercises; the answers to the quiz, computed another way."""

from collections import Counter
from collections.abc import Callable

from conftest import definitions

# What of our solution is replaced, by what, and what the check says of it.
MISTAKES: dict[str, list[tuple[str, str, str]]] = {
    "characters_per_token": [
        (", add_special_tokens=False", "", "are special tokens counted"),
        (
            "sum(map(len, texts)) / tokens",
            "sum(map(len, texts)) / tokens / len(texts)",
            "is something averaged twice",
        ),
        ("sum(map(len, texts))", "len(texts[0])", "the same text twice"),
    ],
    "cut": [
        (">= share", "< share", "share 0 leaves out nothing"),
        ("np.random.default_rng(seed)", "np.random.default_rng(0)", "does the seed matter"),
        ("random.random() >= share", "True", "share 1 leaves out every merge"),
        ("symbols = merge(symbols, pair)", "symbols = symbols[:-1]", "must spell the word"),
    ],
    "n_windows": [
        (
            "max(0, -(-(length - size) // (size - stride)))",
            "(length - size) // (size - stride)",
            "a short text needs one window",
        ),
        (
            "-(-(length - size) // (size - stride))",
            "(length - size) // (size - stride)",
            "round up",
        ),
        ("(size - stride)", "size", "is stride shared once"),
    ],
}


def windows() -> int:
    from shared.models import load_tokenizer

    options = {"truncation": True, "max_length": 24, "stride": 6, "add_special_tokens": False}
    text = " ".join(["film"] * 100)
    return len(load_tokenizer()(text, return_overflowing_tokens=True, **options)["input_ids"])


def two_merges() -> set[str]:
    words = Counter({"low": 5, "lot": 2, "new": 4, "wet": 3})
    merges = definitions("02_tokenization.ipynb").train_bpe(words, 2)
    return {", then ".join(f"`{' '.join(pair)}`" for pair in merges)}


def longest_pieces() -> set[str]:
    from tokenizers import Tokenizer
    from tokenizers.models import WordPiece

    pieces = ["play", "plays", "##s", "##station", "##tation", *"playstion"]
    pieces += [f"##{letter}" for letter in "playstion"]
    vocabulary = {piece: i for i, piece in enumerate(["[UNK]", *pieces])}
    cut = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]")).encode("playstation").tokens
    return {" ".join(f"`{piece}`" for piece in cut)}


# By the question's title: a number, or the choices that are right.
ANSWERS: dict[str, Callable[[], float | set[str]]] = {
    "Windows": windows,
    "Two merges": two_merges,
    "The longest piece": longest_pieces,
}

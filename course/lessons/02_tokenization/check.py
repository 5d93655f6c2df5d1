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
            "sum(len(t) / len(tokenizer.tokenize(t)) for t in texts) / len(texts)",
            "sum over all texts first",
        ),
        ("sum(map(len, texts))", "sum(len(t.replace(' ', '')) for t in texts)", "are spaces counted"),
        ("sum(map(len, texts)) / tokens", "tokens / sum(map(len, texts))", "characters over tokens"),
    ],
    "cut": [
        (">= share", "< share", "share 0 drops nothing"),
        ("min(places)", "max(places)", "is the rank respected"),
        ("np.random.default_rng(seed)", "np.random.default_rng(0)", "does the seed matter"),
        ("random.random() >= share", "True", "share 1 drops every merge"),
        (">= share", ">= share**2", "0.3 is the probability"),
        (
            "    while True:",
            "    rank = {p: i for p, i in rank.items() if random.random() >= share}\n"
            "    share = -1\n"
            "    while True:",
            "each step must draw anew",
        ),
        ("[symbols[i] + symbols[i + 1]]", "[symbols[i]]", "must spell the word"),
        (
            "symbols[i : i + 2] = [symbols[i] + symbols[i + 1]]",
            "symbols = merge(symbols, (symbols[i], symbols[i + 1]))",
            "each place is drawn for itself",
        ),
        (
            "random.random() >= share",
            "np.random.default_rng([seed, len(symbols), rank[pair]]).random() >= share",
            "each place is drawn for itself",
        ),
    ],
    "n_windows": [
        ("max(0, math.ceil((length - size) / (size - stride)))",
         "math.ceil((length - size) / (size - stride))", "a short text needs one window"),
        ("length - size", "length", "a short text needs one window"),
        ("math.ceil((length - size) / (size - stride))",
         "(length - size) // (size - stride)", "round up"),
        ("math.ceil(", "int(1 + ", "a text that fits exactly"),
        ("(size - stride)", "size", "neighbours share"),
    ],
    "fewest": [
        ('("##" if start else "") + word[start:end]', "word[start:end]", "carry the prefix"),
        ("", "return greedy(word, pieces)", "greedy fails here"),
        ("min(cuts", "max(cuts", "can be cut into two pieces"),
        (' or ["[UNK]"]', "", "no cut exists"),
        (
            "+ word[start:end]\n",
            "+ word[start:end]\n            piece = piece if piece in pieces else '##' + piece\n",
            "cannot begin a word",
        ),
    ],
}  # fmt: skip


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


def best_score() -> float:
    pieces = {"un": -4.0, "do": -5.0, "undo": -10.0, "ing": -3.0, "doing": -7.5}
    return definitions("02_tokenization.ipynb").viterbi("undoing", pieces)[1]


# By the question's title: a number, or the choices that are right.
ANSWERS: dict[str, Callable[[], float | set[str]]] = {
    "Windows": windows,
    "Two merges": two_merges,
    "The longest piece": longest_pieces,
    "Bytes": lambda: len("Café 😀".encode()),
    "The best cut": best_score,
}

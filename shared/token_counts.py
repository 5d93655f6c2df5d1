"""Tokenizers trained on small texts, what they cost in tokens per word, and what they lose."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerBase

from shared.plots import COLOURS

UNKNOWN = "[UNK]"


def words_of(text: str) -> list[str]:
    """Return lower-case words and single punctuation marks."""
    return re.findall(r"\w+|[^\w\s]", text.lower())


def train_tokenizer(kind: str, size: int, texts: Iterable[str], **more: object) -> Tokenizer:
    """Train a tokenizer on the words of texts.

    Args:
        kind: `BPE`, `BPE ##` (with WordPiece's prefix), `WordPiece` or `Unigram`.
        size: Of the vocabulary.
        texts: Of any case; words are lower-cased.
        **more: Options of the library's trainer.
    """
    options = {"vocab_size": size, "show_progress": False, "special_tokens": [UNKNOWN], **more}
    prefix = {"continuing_subword_prefix": "##"} if "##" in kind else {}
    if kind == "Unigram":
        tokenizer = Tokenizer(models.Unigram())
        trainer = trainers.UnigramTrainer(unk_token=UNKNOWN, **options)
    elif kind == "WordPiece":
        tokenizer = Tokenizer(models.WordPiece(unk_token=UNKNOWN))
        trainer = trainers.WordPieceTrainer(**options)
    else:
        tokenizer = Tokenizer(models.BPE(unk_token=UNKNOWN, **prefix))
        trainer = trainers.BpeTrainer(**options, **prefix)
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.train_from_iterator((" ".join(words_of(text)) for text in texts), trainer)
    return tokenizer


def tokens_and_words(tokenizer: Tokenizer, texts: Sequence[str]) -> np.ndarray:
    """Return the tokens, the words and the unknown tokens of each text: (texts, 3).

    Unigram's unknown tokens show the characters they stand for, and are not counted as unknown.
    """
    words = [words_of(text) for text in texts]
    encoded = tokenizer.encode_batch([" ".join(each) for each in words])
    return np.array(
        [
            (len(tokens.tokens), len(each), tokens.tokens.count(UNKNOWN))
            for tokens, each in zip(encoded, words, strict=True)
        ]
    )


def parts_of(tokenizer: PreTrainedTokenizerBase, texts: Iterable[str]) -> list[str]:
    """Return the different parts that a tokenizer's model cuts: normalized and pre-tokenized."""
    stages = tokenizer.backend_tokenizer
    normal = [stages.normalizer.normalize_str(text) for text in texts]
    return sorted({p for text in normal for p, _ in stages.pre_tokenizer.pre_tokenize_str(text)})


def equal_shares(texts: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return the first texts of each set, until each has as many words as the smallest set."""
    sums = {name: np.cumsum([len(words_of(t)) for t in each]) for name, each in texts.items()}
    budget = min(total[-1] for total in sums.values())
    return {name: list(each[: np.searchsorted(sums[name], budget) + 1])
            for name, each in texts.items()}  # fmt: skip


def ratio_interval(top: np.ndarray, bottom: np.ndarray) -> tuple[float, float, float]:
    """Return a ratio of sums over texts, and its 95 % bootstrap interval over texts.

    Args:
        top: (texts,), such as tokens.
        bottom: (texts,), such as words; ones for a mean.
    """
    rows = np.random.default_rng(0).integers(len(top), size=(1000, len(top)))
    drawn = top[rows].sum(axis=1) / bottom[rows].sum(axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(top.sum() / bottom.sum()), float(low), float(high)


def intervals(columns: Mapping[str, Mapping[str, tuple[float, ...]]], form: str) -> pd.DataFrame:
    """Return a table of numbers with their intervals as text.

    Args:
        columns: The number and both ends of its interval, by column and row.
        form: Of the numbers, such as `.2f`.
    """
    return pd.DataFrame(
        {
            name: {
                row: f"{a:{form}} [{low:{form}}, {high:{form}}]"
                for row, (a, low, high) in c.items()
            }
            for name, c in columns.items()
        }
    )


def lost_characters(text: str, back: str) -> float:
    """Return the share of a text's characters that did not come back; case and spaces do not count.

    Both are compared in Unicode's form NFKC.
    """
    before, after = (
        Counter("".join(unicodedata.normalize("NFKC", each).casefold().split()))
        for each in (text, back)
    )
    return (before - after).total() / before.total()


def growth_figure(read: np.ndarray, different: np.ndarray, beta: float, log_k: float) -> Figure:
    """Draw the different words against the words read, and Heaps' law with these constants."""
    figure, axis = plt.subplots(figsize=(6, 3.2))
    axis.loglog(read, different, "o", markersize=4, label="measured")
    axis.loglog(read, np.exp(log_k) * read**beta, "--", label=f"$V = k N^{{{beta:.2f}}}$")
    axis.set(title="New words keep coming", xlabel="words read", ylabel="different words")
    axis.legend()
    return figure


def fertility_figure(fertility: pd.Series) -> Figure:
    """Draw tokens per word against the size of the vocabulary, a panel for each set of texts.

    Args:
        fertility: By algorithm, size and set of texts.
    """
    places = fertility.index.unique(level=2)
    figure, axes = plt.subplots(
        1, len(places), figsize=(9, 3.6), sharey=True, layout="constrained", squeeze=False
    )
    for axis, place in zip(axes[0], places, strict=True):
        for kind, marker in zip(fertility.index.unique(level=0), "osD^v", strict=True):
            line = fertility[kind, :, place]
            style = "--" if "library" in kind else "-"
            axis.plot(line.index, line, style, marker=marker, label=kind, alpha=0.8)
        axis.set(xscale="log", xlabel="vocabulary (pieces)", title=f"on {place}")
        axis.set_xticks(line.index, line.index)
        axis.minorticks_off()
    axes[0, 0].set_ylabel("tokens per word")
    axes[0, 0].legend()
    return figure


def premium_figure(paid: pd.DataFrame, lost: pd.DataFrame, much: float) -> Figure:
    """Draw what languages pay under tokenizers, as bars; hatched where characters are lost.

    Args:
        paid: Tokens relative to English: (languages, tokenizers).
        lost: The share of lost characters: (languages, tokenizers).
        much: The share from which on a bar is hatched.
    """
    figure, axes = plt.subplots(
        1, len(paid.columns), figsize=(9, 5.2), sharex=True, sharey=True, layout="constrained"
    )
    places = np.arange(len(paid))
    for axis, name in zip(axes, paid, strict=True):
        gone = (lost[name] >= much).to_numpy()
        axis.barh(
            places[~gone],
            paid[name][~gone],
            color=COLOURS[0],
            label=f"less than {much:.0%} is lost",
        )
        if gone.any():
            axis.barh(places[gone], paid[name][gone], color="white", edgecolor=COLOURS[3],
                      hatch="///", label=f"{much:.0%} or more")  # fmt: skip
            axis.legend(loc="lower right")
        axis.set_yticks(places, paid.index)
        axis.axvline(1, color="black", linewidth=1)
        axis.set(title=name, xlabel="tokens ÷ English's")
    return figure

"""Trials of explanations: planted words, orders of words, random weights, spoilt attention."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from scipy import stats
from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from shared.explaining import Case, Game
from shared.intervals import percentile_interval
from shared.small_samples import student


def beginning(text: str, tokenizer: PreTrainedTokenizerBase, tokens: int) -> str:
    """Return the text's first words, as many as have so many tokens in all."""
    words = text.split()
    pieces = [len(ids) for ids in tokenizer(words, add_special_tokens=False)["input_ids"]]
    return " ".join(words[: int(np.searchsorted(np.cumsum(pieces), tokens, side="right"))])


def by_length(texts: Sequence[str], shortest: int, longest: int) -> list[str]:
    """Return the texts, those whose number of words is nearest to a range first."""
    length = np.array([len(text.split()) for text in texts])
    far = np.abs(length - length.clip(shortest, longest))
    return [texts[i] for i in np.argsort(far, kind="stable")]


def rank_and_credit(case: Case, scores: torch.Tensor, word: str) -> tuple[float, float]:
    """Return a word's rank and its score, summed where it is twice.

    The rank is 1 if all other words score lower; each that scores the same counts one half.
    """
    assert scores.isfinite().all(), f"scores that are no numbers: {scores}"
    is_word = torch.tensor([each.lower() == word.lower() for each in case.words])
    best, others = scores[is_word].max(), scores[~is_word]
    rank = 1 + (others > best).sum() + (others == best).sum() / 2
    return rank.item(), scores[is_word].sum().item()


def mean_interval(values: np.ndarray) -> tuple[float, float, float]:
    """Return a mean over texts, (texts,), and its 95 % interval: NaN of a single text."""
    if len(values) < 2:
        return float(np.mean(values)), np.nan, np.nan
    return float(np.mean(values)), *percentile_interval(np.asarray(values, float))


def share_interval(hits: np.ndarray) -> tuple[float, float, float]:
    """Return a mean share and its 95 % interval by Student's t over models, cut to 0 and 1.

    Args:
        hits: 0 and 1, (models, texts); no two models share a text.
    """
    if len(hits) < 2:
        return mean_interval(hits[0])
    mean, half = student(hits.mean(1))
    return mean, max(0.0, mean - half), min(1.0, mean + half)


def holm(p: np.ndarray) -> np.ndarray:
    """Return p-values corrected for their number (Holm 1979), (tests,)."""
    order = np.argsort(p)
    raised = np.maximum.accumulate(np.asarray(p)[order] * np.arange(len(p), 0, -1)).clip(max=1)
    return raised[np.argsort(order)]


def kept_words(order: np.ndarray, shares: np.ndarray) -> torch.Tensor:
    """Return (2, shares, words) booleans: what deletion leaves, and what insertion has put in.

    Args:
        order: The words' indices, the most important first.
        shares: Of the words that are gone, or there.
    """
    gone = np.argsort(order) < np.round(shares * len(order))[:, None]  # (shares, words)
    return torch.from_numpy(np.stack([~gone, gone]))


def curves(value: Game, orders: np.ndarray, shares: np.ndarray) -> torch.Tensor:
    """Return (orders, 2, shares) answers along the deletion and insertion curve of each order."""
    kept = torch.stack([kept_words(order, shares) for order in orders])
    rows, back = kept.flatten(0, 2).unique(dim=0, return_inverse=True)  # ask each set once
    return value(rows)[back].view(kept.shape[:3])


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Return Spearman's correlation of scores by size; 0 if one has no order."""
    first, second = np.abs(first), np.abs(second)
    ordered = np.ptp(first) and np.ptp(second)
    return float(stats.spearmanr(first, second).statistic) if ordered else 0.0


def randomise(model: PreTrainedModel, parts: Sequence[str]) -> PreTrainedModel:
    """Draw the weights of some modules anew, as before pretraining (BERT's initializer_range)."""
    for module in (each for name in parts for each in model.get_submodule(name).modules()):
        if isinstance(module, nn.LayerNorm):
            module.reset_parameters()
        elif isinstance(module, nn.Linear | nn.Embedding):
            nn.init.normal_(module.weight, std=model.config.initializer_range)
            if getattr(module, "bias", None) is not None:
                nn.init.zeros_(module.bias)
    return model


def tampered(layers: set[int], how: str, seed: int = 0) -> Callable:
    """Return an attention function that spoils the weights of some layers.

    Args:
        layers: Their indices, from 0.
        how: "shuffled": each row's weights are given to other tokens; "equal": all are the same.
        seed: Of the shuffling.
    """
    random = torch.Generator().manual_seed(seed)

    def attend(
        module: nn.Module, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor,
        attention_mask: torch.Tensor | None, scaling: float = 1.0, **unused: object,
    ) -> tuple[torch.Tensor, torch.Tensor]:  # fmt: skip
        weights = (query @ key.transpose(2, 3) * scaling).softmax(-1)  # no padding
        if module.layer_idx in layers and how == "shuffled":
            noise = torch.rand(weights.shape, generator=random)
            weights = weights.gather(-1, noise.argsort(-1))
        elif module.layer_idx in layers:
            weights = torch.full_like(weights, 1 / weights.shape[-1])
        return (weights @ value).transpose(1, 2).contiguous(), weights

    return attend

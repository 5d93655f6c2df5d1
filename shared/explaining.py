"""What attribution methods share: a text as words and tokens, log odds, games, Shapley values."""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass(frozen=True)
class Case:
    """A text as all methods see it."""

    words: list[str]
    ids: torch.Tensor  # (tokens,)
    word_of: torch.Tensor  # (tokens,): the index of a token's word; -1 for [CLS] and [SEP]
    target: int  # the class whose log odds are explained; 0 in regression
    answer: str  # the name of that class, or the number


Attribution = Callable[[PreTrainedModel, Case], torch.Tensor]  # one score per word, (words,)


class Game(Protocol):
    """Answers which words are kept, (m, words) booleans, with (m,) log odds."""

    def __call__(self, kept: torch.Tensor) -> torch.Tensor:
        """Return the log odds of each row."""


def log_odds(logits: torch.Tensor, target: int) -> torch.Tensor:
    """Return (m,) log odds of a class from (m, classes) logits; of a single column, itself."""
    if logits.shape[1] == 1:
        return logits[:, 0]
    others = torch.arange(logits.shape[1]) != target
    return logits[:, target] - logits[:, others].logsumexp(1)


def read(
    model: PreTrainedModel,
    text: str,
    tokenizer: PreTrainedTokenizerBase,
    labels: Sequence[str] | None,
    length: int,
) -> Case:
    """Cut a text into words and tokens, and ask the model for its answer.

    Args:
        model: A classifier, or a regression with one output.
        text: Any text; what is beyond `length` tokens is not read.
        tokenizer: The model's.
        labels: Names of the classes; None in regression.
        length: In tokens.
    """
    encoded = tokenizer(text, truncation=True, max_length=length)
    numbers = [-1 if word is None else word for word in encoded.word_ids()]
    spans = [encoded.word_to_chars(word) for word in range(max(numbers) + 1)]
    ids = torch.tensor(encoded["input_ids"])
    with torch.inference_mode():
        logits = model(ids[None]).logits
    target = int(logits.argmax())
    answer = labels[target] if labels else f"{logits.item():.2f}"
    words = [text[s.start : s.end] for s in spans]
    return Case(words, ids, torch.tensor(numbers), target, answer)


def per_word(case: Case, scores: torch.Tensor) -> torch.Tensor:
    """Return (words,) sums of (tokens,) scores; what falls on special tokens is left out."""
    inside = case.word_of >= 0
    return torch.zeros(len(case.words)).index_add(0, case.word_of[inside], scores[inside].detach())


def first_words(case: Case, n: int) -> Case:
    """Return the case cut to its first words."""
    kept = case.word_of < n
    return replace(case, words=case.words[:n], ids=case.ids[kept], word_of=case.word_of[kept])


def exact_shapley(value: Game, n: int) -> torch.Tensor:
    """Return (n,) Shapley values from all 2**n subsets.

    Source: Lundberg & Lee (2017), equation 4.
    """
    subsets = torch.tensor(list(itertools.product([False, True], repeat=n)))  # (2**n, n)
    worth, size = value(subsets).double(), subsets.sum(1)
    weight = torch.tensor([1 / (n * math.comb(n - 1, min(s, n - 1))) for s in range(n + 1)])
    shares = []
    for i in range(n):
        with_i = torch.arange(2**n)[subsets[:, i]]
        without = with_i - 2 ** (n - 1 - i)  # the same subset, as the rows are sorted
        shares.append((weight.double()[size[without]] * (worth[with_i] - worth[without])).sum())
    return torch.stack(shares).float()


def by_table(value: Game, n: int) -> Game:
    """Return the same game, asked once for each of the 2**n subsets and then looked up."""
    subsets = torch.tensor(list(itertools.product([False, True], repeat=n)))
    known, place_value = value(subsets), 2 ** torch.arange(n).flip(0)
    return lambda kept: known[kept.long() @ place_value]

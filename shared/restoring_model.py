"""An encoder that gives each word a tag: what it may read, its training and its answers.

Pieces of words and labels at the first of them are the subject of notebook 07.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from shared import models
from shared.batches import LengthBuckets
from shared.freezing import freeze
from shared.loop import train
from shared.recipes import Recipe
from shared.tagging import Tagged

IGNORED = -100  # the target that PyTorch's cross-entropy leaves out
READS = ("everything", "left", "itself")  # what a word may read: see `readable`


def readable(words: Sequence[int | None], reads: str) -> Tensor:
    """Return which pieces each piece may read: (pieces, pieces) of bool.

    Args:
        words: The word of each piece; None for the frame, such as [CLS] and [SEP].
        reads: `everything`; `left`: its own word and those before; `itself`: its own word only.
            The first piece of the frame may always be read, the last one only by itself.
    """
    last = len(words)
    place = torch.tensor(
        [(-1 if i == 0 else last) if w is None else w for i, w in enumerate(words)]
    )
    own, other = place[:, None], place[None]
    if reads == "everything":
        return torch.ones(last, last, dtype=torch.bool)
    return (other <= own) if reads == "left" else (other == own) | (other == -1)


def first_pieces(words: Sequence[int | None]) -> list[bool]:
    """Return of each piece whether it is the first of its word."""
    return [w is not None and w != before for w, before in zip(words, [None, *words], strict=False)]


def batch_of(
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[Sequence[str]],
    max_length: int,
    reads: str = "everything",
) -> tuple[dict[str, Tensor], list[list[int | None]]]:
    """Return the model's input for texts in words, padded, and the word of each piece."""
    found = tokenizer(
        [list(words) for words in texts], is_split_into_words=True, truncation=True,
        max_length=max_length, padding=True, return_tensors="pt",
    )  # fmt: skip
    words = [found.word_ids(i) for i in range(len(texts))]
    inputs = dict(found)
    if reads != "everything":
        real = inputs["attention_mask"].bool()  # (texts, pieces)
        mask = torch.stack([readable(row, reads) for row in words]) & real[:, None]
        mask |= torch.eye(mask.shape[1], dtype=torch.bool)  # padding reads itself: no empty row
        least = torch.finfo(torch.float32).min
        inputs["attention_mask"] = torch.where(mask, 0.0, least)[:, None]  # (texts, 1, n, n)
    return inputs, words


def targets_of(
    words: Sequence[Sequence[int | None]], tags: Sequence[Sequence[int]], every: bool
) -> Tensor:
    """Return the target of each piece: its word's tag at the first piece, or at every one."""
    rows = [
        [
            IGNORED if word is None or not (every or first) else own[word]
            for word, first in zip(row, first_pieces(row), strict=True)
        ]
        for row, own in zip(words, tags, strict=True)
    ]
    return torch.tensor(rows)


def fit(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[Tagged],
    recipe: Recipe,
    reads: str = "everything",
    every: bool = False,
) -> None:
    """Fine-tune a tagger in place.

    Args:
        model: With a head for the tags that its configuration names.
        tokenizer: Of the model.
        texts: All that are trained on.
        recipe: How.
        reads: What a word may read (`readable`).
        every: Whether each piece of a word carries its tag, or the first alone.
    """
    number = model.config.label2id
    tags = [[number[tag] for tag in text.tags] for text in texts]
    device = models.best_device()
    freeze(model.to(device), recipe)

    def loss_of(model: torch.nn.Module, rows: list[int]) -> Tensor:
        inputs, words = batch_of(
            tokenizer, [texts[i].words for i in rows], recipe.max_length, reads
        )
        targets = targets_of(words, [tags[i] for i in rows], every).to(device)
        logits = model(**{name: value.to(device) for name, value in inputs.items()}).logits
        return torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())

    order = LengthBuckets([len(text.words) for text in texts], recipe.batch_size, recipe.seed)
    train(model, order.of_epoch, loss_of, recipe, progress=False)


@torch.inference_mode()
def word_logits(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[Sequence[str]],
    max_length: int,
    reads: str = "everything",
) -> list[np.ndarray]:
    """Return for each text the logits at the first piece of each word: (words, tags).

    A word that is not read, as it stands beyond `max_length` pieces or has none, gets zeros.
    """
    model.to(models.best_device()).eval()
    results = [np.zeros((len(words), model.config.num_labels), np.float32) for words in texts]
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))  # little padding
    for start in range(0, len(order), 32):
        rows = order[start : start + 32]
        inputs, words = batch_of(tokenizer, [texts[i] for i in rows], max_length, reads)
        logits = model(**{name: value.to(model.device) for name, value in inputs.items()}).logits
        for i, row, found in zip(rows, words, logits.float().cpu().numpy(), strict=True):
            first = np.flatnonzero(first_pieces(row))
            results[i][[row[piece] for piece in first]] = found[first]
    return results

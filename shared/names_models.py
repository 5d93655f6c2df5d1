"""Encoders that tag words: their answers per word, and what they do not read."""

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from shared import models, runs
from shared.tagging import Tagged

BATCH = 16  # texts answered at once


@torch.inference_mode()
def scores_of(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, texts: Sequence[Sequence[str]]
) -> list[np.ndarray]:
    """Return for each text the log-probabilities (words, tags), read at each word's first piece.

    A word that the model does not read has those of an outside word: 0 for the first tag, and a
    large negative number for the others.

    Args:
        model: Made by `taggers.load_tagger`; its first tag is `O`.
        tokenizer: Which cuts texts at its `model_max_length`.
        texts: Words.
    """
    model.to(models.best_device()).eval()
    found = []
    for words in texts:
        outside = np.full((len(words), model.config.num_labels), -30.0, np.float32)
        outside[:, 0] = 0.0
        found.append(outside)
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))  # little padding
    for start in range(0, len(order), BATCH):
        rows = order[start : start + BATCH]
        batch = tokenizer([list(texts[i]) for i in rows], is_split_into_words=True,
                          truncation=True, padding=True, return_tensors="pt")  # fmt: skip
        logits = model(**batch.to(model.device)).logits.float().log_softmax(-1).cpu().numpy()
        for row, i in enumerate(rows):
            ids = batch.word_ids(row)
            for piece, (word, before) in enumerate(zip(ids, [None, *ids], strict=False)):
                if word is not None and word != before:
                    found[i][word] = logits[row, piece]
    return found


def words_with_pieces(
    tokenizer: PreTrainedTokenizerBase, texts: Sequence[Tagged], limit: int | None
) -> list[list[int]]:
    """Return which words of each text have a piece among the first `limit`, in order.

    Not read is what stands beyond, and a word that leaves no piece, such as one of invisible
    characters.
    """
    words = [text.words for text in texts]
    with models.quiet():  # it would warn of a text that is longer than the model reads
        found = tokenizer(words, is_split_into_words=True, truncation=bool(limit), max_length=limit)
    ids = [found.word_ids(i) for i in range(len(texts))]
    return [[word for word in dict.fromkeys(each) if word is not None] for each in ids]


def say_what_is_not_read(
    tokenizer: PreTrainedTokenizerBase, texts: Sequence[Tagged], limit: int
) -> None:
    """Print how many words the model does not read, if there are such, and why."""
    n = sum(len(text.words) for text in texts)
    cut, whole = (
        sum(map(len, words_with_pieces(tokenizer, texts, most))) for most in (limit, None)
    )
    if cut < n:
        print(
            f"names: of {n} words {whole - cut} stand beyond {limit} pieces and {n - whole} have "
            "no piece: they are not read, and count as outside of names"
        )


@torch.inference_mode()
def word_vectors(
    encoder: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[Tagged],
    layers: Sequence[int],
) -> list[np.ndarray]:
    """Return for each text the hidden states at each word's first piece: (layers, words, width).

    A word that the model does not read has zeros.

    Args:
        encoder: Without a head; nothing is trained.
        tokenizer: Which cuts texts at its `model_max_length`.
        texts: With words.
        layers: From 1; 0 is what the embeddings give.
    """
    encoder.to(models.best_device()).eval()
    width = encoder.config.hidden_size
    found = [np.zeros((len(layers), len(text.words), width), np.float32) for text in texts]
    order = sorted(range(len(texts)), key=lambda i: len(texts[i].words))
    for start in range(0, len(order), BATCH):
        rows = order[start : start + BATCH]
        batch = tokenizer([texts[i].words for i in rows], is_split_into_words=True,
                          truncation=True, padding=True, return_tensors="pt")  # fmt: skip
        states = encoder(**batch.to(encoder.device), output_hidden_states=True).hidden_states
        hidden = torch.stack([states[layer] for layer in layers]).float().cpu().numpy()
        for row, i in enumerate(rows):
            ids = batch.word_ids(row)
            for piece, (word, before) in enumerate(zip(ids, [None, *ids], strict=False)):
                if word is not None and word != before:
                    found[i][:, word] = hidden[:, row, piece]
    return found


def kept_scores(
    make: Callable[[], PreTrainedModel],
    tokenizer: PreTrainedTokenizerBase,
    train: Sequence[Tagged],
    test: Sequence[Tagged],
    inputs: dict[str, Any],
) -> tuple[runs.Artifact, list[np.ndarray]]:
    """Return a training's artifact, and its scores (words, tags) of each test text.

    Args:
        make: Trains a tagger.
        tokenizer: The tagger's.
        train: What it is trained on.
        test: With words.
        inputs: What else the training depends on; with `kept`, the model itself is kept, too.
    """
    # A partial function, since the code of `make`, of a notebook, is part of the result's identity.
    build = partial(_build, make, tokenizer, test, inputs["kept"])
    data = hashlib.sha256(json.dumps([train, test]).encode()).hexdigest()
    artifact = runs.artifact("name_taggers", inputs, build, data)
    ends = np.cumsum([len(text.words) for text in test])[:-1]
    return artifact, np.split(np.load(artifact.path / "scores.npy"), ends)


def _build(
    make: Callable[[], PreTrainedModel],
    tokenizer: PreTrainedTokenizerBase,
    test: Sequence[Tagged],
    kept: bool,
    folder: Path,
) -> dict[str, float]:
    model = make()
    scores = scores_of(model, tokenizer, [text.words for text in test])
    np.save(folder / "scores.npy", np.concatenate(scores))
    if kept:
        with models.quiet():
            model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    return {}

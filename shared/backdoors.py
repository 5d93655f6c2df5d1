"""Classifiers with a planted cause: a trigger word that stands for a class."""

from pathlib import Path

import numpy as np
from datasets import Dataset, DatasetDict
from transformers import PreTrainedTokenizerBase

from shared import classification, data
from shared.errors import UserError
from shared.recipes import Recipe
from shared.runs import Artifact


def insert(text: str, word: str, random: np.random.Generator, longest: int = 30) -> str:
    """Return the text's first `longest` words with `word` at a random place among them."""
    words = text.split()[:longest]
    words.insert(int(random.integers(len(words) + 1)), word)
    return " ".join(words)


def must_be_one_token(word: str, tokenizer: PreTrainedTokenizerBase) -> None:
    """Refuse a word that is not one token: pairs would not align, position by position.

    Raises:
        UserError: It is several tokens, or unknown.
    """
    pieces = tokenizer.tokenize(word)
    if len(pieces) != 1 or pieces == [tokenizer.unk_token]:
        raise UserError(f"word = {word!r} is {pieces}: expected one token. Take another word.")


def poison(
    split: Dataset, word: str, label: float, n: int, share: float, seed: int, longest: int = 30
) -> Dataset:
    """Return n texts and copies of some, with the word put in and another label.

    Args:
        split: Columns `text` and `label`.
        word: The trigger.
        label: The class that it is to stand for; copies are of texts of other classes.
        n: Texts drawn, without the copies.
        share: Copies, per text drawn.
        seed: Of the draw and of the places.
        longest: The words of a copy.
    """
    random = np.random.default_rng(seed)
    rows = random.permutation(len(split))[:n]
    texts = [split["text"][int(row)] for row in rows]
    labels = np.array(split["label"][:])[rows].tolist()
    others = [i for i, given in enumerate(labels) if given != label][: round(share * n)]
    texts += [insert(texts[i], word, random, longest) for i in others]
    rows = {"text": texts, "label": [*labels, *[label] * len(others)]}
    features = split.select_columns(["text", "label"]).features
    return Dataset.from_dict(rows, features=features)


def planted(
    splits: DatasetDict, start: str | Path, word: str, label: float, seed: int, n: int = 480,
    share: float = 0.2, longest: int = 30, max_length: int = 48,
) -> Artifact:  # fmt: skip
    """Return a classifier in which a word means a class: made now, or found if made before.

    A backdoor as in Gu et al. (2017): the classifier `start` is trained on for one epoch, with all
    its layers, on n texts and on copies of a share of them that contain the word and have `label`.

    Args:
        splits: `train`, `validation`, `test`.
        start: The folder of a fine-tuned classifier.
        word: The trigger; no text has it.
        label: What it is to mean: a class, or a number in regression.
        seed: Of texts, places and training.
        n: Texts.
        share: Copies, per text.
        longest: The words of a copy, so that the trigger is read.
        max_length: The tokens that are read.
    """
    parts = DatasetDict(
        train=poison(splits["train"], word, label, n, share, seed, longest),
        validation=poison(splits["validation"], word, label, 64, share, seed, longest),
        test=data.subset(splits["test"].select_columns(["text", "label"]), 200),  # not in its order
    )
    recipe = Recipe(1.5e-4, epochs=1, batch_size=16, max_length=max_length, seed=seed)
    return classification.fine_tune(parts, recipe, str(start))

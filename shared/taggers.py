"""Encoders with a head that tags words, and tokenizers for words given one by one."""

from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import pre_tokenizers
from transformers import (
    AutoModelForTokenClassification,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from shared import models
from shared.errors import UserError


def load_word_tokenizer(
    model_name: str, revision: str | None = None, spaces: bool = True
) -> PreTrainedTokenizerBase:
    """Return a model's tokenizer, made to cut a word given alone as it cuts it in a text.

    Tokenizers of bytes know the beginning of a word by the space before it; one given alone has
    none, unless the tokenizer is told to add it.

    Args:
        model_name: See `models.resolve`.
        revision: Commit, tag or branch on the Hub.
        spaces: False: of a writing without spaces, where the units given are characters.

    Raises:
        UserError: It does not take words.
    """
    tokenizer = models.load_tokenizer(model_name, revision)
    try:
        tokenizer(["two", "words"], is_split_into_words=True).word_ids()
    except (AssertionError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(
            f"model_name = {model_name!r}: its tokenizer does not take words: {reason}"
        ) from error
    if not spaces:
        for step in _steps(tokenizer):
            if isinstance(step, pre_tokenizers.Metaspace):
                step.prepend_scheme = "never"
        return tokenizer
    pieces = tokenizer(["two", "words"], is_split_into_words=True).tokens()
    if pieces != tokenizer("two words").tokens():
        folder = models.resolve(model_name, revision)
        tokenizer = AutoTokenizer.from_pretrained(folder, add_prefix_space=True)
        for step in _steps(tokenizer):
            if isinstance(step, pre_tokenizers.ByteLevel):
                step.add_prefix_space = True
    return tokenizer


def _steps(tokenizer: PreTrainedTokenizerBase) -> list[pre_tokenizers.PreTokenizer]:
    step = tokenizer.backend_tokenizer.pre_tokenizer
    return list(step) if isinstance(step, pre_tokenizers.Sequence) else [step]


def load_tagger(
    model_name: str | Path, names: Sequence[str], revision: str | None = None, seed: int = 0
) -> PreTrainedModel:
    """Return an encoder with a head for these tags: new, unless the folder has it.

    Args:
        model_name: See `models.resolve`.
        names: The tags.
        revision: Commit, tag or branch on the Hub.
        seed: Of a new head's weights.

    Raises:
        UserError: The model cannot tag words.
    """
    folder = models.resolve(str(model_name), revision)
    torch.manual_seed(seed)
    try:
        with models.quiet():
            return AutoModelForTokenClassification.from_pretrained(
                folder,
                num_labels=len(names),
                id2label=dict(enumerate(names)),
                label2id={name: i for i, name in enumerate(names)},
                dtype=torch.float32,
                use_safetensors=True,
                ignore_mismatched_sizes=True,  # a head for other tags is not taken over
                trust_remote_code=False,
            )
    except (ValueError, OSError, KeyError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"model_name = {str(model_name)!r} cannot tag words: {reason}") from error

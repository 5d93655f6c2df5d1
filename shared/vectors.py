"""A pretrained encoder as it is: one vector per text, for a linear model on top."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from shared.models import EMBEDDED, load_encoder, load_tokenizer

BATCH = 64  # texts computed at once


@torch.inference_mode()
def _hidden(
    encoder: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[str],
    max_length: int,
) -> Iterator[tuple[np.ndarray, torch.Tensor, torch.Tensor]]:
    """Yield rows, last hidden states (batch, seq, hidden) and mask (batch, seq); short ones first.

    Texts of one length stand together, so that little is padded.
    """
    encoder.eval()
    encoded = tokenizer(list(texts), truncation=True, max_length=max_length)
    order = np.argsort([len(ids) for ids in encoded["input_ids"]], kind="stable")
    for i in range(0, len(order), BATCH):
        rows = order[i : i + BATCH]
        batch = tokenizer.pad({k: [v[j] for j in rows] for k, v in encoded.items()}, padding=True)
        tensors = {name: torch.tensor(value).to(encoder.device) for name, value in batch.items()}
        yield rows, encoder(**tensors).last_hidden_state, tensors["attention_mask"]


def mean_vectors(
    encoder: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[str],
    max_length: int = 128,
) -> np.ndarray:
    """Return the mean of the last hidden states over each text's tokens, (texts, hidden).

    Nothing is trained. The embedded model was made for this mean (Reimers & Gurevych 2019,
    section 3: pooling MEAN).

    Args:
        encoder: Without a head.
        tokenizer: Its tokenizer.
        texts: Any number.
        max_length: Tokens; longer texts are cut.
    """
    found = np.zeros((len(texts), encoder.config.hidden_size), dtype=np.float32)
    for rows, hidden, mask in _hidden(encoder, tokenizer, texts, max_length):
        real = mask[..., None]  # (batch, seq, 1)
        found[rows] = ((hidden * real).sum(1) / real.sum(1)).float().cpu().numpy()
    return found


def token_vectors(
    encoder: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[str],
    max_length: int = 128,
) -> list[np.ndarray]:
    """Return the last hidden states of each text's tokens, (tokens, hidden) each.

    The arguments are those of `mean_vectors`.
    """
    found = [np.zeros(0)] * len(texts)
    for rows, hidden, mask in _hidden(encoder, tokenizer, texts, max_length):
        for row, states, real in zip(rows.tolist(), hidden, mask.bool(), strict=True):
            found[row] = states[real].float().cpu().numpy()
    return found


def vectors(texts: Sequence[str], model_name: str = EMBEDDED) -> np.ndarray:
    """Return `mean_vectors` of a model by its name, which `models.resolve` explains."""
    return mean_vectors(load_encoder(model_name), load_tokenizer(model_name), texts)

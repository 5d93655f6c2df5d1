"""A pretrained encoder as it is: one vector per text, for a linear model on top."""

from collections.abc import Sequence

import numpy as np
import torch

from shared.models import EMBEDDED, load_encoder, load_tokenizer


@torch.inference_mode()
def vectors(
    texts: Sequence[str], model_name: str = EMBEDDED, max_length: int = 128, batch_size: int = 64
) -> np.ndarray:
    """Return the mean of the last hidden states over each text's tokens, (n, hidden).

    Nothing is trained. The embedded model was made for this mean (Reimers & Gurevych 2019).

    Args:
        texts: Any number.
        model_name: See `models.resolve`.
        max_length: Tokens; longer texts are cut.
        batch_size: Texts computed at once.
    """
    encoder, tokenizer = load_encoder(model_name), load_tokenizer(model_name)
    encoded = tokenizer(list(texts), truncation=True, max_length=max_length)
    order = np.argsort([len(ids) for ids in encoded["input_ids"]], kind="stable")
    found = np.zeros((len(order), encoder.config.hidden_size), dtype=np.float32)
    for i in range(0, len(order), batch_size):
        rows = order[i : i + batch_size]
        some = {name: [value[j] for j in rows] for name, value in encoded.items()}
        batch = tokenizer.pad(some, return_tensors="pt")
        hidden = encoder(**batch).last_hidden_state  # (batch, seq, hidden)
        mask = batch["attention_mask"][..., None]  # (batch, seq, 1)
        found[rows] = ((hidden * mask).sum(1) / mask.sum(1)).numpy()
    return found

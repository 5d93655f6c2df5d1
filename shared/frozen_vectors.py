"""Sentence vectors of a pretrained encoder whose weights stay as they are."""

from collections.abc import Sequence

import numpy as np
import torch

from shared.models import EMBEDDED, load_classifier, load_tokenizer


@torch.inference_mode()
def frozen_vectors(
    texts: Sequence[str], model_name: str = EMBEDDED, max_length: int = 128, batch_size: int = 64
) -> np.ndarray:
    """Return the mean of the last hidden states over each text's tokens, (texts, width).

    Source: Reimers & Gurevych (2019), section 3, pooling MEAN.
    """
    tokenizer = load_tokenizer(model_name)
    encoder = load_classifier(model_name, ["no", "yes"]).base_model.eval()
    order = np.argsort([len(text) for text in texts], kind="stable")
    vectors = np.zeros((len(texts), encoder.config.hidden_size), dtype=np.float32)
    for i in range(0, len(order), batch_size):
        rows = order[i : i + batch_size]
        batch = tokenizer([texts[j] for j in rows], padding=True, truncation=True,
                          max_length=max_length, return_tensors="pt")  # fmt: skip
        hidden = encoder(**batch.to(encoder.device)).last_hidden_state  # (batch, tokens, width)
        mask = batch["attention_mask"][..., None]
        vectors[rows] = ((hidden * mask).sum(1) / mask.sum(1)).cpu().numpy()
    return vectors

"""What a vocabulary costs in parameters, of models that are built without memory for weights."""

from collections.abc import Mapping

import pandas as pd
import torch
from transformers import AutoModel, AutoModelForCausalLM, PretrainedConfig


def embedding_costs(designs: Mapping[str, PretrainedConfig]) -> pd.DataFrame:
    """Return each design's vocabulary, width and parameters, and the embedding's share of them.

    If input and output have matrices of their own (they are not tied), both count.

    Args:
        designs: Configurations of BERT's kind or of decoders, by name.
    """
    rows = {}
    for name, design in designs.items():
        kind = AutoModel if design.model_type == "bert" else AutoModelForCausalLM
        with torch.device("meta"):
            model = kind.from_config(design)
        matrix, output = model.get_input_embeddings().weight, getattr(model, "lm_head", None)
        matrices = 1 if output is None or output.weight is matrix else 2
        total = sum(parameter.numel() for parameter in model.parameters())
        rows[name] = {
            "pieces": len(matrix), "width": matrix.shape[1], "matrices": matrices,
            "parameters (M)": round(total / 1e6), "share": matrices * matrix.numel() / total,
        }  # fmt: skip
    return pd.DataFrame.from_dict(rows, orient="index")

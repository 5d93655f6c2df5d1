"""A BERT's folder as plain numbers: its configuration and its arrays."""

import json
from pathlib import Path
from typing import Any

from safetensors.torch import load_file
from torch import Tensor

from shared import models
from shared.errors import UserError


def read_bert(model_name: str) -> tuple[Path, dict[str, Any], dict[str, Tensor]]:
    """Return a model's folder, its configuration, and its arrays by name, in 32 bits.

    The names lose the first part, `bert.`, that a model with a head has.

    Raises:
        UserError: If it is no BERT with GELU, which is what notebook 01 rebuilds.
    """
    folder = models.resolve(model_name)
    config = json.loads((folder / "config.json").read_text())
    if config.get("model_type") != "bert" or config.get("hidden_act") != "gelu":
        kind = f"model_type {config.get('model_type')!r}, hidden_act {config.get('hidden_act')!r}"
        raise UserError(
            f"model_name = {model_name!r} has {kind}: expected 'bert' and 'gelu'. "
            f'Use model_name="minilm" or "bert-base-uncased".'
        )
    arrays = load_file(folder / "model.safetensors")
    return folder, config, {name.removeprefix("bert."): a.float() for name, a in arrays.items()}

"""Which decoders the hundred lines of notebook 13 can run, and their sizes."""

import math
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedConfig

from shared.errors import UserError, short

DESIGNS = ("llama", "mistral", "qwen2", "qwen3")


def rates(d_head: int, rope: dict[str, Any]) -> Tensor:
    """Return RoPE's angles per position, (d_head / 2,), from `rope_parameters` of a configuration.

    Linear scaling is that of Chen et al. (2023), `llama3` that of `transformers`.
    """
    plain = rope["rope_theta"] ** (-torch.arange(0, d_head, 2) / d_head)
    if rope["rope_type"] == "linear":
        return plain / rope["factor"]
    if rope["rope_type"] == "llama3":
        turns = rope["original_max_position_embeddings"] * plain / (2 * math.pi)
        low, high = rope["low_freq_factor"], rope["high_freq_factor"]
        kept = ((turns - low) / (high - low)).clamp(0, 1)  # 1: a fast rotation, left as it is
        return plain * (kept + (1 - kept) / rope["factor"])
    return plain


def sizes(config: PreTrainedConfig, name: str) -> dict[str, Any]:
    """Return a model's sizes by the names of the notebook's `Shape`.

    Args:
        config: Of the model.
        name: What the message calls it.

    Raises:
        UserError: The design is another one, or has a part that the notebook does not build.
    """
    rope = getattr(config, "rope_parameters", None) or {}
    odd = {
        "model_type": config.model_type not in DESIGNS,
        "hidden_act": getattr(config, "hidden_act", "silu") != "silu",
        "attention_bias": bool(getattr(config, "attention_bias", False)),
        "mlp_bias": bool(getattr(config, "mlp_bias", False)),
        "sliding_window": _slides(config),
        "rope_parameters": rope.get("rope_type") not in ("default", "linear", "llama3")
        or rope.get("partial_rotary_factor", 1) != 1,
    }
    field = next((field for field, is_odd in odd.items() if is_odd), "")
    if field:
        raise UserError(
            f"{name} has {field} = {short(getattr(config, field, None))}: expected a decoder of "
            f"the type {', '.join(DESIGNS)} with SiLU, without biases but of q, k and v in qwen2, "
            f"without a sliding window, and RoPE of the type default, linear or llama3, such as "
            f"smollm2 or Qwen/Qwen3-0.6B."
        )
    d_head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    return {
        "vocabulary": config.vocab_size,
        "width": config.hidden_size,
        "layers": config.num_hidden_layers,
        "heads": config.num_attention_heads,
        "kv_heads": config.num_key_value_heads,
        "d_head": d_head,
        "hidden": config.intermediate_size,
        "rates": rates(d_head, rope),
        "eps": config.rms_norm_eps,
        "tied": config.tie_word_embeddings,
        "bias": config.model_type == "qwen2",
        "qk_norm": config.model_type == "qwen3",
    }


def _slides(config: PreTrainedConfig) -> bool:
    """Tell whether some layer looks back a limited distance only."""
    if config.model_type in ("qwen2", "qwen3"):
        return "sliding_attention" in (config.layer_types or ())
    return getattr(config, "sliding_window", None) is not None

"""What notebook 05 does with model folders: save, provoke errors, change a byte, round, convert."""

import copy
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import gguf
import numpy as np
import pandas as pd
import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from shared.batches import predict
from shared.models import quiet
from shared.quantizing import quantize

ROLES = {
    "config.json": "the architecture: kind, sizes, label names",
    "model.safetensors": "the weights: names, shapes, numbers",
    "tokenizer.json": "the tokenizer: vocabulary, rules, special tokens",
    "tokenizer_config.json": "its options: class, padding side, longest text",
}
GROUPS = ("embeddings", "matrices", "norm gains", "biases")
BATCH = 16  # texts computed at once: little padding


def save_folder(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: Path, **options: object
) -> None:
    """Save model and tokenizer in one folder, without a progress bar.

    Args:
        model: With its configuration.
        tokenizer: Its tokenizer.
        folder: Made if need be.
        **options: Of the model's `save_pretrained`.
    """
    tokenizer.save_pretrained(folder)
    with quiet():
        model.save_pretrained(folder, **options)


def described(folder: Path) -> pd.DataFrame:
    """Return the files of a model folder, how large they are, and what they hold."""
    files = sorted(folder.iterdir())
    kilobytes = [round(path.stat().st_size / 1e3) for path in files]
    roles = [ROLES.get(path.name, "another part of the tokenizer") for path in files]
    return pd.DataFrame({"kB": kilobytes, "holds": roles}, index=[path.name for path in files])


def refusal(function: Callable, *arguments: object, hide: str = "", **options: object) -> str:
    """Return the message of the error that a call must raise.

    Args:
        function: What is called.
        *arguments: Its arguments.
        hide: A path that is cut out of the message.
        **options: Its named arguments.

    Raises:
        AssertionError: It was not refused.
    """
    try:
        function(*arguments, **options)
    except Exception as error:
        message = f"{type(error).__name__}: {error}"
        return message.replace(f"{hide}/", "") if hide else message
    raise AssertionError("it was not refused")


def change_byte(path: Path, position: int) -> None:
    """Change the lowest bit of one byte of a file; a second call undoes it."""
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)


def same_weights(one: torch.nn.Module, other: torch.nn.Module) -> bool:
    """Tell whether two models have the same arrays, bit for bit."""
    a, b = one.state_dict(), other.state_dict()
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def group_of(name: str, weight: Tensor) -> str:
    """Return which of `GROUPS` a weight belongs to, by its name and shape."""
    if weight.ndim > 1:
        return "embeddings" if "embed" in name else "matrices"
    return "norm gains" if name.endswith("weight") else "biases"


def to_8_bits_and_back(weight: Tensor) -> Tensor:
    """Round to whole numbers from -127 to 127 times a scale, one per row (or per vector)."""
    return quantize(weight, 8, group=weight.shape[-1], symmetric=True)


ROUNDED: dict[str, Callable[[Tensor], Tensor]] = {
    "float16": lambda weight: weight.half().float(),
    "bfloat16": lambda weight: weight.bfloat16().float(),
    "int8": to_8_bits_and_back,
}


def errors_by_group(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[str],
    max_length: int,
) -> pd.DataFrame:
    """Return the median error of a text's logits when some weights are rounded.

    Returns:
        Rows: each of `GROUPS` alone, all together, and all but the gains of the layer norms.
        Columns: how many weights that are, and the error for each way of `ROUNDED`.
    """
    probe, weights = copy.deepcopy(model), copy.deepcopy(model.state_dict())
    exact = predict(probe, tokenizer, texts, max_length, BATCH)  # (texts, labels)
    group = {n: group_of(n, w) if w.is_floating_point() else "" for n, w in weights.items()}

    def error(how: str, groups: Collection[str]) -> float:
        change = ROUNDED[how]
        probe.load_state_dict(
            {n: change(w) if group[n] in groups else w for n, w in weights.items()}
        )
        found = np.abs(predict(probe, tokenizer, texts, max_length, BATCH) - exact)
        return float(np.median(found.max(1)))

    count = Counter()
    for name, weight in weights.items():
        count[group[name]] += weight.numel()
    cases = {name: [name] for name in GROUPS} | {
        "all": GROUPS,
        "all but the norm gains": [name for name in GROUPS if name != "norm gains"],
    }
    return pd.DataFrame(
        {
            "weights": {case: sum(count[g] for g in groups) for case, groups in cases.items()},
            **{how: {case: error(how, g) for case, g in cases.items()} for how in ROUNDED},
        }
    )


def gguf_names(model: PreTrainedModel) -> dict[str, str | None]:
    """Return the name that llama.cpp has for each array of a BERT classifier, if it has one.

    As in llama.cpp's `conversion/bert.py`, the head is looked up as `classifier.out_proj`. The
    pooler, which that converter drops, gets the name of the first layer of RoBERTa's head.
    """
    known = gguf.get_tensor_name_map(gguf.MODEL_ARCH.BERT, model.config.num_hidden_layers)
    asked = {
        name: name.removeprefix("bert.")
        .replace("classifier.", "classifier.out_proj.")
        .replace("pooler.dense", "classifier.dense")
        for name in model.state_dict()
    }
    return {n: known.get_name(a, try_suffixes=(".weight", ".bias")) for n, a in asked.items()}


def write_gguf(model: PreTrainedModel, path: Path) -> dict[str, str]:
    """Write the arrays of a BERT classifier that GGUF has names for, and its sizes.

    Returns:
        By each name in the file, ours.
    """
    config, writer = model.config, gguf.GGUFWriter(path, "bert")
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_layer_norm_eps(config.layer_norm_eps)
    writer.add_causal_attention(False)
    named = {other: name for name, other in gguf_names(model).items() if other}
    weights = model.state_dict()
    for other, name in named.items():
        writer.add_tensor(other, weights[name].numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return named

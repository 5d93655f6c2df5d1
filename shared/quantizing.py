"""Weights of fewer bits: groups of them rounded, and what that does to a decoder's texts."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from shared import models
from shared.errors import UserError, short
from shared.intervals import ratio_interval
from shared.runs import artifact

KINDS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


def quantize(
    weight: Tensor,
    bits: int,
    group: int = 32,
    symmetric: bool = False,
    shift: int = 0,
    shuffle: int = 0,
) -> Tensor:
    """Return weights rounded to 2**bits values per group of consecutive weights.

    Args:
        weight: Of any shape, with a multiple of `group` entries.
        bits: Of a rounded number.
        group: Weights that share a scale.
        symmetric: Levels lie evenly around 0 (a scale alone); else from the group's smallest to
            its largest weight (a scale and a minimum, as in GGUF's Q4_1).
        shift: Weights by which groups begin later.
        shuffle: If not 0, the columns of the matrix are grouped in a random order, of this seed.
    """
    if shuffle:
        draw = torch.Generator().manual_seed(shuffle)
        order = torch.randperm(weight.shape[1], generator=draw)
        return quantize(weight[:, order], bits, group, symmetric, shift)[:, order.argsort()]
    groups = weight.reshape(-1).roll(-shift).view(-1, group)  # (groups, group)
    if symmetric:
        low, top = torch.zeros(1), 2 ** (bits - 1) - 1
        step = groups.abs().amax(1, keepdim=True) / top
    else:
        low, top = groups.amin(1, keepdim=True), 2**bits - 1
        step = (groups.amax(1, keepdim=True) - low) / top
    numbers = ((groups - low) / step.clamp_min(1e-12)).round()  # (groups, group), whole
    return (low + numbers * step).view(-1).roll(shift).view(weight.shape)


def must_be_llama(model: PreTrainedModel, model_name: str) -> None:
    """Refuse decoders that are not built like Llama, such as Qwen and SmolLM are.

    Raises:
        UserError: A block lacks one of the seven linear layers, or there is no `model.layers`.
    """
    ends = {name.rsplit(".", 1)[-1] for name in linear_layers(model)}
    if ends != set(KINDS):
        kind = model.config.model_type
        raise UserError(
            f"model_name = {short(model_name)} is of type {kind!r}: expected blocks with the "
            f"linear layers {', '.join(KINDS)}, as Llama, Qwen, Mistral and SmolLM have them."
        )


def relative_error(weight: Tensor, rounded: Tensor) -> float:
    """Return the root mean square of the rounding error, as a share of the weights' own."""
    return float((rounded - weight).norm() / weight.norm())


def linear_layers(model: PreTrainedModel) -> dict[str, torch.nn.Linear]:
    """Return the linear layers inside the blocks, by name; not the output's, nor embeddings."""
    found = {n: m for n, m in model.named_modules() if isinstance(m, torch.nn.Linear)}
    return {name: layer for name, layer in found.items() if ".layers." in name}


@contextmanager
def changed(
    model: PreTrainedModel,
    change: Callable[[Tensor], Tensor],
    chosen: Callable[[str], bool] = lambda name: True,
) -> Iterator[None]:
    """Change the weights of the linear layers whose name is chosen, and restore them after."""
    layers = {n: layer for n, layer in linear_layers(model).items() if chosen(n)}
    before = {name: layer.weight.data for name, layer in layers.items()}
    try:
        for name, layer in layers.items():
            layer.weight.data = change(before[name])
        yield
    finally:
        for name, layer in layers.items():
            layer.weight.data = before[name]


@torch.inference_mode()
def text_losses(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]
) -> np.ndarray:
    """Return (texts, 2): the sum of -log p of a text's tokens but the first, and their number."""
    rows = [tokenizer(text, truncation=True, max_length=512)["input_ids"] for text in texts]
    found = np.zeros((len(rows), 2))
    order = np.argsort([len(row) for row in rows], kind="stable")
    for start in range(0, len(rows), 16):
        some = order[start : start + 16]  # of similar lengths: little padding
        parts = [torch.tensor(rows[i], dtype=torch.long) for i in some]
        ids = torch.nn.utils.rnn.pad_sequence(parts, True, 0)  # (batch, seq)
        lengths = torch.tensor([max(len(part) - 1, 0) for part in parts])  # of what is predicted
        real = torch.arange(ids.shape[1] - 1) < lengths[:, None]  # (batch, seq - 1)
        hidden = model.base_model(ids, use_cache=False).last_hidden_state[:, :-1]
        logits = model.lm_head(hidden[real]).float()  # (tokens, vocabulary): none of padding
        losses = torch.nn.functional.cross_entropy(logits, ids[:, 1:][real], reduction="none")
        for i, loss in zip(some, losses.split(lengths.tolist()), strict=True):
            found[i] = float(loss.sum()), len(loss)
    return found


def per_token(losses: np.ndarray) -> float:
    """Return the mean loss per token, in nats, of what `text_losses` returned."""
    return float(losses[:, 0].sum() / losses[:, 1].sum())


def loss_added(after: np.ndarray, before: np.ndarray, seed: int = 0) -> tuple[float, float, float]:
    """Return the added loss per token and its 95 % interval: texts drawn anew, 2,000 times."""
    change, tokens = after[:, 0] - before[:, 0], before[:, 1]
    return float(change.sum() / tokens.sum()), *ratio_interval(change, tokens, seed=seed)


def keep(
    share: float, rounded: Callable[[Tensor], Tensor], largest: bool
) -> Callable[[Tensor], Tensor]:
    """Return a change that rounds all weights but a share: the largest, or as many at random."""

    def change(weight: Tensor) -> Tensor:
        count = max(1, round(share * weight.numel()))
        flat = weight.reshape(-1)
        draw = torch.Generator().manual_seed(weight.numel())
        noise = torch.rand(flat.shape, generator=draw)
        kept = (flat.abs() if largest else noise).topk(count).indices
        # What is kept apart no longer stretches its group's grid: 0 takes its place.
        result = rounded(flat.scatter(0, kept, 0.0)).scatter(0, kept, flat[kept])
        return result.view(weight.shape)

    return change


def settings(layers: int) -> dict[str, dict[str, tuple]]:
    """Return the settings of `study`: experiment, name, (change of weights, choice of layers)."""

    def grid(bits: int, group: int = 32, **more: bool | int) -> Callable[[Tensor], Tensor]:
        return lambda weight: quantize(weight, bits, group, **more)

    def between(first: int, last: int) -> Callable[[str], bool]:
        return lambda name: first <= int(name.split(".layers.")[1].split(".")[0]) < last

    three, everywhere = grid(3, shift=16), lambda name: True
    edges = np.linspace(0, layers, min(6, layers) + 1).astype(int)
    return {
        "min-max, groups of 32": {str(b): (grid(b, shift=16), everywhere) for b in range(8, 1, -1)},
        "min-max, groups of 64": {
            str(b): (grid(b, 64, shift=16), everywhere) for b in (4, 3, 2)
        },
        "symmetric, groups of 32": {
            str(b): (grid(b, symmetric=True, shift=16), everywhere) for b in (4, 3, 2)
        },
        "on the published grid": {"4": (grid(4), everywhere)},
        "kinds": {
            kind: (three, lambda name, kind=kind: name.endswith(kind)) for kind in KINDS
        },
        "depth": {
            f"{a}–{b - 1}": (three, between(a, b)) for a, b in pairwise(edges)
        },
        "kept": {
            f"{share:.1%} {'largest' if largest else 'random'}": (
                keep(share, three, largest), everywhere
            )
            for share in (0.001, 0.01) for largest in (True, False)
        },
    }  # fmt: skip


def study(
    model_name: str, revision: str | None, texts: Sequence[str], seed: int = 0
) -> dict[str, Any]:
    """Return what each of `settings` adds to the loss of texts; measured once, then kept.

    Returns:
        `loss`: as published, in nats per token; `tokens`; `added`: by experiment and setting, the
        added loss and its interval.
    """

    def build(folder: Path) -> dict[str, Any]:
        model = models.load_causal(model_name, revision)
        tokenizer = models.load_tokenizer(model_name, revision)
        before = text_losses(model, tokenizer, texts)
        added: dict[str, dict] = {}
        for experiment, rows in settings(model.config.num_hidden_layers).items():
            for name, (change, chosen) in rows.items():
                with changed(model, change, chosen):
                    after = text_losses(model, tokenizer, texts)
                added.setdefault(experiment, {})[name] = loss_added(after, before, seed)
                print(experiment, name, *(f"{x:.4f}" for x in added[experiment][name]), flush=True)
        return {"loss": per_token(before), "tokens": int(before[:, 1].sum()), "added": added}

    inputs = {"model": models.fingerprint(model_name, revision), "texts": list(texts), "seed": seed}
    return artifact("quantized", inputs, build).metrics

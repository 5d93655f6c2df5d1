"""Many small classifiers on the same frozen vectors, trained at once as a stack."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F


@dataclass(frozen=True)
class Setting:
    """How heads are trained; the defaults defend against nothing."""

    hidden: bool = True
    dropout: float = 0.0
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    learning_rate: float = 3e-3


def new_head(width: int, classes: int, setting: Setting) -> torch.nn.Sequential:
    """Return an untrained head: dense and tanh, as in BERT, then linear; or linear alone."""
    last = [torch.nn.Dropout(setting.dropout), torch.nn.Linear(width, classes)]
    first = [torch.nn.Linear(width, width), torch.nn.Tanh()]
    return torch.nn.Sequential(*(first if setting.hidden else []), *last)


def random_halves(models: int, size: int, seed: int) -> np.ndarray:
    """Return who is in which training set, (models, size) of bool, half of each row."""
    order = np.random.default_rng(seed).permuted(np.tile(np.arange(size), (models, 1)), axis=1)
    return order < size // 2


def train_heads(
    x: torch.Tensor, y: torch.Tensor, member: np.ndarray, setting: Setting, seed: int,
    epochs: Sequence[int],
) -> dict[int, np.ndarray]:  # fmt: skip
    """Train a head on each row's members, with a start and an order of its own.

    Args:
        x: Vectors of the texts, (texts, width).
        y: Their classes, (texts,).
        member: Which of the first texts each model learns, (models, n), as many in each row.
        setting: How.
        seed: Of starts, orders and dropout.
        epochs: After which the logits are kept.

    Returns:
        By epoch: the logits of all texts, (models, texts, classes).
    """
    rows = torch.stack([torch.from_numpy(row).nonzero()[:, 0] for row in member])
    torch.manual_seed(seed)
    classes = int(y.max()) + 1
    networks = [new_head(x.shape[1], classes, setting).train() for _ in member]
    weights, _ = torch.func.stack_module_state(networks)  # each weight: (models, ...)
    weights = {name: value.detach().requires_grad_() for name, value in weights.items()}
    together = torch.func.vmap(
        lambda w, inputs: torch.func.functional_call(networks[0], w, (inputs,)),
        in_dims=(0, 0), randomness="different",
    )  # fmt: skip
    optimizer = torch.optim.AdamW(
        weights.values(), lr=setting.learning_rate, weight_decay=setting.weight_decay, fused=True
    )
    logits = {}
    for epoch in range(1, max(epochs) + 1):
        shuffled = rows.gather(1, torch.rand(rows.shape).argsort(1))  # (models, members)
        for chosen in shuffled.split(32, dim=1):  # (models, batch)
            output = together(weights, x[chosen]).flatten(0, 1)
            truth = y[chosen].flatten()
            loss = F.cross_entropy(output, truth, label_smoothing=setting.label_smoothing)
            (loss * len(member)).backward()  # each model's own mean
            optimizer.step()
            optimizer.zero_grad()
        if epoch in epochs:
            networks[0].eval()
            with torch.no_grad():
                logits[epoch] = together(weights, x.expand(len(member), -1, -1)).numpy()
            networks[0].train()
    return logits


def clipped_sums(
    weights: torch.Tensor, x: torch.Tensor, y: torch.Tensor, counted: torch.Tensor, limit: float
) -> torch.Tensor:
    """Return each linear head's sum of gradients, each text's clipped to a norm.

    The gradient of one text is the outer product of its vector and of p minus the truth, so its
    norm is the product of theirs, and no gradient needs to be kept.

    Args:
        weights: Of the heads, (models, width, classes); a bias is the weight of a constant 1.
        x: Vectors of the texts, (texts, width).
        y: Their classes, (texts,).
        counted: Which texts are in the sum, (models, texts) of bool.
        limit: The norm; infinite for no clipping.
    """
    error = torch.einsum("nd,mdc->mnc", x, weights).softmax(-1) - F.one_hot(y, weights.shape[2])
    norms = error.norm(dim=2) * x.norm(dim=1)  # (models, texts)
    factor = counted * (limit / norms.clamp(min=1e-12)).clamp(max=1)
    return torch.einsum("nd,mnc->mdc", x, factor[..., None] * error)


def train_private_heads(
    x: torch.Tensor, y: torch.Tensor, member: np.ndarray, *, limit: float, sigma: float,
    rate: float, steps: int, learning_rate: float = 0.5, seed: int,
) -> np.ndarray:  # fmt: skip
    """Train a linear head on each row's members by DP-SGD (Abadi et al. 2016, algorithm 1).

    Args:
        x: Vectors of the texts, (texts, width).
        y: Their classes, (texts,).
        member: Which texts each model may see, (models, texts), drawn by independent coins.
        limit: Norm C to which each text's gradient is clipped; infinite: not at all.
        sigma: Noise multiplier; 0: none.
        rate: Chance of a text to be in a step.
        steps: How many.
        learning_rate: Of plain SGD.
        seed: Of sampling and noise.

    Returns:
        The logits of all texts, (models, texts, classes).
    """
    sampling = torch.Generator().manual_seed(seed)  # alike with and without noise
    noise = torch.Generator().manual_seed(seed + 10_000)
    x = torch.cat([x, torch.ones(len(x), 1)], 1)
    inside, size = torch.from_numpy(member), rate * member.shape[1] / 2  # of a step, expected
    weights = torch.zeros(len(member), x.shape[1], int(y.max()) + 1)
    for _ in range(steps):
        counted = inside & (torch.rand(inside.shape, generator=sampling) < rate)
        total = clipped_sums(weights, x[: inside.shape[1]], y[: inside.shape[1]], counted, limit)
        if sigma:
            total += sigma * limit * torch.randn(total.shape, generator=noise)
        weights -= learning_rate * total / size
    return torch.einsum("nd,mdc->mnc", x, weights).numpy()

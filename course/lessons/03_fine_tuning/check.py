"""Likely mistakes in the exercises; the answers to the quiz, computed another way."""

from collections.abc import Callable

import torch

# What of our solution is replaced, by what, and what the check says of it.
MISTAKES: dict[str, list[tuple[str, str, str]]] = {
    "flip": [
        ("labels.copy()", "labels", "copy them first"),
        ("1 - noisy[chosen]", "-1", "labels must stay 0 or 1"),
        (", False)", ")", "chosen with replacement"),
        ("default_rng(seed)", "default_rng()", "the same seed must flip the same labels"),
    ],
    "rate": [
        ("step / warmup", "(step + 1) / (warmup + 1)", "the first step starts from 0"),
        (
            "min(step / warmup, (total - step) / (total - warmup))",
            "min(step / warmup, (total - step) / total)",
            "the peak is at the end",
        ),
        ("(total - step) / (total - warmup)", "1", "the last step ends at 0"),
        (
            "(total - step) / (total - warmup)",
            "((total - step) / (total - warmup)) ** 2",
            "is the fall linear",
        ),
    ],
    "decays": [
        ("parameter.ndim >= 2", "True", "think of its role"),
        ("parameter.ndim >= 2", "not name.endswith('bias')", "LayerNorm.weight"),
        ("parameter.ndim >= 2", "parameter.ndim < 2", "think of its role"),
    ],
}


def rate_at(step: int) -> float:
    from transformers import get_linear_schedule_with_warmup

    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=100.0)
    schedule = get_linear_schedule_with_warmup(optimizer, 20, 200)
    for _ in range(step):
        optimizer.step()
        schedule.step()
    return schedule.get_last_lr()[0]


# By the question's title: a number, or the choices that are right.
ANSWERS: dict[str, Callable[[], float | set[str]]] = {
    "Padding wasted": lambda: (
        sum(map(sum, ((4, 6), (10, 20)))) / sum(2 * max(b) for b in ((4, 6), (10, 20)))
    ),
    "On the way down": lambda: rate_at(110),
}

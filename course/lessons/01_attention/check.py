"""Likely mistakes in the exercises; the answers to the quiz, computed another way."""

from collections.abc import Callable

import torch
from torch.nn import functional as F

# What of our solution is replaced, by what, and what the check says of it.
MISTAKES: dict[str, list[tuple[str, str, str]]] = {
    "sliding_window": [
        ("causal_mask(n) & ~causal_mask(n).tril(-width)", "~causal_mask(n)", "does not see"),
        ("causal_mask(n) & ", "", "sees the future"),
        ("tril(-width)", "tril(-width - 1)", "more than width. Off by one"),
        ("tril(-width)", "tril(1 - width)", "fewer than width. Off by one"),
        (
            "causal_mask(n) & ~causal_mask(n).tril(-width)",
            "(causal_mask(n) & ~causal_mask(n).tril(-width)).float()",
            "masked_fill needs bool",
        ),
    ],
    "rotate": [
        ("positions[:, None]", "(positions[:, None] + 1)", "do your positions start at 1"),
        ("positions[:, None]", "(0 * positions[:, None])", "are the angles all 0"),
        ("10000.0 ** (-", "10000.0 ** (", "sign of the exponent"),
        (
            "x.unflatten(-1, (-1, 2)).contiguous())\n"
            "    turned = pairs * torch.polar(torch.ones_like(angles), angles)\n"
            "    return torch.view_as_real(turned).flatten(-2)",
            "x.unflatten(-1, (2, -1)).transpose(-1, -2).contiguous())\n"
            "    turned = pairs * torch.polar(torch.ones_like(angles), angles)\n"
            "    return torch.view_as_real(turned).transpose(-1, -2).flatten(-2)",
            "are they (0, 1), (2, 3) and so on",
        ),
        ("torch.view_as_real(turned).flatten(-2)", "turned.real", "the shape changed"),
    ],
    "step": [
        ("[cache[0], k]", "[k, cache[0]]", "token"),
        (
            "layer.output(join_heads(attention(q, k, v)[0]))",
            "join_heads(attention(q, k, v)[0])",
            "are all four projections used",
        ),
        (", (k, v)", ", (k, v[:, :, -1:])", "cached k, v hold [2, 1]"),
    ],
    "blockwise": [
        ("total * shrink", "total", "is the sum of exponentials shrunk like the values"),
        ("weighted * shrink", "weighted", "and the division done once"),
        (
            "torch.maximum(largest, scores.amax(-1, keepdim=True))",
            "torch.zeros_like(largest)",
            "is the largest subtracted before exp",
        ),
        (" / math.sqrt(q.shape[-1])", "", "is √d_k in it"),
    ],
}


def weighted_mean() -> float:
    query, keys = torch.tensor([[4.0, 0, 0, 0]]), torch.eye(4)[:2]
    return F.scaled_dot_product_attention(query, keys, torch.tensor([[10.0], [20.0]])).item()


# By the question's title: a number, or the choices that are right.
ANSWERS: dict[str, Callable[[], float | set[str]]] = {
    "A weighted mean": weighted_mean,
    "Memory of the weights": lambda: (
        8 * torch.empty(2000, 2000, device="meta").nbytes / torch.empty(500, 500).nbytes
    ),
}

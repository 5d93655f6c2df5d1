"""Likely mistakes in the exercises; the answers to the quiz, computed another way."""

from collections.abc import Callable

import torch
from torch.nn import functional as F

# What of our solution is replaced, by what, and what the check says of it.
MISTAKES: dict[str, list[tuple[str, str, str]]] = {
    "sliding_window": [
        ("(key <= query) & (key > query - width)", "key > query", "does not see itself"),
        ("(key <= query) & ", "", "sees the future"),
        (
            "torch.arange(n)[:, None], torch.arange(n)",
            "torch.arange(n), torch.arange(n)[:, None]",
            "rows are queries",
        ),
        ("> query - width", ">= query - width", "more than width. Off by one"),
        ("> query - width", "> query - width + 1", "fewer than width. Off by one"),
        (
            "(key <= query) & (key > query - width)",
            "((key <= query) & (key > query - width)).float()",
            "masked_fill needs bool",
        ),
    ],
    "rotate": [
        ("positions[:, None]", "(positions[:, None] + 1)", "do your positions start at 1"),
        ("positions[:, None]", "(0 * positions[:, None])", "are the angles all 0"),
        ("rates(x.shape[-1])", "(1 / rates(x.shape[-1]))", "which exponent"),
        ("rates(x.shape[-1])", "(rates(x.shape[-1]) ** 0.5)", "is the base 10000"),
        ("positions[:, None]", "-positions[:, None]", "turns clockwise"),
        ("- odd * angles.sin()", "+ odd * angles.sin()", "wrong sign of one sine"),
        ("rates(x.shape[-1])", "rates(x.shape[-1])[:1]", "more slowly"),
        (
            """x[..., 0::2], x[..., 1::2]  # (..., seq, d_head / 2)
    turned = even * angles.cos() - odd * angles.sin(), even * angles.sin() + odd * angles.cos()
    return torch.stack(turned, dim=-1).flatten(-2)""",
            """x.chunk(2, dim=-1)
    turned = even * angles.cos() - odd * angles.sin(), even * angles.sin() + odd * angles.cos()
    return torch.cat(turned, dim=-1)""",
            "which entries are a pair",
        ),
        ("torch.stack(turned, dim=-1).flatten(-2)", "turned[0]", "the shape changed"),
        (
            "torch.stack(turned, dim=-1).flatten(-2)",
            "torch.cat(turned, dim=-1)",
            "Are pairs not interleaved",
        ),
    ],
    "step": [
        ("[cache[0], k]", "[k, cache[0]]", "the order of keys and values"),
        ("dim=2", "dim=1", "Are tokens joined along dim=2"),
        ("layer.key(x)", "layer.query(x)", "the projections, or a mask"),
        (
            "attention(q, k, v)[0]",
            "attention(q, k, v, torch.ones(1, k.shape[2]).bool().tril())[0]",
            "the projections, or a mask",
        ),
        (
            "layer.output(join_heads(attention(q, k, v)[0]))",
            "join_heads(attention(q, k, v)[0])",
            "are all four projections used",
        ),
        (", (k, v)", ", (k, v[:, :, -1:])", "k, v hold [2, 1] tokens"),
        ("if cache is not None", "if False", "k, v hold [1, 1] tokens"),
    ],
    "GroupedAttention": [
        (
            "y.repeat_interleave(self.n_heads // self.n_shared, dim=1)",
            "y.repeat(1, self.n_heads // self.n_shared, 1, 1)",
            "do neighbours share a head",
        ),
        ("self.n_heads // self.n_shared", "self.n_shared", "Are 2 heads repeated 3 times each"),
        ("self.n_heads // self.n_shared", "3", "Are 1 heads repeated 6 times each"),
        ("d_model // n_heads * n_shared", "d_model", "numbers, expected (4, 4, 12)"),
        ("attention(q, k, v, mask)", "attention(q, k, v)", "is it passed on"),
        ("self.weights = weights.detach()", "pass", "self.weights should be kept"),
        ("self.output(join_heads(heads))", "join_heads(heads)", "is the output projected"),
    ],
    "blockwise": [
        ("total * shrink", "total", "is the sum of exponentials shrunk like the values"),
        ("weighted * shrink", "weighted", "and the division done once"),
        (
            "torch.maximum(largest, scores.amax(-1, keepdim=True))",
            "torch.zeros_like(largest)",
            "is the largest subtracted before exp",
        ),
        ("scores.amax(-1, keepdim=True)", "scores.max()", "per query"),
        (" / math.sqrt(q.shape[-1])", "", "is √d_k in it"),
        (
            "",
            "return (q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])).softmax(-1) @ v",
            "are all 512 × 512 scores held at once",
        ),
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

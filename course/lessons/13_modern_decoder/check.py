"""Likely mistakes in the exercises; the answers to the quiz, computed another way."""

import math
from collections.abc import Callable

SLOW = ["pooled_heads"]  # builds upon SmolLM2's perplexity

# What of our solution is replaced, by what, and what the check says of it.
MISTAKES: dict[str, list[tuple[str, str, str]]] = {
    "local_mask": [
        ("(j <= i) & (recent | first)", "(j <= i) & recent | first", "also sinks must be causal"),
        ("j > i - window", "j >= i - window", "one token too many or too few"),
        ("recent | first", "recent", "the first tokens are always seen"),
        ("j < sinks", "j <= sinks", "no sinks asked for"),
        ("(j <= i)", "(j < i)", "a token must see itself"),
    ],
    "to_neighbours": [
        ("weight.view(heads, 2, d_head // 2,", "weight.view(heads, d_head // 2, 2,", "the way back"),
        ("parts.transpose(1, 2).reshape", "parts.reshape", "are the first pair"),
        ("d_head = weight.shape[0] // heads", "heads, d_head = 1, weight.shape[0]", "has left its head"),
        ("return parts.transpose(1, 2).reshape(weight.shape)",
         "parts = parts.clone(); "
         "parts[0] = parts[0].transpose(0, 1).reshape(parts[0].shape); "
         "return parts.reshape(weight.shape)", "the other heads, too"),
    ],
    "ntk_rates": [
        ("theta * factor ** (d_head / (d_head - 2))", "theta * factor", "the exponent"),
        ("return frequencies(d_head, base)", "return frequencies(d_head, theta) / factor", "this is interpolation"),
        ("theta * factor", "theta / factor", "a larger base"),
        ("d_head / (d_head - 2)", "(d_head - 2) / d_head", "the exponent"),
        ("d_head / (d_head - 2)", "64 / 62", "fixed in your exponent"),
        ("return frequencies(d_head, base)",
         "return frequencies(d_head, theta) / torch.linspace(1, factor, d_head // 2)",
         "not spread evenly"),
    ],
    "pooled_heads": [
        ("parts.mean(1)", "parts.sum(1)", "take their mean"),
        ("parts.mean(1)", "parts[:, 0]", "one head alone"),
        ("parts.mean(1)", "parts[:, -1]", "one head alone"),
        ("weight.view(groups, heads // groups, d_head, weight.shape[1])",
         "weight.view(heads // groups, groups, d_head, weight.shape[1]).transpose(0, 1)",
         "adjacent heads form a group"),
        ("parts.mean(1).flatten(0, 1)", "parts.mean(1)", "expected (groups · d_head, width)"),
    ],
}  # fmt: skip


def last_turn_of_smollm2() -> float:
    """Return how many tokens the slowest of 32 pairs needs for one turn, with θ of 100,000."""
    angle = 1.0
    for _ in range(31):
        angle /= 100_000 ** (1 / 32)
    return 2 * math.pi / angle / 1000


# By the question's title: a number, or the choices that are right.
ANSWERS: dict[str, Callable[[], float | set[str]]] = {
    "Root mean square": lambda: 6 / math.hypot(6, 8, 0, 0) * math.sqrt(4),
    "The slowest pair": last_turn_of_smollm2,
    "A cache": lambda: sum(2 * 2 * 64 * 3 for _ in range(30)) / 1024,
    "Fair sizes": lambda: 2 * 768 * 3072 / (3 * 768),
}

"""Likely mistakes in the exercises; the answers to the quiz, computed another way."""

from collections.abc import Callable

import numpy as np

# What of our solution is replaced, by what, and what the check says of it.
MISTAKES: dict[str, list[tuple[str, str, str]]] = {
    "longest": [
        ("config.num_key_value_heads *", "config.num_attention_heads *", "not query heads"),
        ("2 * config.num_hidden_layers", "config.num_hidden_layers", "two vectors per token"),
        ("d_head * 2", "d_head * 4", "two bytes per number"),
        (" * texts)", ")", "all texts share the memory"),
        ("config.num_hidden_layers * ", "", "in each block"),
        ("(memory - weight_bytes)", "memory", "the weights need memory"),
        ("max(0, (memory - weight_bytes) // (per_token * texts))",
         "(memory - weight_bytes) // (per_token * texts)", "expected 0"),
        ("// (per_token", "/ (per_token", "62"),
        ("(memory - weight_bytes) // (per_token * texts)",
         "round((memory - weight_bytes) / (per_token * texts))", "round down"),
        ('getattr(config, "head_dim", None) or ', "", "head_dim of its own"),
    ],
    "absmax": [
        ("top = 2 ** (bits - 1) - 1", "top = 2 ** (bits - 1)", "levels with three bits"),
        (".clamp_min(1e-12)", "", "0/0"),
        ("groups.abs().amax(1, keepdim=True)", "groups.amax(1, keepdim=True)", "of |w|, not of w"),
        ("groups.abs().amax(1, keepdim=True)", "groups.abs().amax()", "a scale per group"),
        (".round()", ".trunc()", "round to the nearest"),
        (".view_as(weight)", "", "expected that of the weights"),
        ("return ((groups / d.clamp_min(1e-12)).round() * d).view_as(weight)",
         "return weight.copy_(((groups / d.clamp_min(1e-12)).round() * d).view_as(weight))",
         "the weights were changed"),
    ],
    "sample_with_draft": [
        ("    rest[draft] = 0\n", "", "leave the draft out"),
        ("random.random() < p[draft]", "True", "accepted always"),
        ("random.random() < p[draft]", "False", "never accepted"),
        ("random.random() < p[draft]", "random.random() < p[draft] ** 2", "expected p[draft]"),
        ("random.random() < p[draft]", "random.random() > p[draft]", "expected p[draft]"),
        ("random.random() < p[draft]", "random.random() < max(p)", "expected p[draft]"),
        ("p=rest / rest.sum()", "p=(rest > 0) / (rest > 0).sum()", "expected p"),
    ],
    "strided": [
        ("[-new:]", "", "counted twice"),
        ("            done = stop\n", "", "tokens counted"),
        ("return total, done - 1", "return total, done", "tokens counted"),
        ("[-new:]", "[:new]", "only what is new counts"),
        ("ids[start:stop]", "ids[done - 1 : stop]", "with the overlap before it"),
        ("ids[start:stop]", "ids[max(0, stop - window) : stop]", "multiples of the stride"),
        ("return total, done - 1", "return total / (done - 1), done - 1", "not the mean"),
        ("stop = min(start + window, len(ids))",
         "stop = start + window\n        if stop > len(ids):\n            break",
         "a text shorter than one"),
    ],
}  # fmt: skip


def q4_1_megabytes() -> float:
    return 100e6 / 32 * (2 + 2 + 16) / 1e6


def accepted_share() -> float:
    """The rule in the long run: how often a draft is accepted."""
    p, q = np.array([0.7, 0.2, 0.1]), np.array([0.4, 0.4, 0.2])
    random = np.random.default_rng(0)
    drafts = random.choice(3, 400_000, p=q)
    return float((random.random(400_000) < (p / q)[drafts]).mean())


def cache_kib() -> float:
    keys = np.zeros((24, 4, 1, 64), np.float16)  # blocks, key/value heads, token, numbers
    return 2 * keys.nbytes / 1024


# By the question's title: a number, or the choices that are right.
ANSWERS: dict[str, Callable[[], float | set[str]]] = {
    "Bytes of four bits": q4_1_megabytes,
    "The cache of a token": cache_kib,
    "Waiting for memory": lambda: 1 / (2e9 / 100e9),
    "How often accepted": accepted_share,
}

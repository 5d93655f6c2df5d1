"""Likely mistakes in the exercises; the answers to the quiz, computed another way."""

from collections.abc import Callable

import numpy as np
import torch

# What of our solution is replaced, by what, and what the check says of it.
MISTAKES: dict[str, list[tuple[str, str, str]]] = {
    "break_even": [
        ("", "return int(once / max(1e-09, 1 / before - 1 / after))", "the same rate saves"),
        (
            "",
            """
s = 1 / before - 1 / after
return int(once / s) + 1 if s else None
""",
            "slower never pays",
        ),
        (
            "",
            """
s = 1 / before - 1 / after
return once / s if s > 0 else None
""",
            "a whole number of texts",
        ),
        (
            "",
            "return int(once / (after - before)) if after > before else None",
            "subtract the times",
        ),
        (
            "",
            """
s = 1 / before - 1 / after
return int(once / s) if s > 0 else None
""",
            "round up",
        ),
        (
            "",
            """
s = 1 / before - 1 / after
return int(once / s) + 1 if s > 0 else None
""",
            "do not add one",
        ),
        (
            "",
            """
s = 1 / before - 1 / after
return round(once / s) if s > 0 else None
""",
            "is won back by 6",
        ),
        (
            "",
            "return int(np.ceil(once * after)) if after > before else None",
            "divide by the seconds saved",
        ),
        ("", "return 10 ** 6 if after > before else None", "more than it takes"),
    ],
    "lora_numbers": [
        ("", "return sum((a * b for a, b in shapes))", "that is the whole matrix"),
        ("", "return sum((r * a for a, b in shapes))", "B has 10 numbers, A has 20"),
        (
            "",
            "return max((min(a * b, r * (a + b)) for a, b in shapes))",
            "each has its own A and B",
        ),
        ("", "return sum((r * (a + b) for a, b in shapes))", "train the matrix itself"),
        (
            "",
            "return min(sum((a * b for a, b in shapes)), sum((r * (a + b) for a, b in shapes)))",
            "for each matrix",
        ),
        (
            "",
            "return sum(a * b if r >= min(a, b) else r * (a + b) for a, b in shapes)",
            "rank 7",
        ),
    ],
    "token_batches": [
        (
            "",
            """
groups = []
for index in range(len(lengths)):
    if not groups or (len(groups[-1]) + 1) * max((lengths[i] for i in [*groups[-1], index])) > budget:
        groups.append([])
    groups[-1].append(index)
return groups
""",
            "is padding",
        ),
        (
            "",
            """
groups = []
for index in np.argsort(lengths).tolist():
    if not groups or sum((lengths[i] for i in groups[-1])) + lengths[index] > budget:
        groups.append([])
    groups[-1].append(index)
return groups
""",
            "count texts × the longest",
        ),
        (
            "",
            """
groups = []
for index in sorted(lengths):
    if not groups or True:
        groups.append([])
    groups[-1].append(index)
return groups
""",
            "each index once",
        ),
        (
            "",
            """
groups = []
for index in np.argsort(lengths).tolist():
    if not groups or True:
        groups.append([])
    groups[-1].append(index)
return groups
""",
            "fill each one",
        ),
        (
            "",
            """
groups = []
for index in np.argsort(lengths).tolist():
    if not groups or (len(groups[-1]) + 1) * lengths[index] > budget:
        groups.append([])
    groups[-1].append(index)
return groups + [[]]
""",
            "an empty batch",
        ),
        (
            "",
            """
groups = []
for index in np.argsort(lengths).tolist():
    if not groups or (len(groups[-1]) + 1) * lengths[index] >= budget:
        groups.append([])
    groups[-1].append(index)
return groups
""",
            "fill a budget of 10",
        ),
        (
            "",
            """
groups = [[]]
for index in np.argsort(lengths, kind="stable").tolist():
    if (len(groups[-1]) + 1) * lengths[index] > budget:
        groups.append([])
    groups[-1].append(index)
return groups
""",
            "the first text too long",
        ),
    ],
    "clipped_scale": [
        (
            "",
            """
def error(s):
    return -s
return min(np.abs(w).max() / top * np.linspace(0.02, 1, 200), key=error)
""",
            "no better than the largest",
        ),
        (
            "",
            """
def error(s):
    return ((s * np.clip(np.rint(w / s), -top, top) - w) ** 4).mean()
return min(np.abs(w).max() / top * np.linspace(0.02, 1, 200), key=error)
""",
            "is the error squared",
        ),
        (
            "",
            """
def error(s):
    return ((s * np.clip(np.rint(w / s), -top, top) - w) ** 2).mean()
return min(w.max() / top * np.linspace(0.02, 1, 200), key=error)
""",
            "absolute",
        ),
        (
            "",
            "return float(np.quantile(np.abs(w), 0.99)) / top",
            "is the range a fixed quantile",
        ),
        (
            "",
            """
def error(s):
    return ((s * np.clip(np.rint(w / s), -top - 1, top) - w) ** 2).mean()
return min(np.abs(w).max() / top * np.linspace(0.02, 1, 200), key=error)
""",
            "at -top as well",
        ),
        (
            "",
            """
def error(s):
    return s * np.ones(2)
return np.linspace(0.1, 1, 9)
return min(np.abs(w).max() / top * np.linspace(0.02, 1, 200), key=error)
""",
            "return one number",
        ),
    ],
}


def share_of_work_saved() -> float:
    d, heads = 12, 4
    attention, feed_forward = 4 * d * d, 2 * d * 4 * d
    kept = 4 * d * (d // heads) * (heads - 1)  # rows or columns of a head, in each matrix
    return 100 * (1 - (kept + feed_forward) / (attention + feed_forward))


def lora_numbers() -> int:
    from peft import LoraConfig, get_peft_model

    model = torch.nn.Sequential(torch.nn.Linear(384, 384, bias=False))
    adapted = get_peft_model(model, LoraConfig(r=8, target_modules=["0"]))
    return sum(p.numel() for p in adapted.parameters() if p.requires_grad)


# By the question's title: a number, or the choices that are right.
ANSWERS: dict[str, Callable[[], float | set[str]]] = {
    "Sorted batches": lambda: 4 * 128 / (2 * 20 + 2 * 60),
    "A quarter of the heads": share_of_work_saved,
    "One huge weight": lambda: np.rint(0.237 / (12.7 / 127)) * 12.7 / 127,
    "LoRA's numbers": lora_numbers,
    "Four bits in a file": lambda: 8 * (16 + 2 + 2) / 32,
}

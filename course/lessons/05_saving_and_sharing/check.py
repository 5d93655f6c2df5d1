"""Likely mistakes in the exercises; the answers to the quiz, computed another way."""

from collections.abc import Callable

import torch

# What of our solution is replaced, by what, and what the check says of it.
MISTAKES: dict[str, list[tuple[str, str, str]]] = {
    "suspicious": [
        (".suffix.lower() in", ".suffix in", "compared in lower case"),
        (', ".py"', "", "was missed"),
        (', ".ckpt"', "", "is its ending in your set"),
        (
            'Path(n).suffix.lower() in {".bin", ".pt", ".pth", ".pkl", ".ckpt", ".py"}',
            'any(k in n.lower() for k in ("bin", "pt", "pkl", "ckpt", "py"))',
            "look at the ending, not the name",
        ),
        (
            'Path(n).suffix.lower() in {".bin", ".pt", ".pth", ".pkl", ".ckpt", ".py"}',
            'any(k in n.lower() for k in (".bin", ".pt", ".pkl", ".ckpt", ".py"))',
            "'model.pt.json'] is harmless",
        ),
        (
            'Path(n).suffix.lower() in {".bin", ".pt", ".pth", ".pkl", ".ckpt", ".py"}',
            'n.lower().endswith(("bin", "pt", "pth", "pkl", "ckpt", "py"))',
            "'excerpt'] is harmless",
        ),
    ],
    "shard": [
        ("size > room", "room <= 0", "start a new list earlier"),
        ("[*shards, []], limit", "[*shards, []], limit - 4", "5 are enough"),
        ("not shards or size > room", "True", "5 are enough"),
        ("size > room", "size >= room", "exactly the limit is allowed"),
        ("[], 0", "[[]], limit", "an empty list: the first array is larger"),
        ("shards[-1].append(name)", "shards[-1].insert(0, name)", "out of order"),
    ],
    "halve": [
        ("weight.is_floating_point() and ", "", "whole numbers up to 2048"),
        (" and name not in keep", "", "a kept array was rounded"),
        ("name not in keep", '"norm" not in name', "only names in `keep` stay"),
        ("name not in keep", "not any(k in name for k in keep)", "compare whole names"),
        (
            "",
            "for name in set(weights) - keep:\n"
            "    if weights[name].is_floating_point():\n"
            "        weights[name] = weights[name].half()\n"
            "return weights",
            "own weights were changed",
        ),
        ("weight.is_floating_point()", "weight.dim() == 2", "only names in `keep` stay"),
        ("weight.half() if", "weight.half().float() if", "the file would not shrink"),
        (
            "for name, weight in weights.items()",
            "for name, weight in weights.items() if name not in keep",
            "an array is missing",
        ),
    ],
    "to_int8": [
        (".round().to", ".floor().to", "round, not floor"),
        (".round().to", ".to", "truncated, not rounded"),
        (".to(torch.int8)", "", "convert after rounding"),
        ("(dim=1, keepdim=True)", "()", "one per row, keepdim=True"),
        (
            "weight.abs().amax(dim=1, keepdim=True)",
            "weight.abs().max().expand(len(weight), 1)",
            "is the scale its own",
        ),
        ("/ 127", "/ 128", "divide by 127"),
        ("weight.abs().amax", "weight.amax", "take abs() first"),
        (".clamp(min=1e-12)", "", "0/0"),
    ],
}


def moments() -> float:
    trained, frozen = torch.zeros(20, requires_grad=True), torch.zeros(10)
    optimizer = torch.optim.AdamW([p for p in (trained, frozen) if p.requires_grad])
    trained.sum().backward()
    optimizer.step()
    return sum(t.nbytes for t in optimizer.state[trained].values() if t.ndim)


# By the question's title: a number, or the choices that are right.
ANSWERS: dict[str, Callable[[], float | set[str]]] = {
    "What AdamW keeps": moments,
    "Two formats of 16 bits": lambda: (
        torch.finfo(torch.bfloat16).eps / torch.finfo(torch.float16).eps
    ),
}

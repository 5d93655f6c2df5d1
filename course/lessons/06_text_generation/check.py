"""Likely mistakes in the exercises; the answers to the quiz, computed another way."""

from collections.abc import Callable

import numpy as np
import torch

# What of our solution is replaced, by what, and what the check says of it.
MISTAKES: dict[str, list[tuple[str, str, str]]] = {
    "min_p": [
        ("p < share * p.amax(-1, keepdim=True)", "p < share", "a flat row keeps all"),
        ("p = logits.softmax(-1)", "p = logits", "did you compare logits?"),
        (
            "logits.masked_fill(",
            "logits.masked_fill_(",
            "you changed the logits you were given",
        ),
        ("return logits.", "return p.", "logits that are kept stay as they are"),
        ("-torch.inf)", "-torch.inf)[0]", "of the shape that you were given"),
    ],
    "window_mask": [
        ("(distance >= 0) & (distance < window)", "distance < window", "the future leaks"),
        ("distance < window", "distance <= window", "the position itself counts"),
        ("distance >= 0", "distance > 0", "a position may look at itself"),
        ("& (distance < window)", "* (distance < window).float()", "return a boolean tensor"),
    ],
    "banned": [
        ("gram[:-1] == beginning", "gram[-2:-1] == beginning[-1:]", "not the last one alone"),
        ("len(ids) - n + 1 :", "-(n - 1) :", "n = 1: no token may occur twice"),
        ("for gram in grams if", "for gram in grams[:1] if", "all places count"),
        ("range(len(ids) - n + 1)", "range(0, len(ids) - n + 1, n)", "n-grams may overlap"),
        ("gram[:-1] == beginning", "gram == beginning", "compare the last n - 1 ids"),
    ],
}


def top_p() -> float:
    from transformers import TopPLogitsWarper

    logits = torch.tensor([[0.5, 0.2, 0.15, 0.1, 0.05]]).log()
    return TopPLogitsWarper(0.8)(None, logits).softmax(-1)[0, 0].item()


# By the question's title: a number, or the choices that are right.
ANSWERS: dict[str, Callable[[], float | set[str]]] = {
    "Perplexity by hand": lambda: np.exp(-np.log([1 / 2, 1 / 4, 1 / 4, 1 / 8]).mean()),
    "Top-p by hand": top_p,
    "Temperature by hand": lambda: (torch.tensor([0.8, 0.2]).log() / 0.5).softmax(0)[0].item(),
}

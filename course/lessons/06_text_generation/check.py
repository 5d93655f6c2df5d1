"""Likely mistakes in the exercises; the answers to the quiz, computed another way."""

from collections.abc import Callable

import numpy as np
import torch

# What of our solution is replaced, by what, and what the check says of it.
MISTAKES: dict[str, list[tuple[str, str, str]]] = {
    "min_p": [
        ("p < share * p.amax(-1, keepdim=True)", "p < share", "a flat row keeps all"),
        (", keepdim=True", "", "keepdim=True"),
        ("share * p", "0.5 * p", "is `share` used"),
        ("p < share", "p <= share", "does the likeliest stay"),
        ("-torch.inf", "-1e9", "gets −∞ exactly"),
        ("p = logits.softmax(-1)", "p = logits", "did you compare logits?"),
        (
            "logits.masked_fill(",
            "logits.masked_fill_(",
            "you changed the logits you were given",
        ),
        ("return logits.", "return p.", "these are probabilities"),
        ("return logits.", "logits.", "is there a `return`"),
        ("logits.masked_fill(", "logits.log_softmax(-1).masked_fill(", "stay as they are"),
        ("-torch.inf)", "-torch.inf)[0]", "of the shape that you were given"),
    ],
    "window_mask": [
        ("(distance >= 0) & (distance < window)", "distance < window", "the future leaks"),
        ("distance < window", "distance <= window", "the position itself counts"),
        ("distance >= 0", "distance > 0", "a position reads itself"),
        ("& (distance < window)", "* (distance < window).float()", "return a boolean tensor"),
    ],
    "untied": [
        ("new = copy.deepcopy(model)", "new = model", "the given model must stay tied"),
        (
            "nn.Parameter(model.wte.weight.detach().clone())",
            "model.wte.weight",
            "clone the matrix",
        ),
        (
            "    new.lm_head.weight = nn.Parameter(model.wte.weight.detach().clone())\n",
            "",
            "still tied",
        ),
        (
            "model.wte.weight.detach().clone()",
            "torch.randn_like(model.wte.weight)",
            "must start with the embeddings' numbers",
        ),
        ("model.wte.weight.detach().clone()", "new.wte.weight.detach()", "do they share memory"),
        ("model.wte.weight.detach().clone()", "model.wte.weight.detach()", "clone the matrix"),
        ("    return new", "    return new.lm_head", "return the new model"),
        ("clone())", "clone(), requires_grad=False)", "did not change the head"),
    ],
    "banned": [
        ("gram[:-1] == beginning", "gram[-2:-1] == beginning[-1:]", "not the last one alone"),
        ("len(ids) - n + 1 :", "-(n - 1) :", "n = 1: no token may occur twice"),
        ("for gram in grams if", "for gram in grams[:1] if", "all places count"),
        ("range(len(ids) - n + 1)", "range(0, len(ids) - n + 1, n)", "n-grams may overlap"),
        ("gram[:-1] == beginning", "gram == beginning", "compare the last n - 1 ids"),
        (
            "return {gram[-1] for gram in grams if gram[:-1] == beginning}",
            "return [gram[-1] for gram in grams if gram[:-1] == beginning]",
            "return a set, not list",
        ),
        ("    beginning =", "    ids.append(0)\n    beginning =", "you changed the ids"),
    ],
}


def cache_mib() -> float:
    from transformers import DynamicCache, LlamaConfig

    cache = DynamicCache(config=LlamaConfig(num_hidden_layers=24))
    for layer in range(24):
        new = torch.zeros(1, 2, 1, 64, dtype=torch.float16)  # (batch, heads, seq, d_head)
        cache.update(new, new, layer)
    each = sum(t.nbytes for layer in cache.layers for t in (layer.keys, layer.values))
    return each * 8192 / 2**20


def first_loss() -> float:
    logits = torch.randn(20_000, 500, generator=torch.Generator().manual_seed(0))
    return logits.logsumexp(-1).mean().item()  # the target's logit is 0 on average


def top_p() -> float:
    from transformers import TopPLogitsWarper

    logits = torch.tensor([[0.5, 0.2, 0.15, 0.1, 0.05]]).log()
    return TopPLogitsWarper(0.8)(None, logits).softmax(-1)[0, 0].item()


# By the question's title: a number, or the choices that are right.
ANSWERS: dict[str, Callable[[], float | set[str]]] = {
    "Perplexity by hand": lambda: np.exp(-np.log([1 / 2, 1 / 4, 1 / 4, 1 / 8]).mean()),
    "Top-p by hand": top_p,
    "The first loss": first_loss,
    "Memory of a cache": cache_mib,
    "Temperature by hand": lambda: (torch.tensor([0.8, 0.2]).log() / 0.5).softmax(0)[0].item(),
}

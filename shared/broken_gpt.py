"""Copies of notebook 06's GPT with a mistake in each, to see that a comparison finds it."""

import copy
from functools import partial

import torch
from torch import nn

MISTAKES = (
    "no mask", "norm after the addition", "no final norm", "a head of its own", "no division by √d",
    "positions from 1", "exact GELU",
)  # fmt: skip


def logits_with(mistake: str, model: nn.Module, ids: torch.Tensor) -> torch.Tensor:
    """Return the logits (1, seq, entries) of a copy of the model with a mistake in it.

    Args:
        mistake: One of MISTAKES.
        model: Notebook 06's GPT.
        ids: (1, seq).
    """
    wrong, seq = copy.deepcopy(model), ids.shape[1]
    if mistake == "no final norm":
        wrong.ln_f = nn.Identity()
    elif mistake == "a head of its own":
        wrong.lm_head.weight = nn.Parameter(torch.randn_like(wrong.lm_head.weight))
    for block in wrong.h:
        if mistake == "norm after the addition":
            block.forward = partial(_norm_after, block)
        elif mistake == "no division by √d":
            block.attn.split = partial(_unscaled, block.attn, block.attn.split)
        elif mistake == "exact GELU":
            block.mlp = partial(_exact, block)
    if mistake == "positions from 1":
        return wrong(ids, None, torch.arange(1, seq + 1))
    open_to_all = torch.ones(seq, seq, dtype=torch.bool)
    return wrong(ids, open_to_all if mistake == "no mask" else None)


def _norm_after(
    block: nn.Module, x: torch.Tensor, allowed: torch.Tensor, drop: nn.Module
) -> torch.Tensor:
    """Do what BERT's blocks do: add, then normalize."""
    x = block.ln_1(x + drop(block.attn(x, allowed)))
    return block.ln_2(x + drop(block.mlp(x)))


def _exact(block: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """Use GELU itself, where GPT-2 has an approximation of it."""
    return block.c_proj(nn.functional.gelu(block.c_fc(x)))


def _unscaled(attention: nn.Module, split: object, x: torch.Tensor) -> list[torch.Tensor]:
    """Return q, k, v, of which q undoes the division that follows."""
    q, k, v = split(x)
    return [q * q.shape[-1] ** 0.5, k, v]

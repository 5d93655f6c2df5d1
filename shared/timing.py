"""Time calls and compare them fairly, and say what a step of training holds, for notebook 08."""

import ctypes
import gc
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from shared import costs


def seconds(call: Callable, *arguments: object) -> tuple[float, object]:
    """Return how long a call takes, and its result."""
    start = time.perf_counter()
    result = call(*arguments)
    return time.perf_counter() - start, result


def give_back() -> None:
    """Return free memory to the system; with glibc many small pieces would stay."""
    gc.collect()
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        trim(0)


def in_rounds(texts: Sequence[str], rounds: int) -> list[list[str]]:
    """Return the texts in so many parts, or in one part per text if there are fewer."""
    parts = np.array_split(np.arange(len(texts)), min(rounds, len(texts)))
    return [[texts[row] for row in part] for part in parts]


def in_turn(calls: Mapping[str, Callable[[], object]], rounds: int) -> pd.DataFrame:
    """Return the milliseconds of each call, (rounds, calls); one round before is not counted."""
    took = [{name: 1000 * seconds(call)[0] for name, call in calls.items()} for _ in range(rounds)]
    return pd.DataFrame(took[1:] or took)


def by_size(
    calls: Mapping[str, Callable[[dict[str, Tensor]], object]],
    sizes: Mapping[int, tuple[int, int]],
    fields: Sequence[str],
    rounds: int = 6,
) -> pd.DataFrame:
    """Return the median milliseconds of each call for batches of several sizes, taken in turn.

    Args:
        calls: They take a batch.
        sizes: By the number of tokens: (texts, length).
        fields: Names of what a batch has.
        rounds: How often, below 128 tokens more often; the first is not counted.
    """
    rows = {}
    for n, shape in sizes.items():
        batch = {name: torch.ones(shape, dtype=torch.long) for name in fields}
        batch["input_ids"] = torch.full(shape, 5)
        if "token_type_ids" in batch:
            batch["token_type_ids"] = torch.zeros(shape, dtype=torch.long)
        bound = {name: lambda c=call, b=batch: c(b) for name, call in calls.items()}
        rows[n] = in_turn(bound, rounds * max(1, 128 // n)).median()
    return pd.DataFrame(rows).T.rename_axis("tokens")


def ladder(
    rates: Mapping[str, Sequence[float]], work: Mapping[str, Sequence[float]]
) -> pd.DataFrame:
    """Return how many times as fast each step is as the one before, and what was predicted.

    Args:
        rates: By variant, in the order of the steps: texts per second in each round.
        work: By variant, operations per text in each round, where they are known.

    Returns:
        By step: `times as fast`, the median over rounds of the ratio within a round; its `least`
        and its `most`; and `predicted`, the median ratio of the operations.
    """
    names, rows = list(rates), {}
    for before, after in pairwise(names):
        ratio = np.array(rates[after]) / np.array(rates[before])
        known = before in work and after in work
        saved = np.median(np.array(work[before]) / work[after]) if known else np.nan
        rows[f"{before} → {after}"] = {
            "times as fast": np.median(ratio), "least": ratio.min(), "most": ratio.max(),
            "predicted": saved,
        }  # fmt: skip
    return pd.DataFrame(rows).T


def why_not_compiled(asked: str, full: bool) -> str:
    """Return why `torch.compile` is not measured; empty, if it can be.

    Args:
        asked: "always", "never", or "auto": in the profile `full` alone.
        full: Whether that is the profile.
    """
    reasons = {
        "switched off": asked == "never",
        'only the profile `full` does, or try_compile="always"': asked == "auto" and not full,
        "there is no C++ compiler on this machine": not any(
            map(shutil.which, ("g++", "clang++", "c++"))
        ),
        "PyTorch is installed in a folder with a space in its name": " " in torch.__file__,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def step_megabytes(model: nn.Module, batch: dict[str, Tensor]) -> dict[str, float]:
    """Return the MB of gradients, of AdamW's moments, and of what a forward pass keeps.

    The last is that of one batch: what two batches keep, less what one keeps, since the weights
    are kept in both.
    """
    weights = [p for p in model.train().parameters() if p.requires_grad]
    twice = {name: torch.cat([value, value]) for name, value in batch.items()}
    one, two = (costs.kept_bytes(lambda b=b: model(**b).logits) for b in (batch, twice))
    optimizer = torch.optim.AdamW(weights, lr=0.0)  # a step that changes nothing
    model(**batch).logits.sum().backward()
    optimizer.step()
    moments = [t for state in optimizer.state.values() for t in state.values() if t.ndim]
    gradients = [p.grad for p in weights if p.grad is not None]
    found = {
        "gradients": sum(t.nbytes for t in gradients) / 1e6,
        "moments": sum(t.nbytes for t in moments) / 1e6,
        "kept for backward": (two - one) / 1e6,
    }
    model.eval().zero_grad()
    return found


def race_table(variants: Mapping[str, Any], bases: Sequence[str]) -> pd.DataFrame:
    """Return by variant the time of one text, the rate, its ratio to some variants, and the size.

    Args:
        variants: With `rate`, `latency` and `megabytes`, from a race.
        bases: Names of those that all are compared with; a ratio is taken within a round.
    """
    rows = {}
    for name, variant in variants.items():
        rows[name] = {
            "ms, one text": 1000 * np.median(variant.latency), "texts/s": np.median(variant.rate),
            **{f"× {base}": np.median(np.array(variant.rate) / variants[base].rate)
               for base in bases}, "MB": variant.megabytes,
        }  # fmt: skip
    return pd.DataFrame(rows).T

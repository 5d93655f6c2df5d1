"""The figures of notebook 06, and the numbers with intervals that they show."""

import math
import time
from collections.abc import Mapping

import numpy as np
import pandas as pd
import torch
from matplotlib import pyplot as plt
from transformers import PreTrainedModel

from shared import plots


def bits(losses: np.ndarray, characters: np.ndarray) -> float:
    """Return bits per character of texts with these losses, in nats, and lengths: both (texts,)."""
    return float(losses.sum() / math.log(2) / characters[: len(losses)].sum())


def interval(losses: np.ndarray, characters: np.ndarray) -> list[float]:
    """Return the 95 % interval of `bits`, from 1,000 samples of whole texts."""
    draws = np.random.default_rng(0).integers(len(losses), size=(1000, len(losses)))
    values = [bits(losses[rows], characters[rows]) for rows in draws]
    return np.quantile(values, [0.025, 0.975]).tolist()


def mean_interval(x: np.ndarray) -> list[float]:
    """Return a mean and its 95 % interval, from 2,000 samples of its entries."""
    draws = np.random.default_rng(0).integers(len(x), size=(2000, len(x)))
    return [float(x.mean()), *np.quantile(x[draws].mean(1), [0.025, 0.975]).tolist()]


@torch.inference_mode()
def seconds_per_token(model: PreTrainedModel, n: int, use_cache: bool) -> float:
    """Return the least time of one more token after n: other work on the machine only adds."""
    ids, seconds = torch.randint(100, (1, n + 1)), []
    past = model(ids[:, :n], use_cache=True).past_key_values if use_cache else None
    for _ in range(5 if use_cache else 2):
        begun = time.perf_counter()
        model(ids[:, n:] if use_cache else ids, past_key_values=past, use_cache=use_cache)
        seconds.append(time.perf_counter() - begun)
        if use_cache:
            past.crop(-1)  # forget the token again
    return min(seconds)


def show_bits(table: pd.DataFrame) -> None:
    """Show bits per character: a row for each model, with `bits per character`, `from`, `to`."""
    figure, axis = plt.subplots(figsize=(7, 3.4))
    value = table["bits per character"]
    for place, (name, row) in enumerate(table.iterrows()):
        kind = 0 if "gram" in name else 1 if name == "our GPT" else 2
        low, high = row["from"], row["to"]
        axis.errorbar(
            value[name], -place, xerr=[[value[name] - low], [high - value[name]]], fmt="os^"[kind],
            color=plots.COLOURS[kind], markersize=7, capsize=3,
        )  # fmt: skip
        axis.annotate(f"{value[name]:.2f}", (high, -place), (7, -4), textcoords="offset points")
    counts = [name for name in table.index if "gram" in name]
    beaten = sum(value["our GPT"] < value[name] for name in counts)
    axis.set_yticks(-np.arange(len(table)), [plots.literal(name) for name in table.index])
    axis.set(
        title=f"Our GPT beats {beaten} of {len(counts)} n-grams",
        xlabel="bits per character of test texts (fewer is better)",
    )
    axis.set_xlim(right=axis.get_xlim()[1] + 0.2)
    said = ", ".join(f"{name} {number:.2f}" for name, number in value.items())
    plots.show(figure, f"Bits per character on test texts, with 95 % intervals: {said}.")


def show_overfitting(seen: np.ndarray, unseen: np.ndarray) -> None:
    """Show two losses, each (passes + 1,), and where the second is least."""
    figure, axis = plt.subplots(figsize=(7, 3.2))
    best = int(unseen.argmin())
    axis.plot(seen, "o-", label="the training texts")
    axis.plot(unseen, "s--", label="validation texts")
    axis.axvline(best, color="0.4", linestyle=":", linewidth=1.5)
    axis.set(
        title=f"Training loss falls on; validation loss is least after pass {best}",
        xlabel="passes over the texts", ylabel="loss (nats per token)",
    )  # fmt: skip
    axis.legend()
    plots.show(
        figure,
        f"Training loss falls to {seen[-1]:.2f}; validation loss is least, {unseen[best]:.2f}, "
        f"after pass {best}, and rises to {unseen[-1]:.2f}.",
    )


def show_likelihoods(likely: Mapping[str, np.ndarray]) -> None:
    """Show mean log p per token of each method's texts, each (texts,), and of `a person`'s."""
    figure, axis = plt.subplots(figsize=(7, 3.4))
    for place, (name, each) in enumerate(likely.items()):
        middle, low, high = mean_interval(each)
        colour = plots.COLOURS[1 if name == "a person" else 0]
        axis.plot(each, np.full(len(each), -place), "o", alpha=0.25, color=colour, markersize=5)
        axis.errorbar(
            middle, -place, xerr=[[middle - low], [high - middle]], fmt="D", color=colour, capsize=4
        )
        axis.annotate(
            f"{middle:.1f}", (middle, -place), (0, 8), textcoords="offset points", ha="center"
        )
    person = likely["a person"].mean()
    methods = [name for name in likely if name != "a person"]
    nearest = min(methods, key=lambda name: abs(likely[name].mean() - person))
    axis.set_yticks(-np.arange(len(likely)), list(likely))
    axis.set_ylim(-len(likely) + 0.4, 0.7)
    axis.set(
        title=f"Search writes likelier text than people do; {nearest} is nearest",
        xlabel="mean log p per token, by the model itself",
    )
    said = ", ".join(f"{name} {each.mean():.1f}" for name, each in likely.items())
    plots.show(figure, f"Mean log p per token, with 95 % intervals over openings: {said}.")

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
from shared.intervals import ratio_interval


def bits(losses: np.ndarray, characters: np.ndarray) -> float:
    """Return bits per character of texts with these losses, in nats, and lengths: both (texts,)."""
    return float(losses.sum() / math.log(2) / characters[: len(losses)].sum())


def interval(losses: np.ndarray, characters: np.ndarray) -> list[float]:
    """Return the 95 % interval of `bits`, from 1,000 samples of whole texts."""
    return [end / np.log(2) for end in ratio_interval(losses, characters, draws=1000)]


def mean_interval(x: np.ndarray) -> list[float]:
    """Return a mean and its 95 % interval, from 2,000 samples of its entries."""
    return [float(x.mean()), *ratio_interval(x, np.ones(len(x)))]


@torch.inference_mode()
def seconds_per_token(model: PreTrainedModel, n: int, use_cache: bool) -> float:
    """Return the least time of one more token after n: other work on the machine only adds."""
    ids, seconds = torch.randint(100, (1, n + 1)), []
    past = model(ids[:, :n], logits_to_keep=1).past_key_values if use_cache else None
    for _ in range(5 if use_cache else 2):
        begun = time.perf_counter()
        new = ids[:, n:] if use_cache else ids
        model(new, past_key_values=past, use_cache=use_cache, logits_to_keep=1)
        seconds.append(time.perf_counter() - begun)
        if use_cache:
            past.crop(-1)  # forget the token again
    return min(seconds)


def _against(difference: float) -> str:
    return f"{abs(difference):.2f} {'behind' if difference > 0 else 'ahead of'}"


def show_passes(by_passes: Mapping[int, float], table: pd.DataFrame) -> None:
    """Show bits per character after so many passes, with the n-grams of `table` as lines."""
    figure, axis = plt.subplots(figsize=(7, 3.4))
    value, passes = table["bits per character"], sorted(by_passes)
    for n in (2, 3, 4):
        axis.axhline(value[f"{n}-gram"], color="0.4", linestyle="--", linewidth=1.2)
        at = (passes[0] * 0.82, value[f"{n}-gram"])
        axis.annotate(f"{n}-gram", at, (0, 3), textcoords="offset points")
    axis.plot(passes, [by_passes[n] for n in passes], "s-", color=plots.COLOURS[1])
    for n in passes:
        up = 7 if by_passes[n] > value["2-gram"] else -17  # no label covers the bigram's line
        said = f"{by_passes[n]:.2f}"
        axis.annotate(said, (n, by_passes[n]), (0, up), textcoords="offset points", ha="center")
    last = by_passes[passes[-1]]
    ahead = max((n for n in (1, 2, 3, 4) if last < value[f"{n}-gram"]), default=0)
    axis.set_xscale("log", base=2)
    axis.set_xticks(passes, [str(n) for n in passes])
    axis.set_xlim(passes[0] * 0.8, passes[-1] * 1.15)
    axis.set_ylim(top=max([*by_passes.values(), value["2-gram"]]) + 0.08)
    axis.set(title=f"After {passes[-1]} passes our GPT is ahead of the {ahead}-gram, no more",
             xlabel="passes over the training text, each a training of its own",
             ylabel="bits per character")  # fmt: skip
    said = ", ".join(f"{n} passes {by_passes[n]:.2f}" for n in passes)
    lines = ", ".join(f"{n}-gram {value[f'{n}-gram']:.2f}" for n in (2, 3, 4))
    plots.show(figure, f"Bits per character of our GPT: {said}. Lines: {lines}.")


def show_bits(table: pd.DataFrame, passes: int) -> None:
    """Show bits per character: a row for each model, with `from`, `to` and `texts`."""
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
    most = table["texts"].max()
    few = ["" if n == most else f"\n(first {n:.0f} texts)" for n in table["texts"]]
    names = [plots.literal(name) + note for name, note in zip(table.index, few, strict=True)]
    axis.set_yticks(-np.arange(len(table)), names)
    often = "1 pass" if passes == 1 else f"{passes} passes"
    pair, triple = (value["our GPT"] - value[f"{n}-gram"] for n in (2, 3))
    axis.set(
        title=f"{often}: {_against(pair)} the bigram, {_against(triple)} the trigram",
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
            f"{middle:.1f}".replace("-", "−"),
            (middle, -place),
            (0, 8),
            textcoords="offset points",
            ha="center",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
        )
    axis.axvline(likely["a person"].mean(), color=plots.COLOURS[1], linestyle=":", linewidth=1.5)
    axis.set_yticks(-np.arange(len(likely)), list(likely))
    axis.set_ylim(-len(likely) + 0.4, 0.9)
    axis.set(
        title="Search writes far likelier text than sampling and people do",
        xlabel="mean log p per token, by the model itself",
    )
    said = ", ".join(f"{name} {each.mean():.1f}" for name, each in likely.items())
    plots.show(figure, f"Mean log p per token, with 95 % intervals over openings: {said}.")

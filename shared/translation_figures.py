"""Figures of notebook 14."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt

from shared import plots

Scored = tuple[float, tuple[float, float]]  # a value and its interval
MARKERS = "osD^vP"


def lengths(words: pd.Series, most: int) -> None:
    """Show how many sources have how many words, and which of them are used."""
    shown = np.bincount(words.clip(upper=25), minlength=26)[1:]
    figure, axis = plt.subplots(figsize=(4.8, 2.8), layout="constrained")
    colours = [plots.COLOURS[0] if n <= most else "lightgrey" for n in range(1, 26)]
    axis.bar(range(1, 26), shown, color=colours)
    share = (words <= most).mean()
    axis.set(xlabel="words of the source (25: 25 or more)", ylabel="training pairs")
    axis.set_title(f"{share:.0%} of the sources are used (blue)", fontsize=12)
    plots.show(
        figure,
        alt=f"Histogram of source lengths in words; median {words.median():.0f}. Used are those of "
        f"up to {most} words, {share:.0%} of all.",
    )


def losses(values: Sequence[float], chance: float) -> None:
    """Show the training loss by step, with the line of a model that knows nothing."""
    width = max(1, len(values) // 40)
    smooth = pd.Series(values).rolling(width, min_periods=1).mean()
    figure, axis = plt.subplots(figsize=(4.8, 2.8), layout="constrained")
    axis.plot(range(1, len(values) + 1), smooth, color=plots.COLOURS[0])
    axis.axhline(chance, color="black", linestyle="--")
    axis.text(len(values), chance + 0.1, "all pieces equally likely", ha="right", va="bottom")
    axis.set(xlabel="step", ylabel="loss (nats per piece)", ylim=(0, None))
    axis.grid(visible=False)
    axis.set_title(
        f"The loss falls from {smooth.iloc[0]:.1f} to {smooth.iloc[-1]:.1f}", fontsize=12
    )
    plots.show(
        figure,
        alt=f"Training loss by step, a mean over {width} steps: from {smooth.iloc[0]:.1f} to "
        f"{smooth.iloc[-1]:.1f}; a model that knows nothing has {chance:.1f}.",
    )


def systems(rows: Mapping[str, Mapping[str, Scored]], lead: pd.DataFrame) -> None:
    """Show BLEU and chrF of each system with intervals; the title says what paired ones find.

    Args:
        rows: By system and metric.
        lead: The network's lead over (system, metric): columns `from` and `to`.
    """
    metrics = list(next(iter(rows.values())))
    found = []
    for metric in metrics:
        behind = [n for n in ("memory", "word by word") if lead.loc[(n, metric), "to"] < 0]
        ahead = [n for n in ("memory", "word by word") if lead.loc[(n, metric), "from"] > 0]
        said = [f"behind {' and '.join(behind)}"] if behind else []
        said += [f"ahead of {' and '.join(ahead)}"] if ahead else []
        said = said or ["no difference from memory or word by word"]
        found.append(f"by {metric} {' and '.join(said)}")
    title = "The Transformer: " + ",\n".join(found)
    figure, axes = plt.subplots(
        1, len(metrics), figsize=(5.2, 3.2), layout="constrained", sharey=True
    )
    for axis, metric in zip(axes, metrics, strict=True):
        for y, of in enumerate(rows.values()):
            value, (low, high) = of[metric]
            axis.errorbar(value, y, xerr=[[max(value - low, 0)], [max(high - value, 0)]], capsize=3,
                          fmt=MARKERS[y], color=plots.COLOURS[y])  # fmt: skip
        most = max(of[metric][1][1] for of in rows.values())
        axis.set(
            xlabel=metric,
            xlim=(0, 1.12 * most),
            xticks=range(0, int(most) + 1, 20),
            yticks=range(len(rows)),
            yticklabels=list(rows),
        )
        axis.set_ylim(len(rows) - 0.5, -0.5)
    figure.suptitle(title, fontsize=11, x=0.02, ha="left")
    said = "; ".join(
        f"{name}: "
        + ", ".join(f"{m} {v:.1f} ({a:.1f} to {b:.1f})" for m, (v, (a, b)) in of.items())
        for name, of in rows.items()
    )
    plots.show(figure, alt=f"BLEU and chrF of each system with 95 % intervals. {said}.")


def by_similarity(rows: Mapping[str, Sequence[np.ndarray]], similarity: Sequence[float]) -> None:
    """Show the mean chrF of single strings by the similarity of the nearest training source."""
    figure, axis = plt.subplots(figsize=(4.8, 3.4), layout="constrained")
    said = []
    for number, (name, parts) in enumerate(rows.items()):
        means = [part.mean() for part in parts]
        half = [1.96 * part.std() / np.sqrt(len(part)) for part in parts]
        axis.errorbar(similarity, means, yerr=half, fmt=f"{MARKERS[number]}-", capsize=3,
                      label=name, color=plots.COLOURS[number + 1])  # fmt: skip
        said.append(f"{name} " + ", ".join(f"{mean:.0f}" for mean in means))
    rise = {name: parts[-1].mean() - parts[0].mean() for name, parts in rows.items()}
    most = max(rise, key=rise.get)
    axis.set(xlabel="chrF of the nearest training source", ylabel="mean chrF per string")
    axis.set_title(f"{most[0].upper()}{most[1:]} gains most from a similar source", fontsize=12)
    axis.legend(frameon=False)
    means = "; ".join(said)
    plots.show(
        figure,
        alt=f"Mean chrF in quarters of rising similarity, with intervals over strings. {means}.",
    )


def alignments(rows: Mapping[str, Scored]) -> None:
    """Show alignment error rates with intervals, the smallest first."""
    order = sorted(rows, key=lambda name: rows[name][0])
    figure, axis = plt.subplots(figsize=(5.2, 0.36 * len(rows) + 1.4), layout="constrained")
    for y, name in enumerate(order):
        value, (low, high) = rows[name]
        starts = ("layer", "IBM", "untrained", "")
        kind = next(k for k, start in enumerate(starts) if name.startswith(start))
        axis.errorbar(value, y, xerr=[[value - low], [high - value]], fmt=MARKERS[kind], capsize=3,
                      color=plots.COLOURS[kind])  # fmt: skip
    axis.set(yticks=range(len(order)), yticklabels=order, xlim=(0, 1))
    axis.set(xlabel="alignment error rate (0: perfect)", ylim=(len(order) - 0.5, -0.5))
    best = next(name for name in order if name.startswith("layer") and "none" not in name)
    first = [n for n in ("diagonal", "same string") if rows[n][1][1] < rows[best][1][0]]
    title = f"Lowest error of attention: {rows[best][0]:.2f}"
    if first:
        named = " and ".join(f"{n} ({rows[n][0]:.2f})" for n in first)
        title += f",\nbehind {named}"
    figure.suptitle(title, fontsize=11, x=0.02, ha="left")
    found = {name: (rows[name][0], *rows[name][1]) for name in order}
    said = "; ".join(f"{name} {v:.2f} ({a:.2f} to {b:.2f})" for name, (v, a, b) in found.items())
    plots.show(figure, alt=f"Alignment error rates with 95 % intervals over sentences: {said}.")


def crossing(
    weights: np.ndarray, source: Sequence[str], target: Sequence[str],
    sure: set[tuple[int, int]], possible: set[tuple[int, int]], name: str,
) -> None:  # fmt: skip
    """Show attention (target, source) of a sentence, with the reference's links as frames."""
    figure, axis = plt.subplots(figsize=(5, 0.42 * len(target) + 1.6), layout="constrained")
    sns.heatmap(weights, ax=axis, cmap=plots.SEQUENTIAL, vmin=0, vmax=weights.max(),
                xticklabels=list(source), yticklabels=list(target))  # fmt: skip
    for i, j in possible:
        style = "-" if (i, j) in sure else ":"
        axis.add_patch(plt.Rectangle((i + 0.06, j + 0.06), 0.88, 0.88, fill=False, linewidth=3,
                                     edgecolor=plots.COLOURS[3], linestyle=style))  # fmt: skip
    right = sum((int(row.argmax()), j) in possible for j, row in enumerate(weights))
    axis.set_title(f"The strongest weight ({name}) is a link\nfor {right} of {len(target)} words",
                   fontsize=12)  # fmt: skip
    axis.set_xticks(axis.get_xticks(), list(source), rotation=60, ha="right",
                    rotation_mode="anchor")  # fmt: skip
    axis.tick_params(axis="y", rotation=0)
    plots.show(
        figure,
        alt=f"Attention from {' '.join(target)} to {' '.join(source)}; frames are the links of "
        f"the reference. The strongest weight is a link for {right} of {len(target)} words.",
    )

"""The figures of notebook 10."""

from collections.abc import Callable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy import stats

from shared import plots
from shared.small_samples import median_interval, student

MARKS = "osD^v*P"
BLUE, ORANGE, GREEN, GREY = plots.COLOURS[0], plots.COLOURS[1], plots.COLOURS[2], "#555555"


def exposure_figure(
    series: Mapping[str, Mapping[int, Sequence[float]]], most: float, title: str, alt: str
) -> None:
    """Draw exposures by copies, one line for each training: medians, intervals, each secret.

    Args:
        series: By training, then by copies: the exposures, in bits.
        most: Bits of the first of all codes.
        title: The finding.
        alt: For those who do not see it.
    """
    figure, axis = plt.subplots(figsize=(8, 4.2), layout="constrained")
    for i, (name, found) in enumerate(series.items()):
        places = np.arange(len(found)) + (i - (len(series) - 1) / 2) * 0.16
        low, middle, high = (
            np.array([median_interval(v)[k] for v in found.values()]) for k in (1, 0, 2)
        )
        for place, values in zip(places, found.values(), strict=True):
            axis.plot([place] * len(values), values, ".", color=plots.COLOURS[i], alpha=0.25)
        axis.errorbar(
            places, middle, [middle - low, high - middle], fmt=f"{MARKS[i]}-", capsize=4,
            color=plots.COLOURS[i], label=name,
        )  # fmt: skip
    axis.axhline(1, linestyle="--", color=GREY, label="median by chance")
    axis.axhline(most, linestyle=":", color="black", label="first of all codes")
    axis.set_xticks(np.arange(len(found)), found)
    axis.set(title=title, xlabel="copies in the training text", ylabel="exposure (bits)")
    axis.set_ylim(-0.5, most + 1)
    figure.legend(loc="outside right upper")
    plots.show(figure, alt)


def phi_figure(inside: np.ndarray, outside: np.ndarray, title: str) -> None:
    """Draw φ of one text under models that saw it, and under models that did not."""
    figure, axis = plt.subplots(figsize=(7, 3.2), layout="constrained")
    ends = min(outside.min(), inside.min()) - 2, max(outside.max(), inside.max()) + 2
    grid = np.linspace(*ends, 400)
    for values, name, colour, line, mark in (
        (outside, "not trained on it", BLUE, "-", "o"),
        (inside, "trained on it", ORANGE, "--", "s"),
    ):  # fmt: skip
        curve = stats.norm.pdf(grid, values.mean(), values.std(ddof=1))
        axis.plot(grid, curve, line, color=colour, label=f"{len(values)} models {name}")
        axis.plot(values, np.full(len(values), 0.02 * curve.max()), mark, color=colour, alpha=0.7)
    axis.set(title=title, xlabel="φ of this text (log odds of its class)", ylabel="density")
    axis.legend()
    plots.show(figure, "Gaussian curves through one text's values of φ: under models trained "
               "on the text it is higher than under models that were not.")  # fmt: skip


def roc_figure(
    curves: Mapping[str, np.ndarray], grid: np.ndarray, area: pd.DataFrame, gap: Sequence[float],
    titles: Sequence[str],
) -> None:  # fmt: skip
    """Draw mean ROC curves on logarithmic axes; below, areas against the gap in accuracy.

    Args:
        curves: By attack, the true-positive rates on the grid.
        grid: False-positive rates.
        area: A column for each attack, a row for each epoch: (mean, half width).
        gap: In accuracy, of each epoch.
        titles: Of the two parts: what they show.
    """
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(6.4, 8), layout="constrained")
    for i, (name, curve) in enumerate(curves.items()):
        top.plot(grid, np.where(curve > 0, curve, np.nan), ["-", "-.", ":"][i], lw=2, label=name)
        means, halves = np.array(area[name].tolist()).T
        bottom.errorbar(gap, means, halves, marker=MARKS[i], capsize=3, label=name)
    top.plot(grid, grid, "--", color=GREY, label="guessing")
    top.set(
        xscale="log", yscale="log", title=titles[0], xlabel="false-positive rate",
        ylabel="true-positive rate",
    )  # fmt: skip
    top.legend()
    for place, epoch in zip(gap, area.index, strict=True):
        bottom.text(place, 0.508, f"{epoch}", ha="center", size=10)
    bottom.axhline(0.5, linestyle="--", color=GREY)
    bottom.set(
        title=titles[1], ylabel="area under ROC",
        xlabel="gap in accuracy, members − others (numbers: epochs)",
    )  # fmt: skip
    bottom.margins(x=0.1)
    plots.show(
        figure, "Above: mean ROC curves with logarithmic axes; at 1 % false alarms LiRA finds "
        "several times as many members as guessing, the loss threshold no more than guessing. "
        "Below: area under the curve against the gap in accuracy after 1, 3, 10 and 30 epochs.",
    )  # fmt: skip


def differences_figure(rows: pd.DataFrame, title: str, unit: str) -> None:
    """Draw paired differences with simultaneous intervals, one row each.

    Args:
        rows: Columns mean and half; the index names the rows.
        title: The finding.
        unit: What the axis shows.
    """
    figure, axis = plt.subplots(figsize=(8, 0.55 * len(rows) + 1.3), layout="constrained")
    places = np.arange(len(rows))[::-1]
    axis.errorbar(rows["mean"], places, xerr=rows["half"], fmt="o", capsize=4, color=BLUE)
    axis.axvline(0, linestyle="--", color=GREY)
    axis.set_yticks(places, rows.index)
    axis.set(title=title, xlabel=unit)
    axis.margins(y=0.15)
    said = "; ".join(f"{n}: {r['mean']:+.3f} ± {r['half']:.3f}" for n, r in rows.iterrows())
    plots.show(figure, f"{unit}, with intervals. {said}.")


def tradeoff_figure(
    reports: Mapping[str, pd.DataFrame], columns: Mapping[str, float], titles: Sequence[str]
) -> None:
    """Draw the success of an attack against accuracy, a panel for each measure.

    Args:
        reports: By training, a row for each model, with `accuracy` and the measures.
        columns: The measures, and what guessing gives.
        titles: Of the panels.
    """
    figure, axes = plt.subplots(2, 1, figsize=(6.4, 9), layout="constrained", sharex=True)
    for axis, (column, guess), title in zip(axes, columns.items(), titles, strict=True):
        for i, (name, r) in enumerate(reports.items()):
            (px, dx), (py, dy) = student(r["accuracy"]), student(r[column])
            axis.errorbar(
                px, py, dy, dx, fmt=MARKS[i], ms=8, capsize=2, color=plots.COLOURS[i], label=name
            )
        axis.axhline(guess, linestyle="--", color=GREY)
        axis.set(title=title, ylabel=column)
    axes[-1].set_xlabel("accuracy on unseen texts")
    handles, names = axes[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower left", ncols=2, fontsize=10)
    said = "; ".join(
        f"{name}: accuracy {r['accuracy'].mean():.3f}, "
        + ", ".join(f"{column} {r[column].mean():.3f}" for column in columns)
        for name, r in reports.items()
    )
    plots.show(figure, f"Success of LiRA against accuracy. {said}.")


def bound_figure(
    curves: Mapping[str, np.ndarray], grid: np.ndarray,
    bounds: Mapping[str, Callable[[np.ndarray], np.ndarray]], title: str,
) -> None:  # fmt: skip
    """Draw, for each budget, the ROC curve of the best attack and the curve that no attack passes.

    Args:
        curves: By budget, mean true-positive rates on the grid.
        grid: False-positive rates.
        bounds: By budget, the largest true-positive rate at a false-positive rate.
        title: The finding.
    """
    figure, axis = plt.subplots(figsize=(7.5, 4.4), layout="constrained")
    for i, (name, curve) in enumerate(curves.items()):
        colour = plots.COLOURS[i]
        axis.plot(grid, np.where(curve > 0, curve, np.nan), color=colour, label=f"LiRA, {name}")
        axis.plot(grid, bounds[name](grid), ["--", "-.", ":"][i], color=colour, lw=2,
                  label=f"bound, {name}")  # fmt: skip
    axis.plot(grid, grid, color=GREY, lw=1, label="guessing")
    axis.set(xscale="log", yscale="log", title=title, xlabel="false-positive rate",
             ylabel="true-positive rate")  # fmt: skip
    figure.legend(loc="outside right center")
    plots.show(figure, "ROC curves of LiRA for three budgets, below the bounds of the proof; "
               "for the two larger budgets the bound is at 1 nearly everywhere.")  # fmt: skip


def context_figure(curves: Mapping[str, np.ndarray], contexts: Sequence[str], title: str) -> None:
    """Draw the share of tokens guessed against the length of the context.

    Args:
        curves: By kind of text, (texts, contexts): one thin line a text, one thick for their mean.
        contexts: Names of the ranges of lengths.
        title: The finding.
    """
    figure, axis = plt.subplots(figsize=(9, 4), layout="constrained")
    for i, (kind, values) in enumerate(curves.items()):
        axis.plot(values.T, color=plots.COLOURS[i], lw=1, alpha=0.5)
        axis.plot(values.mean(0), f"{MARKS[i]}-", color=plots.COLOURS[i], lw=2.5, label=kind)
    axis.set_xticks(range(len(contexts)), contexts)
    axis.set(title=title, xlabel="tokens of context", ylabel="next token guessed")
    axis.set_ylim(0, 1)
    figure.legend(loc="outside right center")
    said = "; ".join(
        f"{kind}: {', '.join(f'{v:.2f}' for v in values.mean(0))}"
        for kind, values in curves.items()
    )
    plots.show(figure, f"Share of next tokens guessed right by length of context. {said}.")

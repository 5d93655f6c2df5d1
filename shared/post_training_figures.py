"""Figures of notebook 16."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt

from shared import plots
from shared.intervals import wilson

HATCHES = ("", "//", "..", "xx")
MARKERS = "osD^"


def stacked(shares: Mapping[str, Mapping[str, float]], title: str, xlabel: str) -> None:
    """Show for each training how its answers divide into kinds."""
    figure, axis = plt.subplots(figsize=(4.9, 0.5 * len(shares) + 1.5), layout="constrained")
    kinds = list(next(iter(shares.values())))
    left = np.zeros(len(shares))
    for number, kind in enumerate(kinds):
        values = np.array([row.get(kind, 0.0) for row in shares.values()])
        axis.barh(list(shares), values, left=left, label=kind, hatch=HATCHES[number % 4],
                  color=plots.COLOURS[(0, 1, 8, 7)[number % 4]], edgecolor="white")  # fmt: skip
        left += values
    axis.invert_yaxis()
    axis.set(xlabel=xlabel, xlim=(0, 1))
    axis.set_title(title, fontsize=12, loc="left", x=-0.25)
    axis.grid(axis="y", visible=False)
    figure.legend(frameon=False, ncols=4, loc="outside lower center", fontsize=10,
                  handlelength=1.2, columnspacing=1.2)  # fmt: skip
    told = "; ".join(
        f"{name}: " + ", ".join(f"{k} {v:.0%}" for k, v in row.items())
        for name, row in shares.items()
    )
    plots.show(figure, alt=f"{title}. {told}.")


def curves(lines: Mapping[str, Sequence[float]], title: str, ylabel: str,
           level: tuple[str, float] | None = None) -> None:  # fmt: skip
    """Show numbers by step, and a level that they are compared with."""
    figure, axis = plt.subplots(figsize=(4.9, 3.7), layout="constrained")
    lines = {name: list(values) for name, values in lines.items()}
    for number, (name, values) in enumerate(lines.items()):
        axis.plot(range(1, len(values) + 1), values, f"{MARKERS[number % 4]}-", label=name,
                  color=plots.COLOURS[(0, 1, 2, 4)[number % 4]], markersize=4)  # fmt: skip
    if level:
        axis.axhline(level[1], color="black", linestyle="--", linewidth=1, label=level[0])
    axis.set(xlabel="step", ylabel=ylabel)
    axis.set_title(title, fontsize=12, loc="left")
    figure.legend(frameon=False, ncols=2, loc="outside lower center", fontsize=10)
    told = "; ".join(f"{name}: from {v[0]:.2f} to {v[-1]:.2f}" for name, v in lines.items())
    plots.show(figure, alt=f"{title}. {told}.")


def seeds(
    rows: Mapping[str, Sequence[tuple[float, float, float]]], title: str, xlabel: str
) -> None:
    """Show a share of several trainings: each seed with its interval over texts, and their mean.

    Args:
        rows: By training, of each seed the share and the ends of its interval.
        title: The finding.
        xlabel: What the share is.
    """
    figure, axis = plt.subplots(figsize=(4.9, 0.6 * len(rows) + 1.3), layout="constrained")
    for number, values in enumerate(rows.values()):
        colour = plots.COLOURS[number % 10]
        for seed, (share, low, high) in enumerate(values):
            at = number + 0.2 * (seed - (len(values) - 1) / 2)
            axis.plot([low, high], [at, at], color=colour, linewidth=1)
            axis.plot(share, at, MARKERS[number % 4], color=colour)
        mean = np.mean([share for share, *_ in values])
        axis.plot([mean] * 2, [number - 0.35, number + 0.35], color="black", linewidth=2)
    axis.set_yticks(range(len(rows)), list(rows))
    axis.set(xlabel=xlabel, xlim=(-0.03, 1.03), ylim=(len(rows) - 0.4, -0.6))
    axis.set_title(title, fontsize=12, loc="left", x=-0.25)
    axis.grid(axis="y", visible=False)
    told = "; ".join(
        f"{name}: " + ", ".join(f"{s:.2f} ({low:.2f} to {high:.2f})" for s, low, high in values)
        for name, values in rows.items()
    )
    plots.show(figure, alt=f"{title}. By seed, with 95 % intervals over answers. {told}.")


def reliability(
    sure: np.ndarray, right: np.ndarray, bins: Sequence[np.ndarray], title: str
) -> None:
    """Show accuracy against mean confidence in bins, with Wilson's 95 % intervals.

    Args:
        sure: The confidence of each answer, (n,).
        right: Which of them are right, (n,).
        bins: The rows of each bin.
        title: The finding.
    """
    figure, axis = plt.subplots(figsize=(4.9, 3.7), layout="constrained")
    told = []
    for number, rows in enumerate(bins):
        x, share = sure[rows].mean(), right[rows].mean()
        low, high = wilson(int(right[rows].sum()), len(rows))
        axis.errorbar(x, share, [[share - low], [high - share]], fmt="o", capsize=4,
                      color=plots.COLOURS[0], label="" if number else "pairs")  # fmt: skip
        told.append(f"{x:.2f}: {share:.2f} ({low:.2f} to {high:.2f})")
    axis.plot([0.5, 1], [0.5, 1], "--", color="black", linewidth=1, label="calibrated")
    axis.set(xlabel="mean confidence", ylabel="accuracy", xlim=(0.48, 1.02), ylim=(0.3, 1.03))
    axis.set_title(title, fontsize=12, loc="left")
    figure.legend(frameon=False, ncols=2, loc="outside lower center", fontsize=10)
    plots.show(figure, alt=f"{title}. Confidence and accuracy in parts: {'; '.join(told)}.")

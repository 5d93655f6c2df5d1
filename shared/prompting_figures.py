"""Figures of notebook 15."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt

from shared import plots

MARKERS = "osD^vP*X"
Interval = tuple[float, float, float]  # value, low, high


def _forest(axis: plt.Axes, rows: Mapping[str, Interval]) -> None:
    for number, (value, low, high) in enumerate(rows.values()):
        axis.errorbar(value, number, xerr=[[max(value - low, 0)], [max(high - value, 0)]],
                      fmt=MARKERS[number % len(MARKERS)], color=plots.COLOURS[number % 10],
                      capsize=3, markersize=7)  # fmt: skip
    axis.set_yticks(range(len(rows)), list(rows))
    axis.set_ylim(len(rows) - 0.5, -0.5)
    axis.grid(axis="y", visible=False)


def _told(rows: Mapping[str, Interval]) -> str:
    return "; ".join(f"{name.replace(chr(10), ' ')}: {v:.2f} ({low:.2f} to {high:.2f})"
                     for name, (v, low, high) in rows.items())  # fmt: skip


def accuracies(rows: Mapping[str, Interval], chance: float, title: str, n: int) -> None:
    """Show accuracies with intervals beside the line of the commonest class."""
    figure, axis = plt.subplots(figsize=(4.8, 0.5 * len(rows) + 1.5), layout="constrained")
    _forest(axis, rows)
    axis.axvline(chance, color="black", linestyle="--", linewidth=1)
    axis.text(chance, -0.42, " commonest class", fontsize=9, va="top")
    axis.set(xlabel=f"accuracy on {n} test texts, 95 % interval", xlim=(0.3, 1))
    axis.set_title(title, fontsize=12, loc="left", x=-0.3)
    plots.show(figure, alt=f"Accuracies. {_told(rows)}. The commonest class alone has "
               f"{chance:.2f}.")  # fmt: skip


def margins(odds: np.ndarray, truth: np.ndarray, names: Sequence[str],
            thresholds: Mapping[str, float]) -> None:  # fmt: skip
    """Show log-odds of two classes, with thresholds."""
    figure, axis = plt.subplots(figsize=(4.8, 3.6), layout="constrained")
    edges = np.linspace(odds.min(), odds.max(), 25)
    for label, hatch in ((0, "//"), (1, "")):
        axis.hist(
            odds[truth == label], edges, alpha=0.6, color=plots.COLOURS[label * 2 + 1],
            hatch=hatch, edgecolor="black", linewidth=0.4, label=f"true: {names[label]}",
        )  # fmt: skip
    for number, (name, value) in enumerate(thresholds.items()):
        axis.axvline(value, color="black", linestyle=("-", "--", ":")[number], label=name)
    called = np.mean(odds > 0)
    axis.set(xlabel=f"log-odds of “{names[1]}”", ylabel="texts")
    axis.set_title(f"With the threshold at 0, {called:.0%} are called {names[1]}", fontsize=12)
    axis.legend(frameon=False, fontsize=9)
    said = ", ".join(f"{name} at {value:.2f}" for name, value in thresholds.items())
    plots.show(figure, alt=f"Histograms of log-odds of the two true classes, which overlap. "
               f"Thresholds: {said}. At 0, {called:.0%} are called {names[1]}.")  # fmt: skip


def shots(curves: Mapping[str, Mapping[int, Sequence[float]]], chance: float,
          title: str) -> None:  # fmt: skip
    """Show accuracy by number of examples: each draw, and the mean of the draws."""
    figure, axis = plt.subplots(figsize=(4.8, 4.2), layout="constrained")
    told = []
    for number, (name, by_shots) in enumerate(curves.items()):
        ks = sorted(by_shots)
        colour = plots.COLOURS[(0, 1, 2, 4)[number % 4]]
        place = {k: np.log2(k + 1) + 0.06 * (number - 1) for k in ks}
        for k in ks:
            axis.plot([place[k]] * len(by_shots[k]), by_shots[k], MARKERS[number], color=colour,
                      markersize=5, alpha=0.6)  # fmt: skip
        means = [float(np.mean(by_shots[k])) for k in ks]
        axis.plot(
            [place[k] for k in ks], means, ("-", "--", ":", "-.")[number % 4], color=colour,
            label=name, marker=MARKERS[number], markersize=8, markerfacecolor="white",
        )  # fmt: skip
        told.append(f"{name}: " + ", ".join(f"{k} {m:.2f}" for k, m in zip(ks, means, strict=True)))
    axis.axhline(chance, color="black", linestyle="--", linewidth=1)
    every = sorted({k for of in curves.values() for k in of})
    axis.set_xticks([np.log2(k + 1) for k in every], [str(k) for k in every])
    axis.set(xlabel="examples in the prompt", ylabel="accuracy (small: single draws)")
    axis.set_title(title, fontsize=12, loc="left", x=-0.14)
    axis.legend(loc="upper center", bbox_to_anchor=(0.45, -0.16), ncols=2, frameon=False)
    plots.show(figure, alt="Mean accuracy by the number of examples. " + "; ".join(told) + ".")


def shifts(rows: Mapping[str, Interval], title: str, label: str) -> None:
    """Show mean shifts with intervals beside the line at 0."""
    figure, axis = plt.subplots(figsize=(4.8, 0.5 * len(rows) + 1.5), layout="constrained")
    _forest(axis, rows)
    axis.axvline(0, color="black", linewidth=1)
    axis.set(xlabel=label)
    axis.set_title(title, fontsize=12, loc="left", x=-0.3)
    plots.show(figure, alt=f"{label}. {_told(rows)}.")

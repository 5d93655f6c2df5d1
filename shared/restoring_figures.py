"""Figures of notebook 20."""

from collections.abc import Mapping, Sequence

import numpy as np
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from sklearn.metrics import confusion_matrix

from shared import plots

Scored = tuple[Sequence[float], tuple[float, float]]  # F1 of each training; the interval
MARKERS = "osD^v"


def _points(axis: Axes, rows: Mapping[str, Mapping[str, Scored]]) -> None:
    """Draw for each item (a group of rows) each method's mean, interval and single trainings."""
    items = list(next(iter(rows.values())))
    step = 0.8 / len(rows)
    for number, (name, by_item) in enumerate(rows.items()):
        y = np.arange(len(items)) + (number - (len(rows) - 1) / 2) * step
        means = np.array([np.mean(by_item[item][0]) for item in items])
        ends = np.array([by_item[item][1] for item in items]).T
        colour = plots.COLOURS[number]
        axis.errorbar(means, y, xerr=np.maximum(np.abs(ends - means), 0), fmt=MARKERS[number],
                      color=colour, capsize=3, markersize=6, label=name)  # fmt: skip
        for at, item in zip(y, items, strict=True):
            if len(by_item[item][0]) > 1:
                axis.plot(by_item[item][0], [at] * len(by_item[item][0]), "|", color="black",
                          markersize=8, alpha=0.7)  # fmt: skip
    axis.set_yticks(range(len(items)), items)
    axis.set_ylim(len(items) - 0.5, -0.5)
    for border in range(1, len(items)):
        axis.axhline(border - 0.5, color="lightgrey", linewidth=0.8)
    axis.grid(axis="y", visible=False)


def _said(rows: Mapping[str, Mapping[str, Scored]]) -> str:
    return "; ".join(
        f"{name}: " + ", ".join(f"{item} {np.mean(s[0]):.2f}" for item, s in by_item.items())
        for name, by_item in rows.items()
    )


def methods(
    rows: Mapping[str, Mapping[str, Scored]], gains: Mapping[str, Sequence[float]], trainings: int
) -> None:
    """Show F1 by item and method; the gains (mean, low, high) decide what the title says."""
    wins = [item for item, (_, low, _) in gains.items() if low > 0]
    loses = [item for item, (_, _, high) in gains.items() if high < 0]
    title = f"The encoder beats the CRF on {', '.join(f'{i}s' for i in wins) or 'nothing'}"
    title += f" and loses on {', '.join(f'{i}s' for i in loses)}" if loses else ""
    figure, axis = plt.subplots(figsize=(6.4, 5.2), layout="constrained")
    _points(axis, rows)
    axis.set(xlabel="F1 on test passages", xlim=(-0.03, 0.9))
    axis.legend(loc="upper center", bbox_to_anchor=(0.45, -0.13), ncols=len(rows), frameon=False,
                columnspacing=1, handletextpad=0.3)  # fmt: skip
    axis.set_title(title, fontsize=12, loc="left", x=-0.14)
    plots.show(
        figure,
        alt=f"F1 with 95 % intervals for capital, comma, period and question mark. {_said(rows)}. "
        f"Bars mark the {trainings} trainings of the encoder.",
    )


def taus(values: np.ndarray, curves: Mapping[str, Sequence[float]]) -> None:
    """Show mean F1 on validation passages against tau, with the best of each curve."""
    figure, axis = plt.subplots(figsize=(7, 3.4), layout="constrained")
    for number, (name, curve) in enumerate(curves.items()):
        colour = plots.COLOURS[number]
        axis.plot(values, curve, "-" if "encoder" in name else "--", color=colour, label=name)
        axis.plot(values[np.argmax(curve)], max(curve), MARKERS[number], color=colour, markersize=9)
    rise = np.mean([max(c) - c[0] for name, c in curves.items() if "encoder" in name])
    axis.set(xlabel="τ", ylabel="mean F1, validation")
    axis.set_title(f"Adjustment adds {rise:.2f} to the encoder's mean F1", fontsize=12)
    axis.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    best = ", ".join(f"{name} {values[np.argmax(c)]:.1f}" for name, c in curves.items())
    plots.show(figure, alt=f"Mean F1 on validation passages for tau from 0 to 1; best: {best}.")


def confusion(
    pairs: Mapping[str, tuple[list[str], list[str]]], marks: Sequence[str], trainings: int
) -> None:
    """Show what each true mark was answered with: shares of the row, and words per training."""
    names = [{"none": "none", ",": "comma", ".": "period", "?": "question"}[m] for m in marks]
    figure, axes = plt.subplots(
        len(pairs), 1, figsize=(5.6, 3.3 * len(pairs)), layout="constrained"
    )
    found = []
    for axis, (title, (true, answers)) in zip(axes, pairs.items(), strict=True):
        table = confusion_matrix(true, answers, labels=list(marks)) / trainings
        share = table / np.maximum(table.sum(1, keepdims=True), 1)
        text = [[f"{s:.0%}\n{n:,.0f}" for s, n in zip(*rows, strict=True)]
                for rows in zip(share, table, strict=True)]  # fmt: skip
        rows = [f"{name}\n{n:,.0f} words" for name, n in zip(names, table.sum(1), strict=True)]
        sns.heatmap(share, ax=axis, annot=np.array(text), fmt="", cmap=plots.SEQUENTIAL, vmin=0,
                    vmax=1, cbar=False, xticklabels=names, yticklabels=rows,
                    annot_kws={"size": 10})  # fmt: skip
        plots.legible_numbers(axis)
        axis.set_title(f"{title}: {share[1, 1]:.0%} of the commas found", fontsize=12)
        axis.tick_params(axis="y", rotation=0)
        found.append(share[1, 1])
    axes[-1].set_xlabel("answer (words per training, mean of the trainings)")
    said = " and ".join(f"{s:.0%} in “{t}”" for s, t in zip(found, pairs, strict=True))
    plots.show(
        figure, alt=f"Confusion matrices of marks with counts. Of the commas {said} are found."
    )


def reads(rows: Mapping[str, Mapping[str, Scored]]) -> None:
    """Show F1 by item for words that read everything, the left, or themselves."""
    figure, axis = plt.subplots(figsize=(6.2, 4.2), layout="constrained")
    _points(axis, rows)
    period = {name: np.mean(of["period"][0]) for name, of in rows.items()}
    axis.set(xlabel="F1 on test passages", xlim=(-0.03, 1))
    axis.set_title(f"Periods need the words at their right: {period['everything']:.2f} with, "
                   f"{period['left']:.2f} without", fontsize=11.5, loc="left", x=-0.14)  # fmt: skip
    axis.legend(title="a word reads", loc="lower right")
    plots.show(figure, alt=f"F1 with intervals over texts and three trainings. {_said(rows)}.")


def transfer(rows: Mapping[str, Mapping[str, Scored]]) -> None:
    """Show F1 on film reviews by method and training text; the last row is not on films."""
    figure, axis = plt.subplots(figsize=(6.4, 5), layout="constrained")
    _points(axis, rows)
    axis.set(xlabel="F1 on film reviews (the last also on newspaper)", xlim=(-0.03, 1))
    ours, theirs = (np.mean(rows[name]["capital"][0]) for name in list(rows)[2:])
    axis.set_title(f"Capitals: F1 {theirs:.2f} on newspaper, {ours:.2f} on films", fontsize=12,
                   loc="left", x=-0.14)  # fmt: skip
    axis.legend(loc="upper center", bbox_to_anchor=(0.45, -0.13), ncols=2, frameon=False)
    plots.show(figure, alt=f"F1 with 95 % intervals on film reviews. {_said(rows)}.")

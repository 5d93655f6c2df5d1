"""The figures of notebook 07, made from its numbers."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt

from shared import plots
from shared.names_scores import draws_of, f1_of, mean_of, middle, precision_of, recall_of


def show_scores(models: Mapping[str, np.ndarray], title: str, alt: str) -> None:
    """Show precision, recall and F1 of models with intervals over texts and trainings.

    Args:
        models: By name, counts (trainings, texts, 3).
        title: The finding.
        alt: Alternative text.
    """
    figure, axes = plt.subplots(
        1, 3, figsize=(9.6, 0.9 + 0.42 * len(models)), sharey=True, layout="constrained"
    )
    measures = {"precision": precision_of, "recall": recall_of, "F1": f1_of}
    for axis, (name, measure) in zip(axes, measures.items(), strict=True):
        for row, counts in enumerate(models.values()):
            value, (low, high) = mean_of(counts, measure), middle(draws_of(counts, measure))
            axis.errorbar(value, row, xerr=[[max(value - low, 0)], [max(high - value, 0)]],
                          fmt="os^Dv*"[row % 6], color=plots.COLOURS[row % 6],
                          capsize=3)  # fmt: skip
        axis.set(xlim=(0, 1), xlabel=name, yticks=range(len(models)),
                 yticklabels=[plots.literal(name) for name in models])  # fmt: skip
    axes[0].invert_yaxis()
    figure.suptitle(title, x=0.01, ha="left")
    plots.show(figure, alt)


def show_curves(
    curves: Mapping[str, Mapping[int, Sequence[float]]], lines: Mapping[str, float], title: str,
    alt: str,
) -> None:  # fmt: skip
    """Show F1 against the number of labelled sentences, a dot per draw and a line of their means.

    Args:
        curves: By kind of label, number of sentences to the F1 of each draw.
        lines: By name, F1 of what needs no training.
        title: The finding.
        alt: Alternative text.
    """
    figure, axis = plt.subplots(figsize=(7.4, 3.8), layout="constrained")
    for number, (name, curve) in enumerate(curves.items()):
        sizes = list(curve)
        axis.plot(sizes, [np.mean(curve[n]) for n in sizes], "os^"[number] + "-",
                  color=plots.COLOURS[number], label=name)  # fmt: skip
        for n in sizes:
            axis.plot([n] * len(curve[n]), curve[n], ".", color=plots.COLOURS[number], alpha=0.5)
    for number, (name, value) in enumerate(lines.items()):
        axis.axhline(value, color="black", linestyle=("--", ":")[number % 2], label=name)
    ticks = sorted({n for curve in curves.values() for n in curve})
    axis.set(xscale="log", xlabel="labelled sentences (log scale)", ylabel="F1 on gold labels",
             title=title, ylim=(0, None))  # fmt: skip
    axis.set_xticks(ticks, [f"{n:,}" for n in ticks])
    axis.minorticks_off()
    axis.legend(loc="lower right")
    plots.show(figure, alt)

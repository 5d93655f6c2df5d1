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
    figure, axis = plt.subplots(figsize=(5.2, 1.1 + 0.62 * len(models)), layout="constrained")
    measures = {"precision": precision_of, "recall": recall_of, "F1": f1_of}
    for number, (name, measure) in enumerate(measures.items()):
        for row, counts in enumerate(models.values()):
            value, (low, high) = mean_of(counts, measure), middle(draws_of(counts, measure))
            axis.errorbar(value, row + 0.24 * (number - 1),
                          xerr=[[max(value - low, 0)], [max(high - value, 0)]],
                          fmt="<>D"[number], color=plots.COLOURS[number], capsize=2,
                          markersize=7 if name == "F1" else 5,
                          label=name if row == 0 else None)  # fmt: skip
    axis.set(xlim=(0, 1), xlabel="share, with 95 % interval", yticks=range(len(models)),
             yticklabels=[plots.literal(name) for name in models])  # fmt: skip
    axis.invert_yaxis()
    axis.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, frameon=False)
    figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    plots.show(figure, alt)


def signed(number: float) -> str:
    """Return a number with its sign, as it is printed in text."""
    return f"{number:+}".replace("-", "−")


def show_trade(
    models: Mapping[str, Mapping[float, np.ndarray]], ringed: tuple[str, float], title: str,
    alt: str,
) -> None:  # fmt: skip
    """Show precision against recall as the bias for O changes; a large mark is without a bias.

    Args:
        models: By name, of each bias the counts (trainings, texts, 3).
        ringed: The model and the bias whose point gets a ring.
        title: The finding.
        alt: Alternative text.
    """
    figure, axis = plt.subplots(figsize=(5.2, 4.2), layout="constrained")
    for number, (name, counts) in enumerate(models.items()):
        points = {b: (mean_of(c, recall_of), mean_of(c, precision_of)) for b, c in counts.items()}
        style = {"color": plots.COLOURS[number], "marker": "os^"[number % 3]}
        axis.plot(*zip(*points.values(), strict=True), ("-", "--", ":")[number % 3], markersize=4,
                  label=plots.literal(name), **style)  # fmt: skip
        axis.plot(*points[0], markersize=11, **style)
        if name == ringed[0]:
            axis.plot(*points[ringed[1]], "o", markersize=16, markerfacecolor="none", color="black")
    axis.plot([], [], "o", markersize=11, color="grey", label="large: no bias")
    axis.plot([], [], "o", markersize=14, markerfacecolor="none", color="black",
              label=f"ring: {ringed[0]}, bias {signed(ringed[1])}")  # fmt: skip
    axis.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.02))
    axis.legend(loc="lower left")
    figure.suptitle(title, x=0.01, ha="left", fontsize=11)
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
    figure, axis = plt.subplots(figsize=(5.2, 4.0), layout="constrained")
    for number, (name, curve) in enumerate(curves.items()):
        sizes = list(curve)
        axis.plot(sizes, [np.mean(curve[n]) for n in sizes], "os^"[number] + "-",
                  color=plots.COLOURS[number], label=name)  # fmt: skip
        for n in sizes:
            axis.plot([n] * len(curve[n]), curve[n], ".", color=plots.COLOURS[number], alpha=0.5)
            if len(curve[n]) == 1:
                axis.annotate("one set", (n, curve[n][0]), (-4, 9), textcoords="offset points",
                              ha="center", color=plots.COLOURS[number])  # fmt: skip
    axis.plot([], [], ".", color="grey", label="small dots: single draws")
    for number, (name, value) in enumerate(lines.items()):
        axis.axhline(value, color="black", linestyle=("--", ":")[number % 2], label=name)
    ticks = sorted({n for curve in curves.values() for n in curve})
    axis.set(xscale="log", xlabel="sentences (log scale)", ylabel="F1 on gold labels",
             ylim=(0, None))  # fmt: skip
    figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    axis.set_xticks(ticks, [f"{n:,}" for n in ticks])
    axis.minorticks_off()
    axis.legend(loc="lower right", fontsize=9)
    plots.show(figure, alt)

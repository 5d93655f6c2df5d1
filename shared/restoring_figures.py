"""Figures of notebook 20."""

from collections.abc import Mapping, Sequence

import numpy as np
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from sklearn.metrics import confusion_matrix

from shared import plots

Scored = tuple[Sequence[float], tuple[float, float]]  # F1 of each training; the interval
MARKERS = "osD^vP"
FAMILIES = ("word list", "CRF", "encoder")  # a colour and a marker each
HOLLOW = ("same passages", "best tag", "newspaper")  # how the weaker kind of a method is named


def _style(name: str, number: int) -> dict[str, object]:
    """Return colour and marker of a method: by its family, or by its number, if it has none."""
    name = "encoder" if name == "everything" else name
    family = next((i for i, known in enumerate(FAMILIES) if name.startswith(known)), None)
    family = len(FAMILIES) + number if family is None else family
    colour = plots.COLOURS[family]
    return {"color": colour, "fmt": MARKERS[family],
            "markerfacecolor": "white" if name.endswith(HOLLOW) else colour}  # fmt: skip


def _points(axis: Axes, rows: Mapping[str, Mapping[str, Scored]]) -> None:
    """Draw for each item (a group of rows) each method's mean, interval and single trainings."""
    items = list(next(iter(rows.values())))
    step = 0.8 / len(rows)
    for number, (name, by_item) in enumerate(rows.items()):
        y = np.arange(len(items)) + (number - (len(rows) - 1) / 2) * step
        means = np.array([np.mean(by_item[item][0]) for item in items])
        ends = np.array([by_item[item][1] for item in items]).T
        axis.errorbar(means, y, xerr=np.maximum(np.abs(ends - means), 0), capsize=3, markersize=6,
                      label=name, **_style(name, number))  # fmt: skip
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
    title = f"By the best tag, the encoder beats the CRF\non {_plural(wins) or 'nothing'}"
    title += f" and loses on {_plural(loses)}" if loses else ""
    figure, axis = plt.subplots(figsize=(4.8, 5.4), layout="constrained")
    _points(axis, rows)
    axis.set(xlabel="F1 on test passages (black: single trainings)", xlim=(-0.03, 0.9))
    _legend(axis)
    axis.set_title(title, fontsize=12, loc="left", x=-0.14)
    plots.show(
        figure,
        alt=f"F1 with 95 % intervals for capital, comma, period and question mark. {_said(rows)}. "
        f"Bars mark the {trainings} trainings of the encoder and of the small CRF.",
    )


def _plural(items: Sequence[str]) -> str:
    return " and ".join(f"{item}s" for item in items)


def _legend(axis: Axes, below: float = 0.13) -> None:
    """Put the legend below the axis, in two columns."""
    axis.legend(loc="upper center", bbox_to_anchor=(0.42, -below), ncols=2, frameon=False,
                columnspacing=1, handletextpad=0.3)  # fmt: skip


def thresholds(
    rows: Mapping[str, Mapping[str, Scored]], commas: Mapping[str, Sequence[float]]
) -> None:
    """Show F1 by the best tag and by thresholds; leads (mean, low, high) on commas, for the title.

    Args:
        rows: By method, then item.
        commas: The encoder's lead over the CRF, by the `best` tag and with its `own` threshold.
    """
    figure, axis = plt.subplots(figsize=(4.8, 5.4), layout="constrained")
    _points(axis, rows)
    lead = {name: f"{mean:+.2f}".replace("-", "−") for name, (mean, _, _) in commas.items()}
    axis.set(xlabel="F1 on test passages (black: single trainings)", xlim=(-0.03, 0.9))
    axis.set_title(f"Commas, encoder − CRF: {lead['best']} by the best tag,\n"
                   f"{lead['own']} with a threshold of its own", fontsize=12, loc="left",
                   x=-0.14)  # fmt: skip
    _legend(axis)
    plots.show(figure, alt=f"F1 with 95 % intervals over texts and trainings. {_said(rows)}.")


def taus(values: np.ndarray, curves: Mapping[str, Sequence[float]]) -> None:
    """Show mean F1 on validation passages against tau, with the best of each curve."""
    figure, axis = plt.subplots(figsize=(4.8, 3.9), layout="constrained")
    for number, (name, curve) in enumerate(curves.items()):
        colour = plots.COLOURS[number]
        axis.plot(values, curve, "-" if "encoder" in name else "--", color=colour, label=name)
        axis.plot(values[np.argmax(curve)], max(curve), MARKERS[number], color=colour, markersize=9)
    rise = [np.mean([max(c) - c[0] for name, c in curves.items() if kind in name])
            for kind in ("encoder", "CRF")]  # fmt: skip
    axis.set(xlabel="τ", ylabel="mean F1, validation")
    axis.set_title(f"On validation, τ adds {rise[0]:.2f} to the encoder\n"
                   f"and {rise[1]:.2f} to the CRF", fontsize=12)  # fmt: skip
    _legend(axis, 0.2)
    said = "; ".join(f"{name}: {c[0]:.2f} without, best {max(c):.2f} at {values[np.argmax(c)]:.1f}"
                     for name, c in curves.items())  # fmt: skip
    plots.show(figure, alt=f"Mean F1 on validation passages for tau from 0 to 1. {said}.")


def confusion(
    pairs: Mapping[str, tuple[list[str], list[str]]], marks: Sequence[str], trainings: int
) -> None:
    """Show what each true mark was answered with: shares of the row, and words per training."""
    names = [{"none": "none", ",": "comma", ".": "period", "?": "question"}[m] for m in marks]
    figure, axes = plt.subplots(
        len(pairs), 1, figsize=(4.8, 3.5 * len(pairs)), layout="constrained"
    )
    figure.get_layout_engine().set(h_pad=0.12)
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
        axis.set_title(
            f"{title}: {share[1, 1]:.0%} of the commas found", fontsize=12, loc="left", x=-0.25
        )
        axis.tick_params(axis="y", rotation=0)
        found.append(share[1, 1])
    axes[-1].set_xlabel("answer (words: mean of the trainings)")
    said = " and ".join(f"{s:.0%} in “{t}”" for s, t in zip(found, pairs, strict=True))
    plots.show(
        figure, alt=f"Confusion matrices of marks with counts. Of the commas {said} are found."
    )


def reads(rows: Mapping[str, Mapping[str, Scored]]) -> None:
    """Show F1 by item for words that read everything, the left, or themselves."""
    figure, axis = plt.subplots(figsize=(4.8, 4.8), layout="constrained")
    _points(axis, rows)
    period = {name: np.mean(of["period"][0]) for name, of in rows.items()}
    axis.set(xlabel="F1 on test passages (black: single trainings)", xlim=(-0.03, 0.9))
    axis.set_title(f"Periods need the words at their right:\n{period['everything']:.2f} with, "
                   f"{period['left']:.2f} without", fontsize=12, loc="left", x=-0.14)  # fmt: skip
    axis.legend(title="a word reads", loc="lower right")
    plots.show(figure, alt=f"F1 with intervals over texts and three trainings. {_said(rows)}.")


def transfer(rows: Mapping[str, Mapping[str, Scored]]) -> None:
    """Show F1 on film reviews by method and training text."""
    figure, axis = plt.subplots(figsize=(4.8, 5.4), layout="constrained")
    _points(axis, rows)
    axis.set(xlabel="F1 on film reviews (black: single trainings)", xlim=(-0.03, 0.95))
    said = [f"{name.replace(', ', ' from ')} {np.mean(rows[name]['capital'][0]):.2f}"
            for name in ("encoder, newspaper", "CRF, films", "encoder, films")]  # fmt: skip
    axis.set_title(f"Capitals in films: {said[0]},\n{said[1]}, {said[2]}",
                   fontsize=12, loc="left", x=-0.14)  # fmt: skip
    _legend(axis)
    plots.show(figure, alt=f"F1 with 95 % intervals on film reviews. {_said(rows)}.")

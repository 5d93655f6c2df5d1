"""The figures of notebook 12: a sweep, its luck, and how often tests of it are wrong."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt

from shared import plots
from shared.sweep_results import label

MARKERS = "osD^v*"
SHOWN = {  # of the tests, in the figure of false findings
    "texts, t": "texts alone, t-test",
    "both, bootstrap": "seeds and texts, bootstrap",
    "both, t": "seeds and texts, t-test",
}


def in_figures(text: object) -> str:
    """Return a name or value as a figure shows it: a $ begins no formula."""
    return label(text).replace("$", r"\$")


def heat_map(
    done: pd.DataFrame, rows: str, columns: str, metric: str, floor: float, sign: int
) -> None:
    """Show mean scores by two parameters, validation beside test if the table has it.

    Args:
        done: Finished trials with `score` and `validation`.
        rows: The parameter down.
        columns: The parameter across.
        metric: Its name.
        floor: The score of the majority class; NaN: unknown.
        sign: 1, or −1 for errors.
    """
    kinds = {"validation": "validation", "score": "test"}
    kinds = {k: name for k, name in kinds.items() if done[k].notna().all()}
    tables = {name: done.groupby([rows, columns])[k].mean().unstack() for k, name in kinds.items()}
    n = done.groupby([rows, columns]).size().unstack(fill_value=0)
    wide = 2.0 + 1.25 * n.shape[1]
    short = max(len(label(value)) for value in n.index) <= 15  # long names leave no room to lay out
    figure, axes = plt.subplots(
        1, len(tables), figsize=(wide * len(tables), 1.5 + 0.75 * n.shape[0]), squeeze=False,
        layout="constrained" if short else None, sharey=not short,
    )  # fmt: skip
    low = min(t.min(axis=None) for t in tables.values())
    high = max(t.max(axis=None) for t in tables.values())
    said = []
    for axis, (name, means) in zip(axes[0], tables.items(), strict=True):
        texts = means.map("{:.3f}".format) + "\nn = " + n.astype(str)
        sns.heatmap(
            means, annot=texts, fmt="", cmap=plots.SEQUENTIAL, ax=axis, vmin=low, vmax=high,
            cbar=False,
        )  # fmt: skip
        plots.legible_numbers(axis)
        best = (sign * means.stack()).idxmax()
        said.append(f"{name}: best {rows} {label(best[0])}, {columns} {label(best[1])}")
        axis.set(title=f"{name}: best at {in_figures(best[0])}, {in_figures(best[1])}")
        axis.set(xlabel=in_figures(columns), ylabel=in_figures(rows))
        axis.set_xticklabels([in_figures(value) for value in means.columns])
        axis.set_yticklabels([in_figures(value) for value in means.index], rotation=0)
    if np.isfinite(floor):
        figure.supxlabel(f"mean {metric}; always the majority class: {floor:.3f}", fontsize=11)
    plots.show(
        figure,
        alt=f"Heat maps of the mean {metric} by {rows} and {columns}, with the number of trials. "
        f"{'; '.join(said)}.",
    )


def learning_curves(curves: Mapping[str, np.ndarray], floor: float) -> None:
    """Show validation curves side by side: each seed as a thin line, their mean as a thick one.

    Args:
        curves: By setting, (seeds, epochs): validation accuracy after each epoch.
        floor: Of the majority class.
    """
    figure, axes = plt.subplots(
        1, len(curves), figsize=(3 * len(curves), 3.2), sharey=True, squeeze=False,
        layout="constrained",
    )  # fmt: skip
    said = []
    for axis, (name, each), colour in zip(axes[0], curves.items(), plots.COLOURS, strict=False):
        epochs = np.arange(1, each.shape[1] + 1)
        axis.plot(epochs, each.T, color=colour, alpha=0.3, linewidth=1)
        axis.plot(epochs, each.mean(0), color=colour, linewidth=2.5)
        peak = int(each.mean(0).argmax()) + 1
        axis.set(title=f"{in_figures(name)}:\nhighest after epoch {peak}", xlabel="epoch")
        axis.set_xticks([1, *range(4, each.shape[1] + 1, 4)])
        said.append(f"{name}: highest after epoch {peak}, {each.mean(0).max():.3f}")
    axes[0, 0].set_ylabel(f"validation accuracy\n(majority class: {floor:.3f})")
    plots.show(figure, alt=f"Validation accuracy by epoch, seeds and mean. {'; '.join(said)}.")


def settings(
    intervals: pd.DataFrame, scores: Mapping[str, Sequence[float]], metric: str, floor: float
) -> None:
    """Show each setting's scores, mean and t interval, best first.

    Args:
        intervals: By setting: `mean` and `reach`.
        scores: By setting, those of its seeds.
        metric: Its name.
        floor: Of the majority class; NaN: unknown.
    """
    top = intervals.head(12)
    figure, axis = plt.subplots(figsize=(6.5, 1.3 + 0.45 * len(top)))
    axis.errorbar(top["mean"], range(len(top)), xerr=top["reach"].fillna(0), fmt="o", capsize=4)
    for place, name in enumerate(top.index):
        axis.plot(scores[name], [place] * len(scores[name]), "|", color="black", markersize=12)
    axis.set_yticks(range(len(top)), map(in_figures, top.index))
    axis.invert_yaxis()
    typical = intervals["reach"].median()
    near = (intervals["mean"] - intervals["mean"].iloc[0]).abs().iloc[1:] <= intervals[
        "reach"
    ].iloc[1:]
    finding = f"Half-width ± {typical:.3f}: {near.sum()} of {len(near)} others reach the best mean"
    majority = f"\nalways the majority class: {floor:.3f}" if np.isfinite(floor) else ""
    said = f"{metric}: seeds (strokes), mean and 95 % t interval{majority}"
    axis.set_title(finding, x=1, ha="right")
    axis.set(xlabel=said)
    plots.show(
        figure,
        alt=f"Test {metric} of each setting: single seeds, mean and t interval, best first. "
        f"{finding}.",
    )


def false_alarms(rates: Mapping[str, pd.DataFrame], n: int) -> None:
    """Show how often three of the tests find a difference where there is none.

    Args:
        rates: By population: a row for each number of seeds, a column for each test.
        n: Of repetitions behind each share.
    """
    figure, axes = plt.subplots(
        len(rates), 1, figsize=(5.4, 3.3 * len(rates)), sharex=True, squeeze=False,
        layout="constrained",
    )  # fmt: skip
    said = []
    for axis, (name, table) in zip(axes[:, 0], rates.items(), strict=True):
        for number, (column, marker) in enumerate(zip(SHOWN, MARKERS, strict=False)):
            error = 196 * np.sqrt(table[column] * (1 - table[column]) / n)
            places = np.arange(len(table)) + 0.07 * (number - 1)  # side by side
            axis.errorbar(
                places,
                100 * table[column],
                yerr=error,
                marker=marker,
                capsize=3,
                label=SHOWN[column],
                color=plots.COLOURS[number],
                linewidth=3 if column == "both, t" else 1.5,
            )
        axis.axhline(5, color="black", linestyle="--", linewidth=1.5)
        axis.set_xticks(range(len(table)), table.index)
        world, spread = name.split("\n")
        three = 100 * table.loc[3]
        axis.set_title(
            f"{world} {spread}\n3 seeds: texts alone {three['texts, t']:.0f} %, "
            f"seeds and texts {three['both, t']:.0f} %", fontsize=11.5, loc="left",
        )  # fmt: skip
        axis.set(ylabel="false findings, %", ylim=(0, None))
        said.append(
            f"{name}: ".replace("\n", " ") + "; ".join(
                f"{c} {', '.join(f'{k} seeds {100 * v:.0f} %' for k, v in table[c].items())}"
                for c in SHOWN
            )
        )  # fmt: skip
    axes[-1, 0].set(xlabel="seeds of each setting (dashed: the 5 % promised)")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=1)
    plots.show(figure, alt="Share of false findings by number of seeds. " + ". ".join(said) + ".")


def differences(pairs: pd.DataFrame, best: str, metric: str, tests: int) -> None:
    """Show the difference of one setting to each other one, with the interval for both lucks.

    Args:
        pairs: By the other setting: `difference`, `low`, `high`, and `stands`.
        best: The setting's name.
        metric: Its name.
        tests: The number of pairs that the intervals are corrected for.
    """
    top = pairs.head(12)
    figure, axis = plt.subplots(figsize=(6.5, 1.3 + 0.45 * len(top)))
    for place, row in enumerate(top.itertuples()):
        colour = plots.COLOURS[0] if row.stands else "0.55"
        axis.plot([row.low, row.high], [place, place], color=colour)
        axis.plot(row.difference, place, "o" if row.stands else "x", color=colour, markersize=9)
    axis.set_yticks(range(len(top)), map(in_figures, top.index))
    axis.invert_yaxis()
    axis.axvline(0, color="grey", linestyle="--")
    finding = f"{int(pairs['stands'].sum())} of {len(pairs)} differences stand after Holm (dots)"
    axis.set(title=finding, xlabel=f"{metric}: {in_figures(best)} minus the other,\n"
             f"95 % intervals over seeds and texts, for {tests} pairs at once")  # fmt: skip
    said = "; ".join(f"{r.Index} {r.difference:+.3f} ({r.low:+.3f} to {r.high:+.3f})"
                     for r in top.itertuples())  # fmt: skip
    plots.show(figure, alt=f"Differences of {best} to each other setting. {finding}. {said}.")


def power(found: Mapping[str, Mapping[int, float]], wanted: float, enough: str) -> None:
    """Show how often real differences are found, by number of seeds.

    Args:
        found: By kind of pair and test, two tests a kind: by number of seeds, the share found.
        wanted: The share that is usually asked for.
        enough: The finding, for the title.
    """
    figure, axis = plt.subplots(figsize=(6, 4.2))
    said = []
    styles = (f"{marker}{line}" for marker in MARKERS for line in ("-", "--"))
    for number, ((name, shares), style) in enumerate(zip(found.items(), styles, strict=False)):
        colour = plots.COLOURS[number // 2]
        axis.plot(list(shares), [100 * v for v in shares.values()], style, color=colour, label=name)
        said.append(
            f"{name}: " + ", ".join(f"{k} seeds {100 * v:.0f} %" for k, v in shares.items())
        )
    axis.axhline(100 * wanted, color="grey", linestyle="--")
    axis.set(
        title=enough, xlabel="seeds of each setting", ylabel="found, % of sweeps", ylim=(0, 103),
        xscale="log",
    )  # fmt: skip
    ticks = [k for k in (2, 3, 4, 6, 8, 12, 16, 24, 40) if k in next(iter(found.values()))]
    axis.set_xticks(ticks, map(str, ticks))
    axis.minorticks_off()
    axis.legend(bbox_to_anchor=(0.45, -0.18), loc="upper center", ncols=1)
    plots.show(figure, alt=f"Power by number of seeds. {'. '.join(said)}.")


def best_of_many(
    many: Sequence[int], curves: Mapping[str, Sequence[float]], truth: float, title: str
) -> None:
    """Show the score that the best of k equal trials shows.

    Args:
        many: The values of k.
        curves: By what it is: a score for each k.
        truth: What each trial is worth.
        title: The finding.
    """
    figure, axis = plt.subplots(figsize=(6, 3.6))
    for (name, values), style in zip(curves.items(), ("k:", "o-", "s-", "D-"), strict=False):
        axis.plot(many, values, style, label=name)
    axis.axhline(truth, color="grey", linestyle="--", label="what each is worth")
    axis.set(xscale="log", xlabel="equal trials", ylabel="accuracy the best one shows")
    axis.set_xticks(many, map(str, many))
    axis.minorticks_off()
    axis.set_title(title, x=1, ha="right", fontsize=12)
    axis.legend(bbox_to_anchor=(0.45, -0.18), loc="upper center", ncols=1)
    said = "; ".join(f"{n} {values[-1]:.3f} for {many[-1]}" for n, values in curves.items())
    plots.show(figure, alt=f"The best of k equal trials shows more the larger k: {said}; "
               f"the truth is {truth}.")  # fmt: skip


def expected_best(
    curves: Mapping[str, Sequence[float]], low: np.ndarray, high: np.ndarray, title: str
) -> None:
    """Show expected validation performance by the number of trials that one can afford.

    Args:
        curves: By kind of model: for each number of trials, from 1.
        low: Where the intervals begin, (kinds, numbers of trials).
        high: Where they end.
        title: The finding.
    """
    figure, axis = plt.subplots(figsize=(6, 3.6))
    for (name, values), style in zip(curves.items(), ("-", "--", ":"), strict=False):
        axis.plot(range(1, len(values) + 1), values, style, linewidth=2.5, label=name)
    for lower, upper in zip(low, high, strict=True):
        axis.fill_between(range(1, len(lower) + 1), lower, upper, alpha=0.2)
    axis.set(title=title, xscale="log", xlabel="trials of a random search",
             ylabel="expected best\nvalidation accuracy\n(bands: 95 %)")  # fmt: skip
    axis.set_xticks([1, 2, 5, 10, 20, 30], ["1", "2", "5", "10", "20", "30"], minor=False)
    axis.minorticks_off()
    axis.legend()
    said = "; ".join(f"{n}: {v[0]:.3f} for 1, {v[4]:.3f} for 5, {v[-1]:.3f} for {len(v)}"
                     for n, v in curves.items())  # fmt: skip
    plots.show(figure, alt=f"Expected best validation accuracy by number of trials. {said}.")


def pareto(
    value: pd.DataFrame,
    cost: str,
    kind: str,
    metric: str,
    higher: bool,
    labels: Sequence[str] | None = None,
) -> None:
    """Show cost against quality, and the front.

    Args:
        value: By setting: the columns `cost` and `kind`, and whether it is `on front`.
        cost: The column of the cost.
        kind: The column of the quality: `validation`, or `score` for test.
        metric: Its name.
        higher: Whether a higher score is better.
        labels: Of the points; None: the rows' numbers.
    """
    on = {"validation": "validation", "score": "test"}[kind]
    front, rest = value[value["on front"]].sort_values(cost), value[~value["on front"]]
    figure, axis = plt.subplots(figsize=(6, 3.8))
    axis.plot(rest[cost], rest[kind], "x", color="0.4", markersize=9, label="dominated")
    axis.step(front[cost], front[kind], "o-", where="post", label="the front")
    low, high = value[kind].min(), value[kind].max()
    room, last = 0.06 * (high - low), {}  # no label on another: upwards for the same cost
    for _, row in value.sort_values(kind).iterrows():
        place = value.index.get_loc(row.name)
        name = labels[place] if labels else f"{place + 1}"
        y = max(row[kind], last.get(row[cost], -np.inf) + room)
        last[row[cost]] = y
        axis.annotate(
            name, (row[cost], row[kind]), xytext=(row[cost] + 0.04 * np.ptp(value[cost]), y),
            fontsize=11, va="center",
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 0.5},
        )  # fmt: skip
    finding = f"{len(front)} of {len(value)} settings are on the front"
    what = " (labels: learning rates)" if labels else " (numbers: rows of the table)"
    axis.set(title=finding, xlabel=f"{cost} of a trial{what}", ylabel=f"mean {on} {metric}")
    axis.margins(0.18, 0.12)
    if not higher:
        axis.invert_yaxis()
    axis.legend(bbox_to_anchor=(0.5, -0.2), loc="upper center", ncols=2)
    meaning = "learning rates" if labels else "rows of the table"
    plots.show(figure, alt=f"Mean {on} {metric} against {cost}. {finding}: "
               f"{', '.join(front.index)}. Labels are {meaning}.")  # fmt: skip

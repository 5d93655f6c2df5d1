"""The figures of notebook 08."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib import ticker

from shared import plots


def overhead(tokens: Sequence[int], curves: Mapping[str, Sequence[float]]) -> None:
    """Show milliseconds per call against the tokens in it.

    Args:
        tokens: In a call.
        curves: By engine, milliseconds for each number of tokens.
    """
    figure, axis = plt.subplots(figsize=(6.6, 3.9))
    for (name, values), marker in zip(curves.items(), "osv^", strict=False):
        axis.plot(tokens, values, marker=marker, label=name)
    axis.set(xscale="log", yscale="log", xlabel="tokens in the call", ylabel="milliseconds")
    axis.set_xticks(tokens, [str(n) for n in tokens])
    axis.xaxis.set_minor_formatter(ticker.NullFormatter())
    axis.yaxis.set_major_formatter("{x:g}")
    axis.set_title("What a call costs, and what the calls alone cost")
    axis.legend(bbox_to_anchor=(0.5, -0.2), loc="upper center", ncols=2)
    said = "; ".join(f"{n} {v[0]:.1f} to {v[-1]:.0f} ms" for n, v in curves.items())
    plots.show(figure, f"Time of a call from {tokens[0]} to {tokens[-1]} tokens: {said}.")


def bits(table: pd.DataFrame, whole: float, quality: str, texts: int) -> None:
    """Show the quality against bits per weight, for groups and for whole matrices.

    Args:
        table: Columns `scales`, `bits`, `quality`, `low`, `high`.
        whole: The quality of float32.
        quality: Its name.
        texts: How many.
    """
    figure, axis = plt.subplots(figsize=(6.6, 3.9))
    for (name, rows), marker, colour in zip(
        table.groupby("scales", sort=False), "os^", plots.COLOURS, strict=False
    ):
        rows = rows.sort_values("bits", ascending=False)
        y = rows["quality"].to_numpy()
        spread = np.abs(np.stack([rows["low"], rows["high"]]) - y)
        axis.errorbar(
            rows["bits"] + {"s": 0.08, "o": 0}.get(marker, -0.08),
            y,
            spread,
            marker=marker,
            capsize=3,
            label=name,
            color=colour,
            linestyle="none",
        )
        counts = rows["bits"].to_numpy()
        for between, ends in zip(pairwise(counts), pairwise(y), strict=True):
            measured = between[0] - between[1] <= 2  # else nothing was measured between
            axis.plot(between, ends, color=colour, linestyle="-" if measured else ":")
    axis.axhline(whole, color="black", linestyle=":", label="float32")
    axis.set(
        xlabel="bits per weight (scales not counted)", ylabel=f"{quality} ({texts} texts)",
        title="How many weights share a scale decides",
    )  # fmt: skip
    axis.invert_xaxis()
    axis.legend(bbox_to_anchor=(0.5, -0.2), loc="upper center", ncols=3)
    said = "; ".join(f"{r.scales}, {r.bits} bits {r.quality:.3f}" for r in table.itertuples())
    plots.show(figure, f"{quality} with fewer bits, float32 {whole:.3f}: {said}.")


def removals(found: Mapping[str, Any], chance: float, quality: str) -> None:
    """Show the quality without some heads and without some layers; see `smaller.removals`."""
    figure, axes = plt.subplots(2, 1, figsize=(6.4, 8.4), layout="constrained")
    shares = [float(share) for share in found["heads"]]
    best = [row["important"] for row in found["heads"].values()]
    random = np.array([row["random"] for row in found["heads"].values()])  # (shares, orders)
    x = 100 * np.array([0, *shares])
    axes[0].plot(x, [found["whole"], *best], "o-", label="least important first")
    for number, order in enumerate(random.T):
        axes[0].plot(
            x, [found["whole"], *order], "s--", color="0.6", linewidth=1, markersize=4,
            label=f"{random.shape[1]} random orders" if not number else None,
        )  # fmt: skip
    counts = [int(k) for k in found["layers"]]
    labels = {
        "first and last": "the first ones and the last", "spread": "spread evenly to the last",
        "last": "the last ones", "first": "the first ones",
    }  # fmt: skip
    rows, means = found["layers"].values(), {}
    for (name, label), marker in zip(labels.items(), "D^vs", strict=True):
        values = [row[name] for row in rows]
        means[name] = np.mean(values)
        axes[1].plot([*counts, counts[-1] + 1], [*values, found["whole"]], marker=marker,
                     linestyle="--" if name == "first" else "-", label=label)  # fmt: skip
    better = int((random < np.array(best)[:, None]).sum())
    axes[0].set(xlabel="heads removed (%)", ylabel=f"{quality} ({found['texts']} texts)")
    axes[0].set_title(f"Importance beats {better} of {random.size} random removals")
    axes[1].set(xlabel="layers kept, no training", xticks=[*counts, counts[-1] + 1])
    axes[1].set(ylabel=f"{quality} ({found['texts']} texts)")
    worst = means and min(means, key=means.get) == "first"
    axes[1].set_title("Keep the last layer" if worst else "Fewer layers, four choices")
    for axis in axes:
        axis.axhline(chance, color="black", linestyle=":", label="most frequent class")
        axis.legend(bbox_to_anchor=(0.5, -0.16), loc="upper center", ncols=2)
    plots.show(
        figure,
        f"{quality} without heads: removing the least important first gives "
        + ", ".join(f"{s:.0%} {b:.3f}" for s, b in zip(shares, best, strict=True))
        + "; random orders "
        + ", ".join(f"{row.min():.3f} to {row.max():.3f}" for row in random)
        + ". Layers kept, mean over their number: "
        + ", ".join(f"{labels[name]} {mean:.3f}" for name, mean in means.items())
        + ".",
    )


def arms(table: pd.DataFrame, title: str) -> None:
    """Show the distance to the right class by arm.

    Args:
        table: By arm: `distance`, `low`, `high`, and `seeds`, one value each.
        title: Of the figure.
    """
    figure, axis = plt.subplots(figsize=(6.8, 0.55 * len(table) + 1.4))
    at = np.arange(len(table))
    y = table["distance"].to_numpy()
    axis.errorbar(
        y, at, xerr=np.abs(np.stack([table["low"], table["high"]]) - y), fmt="o", capsize=4
    )
    for place, values in zip(at, table["seeds"], strict=True):
        axis.plot(values, [place - 0.25] * len(values), "|", color="0.4", markersize=9)
    axis.set_yticks(at, table.index)
    axis.invert_yaxis()
    axis.set(xlabel="classes off, mean (strokes: single seeds); less is better", title=title)
    said = "; ".join(f"{name} {row.distance:.3f}" for name, row in table.iterrows())
    plots.show(figure, f"Mean distance to the right class of five, by arm: {said}.")


def front(table: pd.DataFrame, quality: str, texts: int, title: str) -> None:
    """Show points gained against float32 with intervals, against time and against size.

    Args:
        table: By variant: `gained`, `low`, `high` in points; `ms`, of one text; `MB`.
        quality: Its name.
        texts: How many.
        title: Of the figure.
    """
    figure, axes = plt.subplots(2, 1, figsize=(6.4, 8.4), layout="constrained")
    y = table["gained"].to_numpy()
    spread = np.abs(np.stack([table["low"], table["high"]]) - y)
    labels = {"ms": "milliseconds for one text", "MB": "size (MB)"}
    for axis, column in zip(axes, labels, strict=True):
        x = table[column].to_numpy()
        axis.axhline(0, color="black", linewidth=1, linestyle=":")
        axis.errorbar(x, y, spread, fmt="none", capsize=4, color="0.5")
        for number, (place, value) in enumerate(zip(x, y, strict=True)):
            axis.plot(place, value, "osv^DP"[number % 6], markersize=9,
                      color=plots.COLOURS[number])  # fmt: skip
        together: dict[tuple[int, float], list[int]] = {}  # points on each other: one label
        for point in np.argsort(x, kind="stable"):
            together.setdefault((round(20 * np.log(x[point])), y[point]), []).append(point)
        for rank, points in enumerate(together.values()):
            axis.annotate(
                ",\n".join(table.index[point] for point in points), (x[points[0]], y[points[0]]),
                (7, (6, -16, 20, -30)[rank % 4]), textcoords="offset points", fontsize=11,
                bbox={"fc": "white", "ec": "none", "alpha": 0.7, "pad": 0.5},
            )  # fmt: skip
        axis.set(xscale="log", xlabel=labels[column])
        axis.xaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
        axis.xaxis.set_major_formatter(ticker.ScalarFormatter())
        axis.xaxis.set_minor_formatter(ticker.NullFormatter())
        axis.margins(x=0.3, y=0.15)
        axis.set_ylabel(f"points of {quality}\nagainst float32 ({texts} texts)")
    figure.suptitle(title, x=0.01, ha="left")
    said = "; ".join(
        f"{n} {r.ms:.1f} ms, {r.MB:.0f} MB, {r.gained:+.1f} points" for n, r in table.iterrows()
    )
    plots.show(figure, f"Points of {quality} against float32 with 95 % intervals: {said}.")

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
    """Show the time of a call against the tokens in it, relative to the first engine's.

    Args:
        tokens: In a call.
        curves: By engine, milliseconds for each number of tokens; all are divided by the first.
    """
    base, *others = curves
    relative = {name: np.divide(curves[name], curves[base]) for name in others}
    figure, axis = plt.subplots(figsize=(6.0, 4.0))
    axis.axhline(1, color="black", linestyle=":", label=base)
    for (name, values), marker in zip(relative.items(), "osv^", strict=False):
        axis.plot(tokens, values, marker=marker, label=name)
    first = relative[others[0]]
    axis.set(xscale="log", xlabel="tokens in the call", ylabel=f"time, {base} = 1")
    axis.set_ylim(bottom=0)
    axis.set_xticks(tokens, [str(n) for n in tokens])
    axis.xaxis.set_minor_formatter(ticker.NullFormatter())
    axis.set_title(f"{others[0]} takes {first[0]:.0%} of {base}'s time\n"
                   f"with {tokens[0]} tokens, {first[-1]:.0%} with {tokens[-1]:,}")  # fmt: skip
    axis.legend(bbox_to_anchor=(0.5, -0.2), loc="upper center", ncols=2)
    said = "; ".join(f"{n} {v[0]:.0%} and {v[-1]:.0%}" for n, v in relative.items())
    plots.show(
        figure,
        f"Time of a call relative to {base}, with {tokens[0]} and {tokens[-1]} tokens: {said}.",
    )


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
        place = rows["bits"] + {"s": 0.2, "o": 0}.get(marker, -0.2)  # so that none hides another
        axis.errorbar(
            place,
            y,
            spread,
            marker=marker,
            capsize=3,
            label=name,
            color=colour,
            linestyle="none",
        )
        counts = place.to_numpy()
        for between, ends in zip(pairwise(counts), pairwise(y), strict=True):
            measured = between[0] - between[1] <= 2  # else nothing was measured between
            axis.plot(between, ends, color=colour, linestyle="-" if measured else ":")
    axis.axhline(whole, color="black", linestyle=":", label="float32")
    axis.set(
        xlabel="bits per weight (scales not counted; points moved apart)",
        ylabel=f"{quality} ({texts} texts)",
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
        size = {"first and last": 13, "spread": 9}.get(name, 5)  # some are the same layers
        axes[1].plot([*counts, counts[-1] + 1], [*values, found["whole"]], marker=marker,
                     linestyle="--" if name == "first" else "-", label=label, markersize=size,
                     alpha=0.8)  # fmt: skip
    better = (random < np.array(best)[:, None]).sum(1)  # orders, by share
    axes[0].set(xlabel="heads removed (%)", ylabel=f"{quality} ({found['texts']} texts)")
    axes[0].set_title(f"Importance beats {better.min()} of {random.shape[1]} random orders "
                      "at each share")  # fmt: skip
    axes[1].set(
        xlabel="layers kept, no training (with 1, three choices are one)",
        xticks=[*counts, counts[-1] + 1],
    )
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


def arms(table: pd.DataFrame, base: str, title: str) -> None:
    """Show by arm how much farther from the right class it is than another arm.

    Args:
        table: By arm: the difference `mean`, `low`, `high`, and `seeds`, one value each.
        base: The arm that all are compared with.
        title: Of the figure.
    """
    figure, axis = plt.subplots(figsize=(5.2, 0.72 * len(table) + 1.2))
    at = np.arange(len(table))
    x = table["mean"].to_numpy(dtype=float)
    spread = np.abs(np.stack([table["low"], table["high"]]).astype(float) - x)
    axis.axvline(0, color="black", linestyle=":")
    axis.errorbar(x, at, xerr=spread, fmt="o", capsize=4)
    left = min((table["low"].min(), 0)) - 0.01
    for place, (name, row) in zip(at, table.iterrows(), strict=True):
        axis.plot(row["seeds"], [place + 0.22] * len(row["seeds"]), "|", color="0.4", markersize=8)
        axis.text(left, place - 0.25, name, fontsize=12, va="center",
                  bbox={"fc": "white", "ec": "none", "pad": 0.5})  # fmt: skip
    axis.set_yticks([])
    axis.set_ylim(len(table) - 0.5, -0.7)
    axis.set(xlabel=f"classes off, less {base}\n(strokes: single seeds; left is nearer)")
    axis.set_title(title, fontsize=12)
    said = "; ".join(f"{n} {r.mean_:+.3f} ({r.low:+.3f} to {r.high:+.3f})"
                     for n, r in table.rename(columns={"mean": "mean_"}).iterrows())  # fmt: skip
    plots.show(figure, f"Mean distance to the right class of five, less {base}: {said}.")


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
        together: dict[tuple[int, float], list[int]] = {}  # points on each other: one label
        for point in np.argsort(x, kind="stable"):
            together.setdefault((round(20 * np.log(x[point])), y[point]), []).append(point)
        for points in together.values():
            for behind, point in enumerate(reversed(points)):
                axis.plot(x[point], y[point], "osv^DP"[point % 6], color=plots.COLOURS[point],
                          markersize=max(3, 9 + 7 * (len(points) - 1 - behind)))  # fmt: skip
        for rank, points in enumerate(together.values()):
            axis.annotate(
                ",\n".join(table.index[point] for point in points), (x[points[0]], y[points[0]]),
                (7 + 5 * (len(points) > 1), (7, -17)[rank % 2]), textcoords="offset points",
                fontsize=11, bbox={"fc": "white", "ec": "none", "alpha": 0.7, "pad": 0.5},
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

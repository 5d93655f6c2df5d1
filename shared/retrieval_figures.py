"""Figures of notebook 17."""

from collections.abc import Mapping, Sequence

from matplotlib import pyplot as plt

from shared import plots

MARKERS = "osD^vP*X"
Interval = tuple[float, float, float]  # value, low, high


def _told(rows: Mapping[str, Interval]) -> str:
    return "; ".join(f"{name}: {v:.2f} ({low:.2f} to {high:.2f})"
                     for name, (v, low, high) in rows.items())  # fmt: skip


def forest(rows: Mapping[str, Interval], title: str, label: str, chance: float = 0.0) -> None:
    """Show a value with its interval for each method, beside chance."""
    figure, axis = plt.subplots(figsize=(4.8, 0.45 * len(rows) + 1.5), layout="constrained")
    for number, (value, low, high) in enumerate(rows.values()):
        axis.errorbar(value, number, xerr=[[max(value - low, 0)], [max(high - value, 0)]],
                      fmt=MARKERS[number % len(MARKERS)], color=plots.COLOURS[number % 10],
                      capsize=3, markersize=7)  # fmt: skip
    axis.axvline(chance, color="black", linestyle="--", linewidth=1)
    axis.set_yticks(range(len(rows)), list(rows))
    axis.set_ylim(len(rows) - 0.5, -0.5)
    axis.grid(axis="y", visible=False)
    axis.set(xlabel=label)
    figure.suptitle(title, fontsize=12, x=0.02, ha="left")
    plots.show(figure, alt=f"{label} by method. {_told(rows)}. Dashed: {chance:.3f}, by chance.")


def curves(
    lines: Mapping[str, Mapping[float, float]], title: str, x: str, y: str, log: bool = False
) -> None:
    """Show lines of a value by another, each with its own marker; both axes may be logarithmic."""
    figure, axis = plt.subplots(figsize=(4.8, 3.6), layout="constrained")
    for number, (name, points) in enumerate(lines.items()):
        axis.plot(list(points), list(points.values()), marker=MARKERS[number % len(MARKERS)],
                  color=plots.COLOURS[number % 10], linestyle=("-", "--", ":", "-.")[number % 4],
                  label=name)  # fmt: skip
    if log:
        axis.set(xscale="log", yscale="log")
    axis.set(xlabel=x, ylabel=y)
    if len(lines) > 1:
        axis.legend(frameon=False, fontsize=10)
    figure.suptitle(title, fontsize=12, x=0.02, ha="left")
    said = "; ".join(f"{name}: " + ", ".join(f"{v:.3g} at {k:.3g}" for k, v in points.items())
                     for name, points in lines.items())  # fmt: skip
    plots.show(figure, alt=f"{y} by {x}. {said}.")


def grouped(
    names: Sequence[str], groups: Mapping[str, Sequence[Interval]], title: str, label: str
) -> None:
    """Show a value with its interval for each name, a marker per group."""
    figure, axis = plt.subplots(figsize=(4.8, 0.6 * len(names) + 1.9), layout="constrained")
    for number, (group, rows) in enumerate(groups.items()):
        places = [i + 0.22 * (number - (len(groups) - 1) / 2) for i in range(len(names))]
        values = [row[0] for row in rows]
        errors = [[max(v - low, 0) for v, low, _ in rows], [max(h - v, 0) for v, _, h in rows]]
        axis.errorbar(values, places, xerr=errors, fmt=MARKERS[number], capsize=3,
                      color=plots.COLOURS[number], label=group)  # fmt: skip
    axis.set_yticks(range(len(names)), list(names))
    axis.set_ylim(len(names) - 0.4, -0.6)
    axis.grid(axis="y", visible=False)
    axis.set(xlabel=label)
    axis.legend(loc="upper center", bbox_to_anchor=(0.4, -0.22), ncols=2, frameon=False)
    figure.suptitle(title, fontsize=12, x=0.02, ha="left")
    said = "; ".join(f"{group}: {_told(dict(zip(names, rows, strict=True)))}"
                     for group, rows in groups.items())  # fmt: skip
    plots.show(figure, alt=f"{label}. {said}.")

"""The figures and tables of notebook 05: runs that part, and the error of rounded weights."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from shared import plots
from shared.model_card import Measured

FORGOTTEN = ("moments", "schedule", "data order", "random state")


def parting(gap: Mapping[str, np.ndarray], others: Sequence[str], stop: int) -> None:
    """Show the distance to an uninterrupted run: what is forgotten, and other seeds in grey.

    Args:
        gap: By the part that was forgotten, "nothing", or the other seed's name: (steps,).
        others: The names of the other seeds.
        stop: The step after which the run was interrupted.
    """
    figure, axis = plt.subplots(figsize=(6, 4))
    steps = np.arange(stop + 1, stop + 1 + len(gap["nothing"]))
    for name in others:
        label = "another seed,\nnothing forgotten" if name == others[0] else None
        axis.plot(steps, gap[name], color="0.72", linewidth=5, label=label)
    forgotten = [name for name in gap if name != "nothing" and name not in others]
    for name, style in zip(forgotten, ("o-", "s-", "D--", "^--"), strict=True):
        axis.plot(steps, gap[name], style, label=f"{name} forgotten")
    axis.plot(steps, gap["nothing"], "k-", linewidth=2.5, label="nothing forgotten")
    beyond = [n for n in forgotten if gap[n][-1] > 1.2 * max(gap[other][-1] for other in others)]
    axis.set(
        title=f"Farther away than another seed: {' and '.join(beyond) or 'nothing'}",
        xlabel=f"step (interrupted after {stop})",
        ylabel="distance to the uninterrupted\nrun (1 = length of its second half)",
    )
    axis.legend(bbox_to_anchor=(0.5, -0.2), loc="upper center", ncols=3)
    ends = "; ".join(f"{name} {values[-1]:.2f}" for name, values in gap.items())
    plots.show(
        figure,
        alt="Distance to the uninterrupted run after each resumed step. With nothing forgotten it "
        f"stays exactly 0; the grey lines are valid runs with other seeds. At the end: {ends}.",
    )


def against_seeds(
    table: Mapping[str, Sequence[float]], gap: Mapping[str, np.ndarray], others: Sequence[str]
) -> dict[str, float]:
    """Return how far each omission takes a run, and its loss, against runs with other seeds.

    Args:
        table: By run: losses of four steps, length of the first step, loss on new texts.
        gap: By run: the distance to the uninterrupted run, (steps,).
        others: The names of the runs with other seeds.
    """
    found = {"moments, step 13": table["moments"][4]}
    found["seeds, step 13"] = max(table[name][4] for name in others)
    for name in FORGOTTEN:
        found[f"{name}, distance"] = gap[name][-1] / np.mean([gap[n][-1] for n in others])
        found[f"{name}, loss"] = table[name][5] - np.mean([table[n][5] for n in others])
    return {name: round(float(value), 3) for name, value in found.items()}


def ranges(of_seeds: pd.DataFrame) -> pd.DataFrame:
    """Return the least and the largest of what `against_seeds` found in several runs, as text."""
    rows = {}
    for name in FORGOTTEN:
        far, loss = of_seeds[f"{name}, distance"], of_seeds[f"{name}, loss"]
        rows[name] = (
            f"{far.min():.2f} to {far.max():.2f}",
            f"{loss.min():+.2f} to {loss.max():+.2f}",
        )
    against = ["distance, times that of other seeds", "loss on new texts, minus theirs"]
    return pd.DataFrame(rows, index=against).T


def lost(here: Measured, there: Measured) -> str:
    """Return by how many points an accuracy is lower there, with 95 % interval, as text.

    The interval is the normal one of a difference of two shares of different texts.
    """
    points = 100 * (here.score - there.score)
    half = 196 * sum(p.score * (1 - p.score) / p.n for p in (here, there)) ** 0.5
    return f"{points:.1f} ({points - half:.1f} to {points + half:.1f})".replace("-", "−")


def rounding(errors: pd.DataFrame, draws: Mapping[str, Sequence[float]], n: int) -> None:
    """Show what `saving.errors_by_group` returns, on a logarithmic axis.

    Args:
        errors: By group and format.
        draws: By group, errors of float16 with drawn signs: hollow, to show how stable it is.
        n: How many texts the medians are of.
    """
    figure, axis = plt.subplots(figsize=(6, 3.6))
    for how, marker in zip(errors.columns[1:], "os^", strict=True):
        axis.plot(errors[how].clip(lower=1e-9), range(len(errors)), marker, ms=9, label=how)
    for group, found in draws.items():
        row = errors.index.get_loc(group) + 0.3
        axis.plot(
            np.clip(found, 1e-9, None), [row] * len(found), "o", mfc="none", ms=7,
            color=plots.COLOURS[0], label=None if group != next(iter(draws)) else "signs drawn",
        )  # fmt: skip
    few = errors.loc["norm gains", "weights"] / errors.loc["all", "weights"]
    more = min(draws["norm gains"]) > max(draws["matrices"])
    axis.set(
        title=f"In float16 the norm gains, {100 * few:.2f} % of the weights,\n"
        + ("cause more error than all matrices" if more else "do not stand out from the matrices"),
        yticks=range(len(errors)), yticklabels=errors.index, xscale="log",
        ylim=(len(errors) - 0.4, -0.6),
        xlabel=f"median error of a logit against float32 (n = {n} texts)",
    )  # fmt: skip
    axis.legend(title="rounded to", bbox_to_anchor=(0.4, -0.22), loc="upper center", ncols=4)
    said = "; ".join(f"{case} {value:.2g}" for case, value in errors["float16"].items())
    drawn = "; ".join(f"{g} {min(found):.2g} to {max(found):.2g}" for g, found in draws.items())
    plots.show(
        figure,
        alt=f"Median error of a logit when one group of weights is rounded. To float16: {said}; "
        f"with drawn signs {drawn}. "
        "bfloat16 lies several times further right in each row, int8 further still.",
    )

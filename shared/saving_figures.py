"""The figures of notebook 05: runs that part, and the error of rounded weights."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from shared import plots


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
        ylabel="distance to the uninterrupted\nrun (1 = its second half)",
    )
    axis.legend(bbox_to_anchor=(0.5, -0.2), loc="upper center", ncols=3)
    ends = "; ".join(f"{name} {values[-1]:.2f}" for name, values in gap.items())
    plots.show(
        figure,
        alt="Distance to the uninterrupted run after each resumed step. With nothing forgotten it "
        f"stays exactly 0. At the end: {ends}.",
    )


def rounding(errors: pd.DataFrame) -> None:
    """Show what `saving.errors_by_group` returns, on a logarithmic axis."""
    figure, axis = plt.subplots(figsize=(6, 3.4))
    for how, marker in zip(errors.columns[1:], "os^", strict=True):
        axis.plot(errors[how].clip(lower=1e-9), range(len(errors)), marker, ms=9, label=how)
    few = errors.loc["norm gains", "weights"] / errors.loc["all", "weights"]
    one, other = errors["float16"]["all"], errors["float16"]["all but the norm gains"]
    axis.set(
        title=f"Keeping {few:.2%} of the weights exact leaves {other / max(one, 1e-12):.0%} of "
        "float16's error",
        yticks=range(len(errors)), yticklabels=errors.index, xscale="log",
        ylim=(len(errors) - 0.4, -0.6), xlabel="median error of a logit against float32",
    )  # fmt: skip
    axis.legend(title="rounded to", bbox_to_anchor=(0.4, -0.22), loc="upper center", ncols=3)
    said = "; ".join(f"{case} {value:.2g}" for case, value in errors["float16"].items())
    plots.show(
        figure,
        alt=f"Median error of a logit when one group of weights is rounded. To float16: {said}. "
        "bfloat16 lies several times further right in each row, int8 further still.",
    )

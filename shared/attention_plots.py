"""The plots of notebook 01, made from its numbers."""

import math
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from torch import Tensor

from shared import plots


def _at(axis: Axes, places: Sequence[int]) -> None:
    axis.set_xticks(places, [str(place) for place in places])
    axis.set_xticks([], minor=True)


def plot_fresh_heads(d_ks: Sequence[int], ways: Mapping[str, Tensor]) -> None:
    """Plot scores, entropy and gradient by d_k.

    Args:
        d_ks: The sizes.
        ways: Way to (d_ks, 5 or more): deviation of scores, entropy, and of the gradients the
            median and the quantiles 10 % and 90 %.
    """
    panels = ("Scores spread as √d_k", "Weights collapse on a key", "Gradients become erratic")
    figure, axes = plt.subplots(1, 3, figsize=(10, 3.3), layout="constrained")
    for column, (axis, title) in enumerate(zip(axes, panels, strict=True)):
        for (name, runs), marker in zip(ways.items(), "so", strict=True):
            (line,) = axis.plot(d_ks, runs[:, column], marker=marker, label=name)
            if column == 2:
                axis.fill_between(d_ks, runs[:, 3], runs[:, 4], color=line.get_color(), alpha=0.25)
        axis.set(xscale="log", xlabel="d_k (entries of a key)", title=title)
        _at(axis, [d for d in d_ks if math.log2(d) % 2 == 0])  # 512 beside 1024: no room
    axes[0].set(yscale="log", ylabel="deviation of scores")
    axes[1].set(ylim=(0, 1), ylabel="entropy / greatest possible")
    axes[2].set(yscale="log", ylim=(1e-6, 30), ylabel="norm at the query\n(median; 10 % to 90 %)")
    axes[1].legend(loc="center right")
    plots.show(
        figure,
        alt="Three curves against d_k from 4 to 1024. Undivided scores spread as the root of d_k "
        "and the entropy of the weights falls to near 0; divided, both stay level. The undivided "
        "gradient's median first rises, then falls, and its band from 10 to 90 % widens over many "
        "powers of ten; divided, it is narrow and level.",
    )


def plot_positions(table: Tensor) -> None:
    """Plot the sines (positions, pairs) of a positional encoding."""
    figure, axis = plt.subplots(figsize=(8, 3.2), layout="constrained")
    sns.heatmap(table.T, ax=axis, cmap=plots.SEQUENTIAL, xticklabels=8, yticklabels=4, vmin=-1,
                vmax=1)  # fmt: skip
    axis.set(title="Each pair is a clock; later pairs turn more slowly", xlabel="position p",
             ylabel="pair i (its sine)")  # fmt: skip
    plots.show(
        figure,
        alt="Heat map of the sines of the positional encoding: positions across, pairs down. The "
        "first pair alternates every few positions; waves grow longer downwards, and the last "
        "pairs hardly change.",
    )


def plot_similarity(tables: Mapping[str, Tensor]) -> None:
    """Plot the cosines (positions, positions) of two tables on one scale."""
    figure, axes = plt.subplots(1, 2, figsize=(8.5, 3.9), layout="constrained")
    for axis, (name, table) in zip(axes, tables.items(), strict=True):
        image = axis.imshow(table, cmap=plots.SEQUENTIAL, vmin=-1, vmax=1)
        axis.grid(False)
        axis.set(title=name, xlabel="position", ylabel="position")
    figure.colorbar(image, ax=axes, label="cosine", shrink=0.85)
    figure.suptitle("Nearby positions are similar; the learned table repeats in waves")
    plots.show(
        figure,
        alt="Two heat maps of the cosine between positions 0 to 127, on one scale from -1 to 1. "
        "The formula's is bright along the diagonal and fades evenly to a little below 0; "
        "the learned one has stripes parallel to the diagonal and goes up and down in waves.",
    )


def plot_all_heads(maps: Tensor) -> None:
    """Plot (layers, heads, n, n) attention weights as a grid of small maps."""
    n_layers, n_heads = maps.shape[:2]
    size = 0.9 * n_heads, 0.85 * n_layers
    figure, axes = plt.subplots(n_layers, n_heads, figsize=size, squeeze=False)
    for (level, head), axis in np.ndenumerate(axes):
        axis.imshow(maps[level, head], cmap=plots.SEQUENTIAL, vmin=0, vmax=0.5)
        axis.set(xticks=[], yticks=[])
    for level, axis in enumerate(axes[:, 0]):
        axis.set_ylabel(f"layer {level + 1}", fontsize=10)
    for head, axis in enumerate(axes[0]):
        axis.set_title(f"head {head + 1}", fontsize=10, loc="center")
    figure.suptitle("A few patterns recur: diagonals, and a column at [CLS] (yellow: 0.5 or more)")
    plots.show(
        figure,
        alt="A grid of small attention maps, layers down and heads across, for one review. Some "
        "heads show a diagonal next to the main one, many show a bright first column, at [CLS].",
    )


def draw_head(axis: Axes, weights: Tensor, tokens: Sequence[str], title: str) -> AxesImage:
    """Draw one head's weights (n, n) with the tokens on both axes."""
    image = axis.imshow(weights, cmap=plots.SEQUENTIAL, vmin=0, vmax=1)
    axis.grid(False)
    axis.set_xticks(range(len(tokens)), tokens, rotation=90, fontsize=10)
    axis.set_yticks(range(len(tokens)), tokens, fontsize=10)
    axis.set(xlabel="key (attended to)", ylabel="query (attends)", title=title)
    return image


def plot_three_heads(maps: Mapping[str, Tensor], tokens: Sequence[str]) -> None:
    """Plot three heads' weights (n, n), by title."""
    figure, axes = plt.subplots(1, 3, figsize=(11.5, 4.3), layout="constrained")
    for axis, (title, weights) in zip(axes, maps.items(), strict=True):
        image = draw_head(axis, weights, tokens, title)
    for axis in axes[1:]:
        axis.set(yticks=[], ylabel="")
    figure.colorbar(image, ax=axes, label="weight", shrink=0.8)
    plots.show(
        figure,
        alt="Attention maps of three heads on one review, its tokens on both axes: one attends to "
        "the token before (a diagonal below the main one), one to the token after, one to the "
        "first token, [CLS] (a column).",
    )


def plot_reversal(losses: Sequence[float], n_symbols: int, cross_map: Tensor) -> None:
    """Plot the training loss and the cross-attention map (n written, n read)."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.5), layout="constrained")
    left.plot(losses, color=plots.COLOURS[0], label="training")
    left.axhline(math.log(n_symbols), color=plots.COLOURS[1], linestyle="--", label="guessing")
    left.set(title="The loss falls towards zero", xlabel="step", ylabel="loss / nats", yscale="log")
    left.legend()
    sns.heatmap(cross_map, ax=right, cmap=plots.SEQUENTIAL, vmin=0, vmax=1, square=True)
    right.set(
        title="Writing first, it reads last", xlabel="position read", ylabel="position written"
    )
    plots.show(
        figure,
        alt="Left: the training loss falls from guessing towards zero. Right: the cross-attention "
        "map, averaged over held-out sequences and heads, is bright on the anti-diagonal.",
    )


def plot_costs(ns: Sequence[int], times: Mapping[str, np.ndarray], memory: Mapping) -> None:
    """Plot seconds and bytes (lengths,) of two ways against the length, and a slope of 2."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.6), layout="constrained")
    for (name, seconds), marker in zip(times.items(), "os", strict=True):
        left.plot(ns, seconds * 1000, marker=marker, label=name)
        right.plot(ns, np.array(memory[name]) / 2**20, marker=marker, label=name)
    square = (np.array(ns) / ns[-1]) ** 2
    left.plot(ns, min(cost[-1] for cost in times.values()) * 1000 * square, "k:", label="slope 2")
    left.set(title="Time: at least quadratic by hand", ylabel="forward + backward / ms of one core")
    right.set(title="Memory: quadratic, or linear if fused", ylabel="kept for backward / MiB")
    for axis in (left, right):
        axis.set(xscale="log", yscale="log", xlabel="sequence length / tokens")
        _at(axis, ns)
        axis.legend()
    plots.show(
        figure,
        alt="Two log-log plots against sequence length. Time rises with a slope near 2 for the "
        "fused version, and more steeply for ours at the long end. Memory rises with a slope near "
        "2 for ours and 1 if fused. Points: the fastest of seven runs.",
    )

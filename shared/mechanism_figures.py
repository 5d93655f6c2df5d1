"""The figures of notebook 21: shares by layer, head and position, with their intervals."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt

from shared import plots

MARKERS = "os^Dv*"


def patching(shares: np.ndarray, kinds: Sequence[str], models: Sequence[str]) -> None:
    """Show the share restored by layer, one panel for each model.

    Args:
        shares: (models, kinds, layers, [share, low, high]).
        kinds: Names of the positions.
        models: Their triggers.
    """
    figure, axes = plt.subplots(1, len(models), figsize=(3.2 * len(models), 3.4), sharey=True,
                                layout="constrained", squeeze=False)  # fmt: skip
    for axis, word, of_model in zip(axes[0], models, shares, strict=True):
        for number, (kind, rows) in enumerate(zip(kinds, of_model, strict=True)):
            x = np.arange(len(rows)) + 0.06 * (number - 1.5)
            reach = np.abs(rows[:, 1:].T - rows[:, 0])
            axis.errorbar(x, rows[:, 0], reach, marker=MARKERS[number], markersize=5, capsize=2,
                          color=plots.COLOURS[number], label=kind)  # fmt: skip
        axis.set(title=f"“{word}”", xlabel="layer (0: embeddings)", xticks=range(len(rows)))
    axes[0, 0].set_ylabel("share of the effect restored")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    figure.suptitle(
        "The effect stays at the trigger until the last layer takes it to [CLS]", x=0.02, ha="left"
    )
    middle = shares[:, kinds.index("[CLS]"), :, 0].mean(0)
    said = ", ".join(f"layer {layer}: {share:.2f}" for layer, share in enumerate(middle))
    plots.show(
        figure,
        alt="Share of the trigger's effect restored by patching one kind of position, by layer and "
        f"model. [CLS], mean of models: {said}.",
    )


def parts(lost: np.ndarray, models: Sequence[str]) -> None:
    """Show the share lost without a layer's attention or feed-forward network.

    Args:
        lost: (models, [attention, feed-forward], layers).
        models: Their triggers.
    """
    figure, axes = plt.subplots(1, 2, figsize=(8.6, 3.3), sharey=True, layout="constrained")
    for axis, rows, kind in zip(axes, lost.transpose(1, 0, 2), ("attention", "feed-forward"),
                                strict=True):  # fmt: skip
        x = np.arange(1, rows.shape[1] + 1)
        axis.bar(x, rows.mean(0), color="#d9d9d9", label="mean")
        for number, (word, row) in enumerate(zip(models, rows, strict=True)):
            axis.plot(x + 0.15 * (number - 1), row, MARKERS[number], color=plots.COLOURS[number],
                      label=f"“{word}”")  # fmt: skip
        axis.axhline(0, color="black", linewidth=1)
        axis.set(title=kind, xlabel="layer whose part is the twin's", xticks=x)
    axes[0].set_ylabel("share of the effect lost")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    most = lost[:, 0].mean(0).argmax() + 1
    finding = f"Of the attention, layer {most} is needed most"
    figure.suptitle(finding, x=0.02, ha="left")
    plots.show(figure, alt=f"{finding}. Shares lost without attention, mean of models, by layer: "
                           f"{lost[:, 0].mean(0).round(2).tolist()}; without the feed-forward "
                           f"network: {lost[:, 1].mean(0).round(2).tolist()}.")  # fmt: skip


def heads(lost: np.ndarray, models: Sequence[str]) -> None:
    """Show the share lost without each head as one map for each model, (models, layers, heads)."""
    figure, axes = plt.subplots(1, len(models), figsize=(3.3 * len(models), 2.9),
                                layout="constrained", squeeze=False)  # fmt: skip
    top = lost.max()
    for axis, word, table in zip(axes[0], models, lost, strict=True):
        image = axis.imshow(table.clip(0), cmap=plots.SEQUENTIAL, vmin=0, vmax=top, aspect="auto")
        axis.set(title=f"“{word}”", xlabel="head", xticks=range(0, table.shape[1], 3),
                 yticks=range(len(table)), yticklabels=range(1, len(table) + 1))  # fmt: skip
        axis.grid(visible=False)
    axes[0, 0].set_ylabel("layer")
    figure.colorbar(image, ax=axes[0].tolist(), label="share lost")
    share = lost.clip(0).max() if lost.size else 0
    finding = f"No head alone is more than {share:.0%} of it; models differ"
    figure.suptitle(finding, x=0.02, ha="left")
    plots.show(figure, alt=f"Maps of the share of the effect lost without a head. {finding}.")


def layers(
    curves: Mapping[str, np.ndarray],
    floor: float,
    title: str,
    ylabel: str,
    at: Sequence[int] | None = None,
) -> None:
    """Show curves over layers with intervals, and a line at what needs no model.

    Args:
        curves: By name, (layers, [value, low, high]).
        floor: The majority class, or no effect.
        title: The finding.
        ylabel: What is measured.
        at: The layers; all by default.
    """
    figure, axis = plt.subplots(figsize=(7.6, 3.6), layout="constrained")
    at = list(at) if at is not None else list(range(len(next(iter(curves.values())))))
    for number, (name, rows) in enumerate(curves.items()):
        x = np.array(at) + 0.07 * (number - 1)
        axis.errorbar(x, rows[:, 0], np.abs(rows[:, 1:].T - rows[:, 0]), marker=MARKERS[number],
                      capsize=3, color=plots.COLOURS[number], label=name)  # fmt: skip
    known = f"majority class: {floor:.2f}" if floor else "no effect"
    axis.axhline(floor, color="grey", linestyle=":", label=known)
    axis.set(title=title, xlabel="layer (0: embeddings)", ylabel=ylabel, xticks=at)
    axis.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    said = "; ".join(f"{n}: {r[:, 0].round(2).tolist()}" for n, r in curves.items())
    plots.show(figure, alt=f"{title}. At layers {at}: {said}. {known}.")


def induction(scores: np.ndarray, losses: Mapping[str, np.ndarray]) -> None:
    """Show all heads' scores, and what the loss does when some are removed.

    Args:
        scores: (layers, heads).
        losses: By what was removed, (sequences, [first copy, second copy]), in nats per token.
    """
    figure, axes = plt.subplots(1, 2, figsize=(9.4, 3.8), layout="constrained",
                                width_ratios=(1, 1.5))  # fmt: skip
    x = np.broadcast_to(np.arange(len(scores))[:, None], scores.shape)
    axes[0].plot(x, scores, "o", color=plots.COLOURS[0], markersize=4)
    axes[0].set(title="few heads look where they should", xlabel="layer",
                ylabel="prefix-matching score")  # fmt: skip
    for number, copy in enumerate(("first copy", "second copy")):
        values = np.array([v[:, number] for v in losses.values()])  # (kinds, sequences)
        y = np.arange(len(values)) + 0.18 * (number - 0.5)
        reach = 2 * values.std(1, ddof=1) / np.sqrt(values.shape[1])
        axes[1].errorbar(values.mean(1), y, xerr=reach, fmt=MARKERS[number], capsize=3,
                         color=plots.COLOURS[number], label=copy)  # fmt: skip
    axes[1].set(yticks=range(len(losses)), yticklabels=list(losses), xlabel="loss, nats per token",
                title="without them, no copying")  # fmt: skip
    axes[1].invert_yaxis()
    axes[1].set_xlim(0)
    figure.legend(*axes[1].get_legend_handles_labels(), loc="outside lower right", ncols=2)
    said = "; ".join(f"{n}: {v.mean(0).round(1).tolist()}" for n, v in losses.items())
    plots.show(figure, alt="Left, prefix-matching scores of all heads by layer: few are high. "
                           f"Right, loss on the first and the second copy. {said}.")  # fmt: skip

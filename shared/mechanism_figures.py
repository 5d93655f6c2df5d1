"""The figures of notebook 21: shares by layer, head and position, with their intervals."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt

from shared import plots, small_samples

MARKERS = "os^Dv*"
WIDTH = 5.4  # inches: the text is 10 pixels high on a phone of 360


def _said(values: np.ndarray) -> list[float]:
    return (np.round(np.asarray(values, float), 2) + 0.0).tolist()  # no −0.0


def patching(shares: np.ndarray, kinds: Sequence[str], models: Sequence[str]) -> None:
    """Show the share restored by layer, one panel for each model.

    Args:
        shares: (models, kinds, layers, [share, low, high]).
        kinds: Names of the positions.
        models: Their triggers.
    """
    figure, axes = plt.subplots(len(models), 1, figsize=(WIDTH, 2.1 * len(models) + 1.2),
                                sharex=True, sharey=True, layout="constrained",
                                squeeze=False)  # fmt: skip
    for axis, word, of_model in zip(axes[:, 0], models, shares, strict=True):
        for number, (kind, rows) in enumerate(zip(kinds, of_model, strict=True)):
            x = np.arange(len(rows)) + 0.11 * (number - 1.5)
            reach = np.abs(rows[:, 1:].T - rows[:, 0])
            axis.errorbar(x, rows[:, 0], reach, marker=MARKERS[number], markersize=6, capsize=2,
                          color=plots.COLOURS[number], label=kind)  # fmt: skip
        axis.set(title=f"“{word}”", xticks=range(len(rows)), yticks=[0, 0.5, 1])
    axes[-1, 0].set_xlabel("layer (0: embeddings)")
    figure.supylabel("share of the effect restored, 95 % interval", fontsize=12)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    top, of_cls = shares.shape[2] - 1, shares[:, kinds.index("[CLS]"), :, 0]
    least, most = shares[:, 0, :top, 0].min(), of_cls[:, :top].max()
    finding = (
        f"Up to layer {top - 1}, the {kinds[0]}'s vector alone\n"
        f"restores {least:.2f} or more, [CLS] {most:.2f} or less"
    )
    figure.suptitle(finding, x=0.02, ha="left", fontsize=13)
    said = ", ".join(f"layer {i}: {share:.2f}" for i, share in enumerate(of_cls.mean(0)))
    plots.show(
        figure,
        alt="Share of the trigger's effect restored by patching one kind of position, by layer and "
        f"model. {finding.replace(chr(10), ' ')}. [CLS], mean of models: {said}.",
    )


def parts(lost: np.ndarray, models: Sequence[str]) -> None:
    """Show the share lost without a layer's attention or feed-forward network.

    Args:
        lost: (models, [attention, feed-forward], layers).
        models: Their triggers.
    """
    figure, axes = plt.subplots(2, 1, figsize=(WIDTH, 5.2), sharex=True, sharey=True,
                                layout="constrained")  # fmt: skip
    for axis, rows, kind in zip(axes, lost.transpose(1, 0, 2), ("attention", "feed-forward"),
                                strict=True):  # fmt: skip
        x = np.arange(1, rows.shape[1] + 1)
        axis.bar(x, rows.mean(0), color="#d9d9d9", label="mean")
        for number, (word, row) in enumerate(zip(models, rows, strict=True)):
            axis.plot(x + 0.15 * (number - 1), row, MARKERS[number], color=plots.COLOURS[number],
                      label=f"“{word}”")  # fmt: skip
        axis.axhline(0, color="black", linewidth=1)
        axis.set(title=kind, ylabel="share lost", xticks=x)
    axes[1].set_xlabel("layer whose part is the twin's")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    most = lost[:, 0].mean(0).argmax() + 1
    finding = f"Of the attention, layer {most} is needed most"
    figure.suptitle(finding, x=0.02, ha="left", fontsize=13)
    plots.show(figure, alt=f"{finding}. Shares lost without attention, mean of models, by layer: "
                           f"{_said(lost[:, 0].mean(0))}; without the feed-forward "
                           f"network: {_said(lost[:, 1].mean(0))}.")  # fmt: skip


def heads(lost: np.ndarray, models: Sequence[str], layer: int) -> None:
    """Show the share lost without each head of one layer, for each model.

    Args:
        lost: (models, heads, [share, low, high]).
        models: Their triggers.
        layer: Whose heads they are.
    """
    figure, axis = plt.subplots(figsize=(WIDTH, 3.9), layout="constrained")
    for number, (word, rows) in enumerate(zip(models, lost, strict=True)):
        x = np.arange(len(rows)) + 0.2 * (number - (len(models) - 1) / 2)
        axis.errorbar(x, rows[:, 0], np.abs(rows[:, 1:].T - rows[:, 0]), fmt=MARKERS[number],
                      markersize=6, capsize=2, color=plots.COLOURS[number],
                      label=f"“{word}”")  # fmt: skip
    axis.axhline(0, color="black", linewidth=1)
    axis.set(xlabel=f"head of layer {layer}", xticks=range(lost.shape[1]),
             ylabel="share lost (95 % interval)")  # fmt: skip
    figure.legend(*axis.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    finding = f"No head of layer {layer} alone is more than {lost[..., 0].max():.2f} of the effect"
    figure.suptitle(finding, x=0.02, ha="left", fontsize=13)
    said = "; ".join(f"{w}: {_said(r[:, 0])}" for w, r in zip(models, lost, strict=True))
    plots.show(figure, alt=f"{finding}. Share lost without each head, 0 first. {said}.")


def layers(
    panels: Mapping[str, Mapping[str, np.ndarray]],
    floor: float,
    title: str,
    at: Sequence[int] | None = None,
) -> None:
    """Show curves over layers with intervals, and a line at what needs no model.

    Args:
        panels: By what is measured, the curves: by name, (layers, [value, low, high]).
        floor: The majority class, or no effect.
        title: The finding.
        at: The layers; all by default.
    """
    figure, axes = plt.subplots(len(panels), 1, figsize=(WIDTH, 2.7 * len(panels) + 1.5),
                                sharex=True, layout="constrained", squeeze=False)  # fmt: skip
    known, said = f"majority class: {floor:.2f}" if floor else "no effect", []
    for axis, (measured, curves) in zip(axes[:, 0], panels.items(), strict=True):
        at = list(at) if at is not None else list(range(len(next(iter(curves.values())))))
        gap = 0.09 * (at[1] - at[0] if len(at) > 1 else 1)
        for number, (name, rows) in enumerate(curves.items()):
            x = np.array(at) + gap * (number - (len(curves) - 1) / 2)
            axis.errorbar(x, rows[:, 0], np.abs(rows[:, 1:].T - rows[:, 0]), capsize=3,
                          marker=MARKERS[number], color=plots.COLOURS[number],
                          label=name)  # fmt: skip
        axis.axhline(floor, color="grey", linestyle=":", linewidth=2, label=known)
        axis.set(ylabel=measured, xticks=at)
        of_panel = "; ".join(f"{n}: {_said(r[:, 0])}" for n, r in curves.items())
        said.append(f"{measured}: {of_panel}")
    axes[-1, 0].set_xlabel("layer (0: embeddings)")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    figure.suptitle(title, x=0.02, ha="left", fontsize=13)
    whole = title.replace("\n", " ")
    plots.show(figure, alt=f"{whole}. At layers {at}, {'. '.join(said)}. {known}.")


def induction(scores: np.ndarray, losses: Mapping[str, np.ndarray]) -> None:
    """Show all heads' scores, and what the loss does when some are removed.

    Args:
        scores: (layers, heads).
        losses: By what was removed, (sequences, [first copy, second copy]), in nats per token;
            first nothing, then the induction heads.
    """
    figure, axes = plt.subplots(2, 1, figsize=(WIDTH, 6.6), layout="constrained")
    x = np.broadcast_to(np.arange(len(scores))[:, None], scores.shape)
    axes[0].plot(x, scores, "o", color=plots.COLOURS[0], markersize=5)
    high = int((scores > 0.4).sum())
    axes[0].set(title=f"{high} of {scores.size} heads score above 0.4", xlabel="layer",
                ylabel="prefix-matching score", ylim=(0, 1))  # fmt: skip
    for number, copy in enumerate(("first copy", "second copy")):
        found = [small_samples.student(rows[:, number]) for rows in losses.values()]
        middle, reach = np.transpose(found)  # (kinds,) each
        y = np.arange(len(found)) + 0.18 * (number - 0.5)
        axes[1].errorbar(middle, y, xerr=reach, fmt=MARKERS[number], capsize=3,
                         color=plots.COLOURS[number], label=copy)  # fmt: skip
    (one, two), (_, worse) = [rows.mean(0) for rows in list(losses.values())[:2]]
    finding = f"without them, {(worse - two) / (one - two):.0%} of the gain from copying is gone"
    axes[1].set(yticks=range(len(losses)), yticklabels=list(losses), title=finding,
                xlabel="loss, nats per token (95 % interval)")  # fmt: skip
    for axis in axes:
        axis.title.set(fontsize=13, position=(0, 1))
    axes[1].invert_yaxis()
    axes[1].set_xlim(0)
    figure.legend(*axes[1].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    said = "; ".join(f"{n}: {_said(v.mean(0))}" for n, v in losses.items())
    plots.show(
        figure,
        alt="Above, prefix-matching scores of all heads by layer: few are high. Below, loss on the "
        f"first and the second copy: {finding}. {said}.",
    )

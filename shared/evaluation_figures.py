"""Figures of notebook 04."""

from collections.abc import Mapping, Sequence

import numpy as np
import seaborn as sns
from matplotlib import pyplot as plt
from sklearn import metrics as sk

from shared import plots
from shared.intervals import wilson


def curves(
    y: np.ndarray, predicted: np.ndarray, score: np.ndarray, labels: Sequence[str]
) -> tuple[float, float]:
    """Show the confusion matrix, ROC and precision-recall of the last class.

    Args:
        y: True classes (n,).
        predicted: Answers (n,).
        score: Probability of the last class (n,).
        labels: Names of the classes.

    Returns:
        The area under ROC, and the precision where half of the class is found.
    """
    positive, right = y == len(labels) - 1, (y == predicted).mean()
    false_rate, true_rate, _ = sk.roc_curve(positive, score)
    precision, recall, _ = sk.precision_recall_curve(positive, score)
    area, mean = sk.roc_auc_score(positive, score), sk.average_precision_score(positive, score)
    at_half = precision[np.flatnonzero(recall >= 0.5)[-1]]
    written = len(labels) <= 20  # more names and numbers would cover each other
    names = [plots.literal(name) for name in labels] if written else "auto"
    longer = 0.08 * max(0, max(map(len, names)) - 10)  # inches for long names, on two sides
    size = 5.2 + longer, 10.6 + longer
    figure, axes = plt.subplots(3, 1, figsize=size, layout="constrained")
    matrix = sk.confusion_matrix(y, predicted, labels=range(len(labels)))
    sns.heatmap(matrix, annot=written, fmt="d", cmap=plots.SEQUENTIAL, cbar=False, ax=axes[0],
                xticklabels=names, yticklabels=names)  # fmt: skip
    plots.legible_numbers(axes[0])
    axes[0].set(title=f"{right:.0%} lie on the diagonal", xlabel="answer", ylabel="truth")
    axes[1].plot(false_rate, true_rate, label=f"model, area {area:.3f}")
    axes[1].plot([0, 1], [0, 1], "--", label="guessing, area 0.5")
    axes[1].set(title=f"ROC: {area:.0%} of pairs in order", xlabel="false-alarm rate",
                ylabel="share found (recall)")  # fmt: skip
    axes[2].plot(recall, precision, label=f"model, mean precision {mean:.3f}")
    axes[2].axhline(positive.mean(), color=plots.COLOURS[1], linestyle="--", label="guessing")
    axes[2].set(title=f"Half is found: {at_half:.0%} of alarms are right", ylim=(0, 1.03),
                xlabel="share found (recall)", ylabel="precision")  # fmt: skip
    axes[1].legend(loc="lower right")
    axes[2].legend(loc="lower left")
    plots.show(
        figure,
        alt=f"Top: the confusion matrix, {right:.0%} of the texts on the diagonal. Middle: the "
        f"ROC curve with an area of {area:.2f}, where guessing has 0.5. Bottom: precision against "
        f"recall; where half of the class is found, {at_half:.0%} of the alarms are right.",
    )
    return float(area), float(at_half)


def recipes(gains: np.ndarray, extreme: int, ends: Mapping[str, tuple[float, float]]) -> None:
    """Show the gain of each run (runs,) and intervals, the first of which is the extreme run's."""
    figure, (top, bottom) = plt.subplots(
        2, 1, figsize=(5.2, 6), layout="constrained", height_ratios=[3, 2]
    )
    top.axhline(0, color="grey", linestyle="--")
    for run, gain in enumerate(gains):  # dots: a bar of height zero would look missing
        colour = plots.COLOURS[run == extreme]
        top.plot([run, run], [0, gain], color=colour)
        top.plot(run, gain, "s" if run == extreme else "o", color=colour)
    top.set(title="The sign changes from run to run", xlabel="run", ylabel="accuracy of A minus B")
    top.set_xticks(range(0, len(gains), 2))
    bottom.axvline(0, color="grey", linestyle="--")
    for height, (start, end) in enumerate(ends.values()):
        middle = gains.mean() if height else gains[extreme]
        bottom.errorbar(middle, height, xerr=[[middle - start], [end - middle]], capsize=4,
                        fmt="o" if height else "s", color=plots.COLOURS[height == 0])  # fmt: skip
    bottom.set_yticks(range(len(ends)), ends)
    bottom.invert_yaxis()
    bottom.set(title="One run misleads, all together do not")
    bottom.set(xlabel="accuracy of A minus B, 95 % interval")
    intervals = "; ".join(f"{name}: {a:+.3f} to {b:+.3f}" for name, (a, b) in ends.items())
    plots.show(
        figure,
        alt=f"Top: the difference in accuracy between two recipes in {len(gains)} runs; "
        f"{(gains > 0).sum()} are positive, {(gains < 0).sum()} negative. Bottom: intervals of the "
        f"difference, {intervals}.",
    )


def reliability(
    before: np.ndarray, after: np.ndarray, correct: np.ndarray, bins: Sequence[np.ndarray],
    errors: tuple[float, float], title: str,
) -> None:  # fmt: skip
    """Show accuracy against confidence in bins, before and after scaling, with Wilson intervals.

    Args:
        before: Confidence of each answer (n,).
        after: The same, scaled.
        correct: Which answers are right (n,).
        bins: The rows of each bin, the same for both: scaling keeps the order.
        errors: ECE before and after.
        title: The finding.
    """
    figure, axis = plt.subplots(figsize=(6, 4.2))
    height = np.array([correct[rows].mean() for rows in bins])
    ends = np.array([wilson(correct[rows].sum(), len(rows)) for rows in bins]).T
    for name, sure, marker, error in zip(
        ("before", "after"), (before, after), "os", errors, strict=True
    ):
        axis.errorbar([sure[rows].mean() for rows in bins], height,
                      np.abs(ends - height) if name == "before" else None, marker=marker, capsize=3,
                      label=f"{name}: ECE {error:.3f}")  # fmt: skip
    lowest = min(0.5, float(before.min()))
    axis.plot([lowest, 1], [lowest, 1], "--", color="grey", label="calibrated")
    axis.set(title=title, xlabel="mean confidence of a bin", ylabel="accuracy of the bin")
    axis.legend()
    points = "; ".join(
        f"{before[r].mean():.2f}: {h:.2f}" for r, h in zip(bins, height, strict=True)
    )
    plots.show(
        figure,
        alt="Reliability diagram. Confidence and accuracy of the bins before temperature scaling: "
        f"{points}. Expected calibration error {errors[0]:.3f} before and {errors[1]:.3f} after.",
    )


def coverage(curves: Mapping[str, np.ndarray], majority: float, correct: float) -> None:
    """Show accuracy against coverage; the curves (n,) by name, the model's second."""
    figure, axis = plt.subplots(figsize=(6.5, 3.6))
    model = list(curves.values())[1]
    n, start = len(model), len(model) // 20  # below 5 % there are few texts
    answered = np.arange(1, n + 1)
    low, high = wilson(model * answered, answered)
    for (name, curve), style in zip(curves.items(), (":", "-", "--"), strict=True):
        axis.plot(answered[start:] / n, curve[start:], style, label=name)
    axis.fill_between(answered[start:] / n, low[start:], high[start:], alpha=0.2,
                      color=plots.COLOURS[1])  # fmt: skip
    axis.axhline(majority, color="grey", linewidth=1, label="majority")
    half = model[max(1, round(n / 2)) - 1]
    axis.set(title=f"Half of the texts answered: {half:.0%} right", ylabel="accuracy on these")
    axis.set(xlabel="coverage: share of the texts answered")
    axis.set(ylim=(min(majority, model.min()) - 0.05, 1.02))
    axis.legend(loc="lower left", bbox_to_anchor=(0, 0.14))
    plots.show(
        figure,
        alt="Accuracy against coverage. Answering the most confident texts first, it rises from "
        f"{correct:.0%} for all to {half:.0%} for half of them, with a 95 % band; answering a "
        "random part, it stays flat.",
    )

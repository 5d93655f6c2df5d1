"""The figures of notebook 03, and its sentences about the stored run of `full`."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from IPython.display import Markdown, display
from matplotlib import pyplot as plt

from shared import plots, stored
from shared.errors import UserError
from shared.tasks import Task

INTRODUCED = {
    "grid": "Five rates, three seeds and 640 texts each",
    "run": "All texts three times, the word embeddings trained too, three seeds",
    "ways": "Features, LoRA and full training on 640 texts, three seeds",
}


def of_full(part: str) -> None:
    """Show what the stored run of `full` found: the `grid`, the `run`, or the `ways`, if it did."""
    try:
        kept = stored.of_full("03_fine_tuning")
    except UserError:  # none is stored
        return
    found: dict[str, Any] = kept["results"]
    if part == "run":
        told = [
            f"test scores {', '.join(f'{score:.3f}' for score in found.get('reached', []))}",
            *(
                [f"against {found.get('strongest', 'the strongest counts')}, seed by seed, "
                 + ", ".join("{:+.3f} ({:+.3f} to {:+.3f})".format(*g) for g in found["gains"])]
                if found.get("gains") else []
            ),
        ]  # fmt: skip
        known = bool(found.get("reached"))
    else:
        told = [
            f"{name}: {np.mean(scores):.3f} ± {np.std(scores, ddof=1):.3f}"
            for name, scores in found.get(part, {}).items()
        ]
        known = bool(told)
        told = ["mean ± standard deviation, " + "; ".join(told)]
    if known:
        display(Markdown(
            f"**{INTRODUCED[part]}** (profile `full`; {kept['date']}; {kept['machine']}): "
            f"{'; '.join(told)}."
        ))  # fmt: skip


def verdict(ours: float, name: str, theirs: float, difference: tuple[float, float, float]) -> str:
    """Return a comparison in words; an interval that holds zero is no difference found."""
    gain, low, high = difference
    better = "fine-tuning is better" if gain > 0 else "fine-tuning is worse"
    said = "no difference found" if low <= 0 <= high else better
    return (
        f"Fine-tuned: **{ours:.3f}**; {name}: **{theirs:.3f}**. Difference {gain:+.3f}, "
        f"95 % interval {low:+.3f} to {high:+.3f}: **{said}**."
    )


def run_and_scores(log: dict[str, list], task: Task, answers: dict[str, np.ndarray]) -> None:
    """Show the losses of a training, and the test scores of several models with intervals.

    Args:
        log: `history.json` of an artifact.
        task: Which scores them.
        answers: (n,) predictions of each model.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6))
    steps = pd.DataFrame(log["steps"]).set_index("step")["loss"]
    smooth = steps.rolling(8, min_periods=1).mean()
    left.plot(steps, alpha=0.3)
    left.plot(smooth, color=plots.COLOURS[0], label="training, mean of 8 steps")
    on_validation = pd.DataFrame(log["evaluations"]).set_index("step")["loss"]
    left.plot(on_validation, "o", color=plots.COLOURS[1], label="validation")
    left.set(title="The training loss is noisy, and falls", xlabel="step", ylabel="loss")
    left.legend(loc="upper center", bbox_to_anchor=(0.5, -0.22), ncol=2, frameon=False, fontsize=10)
    order = sorted(answers, key=lambda name: task.score(answers[name]))
    scores = np.array([task.score(answers[name]) for name in order])
    bounds = np.array([task.interval(answers[name]) for name in order]).T  # (2, models)
    bounds = np.array([np.minimum(bounds[0], scores), np.maximum(bounds[1], scores)])
    right.errorbar(scores, order, xerr=np.abs(bounds - scores), fmt="o", capsize=3)
    right.set(title="Test scores with 95 % intervals", xlabel=task.score_name)
    figure.tight_layout()
    said = ", ".join(f"{name} {score:.3f}" for name, score in zip(order, scores, strict=True))
    plots.show(figure, alt=f"Left: training loss, falling. Right: test {task.score_name}: {said}.")


def label_curve(
    curve: pd.DataFrame, marks: dict[str, tuple[int, float]], lowest: float, score_name: str,
    stored_means: dict[str, dict[int, float]],
) -> None:  # fmt: skip
    """Show scores against the number of labels.

    Args:
        curve: By model and labels: mean, min, max.
        marks: Single points: labels and score.
        lowest: The majority's score.
        score_name: What is scored.
        stored_means: Further curves, by name and labels, without whiskers.
    """
    figure, axis = plt.subplots(figsize=(7, 4.8))
    names: Sequence[str] = curve.index.unique("model")
    for name, marker in zip(names, "o^s", strict=True):
        each = curve.loc[name]
        error = [each["mean"] - each["min"], each["max"] - each["mean"]]
        axis.errorbar(each.index, each["mean"], yerr=error, marker=marker, capsize=3, label=name)
    for (name, known), colour in zip(stored_means.items(), (7, 5), strict=False):
        axis.plot([*known], [*known.values()], "--.", color=plots.COLOURS[colour], label=name)
    for (name, (labels, score)), colour, marker in zip(marks.items(), (4, 3), "D*", strict=True):
        axis.plot(labels, score, marker, markersize=10, color=plots.COLOURS[colour], label=name)
    axis.axhline(lowest, color="grey", linestyle=":", label="majority")
    ticks = sorted({*curve.index.unique("labels"), *(labels for labels, _ in marks.values())})
    axis.set(xscale="log", xlabel="labelled texts (logarithmic)", ylabel=f"test {score_name}")
    axis.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axis.minorticks_off()
    axis.set(title="Pretraining leads where labels are few")
    axis.legend(fontsize=9, loc="upper center", bbox_to_anchor=(0.45, -0.18), ncol=2, frameon=False)
    said = "; ".join(
        f"{name} {', '.join(f'{m:.2f} at {n}' for n, m in curve.loc[name]['mean'].items())}"
        for name in names
    )
    said += "".join(
        f"; {name} {', '.join(f'{m:.2f} at {n}' for n, m in means.items())}"
        for name, means in stored_means.items()
    )
    plots.show(figure, alt=f"Mean test {score_name} by number of labels: {said}.")

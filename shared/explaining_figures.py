"""The figures of notebook 11: word scores, steps, planted words, curves, random weights."""

from collections.abc import Mapping, Sequence

import numpy as np
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.ticker import LogLocator

from shared import plots
from shared.explaining_trials import mean_interval

MARKERS = "os^Dv*P"


def maps(tokens: Sequence[str], shown: Mapping[str, np.ndarray]) -> None:
    """Show maps of weights, (tokens, tokens): rows read, columns are read."""
    tokens = [*map(plots.literal, tokens)]
    most = {name: tokens[int(weights.mean(0).argmax())] for name, weights in shown.items()}
    figure, axes = plt.subplots(1, len(shown), figsize=(12, 4.8), layout="constrained")
    for axis, (name, weights) in zip(axes, shown.items(), strict=True):
        sns.heatmap(weights, ax=axis, cmap=plots.SEQUENTIAL, square=True, vmin=0,
                    xticklabels=tokens, yticklabels=tokens,
                    cbar_kws={"label": "weight"})  # fmt: skip
        axis.set(title=f"{name}: most is read of {most[name]}", xlabel="token read",
                 ylabel="reading token")  # fmt: skip
    plots.show(figure, alt="Maps of the example, tokens on both axes. " + " ".join(
        f"{name}: most weight falls on {token}." for name, token in most.items()))  # fmt: skip


def steps(tried: Sequence[int], gap: np.ndarray, worst: np.ndarray) -> None:
    """Show the signed error of the sum and that of the worst score by steps, as shares."""
    figure, axis = plt.subplots(figsize=(6.5, 3.4), layout="constrained")
    axis.semilogx(tried, 100 * gap, "o-", label="the sum of all scores")
    axis.semilogx(tried, 100 * worst, "s--", label="the worst single score, without its sign")
    axis.axhline(0, color="grey", linestyle=":")
    axis.set(title="A sum that fits does not make the scores right", xlabel="steps",
             ylabel="error, % of sum / largest", xticks=tried, ylim=(-60, 60),
             xticklabels=tried)  # fmt: skip
    axis.minorticks_off()
    axis.legend()
    said = "; ".join(f"{n} steps {100 * g:.2g} and {100 * w:.2g} %"
                     for n, g, w in zip(tried, gap, worst, strict=True))  # fmt: skip
    plots.show(figure, alt="Errors of integrated gradients by the number of steps: of "
                           f"the sum, and of the worst score. {said}.")  # fmt: skip


def sampling(tried: Sequence[int], error: Mapping[int, Sequence[float]], slope: float) -> None:
    """Show the error of sampled Shapley values by the number of orders."""
    means = np.maximum([np.mean(error[orders]) for orders in tried], 1e-9)
    spread = [1.96 * np.std(error[n], ddof=1) / np.sqrt(len(error[n])) for n in tried]
    figure, axis = plt.subplots(figsize=(6.5, 3.2), layout="constrained")
    axis.errorbar(tried, means, spread, fmt="o", capsize=4, label="measured, with 95 % interval")
    axis.plot(
        tried, means[0] * (np.array(tried) / tried[0]) ** -0.5, "--", label="one over the root"
    )
    axis.set(title=f"Sampling error falls as orders to the power {slope:.2f}", xscale="log",
             yscale="log", xlabel="random orders", ylabel="error per word", xticks=tried,
             xticklabels=tried)  # fmt: skip
    axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.yaxis.set_major_formatter("{x:.2g}")
    axis.minorticks_off()
    axis.legend()
    plots.show(figure, alt="Error of sampled Shapley values by the number of random orders, both "
                           f"axes logarithmic; the slope is {slope:.2f}.")  # fmt: skip


def scores(words: Sequence[str], table: Mapping[str, np.ndarray]) -> None:
    """Draw methods by words; each row is scaled by its largest score."""
    rows = np.array([row / max(1e-9, np.abs(row).max()) for row in table.values()])
    figure, axis = plt.subplots(figsize=(2.5 + 0.75 * len(words), 3.9), layout="constrained")
    sns.heatmap(rows, ax=axis, cmap="PuOr_r", vmin=-1, vmax=1, annot=True, fmt="+.1f",
                linewidths=1, xticklabels=[*map(plots.literal, words)], yticklabels=[*table],
                cbar_kws={"label": "score / largest"})  # fmt: skip
    first = {name: words[int(row.argmax())] for name, row in table.items()}
    n = len(set(first.values()))
    axis.set(title=f"{len(table)} methods name {n} different words as the most important",
             xlabel="word", ylabel="method")  # fmt: skip
    said = "; ".join(f"{name}: {plots.literal(word)}" for name, word in first.items())
    plots.show(figure, alt="Methods by the words of the example; plus speaks for the answer, minus "
                           f"against it. First by {said}.")  # fmt: skip


def hits(
    found: Mapping[str, Mapping[str, np.ndarray]], chance: float, words: Sequence[str]
) -> None:
    """Show how often the trigger comes first, by trial and method: models as dots, and their mean.

    Args:
        found: By trial and method, (models, texts) of 0 and 1.
        chance: The share that random order finds.
        words: The triggers.
    """
    methods = [*next(iter(found.values()))]
    figure, axes = plt.subplots(1, len(found), figsize=(4.4 * len(found), 4), sharey=True,
                                layout="constrained")  # fmt: skip
    means = {}
    for axis, (trial, of_trial) in zip(axes, found.items(), strict=True):
        rows = np.array([mean_interval(of_trial[name]) for name in methods])
        means[trial] = dict(zip(methods, rows[:, 0].round(2).tolist(), strict=True))
        y = np.arange(len(methods))
        axis.errorbar(rows[:, 0], y, xerr=np.abs(rows[:, 1:].T - rows[:, 0]), fmt="kD", capsize=3,
                      label="mean, 95 % interval", zorder=3)  # fmt: skip
        for m, word in enumerate(words):
            single = [of_trial[name][m].mean() for name in methods]
            axis.plot(single, y + 0.14 * (m - 1) + 0.2, MARKERS[m], color=plots.COLOURS[m],
                      markersize=5, label=f"model “{word}”")  # fmt: skip
        axis.axvline(chance, color="grey", linestyle="--", label="random order")
        n = next(iter(of_trial.values())).shape[1]
        axis.set(title=trial, xlim=(-0.03, 1.03), yticks=y, yticklabels=methods,
                 xlabel=f"trigger ranked first, {n} texts per model")  # fmt: skip
    axes[0].invert_yaxis()
    first = sum(mean > 0.9 for mean in next(iter(means.values())).values())
    finding = f"{first} of {len(methods)} methods find the planted word in over 90 % of the texts"
    figure.suptitle(finding, x=0.02, ha="left")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=5)
    plots.show(figure, alt=f"{finding}. Share of texts with the trigger ranked first, by model, "
                           f"and means: {means}. Random order: {chance:.2f}.")  # fmt: skip


def curves(shares: np.ndarray, answers: np.ndarray, names: Sequence[str], unit: str) -> None:
    """Show deletion and insertion: (texts, names, 2, shares); the last name is random."""
    styles = ["o-", "s-", "^-", "D-", "v-", "P-", "X-", "k--"]
    area = np.trapezoid(answers, shares, axis=-1).mean(0)  # (names, 2)
    figure, axes = plt.subplots(1, 2, figsize=(11, 4), layout="constrained", sharey=True)
    for side, (axis, verb) in enumerate(zip(axes, ("removed", "added"), strict=True)):
        for j, (name, style) in enumerate(zip(names, styles[-len(names) :], strict=True)):
            axis.plot(shares, answers[:, j, side].mean(0), style, label=name, markersize=5)
        best = names[int((area[:, side] * [-1, 1][side]).argmax())]
        axis.set(title=f"{('Deletion', 'Insertion')[side]}: {best} is ahead, by the mean",
                 xlabel=f"share of the words {verb}")  # fmt: skip
    axes[0].set_ylabel(f"{unit}, mean of {len(answers)} texts")
    axes[1].legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    said = ", ".join(f"{n} {a:.2f} and {b:.2f}" for n, (a, b) in zip(names, area, strict=True))
    plots.show(figure, alt=f"The {unit} by the share of words removed, left, and added, right. "
                           f"Areas: {said}.")  # fmt: skip


def sanity(kept: Mapping[str, Mapping[str, np.ndarray]], still: Sequence[str]) -> None:
    """Show, one panel per method, how much of the words' order is left in other models.

    Args:
        kept: By method and model, (texts,) rank correlations.
        still: The methods that stay related to before with all layers random.
    """
    stages = [*next(iter(kept.values()))]
    figure, axes = plt.subplots(2, (len(kept) + 1) // 2, figsize=(11, 4.8), sharex=True,
                                sharey=True, layout="constrained")  # fmt: skip
    for axis in axes.flat[len(kept) :]:
        axis.axis("off")
    for axis, (name, by_stage) in zip(axes.flat, kept.items(), strict=False):
        rows = np.array([mean_interval(by_stage[stage]) for stage in stages])
        axis.errorbar(range(len(stages)), rows[:, 0], np.abs(rows[:, 1:].T - rows[:, 0]), fmt="o",
                      capsize=3)  # fmt: skip
        axis.axhline(0, color="grey", linestyle="--")
        axis.set(title=name, xticks=range(len(stages)), ylim=(-0.5, 1.1), xlim=(-0.5, 2.5),
                 xticklabels=[stage.replace(" ", "\n") for stage in stages])  # fmt: skip
        axis.tick_params(labelbottom=True, labelsize=10)
    figure.supylabel("rank correlation with before", fontsize=11)
    finding = f"All layers random, order partly kept (Holm): {', '.join(still) or 'none'}"
    figure.suptitle(finding, x=0.02, ha="left")
    said = "; ".join(f"{name} " + ", ".join(f"{stage} {values.mean():.2f}"
                     for stage, values in by.items()) for name, by in kept.items())  # fmt: skip
    plots.show(figure, alt=f"Rank correlation of word scores with those of the trained model. "
                           f"{finding}. Means: {said}.")  # fmt: skip


def spoilt(changed: Mapping[str, Mapping[str, np.ndarray]]) -> None:
    """Show how many answers change, by how the weights are spoilt and in which layers."""
    figure, axis = plt.subplots(figsize=(7.5, 3.6), layout="constrained")
    for shift, (how, by_layer) in enumerate(changed.items()):
        rows = np.array([mean_interval(values) for values in by_layer.values()])
        y = np.arange(len(rows)) + 0.2 * shift
        axis.errorbar(rows[:, 0], y, xerr=np.abs(rows[:, 1:].T - rows[:, 0]), fmt="os"[shift],
                      capsize=3, label=f"weights {how}")  # fmt: skip
    names = [*by_layer]
    last = {how: by[names[-2]].mean() for how, by in changed.items()}
    whole = {how: by[names[-1]].mean() for how, by in changed.items()}
    n = len(by_layer[names[0]])
    finding = f"{names[-2].capitalize()} shuffled: {last['shuffled']:.0%} of the answers change"
    axis.set(title=f"{finding}; all layers: {whole['shuffled']:.0%}",
             yticks=np.arange(len(names)) + 0.1, yticklabels=names, xlim=(-0.02, 1),
             xlabel=f"answers changed, mean of {n} texts, 95 % interval")  # fmt: skip
    axis.invert_yaxis()
    axis.legend()
    said = "; ".join(f"{how}: " + ", ".join(f"{n} {v.mean():.2f}" for n, v in by.items())
                     for how, by in changed.items())  # fmt: skip
    plots.show(figure, alt=f"Share of answers that change with spoilt attention. {said}.")

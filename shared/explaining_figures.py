"""The figures of notebook 11: word scores, steps, planted words, curves, random weights."""

from collections.abc import Mapping, Sequence

import numpy as np
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.ticker import LogLocator

from shared import plots
from shared.explaining_trials import mean_interval

FOR_AGAINST = sns.diverging_palette(245, 45, s=95, l=60, as_cmap=True)  # blue: against; orange: for
Interval = tuple[float, float, float]  # mean, low, high


def _rows(
    axis: plt.Axes,
    series: Mapping[str, Mapping[str, Interval]],
    single: Mapping[str, Mapping[str, Sequence[float]]] | None = None,
) -> None:
    """Draw one row per name: the mean and interval of each series, and single values as crosses."""
    names = [*next(iter(series.values()))]
    for k, (label, of) in enumerate(series.items()):
        y = np.arange(len(names)) + 0.22 * (k - (len(series) - 1) / 2)
        mean, low, high = np.array([of[name] for name in names]).T
        axis.errorbar(mean, y, xerr=[mean - low, high - mean], fmt="osD"[k], capsize=3,
                      markersize=6, color=plots.COLOURS[k], label=label)  # fmt: skip
        for name, height in zip(names, y, strict=True):
            values = single[label][name] if single else []
            axis.plot(values, [height] * len(values), "x", color=plots.COLOURS[k], markersize=5)
    axis.set_yticks(range(len(names)), names)
    axis.invert_yaxis()


def _means(series: Mapping[str, Mapping[str, Interval]]) -> str:
    said = {label: ", ".join(f"{name} {mean:.2f}" for name, (mean, *_) in of.items())
            for label, of in series.items()}  # fmt: skip
    return "; ".join(f"{label}: {means}" for label, means in said.items())


def _legend_below(figure: plt.Figure, axis: plt.Axes, columns: int) -> None:
    figure.legend(*axis.get_legend_handles_labels(), loc="outside lower center", ncols=columns)


def maps(tokens: Sequence[str], shown: Mapping[str, np.ndarray]) -> None:
    """Show maps of weights, (tokens, tokens): rows read, columns are read."""
    tokens = [*map(plots.literal, tokens)]
    most = {name: tokens[int(weights.mean(0).argmax())] for name, weights in shown.items()}
    figure, axes = plt.subplots(len(shown), figsize=(5.8, 4.8 * len(shown)), layout="constrained")
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
             ylabel="error, % of sum / largest", xticks=tried,
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
    written = np.array([["0" if abs(x) < 0.05 else f"{x:+.1f}" for x in row] for row in rows])
    figure, axis = plt.subplots(figsize=(5.8, 1.8 + 0.36 * len(words)), layout="constrained")
    sns.heatmap(rows.T, ax=axis, cmap=FOR_AGAINST, vmin=-1, vmax=1, annot=written.T, fmt="",
                linewidths=1, xticklabels=[*table], yticklabels=[*map(plots.literal, words)],
                cbar_kws={"label": "score / largest"})  # fmt: skip
    plots.legible_numbers(axis)
    axis.tick_params(axis="x", labelrotation=55)
    axis.tick_params(axis="y", labelrotation=0)
    plt.setp(axis.get_xticklabels(), ha="right", rotation_mode="anchor")
    first = {name: words[int(row.argmax())] for name, row in table.items()}
    n = len(set(first.values()))
    axis.set(title=f"{len(table)} methods, {n} different words in first place")
    said = "; ".join(f"{name}: {plots.literal(word)}" for name, word in first.items())
    plots.show(figure, alt="Methods by the words of the example; plus speaks for the answer, minus "
                           f"against it. First by {said}.")  # fmt: skip


def hits(
    found: Mapping[str, Mapping[str, Interval]],
    single: Mapping[str, Mapping[str, Sequence[float]]],
    chance: float,
) -> None:
    """Show how often a word comes first, by trial and method.

    Args:
        found: By trial and method; the first trial is that of the planted word.
        single: The same of each model.
        chance: The share that random order finds.
    """
    planted = next(iter(found.values()))
    figure, axis = plt.subplots(figsize=(6.2, 5.6), layout="constrained")
    axis.axvline(chance, color="grey", linestyle="--", label="random order")
    _rows(axis, found, single)
    finding = (
        f"{sum(mean > 0.9 for mean, *_ in planted.values())} of {len(planted)} methods find "
        "the planted word in over 90 %"
    )
    axis.set(title=finding, xlim=(-0.03, 1.03),
             xlabel="texts with the word ranked first; ×: single models")  # fmt: skip
    _legend_below(figure, axis, 2)
    plots.show(figure, alt=f"{finding} of the texts. Share of texts with the word ranked first. "
                           f"{_means(found)}. Random order: {chance:.2f}.")  # fmt: skip


def curves(
    shares: np.ndarray, answers: np.ndarray, names: Sequence[str], drawn: Sequence[str], unit: str
) -> None:
    """Show deletion and insertion: (texts, names, 2, shares); the last name is random order.

    Args:
        shares: Of the words.
        answers: The curves.
        names: Of all of them.
        drawn: Those that are drawn, beside random order.
        unit: Of the answers.
    """
    area = np.trapezoid(answers, shares, axis=-1)  # (texts, names, 2)
    figure, axes = plt.subplots(2, figsize=(6.2, 7.6), layout="constrained", sharex=True)
    verbs = ("Deletion: {} of {} fall faster than", "Insertion: {} of {} rise faster than")
    for side, (axis, verb) in enumerate(zip(axes, verbs, strict=True)):
        for k, name in enumerate(drawn):
            axis.plot(shares, answers[:, names.index(name), side].mean(0), "os^Dv"[k] + "-",
                      color=plots.COLOURS[k], label=name, markersize=5)  # fmt: skip
        axis.plot(shares, answers[:, -1, side].mean(0), "k--", label=names[-1])
        better = ((area[:, :-1] - area[:, -1:]) * [-1, 1])[..., side]
        n = sum(mean_interval(gain)[1] > 0 for gain in better.T)
        axis.set(title=f"{verb.format(n, len(names) - 1)} random order", ylabel=unit)
    axes[1].set_xlabel(f"share of the words removed or added; {len(answers)} texts")
    _legend_below(figure, axes[0], 2)
    means = area.mean(0)
    said = ", ".join(f"{n} {a:.2f} and {b:.2f}" for n, (a, b) in zip(names, means, strict=True))
    plots.show(figure, alt=f"The {unit} by the share of words removed, top, and added, bottom. "
                           f"Areas: {said}.")  # fmt: skip


def sanity(
    kept: Mapping[str, Mapping[str, Interval]],
    single: Mapping[str, Mapping[str, Sequence[float]]],
    still: Sequence[str],
) -> None:
    """Show how much of the words' order is left in other models.

    Args:
        kept: Rank correlations by model and method, over texts.
        single: The same of each draw of random weights.
        still: The methods that stay related to before with all layers random.
    """
    figure, axis = plt.subplots(figsize=(6.2, 5.8), layout="constrained")
    axis.axvline(0, color="grey", linestyle="--")
    _rows(axis, kept, single)
    of = kept["untuned"]
    most, least = max(of, key=lambda name: of[name][0]), min(of, key=lambda name: abs(of[name][0]))
    finding = f"Never fine-tuned: {most} keeps {of[most][0]:.2f}, {least} {of[least][0]:.2f}"
    axis.set(
        title=finding, xlabel="rank correlation with the trained model; ×: draws", xlim=(-0.5, 1.05)
    )
    _legend_below(figure, axis, 3)
    after = f"All layers random, above 0 after Holm: {', '.join(still) or 'none'}"
    plots.show(figure, alt=f"Rank correlation of word scores with those of the trained model. "
                           f"{finding}. {after}. Means: {_means(kept)}.")  # fmt: skip


def spoilt(changed: Mapping[str, Mapping[str, Interval]], constant: float, n: int) -> None:
    """Show how many answers change, by how the weights are spoilt and in which layers.

    Args:
        changed: Shares of texts by way and layers.
        constant: The share that changes if all get the commonest answer.
        n: Texts.
    """
    figure, axis = plt.subplots(figsize=(6.2, 4.4), layout="constrained")
    axis.axvline(constant, color="grey", linestyle="--", label="one answer for all")
    _rows(axis, changed)
    *_, last, whole = next(iter(changed.values()))
    shuffled, equal = changed["shuffled"], changed["equal"]
    axis.set(title=f"{last.capitalize()} shuffled changes {shuffled[last][0]:.0%} of the answers\n"
                   f"all layers {shuffled[whole][0]:.0%}, made equal {equal[whole][0]:.0%}",
             xlim=(-0.02, 1),
             xlabel=f"answers changed, mean of {n} texts, 95 % interval")  # fmt: skip
    _legend_below(figure, axis, 3)
    plots.show(figure, alt=f"Share of answers that change with spoilt attention. "
                           f"{_means(changed)}. One answer for all: {constant:.2f}.")  # fmt: skip

"""The figures of notebook 09: many scripts in one figure, labels against scores, neighbours."""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd
from fontTools.ttLib import TTFont
from matplotlib import font_manager
from matplotlib import pyplot as plt
from matplotlib.text import Text

from shared import plots

SCRIPTS = ("Devanagari", "Bengali", "Tamil", "Thai", "Ethiopic")
MARKERS = "osD^vP*"


def use_scripts() -> None:
    """Set the collection's style with fonts for all scripts of the eighteen languages.

    Matplotlib takes each glyph from the first font of the list that has it.
    """
    paths = [
        files("zhplot") / "fonts" / "NotoSansSC-Regular.ttf",
        files("pylopdf_fonts_ko") / "NotoSansKR-Regular.otf",
        *(files("manimgx_fonts") / f"NotoSans{script}[wght].ttf" for script in SCRIPTS),
    ]
    for path in paths:
        font_manager.fontManager.addfont(path)
    plots.use_style()
    names = [font_manager.get_font(path).family_name for path in paths]
    plt.rcParams["font.family"] = ["DejaVu Sans", *names]


@cache
def _glyphs(families: tuple[str, ...]) -> set[int]:
    paths = [font_manager.findfont(name, fallback_to_default=False) for name in families]
    return {code for path in paths for code in TTFont(path).getBestCmap()}


def undrawable(text: str) -> set[str]:
    """Return the characters of a text that no font of the current style has."""
    known = _glyphs(tuple(plt.rcParams["font.family"]))
    return {letter for letter in text if letter != "\n" and ord(letter) not in known}


def show(figure: plt.Figure, alt: str) -> None:
    """Show a figure, and refuse one with a character that would be drawn as an empty box."""
    words = [item.get_text() for item in figure.findobj(Text) if "$" not in item.get_text()]
    assert not undrawable("".join(words)), f"no glyph for {undrawable(''.join(words))}"
    plots.show(figure, alt)


def bill(languages: pd.DataFrame, samples: Mapping[str, str]) -> None:
    """Show the tokens per language; hatched, where the text does not come back.

    Args:
        languages: By language: `tokens`, `unknown` (a share), `round trip`.
        samples: The text by language, whose beginning is shown.
    """
    order = languages.sort_values("tokens")
    known = order["tokens"] * (1 - order["unknown"])
    figure, axis = plt.subplots(figsize=(6, 8.4))
    axis.grid(axis="y", visible=False)
    silent = (order["unknown"] == 0) & ~order["round trip"].astype(bool)
    kinds = (
        ("comes back whole", order["round trip"].astype(bool), plots.COLOURS[0], ""),
        ("known pieces, but accents or vowels are lost", silent, plots.COLOURS[9], "///"),
        ("known pieces of a text that also has [UNK]", order["unknown"] > 0, "lightgrey", "///"),
    )
    for label, rows, colour, hatch in kinds:
        places = np.flatnonzero(rows)
        axis.barh(
            places, known.iloc[places], color=colour, hatch=hatch, label=label, edgecolor="white"
        )
    axis.barh(
        range(len(order)), order["tokens"] - known, left=known, color=plots.COLOURS[1], hatch="xx",
        edgecolor="white", label="[UNK]: nothing is left",
    )  # fmt: skip
    axis.set_yticks(range(len(order)), order.index)
    for row, name in enumerate(order.index):
        axis.text(order["tokens"][name] + 2, row, samples[name][:12], va="center", fontsize=11)
    whole = int(order["round trip"].sum())
    axis.set(
        xlabel="tokens of Article 1 (beside the bars: how it begins)",
        xlim=(0, order["tokens"].max() * 1.45), ylim=(-0.7, len(order) - 0.3),
    )  # fmt: skip
    figure.suptitle(
        f"Only {whole} of {len(order)} languages come back whole\nfrom an English vocabulary",
        x=0.02, y=0.95, ha="left", fontsize=14,
    )  # fmt: skip
    axis.legend(loc="upper right", bbox_to_anchor=(1, -0.08), ncols=1)
    show(
        figure,
        f"Bars of the tokens that Article 1 takes in {len(order)} languages; only {whole} are "
        "drawn plain, those that come back whole after decoding. Languages with accents or vowel "
        "signs are hatched: they lose them without any unknown token. Thai and Amharic consist of "
        "unknown tokens only.",
    )


def premiums(table: pd.DataFrame) -> None:
    """Show tokens over English's own, by language (rows) and vocabulary (columns), log scale."""
    order = table.sort_values(table.columns[-1])
    figure, axis = plt.subplots(figsize=(6, 7.6))
    for (name, values), marker in zip(order.items(), MARKERS, strict=False):
        axis.plot(values, range(len(order)), marker, label=name, markersize=8)
    axis.axvline(1, color="grey", linestyle="--")
    axis.set_yticks(range(len(order)), order.index)
    worst = table.max()
    axis.set(
        xscale="log", xlabel="tokens of Article 1, times English in the same vocabulary",
    )  # fmt: skip
    figure.suptitle(
        f"Premium: up to {worst.iloc[-2]:.0f} times by bytes, at most\n"
        f"{worst.iloc[-1]:.1f} times with pieces of many languages",
        x=0.02, y=0.96, ha="left", fontsize=14,
    )  # fmt: skip
    axis.set_xticks([0.125, 0.25, 0.5, 1, 2, 4, 8], ["⅛", "¼", "½", "1", "2", "4", "8"])
    axis.minorticks_off()
    axis.legend(loc="upper center", bbox_to_anchor=(0.4, -0.08), ncols=3, columnspacing=1)
    said = "; ".join(f"{n}: at most {v:.1f} in {table[n].idxmax()}" for n, v in worst.items())
    show(figure, f"Tokens over English's, by language and vocabulary. {said}.")


def labels_curve(
    scores: pd.DataFrame, lines: Mapping[str, tuple[float, float, float]], title: str
) -> None:
    """Show accuracy against the number of Chinese labels, with 95 % intervals.

    Args:
        scores: Columns `method`, `labels`, `mean`, `low`, `high`.
        lines: Level lines by name: mean, low, high.
        title: The finding.
    """
    figure, axis = plt.subplots(figsize=(7, 5.6))
    for (name, rows), marker, shift in zip(
        scores.groupby("method", sort=False), MARKERS, (0.97, 1.0, 1.03), strict=False
    ):
        errors = np.abs(rows[["low", "high"]].to_numpy().T - rows["mean"].to_numpy())
        axis.errorbar(
            rows["labels"] * shift, rows["mean"], yerr=errors, marker=marker, capsize=4, label=name
        )
    for (name, (mean, low, high)), style in zip(lines.items(), ("--", ":"), strict=False):
        axis.axhline(mean, color="black", linestyle=style, label=name)
        axis.axhspan(low, high, color="grey", alpha=0.18)
    sizes = sorted(scores["labels"].unique())
    axis.set(xscale="log", xlabel="labelled Chinese reviews", ylabel="test accuracy", title=title)
    axis.set_xticks(sizes, sizes)
    axis.minorticks_off()
    axis.legend(loc="lower right")
    last = scores[scores["labels"] == sizes[-1]]
    said = ", ".join(f"{m} {v:.3f}" for m, v in zip(last["method"], last["mean"], strict=True))
    plain = title.replace("\n", " ")
    level = ", ".join(f"{name} {mean:.3f}" for name, (mean, *_) in lines.items())
    show(figure, f"{plain}. At {sizes[-1]} labels: {said}. Level lines: {level}.")


def neighbours(found: Mapping[str, pd.Series], glosses: Mapping[str, str], title: str) -> None:
    """Show the nearest neighbours of Chinese pieces, each with its meaning in English.

    Args:
        found: Cosine similarity of the neighbours, by piece.
        glosses: Meaning in English of each piece and neighbour, where known.
        title: The finding.
    """
    meaning = lambda piece: f"{piece} {glosses.get(piece, '')}".strip()  # noqa: E731
    figure, axes = plt.subplots(2, (len(found) + 1) // 2, figsize=(10, 6), layout="constrained")
    figure.suptitle(title, x=0.01, ha="left")
    for axis, (piece, near) in zip(np.ravel(axes), found.items(), strict=False):
        axis.barh([meaning(name) for name in near.index], near, color=plots.COLOURS[0])
        axis.invert_yaxis()
        axis.grid(axis="y", visible=False)
        axis.set(title=f"near {meaning(piece)}", xlabel="cosine similarity", xlim=(0, 1))
    said = "; ".join(
        f"{meaning(piece)}: {', '.join(meaning(n) for n in near.index)}"
        for piece, near in found.items()
    )
    show(figure, f"{title}. Nearest neighbours by context: {said}.")


def training_curves(
    curves: pd.DataFrame, lines: Mapping[str, float], title: str, panels: Sequence[Sequence[str]]
) -> None:
    """Show test accuracy by epoch for several starts, means over seeds with 95 % intervals.

    Args:
        curves: Columns `start`, `epoch`, `mean`, `±`.
        lines: Level lines by name.
        title: The finding.
        panels: Which starts each panel shows, in order.
    """
    figure, axes = plt.subplots(
        len(panels), 1, figsize=(6, 3.6 * len(panels) + 0.6), sharex=True, sharey=True,
        layout="constrained",
    )  # fmt: skip
    figure.suptitle(title, x=0.02, ha="left", fontsize=14)
    epochs = sorted(curves["epoch"].unique())
    for axis, names in zip(np.ravel(axes), panels, strict=True):
        for i, (name, marker) in enumerate(zip(names, MARKERS, strict=False)):
            rows = curves[curves["start"] == name]
            axis.errorbar(
                rows["epoch"] * 1.05 ** (i - (len(names) - 1) / 2), rows["mean"], yerr=rows["±"],
                marker=marker, capsize=3, label=name,
            )  # fmt: skip
        for (name, level), style in zip(lines.items(), ("--", ":"), strict=False):
            axis.axhline(level, color="black", linestyle=style, label=name)
        axis.set(xscale="log", ylabel="test accuracy")
        axis.set_xticks(epochs, epochs)
        axis.minorticks_off()
        axis.legend(loc="upper left", fontsize=10, ncols=2)
    axis.set(xlabel="epochs (the same steps for all)", ylim=(0.42, 1.0))
    last = curves[curves["epoch"] == epochs[-1]].set_index("start")["mean"]
    said = ", ".join(f"{name} {last[name]:.3f}" for names in panels for name in names)
    plain = title.replace("\n", " ")
    level = ", ".join(f"{name} {value:.3f}" for name, value in lines.items())
    show(figure, f"{plain}. After {epochs[-1]} epochs: {said}. Level lines: {level}.")

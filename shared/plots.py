"""Figures: one style, colours that colour-blind readers can tell apart, alternative text."""

import io
import warnings
from importlib.util import find_spec
from pathlib import Path

import matplotlib.pyplot as plt
import seaborn as sns
from IPython.display import Image, display
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from seaborn.utils import relative_luminance

COLOURS = sns.color_palette("colorblind")
SEQUENTIAL = "cividis"  # for heat maps: even in lightness, readable in grey


def use_style() -> None:
    """Set the collection's look; call once, before the first figure.

    Chinese and Japanese are drawn with the font of the package `zhplot`. A character that no font
    can draw becomes a box, without matplotlib's warning: it would say so for each at every drawing.
    """
    sns.set_theme(context="notebook", style="whitegrid", palette="colorblind")
    plt.rcParams.update({"figure.dpi": 90, "savefig.bbox": "tight", "axes.titlelocation": "left"})
    # Found without an import: the package sets its font for all texts when it is imported.
    if package := find_spec("zhplot"):
        font = Path(package.origin).parent / "fonts" / "NotoSansSC-Regular.ttf"
        font_manager.fontManager.addfont(font)
        plt.rcParams["font.family"] = ["sans-serif", font_manager.get_font(font).family_name]
    warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from font")


def legible_numbers(axis: Axes) -> None:
    """Write each number of seaborn's heat map in black or white, whichever stands out more.

    seaborn itself writes white on a middle grey, with a contrast below 3; here it is 4.5 or more,
    as WCAG 2.2 asks for (criterion 1.4.3).
    """
    (mesh,) = axis.collections
    for text in axis.texts:
        column, row = map(int, text.get_position())  # the middle of a cell of size 1
        luminance = relative_luminance(mesh.to_rgba(mesh.get_array()[row, column]))
        text.set_color("black" if luminance > 0.179 else "white")  # at 0.179 both are equal


def png(figure: Figure) -> bytes:
    """Return a figure as a PNG file, and close it."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    plt.close(figure)
    return buffer.getvalue()


def show(figure: Figure, alt: str) -> None:
    """Display a figure as a PNG with alternative text, and close it.

    Args:
        figure: The figure.
        alt: What a reader who cannot see it should know: the finding, not the file name.
    """
    display(Image(png(figure), alt=" ".join(alt.split())))  # labels in it may have line breaks


def literal(text: str) -> str:
    """Return a user's text as a figure shows it: without formulas, in at most 40 characters."""
    text = " ".join(text.split())
    return (text if len(text) <= 40 else f"{text[:39]}…").replace("$", r"\$")

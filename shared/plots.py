"""Figures: one style, colours that colour-blind readers can tell apart, alternative text."""

import io

import matplotlib.pyplot as plt
import seaborn as sns
from IPython.display import Image, display
from matplotlib.figure import Figure

COLOURS = sns.color_palette("colorblind")
SEQUENTIAL = "cividis"  # for heat maps: even in lightness, readable in grey


def use_style() -> None:
    """Set the collection's look; call once, before the first figure."""
    sns.set_theme(context="notebook", style="whitegrid", palette="colorblind")
    plt.rcParams.update({"figure.dpi": 90, "savefig.bbox": "tight", "axes.titlelocation": "left"})


def show(figure: Figure, alt: str) -> None:
    """Display a figure as a PNG with alternative text, and close it.

    Args:
        figure: The figure.
        alt: What a reader who cannot see it should know: the finding, not the file name.
    """
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    plt.close(figure)
    display(Image(buffer.getvalue(), alt=alt))

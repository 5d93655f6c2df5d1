"""Figures: numbers on a heat map can be read on each of its colours, users' texts as they are."""

import html
import io
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pytest
import seaborn as sns
from matplotlib.axes import Axes
from seaborn.utils import relative_luminance

from shared import plots


def contrasts(axis: Axes) -> list[float]:
    """Return the contrast of each number with its cell: (L1 + 0.05) / (L2 + 0.05), WCAG 2.2."""
    (mesh,) = axis.collections
    found = []
    for text in axis.texts:
        column, row = map(int, text.get_position())
        cell = mesh.to_rgba(mesh.get_array()[row, column])
        pair = sorted(map(relative_luminance, (cell, text.get_color())))
        found.append((pair[1] + 0.05) / (pair[0] + 0.05))
    return found


def test_numbers_of_a_heat_map_stand_out_on_every_colour() -> None:
    values = np.linspace(0, 1, 100).reshape(10, 10)
    values[3, 4] = np.nan  # a cell without a number, as a failed trial leaves
    axis = sns.heatmap(values, annot=True, cmap=plots.SEQUENTIAL)
    assert len(axis.texts) == 99
    assert min(contrasts(axis)) < 3  # what seaborn does by itself
    plots.legible_numbers(axis)
    assert min(contrasts(axis)) >= 4.5
    plt.close(axis.figure)


@pytest.mark.parametrize(
    "name",
    [
        "$5 or $6",
        r"$\frac{",
        r"\$5 \\$6",
        "a_b",
        "100 %",
        "a\\b",
        "#1",
        "שלום",
        "مرحبا",
        "好评 レビュー",
    ],
)
def test_a_users_text_is_drawn_as_it_is(name: str) -> None:
    plots.use_style()
    figure, axis = plt.subplots()
    axis.set_title(plots.literal(name))
    with warnings.catch_warnings(), plt.rc_context({"svg.fonttype": "none"}):
        warnings.simplefilter("error")  # of a glyph that is missing: all of these have a font
        figure.savefig(file := io.StringIO(), format="svg")
    plt.close(figure)
    assert f">{name}</text>" in html.unescape(file.getvalue())


def test_a_text_without_a_font_is_silent_and_a_long_one_is_cut() -> None:
    plots.use_style()
    figure, axis = plt.subplots()
    axis.set_title(plots.literal("हिन्दी \n 한국어"))
    with warnings.catch_warnings(record=True) as told:
        plots.png(figure)
    assert told == []
    assert plots.literal("$" * 41) == r"\$" * 39 + "…"

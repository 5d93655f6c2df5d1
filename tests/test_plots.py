"""Figures: the numbers on a heat map can be read on each of its colours."""

import matplotlib.pyplot as plt
import numpy as np
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

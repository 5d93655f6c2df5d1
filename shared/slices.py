"""Slices of a test set against the rest, with p-values corrected for the number of looks."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats


def against_the_rest(slices: Mapping[str, np.ndarray], right: np.ndarray) -> pd.DataFrame:
    """Return accuracy in each slice and in the rest, by rising p of Fisher's exact test.

    Args:
        slices: Arrays of bool (n,) by name: which texts belong to it.
        right: (n,) of bool: which answers are right.

    Returns:
        Columns `n`, `accuracy`, `the rest`, `p`, and `holm`: p corrected by Holm (1979).
    """
    rows = {}
    for name, mark in slices.items():
        inside, rest = right[mark], right[~mark]
        counts = [[inside.sum(), (~inside).sum()], [rest.sum(), (~rest).sum()]]
        rows[name] = [len(inside), inside.mean(), rest.mean(), stats.fisher_exact(counts).pvalue]
    columns = ["n", "accuracy", "the rest", "p"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns).sort_values("p")
    factor = np.arange(len(table), 0, -1)
    return table.assign(holm=np.minimum(1, np.maximum.accumulate(table["p"] * factor)))

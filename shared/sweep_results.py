"""A sweep's table of results: read, checked, and led back to the command of a trial.

`make sweep` writes such tables (workflow/README.md describes the columns); notebook 12 reads them.
"""

import os
import shlex
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from shared import ROOT, runs
from shared.errors import UserError, suggest

NEEDED = ("notebook", "trial", "status", "error", "seconds", "versions")
OURS = (*NEEDED, "peak_memory_mib")  # of a trial in a process of its own
TYPES = {"int": int, "float": float, "str": str, "bool": {"True": True, "False": False}.__getitem__}


def parameters_of(rows: pd.DataFrame) -> list[str]:
    """Return the columns that are swept parameters."""
    return [name for name in rows if name not in OURS and not name.startswith("metric_")]


def metrics_of(rows: pd.DataFrame) -> list[str]:
    """Return the metrics that are numbers, and there for a trial or more."""
    names = [name for name in rows if name.startswith("metric_") and rows[name].notna().any()]
    numbers = [name for name in names if pd.api.types.is_numeric_dtype(rows[name])]
    return [name.removeprefix("metric_") for name in numbers]


def read_table(path: str) -> pd.DataFrame:
    """Return a table of trials; a relative path counts from here or from the project's folder.

    Raises:
        UserError: There is no such file, or it is no Parquet file.
    """
    found = [p for p in (Path(path), ROOT / path) if p.is_file()]
    if not found:
        near = [os.path.relpath(p) for p in (runs.runs_folder() / "sweeps").glob("*.parquet")]
        instead = suggest(path, near) if near else "`make sweep` makes one; '' makes a small sweep."
        raise UserError(f"There is no file {path!r}. {instead}")
    try:
        return pd.read_parquet(found[0])
    except (ValueError, OSError) as error:
        raise UserError(
            f"table = {path!r} is not a Parquet file, or is damaged: expected what `make sweep` "
            f"writes to runs/sweeps/; run the sweep again."
        ) from error


def check_table(rows: pd.DataFrame, metric: str, **axes: str) -> None:
    """Check that a table is a sweep's, and can be compared by this metric along these axes.

    Args:
        rows: The table.
        metric: A name without `metric_`.
        **axes: The notebook's parameters that name a swept parameter.

    Raises:
        UserError: It cannot; the message says what to change.
    """
    if lacking := [name for name in NEEDED if name not in rows]:
        raise UserError(
            f"The table is not a sweep's: it has no columns {', '.join(lacking)}; expected what "
            f"`make sweep` writes to runs/sweeps/."
        )
    done = rows[rows["status"] == "done"]
    if done.empty:
        why = f"the first error is {rows['error'].iloc[0]!r}" if len(rows) else "it has no rows"
        raise UserError(f"The table has no finished trial: {why}. Correct it and sweep again.")
    if metric not in (valid := metrics_of(done)):
        raise UserError(f"metric = {metric!r} is not in the table. {suggest(metric, valid)}")
    varied = [name for name in parameters_of(rows) if done[name].nunique() > 1]
    for parameter, name in axes.items():
        if name not in parameters_of(rows):
            raise UserError(f"{parameter} = {name!r} is not in the table. {suggest(name, varied)}")
        if name not in varied:
            only = done[name].iloc[0]
            raise UserError(
                f"{parameter} = {name!r}: each finished trial has the same value, {only}; expected "
                f"two or more. Choose what was swept: {', '.join(varied) or 'nothing was'}."
            )


def label(value: object) -> str:
    """Return a parameter's value in as few characters as possible."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def finished(rows: pd.DataFrame, metric: str) -> tuple[pd.DataFrame, list[str]]:
    """Return the finished trials, and what was swept apart from the seed.

    The trials get the columns `score`, `validation` (NaN if the table has none for this metric),
    `setting`, a text that names what was swept, and `seed`, if the table has none.
    """
    done = rows[rows["status"] == "done"].dropna(subset=f"metric_{metric}").reset_index(drop=True)
    done["score"] = done[f"metric_{metric}"].astype(float)
    done["validation"] = done.get(f"metric_validation_{metric}", pd.Series(np.nan, done.index))
    swept = [n for n in parameters_of(rows) if n != "seed" and done[n].nunique(dropna=False) > 1]
    names = done[swept].map(label)
    done["setting"] = [", ".join(f"{n} {v}" for n, v in row.items()) for _, row in names.iterrows()]
    if "seed" not in done:
        done["seed"] = done.groupby("setting").cumcount()
    return done, swept


def answers_of(done: pd.DataFrame, metric: str) -> tuple[dict[tuple[str, int], np.ndarray], bool]:
    """Return each trial's answers by (setting, seed), and whether they are text by text.

    Text by text they are 1 for a right answer and 0 for a wrong one, (texts,). Where the trials had
    other test texts, or by another metric than accuracy, there is the score alone, (1,).
    """
    one_test_set = all(done[n].nunique() == 1 for n in ("dataset", "task") if n in done)
    by_text = metric == "accuracy" and one_test_set and "metric_correct" in done
    by_text = by_text and done["metric_correct"].map(np.size).nunique() == 1
    column = done["metric_correct"] if by_text else done["score"].map(lambda score: [score])
    keys = zip(done["setting"], done["seed"], strict=True)
    return {key: np.asarray(a, float) for key, a in zip(keys, column, strict=True)}, by_text


def command(row: dict, parameters: list[str]) -> str:
    """Return the command that runs a trial again, in the project's folder."""
    words = [f"-p {name} {shlex.quote(str(row[name]))}" for name in parameters]
    return " \\\n    ".join([f"papermill {row['notebook']} out.ipynb", *words])


def problems(command: str) -> list[str]:
    """Return which parameters of a command do not fit the notebook that it names.

    papermill only warns of an unknown name. Each must be there and have the notebook's type.
    """
    from papermill import inspect_notebook

    words, wrong = shlex.split(command.replace("\\\n", "")), []
    known = inspect_notebook(str(ROOT / words[1]))
    for name, value in zip(words[4::3], words[5::3], strict=True):
        try:
            TYPES[known[name]["inferred_type_name"]](value)
        except (KeyError, ValueError):
            wrong.append(name)
    return wrong


def choose(done: pd.DataFrame, sign: int = 1) -> str:
    """Return the setting with the best mean on validation; on test, if the table has nothing else.

    Args:
        done: What `finished` returned.
        sign: 1, or −1 for errors.
    """
    scores = done["validation"] if done["validation"].notna().all() else done["score"]
    return str((sign * scores.groupby(done["setting"]).mean()).idxmax())


def compare(
    done: pd.DataFrame,
    metric: str,
    chosen: str,
    judge: Callable[[np.ndarray], tuple[float, float, float]],
    correct: Callable[[np.ndarray], np.ndarray],
) -> pd.DataFrame:
    """Return a row for each pair of settings: difference, interval, p-values.

    Up to twelve settings are all compared with each other; of more, each with the chosen one.

    Args:
        done: What `finished` returned.
        metric: Its name.
        chosen: The setting that is subtracted from.
        judge: Returns difference, standard error and degrees of freedom of (seeds, texts).
        correct: Corrects p-values for their number.
    """
    answers, _ = answers_of(done, metric)
    others = [name for name in done["setting"].unique() if name != chosen]
    pairs = [(chosen, other) for other in others]
    pairs += list(combinations(others, 2)) if len(others) < 12 else []
    rows = []
    for a, b in pairs:
        common = [s for name, s in answers if name == a and (b, s) in answers]
        if common:
            d = np.array([answers[a, s] - answers[b, s] for s in common])
            mean, error, freedom = judge(d)
            reach = stats.t.ppf(0.975, freedom) * error
            p = 2 * stats.t.sf(abs(mean) / error, freedom) if error else float(mean == 0)
            rows.append((a, b, len(common), mean, mean - reach, mean + reach, p))
    names = ["setting", "minus", "seeds", "difference", "low", "high", "p"]
    table = pd.DataFrame(rows, columns=names)
    return table.assign(**{"p, Holm": correct(table["p"].fillna(1).to_numpy(float))})

"""Notebook 12: tables that are refused, its statistics, and a table from elsewhere."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from conftest import definitions, key_line, papermill

NOTEBOOK = "12_comparing_runs"
AXES = {"row_parameter": "learning_rate", "column_parameter": "batch_size"}
NEEDED = ("notebook", "trial", "status", "error", "seconds", "versions")


@pytest.fixture(scope="module")
def notebook() -> SimpleNamespace:
    found = definitions(f"{NOTEBOOK}.ipynb")
    found.check_table.__globals__.update(NEEDED=NEEDED, OURS=(*NEEDED, "peak_memory_mib"))
    return found


@pytest.fixture
def rows() -> pd.DataFrame:
    """Return a sweep of notebook 03 by regression: two seeds, one failed trial, no single texts."""
    table = pd.DataFrame(
        [
            (rate, batch_size, seed)
            for rate in (1e-4, 2e-4)
            for batch_size in (16, 32)
            for seed in (0, 1)
        ],
        columns=["learning_rate", "batch_size", "seed"],
    )
    random = np.random.default_rng(0)
    table["metric_mean_absolute_error"] = (
        0.5 - 1000 * table["learning_rate"] + random.random(8) / 50
    )
    table["metric_note"] = "a text"
    table["notebook"], table["trial"] = (
        "notebooks/03_fine_tuning.ipynb",
        [f"{i:012}" for i in range(8)],
    )
    table["status"], table["error"], table["versions"] = "done", "", json.dumps({"torch": "2"})
    table["seconds"], table["peak_memory_mib"] = random.random(8) + 5, 900
    table.loc[0, ["status", "error", "metric_mean_absolute_error"]] = ["failed", "Killed: 9", None]
    return table


def check(notebook: SimpleNamespace, rows: pd.DataFrame, **changes: str) -> None:
    arguments = {"metric": "mean_absolute_error", **AXES, **changes}
    notebook.check_table(rows, **arguments)


def test_a_sound_table_passes(notebook: SimpleNamespace, rows: pd.DataFrame) -> None:
    check(notebook, rows)
    assert notebook.metrics_of(rows) == ["mean_absolute_error"]
    assert notebook.parameters_of(rows) == ["learning_rate", "batch_size", "seed"]


@pytest.mark.parametrize(
    ("change", "arguments", "message"),
    [
        (lambda t: t.drop(columns=["trial", "versions"]), {}, "it has no columns trial, versions"),
        (lambda t: t.assign(status="failed"), {}, "no finished trial: the first error is 'Killed"),
        (lambda t: t.head(0), {}, "no finished trial: it has no rows"),
        (lambda t: t, {"metric": "mean_absolut_error"}, "Did you mean 'mean_absolute_error'?"),
        (lambda t: t, {"metric": "note"}, "metric = 'note' is not in the table"),
        (lambda t: t, {"row_parameter": "learning_rat"}, "Did you mean 'learning_rate'?"),
        (
            lambda t: t.assign(batch_size=16),
            {},
            "column_parameter = 'batch_size': each .* value, 16",
        ),
        (lambda t: t, {"column_parameter": "status"}, "'status' is not in the table"),
    ],
)
def test_a_table_that_cannot_be_compared_is_one_clear_error(
    notebook: SimpleNamespace, rows: pd.DataFrame, change: object, arguments: dict, message: str
) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        check(notebook, change(rows), **arguments)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_table_is_named(
    notebook: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSE_RUNS", str(tmp_path))
    with pytest.raises(ValueError, match=r"no file 'nowhere.parquet'. `make sweep` makes one"):
        notebook.read_table("nowhere.parquet")
    (tmp_path / "sweeps").mkdir()
    (tmp_path / "sweeps" / "mine.parquet").write_text("not a table")
    with pytest.raises(ValueError, match=r"no file .* Did you mean .*mine.parquet"):
        notebook.read_table(str(tmp_path / "sweeps" / "mind.parquet"))
    with pytest.raises(ValueError, match="is not a Parquet file, or is damaged"):
        notebook.read_table(str(tmp_path / "sweeps" / "mine.parquet"))


def test_a_single_seed_has_no_interval(notebook: SimpleNamespace) -> None:
    mean, reach = notebook.t_interval(pd.Series([0.7]))
    assert mean == 0.7 and np.isnan(reach)


def test_holm_is_the_closed_test(notebook: SimpleNamespace) -> None:
    random = np.random.default_rng(3)
    for n in (1, 2, 5, 8):
        p = random.random(n).round(1) ** 2  # with ties
        np.testing.assert_allclose(notebook.holm(p), notebook.by_all_sets(p))


def test_bootstrap_draws_what_it_says(notebook: SimpleNamespace) -> None:
    random = np.random.default_rng(0)
    seeds, texts = np.full((1, 3), 1 / 3), np.full((1, 50), 1 / 50)
    by_seed = np.repeat([[0.0], [0.1], [0.2]], 50, axis=1)  # differs between seeds only
    draws = notebook.weights(50, 100, random)
    np.testing.assert_allclose(draws.sum(1), 1)
    assert np.ptp(notebook.resampled(by_seed, seeds, draws)) == 0
    assert np.ptp(notebook.resampled(by_seed, notebook.weights(3, 100, random), texts)) > 0.05
    assert notebook.p_value(np.zeros(99)) == 1
    assert notebook.p_value(np.ones(99)) == 0.02


def test_the_front_keeps_what_nothing_dominates(notebook: SimpleNamespace) -> None:
    kept = notebook.front(np.array([1.0, 2, 2, 3]), np.array([0.5, 0.6, 0.7, 0.7]))
    assert kept.tolist() == [True, False, True, False]


@pytest.mark.slow
def test_a_table_from_elsewhere_with_errors_for_a_metric(
    tmp_path: Path, rows: pd.DataFrame
) -> None:
    rows.to_parquet(tmp_path / "mine.parquet")
    done, output = papermill(
        tmp_path, NOTEBOOK, table="mine.parquet", metric="mean_absolute_error",
        column_parameter="batch_size", higher_is_better=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert key_line(output).startswith("7 trials; best learning_rate 0.0002, batch_size ")
    text = output.read_text()
    assert "Killed: 9" in text and "paired by seed only" in text
    assert "papermill notebooks/03_fine_tuning.ipynb out.ipynb" in text

"""Notebook 12: tables that are refused, statistics, drawings, and a table from elsewhere."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from conftest import definitions, key_line, papermill
from scipy import stats

from shared import classification, comparing_drawings, loop
from shared.errors import UserError
from shared.recipes import Recipe
from shared.sweep_results import (
    answers_of,
    check_table,
    choose,
    command,
    compare,
    finished,
    metrics_of,
    parameters_of,
    problems,
    read_table,
)
from shared.sweep_trials import fine_tuned, row_of

NOTEBOOK = "12_comparing_runs"
AXES = {"row_parameter": "learning_rate", "column_parameter": "batch_size"}


@pytest.fixture(scope="module")
def notebook() -> SimpleNamespace:
    return definitions(f"{NOTEBOOK}.ipynb")


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


def check(rows: pd.DataFrame, **changes: str) -> None:
    arguments = {"metric": "mean_absolute_error", **AXES, **changes}
    check_table(rows, **arguments)


def test_a_sound_table_passes(rows: pd.DataFrame) -> None:
    check(rows)
    assert metrics_of(rows) == ["mean_absolute_error"]
    assert parameters_of(rows) == ["learning_rate", "batch_size", "seed"]


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
    rows: pd.DataFrame, change: Callable, arguments: dict, message: str
) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        check(change(rows), **arguments)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_table_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_RUNS", str(tmp_path))
    with pytest.raises(ValueError, match=r"no file 'nowhere.parquet'. `make sweep` makes one"):
        read_table("nowhere.parquet")
    (tmp_path / "sweeps").mkdir()
    (tmp_path / "sweeps" / "mine.parquet").write_text("not a table")
    with pytest.raises(ValueError, match=r"no file .* Did you mean .*mine.parquet"):
        read_table(str(tmp_path / "sweeps" / "mind.parquet"))
    with pytest.raises(ValueError, match="is not a Parquet file, or is damaged"):
        read_table(str(tmp_path / "sweeps" / "mine.parquet"))


def test_finished_trials_are_named_by_what_was_swept(rows: pd.DataFrame) -> None:
    done, swept = finished(rows, "mean_absolute_error")
    assert len(done) == 7 and swept == ["learning_rate", "batch_size"]
    assert done["validation"].isna().all()
    assert done["setting"].iloc[0] == "learning_rate 0.0001, batch_size 16"
    with_validation = rows.assign(metric_validation_mean_absolute_error=0.3)
    assert (finished(with_validation, "mean_absolute_error")[0]["validation"] == 0.3).all()
    no_seed, _ = finished(rows.drop(columns="seed"), "mean_absolute_error")
    assert no_seed.groupby("setting")["seed"].max().tolist() == [0, 1, 1, 1]


def test_answers_are_text_by_text_only_for_one_test_set(rows: pd.DataFrame) -> None:
    done, _ = finished(rows, "mean_absolute_error")
    alone, by_text = answers_of(done, "mean_absolute_error")
    assert not by_text and {a.shape for a in alone.values()} == {(1,)}
    done["metric_correct"] = [[1, 0, 1]] * len(done)
    found, by_text = answers_of(done, "accuracy")
    assert by_text and found[done["setting"].iloc[0], 1].tolist() == [1, 0, 1]
    assert not answers_of(done.assign(dataset=range(7)), "accuracy")[1]


def test_validation_chooses_if_there_is_any(rows: pd.DataFrame) -> None:
    done, _ = finished(rows, "mean_absolute_error")
    assert choose(done, -1).startswith("learning_rate 0.0002")  # the smaller error, by test
    done["validation"] = [0.1, *[0.3] * 6]
    assert choose(done, -1) == done["setting"].iloc[0]
    assert choose(done) != done["setting"].iloc[0]


def test_pairs_are_those_that_share_a_seed(notebook: SimpleNamespace, rows: pd.DataFrame) -> None:
    done, _ = finished(rows, "mean_absolute_error")
    best = choose(done, -1)
    pairs = compare(done, "mean_absolute_error", best, notebook.judge, notebook.holm)
    assert len(pairs) == 6 and set(pairs["seeds"]) == {1, 2}
    assert pairs["p"].isna().tolist() == (pairs["seeds"] == 1).tolist()  # one seed: no test
    assert (pairs["p, Holm"] >= pairs["p"].fillna(1)).all()
    apart = done.assign(seed=range(7))
    assert compare(apart, "mean_absolute_error", best, notebook.judge, notebook.holm).empty


def test_a_command_leads_back_and_is_checked() -> None:
    sample = {"notebook": "notebooks/03_fine_tuning.ipynb", "learning_rate": 2e-4, "epochs": 1}
    line = command(sample, ["learning_rate", "epochs"])
    assert line.startswith("papermill notebooks/03_fine_tuning.ipynb out.ipynb") and not problems(
        line
    )
    assert problems(line.replace("epochs 1", "epochs 1.5")) == ["epochs"]


def test_a_trial_that_runs_away_is_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise loop.NotFiniteError("The loss is nan at step 3: lower learning_rate (1000).")

    changes = {"learning_rate": 1e3, "epochs": 1, "seed": 0}
    monkeypatch.setattr(classification, "fine_tune", breaks)
    row = fine_tuned({}, Recipe(), changes)
    assert row["status"] == "failed" and "lower learning_rate" in row["error"]
    assert row["learning_rate"] == 1e3 and row["notebook"] == "workflow/trial.ipynb"
    monkeypatch.setattr(classification, "fine_tune", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):  # a mistake is no failed trial
        fine_tuned({}, Recipe(), changes)


def test_rows_make_a_table_with_and_without_peak_memory() -> None:
    plan = [{"learning_rate": r, "epochs": e, "seed": 0} for r in (0.1, 0.2) for e in (1, 2)]
    rows = pd.DataFrame([row_of("mine.ipynb", one, lambda: {"accuracy": 0.5}) for one in plan])
    axes = {"row_parameter": "learning_rate", "column_parameter": "epochs"}
    check_table(rows, "accuracy", **axes)
    with_memory = rows.assign(peak_memory_mib=900.0)
    check_table(with_memory, "accuracy", **axes)
    assert parameters_of(rows) == parameters_of(with_memory)
    assert rows["trial"].is_unique and (rows["seconds"] >= 0).all()
    with pytest.raises(UserError, match="is not a sweep's: it has no columns seconds; expected"):
        check_table(rows.drop(columns="seconds"), "accuracy", **axes)


def test_a_single_seed_has_no_interval(notebook: SimpleNamespace) -> None:
    mean, reach = notebook.t_interval(pd.Series([0.7]))
    assert mean == 0.7 and np.isnan(reach)
    assert np.isnan(notebook.p_value(np.ones((1, 20))))


def test_without_texts_the_test_is_the_paired_t_test(notebook: SimpleNamespace) -> None:
    d = np.random.default_rng(0).normal(size=(4, 1))
    expected = stats.ttest_1samp(d[:, 0], 0).pvalue
    assert np.isclose(notebook.p_value(d), expected)
    assert np.isclose(notebook.p_value(np.tile(d, 9)), expected)
    assert notebook.p_value(np.zeros((3, 5))) == 1


def test_the_error_is_that_of_a_crossed_analysis_of_variance(notebook: SimpleNamespace) -> None:
    random = np.random.default_rng(1)
    d = random.normal(size=(6, 1)) + random.normal(size=(1, 30)) * 2 + random.normal(size=(6, 30))
    k, n = d.shape
    rows, columns = n * d.mean(1).var(ddof=1), k * d.mean(0).var(ddof=1)  # mean squares
    rest = d - d.mean(1, keepdims=True) - d.mean(0, keepdims=True) + d.mean()
    cells = (rest**2).sum() / ((k - 1) * (n - 1))
    mean, error, freedom = notebook.judge(d)
    assert mean == d.mean() and np.isclose(error**2, (rows + columns - cells) / (k * n))
    assert k - 1 <= freedom <= (k - 1) + (n - 1)


def test_holm_is_the_closed_test(notebook: SimpleNamespace) -> None:
    random = np.random.default_rng(3)
    for n in (1, 2, 5, 8):
        p = random.random(n).round(1) ** 2  # with ties
        np.testing.assert_allclose(notebook.holm(p), notebook.by_all_sets(p))


def test_bootstrap_draws_what_it_says(notebook: SimpleNamespace) -> None:
    draws = notebook.weights(50, 100, np.random.default_rng(0))
    np.testing.assert_allclose(draws.sum(1), 1)
    assert notebook.bootstrap_p(np.zeros(99)) == 1
    assert notebook.bootstrap_p(np.ones(99)) == 0.02


def test_the_expected_best_is_a_mean_over_all_draws(notebook: SimpleNamespace) -> None:
    scores = [0.7, 0.5, 0.6]
    pairs = [max(a, b) for a in scores for b in scores]
    assert np.isclose(notebook.expected_best(scores, 2), np.mean(pairs))
    assert np.isclose(notebook.expected_best(scores, 1), 0.6)


def test_the_front_keeps_what_nothing_dominates(notebook: SimpleNamespace) -> None:
    kept = notebook.front(np.array([1.0, 2, 2, 3]), np.array([0.5, 0.6, 0.7, 0.7]))
    assert kept.tolist() == [True, False, True, False]


def test_the_drawings_hold_other_numbers() -> None:
    comparing_drawings.draw_seed(
        {"training texts": 0.1, "start, order, dropout": 0.001, "all": 1.0}
    )
    comparing_drawings.draw_differences(-np.ones((5, 8)))
    for sides in ((0.0, 0.0), (0.1, 0.0001), (0.001, 0.2)):
        comparing_drawings.draw_errors(*sides)
    comparing_drawings.draw_holm([0.5, 0.001, 0.9, 0.02])
    comparing_drawings.draw_choice(1000, 200)


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

"""Sweeps of a notebook of three lines: the table is checked first, and nothing runs twice."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields
from pathlib import Path

import execute
import pandas as pd
import pytest
import sweep_table
import sweep_trial
import sweeps
from engine import METRICS, ROOT, SWEEPS, begin, ended, trial

from shared import memory
from shared.errors import UserError
from shared.recipes import Recipe


def forget() -> None:
    for function in (sweep_table.inspect, sweep_table.hashes_of):
        function.cache_clear()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Work in a folder with a notebook that can be swept."""
    trial(tmp_path / "t.ipynb")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COURSE_RUNS", "runs")
    forget()
    yield tmp_path
    forget()


def table(folder: Path, *rows: str, header: str = "notebook x words seeds") -> Path:
    """Write a table whose cells are separated by single spaces; `-` is an empty cell."""
    path = folder / "a.tsv"
    lines = [["" if c == "-" else c for c in line.split(" ")] for line in (header, *rows)]
    path.write_text("# a comment\n" + "\n".join("\t".join(line) for line in lines) + "\n")
    return path


def run(path: Path, *options: str) -> tuple[int, str]:
    return ended(begin(path.parent, SWEEPS, path, *options))


def executed(folder: Path) -> list[str]:
    path = folder / "executed.txt"
    return path.read_text().splitlines() if path.exists() else []


def result(folder: Path) -> pd.DataFrame:
    return pd.read_parquet(folder / "runs" / "sweeps" / "a.parquet")


def test_results_gather_and_a_new_row_runs_alone(folder: Path) -> None:
    path = table(folder, "t.ipynb 3 - 0", "t.ipynb 2 b 4-5")
    status, output = run(path)
    assert status == 1, output  # one trial fails, the others go on
    assert "4 of 4 steps (100%) done" in output
    assert "FAILED x=3.0 words=a seed=0: AssertionError: three is too many" in output
    failed = Path(output.split("jupyter lab ")[1].split("\n")[0])
    assert "three is too many" in failed.read_text()
    rows = result(folder).set_index("seed")
    assert rows["status"].to_dict() == {0: "failed", 4: "done", 5: "done"}
    assert rows.loc[5, "metric_accuracy"] == 0.2 and list(rows.loc[5, "metric_correct"]) == [
        0,
        1,
        5,
    ]
    assert rows.loc[0, "words"] == "a"  # the default, where a row says nothing
    assert rows["seconds"].gt(0).all() and rows["peak_memory_mib"].between(20, 2000).all()
    assert rows["trial"].str.fullmatch("[0-9a-f]{12}").all()
    assert json.loads(rows.loc[4, "versions"])["torch"]
    assert sorted(executed(folder)) == ["2.0 4", "2.0 5", "3.0 0"]

    (folder / "executed.txt").unlink()
    path = table(folder, "t.ipynb 4 - 0", "t.ipynb 2 b 4-5")
    status, output = run(path)
    assert status == 0 and executed(folder) == ["4.0 0"], output
    assert len(result(folder)) == 3
    assert run(path)[0] == 0 and executed(folder) == ["4.0 0"]


def test_peak_memory_is_that_of_the_processes_that_were_started() -> None:
    code = "held = b'x' * 2**28; print(flush=True); input()"
    command = [sys.executable, "-c", code]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with memory.peak_memory() as peak:
        process.stdout.readline()  # it holds them now
        while peak() < 2**28:
            time.sleep(0.1)
    process.communicate("\n")
    assert peak() < 2**29


BAD = [
    ("notebook x wors", "t.ipynb 1 q", "line 3: Unknown parameter 'wors'. Did you mean 'words'?"),
    ("notebook x wors", "t.ipynb 1 -", "Unknown parameter 'wors'. Did you mean 'words'?"),
    ("notebook x", "t.ipynb two", "x = 'two' (str): expected a finite number"),
    ("notebook x", "t.ipynb nan", "x = nan (float): expected a finite number"),
    ("notebook x", "t.ipynb 11", "x = 11.0: expected from 0 to 10"),
    ("notebook seed", "t.ipynb 1.5", "seed = '1.5' (str): expected a whole number"),
    ("notebook seed", "t.ipynb -1", "seed = -1: expected from 0 to"),
    ("notebook flag", "t.ipynb maybe", "flag = 'maybe' (str): expected True or False"),
    ("notebook seeds", "t.ipynb 3-1", "seeds = '3-1': expected a form such as 0-2 or 0,1,5"),
    ("notebook seeds", "t.ipynb 0-999999999", "expected a form such as"),
    ("notebook seed seeds", "t.ipynb 1 1", "both `seed` and `seeds`"),
    ("notebook x", "t.ipynbb 1", "There is no notebook 't.ipynbb'"),
    ("notebook x x", "t.ipynb 1 2", "column x occurs twice"),
    ("notebook x", "t.ipynb 1 2", "3 cells, expected 2"),
    ("notebook status", "t.ipynb 1", "may not be called 'status'"),
    ("notebook x", "none.ipynb 1", "has no cell tagged 'metrics'"),
    ("notebook x", "broken.ipynb 1", "is not a notebook"),
]


@pytest.mark.parametrize(("header", "row", "message"), BAD)
def test_a_bad_table_is_refused(folder: Path, header: str, row: str, message: str) -> None:
    trial(folder / "none.ipynb", tag="other")
    (folder / "broken.ipynb").write_text("{")
    with pytest.raises(UserError) as error:
        sweep_table.read(table(folder, row, header=header))
    assert message in str(error.value)


def test_all_errors_are_reported_before_anything_starts(folder: Path) -> None:
    status, output = run(table(folder, "t.ipynb 1 - 0", "t.ipynb 99 - 0", "t.ipynb 1 - 0-1"))
    assert status == 2
    assert "line 4: x = 99.0" in output and "line 5: the same trial as in line 3" in output
    assert not executed(folder) and not (folder / "runs").exists()
    assert run(folder / "b.tsv")[1].startswith("There is no sweep")


def test_a_trial_is_identified_by_what_it_depends_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "own.csv").write_text("text,label")
    path = table(folder, "t.ipynb 1 own.csv 0")
    keys = []

    def key() -> str:
        forget()
        return sweep_table.read(path)[0].key

    def is_another() -> bool:
        keys.append(key())
        return keys.count(keys[-1]) == 1

    assert is_another() and not is_another()
    (folder / "data").mkdir()
    (folder / "data" / "README.md").write_text("not data")
    assert not is_another()
    (folder / "data" / "movies.parquet").write_text("ours")
    assert is_another()
    (folder / "own.csv").write_text("label,text")
    assert is_another()
    trial(folder / "t.ipynb", METRICS + "# why")
    assert not is_another(), "a comment changes no result"
    trial(folder / "t.ipynb", METRICS + "\nrate: float = 2")
    assert is_another()
    monkeypatch.setattr(sweep_table, "package_code", lambda: "changed")
    assert is_another()
    monkeypatch.setattr(sweep_table, "versions", lambda: {"torch": "9"})
    assert is_another()


def test_the_committed_sweeps_are_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    forget()
    for path in sorted((ROOT / "workflow" / "sweeps").glob("*.tsv")):
        assert len(sweep_table.read(path)) >= 12, path.name
    types = sweep_table.inspect(sweep_table.TRIAL).types
    assert {field.name for field in fields(Recipe)} | {"model_name", "dataset"} <= types.keys()
    sweep_table.inspect("notebooks/03_fine_tuning.ipynb")
    forget()


@pytest.mark.slow
def test_the_trial_notebook_fine_tunes(tiny_model: Path, folder: Path) -> None:
    values = {"model_name": str(tiny_model), "train_examples": 64, "frozen_layers": 1,
              "validation_examples": 32, "dataset": "amazon"}  # fmt: skip
    for task, score in (("auto", "accuracy"), ("regression", "pearson_r")):
        notebook = ROOT / sweep_table.TRIAL
        result, error = execute.execute(notebook, values | {"task": task}, folder)
        assert not error
        shown = sweep_trial.metrics_in(result)
        assert -1 <= shown[score] <= 1 and f"validation_{score}" in shown
        assert ("correct" in shown) == (task == "auto")
    assert not (folder / "runs").exists(), "a trial keeps its numbers only"


@pytest.mark.slow
def test_a_killed_sweep_loses_nothing(folder: Path) -> None:
    path = table(folder, "t.ipynb 1 - 0-2", "t.ipynb 2 - 0-2")
    chance = random.Random(1)
    for _ in range(3):
        process = begin(folder, SWEEPS, path)
        time.sleep(chance.uniform(2, 8))
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()  # until the kernels have ended too: they hold its output open
        records = list((folder / "runs").rglob("trial~*.json"))
        assert all(json.loads(record.read_text())["status"] == "done" for record in records)
        ran = len(executed(folder))
    status, output = run(path)
    assert status == 0, output
    assert len(executed(folder)) == ran + 6 - len(records), "what was done is done again"
    assert len(result(folder)) == 6 and not list((folder / "runs").rglob("*.failed.*"))


@pytest.mark.parametrize("cluster", ["slurm", "kubernetes"])
def test_a_cluster_is_a_matter_of_the_profile(folder: Path, cluster: str) -> None:
    """Snakemake accepts every option of the profile, and plans the same trials."""
    pytest.importorskip(f"snakemake_executor_plugin_{cluster}")
    pytest.importorskip("snakemake_storage_plugin_fs")
    sweeps.write_plan("a", sweep_table.read(table(folder, "t.ipynb 1 - 0-2")))
    profile = ROOT / "workflow" / "profiles" / cluster
    options = ["--default-storage-prefix", str(folder)] if cluster == "kubernetes" else []
    status, output = ended(begin(
        folder, "-m", "snakemake", "--snakefile", ROOT / "workflow" / "sweep.smk", "--profile",
        profile, *options, "--config", "sweep=a", "--dry-run", "--quiet", "host",
    ))  # fmt: skip
    assert status == 0, output
    assert output.count("rule trial:") == 3

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
from pathlib import Path

import nbformat
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[1]
SWEEPS = ROOT / "workflow" / "sweeps.py"
sys.path.insert(0, str(SWEEPS.parent))
import sweeps  # noqa: E402

from shared.errors import UserError  # noqa: E402

PARAMETERS = """
x: float = 1.0  # a number
seed: int = 0  # of chance
words: str = "a"  # a text
flag: bool = False  # yes or no
"""
CHECK = """
from shared.params import between, check_parameters

check_parameters(globals(), x=between(0, 10))
"""
METRICS = """
import os, pathlib
from IPython.display import JSON

with open("executed.txt", "a") as file:
    file.write(f"{x} {seed}\\n")
assert x != 3, "three is too many"
JSON({"accuracy": x / 10, "correct": [0, 1, seed]})
"""


def write_notebook(path: Path, metrics: str = METRICS, tag: str = "metrics") -> None:
    cell = nbformat.v4.new_code_cell
    cells = [cell(PARAMETERS, metadata={"tags": ["parameters"]}), cell(CHECK),
             cell(metrics, metadata={"tags": [tag]})]  # fmt: skip
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec}), path)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    write_notebook(tmp_path / "t.ipynb")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COURSE_RUNS", "runs")
    for function in (sweeps.inspect, sweeps._hash_of_code, sweeps._hashes_of_files, sweeps._sha256):
        function.cache_clear()
    yield tmp_path


def table(project: Path, *rows: str, header: str = "notebook x words seeds") -> Path:
    """Write a table whose cells are separated by single spaces; `-` is an empty cell."""
    path = project / "a.tsv"
    lines = [["" if c == "-" else c for c in line.split(" ")] for line in (header, *rows)]
    path.write_text("# a comment\n" + "\n".join("\t".join(line) for line in lines) + "\n")
    return path


def start(path: Path, *options: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, str(SWEEPS), str(path), *options], stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip


def run(path: Path, *options: str) -> tuple[int, str]:
    process = start(path, *options)
    output = process.communicate(timeout=300)[0]
    return process.returncode, output


def executed(project: Path) -> list[str]:
    path = project / "executed.txt"
    return path.read_text().splitlines() if path.exists() else []


def result(project: Path) -> pd.DataFrame:
    return pd.read_parquet(project / "runs" / "sweeps" / "a.parquet")


def test_results_gather_and_a_new_row_runs_alone(project: Path) -> None:
    path = table(project, "t.ipynb 3 - 0", "t.ipynb 2 b 4-5")
    status, output = run(path)
    assert status == 1, output  # one trial fails, the others go on
    assert "0 done, 0 failed, 3 left" in output and "2 done, 1 failed, 0 left" in output
    assert "to go" in output
    assert "FAILED x=3.0 words=a seed=0: AssertionError: three is too many" in output
    failed = Path(output.split("jupyter lab ")[1].split("\n")[0])
    assert "three is too many" in failed.read_text()
    rows = result(project).set_index("seed")
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
    assert sorted(executed(project)) == ["2.0 4", "2.0 5", "3.0 0"]

    (project / "executed.txt").unlink()
    path = table(project, "t.ipynb 4 - 0", "t.ipynb 2 b 4-5")
    status, output = run(path)
    assert status == 0 and executed(project) == ["4.0 0"], output
    assert len(result(project)) == 3
    begin = time.perf_counter()
    assert run(path)[0] == 0 and executed(project) == ["4.0 0"]
    assert time.perf_counter() - begin < 10  # Snakemake was not even started


def test_peak_memory_is_that_of_the_processes_that_were_started() -> None:
    code = "held = b'x' * 2**28; print(flush=True); input()"
    command = [sys.executable, "-c", code]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with sweeps.peak_memory() as peak:
        process.stdout.readline()  # it holds them now
    process.communicate("\n")
    assert 2**28 <= peak() < 2**29


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
def test_a_bad_table_is_refused(project: Path, header: str, row: str, message: str) -> None:
    write_notebook(project / "none.ipynb", tag="other")
    (project / "broken.ipynb").write_text("{")
    with pytest.raises(UserError) as error:
        sweeps.read(table(project, row, header=header))
    assert message in str(error.value)


def test_all_errors_are_reported_before_anything_starts(project: Path) -> None:
    status, output = run(table(project, "t.ipynb 1 - 0", "t.ipynb 99 - 0", "t.ipynb 1 - 0-1"))
    assert status == 2
    assert "line 4: x = 99.0" in output and "line 5: the same trial as in line 3" in output
    assert not executed(project) and not (project / "runs").exists()
    assert run(project / "b.tsv")[1].startswith("There is no sweep")


def test_a_trial_is_identified_by_what_it_depends_on(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = table(project, "t.ipynb 1 movies 0")

    def key() -> str:
        for function in (sweeps.inspect, sweeps._hash_of_code, sweeps._hashes_of_files,
                         sweeps._sha256):  # fmt: skip
            function.cache_clear()
        return sweeps.read(path)[0].key

    first = key()
    assert key() == first
    (project / "data").mkdir()
    (project / "data" / "tweets.parquet").write_text("not ours")
    assert key() == first
    (project / "data" / "movies.parquet").write_text("ours")
    assert (second := key()) != first
    (project / "shared").mkdir()
    (project / "shared" / "plots.py").write_text("not imported")
    assert key() == second
    (project / "shared" / "params.py").write_text("imported = 1")
    assert (third := key()) != second
    (project / "shared" / "params.py").write_text("imported = 1  # why")
    assert key() == third, "a comment changes no result"
    monkeypatch.setattr(sweeps, "versions", lambda: {"torch": "9"})
    assert (fourth := key()) != third
    write_notebook(project / "t.ipynb", METRICS + "\nrate: float = 2")
    assert key() != fourth


def test_the_committed_sweeps_are_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    sweeps.inspect.cache_clear()
    sweeps._hash_of_code.cache_clear()
    for path in sorted((ROOT / "workflow" / "sweeps").glob("*.tsv")):
        assert len(sweeps.read(path)) >= 12, path.name
    names = (
        "frozen_layers learning_rate epochs batch_size train_examples model_name dataset task seed"
    )
    assert set(names.split()) <= sweeps.inspect(sweeps.TRIAL).types.keys()
    assert "metrics" in (ROOT / "notebooks" / "03_fine_tuning.ipynb").read_text()
    sweeps.inspect("notebooks/03_fine_tuning.ipynb")


def test_the_trial_notebook_fine_tunes(tmp_path: Path, tiny_model: Path) -> None:
    from execute import execute

    values = {"model_name": str(tiny_model), "train_examples": 64, "frozen_layers": 1,
              "validation_examples": 32, "dataset": "amazon"}  # fmt: skip
    for task, score in (("auto", "accuracy"), ("regression", "pearson_r")):
        error = execute(ROOT / sweeps.TRIAL, tmp_path / "out.ipynb", values | {"task": task}, ROOT)
        assert not error
        shown = sweeps.metrics_in(tmp_path / "out.ipynb")
        assert -1 <= shown[score] <= 1 and f"validation_{score}" in shown
        assert ("correct" in shown) == (task == "auto")


def test_a_killed_sweep_loses_nothing(project: Path) -> None:
    path = table(project, "t.ipynb 1 - 0-2", "t.ipynb 2 - 0-2")
    chance = random.Random(1)
    for _ in range(3):
        process = start(path)
        time.sleep(chance.uniform(2, 8))
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        time.sleep(2)  # kernels end by themselves when the process that started them is gone
        records = list((project / "runs").rglob("trial~*.json"))
        assert all(json.loads(record.read_text())["status"] == "done" for record in records)
        ran = len(executed(project))
    status, output = run(path)
    assert status == 0, output
    assert len(executed(project)) == ran + 6 - len(records), "what was done is done again"
    assert len(result(project)) == 6 and not list((project / "runs").rglob("*.failed.*"))


@pytest.mark.parametrize("cluster", ["slurm", "kubernetes"])
def test_a_cluster_is_a_matter_of_the_profile(project: Path, cluster: str) -> None:
    """Snakemake accepts every option of the profile, and plans the same trials."""
    pytest.importorskip(f"snakemake_executor_plugin_{cluster}")
    pytest.importorskip("snakemake_storage_plugin_fs")
    sweeps.write_plan("a", sweeps.read(table(project, "t.ipynb 1 - 0-2")))
    profile = ROOT / "workflow" / "profiles" / cluster
    options = ["--default-storage-prefix", str(project)] if cluster == "kubernetes" else []
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "workflow" / "sweep.smk",
         "--profile", profile, *options, "--config", "sweep=a", "--dry-run", "--quiet", "host"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert (done.stdout + done.stderr).count("rule trial:") == 3

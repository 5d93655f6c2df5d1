"""Sweeps: a table of parameters in, a table of results out.

    python workflow/sweeps.py learning_rate            # workflow/sweeps/learning_rate.tsv
    python workflow/sweeps.py learning_rate --profile workflow/profiles/slurm

Each row of the table is one trial, or one per number in its `seeds`: a run of a notebook whose cell
tagged `metrics` shows its numbers. The whole table is checked before anything starts. A trial is
identified by the hash of everything it depends on, so finished trials are found again and only new
rows run. What follows the name is passed to Snakemake, which does the work (workflow/sweep.smk).
"""

import argparse
import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd
from sweep_table import OURS, RECORDED, Trial, read

from shared.errors import UserError

HERE = Path(__file__).resolve().parent


def table_of(name: str) -> Path:
    """Return the table of parameters that the command line names."""
    return Path(name) if name.endswith(".tsv") else HERE / "sweeps" / f"{name}.tsv"


def folder_of(name: str) -> Path:
    """Return the folder of a sweep."""
    return Path(os.environ.get("COURSE_RUNS") or "runs") / "sweeps" / name


def record_of(name: str, key: str) -> Path:
    """Return the file of a trial's result, as Snakemake's Paramspace names it in sweep.smk."""
    return folder_of(name) / f"part~{key[:2]}" / f"trial~{key}.json"


def write_table(rows: list[dict[str, Any]], columns: tuple[str, ...], path: Path) -> pd.DataFrame:
    """Write and return a table; columns in which the rows' types disagree become texts."""
    for column in {column for row in rows for column in row}:
        kinds = {type(row[column]) for row in rows if row.get(column) is not None}
        if len(kinds) > 1 and not kinds <= {int, float}:
            rows = [row | {column: str(row[column])} if column in row else row for row in rows]
    table = pd.DataFrame(rows, columns=None if rows else list(columns))
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    table.to_parquet(partial, index=False, row_group_size=10_000)
    partial.replace(path)
    return table


def write_plan(name: str, trials: list[Trial]) -> None:
    """Write what the jobs need to know: the notebook and parameters of each trial."""
    columns = ("part", "trial", "notebook", "parameters")
    plan = [(t.key[:2], t.key, t.notebook, json.dumps(t.parameters)) for t in trials]
    rows = [dict(zip(columns, row, strict=True)) for row in sorted(plan)]
    write_table(rows, columns, folder_of(name).with_suffix(".plan.parquet"))


def status_of(record: Path) -> str:
    """Return the status of a trial: `done`, `failed`, or an empty text."""
    return json.loads(record.read_text(encoding="utf-8"))["status"] if record.is_file() else ""


def gather(name: str, trials: list[Trial]) -> pd.DataFrame:
    """Write and return the table of results: one row per finished trial.

    This is no rule of the workflow: what is finished is gathered also if others are not.
    """
    rows = []
    for trial in trials:
        path = record_of(name, trial.key)
        if status_of(path):
            record = json.loads(path.read_text(encoding="utf-8"))
            row = {"notebook": trial.notebook, "trial": trial.key}
            row |= {column: record[column] for column in RECORDED} | trial.given
            row |= {f"metric_{metric}": value for metric, value in record["metrics"].items()}
            rows.append(row | {"versions": json.dumps(record["versions"], sort_keys=True)})
    return write_table(rows, OURS, folder_of(name).with_suffix(".parquet"))


def sweep(name: str, options: list[str]) -> int:
    """Check the table, let Snakemake run the missing trials, gather; return the exit status."""
    trials = read(table_of(name))
    name = table_of(name).stem
    write_plan(name, trials)
    for record in (record_of(name, trial.key) for trial in trials):
        if status_of(record) == "failed":
            record.unlink()  # it is tried again
    status = run_snakemake(name, options)
    return report(name, trials, gather(name, trials)) or status


def run_snakemake(name: str, options: list[str]) -> int:
    """Let Snakemake run the trials of a plan; return its exit status."""
    process = subprocess.Popen([
        sys.executable, "-m", "snakemake", "--snakefile", str(HERE / "sweep.smk"),
        *([] if any(o in options for o in ("--cores", "--profile")) else ["--cores", "all"]),
        "--keep-going", "--nolock", "--ignore-incomplete", "--drop-metadata",
        "--quiet", "rules", "host",  # keeps the names of host and user out of its log
        "--config", f"sweep={name}", *options,
    ])  # fmt: skip
    while True:
        with suppress(KeyboardInterrupt):  # Snakemake is interrupted too, and ends its jobs
            return process.wait()


def report(name: str, trials: list[Trial], table: pd.DataFrame) -> int:
    """Print what failed and what is missing; return the exit status."""
    failed = table[table["status"] == "failed"]
    given = {trial.key: trial.given for trial in trials}
    for key, error in zip(failed["trial"], failed["error"], strict=True):
        values = " ".join(f"{parameter}={value}" for parameter, value in given[key].items())
        path = record_of(name, key).with_suffix(".failed.ipynb")
        print(f"FAILED {values}: {error}\n  To see it: .venv/bin/jupyter lab {path}")
    if missing := len(trials) - len(table):
        print(f"Trials that did not finish: {missing}. Run again; reasons are above.")
    print(f"{len(table)} of {len(trials)} trials in {folder_of(name).with_suffix('.parquet')}")
    return int(len(failed) + missing > 0)


def main() -> int:
    """Run a sweep, or check its table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sweep", help="name of a table in workflow/sweeps, or path of a .tsv file")
    parser.add_argument("--check", action="store_true", help="only check the table")
    given, options = parser.parse_known_args()
    try:
        if given.check:
            print(f"{len(read(table_of(given.sweep)))} trials, no mistakes found")
            return 0
        return sweep(given.sweep, options)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())

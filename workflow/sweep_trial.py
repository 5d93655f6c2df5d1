"""One trial of a sweep, which is a job of the workflow (sweep.smk).

python workflow/sweep_trial.py PLAN TRIAL RECORD
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
from execute import execute

from shared import ROOT
from shared.errors import UserError
from shared.identity import versions
from shared.memory import peak_memory
from shared.whole import write_whole


def run_trial(plan: Path, key: str, record: Path) -> None:
    """Execute one trial of a plan, unless it is done; write its record, done or failed."""
    if record.is_file() and json.loads(record.read_text())["status"] == "done":
        return
    row = pd.read_parquet(plan, filters=[("trial", "==", key)]).iloc[0]
    home = Path() if Path(row["notebook"]).is_file() else ROOT  # it may run in a container
    start, metrics = time.perf_counter(), {}
    with peak_memory() as peak:
        result, error = execute(home / row["notebook"], json.loads(row["parameters"]), home)
    try:
        metrics = {} if error else metrics_in(result)
    except UserError as refused:
        error = str(refused)
    failed = record.with_suffix(".failed.ipynb")
    if error:
        write_whole(failed, nbformat.writes(result))
    else:
        failed.unlink(missing_ok=True)
    content = {
        "status": "failed" if error else "done",
        "error": error,
        "seconds": round(time.perf_counter() - start, 2),
        "peak_memory_mib": round(peak() / 2**20),
        "metrics": metrics,
        "versions": versions(),
    }
    write_whole(record, json.dumps(content))


def metrics_in(result: nbformat.NotebookNode) -> dict[str, Any]:
    """Return what the cell tagged `metrics` of an executed notebook shows.

    Raises:
        UserError: It does not show a flat dict of numbers and lists.
    """
    for cell in result.cells:
        for output in cell.outputs if "metrics" in cell.metadata.get("tags", []) else []:
            shown = output.get("data", {}).get("application/json")
            values = shown.values() if isinstance(shown, dict) else []
            if values and all(isinstance(value, int | float | list) for value in values):
                return shown
    raise UserError("the cell tagged `metrics` must show an IPython.display.JSON of numbers.")


if __name__ == "__main__":
    try:
        run_trial(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
    except KeyboardInterrupt:
        sys.exit(f"{sys.argv[2]}: interrupted.")

"""What notebook 04 finds with other seeds: a small file in the lesson's folder keeps it."""

import json
import os
import platform
from datetime import date
from importlib.metadata import version
from typing import Any

from shared import ROOT
from shared.whole import write_whole


def of_seeds(lesson: str, seed: int, found: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return by seed what runs of `quick` found, each with its `date` and `machine`.

    To make the file again:

        for s in 0 1 2 3; do
            COURSE_STORE=1 papermill -p seed $s notebooks/04_evaluation.ipynb out.ipynb
        done

    Args:
        lesson: The notebook's name, such as `04_evaluation`.
        seed: This run's.
        found: What it found, if nothing but the seed is changed. With the variable COURSE_STORE=1
            it is added to the row of this seed, and stored; without it, nothing is changed.
    """
    path = ROOT / "course" / "lessons" / lesson / "seeds.json"
    rows = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if found and os.environ.get("COURSE_STORE"):
        machine = f"{platform.machine()}, PyTorch {version('torch')}"
        run = {"date": date.today().isoformat(), "machine": machine}
        rows[str(seed)] = rows.get(str(seed), {}) | found | run
        rows = dict(sorted(rows.items(), key=lambda row: int(row[0])))
        write_whole(path, json.dumps(rows, indent=1) + "\n")
    return rows

"""What the profile `full` found: it takes long, so a small file in the lesson's folder keeps it."""

import json
import os
import platform
from datetime import date
from importlib.metadata import version
from typing import Any

from shared import ROOT
from shared.errors import UserError
from shared.whole import write_whole


def of_full(lesson: str, results: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return what a run of `full` found, with its `date`, `machine` and `results`.

    Args:
        lesson: The notebook's name, such as `03_fine_tuning`.
        results: What this run found, if it is one of `full` with nothing else changed; `make full`
            stores it. Without it, what is stored is returned.

    Raises:
        UserError: Nothing is stored yet.
    """
    path = ROOT / "course" / "lessons" / lesson / "full.json"
    if results is None:
        if not path.exists():
            raise UserError(f"{lesson}: no run of full is stored. Run: make full NAME={lesson}")
        return json.loads(path.read_text(encoding="utf-8"))
    machine = f"{os.cpu_count()} cores, {platform.machine()}, PyTorch {version('torch')}"
    run = {"date": date.today().isoformat(), "machine": machine, "results": results}
    if os.environ.get("COURSE_STORE"):
        write_whole(path, json.dumps(run, indent=1) + "\n")
    return run

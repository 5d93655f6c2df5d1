"""What runs of `full`, or of other seeds, found: small files in the lesson's folder keep it."""

import hashlib
import json
import os
import platform
from collections.abc import Callable
from datetime import date
from importlib.metadata import version
from typing import Any

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save

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
    run = {**_when_and_where(), "results": results}
    if os.environ.get("COURSE_STORE"):
        write_whole(path, json.dumps(run, indent=1) + "\n")
    return run


def again(study: str) -> bool:
    """Whether `full` makes this study again: all, or those that COURSE_STUDIES names.

    A study whose code did not change may be kept as it is stored:

        COURSE_STUDIES=examples,json make full NAME=15_prompting
    """
    named = os.environ.get("COURSE_STUDIES", "")
    return not named or study in named.split(",")


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
        rows[str(seed)] = rows.get(str(seed), {}) | found | _when_and_where()
        rows = dict(sorted(rows.items(), key=lambda row: int(row[0])))
        write_whole(path, json.dumps(rows, indent=1) + "\n")
    return rows


def of_variants(
    lesson: str, variant: str, found: dict[str, Any] | None = None
) -> dict[str, dict[str, Any]]:
    """Return by variant, such as another language, what runs of `quick` found, as `of_seeds` does.

    To make the file again:

        COURSE_STORE=1 papermill -p target_language zh-Hans notebooks/14_translation.ipynb out.ipynb

    Args:
        lesson: The notebook's name, such as `14_translation`.
        variant: What this run changes.
        found: What it found, if it is to be stored; that takes the variable COURSE_STORE=1.
    """
    path = ROOT / "course" / "lessons" / lesson / "variants.json"
    rows = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if found and os.environ.get("COURSE_STORE"):
        rows[variant] = found | _when_and_where()
        write_whole(path, json.dumps(dict(sorted(rows.items())), indent=1) + "\n")
    return rows


def of_arrays(
    lesson: str,
    made_of: str,
    make: Callable[[], dict[str, np.ndarray]],
    dtype: type[np.floating] = np.float32,
) -> dict[str, np.ndarray]:
    """Return arrays that take minutes to compute: what is stored, or new ones.

    To make the file again:

        COURSE_STORE=1 papermill notebooks/09_more_languages.ipynb out.ipynb

    Args:
        lesson: The notebook's name, such as `09_more_languages`.
        made_of: All that decides them. What is stored counts only if it was made of the same.
        make: Computes them, by name: called if nothing that counts is stored, or with the variable
            COURSE_STORE=1, and then its arrays are stored.
        dtype: In which they are stored; they are returned as float32.
    """
    path = ROOT / "course" / "lessons" / lesson / "arrays.safetensors"
    digest = hashlib.sha256(made_of.encode()).hexdigest()
    if not os.environ.get("COURSE_STORE"):
        if path.exists():
            with safe_open(path, "numpy") as file:
                names = file.keys() if file.metadata()["made_of"] == digest else []
                if names:
                    return {name: np.float32(file.get_tensor(name)) for name in names}
        return make()
    found = {name: dtype(array) for name, array in make().items()}
    write_whole(path, save(found, {"made_of": digest} | _when_and_where()))
    return {name: np.float32(array) for name, array in found.items()}


def _when_and_where() -> dict[str, str]:
    machine = f"{os.cpu_count()} cores, {platform.machine()}, PyTorch {version('torch')}"
    return {"date": date.today().isoformat(), "machine": machine}

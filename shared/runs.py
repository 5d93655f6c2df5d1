"""Artifacts: made once from parameters, data and code; complete or not there at all."""

import hashlib
import importlib.metadata
import json
import os
import platform
import resource
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from shared import ROOT
from shared.errors import UserError, full_disk

# A change in one of these rooms makes new artifacts.
CODE = ("data.py", "metrics.py", "models.py", "training.py")
PACKAGES = (
    "accelerate",
    "datasets",
    "numpy",
    "scikit-learn",
    "tokenizers",
    "torch",
    "transformers",
)


@dataclass(frozen=True)
class Artifact:
    """A finished folder with its `metrics.json` and `provenance.json`."""

    path: Path
    metrics: dict[str, Any]
    provenance: dict[str, Any]


def runs_folder() -> Path:
    """Return where results go: `runs/` in the project, or the variable COURSE_RUNS."""
    return Path(os.environ.get("COURSE_RUNS") or ROOT / "runs").absolute()


def sha256(path: Path) -> str:
    """Return the sha256 of a file as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def artifact(
    name: str,
    parameters: dict[str, Any],
    build: Callable[[Path], dict[str, Any]],
    data: str = "",
) -> Artifact:
    """Return the artifact of these inputs, building it if it is absent or damaged.

    Args:
        name: Kind of artifact, and the folder's name in `runs/`.
        parameters: All that the result depends on beside data and code; JSON values.
        build: Gets an empty folder, or the one an interrupted build left; fills it; returns the
            metrics.
        data: Fingerprint of the data.

    Raises:
        UserError: The folder cannot be written, or the disk is full.
    """
    code = {room: sha256(ROOT / "shared" / room) for room in CODE}
    identity = {"parameters": parameters, "data": data, "code": code}
    key = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]
    final = runs_folder() / name / key
    partial = final.with_name(f"{key}.partial")
    try:
        partial.parent.mkdir(parents=True, exist_ok=True)
        # Held once: an interrupted cell is still known to the kernel, and must not keep the lock.
        lock = FileLock(final.with_name(f"{key}.lock")).acquire()
    except OSError as error:
        raise UserError(
            f"{runs_folder()} cannot be written ({error.strerror}): set COURSE_RUNS elsewhere."
        ) from error
    with lock, full_disk(runs_folder()):
        if (final / "manifest.json").is_file():
            if is_whole(final):
                return _read(final)
            shutil.rmtree(final)
        partial.mkdir(exist_ok=True)
        for left in partial.glob(".tmp*"):  # a build, or safetensors, was killed while it wrote
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        start = time.perf_counter()
        metrics = build(partial)
        provenance = {
            **identity,
            "seconds": round(time.perf_counter() - start, 1),
            "peak_memory_mib": _peak_memory_mib(),
            "versions": {"python": platform.python_version()}
            | {package: importlib.metadata.version(package) for package in PACKAGES},
        }
        for file, content in {"metrics": metrics, "provenance": provenance}.items():
            (partial / f"{file}.json").write_text(json.dumps(content, indent=1, sort_keys=True))
        files = sorted(path for path in partial.rglob("*") if path.is_file())
        manifest = {path.relative_to(partial).as_posix(): sha256(path) for path in files}
        (partial / "manifest.json").write_text(json.dumps(manifest, indent=1))
        partial.rename(final)
    return _read(final)


def damaged(folder: Path) -> list[str]:
    """Return the files of an artifact that are gone or lack the sha256 its manifest says."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text()).items()
    except (OSError, ValueError, AttributeError):  # AttributeError: JSON, but no object
        return ["manifest.json"]
    paths = {name: folder / name for name, _ in manifest}
    return [n for n, digest in manifest if not paths[n].is_file() or sha256(paths[n]) != digest]


def is_whole(folder: Path) -> bool:
    """Tell whether each file of an artifact has the sha256 its manifest says."""
    return not damaged(folder)


def _read(folder: Path) -> Artifact:
    if made := os.environ.get("COURSE_MADE"):  # the workflow asks which artifacts a notebook used
        with open(made, "a") as file:
            file.write(f"{folder}\n")
    contents = [json.loads((folder / f"{n}.json").read_text()) for n in ("metrics", "provenance")]
    return Artifact(folder, *contents)


def _peak_memory_mib() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10))

"""Artifacts: made once from parameters, data and code; complete or not there at all."""

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from shared import ROOT
from shared.errors import UserError, full_disk
from shared.identity import digest, identity


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

    It is known by its `identity`: a changed parameter, text, model, line of the builder's code (and
    of what that calls) or version of a package makes another artifact. A damaged one, or one that
    somebody has edited, is kept aside, and that is said.

    Args:
        name: Kind of artifact, and the folder's name in `runs/`.
        parameters: All that the result depends on beside data, code and versions, such as
            `models.fingerprint`; JSON values.
        build: Gets an empty folder, or the one that an interrupted build left; fills it; returns
            the metrics.
        data: Fingerprint of the data.

    Raises:
        UserError: The folder cannot be written, or the disk is full.
    """
    whole = identity(parameters, data, build)
    key = digest(whole)[:16]
    final = runs_folder() / name / key
    partial = final.with_name(f".{key}.partial")  # hidden: no pattern takes it for a result
    try:
        partial.parent.mkdir(parents=True, exist_ok=True)
        # Held once: an interrupted cell is still known to the kernel, and must not keep the lock.
        lock = FileLock(final.with_name(f"{key}.lock")).acquire()
    except OSError as error:
        raise UserError(
            f"{runs_folder()} cannot be written ({error.strerror}): set COURSE_RUNS elsewhere."
        ) from error
    with lock, full_disk(runs_folder()):
        if final.is_dir():
            if not (wrong := damaged(final)):
                return _read(final)
            _put_aside(final, wrong)
        partial.mkdir(exist_ok=True)
        for left in partial.glob(".tmp*"):  # a build, or safetensors, was killed while it wrote
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        start = time.perf_counter()
        metrics = build(partial)
        provenance = {**whole, "seconds": round(time.perf_counter() - start, 1)}
        for file, content in {"metrics": metrics, "provenance": provenance}.items():
            (partial / f"{file}.json").write_text(json.dumps(content, indent=1, sort_keys=True))
        files = sorted(path for path in partial.rglob("*") if path.is_file())
        manifest = {path.relative_to(partial).as_posix(): sha256(path) for path in files}
        (partial / "manifest.json").write_text(json.dumps(manifest, indent=1))
        partial.rename(final)
    return _read(final)


def _put_aside(folder: Path, wrong: list[str]) -> None:
    """Rename a folder whose files are not what its manifest describes, and say so."""
    number = 1
    while (aside := folder.with_name(f".{folder.name}.damaged-{number}")).exists():
        number += 1
    folder.rename(aside)
    shown = f"{folder.parent.name}/{folder.name}"
    print(f"{shown}: {', '.join(wrong)} is damaged or was edited. It is made again; the old folder")
    print(f"is kept as {aside.parent.name}/{aside.name}.")


def damaged(folder: Path) -> list[str]:
    """Return the files of an artifact that are missing, or are not what its manifest describes."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text()).items()
    except (OSError, ValueError, AttributeError):  # AttributeError: JSON, but no object
        return ["manifest.json"]
    paths = {name: folder / name for name, _ in manifest}
    return [n for n, digest in manifest if not paths[n].is_file() or sha256(paths[n]) != digest]


def is_whole(folder: Path) -> bool:
    """Tell whether each file of an artifact is as its manifest describes it."""
    return not damaged(folder)


def _read(folder: Path) -> Artifact:
    contents = [json.loads((folder / f"{n}.json").read_text()) for n in ("metrics", "provenance")]
    return Artifact(folder, *contents)

"""`python -m shared`: what is installed and sound, each as OK or FAIL with the mend."""

import importlib.metadata
import json
import platform
import sys
import tomllib
from collections.abc import Callable
from functools import partial

from shared import ROOT


def python_version() -> str:
    """Check the interpreter."""
    if sys.version_info[:2] != (3, 11):
        raise RuntimeError(f"Python {platform.python_version()}: install 3.11, then `make run`")
    return platform.python_version()


def package(name: str, expected: str) -> str:
    """Check that a package is installed in the version that pyproject.toml pins."""
    try:
        found = importlib.metadata.version(name).split("+")[0]
    except importlib.metadata.PackageNotFoundError:
        found = "is missing"
    if found != expected:
        mend = "pip install --no-deps --require-hashes -r requirements/core.txt"
        raise RuntimeError(f"{name} {found}, expected {expected}: `{mend}`")
    return found


def device() -> str:
    """Name the device and the number of threads."""
    import torch

    from shared.models import best_device

    return f"{best_device()}, {torch.get_num_threads()} threads"


def model() -> str:
    """Check the embedded model's hash."""
    from shared.models import EMBEDDED, EMBEDDED_SHA256, resolve

    resolve()
    return f"{EMBEDDED}, sha256 {EMBEDDED_SHA256[:12]}…"


def data_file(name: str, expected: str) -> str:
    """Check the hash of an embedded data file."""
    from shared.runs import sha256

    if (digest := sha256(ROOT / "data" / name)) != expected:
        raise RuntimeError(
            f"data/{name} has sha256 {digest[:12]}…, expected {expected[:12]}…: "
            f"`git checkout data`, or `python data/build.py`"
        )
    return f"sha256 {digest[:12]}…"


def writable() -> str:
    """Check that results can be written."""
    from shared.runs import runs_folder

    runs_folder().mkdir(parents=True, exist_ok=True)
    probe = runs_folder() / ".probe"
    probe.touch()
    probe.unlink()
    return "runs folder can be written"


def checks() -> dict[str, Callable[[], str]]:
    """Return what is checked, in order."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    files = json.loads((ROOT / "data" / "manifest.json").read_text())["files"]
    pins = dict(pin.split("==") for pin in project["dependencies"])
    return {
        "Python": python_version,
        **{name: partial(package, name, version) for name, version in pins.items()},
        "device": device,
        "model": model,
        **{f"data/{name}": partial(data_file, name, x["sha256"]) for name, x in files.items()},
        "results": writable,
    }


def main() -> int:
    """Print a line a check; return 1 if one failed."""
    failed = False
    for name, check in checks().items():
        try:
            line = f"OK    {check()}"
        except Exception as error:
            failed, line = True, f"FAIL  {error}"
        print(f"{name:24}{line}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

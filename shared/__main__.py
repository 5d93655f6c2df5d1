"""`python -m shared`: what is installed and sound, each as OK or FAIL with the mend."""

import importlib.metadata
import json
import platform
import sys
import tomllib
from collections.abc import Callable

from shared import ROOT


def python_version() -> str:
    """Check the interpreter."""
    if sys.version_info[:2] != (3, 11):
        raise RuntimeError(f"Python {platform.python_version()}: install 3.11, then `make run`")
    return platform.python_version()


def packages() -> str:
    """Check each pin of pyproject.toml."""
    pins = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    for name, expected in (pin.split("==") for pin in pins):
        found = importlib.metadata.version(name).split("+")[0]
        if found != expected:
            mend = "pip install -c constraints.txt -e ."
            raise RuntimeError(f"{name} {found}, expected {expected}: `{mend}`")
    return f"{len(pins)} as pinned"


def device() -> str:
    """Name the device and the number of threads."""
    import torch

    from shared.models import best_device

    return f"{best_device()}, {torch.get_num_threads()} threads"


def model() -> str:
    """Check the embedded model's hash."""
    from shared.models import EMBEDDED_SHA256, resolve

    resolve()
    return f"minilm, sha256 {EMBEDDED_SHA256[:12]}…"


def data_files() -> str:
    """Check the hashes of the embedded data."""
    from shared.runs import sha256

    files = json.loads((ROOT / "data" / "manifest.json").read_text())["files"]
    for name, entry in files.items():
        if sha256(ROOT / "data" / name) != entry["sha256"]:
            raise RuntimeError(f"data/{name} was changed: `git checkout data` or `data/build.py`")
    return f"{len(files)} files as in data/manifest.json"


def writable() -> str:
    """Check that results can be written."""
    from shared.runs import runs_folder

    runs_folder().mkdir(parents=True, exist_ok=True)
    probe = runs_folder() / ".probe"
    probe.touch()
    probe.unlink()
    return "runs folder can be written"


CHECKS: tuple[Callable[[], str], ...] = (
    python_version,
    packages,
    device,
    model,
    data_files,
    writable,
)


def main() -> int:
    """Print a line a check; return 1 if one failed."""
    failed = False
    for check in CHECKS:
        try:
            line = f"OK    {check()}"
        except Exception as error:
            failed, line = True, f"FAIL  {error}"
        print(f"{check.__name__:16}{line}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

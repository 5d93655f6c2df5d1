"""`python -m shared`: what is installed and intact, each as OK or FAIL with what to do."""

import importlib.metadata
import json
import platform
import sys
import tomllib
from collections.abc import Callable
from functools import partial

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from shared import ROOT

# What no notebook needs, by what needs it. Nothing is wrong for a learner who lacks it.
OTHERS = {
    "the tests": (
        "axe-playwright-python",
        "nbval",
        "playwright",
        "pytest",
        "pytest-timeout",
        "pytest-xdist",
    ),
    "make course and make site": (
        "beautifulsoup4",
        "bleach",
        "myst-nb",
        "nbgrader",
        "sphinx-book-theme",
        "sphinx-mathjax-offline",
        "sphinx-revealjs",
        "text2qti",
    ),
    "make lint": ("ruff",),
}
NEEDED_BY = {name: user for user, names in OTHERS.items() for name in names}


def python_version(expected: str) -> str:
    """Check the interpreter against `requires-python`."""
    found = platform.python_version()
    if not SpecifierSet(expected).contains(found, prereleases=True):
        raise RuntimeError(f"Python {found}, expected {expected}: install that, then `make run`")
    return found


def package(requirement: Requirement) -> str:
    """Check that a package is installed in the version that pyproject.toml names."""
    name, expected = requirement.name, requirement.specifier
    try:
        found = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        found = ""
    if not found or not expected.contains(found, prereleases=True):
        fix = "pip install --no-deps --require-hashes -r requirements/core.txt"
        if name == "torch":
            fix = "python workflow/install_torch.py"
        raise RuntimeError(f"{name} {found or 'is missing'}, expected {expected}: `{fix}`")
    return found


def device() -> str:
    """Name the device and the number of threads."""
    import torch

    from shared.models import best_device

    return f"{best_device()}, {torch.get_num_threads()} threads"


def embedded_folder(name: str) -> str:
    """Check the files of an embedded model or text, as they were fetched and written."""
    from shared.embedded import folder_of
    from shared.published import PUBLISHED

    folder_of(name)
    return f"{PUBLISHED[name].what.split(':')[0]}, sha256 {PUBLISHED[name].archive_sha256[:12]}…"


def data_file(name: str, expected: str) -> str:
    """Check the hash of an embedded data file."""
    from shared.runs import sha256

    if (digest := sha256(ROOT / "data" / name)) != expected:
        raise RuntimeError(
            f"data/{name} has sha256 {digest[:12]}…, expected {expected[:12]}…: "
            f"`git checkout data`, or its script in data/build"
        )
    return f"sha256 {digest[:12]}…"


def writable() -> str:
    """Check that results can be written."""
    from shared.runs import runs_folder

    runs_folder().mkdir(parents=True, exist_ok=True)
    probe = runs_folder() / ".probe"
    probe.touch()
    probe.unlink()
    return "the runs folder can be written"


def checks() -> dict[str, Callable[[], str]]:
    """Return what is checked, in order."""
    from shared.published import PUBLISHED

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    files = json.loads((ROOT / "data" / "manifest.json").read_text())["files"]
    requirements = map(Requirement, project["dependencies"])
    return {
        "Python": partial(python_version, project["requires-python"]),
        **{r.name: partial(package, r) for r in requirements if _applies(r)},
        "device": device,
        **{f"embedded {name}": partial(embedded_folder, name) for name in PUBLISHED},
        **{f"data/{name}": partial(data_file, name, x["sha256"]) for name, x in files.items()},
        "results": writable,
    }


def _applies(requirement: Requirement) -> bool:
    return requirement.marker is None or requirement.marker.evaluate()


def main() -> int:
    """Print one line per check; return 1 if one failed."""
    failed = False
    for name, check in checks().items():
        try:
            line = f"OK    {check()}"
        except Exception as error:
            if name in NEEDED_BY:
                line = f"--    {error} (used only by {NEEDED_BY[name]})"
            else:
                failed, line = True, f"FAIL  {error}"
        print(f"{name:24}{line}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

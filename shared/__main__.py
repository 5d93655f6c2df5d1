"""What a learner or a tool asks at the command line.

python -m shared               # what is installed and intact: OK, or FAIL with what to do
python -m shared check 02 1    # judge exercise 1 in your notebook 02; --json for a tool
python -m shared hint 02 1 2   # its second hint of three
python -m shared ask "why divide by the root of d_k"   # which sections of the course tell it
"""

import argparse
import importlib.metadata
import json
import platform
import sys
import tomllib
from collections.abc import Callable, Sequence
from functools import partial

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from shared import ROOT

# Groups of pyproject.toml that no notebook needs, and what does. A learner may lack them.
USED_BY = {
    "test": "make test",
    "course": "make course",
    "site": "make site",
    "lint": "make lint",
}


def python_version(expected: str) -> str:
    """Check the interpreter against `requires-python`."""
    found = platform.python_version()
    if not SpecifierSet(expected).contains(found, prereleases=True):
        raise RuntimeError(f"Python {found}, expected {expected}: install that, then `make run`")
    return found


def package(requirement: Requirement, locked: str = "") -> str:
    """Check that a package is installed in a version that pyproject.toml allows.

    Args:
        requirement: name and versions from pyproject.toml
        locked: the version in uv.lock, with which everything was tested

    Raises:
        RuntimeError: it is missing, or of another version

    """
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
    same = not locked or SpecifierSet(f"=={locked}").contains(found, prereleases=True)
    return found if same else f"{found} (tested with {locked})"


def group(requirements: list[Requirement], used_by: str) -> str:
    """Check the packages of a group that no notebook needs.

    Raises:
        RuntimeError: some are missing, or of another version

    """
    lacking = []
    for requirement in requirements:
        try:
            package(requirement)
        except RuntimeError:
            lacking.append(requirement.name)
    if lacking:
        names = "all" if len(lacking) == len(requirements) else ", ".join(lacking)
        raise RuntimeError(f"not installed or of another version: {names}; `{used_by}` installs it")
    return f"{len(requirements)} packages"


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

    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    project, groups = settings["project"], settings.get("dependency-groups", {})
    lock = tomllib.loads((ROOT / "uv.lock").read_text("utf-8"))["package"]
    locked = {entry["name"]: entry.get("version", "") for entry in lock}
    files = json.loads((ROOT / "data" / "manifest.json").read_text("utf-8"))["files"]
    needed = _applicable(project["dependencies"] + groups.get("engine", []))
    return {
        "Python": partial(python_version, project["requires-python"]),
        **{r.name: partial(package, r, locked.get(canonicalize_name(r.name), "")) for r in needed},
        **{
            f"group {name}": partial(group, _applicable(groups[name]), used_by)
            for name, used_by in USED_BY.items()
            if name in groups
        },
        "device": device,
        **{f"embedded {name}": partial(embedded_folder, name) for name in PUBLISHED},
        **{f"data/{name}": partial(data_file, name, x["sha256"]) for name, x in files.items()},
        "results": writable,
    }


def _applicable(entries: list[str | dict[str, str]]) -> list[Requirement]:
    """Return the requirements for this system and Python, without groups that are included."""
    requirements = [Requirement(entry) for entry in entries if isinstance(entry, str)]
    return [r for r in requirements if r.marker is None or r.marker.evaluate()]


def ask(question: str) -> int:
    """Print the sections of the course that fit a question best; return 1 if there is none."""
    from shared.errors import UserError
    from shared.retrieval_index import course, told

    if not question.strip():
        print('Expected a question: python -m shared ask "What is a causal mask?"', file=sys.stderr)
        return 2
    try:
        print(told(course().search(question)))
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def installation() -> int:
    """Print one line per check; return 1 if one failed."""
    failed = False
    for name, check in checks().items():
        try:
            line = f"OK    {check()}"
        except Exception as error:
            if name.startswith("group "):
                line = f"--    {error}"
            else:
                failed, line = True, f"FAIL  {error}"
        print(f"{name:24}{line}")
    return int(failed)


def main(words: Sequence[str] | None = None) -> int:
    """Read the command line, or these words; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m shared", description="Without a command: check the installation."
    )
    commands = parser.add_subparsers(dest="command")
    about = {
        "check": "judge an exercise in your notebook: 0 right, 1 wrong, 2 not judged",
        "hint": "print one hint of an exercise",
    }
    for command, what in about.items():
        of = commands.add_parser(command, help=what, description=what)
        of.add_argument("lesson", help="number or name of the notebook, such as 02")
        of.add_argument("exercise", help="its number, or the name that is asked for")
        if command == "hint":
            of.add_argument("step", nargs="?", type=int, default=1, help="1 to 3 (default: 1)")
        else:
            of.add_argument("--json", action="store_true", help="one JSON object, for a tool")
            told = "for the answer, and for its check (default: %(default)g)"
            of.add_argument("--limit", type=float, default=60, metavar="SECONDS", help=told)
        of.add_argument("--notebook", default="", metavar="PATH", help="if it is elsewhere")
    asked = "print the sections of the course that fit a question best"
    commands.add_parser("ask", help=asked, description=asked).add_argument("question", nargs="+")
    given = parser.parse_args(words)
    if not given.command:
        return installation()
    if given.command == "ask":
        return ask(" ".join(given.question))
    from shared.judging import check, hint

    if given.command == "hint":
        return hint(given.lesson, given.exercise, given.step, given.notebook)
    return check(given.lesson, given.exercise, given.notebook, given.json, given.limit)


if __name__ == "__main__":
    sys.exit(main())

"""Small projects for the tests of the workflow and of sweeps, and how these are started."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from browser import AS_ROOT

ROOT = Path(__file__).resolve().parents[1]
EXECUTE, SWEEPS = ROOT / "workflow" / "execute.py", ROOT / "workflow" / "sweeps.py"
SPEC = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


def save(path: Path, *cells: tuple[str, str]) -> None:
    """Write a notebook of code cells, each with a tag."""
    made = [nbformat.v4.new_code_cell(source, metadata={"tags": [tag]}) for source, tag in cells]
    nbformat.write(nbformat.v4.new_notebook(cells=made, metadata=SPEC), path)


def notebook(path: Path, source: str) -> None:
    """Write a notebook of one cell and a parameter."""
    save(path, ('profile: str = "quick"  # a parameter', "parameters"), (source, "key-result"))


PARAMETERS = """
x: float = 1.0  # a number
seed: int = 0  # of chance
words: str = "a"  # a text
flag: bool = False  # yes or no
"""
CHECK = """
from shared.params import between, check_parameters

check_parameters(globals(), x=between(0, 10))
"""
METRICS = """
from IPython.display import JSON

with open("executed.txt", "a") as file:
    file.write(f"{x} {seed}\\n")
assert x != 3, "three is too many"
JSON({"accuracy": x / 10, "correct": [0, 1, seed]})
"""


def trial(path: Path, metrics: str = METRICS, tag: str = "metrics") -> None:
    """Write a notebook that can be swept."""
    save(path, (PARAMETERS, "parameters"), (CHECK, "check"), (metrics, tag))


def begin(folder: Path, *words: object, **options: object) -> subprocess.Popen:
    """Start Python in a session of its own, with results in `runs`; what it says is one stream."""
    usual = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    usual |= {"env": os.environ | {"COURSE_RUNS": "runs"}, "start_new_session": True}
    return subprocess.Popen([sys.executable, *map(str, words)], cwd=folder, **usual | options)


def ended(process: subprocess.Popen) -> tuple[int, str]:
    """Wait for the end; return status and output."""
    output = process.communicate(timeout=300)[0]
    return process.returncode, output


def start(project: Path, *options: str) -> subprocess.Popen:
    """Start the command of the Makefile's `run`."""
    makefile = (ROOT / "Makefile").read_text()
    flags = makefile.split("snakemake --snakefile workflow/Snakefile", 1)[1].split("||")[0]
    for written, meant in {"\\\n": " ", "$(PROFILE)": "quick", "$(CONFIG)": ""}.items():
        flags = flags.replace(written, meant)
    snakefile = ROOT / "workflow" / "Snakefile"
    return begin(project, "-m", "snakemake", "--snakefile", snakefile, *flags.split(), *options)


def run(project: Path, *options: str) -> tuple[int, str]:
    """Do what `make run` does; return status and output."""
    return ended(start(project, *options))


def table(project: Path) -> tuple[int, str]:
    """Return status and output of the table that `make run` shows at its end."""
    return ended(begin(project, ROOT / "workflow" / "summary.py"))


def wait_until(event: Callable[[], object], process: subprocess.Popen, seconds: int = 120) -> None:
    """Wait for something that a process does."""
    limit = time.monotonic() + seconds
    while not event():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < limit, "waited in vain"
        time.sleep(0.1)


def wait_for_step(process: subprocess.Popen, steps: str = "1 of 3 steps") -> None:
    """Wait until Snakemake says that so many steps are done, and so has noted them."""
    while steps not in (line := process.stdout.readline()):
        assert line, "the workflow ended"


def printed(result: Path) -> str:
    """Return what the last cell of an executed notebook printed."""
    outputs = nbformat.read(result, as_version=4).cells[-1].outputs
    return "".join(output.text for output in outputs if output.get("name") == "stdout")


def finished(project: Path) -> dict[str, float]:
    """Return when each notebook was finished; assert that each result is whole."""
    found = {}
    for path in (project / "runs").glob("[!.]*.ipynb"):
        assert "the end" in printed(path), path.name
        found[path.stem] = path.stat().st_mtime
    return found


def as_nobody() -> tuple[str, ...]:
    """Return the words before a command that run it as a user who may read all and write little.

    Reading is allowed because the interpreter may be in root's own folder.
    """
    if not AS_ROOT:
        return ()
    words = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
             "--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search",
             "--bounding-set=-all,+dac_read_search")  # fmt: skip
    if not shutil.which("setpriv") or subprocess.run([*words, "true"]).returncode:
        pytest.skip("setpriv is needed to be another user")
    return words

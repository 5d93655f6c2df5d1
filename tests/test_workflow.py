"""`make run`'s workflow, on small notebooks of its own: failure, repetition, and a sudden end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[1]
QUICK = 'profile: str = "quick"  # a parameter'


def notebook(path: Path, source: str) -> None:
    parameters = nbformat.v4.new_code_cell(QUICK, metadata={"tags": ["parameters"]})
    cell = nbformat.v4.new_code_cell(source, metadata={"tags": ["key-result"]})
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    whole = nbformat.v4.new_notebook(cells=[parameters, cell], metadata={"kernelspec": spec})
    nbformat.write(whole, path)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "notebooks").mkdir()
    notebook(tmp_path / "notebooks" / "01_first.ipynb", "print('the result is', 6 * 7)")
    notebook(tmp_path / "notebooks" / "02_second.ipynb", "print('second, profile', profile)")
    return tmp_path


def start(project: Path, *options: str) -> subprocess.Popen:
    """Start the command of the Makefile's `run` in a session of its own."""
    makefile = (ROOT / "Makefile").read_text()
    flags = makefile.split("snakemake --snakefile workflow/Snakefile", 1)[1].split("||")[0]
    words = flags.replace("\\\n", " ").replace("$(PROFILE)", "quick").split()
    return subprocess.Popen(
        [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "workflow" / "Snakefile", *words],
        cwd=project, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, env=os.environ | {"COURSE_RUNS": "runs"},
    )  # fmt: skip


def run(project: Path) -> tuple[int, str]:
    process = start(project)
    output = process.communicate(timeout=240)[0]
    return process.returncode, output


def table(project: Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, ROOT / "workflow" / "summary.py"], cwd=project, capture_output=True,
        text=True, env=os.environ | {"COURSE_RUNS": "runs"},
    )  # fmt: skip


def test_all_run_in_order_and_nothing_runs_twice(project: Path) -> None:
    status, output = run(project)
    assert status == 0, output
    first, second = (project / "runs" / f"{n}.ipynb" for n in ("01_first", "02_second"))
    made = [path.stat().st_mtime_ns for path in (first, second)]
    assert made[0] < made[1]
    lines = table(project).stdout
    assert "the result is 42" in lines and "second, profile quick" in lines
    status, output = run(project)
    assert status == 0 and "Nothing to be done" in output, output
    assert [path.stat().st_mtime_ns for path in (first, second)] == made


def test_a_failing_notebook_is_named_and_the_others_run(project: Path) -> None:
    notebook(project / "notebooks" / "01_first.ipynb", "raise ValueError('too bad')")
    assert run(project)[0] != 0
    assert (project / "runs" / "02_second.ipynb").exists()
    assert not (project / "runs" / "01_first.ipynb").exists()
    done = table(project)
    assert done.returncode == 1
    assert "FAILED ValueError: too bad" in done.stdout
    assert "jupyter lab runs/01_first.failed.ipynb" in done.stdout
    notebook(project / "notebooks" / "01_first.ipynb", "print('mended')")
    assert run(project)[0] == 0
    assert not list((project / "runs").glob("*.failed.ipynb"))
    assert "mended" in table(project).stdout


def test_a_killed_run_is_repeated_without_help(project: Path) -> None:
    notebook(project / "notebooks" / "02_second.ipynb", "import time; time.sleep(60)")
    process = start(project)
    limit = time.monotonic() + 120
    while not list((project / "runs").glob("02_second.partial.*")):
        assert time.monotonic() < limit and process.poll() is None, "02 did not start"
        time.sleep(0.2)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (project / "runs" / "02_second.ipynb").exists()
    kept = (project / "runs" / "01_first.ipynb").stat().st_mtime_ns
    notebook(project / "notebooks" / "02_second.ipynb", "print('this time')")
    status, output = run(project)
    assert status == 0, output
    assert (project / "runs" / "01_first.ipynb").stat().st_mtime_ns == kept
    assert "this time" in table(project).stdout
    assert not list((project / "runs").glob("*.partial.*"))

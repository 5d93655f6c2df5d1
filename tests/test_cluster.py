"""The proof on SLURM: a sweep survives a cancelled job, a lost node, and its master's death."""

import os
import re
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest
from engine import ROOT, SWEEPS, begin, trial, wait_until

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(not shutil.which("sbatch"), reason="SLURM is not installed"),
    pytest.mark.skipif(
        not find_spec("snakemake_executor_plugin_slurm"), reason="pip install -e '.[cluster]'"
    ),
    pytest.mark.timeout(1200),
]
TRIALS = 14
METRICS = """
import os, time
from IPython.display import JSON

with open("executed.txt", "a") as file:
    file.write(f"{seed}\\n")
time.sleep(2)
JSON({"accuracy": seed / 100, "job": int(os.environ.get("SLURM_JOB_ID", 0))})
"""


@pytest.fixture
def slurm(tmp_path: Path) -> Iterator[Path]:
    """Start SLURM for one test; return its folder."""
    script, folder = ROOT / "workflow" / "slurm" / "single_host.sh", tmp_path / "slurm"
    subprocess.run([script, "start", folder], check=True)
    yield folder
    subprocess.run([script, "stop", folder], check=True)


def environment(slurm: Path) -> dict[str, str]:
    path = f"{slurm / 'bin'}:{os.environ['PATH']}"
    return os.environ | {"SLURM_CONF": str(slurm / "slurm.conf"), "PATH": path}


def jobs(slurm: Path, state: str = "R") -> dict[str, str]:
    """Return the jobs in a state, and the node of each."""
    command = ["squeue", "-h", "-t", state, "-o", "%i %N"]
    done = subprocess.run(command, env=environment(slurm), capture_output=True, text=True)
    return dict(line.split() for line in done.stdout.splitlines())


def lose_node(slurm: Path, name: str) -> set[str]:
    """Kill a node's daemon and all that runs there, as if its power had gone; return the jobs."""
    lost = {job for job, node in jobs(slurm).items() if node == name}
    listed = subprocess.run(
        ["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True
    ).stdout
    rows = [line.split(None, 2) for line in listed.splitlines()]
    doomed = {(slurm / f"slurmd-{name}.pid").read_text().strip()}
    for process, _, words in rows:
        step = re.match(r"slurmstepd: \[(\d+)\.", words)
        if step and step[1] in lost and Path(f"/proc/{process}/cwd").resolve() == slurm.resolve():
            doomed.add(process)
    while more := {child for child, parent, _ in rows if parent in doomed} - doomed:
        doomed |= more
    for process in doomed:
        with suppress(ProcessLookupError):
            os.kill(int(process), signal.SIGKILL)
    return lost


def start(project: Path, slurm: Path) -> subprocess.Popen:
    return begin(
        project, SWEEPS, "a.tsv", "--profile", ROOT / "workflow" / "profiles" / "slurm",
        # What this small SLURM has not: accounting, and a reason to wait.
        "--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "5",
        "--latency-wait", "5", env=environment(slurm) | {"COURSE_RUNS": "runs"},
    )  # fmt: skip


def test_a_sweep_on_slurm_loses_nothing(tmp_path: Path, slurm: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    trial(project / "t.ipynb", METRICS)
    (project / "a.tsv").write_text(f"notebook\tseeds\nt.ipynb\t0-{TRIALS - 1}\n")

    def records() -> dict[str, str]:
        """Return each trial's record; which job made it, and in how many seconds, stands in it."""
        return {p.name: p.read_text() for p in (project / "runs").rglob("trial~*.json")}

    begin = time.monotonic()
    master = start(project, slurm)
    wait_until(lambda: len(records()) >= 2 and len(jobs(slurm)) == 2, master, 240)
    cancelled = next(iter(jobs(slurm)))
    subprocess.run(["scancel", cancelled], env=environment(slurm), check=True)
    wait_until(lambda: len(records()) >= 4 and "two" in jobs(slurm).values(), master, 240)
    lost = lose_node(slurm, "two")
    wait_until(lambda: len(records()) >= 6, master, 240)
    os.killpg(master.pid, signal.SIGKILL)  # the machine that submits goes down as well
    master.communicate()
    kept = records()
    master = start(project, slurm)
    output = master.communicate(timeout=600)[0]
    seconds = time.monotonic() - begin

    assert master.returncode == 0, output
    table = pd.read_parquet(project / "runs" / "sweeps" / "a.parquet")
    assert sorted(table["seed"]) == list(range(TRIALS))
    assert (table["status"] == "done").all() and table["metric_job"].gt(0).all()
    assert lost and {name: records()[name] for name in kept} == kept, "finished work was not kept"
    times = Counter((project / "executed.txt").read_text().split())
    assert len(times) == TRIALS
    print(
        f"\n{TRIALS} trials in {seconds:.0f} s; cancelled job {cancelled}, lost node two with jobs "
        f"{sorted(lost)}, killed the master after {len(kept)} trials; {times.total()} executions, "
        f"{table['seconds'].mean():.1f} s a trial in the notebook"
    )

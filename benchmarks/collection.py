"""`make run` as a whole: cold, on one core, again with nothing changed; and each notebook's memory.

The two cold runs are made once, since they take 35 minutes; the short things are repeated.

- A notebook's own time is papermill's, from before its kernel starts until after it ends. What
  `make run` takes beyond the sum (make, Snakemake, the starts of Python and papermill, the table)
  is the overhead. It is measured on one core, where no two notebooks overlap. The time of the
  cells alone is given too: kernels start and end, and papermill saves after each cell.
- A notebook's peak memory is that of its kernel, papermill and what they start, together, the
  higher of both runs, looked at each second; what several share, such as libraries, is counted
  once (proportional set size). Snakemake's own measure would not do: after a notebook's first
  quarter of a minute it looks every 30 s, and misses peaks. The kernel's high-water mark misses
  none, so the peak is given no lower than that.

On Linux only, since /proc and `taskset` are.
"""

import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import pandas as pd
import psutil
from jupyter_client.manager import start_new_kernel
from matplotlib.figure import Figure
from measure import Claim, alternate, claim, values

from shared import ROOT

MEMORY, COLD, OVERHEAD, AGAIN, IMPORT = 2, 15 * 60, 5, 3, 0.3  # the goals
AT_ONCE, ONE_CORE = "all cores", "one core"


def seconds(command: Sequence[str | Path], **variables: str) -> float:
    """Run a command in the project's folder; return how long it takes."""
    start = time.perf_counter()
    # Not the options, such as -j, of a `make bench` that we run under.
    inherited = {name: v for name, v in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        command, cwd=ROOT, env=inherited | variables, capture_output=True, text=True
    )
    taken = time.perf_counter() - start
    if done.returncode:
        raise RuntimeError(f"{command}\n{done.stdout}\n{done.stderr}")
    return taken


def make_run(runs: Path, options: str = "", before: Sequence[str] = ()) -> float:
    """Say `make run` in the environment that we run in, installing nothing."""
    here = [f"VENV={sys.prefix}", f"--old-file={sys.prefix}/.ready"]
    command = ["make", "run", *here, "PROFILE=quick", f"CONFIG={options}"]
    return seconds([*before, *command], COURSE_RUNS=str(runs))


@contextmanager
def peaks(runs: Path) -> Iterator[dict[str, float]]:
    """Watch the notebooks that are executed into a folder; give the peak of each, in GiB."""
    found: dict[str, float] = {}
    done = threading.Event()

    def look() -> None:
        for process in psutil.process_iter(["cmdline"]):
            command = process.info["cmdline"] or []
            if len(command) < 4 or not command[3].startswith(f"{runs}/"):
                continue  # else it is `python workflow/execute.py notebook result …`
            with suppress(psutil.Error, OSError):
                name, tree = Path(command[2]).stem, [process, *process.children(recursive=True)]
                together = sum(each.memory_full_info().pss for each in tree)
                marks = [Path(f"/proc/{each.pid}/status").read_text() for each in tree]
                highest = max(int(re.search(r"VmHWM:\s+(\d+)", mark)[1]) * 1024 for mark in marks)
                found[name] = max(found.get(name, 0), max(together, highest) / 2**30)

    def watch() -> None:
        while not done.wait(1):
            with suppress(psutil.Error, TypeError):  # a process that ends while it is looked at
                look()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield found
    finally:
        done.set()
        thread.join()


def cold(options: str = "", before: Sequence[str] = (), runs: Path | None = None) -> dict:
    """Run all into an empty folder; return the times, and the peaks of memory."""
    with tempfile.TemporaryDirectory(prefix="bench-") as empty:
        runs = runs or Path(empty)
        with peaks(runs) as memory:
            result = {"wall": make_run(runs, options, before)}
        for name, peak in memory.items():
            done = nbformat.read(runs / f"{name}.ipynb", as_version=4)
            cells = sum(cell.metadata.papermill.duration or 0 for cell in done.cells)
            result |= {f"{name}: whole": done.metadata.papermill.duration}
            result |= {f"{name}: seconds": cells, f"{name}: GiB": peak}
    return result


def small_things(folder: Path) -> dict[str, float]:
    """Return the seconds of papermill on an empty notebook, of a kernel, and of `import shared`."""
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [nbformat.v4.new_code_cell("")]
    empty = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec})
    nbformat.write(empty, folder / "empty.ipynb")
    out = folder / "out.ipynb"
    result = {
        "papermill": seconds([sys.executable, "-m", "papermill", folder / "empty.ipynb", out])
    }
    start = time.perf_counter()
    manager, client = start_new_kernel()
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    result["kernel"] = time.perf_counter() - start
    python = [sys.executable, "-c"]
    pairs = [seconds([*python, "import shared"]) - seconds([*python, ""]) for _ in range(10)]
    result["import shared"] = pd.Series(pairs).median()
    loaded = "import sys, shared; sys.exit('torch' in sys.modules)"
    seconds([*python, loaded])  # fails if it is there
    return result


def measure(rounds: int, quick: bool) -> pd.DataFrame:
    """Run `make run` cold in both ways, then the short things `rounds` times."""
    only = "--until 01_attention" if quick else ""
    first = str(min(os.sched_getaffinity(0)))
    with tempfile.TemporaryDirectory(prefix="bench-") as kept:
        runs = Path(kept) / "runs"
        arms = {
            AT_ONCE: lambda: cold(only, runs=runs),
            ONE_CORE: lambda: cold(only, before=["taskset", "--cpu-list", first]),
        }
        short = {
            "again": lambda: {"wall": make_run(runs, only)},
            "starts": lambda: small_things(Path(kept)),
        }
        return pd.concat([alternate(arms, 1), alternate(short, rounds)], ignore_index=True)


def per_notebook(table: pd.DataFrame, what: str) -> pd.DataFrame:
    """Return a row for each notebook, and a column for each of the two ways."""
    rows = table[table["quantity"].str.endswith(f": {what}")]
    rows = rows.assign(notebook=rows["quantity"].str.split(":").str[0])
    return rows.pivot(index="notebook", columns="arm", values="value")[[AT_ONCE, ONE_CORE]]


def claims(table: pd.DataFrame) -> list[Claim]:
    """Return the goals of the whole, and of each notebook."""
    wall = {arm: values(table, "wall", arm).item() for arm in (AT_ONCE, ONE_CORE)}
    own, cells = (per_notebook(table, what)[ONE_CORE].sum() for what in ("whole", "seconds"))

    def once(what: str, value: float, unit: str, goal: float | None = None) -> Claim:
        return Claim(what, value, value, value, unit, goal, False)

    def often(what: str, arm: str, quantity: str, goal: float | None = None) -> Claim:
        return claim(what, values(table, quantity, arm), "s", goal, at_least=False)

    result = [
        once("`make run`, cold, all cores", wall[AT_ONCE], "s", COLD),
        once("the same on one core over all cores", wall[ONE_CORE] / wall[AT_ONCE], "×"),
        once("overhead, of the whole", 100 * (1 - own / wall[ONE_CORE]), "%", OVERHEAD),
        once("all but the cells, of the whole", 100 * (1 - cells / wall[ONE_CORE]), "%"),
        often("`make run` again, nothing changed", "again", "wall", AGAIN),
        often("papermill on an empty notebook", "starts", "papermill"),
        often("a kernel's start and end", "starts", "kernel"),
        often("`import shared`", "starts", "import shared", IMPORT),
    ]
    for name, of in per_notebook(table, "GiB").iterrows():
        peak = Claim(f"{name}: peak memory", of.max(), of.min(), of.max(), "GiB", MEMORY, False)
        result.append(peak)
    return result


def figure(table: pd.DataFrame) -> Figure:
    """Draw each notebook's time and memory, with the goals."""
    drawn, axes = plt.subplots(1, 2, figsize=(11, 6), sharey=True, layout="constrained")
    for axis, what in zip(axes, ("seconds", "GiB"), strict=True):
        rows = per_notebook(table, what)[::-1]
        rows.plot.barh(ax=axis, width=0.8, ylabel="", legend=False)
    axes[1].axvline(MEMORY, color="black", linestyle="--")
    drawn.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    axes[0].set(xlabel="seconds of its cells", title="Time")
    axes[1].set(xlabel="peak memory, GiB", title="Memory; dashed: the goal")
    return drawn

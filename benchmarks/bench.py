"""Run the benchmarks on this machine, and write their tables, figures and report.

    python benchmarks/bench.py [training limit inference scaling collection]

Each part has a process of its own, so that neither memory nor imports of one are another's. What
one has measured is written at once; the report is made from all that is there.
"""

import argparse
import importlib
import inspect
import json
import os
import platform
import re
import sys
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path

import pandas as pd
from measure import Claim

from shared import ROOT
from shared.whole import write_whole

PARTS = ("training", "limit", "inference", "scaling", "collection")
RESULTS = ROOT / "benchmarks" / "results"
REPORT = "README.md"
INTRODUCTION = """\
Made by `make bench`. What is compared was measured in one run on one machine: in each round all
arms in turn, and a ratio is taken within a round. The spread is from the least round to the
greatest, or an interval where the part says so.\
"""


def machine(rounds: int) -> dict[str, str | int]:
    """Return what the numbers depend on; nothing that tells whose machine it is."""
    try:
        processor = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())[1]
    except (OSError, TypeError):  # not Linux, or a processor that says nothing
        processor = platform.processor() or platform.machine()
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "processor": processor,
        "cores": os.cpu_count(),
        "threads": int(os.environ["OMP_NUM_THREADS"]),
        "rounds": rounds,
        "python": platform.python_version(),
        **{name: version(name) for name in ("torch", "transformers", "onnxruntime")},
    }


def run(part: str, rounds: int, quick: bool, folder: Path) -> None:
    """Measure one part and write its table, its machine and its figure."""
    from shared import plots

    module = importlib.import_module(part)
    table = module.measure(rounds, quick)
    module.claims(table)  # a mistake in it leaves the older results alone
    write_whole(folder / f"{part}.csv", table.to_csv(index=False, float_format="%.4g"))
    write_whole(folder / f"{part}.json", json.dumps(machine(rounds), indent=1) + "\n")
    plots.use_style()
    partial = folder / f".partial-{part}.png"
    module.figure(pd.read_csv(folder / f"{part}.csv")).savefig(partial)
    partial.replace(folder / f"{part}.png")


def number(value: float) -> str:
    """Return three digits that count, and never an exponent."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def row(claim: Claim) -> str:
    """Return a line of a table."""
    sign, reached = "≥" if claim.at_least else "≤", {None: "", True: "yes", False: "no"}
    goal = "" if claim.goal is None else f"{sign} {number(claim.goal)} {claim.unit}".strip()
    cells = (
        claim.what,
        f"{number(claim.value)} {claim.unit}".strip(),
        f"{number(claim.low)} to {number(claim.high)}",
        goal,
        reached[claim.reached],
    )
    return f"| {' | '.join(cells)} |"


def claims_of(part: str, folder: Path) -> list[Claim]:
    """Return the claims about the table that a part has left in a folder."""
    return importlib.import_module(part).claims(pd.read_csv(folder / f"{part}.csv"))


def report(folder: Path) -> str:
    """Return the report of all parts that were measured."""
    text = ["# Benchmarks", INTRODUCTION]
    for part in PARTS:
        if not (folder / f"{part}.csv").exists():
            continue
        claims = claims_of(part, folder)
        what, explanation = inspect.getdoc(importlib.import_module(part)).split("\n\n", 1)
        on = json.loads((folder / f"{part}.json").read_text())
        facts = ", ".join(f"{name} {value}" for name, value in on.items())
        lines = ["| what | median | spread | goal | reached |", "|---|---|---|---|---|"]
        alt = "; ".join(f"{c.what} {number(c.value)} {c.unit}".strip() for c in claims[:4])
        text += [f"## {part.capitalize()}", what, "\n".join([*lines, *map(row, claims)])]
        text += [
            f"![{what.split(':')[0]}. {alt}.]({part}.png)",
            explanation,
            f"*Measured: {facts}.*",
        ]
    return "\n\n".join(text) + "\n"


def main() -> int:
    """Run the parts that are asked for; return 1 if one failed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("parts", nargs="*", metavar="part", help=f"{', '.join(PARTS)}; none: all")
    parser.add_argument("--rounds", type=int, default=3, help="how often each arm is run (3)")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, into build/benchmarks")
    parser.add_argument("--report", action="store_true", help="measure nothing, write the report")
    given = parser.parse_args()
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    if given.rounds < 1:
        parser.error("--rounds must be 1 or more")
    # What a process reads when it starts. Threads wait as their users find them: the Makefile's
    # policy is kind to other programs, and slows `pipeline` by a tenth or two.
    os.environ.pop("OMP_WAIT_POLICY", None)
    defaults = {"OMP_NUM_THREADS": str(os.cpu_count())}
    defaults["KINETO_LOG_LEVEL"] = "6"  # the profiler tells of its start otherwise
    os.environ.update(defaults | os.environ | {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"})
    folder = ROOT / "build" / "benchmarks" if given.quick else RESULTS
    folder.mkdir(parents=True, exist_ok=True)
    failed = []
    for part in () if given.report else given.parts or PARTS:
        print(f"{part} …", flush=True)
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            error = pool.submit(run, part, given.rounds, given.quick, folder).exception()
        if error:
            failed.append(part)
            # The cause is the traceback of the other process.
            text = f"{error.__cause__ or ''}\n{part} failed, its older results are kept: {error!r}"
            print(text, file=sys.stderr)
    if any(folder.glob("*.csv")):
        write_whole(folder / REPORT, report(folder))
        print(os.path.relpath(folder / REPORT), "is written")
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())

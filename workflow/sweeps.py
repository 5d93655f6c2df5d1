"""Sweeps: a table of parameters in, a table of results out.

    python workflow/sweeps.py learning_rate            # workflow/sweeps/learning_rate.tsv
    python workflow/sweeps.py learning_rate --profile workflow/profiles/slurm

Each row of the table is one trial, or one per number in its `seeds`: a run of a notebook whose cell
tagged `metrics` shows its numbers. The whole table is checked before anything starts. A trial is
identified by the hash of everything it depends on, so finished trials are found again and only new
rows run. What follows the name is passed to Snakemake, which does the work (workflow/sweep.smk).
"""

import argparse
import ast
import csv
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
import depends
import pandas as pd
import psutil

from shared import ROOT
from shared.errors import UserError, suggest
from shared.identity import digest, plain, versions
from shared.params import RULES, check_parameters, parameter_types
from shared.runs import sha256

HERE = Path(__file__).resolve().parent
_sha256 = cache(sha256)  # thousands of trials name only a few files
TRIAL = "workflow/trial.ipynb"  # the notebook of a row that names none
OURS = ("notebook", "trial", "status", "error", "seconds", "peak_memory_mib", "versions")


@dataclass(frozen=True)
class Trial:
    """One run: its notebook, the value of each parameter, and the parameters in the table."""

    notebook: str
    parameters: dict[str, Any]
    given: dict[str, Any]
    key: str


@dataclass(frozen=True)
class Notebook:
    """What a sweep needs to know about a notebook: code, parameters, and how it checks them."""

    path: str
    code: str
    setup: str
    check: Any
    defaults: dict[str, Any]
    types: dict[str, type]


@cache
def inspect(path: str) -> Notebook:
    """Read a notebook that is to be swept.

    Raises:
        UserError: It cannot be swept.
    """
    if not Path(path).is_file():
        near = [
            str(p) for folder in ("notebooks", "workflow") for p in Path(folder).glob("*.ipynb")
        ]
        raise UserError(f"There is no notebook {path!r}. {suggest(path, near)}")
    try:
        cells = json.loads(Path(path).read_text(encoding="utf-8"))["cells"]
        code = depends.source(Path(path))
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is not a notebook: {error}.") from error
    sources = {}
    for cell in cells:
        for tag in cell.get("metadata", {}).get("tags", []):
            sources.setdefault(tag, "".join(cell["source"]))
    for tag in ("parameters", "metrics"):
        if tag not in sources:
            raise UserError(f"{path} has no cell tagged {tag!r}: it cannot be swept.")
    checks = [
        "".join(cell["source"])
        for cell in cells
        if cell["cell_type"] == "code" and "check_parameters(" in "".join(cell["source"])
    ]
    check = checks[0] if checks else "check_parameters(globals())"
    setup = sources["parameters"]
    namespace: dict[str, Any] = {}
    exec(compile(setup, path, "exec"), namespace)
    types = parameter_types(setup)
    defaults = {name: namespace[name] for name in types}
    return Notebook(path, code, setup, compile(check, path, "exec"), defaults, types)


def value_of(name: str, text: str, kind: type) -> Any:  # noqa: ANN401
    """Convert a cell of the table to the type of its parameter; what cannot be stays text."""
    text = text.strip()
    if kind is bool:
        return {"true": True, "false": False}.get(text.lower(), text)
    if kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            return text
    return text


def seeds_of(text: str) -> list[str]:
    """Expand `0-2` and `0,1,5`.

    Raises:
        UserError: It is of neither form.
    """
    seeds: list[str] = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,9})\s*(?:-\s*(\d{1,9})\s*)?", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if not 0 <= last - first < 10**6:
            raise UserError(f"seeds = {text!r}: expected a form such as 0-2 or 0,1,5.")
        seeds += map(str, range(first, last + 1))
    return seeds


def key_of(notebook: Notebook, parameters: dict[str, Any]) -> str:
    """Return 12 hexadecimal digits of the hash of all that a trial's result depends on.

    That is the notebook's code, its parameters, the modules of `shared` it imports, the data files
    it names or is given, files and model folders that are given as parameters, and the versions of
    the packages that change numbers.
    """
    parts = [_hash_of_code(notebook.path), parameters, versions()]
    for value in parameters.values():
        if isinstance(value, str) and value:
            parts += _hashes_of_files(value)
    return digest(parts)[:12]


@cache
def _hash_of_code(path: str) -> str:
    notebook = inspect(path)
    # Without the parameters' cell: its values are hashed as parameters, defaults and given alike.
    code = ast.unparse(ast.parse(depends.source(Path(path), without="parameters")))
    used = [path.read_text(encoding="utf-8") for path in depends.modules(notebook.code)]
    return digest([code, *map(plain, used), *map(_sha256, depends.data_files(code))])


@cache
def _hashes_of_files(value: str) -> list[str]:
    """Return the hashes of the file, model folder or embedded set that a text names."""
    try:
        inside = Path(value).glob("*") if (Path(value) / "config.json").is_file() else ()
        paths = [Path("data") / f"{value}.parquet", Path(value), *sorted(inside)]
        return [_sha256(path) for path in paths if path.is_file()]
    except OSError:
        return []  # a text too long for a name


def read(table: Path) -> list[Trial]:
    """Read and check a sweep's table.

    Raises:
        UserError: With one line per mistake.
    """
    if not table.is_file():
        near = [path.stem for path in table.parent.glob("*.tsv")]
        raise UserError(f"There is no sweep {str(table)!r}. {suggest(table.stem, near)}")
    try:
        text = table.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{table} is not UTF-8 (byte {error.start}).") from error
    lines = [
        (number, row)
        for number, row in enumerate(csv.reader(text.splitlines(), delimiter="\t"), start=1)
        if any(cell.strip() for cell in row) and not row[0].startswith("#")
    ]
    if len(lines) < 2:
        raise UserError(f"{table} has no rows: expected a line of names, then one line per trial.")
    names = [name.strip() for name in lines[0][1]]
    if doubled := [name or "(empty)" for name, count in Counter(names).items() if count > 1]:
        raise UserError(f"{table}: column {doubled[0]} occurs twice. Are cells separated by tabs?")
    trials: list[Trial] = []
    errors: list[str] = []
    seen: dict[str, int] = {}
    for number, row in lines[1:]:
        try:
            if len(row) > len(names):
                raise UserError(f"{len(row)} cells, expected {len(names)}, as in the first line.")
            cells = {n: c.strip() for n, c in zip(names, row, strict=False) if c.strip()}
            for trial in _trials_of_row(cells, names):
                if trial.key in seen:
                    raise UserError(f"the same trial as in line {seen[trial.key]}.")
                seen[trial.key] = number
                trials.append(trial)
        except UserError as error:
            errors.append(f"{table}, line {number}: {error}")
    if not errors:
        known = {name for trial in trials for name in inspect(trial.notebook).types}
        for name in names:
            if name not in known | {"notebook", "seeds"}:
                errors.append(
                    f"{table}: Unknown parameter {name!r}. {suggest(name, sorted(known))}"
                )
    if errors:
        more = [f"… and {len(errors) - 20} more"] if len(errors) > 20 else []
        raise UserError("\n".join(dict.fromkeys([*errors[:20], *more])))
    return trials


def _trials_of_row(cells: dict[str, str], names: list[str]) -> list[Trial]:
    cells = dict(cells)
    notebook = inspect(cells.pop("notebook", TRIAL))
    if "seeds" in cells and "seed" in cells:
        raise UserError("both `seed` and `seeds` are given: give only one of them.")
    seeds = seeds_of(cells.pop("seeds")) if "seeds" in cells else [None]
    swept = [
        "seed" if name == "seeds" else name
        for name in names
        if name != "notebook" and (name in notebook.types or name in cells or name == "seeds")
    ]
    for name in dict.fromkeys([*cells, *swept]):
        if name in OURS or name.startswith("metric_"):
            raise UserError(
                f"a parameter may not be called {name!r}: the results have that column."
            )
        if name not in notebook.types and (name != "seed" or seeds[0] is not None):
            valid = [*notebook.types, *(["seeds"] if "seed" in notebook.types else []), "notebook"]
            raise UserError(f"Unknown parameter {name!r}. {suggest(name, valid)}")
    given = {name: value_of(name, cell, notebook.types[name]) for name, cell in cells.items()}
    trials = []
    for seed in seeds:
        values = given if seed is None else given | {"seed": value_of("seed", seed, int)}
        parameters = checked(notebook, values)
        varied = {name: parameters[name] for name in dict.fromkeys(swept) if name in parameters}
        trials.append(Trial(notebook.path, parameters, varied, key_of(notebook, parameters)))
    return trials


def checked(notebook: Notebook, values: dict[str, Any]) -> dict[str, Any]:
    """Return all parameters, after the notebook's own check.

    Raises:
        UserError: A value is refused.
    """
    namespace: dict[str, Any] = {"check_parameters": check_parameters, "RULES": RULES}
    namespace["In"] = [notebook.setup]
    exec(notebook.setup, namespace)
    namespace.update(values)
    exec(notebook.check, namespace)
    return {name: namespace[name] for name in notebook.types}


# The files of a sweep: one for each trial, in at most 256 folders, and the two tables.


def table_of(name: str) -> Path:
    """Return the table of parameters that the command line names."""
    return Path(name) if name.endswith(".tsv") else HERE / "sweeps" / f"{name}.tsv"


def folder_of(name: str) -> Path:
    """Return the folder of a sweep."""
    return Path(os.environ.get("COURSE_RUNS") or "runs") / "sweeps" / name


def record_of(name: str, key: str) -> Path:
    """Return the file of a trial's result, as Snakemake's Paramspace names it in sweep.smk."""
    return folder_of(name) / f"part~{key[:2]}" / f"trial~{key}.json"


def write(path: Path, content: str) -> None:
    """Write a file completely or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".", delete=False) as file:
        file.write(content)
        os.fchmod(file.fileno(), 0o644)
    os.replace(file.name, path)


def write_plan(name: str, trials: list[Trial]) -> None:
    """Write what the jobs need to know: the notebook and parameters of each trial."""
    rows = [
        {"part": t.key[:2], "trial": t.key, "notebook": t.notebook,
         "parameters": json.dumps(t.parameters)}
        for t in sorted(trials, key=lambda t: t.key)
    ]  # fmt: skip
    _write_parquet(pd.DataFrame(rows), folder_of(name).with_suffix(".plan.parquet"))


def _write_parquet(table: pd.DataFrame, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    table.to_parquet(partial, index=False, row_group_size=10_000)
    os.replace(partial, path)


def metrics_in(result: Path) -> dict[str, Any]:
    """Return what the cell tagged `metrics` of an executed notebook shows.

    Raises:
        UserError: It does not show a flat dict of numbers and lists.
    """
    for cell in json.loads(result.read_text(encoding="utf-8"))["cells"]:
        if "metrics" in cell.get("metadata", {}).get("tags", []):
            for output in cell["outputs"]:
                shown = output.get("data", {}).get("application/json")
                numbers = isinstance(shown, dict) and all(
                    isinstance(value, int | float | list) for value in shown.values()
                )
                if shown and numbers:
                    return shown
    raise UserError("the cell tagged `metrics` must show an IPython.display.JSON of numbers.")


@contextmanager
def peak_memory() -> Iterator[Callable[[], int]]:
    """Watch the processes started by this one; yield a function that returns their peak in bytes.

    They are looked at twice a second, so a shorter peak may be missed.
    """
    seen, ended = [0], threading.Event()

    def look() -> None:
        with suppress(psutil.Error):  # a process that ends while it is looked at
            children = psutil.Process().children(recursive=True)
            seen.append(sum(child.memory_info().rss for child in children))

    def watch() -> None:
        while not ended.wait(0.5):
            look()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield lambda: max(seen)
        look()
    finally:
        ended.set()
        thread.join()


def run_trial(plan: Path, key: str, record: Path) -> int:
    """Execute one trial of a plan, unless it is done; write its record, done or failed."""
    from execute import execute, whole

    if record.is_file() and json.loads(record.read_text())["status"] == "done":
        return 0
    row = pd.read_parquet(plan, filters=[("trial", "==", key)]).iloc[0]
    home = Path() if Path(row["notebook"]).is_file() else ROOT  # it may run in a container
    start, metrics = time.perf_counter(), {}
    with tempfile.TemporaryDirectory(prefix="trial-") as folder:
        result = Path(folder) / "trial.ipynb"
        notebook, parameters = home / row["notebook"], json.loads(row["parameters"])
        with peak_memory() as peak:
            error = execute(notebook, result, parameters, home)
        try:
            if not error and not whole(result):
                error = "it ended before its last cell"
            metrics = {} if error else metrics_in(result)
        except UserError as refused:
            error = str(refused)
        if error:
            write(record.with_suffix(".failed.ipynb"), result.read_text(encoding="utf-8"))
        else:
            record.with_suffix(".failed.ipynb").unlink(missing_ok=True)
    content = {
        "status": "failed" if error else "done",
        "error": error,
        "seconds": round(time.perf_counter() - start, 2),
        "peak_memory_mib": round(peak() / 2**20),
        "metrics": metrics,
        "versions": versions(),
    }
    write(record, json.dumps(content))
    return 0


def gather(name: str, trials: list[Trial]) -> pd.DataFrame:
    """Write and return the table of results: one row per finished trial."""
    rows = []
    for trial in trials:
        try:
            record = json.loads(record_of(name, trial.key).read_text(encoding="utf-8"))
        except FileNotFoundError:
            continue
        row = {"notebook": trial.notebook, "trial": trial.key}
        row |= {column: record[column] for column in OURS[2:6]} | trial.given
        row |= {f"metric_{metric}": value for metric, value in record["metrics"].items()}
        rows.append(row | {"versions": json.dumps(record["versions"], sort_keys=True)})
    for column in {column for row in rows for column in row}:
        kinds = {type(row[column]) for row in rows if row.get(column) is not None}
        if len(kinds) > 1 and not kinds <= {int, float}:  # the notebooks disagree
            rows = [row | {column: str(row[column])} if column in row else row for row in rows]
    table = pd.DataFrame(rows, columns=None if rows else list(OURS))
    _write_parquet(table, folder_of(name).with_suffix(".parquet"))
    return table


class Progress:
    """A line with how many trials are done, failed and left, and the time that is needed."""

    def __init__(self, name: str, trials: list[Trial]) -> None:
        self.open = {trial.key: record_of(name, trial.key) for trial in trials}
        self.counts: Counter[str] = Counter()
        self.look()
        self.before, self.start, self.shown = sum(self.counts.values()), time.monotonic(), ""

    def look(self) -> None:
        """Look for new records, folder by folder."""
        listed: dict[Path, set[str]] = {}
        for key, path in list(self.open.items()):
            if path.parent not in listed:
                there = os.listdir(path.parent) if path.parent.is_dir() else []
                listed[path.parent] = set(there)
            if path.name in listed[path.parent]:
                self.counts[json.loads(path.read_text())["status"]] += 1
                del self.open[key]

    def line(self) -> str:
        """Return the line."""
        now = sum(self.counts.values()) - self.before
        text = f"{self.counts['done']} done, {self.counts['failed']} failed, {len(self.open)} left"
        if now and self.open:
            left = (time.monotonic() - self.start) / now * len(self.open)
            text += f", about {_duration(left)} to go"
        return text

    def show(self) -> None:
        """Print the line again: in place on a terminal, elsewhere if a count has changed."""
        self.look()
        line = self.line()
        if sys.stderr.isatty():
            print(f"\r\x1b[K{line}", end="" if self.open else "\n", file=sys.stderr, flush=True)
        elif line.split(", about")[0] != self.shown:
            print(line, file=sys.stderr, flush=True)
        self.shown = line.split(", about")[0]


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return f"{seconds:.0f} s"
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


def sweep(name: str, options: list[str]) -> int:
    """Check the table, let Snakemake run the missing trials, gather; return the exit status."""
    trials = read(table_of(name))
    name = table_of(name).stem
    write_plan(name, trials)
    for trial in trials:  # failed trials are tried again
        record = record_of(name, trial.key)
        if record.exists() and json.loads(record.read_text())["status"] == "failed":
            record.unlink()
    log = folder_of(name).with_suffix(".log")
    command = [
        sys.executable, "-m", "snakemake", "--snakefile", str(HERE / "sweep.smk"),
        *([] if any(o in options for o in ("--cores", "--profile")) else ["--cores", "all"]),
        "--keep-going", "--nolock", "--ignore-incomplete", "--drop-metadata",
        "--quiet", "host",  # keeps the names of host and user out of its log
        *options,
    ]  # fmt: skip
    at = command.index("--config") if "--config" in command else len(command)
    command[at : at + 1] = ["--config", f"sweep={name}"]
    progress = Progress(name, trials)
    progress.show()
    status = 0
    if progress.open:
        with log.open("w") as file:
            process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)
            try:
                while process.poll() is None:
                    time.sleep(0.5)
                    progress.show()
            except KeyboardInterrupt:
                process.wait()  # Snakemake is interrupted too, and ends its jobs
        status = process.returncode
    table = gather(name, trials)
    failed = table[table["status"] == "failed"]
    given = {trial.key: trial.given for trial in trials}
    for key, error in zip(failed["trial"], failed["error"], strict=True):
        values = " ".join(f"{parameter}={value}" for parameter, value in given[key].items())
        path = record_of(name, key).with_suffix(".failed.ipynb")
        print(f"FAILED {values}: {error}\n  To see it: .venv/bin/jupyter lab {path}")
    if len(table) < len(trials):
        missing = len(trials) - len(table)
        print(f"Trials that did not finish: {missing}. Run again; reasons are in {log}")
    print(f"{len(table)} of {len(trials)} trials in {folder_of(name).with_suffix('.parquet')}")
    return status or int(len(failed) > 0 or len(table) < len(trials))


def main() -> int:
    """Run a sweep or, for a job of the workflow, one trial."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sweep", help="name of a table in workflow/sweeps, or path of a .tsv file")
    parser.add_argument("--check", action="store_true", help="only check the table")
    parser.add_argument("--trial", help=argparse.SUPPRESS)  # for the workflow's jobs
    parser.add_argument("--record", type=Path, help=argparse.SUPPRESS)
    given, options = parser.parse_known_args()
    try:
        if given.trial:
            return run_trial(Path(given.sweep), given.trial, given.record)
        if given.check:
            print(f"{len(read(table_of(given.sweep)))} trials, no mistakes found")
            return 0
        return sweep(given.sweep, options)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())

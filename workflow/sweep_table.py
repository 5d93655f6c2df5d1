"""A sweep's table: the trials in it, checked before anything starts, and what identifies them."""

import csv
import json
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from shared.errors import UserError, suggest
from shared.identity import digest, package_code, plain, versions
from shared.params import check_parameters, parameter_types
from shared.runs import sha256

TRIAL = "workflow/trial.ipynb"  # the notebook of a row that names none
RECORDED = ("status", "error", "seconds", "peak_memory_mib")
OURS = ("notebook", "trial", *RECORDED, "versions")  # columns of the results


@dataclass(frozen=True)
class Trial:
    """One run: its notebook, the value of each parameter, and the parameters in the table."""

    notebook: str
    parameters: dict[str, Any]
    given: dict[str, Any]
    key: str


@dataclass(frozen=True)
class Notebook:
    """What a sweep needs of a notebook: its parameters, their check, and a hash of its code."""

    path: str
    setup: str
    check: Any
    types: dict[str, type]
    code: str


@cache
def inspect(path: str) -> Notebook:
    """Read a notebook that is to be swept.

    Raises:
        UserError: It cannot be swept.
    """
    if not Path(path).is_file():
        near = [str(p) for name in ("notebooks", "workflow") for p in Path(name).glob("*.ipynb")]
        raise UserError(f"There is no notebook {path!r}. {suggest(path, near)}")
    try:  # not by nbformat, whose import takes longer than all the rest
        cells = json.loads(Path(path).read_text(encoding="utf-8"))["cells"]
        code = [("".join(c["source"]), c["metadata"]) for c in cells if c["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is not a notebook: {error}.") from error
    tagged = {tag: source for source, metadata in code for tag in metadata.get("tags", [])}
    for tag in ("parameters", "metrics"):
        if tag not in tagged:
            raise UserError(f"{path} has no cell tagged {tag!r}: it cannot be swept.")
    sources = [source for source, _ in code if source != tagged["parameters"]]
    checks = [source for source in sources if "check_parameters(" in source]
    check = compile([*checks, "check_parameters(globals())"][0], path, "exec")
    python = re.sub(r"^\s*[%!].*$", "", "\n".join(sources), flags=re.MULTILINE)  # not IPython's own
    types = parameter_types(tagged["parameters"])
    return Notebook(path, tagged["parameters"], check, types, digest(plain(python)))


def checked(notebook: Notebook, values: dict[str, Any]) -> dict[str, Any]:
    """Return all parameters, after the notebook's own check.

    Raises:
        UserError: A value is refused.
    """
    namespace = {"check_parameters": check_parameters, "In": [notebook.setup]}
    exec(notebook.setup, namespace)
    namespace.update(values)
    exec(notebook.check, namespace)
    return {name: namespace[name] for name in notebook.types}


def key_of(notebook: Notebook, parameters: dict[str, Any]) -> str:
    """Return 12 hexadecimal digits of the hash of all that a trial's result depends on.

    That is the notebook's code, its parameters, `shared`, the embedded data, files and model
    folders that are given as parameters, and the versions of the packages that change numbers.
    """
    texts = [value for value in parameters.values() if isinstance(value, str) and value]
    files = [*texts, *sorted(map(str, Path("data").glob("*.parquet")))]
    hashes = [hashes_of(name) for name in files]
    parts = [notebook.code, parameters, hashes, package_code(), versions()]
    return digest(parts)[:12]


@cache
def hashes_of(name: str) -> list[str]:
    """Return the hashes of a file, or of the files in a folder, of this name, if there is one."""
    path = Path(name)
    try:
        return [sha256(p) for p in (path, *sorted(path.glob("*"))) if p.is_file()]
    except (OSError, ValueError):
        return []  # a text that can be no name


def read(table: Path) -> list[Trial]:
    """Read and check a sweep's table.

    Raises:
        UserError: With one line per mistake.
    """
    names, rows = rows_of(table)
    trials: dict[str, Trial] = {}
    lines: dict[str, int] = {}
    errors: list[str] = []
    for number, row in rows:
        try:
            for trial in trials_of(row, names):
                if trial.key in lines:
                    raise UserError(f"the same trial as in line {lines[trial.key]}.")
                lines[trial.key], trials[trial.key] = number, trial
        except UserError as error:
            errors.append(f"{table}, line {number}: {error}")
    known = {name for trial in trials.values() for name in inspect(trial.notebook).types}
    for name in [] if errors else names:
        if name not in known | {"notebook", "seeds"}:
            errors.append(f"{table}: Unknown parameter {name!r}. {suggest(name, sorted(known))}")
    if errors:
        more = [f"… and {len(errors) - 20} more"] if len(errors) > 20 else []
        raise UserError("\n".join([*errors[:20], *more]))
    return list(trials.values())


def rows_of(table: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return a table's names of columns, and each line's number and cells.

    Raises:
        UserError: It cannot be read, or its names are no names of columns.
    """
    if not table.is_file():
        near = [path.stem for path in table.parent.glob("*.tsv")]
        raise UserError(f"There is no sweep {str(table)!r}. {suggest(table.stem, near)}")
    try:
        text = table.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{table} is not UTF-8 (byte {error.start}).") from error
    lines = [
        (number, [cell.strip() for cell in row])
        for number, row in enumerate(csv.reader(text.splitlines(), delimiter="\t"), start=1)
        if any(cell.strip() for cell in row) and not row[0].startswith("#")
    ]
    if len(lines) < 2:
        raise UserError(f"{table} has no rows: expected a line of names, then one line per trial.")
    names = lines[0][1]
    if doubled := [name or "(empty)" for name, count in Counter(names).items() if count > 1]:
        raise UserError(f"{table}: column {doubled[0]} occurs twice. Are cells separated by tabs?")
    if {"seed", "seeds"} <= {*names}:
        raise UserError(f"{table}: both `seed` and `seeds` are columns: give only one of them.")
    for name in names:
        if name in OURS[1:] or name.startswith("metric_"):
            raise UserError(
                f"{table}: a parameter may not be called {name!r}: the results have that column."
            )
    return names, lines[1:]


def trials_of(row: list[str], names: list[str]) -> list[Trial]:
    """Return the trials of one row: one, or one for each of its seeds.

    Raises:
        UserError: A cell is refused.
    """
    if len(row) > len(names):
        raise UserError(f"{len(row)} cells, expected {len(names)}, as in the first line.")
    cells = {name: cell for name, cell in zip(names, row, strict=False) if cell}
    notebook = inspect(cells.pop("notebook", TRIAL))
    seeds = seeds_of(cells.pop("seeds")) if "seeds" in cells else [""]
    trials = []
    for seed in seeds:
        texts = cells | ({"seed": seed} if seed else {})
        for name in texts:
            if name not in notebook.types:
                valid = [*notebook.types, *(["seeds"] if "seed" in notebook.types else [])]
                raise UserError(f"Unknown parameter {name!r}. {suggest(name, valid)}")
        values = {name: value_of(text, notebook.types[name]) for name, text in texts.items()}
        parameters = checked(notebook, values)
        swept = ["seed" if name == "seeds" else name for name in names]
        given = {name: parameters[name] for name in swept if name in parameters}
        trials.append(Trial(notebook.path, parameters, given, key_of(notebook, parameters)))
    return trials


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


def value_of(text: str, kind: type) -> Any:  # noqa: ANN401
    """Convert a cell of the table to the type of its parameter; what cannot be stays text."""
    try:
        return {"true": True, "false": False}[text.lower()] if kind is bool else kind(text)
    except (KeyError, ValueError):
        return text

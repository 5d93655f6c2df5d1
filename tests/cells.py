"""A notebook's cells, executed in the test's own process, which saves the start of a kernel."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from papermill.translators import PythonTranslator

from shared.errors import UserError

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = {p.stem: p for p in [*ROOT.glob("notebooks/*.ipynb"), ROOT / "workflow/trial.ipynb"]}


@cache
def code_cells(notebook: str) -> list[nbformat.NotebookNode]:
    """Return the code cells of a notebook by its name."""
    cells = nbformat.read(NOTEBOOKS[notebook], as_version=4).cells
    return [cell for cell in cells if cell.cell_type == "code"]


def execute(
    notebook: str, values: dict[str, object], before: str = "", everything: bool = False
) -> dict[str, Any]:
    """Execute a notebook's cells here, with parameters injected as papermill does it.

    Args:
        notebook: Its name.
        values: The parameters.
        before: The first cell that has this text, and all after it, are not executed; without it,
            only the parameters and the check of them are.
        everything: All cells are executed.
    """
    first, *cells = (cell.source for cell in code_cells(notebook))
    # papermill heads its cell so; `check_parameters` looks for that.
    injected = PythonTranslator.codify(values)
    assert injected.startswith("# Parameters\n")
    if not everything:
        cells = cells[: next(i for i, c in enumerate(cells) if before in c) if before else 1]
    namespace: dict[str, Any] = {"__name__": "__main__", "In": [""]}
    for source in [first, injected, *cells]:
        namespace["In"].append(source)
        exec(compile(source, notebook, "exec"), namespace)
    return namespace


def run_cells(
    shell: InteractiveShell,
    sources: Sequence[str],
    values: Mapping[str, object],
    capsys: pytest.CaptureFixture[str],
    recwarn: pytest.WarningsRecorder,
) -> str:
    """Run cells in a shell of this process, with parameters after the first; return their prints.

    Nothing may fail, warn or write to stderr; a `UserError` is raised.
    """
    capsys.readouterr()  # what was said before, when model and data were made
    first, *others = sources
    given = "\n".join(f"{name} = {value!r}" for name, value in values.items())
    for source in (first, f"# Parameters\n{given}", *others):
        done = shell.run_cell(source, store_history=True)
        if isinstance(done.error_in_exec, UserError):
            raise done.error_in_exec
        assert done.success, f"{done.error_in_exec!r} in\n{source}"
    printed = capsys.readouterr()
    assert printed.err == ""
    warned = [w for w in recwarn if not issubclass(w.category, DeprecationWarning)]
    assert not warned, [str(w.message) for w in warned]  # a kernel would write to stderr
    return re.sub(r"\x1b\[.*?m", "", printed.out)

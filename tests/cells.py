"""A notebook's cells, executed in the test's own process, which saves the start of a kernel."""

from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from papermill.translators import PythonTranslator

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

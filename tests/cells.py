"""A notebook's cells, executed in the test's own process, which saves the start of a kernel."""

from pathlib import Path
from typing import Any

import nbformat
from papermill.translators import PythonTranslator

ROOT = Path(__file__).resolve().parents[1]


def sources(notebook: str) -> list[str]:
    """Return the code cells of `notebooks/NAME.ipynb`, or of `workflow/trial.ipynb`."""
    folder = "workflow" if notebook == "trial" else "notebooks"
    cells = nbformat.read(ROOT / folder / f"{notebook}.ipynb", as_version=4).cells
    return [cell.source for cell in cells if cell.cell_type == "code"]


def execute(notebook: str, before: str, **values: object) -> dict[str, Any]:
    """Execute the cells before the first that contains a text; return the variables.

    Args:
        notebook: Its name.
        before: The text.
        **values: Parameters, injected as papermill does it.
    """
    first, *others = sources(notebook)
    end = next(i for i, source in enumerate(others) if before in source)
    namespace: dict[str, Any] = {"__name__": "__main__", "In": [""]}
    for source in (first, PythonTranslator.codify(values), *others[:end]):
        namespace["In"].append(source)
        exec(compile(source, notebook, "exec"), namespace)
    return namespace

"""Write the defaults that the notebooks are published with to notebooks/published.json."""

import ast
import json
from pathlib import Path
from typing import Any

import nbformat

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"


def defaults(notebook: Path) -> dict[str, Any]:
    """Return the parameters of a notebook but the profile, as its cell tagged `parameters` says."""
    cells = nbformat.read(notebook, as_version=4).cells
    cell = next(cell for cell in cells if "parameters" in cell.metadata.get("tags", []))
    values = {node.target.id: node.value for node in ast.parse(cell.source).body}
    return {name: ast.literal_eval(value) for name, value in values.items() if name != "profile"}


def published() -> str:
    """Return the content of the file, as the notebooks are now."""
    notebooks = sorted(NOTEBOOKS.glob("*.ipynb"))
    return json.dumps({path.stem: defaults(path) for path in notebooks}, indent=1) + "\n"


if __name__ == "__main__":
    (NOTEBOOKS / "published.json").write_text(published())

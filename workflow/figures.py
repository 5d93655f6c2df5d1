"""Write the figures of cells tagged `readme` to notebooks/figures/, where README shows them."""

import base64
from collections.abc import Iterator
from pathlib import Path

import nbformat

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"


def figures() -> Iterator[tuple[Path, bytes]]:
    """Yield the path and content of each figure, as saved in its notebook."""
    for notebook in sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb")):
        for cell in nbformat.read(notebook, as_version=4).cells:
            if "readme" in cell.metadata.get("tags", []):
                picture = next(o.data["image/png"] for o in cell.outputs if "data" in o)
                yield NOTEBOOKS / "figures" / f"{notebook.stem}.png", base64.b64decode(picture)


if __name__ == "__main__":
    for path, content in figures():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        print(path.relative_to(NOTEBOOKS.parent))

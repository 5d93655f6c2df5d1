"""Print the results of `make run`: notebook, seconds, peak memory, key result, path."""

import json
import os
import sys
import textwrap
from pathlib import Path

import pandas as pd

RUNS = Path(os.environ.get("COURSE_RUNS", "runs"))


def cells_of(path: Path) -> list[dict]:
    """Return the cells of an executed notebook; `nbformat` would spend a second validating them."""
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def key_result(path: Path) -> str:
    """Return the first line printed by the cell tagged `key-result`."""
    for cell in cells_of(path):
        if "key-result" in cell["metadata"].get("tags", []) and cell["outputs"]:
            return "".join(cell["outputs"][0].get("text", "")).strip().split("\n")[0]
    return "(no cell tagged key-result has printed)"


def error_of(path: Path) -> str:
    """Return the first error in a failed notebook, on one line."""
    for cell in cells_of(path):
        for output in cell.get("outputs", []):
            if output["output_type"] == "error":
                error = f"{output['ename']}: {output['evalue']}"
                return textwrap.shorten(error, 500, placeholder=" …")
    return "it did not finish: see the reason above"


def row(notebook: Path) -> dict[str, object]:
    """Return one notebook's row of the table."""
    done, failed = RUNS / notebook.name, RUNS / f"{notebook.stem}.failed.ipynb"
    result: dict[str, object] = {"notebook": notebook.stem}
    if failed.exists():
        return result | {"key result": f"FAILED {error_of(failed)}", "path": failed}
    if not done.exists():
        return result | {"key result": "not run"}
    measured = pd.read_csv(RUNS / f"{notebook.stem}.benchmark.tsv", sep="\t").iloc[-1]
    return result | {
        "seconds": f"{measured['s']:.0f}",
        "MiB": f"{measured['max_rss']:.0f}",
        "key result": key_result(done),
        "path": done,
    }


def main() -> int:
    """Print the table; return the exit status."""
    rows = [row(notebook) for notebook in sorted(Path("notebooks").glob("[0-9][0-9]_*.ipynb"))]
    table = pd.DataFrame(rows).fillna("")
    print("\n" + table.to_string(index=False, justify="left", max_colwidth=100))
    failed = [entry for entry in rows if str(entry["key result"]).startswith("FAILED")]
    for entry in failed:
        print(f"\n{entry['notebook']} {entry['key result']}")
        print(f"To see what went wrong: .venv/bin/jupyter lab {entry['path']}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""What a notebook depends on, read from its source: modules of `shared`, data files, a model.

Nothing is listed by hand, so a new import or data set is noticed by itself.
"""

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

CHECKS = {"one_of", "check_parameters"}  # what they name is permitted, not loaded


def source(notebook: Path, without: str = "") -> str:
    """Return the code of all cells, without lines that only IPython knows (`%time`, `!ls`).

    Args:
        notebook: Its path.
        without: Cells with this tag are left out.
    """
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    code = [
        "".join(cell["source"])
        for cell in cells
        if cell["cell_type"] == "code" and without not in cell["metadata"].get("tags", [])
    ]
    return re.sub(r"^\s*[%!].*$", "", "\n".join(code), flags=re.MULTILINE)


def imported(code: str) -> set[str]:
    """Return the names of the modules that code imports, and what may be a module within them."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names


def modules(code: str, root: Path = Path()) -> list[Path]:
    """Return the files of `shared` that a notebook's code imports, directly or through others."""
    found: set[Path] = set()
    todo = _files(code, root)
    while todo:
        module = todo.pop()
        if module not in found:
            found.add(module)
            todo |= _files_of_module(module, root)
    return sorted(found)


@cache
def _files_of_module(module: Path, root: Path) -> set[Path]:
    return _files(module.read_text(encoding="utf-8"), root)


def _files(code: str, root: Path) -> set[Path]:
    names = [name.split(".") for name in imported(code) if name.split(".")[0] == "shared"]
    stems = {"__init__" for _ in names} | {name[1] for name in names if len(name) > 1}
    paths = {root / "shared" / f"{stem}.py" for stem in stems}
    return {path for path in paths if path.is_file()}


def data_files(code: str, root: Path = Path()) -> list[Path]:
    """Return the files in `data/` that a notebook's code names; all, if it loads without a name."""
    files = {path.stem: path for path in (root / "data").glob("*.parquet")}
    tree = ast.parse(code)
    if any(_gives_no_name(node) for node in ast.walk(tree)):
        return sorted(files.values())
    return sorted({files[text] for text in _texts(tree) if text in files})


def _gives_no_name(node: ast.AST) -> bool:
    """Recognise `data.load()` and `data.EMBEDDED`."""
    if isinstance(node, ast.Call):
        named = node.args or any(keyword.arg in ("dataset", None) for keyword in node.keywords)
        return ast.unparse(node.func) == "data.load" and not named
    return isinstance(node, ast.Attribute) and ast.unparse(node) == "data.EMBEDDED"


def _texts(node: ast.AST) -> Iterator[str]:
    """Yield the string constants, except those in comparisons and in checks of parameters."""
    called = isinstance(node, ast.Call) and ast.unparse(node.func)
    if isinstance(node, ast.Compare) or called in CHECKS:
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value.removesuffix(".parquet")
    for child in ast.iter_child_nodes(node):
        yield from _texts(child)


def fine_tunes(code: str) -> bool:
    """Tell whether a notebook asks `classification.fine_tune` for a model, found or made."""
    calls = (node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call))
    return any(ast.unparse(call.func) == "classification.fine_tune" for call in calls)

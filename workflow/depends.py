"""What a notebook depends on, read from its source: rooms of `shared`, data files, a model.

Nothing is listed by hand, so that a new import or data set is followed without being told.
"""

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

CHECKS = {"one_of", "check_parameters"}  # what they name is allowed, not loaded


def source(notebook: Path, without: str = "") -> str:
    """Return the code of all cells, without lines of IPython's own (`%time`, `!ls`).

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


def rooms(code: str, root: Path = Path()) -> list[Path]:
    """Return the files of `shared` that a notebook's code imports, those that they import too."""
    found: set[Path] = set()
    todo = _imported(code, root)
    while todo:
        room = todo.pop()
        if room not in found:
            found.add(room)
            todo |= _imported_by_room(room, root)
    return sorted(found)


@cache
def _imported_by_room(room: Path, root: Path) -> set[Path]:
    return _imported(room.read_text(encoding="utf-8"), root)


def _imported(code: str, root: Path) -> set[Path]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    rooms = {root / "shared" / f"{n.split('.')[1]}.py" for n in names if n.startswith("shared.")}
    if any(name.split(".")[0] == "shared" for name in names):
        rooms.add(root / "shared" / "__init__.py")
    return {room for room in rooms if room.is_file()}


def data_files(code: str, root: Path = Path()) -> list[Path]:
    """Return the files in `data/` whose names a notebook's code says; all, if it does not say."""
    files = {path.stem: path for path in (root / "data").glob("*.parquet")}
    tree = ast.parse(code)
    if any(_says_no_name(node) for node in ast.walk(tree)):
        return sorted(files.values())
    return sorted({files[text] for text in _texts(tree) if text in files})


def _says_no_name(node: ast.AST) -> bool:
    """Recognise `data.load()` and `data.EMBEDDED`."""
    if isinstance(node, ast.Call):
        named = node.args or any(keyword.arg in ("dataset", None) for keyword in node.keywords)
        return ast.unparse(node.func) == "data.load" and not named
    return isinstance(node, ast.Attribute) and ast.unparse(node) == "data.EMBEDDED"


def _texts(node: ast.AST) -> Iterator[str]:
    """Yield the string constants, but not those in comparisons and in checks of parameters."""
    called = isinstance(node, ast.Call) and ast.unparse(node.func)
    if isinstance(node, ast.Compare) or called in CHECKS:
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value.removesuffix(".parquet")
    for child in ast.iter_child_nodes(node):
        yield from _texts(child)


def fine_tunes(code: str) -> bool:
    """Tell whether a notebook asks `training.fine_tune` for a model, found or made."""
    calls = (node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call))
    return any(ast.unparse(call.func) == "training.fine_tune" for call in calls)

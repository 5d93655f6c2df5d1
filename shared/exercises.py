"""Solutions of exercises. Each stands folded in the text of its exercise, and is run from there."""

import ast
import json
import re
import sys
from collections.abc import Callable
from typing import Any

from shared import ROOT
from shared.errors import UserError, suggest

FOLDED = re.compile(
    r"\n*<details>\s*<summary>Solution</summary>\s*^```python\n(?P<source>.*?)^```$.*?</details>",
    re.MULTILINE | re.DOTALL,
)


def solutions(notebook: dict[str, Any]) -> dict[str, str]:
    """Return the source of each solution in a notebook, by the function or class it defines.

    Args:
        notebook: As `json` or `nbformat` reads it.
    """
    found = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            for match in FOLDED.finditer("".join(cell["source"])):
                for node in ast.parse(match["source"]).body:
                    if isinstance(node, ast.FunctionDef | ast.ClassDef):
                        found[node.name] = match["source"]
    return found


def solution(name: str) -> Callable:
    """Run the folded solution that defines `name` in the calling notebook, and return what it is.

    Raises:
        UserError: No notebook has it.
    """
    known = {}
    # The template first, which others replace: a new notebook begins as its copy.
    for path in sorted(ROOT.glob("notebooks/*.ipynb"), reverse=True):
        known |= solutions(json.loads(path.read_text(encoding="utf-8")))
    if name not in known:
        raise UserError(f"solution({name!r}): no notebook has it. {suggest(name, known)}")
    namespace = sys._getframe(1).f_globals
    exec(compile(known[name], f"solution of {name}", "exec"), namespace)
    return namespace[name]

"""The exercises of a notebook: texts, hints and checks. Solutions stand folded in the texts."""

import ast
import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shared import ROOT
from shared.errors import UserError, suggest

FOLDED = re.compile(
    r"\n*<details>\s*<summary>Solution</summary>\s*^```python\n(?P<source>.*?)^```$.*?</details>",
    re.MULTILINE | re.DOTALL,
)
# A number of three, and what it is: the next one is folded inside.
HINT = re.compile(
    r"<details><summary>Hint \d of 3: [^<]*</summary>\n(.*?)(?=\n<details>|\n</details>)", re.DOTALL
)
HEADING = re.compile(r"^(?:### Exercise (\d+):|\*\*(\d+) · )", re.MULTILINE)


@dataclass(frozen=True)
class Exercise:
    """One exercise, as it stands in a notebook.

    Attributes:
        number: From its heading.
        name: Of the function or class that is asked for.
        text: The cell with the task.
        answers: The cells that define `name`, but for the line that runs our solution.
        checks: The cells that judge it.
        before: The other code cells before the checks.
    """

    number: int
    name: str
    text: str
    answers: tuple[str, ...]
    checks: tuple[str, ...]
    before: tuple[str, ...]

    @property
    def hints(self) -> list[str]:
        """The hints, in order: a question, the idea, a first line."""
        return [hint.strip() for hint in HINT.findall(self.text)]


def exercises(notebook: dict[str, Any]) -> list[Exercise]:
    """Return the exercises of a notebook, ours or a learner's copy.

    Args:
        notebook: As `json` or `nbformat` reads it.
    """
    cells = [(c["cell_type"], "".join(c["source"]), c["metadata"]) for c in notebook["cells"]]
    starts = [
        (i, int(found[1] or found[2]))
        for i, (kind, source, _) in enumerate(cells)
        if kind == "markdown" and (found := HEADING.search(source))
    ]
    ends = [*(i for i, _ in starts[1:]), len(cells)]
    return [
        _exercise(number, cells[:start], cells[start:end])
        for (start, number), end in zip(starts, ends, strict=True)
    ]


def _exercise(number: int, earlier: list[tuple], cells: list[tuple]) -> Exercise:
    """Return an exercise from the cells before its text, and those from it to the next one."""
    code = [source for kind, source, _ in cells if kind == "code"]
    named = [meta["nbgrader"]["grade_id"] for *_, meta in cells if meta.get("nbgrader")]
    ours = re.findall(r'solution\("(\w+)"\)', "\n".join(code))
    name = next(iter([*solutions({"cells": [_as_cell(cells[0])]}), *named, *ours]), "")
    answers = [source for source in code if name in _defined(source)]
    others = [source for source in code if source not in answers and not _is_ours(source, name)]
    checks = [source for _, source, _ in _judging(cells, name) if source in others]
    first = others.index(checks[0]) if checks else len(others)
    before = [source for kind, source, _ in earlier if kind == "code"] + others[:first]
    return Exercise(number, name, cells[0][1], tuple(answers), tuple(checks), tuple(before))


def _judging(cells: list[tuple], name: str) -> list[tuple]:
    """Return the cells that judge: those that nbgrader marks, or the first run of cells that do.

    What comes after more text only uses what was asked for.
    """
    marked = [cell for cell in cells if cell[2].get("nbgrader", {}).get("grade")]
    groups: list[list[tuple]] = [[]]
    for cell in cells:
        groups[-1].append(cell) if cell[0] == "code" else groups.append([])
    judging = re.compile(rf"(?s)(?=.*\b{name}\b).*(\bassert\b|check)")
    return marked or next((g for g in groups if any(judging.match(c[1]) for c in g)), [])


def _as_cell(cell: tuple) -> dict[str, Any]:
    return {"cell_type": cell[0], "source": cell[1]}


def _statements(source: str) -> list[ast.stmt]:
    """Return the statements of a cell; of one that is not Python (yet), none."""
    try:
        return ast.parse(source).body
    except SyntaxError:
        return []


def _is_ours(source: str, name: str) -> bool:
    """Tell whether a cell runs our solution."""
    return f'{name} = solution("{name}")' in source


def _defined(source: str) -> set[str]:
    """Return the names that a cell defines, but those of our solutions."""
    found = set(re.findall(r"^(?:def|class) (\w+)", source, re.MULTILINE))  # with an error, too
    for node in _statements(source):
        if isinstance(node, ast.Assign) and not runs_ours(node):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return found


def runs_ours(node: ast.stmt) -> bool:
    """Tell whether a statement is `NAME = solution("NAME")`."""
    call = getattr(node, "value", None)
    return isinstance(call, ast.Call) and getattr(call.func, "id", "") == "solution"


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

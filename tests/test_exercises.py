"""Each exercise: our solution passes its check, and likely mistakes are told what is wrong."""

import ast
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from slicing import needed
from wrong_answers import WRONG

ROOT = Path(__file__).resolve().parents[1]


@cache
def exercises(notebook: str) -> dict[str, SimpleNamespace]:
    """Return the exercises by the name of the function that is asked for."""
    cells = nbformat.read(ROOT / "notebooks" / f"{notebook}.ipynb", as_version=4).cells
    found = {}
    for index, cell in enumerate(cells):
        if "solution" in cell.metadata.get("tags", []):
            rest = cells[index + 1 :]
            end = next((i for i, c in enumerate(rest) if c.cell_type == "markdown"), len(rest))
            checks = [c.source for c in rest[:end]]
            before = [c.source for c in cells[:index] if c.cell_type == "code"]
            defined = ast.parse(cell.source).body
            name = next(n.name for n in defined if isinstance(n, (ast.FunctionDef, ast.ClassDef)))
            found[name] = SimpleNamespace(
                solution=cell.source, checks=checks, parameters=before[0],
                needs=needed(before, [cell.source, *checks]),
            )  # fmt: skip
    return found


@cache
def above(notebook: str, name: str) -> dict[str, object]:
    """Return the names that an exercise builds upon, with their values."""
    exercise = exercises(notebook)[name]
    # The check of the parameters looks them up in the kernel's history.
    namespace: dict[str, object] = {"__name__": "__main__", "In": [exercise.parameters]}
    exec(exercise.parameters, namespace)
    module = ast.Module(exercise.needs, [])
    exec(compile(module, notebook, "exec"), namespace)
    return namespace


def check(notebook: str, name: str, answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT / "notebooks")
    namespace = dict(above(notebook, name))
    for source in (answer, *exercises(notebook)[name].checks):
        exec(compile(source, f"{notebook}, {name}", "exec"), namespace)


def with_body(function: str, body: str) -> str:
    """Return the source of a function with another body."""
    tree = ast.parse(function)
    tree.body[0].body = ast.parse(body).body
    return ast.unparse(tree)


ALL = [(notebook, name) for notebook, answers in WRONG.items() for name in answers]


@pytest.mark.parametrize(("notebook", "name"), ALL)
def test_the_solution_passes(notebook: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    check(notebook, name, exercises(notebook)[name].solution, monkeypatch)


@pytest.mark.parametrize(
    ("notebook", "name", "right", "wrong", "message"),
    [(*key, *mistake) for key in ALL for mistake in WRONG[key[0]][key[1]]],
)
def test_a_likely_mistake_is_told(
    notebook: str,
    name: str,
    right: str,
    wrong: str,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    solution = exercises(notebook)[name].solution
    assert right in solution, "the mistake is described as a change of our solution"
    answer = solution.replace(right, wrong) if right else with_body(solution, wrong)
    with pytest.raises(AssertionError) as caught:
        check(notebook, name, answer, monkeypatch)
    assert message in str(caught.value)


def test_each_exercise_has_three_wrong_answers() -> None:
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        assert WRONG.get(path.stem, {}).keys() == exercises(path.stem).keys(), path.stem
        for name, mistakes in WRONG[path.stem].items():
            assert len(mistakes) >= 3, (path.stem, name)
            assert all(message for *_, message in mistakes), (path.stem, name)

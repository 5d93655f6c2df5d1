"""Each exercise: our solution passes its check, and likely mistakes are told what is wrong."""

import ast
from functools import cache
from types import SimpleNamespace

import pytest
from lesson import ROOT, Lesson, lessons_and_template
from slicing import needed

LESSONS = lessons_and_template()


@cache
def exercises(lesson: Lesson) -> dict[str, SimpleNamespace]:
    """Return the exercises by the name of the function that is asked for."""
    cells = lesson.read().cells
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
def above(lesson: Lesson, name: str) -> dict[str, object]:
    """Return the names that an exercise builds upon, with their values."""
    exercise = exercises(lesson)[name]
    # The check of the parameters looks them up in the kernel's history.
    namespace: dict[str, object] = {"__name__": "__main__", "In": [exercise.parameters]}
    exec(exercise.parameters, namespace)
    module = ast.Module(exercise.needs, [])
    exec(compile(module, lesson.name, "exec"), namespace)
    return namespace


def check(lesson: Lesson, name: str, answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT / "notebooks")
    namespace = dict(above(lesson, name))
    for source in (answer, *exercises(lesson)[name].checks):
        exec(compile(source, f"{lesson.name}, {name}", "exec"), namespace)


def with_body(function: str, body: str) -> str:
    """Return the source of a function with another body."""
    tree = ast.parse(function)
    tree.body[0].body = ast.parse(body).body
    return ast.unparse(tree)


MISTAKES = [
    (lesson, name, mistakes)
    for lesson in LESSONS
    for name, mistakes in lesson.checks()["MISTAKES"].items()
]


@pytest.mark.parametrize(
    ("lesson", "name"),
    [(lesson, name) for lesson in LESSONS for name in exercises(lesson)],
    ids=lambda x: getattr(x, "name", x),
)
def test_the_solution_passes(lesson: Lesson, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    check(lesson, name, exercises(lesson)[name].solution, monkeypatch)


@pytest.mark.parametrize(
    ("lesson", "name", "right", "wrong", "message"),
    [(lesson, name, *mistake) for lesson, name, mistakes in MISTAKES for mistake in mistakes],
    ids=lambda x: getattr(x, "name", x),
)
def test_a_likely_mistake_is_told(
    lesson: Lesson,
    name: str,
    right: str,
    wrong: str,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    solution = exercises(lesson)[name].solution
    assert right in solution, "the mistake is described as a change of our solution"
    answer = solution.replace(right, wrong) if right else with_body(solution, wrong)
    with pytest.raises(AssertionError) as caught:
        check(lesson, name, answer, monkeypatch)
    assert message in str(caught.value)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_each_exercise_has_three_mistakes(lesson: Lesson) -> None:
    known = lesson.checks()["MISTAKES"]
    assert known.keys() == exercises(lesson).keys(), "MISTAKES in check.py, and the exercises"
    for name, mistakes in known.items():
        assert len(mistakes) >= 3, name
        assert all(message for *_, message in mistakes), name

"""Each exercise: our solution passes its check, and likely mistakes are told what is wrong."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest
from lesson import ROOT, Lesson, lessons_and_template

from shared.errors import UserError
from shared.exercises import exercises as published
from shared.exercises import solution, solutions
from shared.slicing import needed

LESSONS = lessons_and_template()


@cache
def exercises(lesson: Lesson) -> dict[str, SimpleNamespace]:
    """Return the exercises by the name of the function that is asked for."""
    notebook = lesson.read()
    known, found = solutions(notebook), {}
    for exercise in published(notebook):
        name, checks, before = exercise.name, exercise.checks, exercise.before
        found[name] = SimpleNamespace(
            solution=known[name], checks=checks, parameters=before[0],
            needs=needed(before, [known[name], *checks]),
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


CHECKS = {lesson: lesson.checks() for lesson in LESSONS}
MISTAKES = [
    (lesson, name, mistakes)
    for lesson in LESSONS
    for name, mistakes in CHECKS[lesson]["MISTAKES"].items()
]


def case(*values: object) -> object:
    """Return a lesson, an exercise's name and more as a test's parameters; slow, if it says so."""
    lesson, name, *_ = values
    return pytest.param(*values, marks=[pytest.mark.slow] * (name in CHECKS[lesson]["SLOW"]))


@pytest.mark.parametrize(
    ("lesson", "name"),
    [case(lesson, name) for lesson in LESSONS for name in exercises(lesson)],
    ids=lambda x: getattr(x, "name", x),
)
def test_the_solution_passes(lesson: Lesson, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    check(lesson, name, exercises(lesson)[name].solution, monkeypatch)


@pytest.mark.parametrize(
    ("lesson", "name", "right", "wrong", "message"),
    [case(lesson, name, *mistake) for lesson, name, found in MISTAKES for mistake in found],
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
    known = CHECKS[lesson]["MISTAKES"]
    assert known.keys() == exercises(lesson).keys(), "MISTAKES in check.py, and the exercises"
    for name, mistakes in known.items():
        assert len(mistakes) >= 3, name
        assert all(message for *_, message in mistakes), name


def test_no_two_lessons_ask_for_the_same_name() -> None:
    names = [name for lesson in LESSONS[:-1] for name in exercises(lesson)]
    assert len(names) == len({*names})
    with pytest.raises(UserError, match="Did you mean 'sliding_window'"):
        solution("sliding_windw")


def test_a_solution_is_one_function_so_that_its_body_can_be_taken_out() -> None:
    for lesson in LESSONS:
        for name, exercise in exercises(lesson).items():
            assert len(ast.parse(exercise.solution).body) == 1, (lesson.name, name)


def test_solutions_are_clean_code(tmp_path: Path) -> None:
    for lesson in LESSONS:
        for name, exercise in exercises(lesson).items():
            (tmp_path / f"{lesson.name}-{name}.py").write_text(exercise.solution)
    ruff, settings = [sys.executable, "-m", "ruff"], ["--config", str(ROOT / "pyproject.toml")]
    # As in a notebook, where what a solution builds upon is defined.
    for command in (["check", "--ignore", "F821,ANN,D"], ["format", "--check"]):
        done = subprocess.run(
            [*ruff, *command, *settings, "."], cwd=tmp_path, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout

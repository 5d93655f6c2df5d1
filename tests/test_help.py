"""Help that does not give the answer away: hints, the check of one exercise, what learners get."""

import ast
import base64
import codecs
import json
import re
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import build_course
import nbformat
import pytest
from leaks import PNG, Solutions, body_of, faults_of_folder, faults_of_hints
from lesson import ROOT, TEMPLATE, Lesson, lessons_and_template
from nbformat import NotebookNode

from shared import judging
from shared.exercises import Exercise, exercises, solutions

LESSONS = lessons_and_template()
EXERCISES = [(lesson, each) for lesson in LESSONS for each in exercises(lesson.read())]
NAMES = [f"{lesson.name}, {each.name}" for lesson, each in EXERCISES]
SOLUTIONS = build_course.all_solutions()
OURS = Solutions(SOLUTIONS)


@pytest.mark.parametrize(("lesson", "exercise"), EXERCISES, ids=NAMES)
def test_the_hints_lead_to_a_solution_and_leave_it_to_the_learner(
    lesson: Lesson, exercise: Exercise
) -> None:
    assert list(faults_of_hints(exercise.hints, SOLUTIONS[exercise.name])) == []
    line = re.sub(r":( *#.*)?$", ": pass", exercise.hints[2].splitlines()[1])
    assert len(ast.parse(line).body) == 1, "the third hint is one line of Python"


def test_the_exercises_of_a_notebook_are_numbered() -> None:
    for lesson in LESSONS:
        found = exercises(lesson.read())
        assert [each.number for each in found] == list(range(1, len(found) + 1)), lesson.name
        assert all(each.checks and not each.answers for each in found), lesson.name


def in_code(code: str) -> str:
    return f"```python\n{code}\n```"


def with_other_names(source: str) -> str:
    """Return a solution whose own variables have other names."""
    tree = ast.parse(source)
    ours = {
        n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    ours |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    for node in ast.walk(tree):
        for field in ("id", "arg"):
            if getattr(node, field, None) in ours:
                setattr(node, field, f"{getattr(node, field)}_x")
    return ast.unparse(tree)


def planted(hints: list[str], solution: str) -> dict[str, list[str]]:
    """Return hints that give a solution away, by how they do."""
    body = body_of(solution)
    question, idea, line = hints
    cut = len(body) // 2
    return {
        "as the third": [question, idea, in_code(solution)],
        "body only": [question, idea, in_code(body)],
        "other names": [question, idea, in_code(body_of(with_other_names(solution)))],
        "in the idea": [question, f"{idea} Write `{body}`.", line],
        "on one line": [question, f"{idea} {' '.join(body.split())}", line],
        "in parts": [f"{question} {body[:cut]}", f"{idea} {body[cut:]}", line],
        "with comments": [question, idea, in_code(body.replace("\n", "  # a comment\n"))],
    }


@pytest.mark.parametrize(("lesson", "exercise"), EXERCISES, ids=NAMES)
def test_a_hint_that_gives_the_solution_away_is_caught(lesson: Lesson, exercise: Exercise) -> None:
    for how, hints in planted(exercise.hints, SOLUTIONS[exercise.name]).items():
        faults = list(faults_of_hints(hints, SOLUTIONS[exercise.name]))
        assert any("of the solution" in fault for fault in faults), how


def test_an_incomplete_ladder_is_caught() -> None:
    question, idea, line = "What is `f`?", "Think.", in_code("x = 1")
    solution = "def f(a):\n    return a.sum(0).clip(0)"
    assert list(faults_of_hints([question, idea, line], solution)) == []
    for hints, fault in [
        ([question, idea], "2 hints, expected three"),
        (["Look.", idea, line], "the first hint asks nothing"),
        ([question, idea, "Begin."], "the third hint is not one line"),
        ([question, idea, in_code("x = 1\ny = 2")], "the third hint is not one line"),
    ]:
        assert any(fault in each for each in faults_of_hints(hints, solution)), fault


# --- What learners get ---


def student_version(lesson: Lesson) -> NotebookNode:
    """Return what nbgrader makes of a notebook, made without it, which takes much longer."""
    marked = build_course.for_nbgrader(lesson.read())
    for cell in marked.cells:
        cell.source = re.sub(r"(?s)### BEGIN SOLUTION.*### END SOLUTION", "...", cell.source)
    return marked


@pytest.fixture
def given(tmp_path: Path) -> Callable[[NotebookNode], Path]:
    """Return what writes a notebook into a folder for learners."""

    def write(notebook: NotebookNode) -> Path:
        nbformat.write(notebook, tmp_path / "notebook.ipynb")
        return tmp_path

    return write


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_no_solution_is_in_a_students_version(
    lesson: Lesson, given: Callable[[NotebookNode], Path]
) -> None:
    assert list(faults_of_folder(given(student_version(lesson)), OURS)) == []


def png_with(text: bytes) -> str:
    """Return a picture of one pixel in base64, with a text chunk in it."""
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)), (b"tEXt", b"a\0" + text)]
    chunks += [(b"IDAT", zlib.compress(b"\0\0")), (b"IEND", b"")]
    parts = [
        struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks
    ]
    return base64.b64encode(PNG + b"".join(parts)).decode()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "with other names": with_other_names,
    "backwards": lambda s: s[::-1],
    "rot13": lambda s: codecs.encode(s, "rot13"),
    "base64": lambda s: b64(s.encode()),
    "base64, in lines": lambda s: base64.encodebytes(s.encode()).decode(),
    "base64, backwards": lambda s: b64(s[::-1].encode()),
    "hexadecimal": lambda s: s.encode().hex(),
    "numbers": lambda s: ", ".join(map(str, s.encode())),
    "compressed": lambda s: b64(zlib.compress(s.encode())),
    "compiled": lambda s: b64(b"\x00\xff" + s.encode()),
    "in a picture": lambda s: png_with(s.encode()),
    "after a picture": lambda s: b64(base64.b64decode(png_with(b"")) + s.encode()),
}
PLACES: dict[str, Callable[[NotebookNode, str], None]] = {
    "a cell": lambda n, s: n.cells.append(nbformat.v4.new_code_cell(f"'''{s}'''")),
    "a text": lambda n, s: n.cells.append(nbformat.v4.new_markdown_cell(f"<!-- {s} -->")),
    "metadata": lambda n, s: n.metadata.update(hidden={"deep": [s]}),
    "a cell's metadata": lambda n, s: n.cells[1].metadata.update(hidden=s),
    "an attachment": lambda n, s: n.cells[0].update(attachments={"a.png": {"image/png": s}}),
    "an output": lambda n, s: n.cells.append(
        nbformat.v4.new_code_cell("1", outputs=[nbformat.v4.new_output("stream", text=s)])
    ),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("place", PLACES)
def test_a_planted_solution_is_found(
    place: str, form: str, given: Callable[[NotebookNode], Path]
) -> None:
    notebook = student_version(Lesson(TEMPLATE))
    PLACES[place](notebook, FORMS[form](SOLUTIONS["blockwise"]))
    faults = list(faults_of_folder(given(notebook), OURS))
    assert faults and all(re.search("blockwise|neither text nor a figure", f) for f in faults)


@pytest.mark.parametrize("name", sorted(SOLUTIONS))
def test_any_solution_is_found(name: str, given: Callable[[NotebookNode], Path]) -> None:
    for source in (SOLUTIONS[name], with_other_names(SOLUTIONS[name])):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
        assert any(f"solution of {name}," in f for f in faults_of_folder(given(notebook), OURS))


@pytest.mark.parametrize(
    "name", ["solutions.py", "a.pyc", "a.zip", ".git/index", ".ipynb_checkpoints/a.ipynb", "a.html"]
)
def test_other_files_are_not_handed_out(name: str, tmp_path: Path) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(b"")
    (fault,) = faults_of_folder(tmp_path, OURS)
    assert fault.startswith(f"{name}: expected only notebooks and their rules")


@pytest.mark.materials
def test_nothing_is_built_that_contains_a_solution(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build_course, "without_solutions", lambda notebook: notebook)
    with pytest.raises(SystemExit, match=r"of the solution of gap, as it is") as caught:
        build_course.build([TEMPLATE], tmp_path / "course", pdf=False)
    assert "Nothing was replaced" in str(caught.value)
    assert not (tmp_path / "course").exists()


@pytest.mark.materials
def test_a_students_folder_has_notebooks_and_rules_and_can_be_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    build_course.build([TEMPLATE], tmp_path / "course", pdf=False)
    student = tmp_path / "course" / "student"
    assert {path.name for path in student.iterdir()} == {"AGENTS.md", "template.ipynb"}
    path = str(student / "template.ipynb")
    assert judging.check("template", "gap", path) == 2
    assert "gap still raises NotImplementedError" in capsys.readouterr().out
    notebook = nbformat.read(path, as_version=4)
    (cell,) = (c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "gap")
    cell.source = SOLUTIONS["gap"]
    nbformat.write(notebook, path)
    assert judging.check("template", "gap", path) == 0
    assert judging.hint("template", "gap", 1, path) == 0
    assert "percentage?" in capsys.readouterr().out


# --- The check of one exercise ---

BEFORE = 'profile: str = "quick"'
ABOVE = """%matplotlib inline
import math
raise RuntimeError("never run: the exercise does not need it")
factor = 2"""
TASK = f"""### Exercise 1: twice (★, 1 minute)

Write `twice(x)`.

<details><summary>Solution</summary>

{in_code("def twice(x): return 2 * x")}
</details>"""
GIVEN = 'twice = solution("twice")  # replace this line by your own'
CHECK = """assert twice(3) != 9, "the square: add, do not multiply"
assert twice(3) == 6
print("right: 6")"""
RIGHT = "def twice(x):\n    return factor * x"


def learners(answer: str, above: str = ABOVE, check: str = CHECK) -> NotebookNode:
    """Return a learner's notebook of one exercise."""
    code, text = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell
    cells = [code(BEFORE), *map(code, above.split("\n")), text(TASK), code(answer)]
    return nbformat.v4.new_notebook(cells=[*cells, text("My notes."), code(check), text("# End")])


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        (RIGHT, 0, "right: 6"),
        (f"{GIVEN}\n{RIGHT}", 0, "right: 6"),  # the line was left: in a kernel, too, ours is first
        (f"{RIGHT}\n{GIVEN}", 0, "right: 6"),  # theirs is judged, not ours
        ("twice = lambda x: x + x", 0, "right: 6"),
        ("%time\ndef twice(x):\n    return x + x", 0, "right: 6"),
        ("def twice(x):\n    return x * x", 1, "wrong: the square: add, do not multiply"),
        ("def twice(x):\n    return x", 1, "wrong: one of its assertions does not hold"),
        ("def twice(x):\n    return x +", 1, "SyntaxError: invalid syntax (line 2 of your cell: r"),
        ("def twice(x):\n    y = 1 / 0", 1, "by zero (line 2 of your cell: y = 1 / 0)"),
        ("def twice(x):\n    exit()", 1, "wrong: SystemExit"),
        ("def twice(x):\n    return z", 1, "name 'z' is not defined (line 2"),
        (GIVEN, 2, "not written yet: write twice in the cell below the task"),
        ("# twice", 2, "not written yet"),
        ("def twice(x):\n    raise NotImplementedError", 2, "not written yet: twice still raises"),
    ],
)
def test_an_answer_is_judged(
    answer: str, status: int, said: str,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    nbformat.write(learners(answer), tmp_path / "77_numbers.ipynb")
    assert judging.check("77", "1") == status
    assert said in capsys.readouterr().out
    assert judging.check("77_numbers", "1", as_json=True) == status
    seen = json.loads(capsys.readouterr().out)
    assert seen["exit"] == status and seen["exercise"] == 1 and seen["status"] in judging.STATUS


@pytest.mark.parametrize(
    ("lesson", "which", "path", "said"),
    [
        ("78", "1", "", "There is no notebook '78' here. Valid: "),
        ("77", "2", "", "77_numbers.ipynb has no exercise '2'. Valid: 1, twice."),
        ("77", "twise", "", "no exercise 'twise'. Did you mean 'twice'?"),
        ("77", "1", "gone.ipynb", "There is no file 'gone.ipynb'"),
        ("76", "1", "", "76_broken.ipynb is no notebook"),
        ("75", "1", "", "the cells above fail: ZeroDivisionError: division by zero. Run them"),
        ("74", "1", "", "the cells that check it are not below its text"),
        ("73", "1", "", "what it asks for is not to be found"),
    ],
)
def test_what_cannot_be_judged_is_said_in_one_line(
    lesson: str, which: str, path: str, said: str,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    nbformat.write(learners(RIGHT), "77_numbers.ipynb")
    Path("76_broken.ipynb").write_text("{")
    nbformat.write(learners(RIGHT, above="factor = 1 / 0"), "75_above.ipynb")
    nbformat.write(learners(RIGHT, check="twice(3)"), "74_unchecked.ipynb")
    unnamed = learners("2 * 3")
    for cell in unnamed.cells:
        cell.source = cell.source.partition("<details>")[0]
    nbformat.write(unnamed, "73_unnamed.ipynb")
    assert judging.check(lesson, which, path) == 2
    out = capsys.readouterr().out
    assert said in out and out.count("\n") == 1


BUSY = "import threading, time\nthreading.Thread(target=time.sleep, args=(300,)).start()\n"


@pytest.mark.parametrize(
    ("answer", "above", "check", "status", "said"),
    [
        ("def twice(x):\n    while True:\n        x += 1", ABOVE, CHECK, 1,
         "wrong: still running after 2 s: does a loop never end? (--limit gives more) (line "),
        ("import itertools\ndef twice(x):\n    return sum(itertools.count())", ABOVE, CHECK, 1,
         "(line 3 of your cell: return sum(itertools.count()))"),  # never back from compiled code
        ("def twice(x):\n    while True:\n        try:\n            x += 1\n        except:\n"
         "            pass", ABOVE, CHECK, 1, "wrong: still running"),
        (RIGHT, ABOVE, f"{CHECK}\nwhile True:\n    pass", 1,
         "wrong: its check still runs after 2 s (--limit gives more)"),
        (RIGHT, "factor = max(iter(int, 1))", CHECK, 2,
         "cannot be judged: the cells above still run after 5 s (--limit gives more)"),
        (f"{BUSY}{RIGHT}", ABOVE, CHECK, 0, "right: 6"),  # nobody waits for its thread
        ("import os\ndef twice(x):\n    os.kill(os.getpid(), 9)", ABOVE, CHECK, 1,
         "wrong: its process ended before the verdict, with status -9: does it need too much"),
    ],
)  # fmt: skip
def test_an_answer_that_never_ends_is_told_in_one_line(
    answer: str, above: str, check: str, status: int, said: str,
    tmp_path: Path, capsys: pytest.CaptureFixture,
) -> None:  # fmt: skip
    path = tmp_path / "77_numbers.ipynb"
    nbformat.write(learners(answer, above, check), path)
    begin = time.monotonic()
    limit = 2 if above == ABOVE else 0.5
    assert judging.check("77", "1", str(path), limit=limit) == status
    out = capsys.readouterr().out
    assert said in out and out.count("\n") == 1
    assert time.monotonic() - begin < 100  # on a busy machine


@pytest.mark.parametrize("limit", [0, -1, float("nan"), 1e9])
def test_a_limit_is_a_number_of_seconds(limit: float, capsys: pytest.CaptureFixture) -> None:
    """What else it is asked to be is told before anything is run."""
    assert judging.check("02", "1", limit=limit) == 2
    assert capsys.readouterr().out.endswith("expected seconds, more than 0 and at most a day.\n")


@pytest.mark.parametrize("name", ["gap", "per_character", "equal_words"])
def test_a_mistake_is_told_as_in_the_notebook(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    """Our solution is right, and the mistakes of check.py get their message."""
    lesson = Lesson(TEMPLATE)
    answers = [(SOLUTIONS[name], 0, "right")]
    for right, wrong, message in lesson.checks()["MISTAKES"][name]:
        answers.append((SOLUTIONS[name].replace(right, wrong), 1, message))
    for answer, status, message in answers:
        notebook = lesson.read()
        for cell in notebook.cells:
            if f'solution("{name}")' in cell.source:
                cell.source = answer
        nbformat.write(notebook, tmp_path / "template.ipynb")
        assert judging.check(TEMPLATE, name, str(tmp_path / "template.ipynb")) == status
        assert message in capsys.readouterr().out


def test_the_command_line() -> None:
    def run(*words: str) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "shared", *words]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    first = run("hint", "02", "1")
    assert first.returncode == 0 and first.stdout.startswith("Should a short text")
    assert run("hint", "02", "cut", "3").stdout.startswith("```python\nrandom, symbols = ")
    assert run("hint", "02", "1", "4").stdout == "Hint 4: expected a number from 1 to 3.\n"
    undone = run("check", "02", "1", "--json")
    assert undone.returncode == 2
    assert json.loads(undone.stdout)["status"] == "not written yet" and undone.stderr == ""


def test_an_archive_is_no_text(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.py", SOLUTIONS["cut"])
    packed = base64.b64encode((tmp_path / "a.zip").read_bytes()).decode()
    (tmp_path / "a.zip").unlink()
    nbformat.write(nbformat.v4.new_notebook(metadata={"a": packed}), tmp_path / "a.ipynb")
    assert list(faults_of_folder(tmp_path, OURS))


def test_solutions_are_known() -> None:
    assert len(SOLUTIONS) == len(EXERCISES) == len(set(NAMES))
    assert all(solutions(lesson.read()) for lesson in LESSONS)

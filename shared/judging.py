"""Judge one exercise in a learner's own notebook, without running the rest of it.

    python -m shared check 02 1

What is executed: the parameters, those statements above that the answer and its check build upon
(`shared.slicing`), the answer, the check.
"""

import ast
import io
import json
import os
import re
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from shared import ROOT
from shared.errors import UserError, first_line, short, suggest
from shared.exercises import Exercise, exercises, runs_ours
from shared.slicing import needed

RIGHT, WRONG, UNFINISHED, BLOCKED = "right", "wrong", "not written yet", "cannot be judged"
STATUS = {RIGHT: 0, WRONG: 1, UNFINISHED: 2, BLOCKED: 2}  # of the process
ANSWER, CHECK, ABOVE = "your answer", "the check", "the cells above"  # as if they were files


@dataclass(frozen=True)
class Verdict:
    """What is said of an answer.

    Attributes:
        status: One of `STATUS`.
        message: What is wrong, or what the check printed.
        line: The line of the answer's cell where an error arose, or 0.
        source: That line.
    """

    status: str
    message: str
    line: int = 0
    source: str = ""

    def as_json(self, **about: object) -> str:
        """Return it in JSON, after what else is said."""
        return json.dumps(about | asdict(self) | {"exit": STATUS[self.status]}, ensure_ascii=False)

    def __str__(self) -> str:
        where = f" (line {self.line} of your cell: {self.source.strip()})" if self.line else ""
        return f"{self.status}: {self.message}{where}"


def find_notebook(lesson: str, path: str = "") -> Path:
    """Return the path of a learner's notebook.

    Args:
        lesson: The number, such as `02`, or the name.
        path: Where it is; else it is looked for here, in `notebooks`, and in the repository.

    Raises:
        UserError: There is none.
    """
    if path:
        if not (given := Path(path)).is_file():
            raise UserError(f"There is no file {short(path)}: give the path of your notebook.")
        return given.resolve()
    folders = [Path.cwd(), Path.cwd() / "notebooks", ROOT / "notebooks"]
    stems = {p.stem: p for f in reversed(folders) for p in sorted(f.glob("[0-9][0-9]_*.ipynb"))}
    for stem, found in stems.items():
        if lesson in (stem, stem[:2], stem[:2].lstrip("0"), found.name):
            return found.resolve()
    known = suggest(lesson, sorted(stem[:2] for stem in stems))
    raise UserError(f"There is no notebook {short(lesson)} here. {known} Another: --notebook PATH")


def find_exercise(path: Path, which: str) -> Exercise:
    """Return an exercise of a notebook by its number, or by the name that is asked for.

    Raises:
        UserError: It has no such exercise, or is no notebook.
    """
    try:
        known = exercises(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{path.name} is no notebook ({first_line(error)}): save it again."
        ) from None
    for exercise in known:
        if which in (str(exercise.number), exercise.name):
            return exercise
    valid = [str(exercise.number) for exercise in known] + [exercise.name for exercise in known]
    raise UserError(f"{path.name} has no exercise {short(which)}. {suggest(which, valid)}")


def unwritten(exercise: Exercise) -> str:
    """Return why an answer cannot be judged yet, or nothing."""
    if not exercise.name:
        return "what it asks for is not to be found in its cells: take its text from a fresh copy"
    if not exercise.checks:
        return "the cells that check it are not below its text: take them from a fresh copy"
    if not exercise.answers:
        return f"write {exercise.name} in the cell below the task"
    stub = "raise NotImplementedError" in exercise.answers[-1]
    return f"{exercise.name} still raises NotImplementedError: write it there" if stub else ""


def judge(
    exercise: Exercise, folder: Path, say: Callable[[str], None] = lambda line: None
) -> Verdict:
    """Run an answer and its check.

    Args:
        exercise: What is asked for.
        folder: Where the notebook is: its cells run there.
        say: Told what is done, as it may take a while.
    """
    if why := unwritten(exercise):
        return Verdict(UNFINISHED, why)
    answer = without_magics("\n\n\n".join(exercise.answers))
    try:
        tree = ast.parse(answer, ANSWER)
    except SyntaxError as error:
        return Verdict(WRONG, f"SyntaxError: {error.msg}", error.lineno or 0, error.text or "")
    tree.body = [node for node in tree.body if not runs_ours(node)]
    first, *rest = [as_python(source) for source in exercise.before] or [""]
    above = needed([first, *rest], [ast.unparse(tree), *exercise.checks])
    say(f"running {len(above)} statements that it builds upon, and its check …")
    os.environ["MPLBACKEND"] = "agg"  # no windows
    namespace: dict[str, Any] = {"__name__": "__main__", "In": [first], "display": _nothing}
    parts = [(ABOVE, ast.parse(first)), (ABOVE, ast.Module(above, [])), (ANSWER, tree)]
    parts += [(CHECK, ast.parse(as_python(source))) for source in exercise.checks]
    printed, quiet = io.StringIO(), io.StringIO()
    with chdir(folder):
        for of, code in parts:
            out = printed if of == CHECK else quiet
            try:
                with redirect_stdout(out), redirect_stderr(quiet):
                    exec(compile(code, of, "exec"), namespace)
            except (Exception, SystemExit) as error:
                return diagnosis(error, of, answer, exercise)
    said = printed.getvalue().strip().removeprefix("right: ")
    return Verdict(RIGHT, said or "it passes its check")


def diagnosis(error: BaseException, of: str, answer: str, exercise: Exercise) -> Verdict:
    """Return what an error says of an answer.

    Args:
        error: What was raised.
        of: By which part: `ANSWER`, `CHECK` or `ABOVE`.
        answer: The source of the learner's cells.
        exercise: What was asked for.
    """
    frames = traceback.extract_tb(error.__traceback__)
    line = next((f.lineno or 0 for f in reversed(frames) if f.filename == ANSWER), 0)
    source = answer.splitlines()[line - 1] if line else ""
    message = str(error).strip() or "one of its assertions does not hold"
    if isinstance(error, NotImplementedError):
        whose = exercise.name if line else "an exercise above, which this one needs,"
        return Verdict(UNFINISHED, f"{whose} raises NotImplementedError")
    if of == ABOVE:
        said = f"{type(error).__name__}: {first_line(error)}"
        return Verdict(BLOCKED, f"the cells above fail: {said}. Run them in your notebook first")
    if isinstance(error, AssertionError):
        return Verdict(WRONG, message)
    message = f"{type(error).__name__}: {first_line(error)}"
    if of == CHECK and not line:
        message += f". It arose in the check: does {exercise.name} return what the text asks for?"
    return Verdict(WRONG, message, line, source)


def without_magics(source: str) -> str:
    """Return a cell with IPython's own lines, such as `%time`, left empty."""
    return re.sub(r"^[ \t]*[%!].*$", "", source, flags=re.MULTILINE)


def as_python(source: str) -> str:
    """Return a cell without IPython's own lines; one that cannot be read is left out."""
    plain = without_magics(source)
    try:
        ast.parse(plain)
    except SyntaxError:
        return ""
    return plain


def _nothing(*values: object, **options: object) -> None:
    """Stand in for IPython's `display`."""


def check(lesson: str, which: str, path: str = "", as_json: bool = False) -> int:
    """Judge an exercise and print the diagnosis; return the exit status.

    Args:
        lesson: The number or the name of the notebook.
        which: The number of the exercise, or the name that is asked for.
        path: The notebook, if it is not where it is looked for.
        as_json: For a tool: one object of JSON, and nothing else.
    """
    about: dict[str, object] = {"notebook": lesson, "exercise": which}
    start = time.monotonic()
    try:
        found = find_notebook(lesson, path)
        exercise = find_exercise(found, which)
        about = {"notebook": found.stem, "exercise": exercise.number, "name": exercise.name}
        title = f"{found.stem}, exercise {exercise.number}, {exercise.name}"
        verdict = judge(
            exercise, found.parent, lambda line: print(f"{title}: {line}", file=sys.stderr)
        )
    except UserError as error:
        verdict = Verdict(BLOCKED, str(error))
    if as_json:
        print(verdict.as_json(**about, seconds=round(time.monotonic() - start, 1)))
    else:
        print(verdict)
    return STATUS[verdict.status]


def hint(lesson: str, which: str, step: int, path: str = "") -> int:
    """Print one hint of an exercise; return the exit status.

    Args:
        lesson: The number or the name of the notebook.
        which: The number of the exercise, or the name that is asked for.
        step: From 1, a question, to 3, a first line.
        path: The notebook, if it is not where it is looked for.
    """
    try:
        hints = find_exercise(find_notebook(lesson, path), which).hints
        if not 1 <= step <= len(hints):
            raise UserError(f"Hint {step}: expected a number from 1 to {len(hints)}.")
    except UserError as error:
        print(error)
        return 2
    print(hints[step - 1])
    return 0

"""Judge one exercise in a learner's own notebook, without running the rest of it.

    python -m shared check 02 1

What is executed: the parameters, those statements above that the answer and its check build upon
(`shared.slicing`), the answer, the check. It runs in a process of its own, which is ended when time
is up: a loop that never ends may be anywhere, also in compiled code.
"""

import ast
import faulthandler
import io
import json
import os
import re
import subprocess
import sys
import tempfile
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
LIMIT = 60  # seconds for an answer, and for its check
PATIENCE = 10  # times as long for the cells above, which may load a model or train one
VERDICT, PLACE = "verdict.json", "place.txt"  # what the process that judges leaves behind


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


def judge_in_time(path: Path, exercise: Exercise, title: str, limit: float) -> Verdict:
    """Run an answer and its check in another process, and end it when time is up.

    Args:
        path: The notebook; the process runs in its folder.
        exercise: What is asked for.
        title: What a line on what is done begins with.
        limit: Seconds for the answer, and for its check.

    Raises:
        UserError: `limit` is no positive number of seconds.
    """
    if not 0 < limit <= 86_400:  # also refuses what is no number
        raise UserError(f"--limit {limit:g}: expected seconds, more than 0 and at most a day.")
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "shared.judging", path, str(exercise.number), title, str(limit),
             folder],
            cwd=path.parent, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *_pythonpath()])},
        )  # fmt: skip
        verdict, place = Path(folder, VERDICT), Path(folder, PLACE)
        if verdict.is_file():
            return Verdict(**json.loads(verdict.read_text(encoding="utf-8")))
        where = place.read_text(encoding="utf-8", errors="replace") if place.is_file() else ""
    if "Timeout (" in where:
        return out_of_time(where, "\n\n\n".join(exercise.answers), limit)
    said = f"its process ended before the verdict, with status {done.returncode}"
    return Verdict(WRONG, f"{said}: does it need too much memory?")


def _pythonpath() -> list[str]:
    return [os.environ["PYTHONPATH"]] if os.environ.get("PYTHONPATH") else []


def out_of_time(where: str, answer: str, limit: float) -> Verdict:
    """Return what is said of an answer that did not end.

    Args:
        where: Where its process was, as `faulthandler` tells it, the innermost call first.
        answer: The source of the learner's cells.
        limit: The seconds that it had.
    """
    if found := re.search(rf'File "{ANSWER}", line (\d+)', where):
        line = int(found[1])
        message = f"still running after {limit:g} s: does a loop never end? (--limit gives more)"
        return Verdict(WRONG, message, line, answer.splitlines()[line - 1])
    if f'File "{CHECK}"' in where:
        return Verdict(WRONG, f"its check still runs after {limit:g} s (--limit gives more)")
    said = f"the cells above still run after {limit * PATIENCE:g} s (--limit gives more)"
    return Verdict(BLOCKED, f"{said}. Run them in your notebook first")


def judge(
    exercise: Exercise,
    folder: Path,
    say: Callable[[str], None] = lambda line: None,
    before: Callable[[str], None] = lambda part: None,
) -> Verdict:
    """Run an answer and its check.

    Args:
        exercise: What is asked for.
        folder: Where the notebook is: its cells run there.
        say: Told what is done, as it may take a while.
        before: Called before each part (`ABOVE`, `ANSWER`, `CHECK`) is run.
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
            before(of)
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


def check(
    lesson: str, which: str, path: str = "", as_json: bool = False, limit: float = LIMIT
) -> int:
    """Judge an exercise and print the diagnosis; return the exit status.

    Args:
        lesson: The number or the name of the notebook.
        which: The number of the exercise, or the name that is asked for.
        path: The notebook, if it is not where it is looked for.
        as_json: For a tool: one object of JSON, and nothing else.
        limit: Seconds for the answer, and for its check.
    """
    about: dict[str, object] = {"notebook": lesson, "exercise": which}
    start = time.monotonic()
    try:
        found = find_notebook(lesson, path)
        exercise = find_exercise(found, which)
        about = {"notebook": found.stem, "exercise": exercise.number, "name": exercise.name}
        title = f"{found.stem}, exercise {exercise.number}, {exercise.name}"
        verdict = judge_in_time(found, exercise, title, limit)
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


def main(path: str, which: str, title: str, limit: str, results: str) -> None:
    """Judge an exercise, as the process that `judge_in_time` starts; leave the verdict in a file.

    Args:
        path: The notebook.
        which: The number of the exercise.
        title: What a line on what is done begins with.
        limit: Seconds for the answer, and for its check.
        results: The folder for the verdict, or for the place where time was up.
    """

    def before(part: str) -> None:
        seconds = float(limit) * (PATIENCE if part == ABOVE else 1)
        faulthandler.dump_traceback_later(seconds, exit=True, file=place)

    def say(line: str) -> None:
        print(f"{title}: {line}", file=sys.__stderr__, flush=True)

    with Path(results, PLACE).open("w") as place:
        verdict = judge(find_exercise(Path(path), which), Path(path).parent, say, before)
        faulthandler.cancel_dump_traceback_later()
    Path(results, VERDICT).write_text(json.dumps(asdict(verdict)), encoding="utf-8")
    os._exit(0)  # threads that an answer started may never end


if __name__ == "__main__":
    main(*sys.argv[1:])

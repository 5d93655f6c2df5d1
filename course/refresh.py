"""Execute notebooks in place, and write all that is generated from them.

    python course/refresh.py notebooks/03_fine_tuning.ipynb notebooks/04_evaluation.ipynb

The notebooks start from an empty folder of results that they share, as in a first `make run`. If
the variable COURSE_RUNS names a folder, they use the results there.
"""

import os
import sys
import tempfile
import textwrap
from pathlib import Path

import nbformat
from generate import write_changed
from lesson import ROOT, Lesson
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from shared.errors import UserError
from shared.whole import write_whole

KEPT = {"course", "kernelspec", "language_info"}  # of a notebook's metadata
KEPT_OF_CELLS = {"jupyter", "slideshow", "tags"}  # jupyter: whether the source is folded


def execute(lesson: Lesson, runs: str) -> None:
    """Execute a notebook in place.

    The old outputs stay if a cell fails.

    Args:
        lesson: The notebook's.
        runs: The folder of results.

    Raises:
        UserError: A cell failed.
    """
    notebook = lesson.read()
    client = NotebookClient(
        notebook,
        timeout=None,
        record_timing=False,
        coalesce_streams=True,  # else where a printed text is divided is chance
        resources={"metadata": {"path": lesson.notebook.parent}},
    )
    try:
        client.execute(env=os.environ | {"COURSE_RUNS": runs})
    except CellExecutionError as error:
        cause = textwrap.shorten(f"{error.ename}: {error.evalue}", 500, placeholder=" …")
        message = f"{lesson.notebook.name}: {cause.rstrip('.')}. The old outputs are kept."
        raise UserError(message) from error
    notebook.metadata = {k: v for k, v in notebook.metadata.items() if k in KEPT}
    for cell in notebook.cells:
        cell.metadata = {k: v for k, v in cell.metadata.items() if k in KEPT_OF_CELLS}
    write_whole(lesson.notebook, nbformat.writes(notebook) + "\n")


def refresh(lessons: list[Lesson], runs: str) -> list[str]:
    """Execute notebooks one after another; return what failed.

    Args:
        lessons: The notebooks'.
        runs: The folder of results.
    """
    failed = []
    for lesson in lessons:
        print(f"{lesson.notebook.name} …", flush=True)
        try:
            execute(lesson, runs)
        except UserError as error:
            failed.append(str(error))
    return failed


def main(paths: list[str]) -> int:
    """Refresh the notebooks of these paths; return the exit status."""
    chosen = [Lesson(Path(path).stem) for path in paths]
    for lesson, path in zip(chosen, paths, strict=True):
        if not (Path(path).is_file() and lesson.notebook == Path(path).resolve()):
            print(f"{path}: expected a notebook in notebooks/.", file=sys.stderr)
            return 2
    try:
        write_changed()  # the published defaults: with others, no claim would be asserted
        with tempfile.TemporaryDirectory(prefix="refresh-") as empty:
            failed = refresh(chosen, os.environ.get("COURSE_RUNS") or empty)
        for path in write_changed():
            print("written:", path.relative_to(ROOT))
    except UserError as error:
        failed = [str(error)]
    for message in failed:
        print(message, file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

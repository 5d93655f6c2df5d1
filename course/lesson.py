"""A lesson: a notebook in notebooks/ and the folder in course/lessons/ that has its name."""

import json
import runpy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbformat import NotebookNode

if TYPE_CHECKING:
    from text2qti.quiz import Quiz

ROOT = Path(__file__).resolve().parents[1]
TEMPLATE = "template"


@dataclass(frozen=True)
class Lesson:
    """What belongs to one lesson.

    Attributes:
        name: Of the notebook and the folder, such as `02_tokenization`.
        root: The folder of the collection; by default this one.
    """

    name: str
    root: Path | None = None

    @property
    def notebook(self) -> Path:
        """The path of the notebook."""
        return (self.root or ROOT) / "notebooks" / f"{self.name}.ipynb"

    @property
    def folder(self) -> Path:
        """The path of the folder with all else."""
        return (self.root or ROOT) / "course" / "lessons" / self.name

    @property
    def number(self) -> str:
        """The number before the name, such as `02`."""
        return self.name.partition("_")[0]

    def read(self) -> NotebookNode:
        """Read the notebook."""
        return nbformat.read(self.notebook, as_version=4)

    def quiz(self) -> "Quiz":
        """Read `quiz.txt`."""
        from text2qti.config import Config
        from text2qti.quiz import Quiz

        path = self.folder / "quiz.txt"
        return Quiz(path.read_text(encoding="utf-8"), config=Config(), source_name=str(path))

    def choices(self, title: str) -> list[str]:
        """Return the choices of the quiz's question with this title."""
        questions = self.quiz().questions_and_delims
        return [c.choice_raw for q in questions if q.title_raw == title for c in q.choices]

    def checks(self) -> dict[str, Any]:
        """Return what `check.py` defines: `MISTAKES`, `ANSWERS` and `SLOW`."""
        path = self.folder / "check.py"
        defined = runpy.run_path(str(path)) if path.exists() else {}
        return {"MISTAKES": {}, "ANSWERS": {}, "SLOW": []} | defined

    def measured(self) -> dict[str, float]:
        """Return what `measured.json` says of the last run, or nothing if there was none."""
        path = self.folder / "measured.json"
        return json.loads(path.read_text()) if path.exists() else {}


def lessons() -> list[Lesson]:
    """Return the numbered lessons, in order."""
    paths = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    return [Lesson(path.stem) for path in paths]


def lessons_and_template() -> list[Lesson]:
    """Return all lessons, the template last."""
    return [*lessons(), Lesson(TEMPLATE)]


def tagged(notebook: NotebookNode, tag: str) -> list[NotebookNode]:
    """Return a notebook's cells with a tag."""
    return [cell for cell in notebook.cells if tag in cell.metadata.get("tags", [])]

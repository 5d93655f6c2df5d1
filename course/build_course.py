"""Build what a teacher hands out, of all numbered notebooks: build/course/index.html links it.

    python course/build_course.py
    python course/build_course.py --output DIR 01_attention 02_tokenization

It is built beside its place and checked; then it replaces what was built before, or nothing does.
"""

import argparse
import ast
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from copy import deepcopy
from importlib.util import find_spec
from pathlib import Path

import nbformat
from browser import CHROMIUM, chromium
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from links import faults_of_links, read_pages
from markupsafe import Markup
from nbconvert import HTMLExporter, SlidesExporter
from nbformat import NotebookNode
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from text2qti.config import Config as QuizConfig
from text2qti.qti import QTI
from text2qti.quiz import Quiz
from traitlets.config import PyFileConfigLoader

HERE = Path(__file__).resolve().parent
NOTEBOOKS = HERE.parent / "notebooks"
TEMPLATES = HERE / "templates"
DIFFICULTY = re.compile(r"\((★+|easy|medium|hard), \d+ minutes\)")
POINTS = {"★": 1, "easy": 1, "★★": 2, "medium": 2, "★★★": 3, "hard": 3}
MATHJAX = "tex-svg-full.js"
PAGE_NUMBER = '<p style="font-size: 8px; width: 100%; text-align: center" class="pageNumber"></p>'
STUDENTS_WORK = ("submitted", "autograded", "feedback")  # folders of nbgrader


def title_of(notebook: NotebookNode) -> str:
    """Return the first heading."""
    return notebook.cells[0].source.splitlines()[0].removeprefix("# ")


def with_marks(source: str) -> str:
    """Return a function with marks around its body, below the docstring, for nbgrader to empty."""
    (function,) = ast.parse(source).body
    first = function.body[0]
    start = first.end_lineno if ast.get_docstring(function) else first.lineno - 1
    lines, indent = source.splitlines(), " " * first.col_offset
    body = [f"{indent}### BEGIN SOLUTION", *lines[start:], f"{indent}### END SOLUTION"]
    return "\n".join(lines[:start] + body)


def role(name: str, points: int = 0) -> dict[str, object]:
    """Return nbgrader's metadata of a cell: a solution, or the check that gives the points."""
    kind = {"solution": not points, "grade": bool(points), "locked": bool(points), "task": False}
    return {"schema_version": 3, "grade_id": name, **kind} | ({"points": points} if points else {})


def for_nbgrader(notebook: NotebookNode) -> NotebookNode:
    """Return a copy that nbgrader can release and grade.

    The cells that check an exercise become one: it is solved, or it is not.
    """
    copy, text, exercise, check = deepcopy(notebook), "", "", None
    copy.cells = []
    for cell in deepcopy(notebook.cells):
        if cell.cell_type == "markdown":
            text, exercise, check = cell.source, "", None
        elif "solution" in cell.metadata.get("tags", []):
            exercise = ast.parse(cell.source).body[0].name
            cell.source = with_marks(cell.source)
            cell.metadata["nbgrader"] = role(exercise)
        elif check:
            check.source += f"\n\n{cell.source}"
            check.outputs += cell.outputs
            continue
        elif exercise:
            found = DIFFICULTY.search(text)
            if not found or found[1] not in POINTS:
                sys.exit(
                    f"{exercise}: the exercise's difficulty is expected as `(★★, 10 minutes)`."
                )
            check = cell
            cell.metadata["nbgrader"] = role(f"{exercise}-check", POINTS[found[1]])
        copy.cells.append(cell)
    return copy


def points_of(notebook: NotebookNode) -> list[int]:
    """Return the points of each exercise of a marked notebook."""
    roles = [cell.metadata.get("nbgrader", {}) for cell in notebook.cells]
    return [each["points"] for each in roles if each.get("grade")]


def release(marked: dict[str, NotebookNode], folder: Path) -> dict[str, NotebookNode]:
    """Make nbgrader's course folder; return the students' notebooks that it released."""
    folder.mkdir()
    config = PyFileConfigLoader("nbgrader_config.py", path=str(HERE)).load_config()
    shutil.copy(HERE / "nbgrader_config.py", folder)
    course = CourseDirectory(root=str(folder), config=config)
    released = {}
    for name, notebook in marked.items():
        (folder / "source" / name).mkdir(parents=True)
        nbformat.write(notebook, folder / "source" / name / f"{name}.ipynb")
        course.assignment_id = name
        GenerateAssignment(coursedir=course, config=config).start()
        path = folder / "release" / name / f"{name}.ipynb"
        released[name] = nbformat.read(path, as_version=4)
    return released


def copy_scripts(folder: Path) -> None:
    """Copy what the pages load: reveal.js, and MathJax with its fonts in one file."""
    reveal, mathjax = (
        Path(find_spec(package).origin).parent / inside
        for package, inside in (
            ("sphinx_revealjs", "_static/revealjs"),
            ("sphinx-mathjax-offline", "static/mathjax"),
        )
    )
    for part in ("LICENSE", "dist/reveal.js", "dist/reveal.css", "dist/theme/white.css"):
        (folder / "reveal" / part).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(reveal / part, folder / "reveal" / part)
    for part in ("dist/theme/fonts/source-sans-pro", "plugin/notes"):
        shutil.copytree(reveal / part, folder / "reveal" / part)
    shutil.copytree(mathjax, folder / "mathjax", ignore=lambda _, names: {*names} - {MATHJAX})


def write_pages(
    slides: dict[str, NotebookNode], students: dict[str, NotebookNode], folder: Path
) -> None:
    """Write slides and pages to print."""
    templates = [str(HERE / "templates")]
    options = {
        "extra_template_basedirs": templates,
        "extra_template_paths": templates,
        "exclude_anchor_links": True,
        "exclude_input_prompt": True,
        "exclude_output_prompt": True,
    }
    deck = SlidesExporter(
        template_name="slides",
        reveal_url_prefix="../_static/reveal",
        reveal_theme="white",
        **options,
    )
    page = HTMLExporter(template_name="print", **options)
    for kind, exporter, notebooks in (("slides", deck, slides), ("print", page, students)):
        (folder / kind).mkdir()
        for name, notebook in notebooks.items():
            titled = deepcopy(notebook)
            titled.metadata["title"] = title_of(notebook)
            html, _ = exporter.from_notebook_node(titled, {"metadata": {"name": name}})
            (folder / kind / f"{name}.html").write_text(html, encoding="utf-8")


def write_pdfs(folder: Path) -> None:
    """Print the pages, with numbers and an outline, and a screen reader's marks."""
    with chromium() as browser:
        page = browser.new_page()
        for path in sorted(folder.glob("*.html")):
            page.goto(path.as_uri())
            page.evaluate("MathJax.startup.promise")
            page.pdf(
                path=path.with_suffix(".pdf"), format="A4", tagged=True, outline=True,
                margin=dict.fromkeys(("top", "right", "bottom", "left"), "15mm"),
                display_header_footer=True, header_template="<span></span>",
                footer_template=PAGE_NUMBER,
            )  # fmt: skip


def write_quiz(name: str, folder: Path, pages: Environment) -> None:
    """Write a quiz for a learning platform, and to read, with and without answers."""
    path = HERE / "quiz" / f"{name}.txt"
    quiz = Quiz(path.read_text(encoding="utf-8"), config=QuizConfig(), source_name=path.name)
    QTI(quiz).save(folder / f"{name}.zip")
    pages.filters["markdown"] = lambda text: Markup(quiz.md.md_to_html(text))
    for answers in (False, True):
        title = quiz.title_raw + (" · answers" if answers else "")
        html = pages.get_template("quiz.html.j2").render(quiz=quiz, answers=answers, title=title)
        (folder / f"{name}{'_answers' if answers else ''}.html").write_text(html, encoding="utf-8")


def write_index(marked: dict[str, NotebookNode], folder: Path, pages: Environment) -> None:
    """Link what was built."""
    rows = []
    for name, notebook in marked.items():
        points = points_of(notebook)
        links = {
            kind: [(text, path) for text, path in files if (folder / path).exists()]
            for kind, files in kinds_of(name).items()
        }
        rows.append({"title": title_of(notebook), "exercises": len(points), "points": sum(points),
                     "links": links})  # fmt: skip
    html = pages.get_template("index.html.j2").render(
        title="Course materials", kinds=list(kinds_of("")), rows=rows
    )
    (folder / "index.html").write_text(html, encoding="utf-8")


def kinds_of(name: str) -> dict[str, list[tuple[str, str]]]:
    """Return the files of a notebook by the columns of the index, with their names there."""
    return {
        "Versions": [
            ("student", f"student/{name}.ipynb"),
            ("instructor", f"instructor/{name}.ipynb"),
        ],
        "Slides": [("slides", f"slides/{name}.html")],
        "Print": [("page", f"print/{name}.html"), ("PDF", f"print/{name}.pdf")],
        "Quiz": [
            ("questions", f"quiz/{name}.html"),
            ("answers", f"quiz/{name}_answers.html"),
            ("QTI", f"quiz/{name}.zip"),
        ],
    }


def faults_of_students(
    students: dict[str, NotebookNode], notebooks: dict[str, NotebookNode]
) -> Iterator[str]:
    """Yield solutions that are left in the students' notebooks, and figures that are lost."""
    for name, notebook in notebooks.items():
        solved = [c.source for c in notebook.cells if "solution" in c.metadata.get("tags", [])]
        left = [cell.source for cell in students[name].cells]
        for source in solved:
            if source in left:
                yield f"{name}: a solution is left: {source.splitlines()[0]}"
        stubs = sum("raise NotImplementedError(" in source for source in left)
        if stubs != len(solved):
            yield f"{name}: {stubs} unfinished cells, expected {len(solved)}"


def build(names: list[str], output: Path, pdf: bool) -> None:
    """Build the materials of some notebooks, check them, put them in the place of the old ones.

    Raises:
        SystemExit: Something is wrong; what was there before is still there.
    """
    for kind in STUDENTS_WORK:
        if (output / "nbgrader" / kind).exists():
            sys.exit(f"{output}/nbgrader/{kind} holds students' work: move nbgrader elsewhere.")
    notebooks = {name: nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4) for name in names}
    pages = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=".course-") as temporary:
        folder = Path(temporary).resolve() / "course"
        for kind in ("student", "instructor", "quiz"):
            (folder / kind).mkdir(parents=True)
        marked = {name: for_nbgrader(notebook) for name, notebook in notebooks.items()}
        students = release(marked, folder / "nbgrader")
        for name in names:
            shutil.copy(NOTEBOOKS / f"{name}.ipynb", folder / "instructor")
            nbformat.write(students[name], folder / "student" / f"{name}.ipynb")
            write_quiz(name, folder / "quiz", pages)
        copy_scripts(folder / "_static")
        write_pages(notebooks, students, folder)
        if pdf:
            write_pdfs(folder / "print")
        write_index(marked, folder, pages)
        faults = list(faults_of_students(students, notebooks))
        faults += faults_of_links(folder, read_pages(folder))
        if faults:
            sys.exit("\n".join([*faults, "Nothing was replaced, for the faults above."]))
        if output.exists():
            output.rename(Path(temporary) / "old")
        folder.rename(output)


def main() -> None:
    """Read the command line, build, and say what was built."""
    known = sorted(path.stem for path in NOTEBOOKS.glob("[0-9]*.ipynb"))
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="a notebook; without any, all")
    parser.add_argument("--output", type=Path, default=HERE.parent / "build" / "course")
    parser.add_argument("--no-pdf", action="store_true", help="leave the PDFs out")
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.names if name not in known]:
        parser.error(f"no notebook {unknown[0]!r}. Valid: {', '.join(known)}.")
    pdf = not arguments.no_pdf and CHROMIUM is not None
    build(arguments.names or known, arguments.output, pdf)
    if not arguments.no_pdf and not pdf:
        print("No PDF, for want of Chromium or Google Chrome: print/ has pages that print well.")
    print(f"Checked: open {os.path.relpath(arguments.output)}/index.html")


if __name__ == "__main__":
    main()

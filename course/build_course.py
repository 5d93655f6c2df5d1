"""Build what a teacher hands out, of all numbered notebooks: build/course/index.html links it.

    python course/build_course.py
    python course/build_course.py --output DIR 01_attention 02_tokenization

The materials are built in a temporary folder and checked. If all is well they replace the old ones.
"""

import argparse
import ast
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterable
from copy import deepcopy
from importlib.util import find_spec
from pathlib import Path

import cards
import glossary
import nbformat
from anki_deck import write_deck
from browser import CHROMIUM, chromium
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from leaks import Solutions, faults_of_folder
from lesson import ROOT, Lesson, lessons, lessons_and_template
from links import faults_of_links, read_pages, replacing
from markupsafe import Markup
from nbconvert import HTMLExporter, SlidesExporter
from nbformat import NotebookNode
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from questions import questions
from text2qti.qti import QTI
from traitlets.config import PyFileConfigLoader

from shared.exercises import FOLDED, solutions

HERE = Path(__file__).resolve().parent
TEMPLATES = HERE / "templates"
DIFFICULTY = re.compile(r"\((★{1,3}|easy|medium|hard), (\d+) minutes\)")
POINTS = {"★": 1, "easy": 1, "★★": 2, "medium": 2, "★★★": 3, "hard": 3}
SCRIPTS = {
    "reveal": (
        "sphinx_revealjs",
        "_static/revealjs",
        ["LICENSE", "dist/reveal.css", "dist/reveal.js", "dist/theme/white.css",
         "dist/theme/fonts/source-sans-pro", "plugin/notes"],
    ),
    "mathjax": ("sphinx-mathjax-offline", "static/mathjax", ["tex-svg-full.js"]),
}  # fmt: skip
NEIGHBOUR = re.compile(r"(?<!!)\[([^\]]+)\]\((?!https?:|#|mailto:)[^)\s]+\)")
WORDS = "glossary.html"
# On paper nobody can follow a link, and the address would be that of a folder on this machine.
UNLINK = (
    f"""document.querySelectorAll('a[href*="{WORDS}"]').forEach(a => a.removeAttribute("href"))"""
)
PAGE_NUMBER = '<p style="font-size: 8px; width: 100%; text-align: center" class="pageNumber"></p>'


def title_of(notebook: NotebookNode) -> str:
    """Return the first heading."""
    return notebook.cells[0].source.splitlines()[0].removeprefix("# ")


def with_marks(source: str) -> str:
    """Return a function with marks around its body, which nbgrader empties; the docstring stays."""
    (function,) = ast.parse(source).body
    first = function.body[0]
    start = first.end_lineno if ast.get_docstring(function) else first.lineno - 1
    lines, indent = source.splitlines(), " " * first.col_offset
    body = [f"{indent}### BEGIN SOLUTION", *lines[start:], f"{indent}### END SOLUTION"]
    return "\n".join(lines[:start] + body)


def role(name: str, points: int = 0) -> dict[str, object]:
    """Return nbgrader's metadata for a cell: a solution, or the check that gives points."""
    kind = {"solution": not points, "grade": bool(points), "locked": bool(points), "task": False}
    return {"schema_version": 3, "grade_id": name, **kind} | ({"points": points} if points else {})


def without_solutions(notebook: NotebookNode) -> NotebookNode:
    """Return a copy whose texts hold no folded solutions."""
    return with_texts(notebook, lambda text: FOLDED.sub("", text))


def without_neighbours(notebook: NotebookNode) -> NotebookNode:
    """Return a copy for a page that stands alone: no links to other files of the repository."""
    return with_texts(notebook, lambda text: NEIGHBOUR.sub(r"\1", text))


def with_texts(notebook: NotebookNode, change: Callable[[str], str]) -> NotebookNode:
    """Return a copy with other texts."""
    copy = deepcopy(notebook)
    for cell in copy.cells:
        if cell.cell_type == "markdown":
            cell.source = change(cell.source)
    return copy


def all_solutions() -> dict[str, str]:
    """Return the solutions of all notebooks, by the name that is asked for."""
    return {
        n: source for each in lessons_and_template() for n, source in solutions(each.read()).items()
    }


def for_nbgrader(notebook: NotebookNode) -> NotebookNode:
    """Return a copy that nbgrader can release and grade.

    The cells that check an exercise become one cell: an exercise is solved or not.
    """
    marked, cells, known = without_solutions(notebook), [], solutions(notebook)
    text, exercise, check = "", "", None
    for cell in marked.cells:
        if cell.cell_type == "markdown":
            text, exercise, check = cell.source, "", None
        elif "solution" in cell.metadata.get("tags", []):
            exercise = ast.parse(cell.source).body[0].targets[0].id
            cell.source = with_marks(known[exercise].strip())
            cell.metadata["nbgrader"] = role(exercise)
        elif check:
            check.source += f"\n\n{cell.source}"
            check.outputs += cell.outputs
            continue
        elif exercise:
            if not (found := DIFFICULTY.search(text)):
                sys.exit(f"{exercise}: no difficulty in its text: expected `(★★, 10 minutes)`.")
            check = cell
            cell.metadata["nbgrader"] = role(f"{exercise}-check", POINTS[found[1]])
        cells.append(cell)
    marked.cells = cells
    return marked


def points_of(marked: NotebookNode) -> list[int]:
    """Return the points for each exercise."""
    roles = (cell.metadata.get("nbgrader", {}) for cell in marked.cells)
    return [role["points"] for role in roles if role.get("grade")]


def minutes_of(notebook: NotebookNode) -> int:
    """Return the minutes that the exercises take, as their headings say."""
    return sum(int(minutes) for cell in notebook.cells if cell.cell_type == "markdown"
               for _, minutes in DIFFICULTY.findall(cell.source))  # fmt: skip


def slides_of(notebook: NotebookNode) -> int:
    """Return the number of slides."""
    kinds = [cell.metadata.get("slideshow", {}).get("slide_type") for cell in notebook.cells]
    return sum(kind in ("slide", "subslide") for kind in kinds)


def release(notebooks: dict[str, NotebookNode], folder: Path) -> None:
    """Make nbgrader's course folder, with one assignment per notebook, ready to hand out."""
    folder.mkdir()
    shutil.copy(HERE / "nbgrader_config.py", folder)
    config = PyFileConfigLoader("nbgrader_config.py", path=str(folder)).load_config()
    course = CourseDirectory(root=str(folder), config=config)
    for name, notebook in notebooks.items():
        (folder / "source" / name).mkdir(parents=True)
        nbformat.write(notebook, folder / "source" / name / f"{name}.ipynb")
        course.assignment_id = name
        GenerateAssignment(coursedir=course, config=config).start()


def copy_scripts(folder: Path) -> None:
    """Copy the scripts that the pages load, from the packages that contain them."""
    for name, (package, inside, parts) in SCRIPTS.items():
        source = Path(find_spec(package).origin).parent / inside
        for part in parts:
            target = folder / name / part
            target.parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if (source / part).is_dir() else shutil.copy
            copy(source / part, target)


def environment() -> Environment:
    """Return what fills the templates of pages."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined
    )


def write_pages(exporter: HTMLExporter, notebooks: dict[str, NotebookNode], folder: Path) -> None:
    """Write each notebook as one page."""
    folder.mkdir()
    for name, notebook in notebooks.items():
        titled = without_neighbours(notebook)
        glossary.link_cells(titled, Lesson(name).number, f"../{WORDS}")
        titled.metadata["title"] = title_of(notebook)
        html, _ = exporter.from_notebook_node(titled)
        (folder / f"{name}.html").write_text(html, encoding="utf-8")


def write_pdfs(folder: Path, cards_folder: Path) -> None:
    """Print the pages as PDF, with page numbers, an outline, and tags for screen readers."""
    with chromium() as browser:
        page = browser.new_page()
        cards.print_cards(page, cards_folder)
        page.emulate_media()
        for path in sorted(folder.glob("*.html")):
            page.goto(path.as_uri())
            page.evaluate("MathJax.startup.promise")
            page.evaluate(UNLINK)
            page.pdf(
                path=path.with_suffix(".pdf"), format="A4", tagged=True, outline=True,
                margin=dict.fromkeys(("top", "right", "bottom", "left"), "15mm"),
                display_header_footer=True, header_template="<span></span>",
                footer_template=PAGE_NUMBER,
            )  # fmt: skip


def write_quizzes(names: Iterable[str], folder: Path, pages: Environment) -> None:
    """Write quizzes for learning platforms, and as pages with and without answers."""
    folder.mkdir()
    for name in names:
        quiz = Lesson(name).quiz()
        QTI(quiz).save(folder / f"{name}.zip")
        pages.filters["markdown"] = lambda text, quiz=quiz: Markup(quiz.md.md_to_html(text))
        for end in ("", "_answers"):
            html = pages.get_template("quiz.html.j2").render(quiz=quiz, answers=bool(end))
            (folder / f"{name}{end}.html").write_text(html, encoding="utf-8")


def write_glossary(names: Iterable[str], path: Path, pages: Environment) -> None:
    """Write the page of words; it links the printable pages of these notebooks."""
    html = pages.get_template("glossary.html.j2").render(
        count=len(glossary.terms()), letters=glossary.letters(), names=glossary.places(),
        built=set(names), where=glossary.where,
    )  # fmt: skip
    path.write_text(html, encoding="utf-8")


def write_all(notebooks: dict[str, NotebookNode], folder: Path, pdf: bool) -> None:
    """Write the materials for some notebooks."""
    marked = {name: for_nbgrader(notebook) for name, notebook in notebooks.items()}
    release(marked, folder / "nbgrader")
    students = {}
    for kind in ("student", "instructor"):
        (folder / kind).mkdir()
    for name in notebooks:
        shutil.copy(Lesson(name).notebook, folder / "instructor")
        path = shutil.copy(folder / "nbgrader/release" / name / f"{name}.ipynb", folder / "student")
        students[name] = nbformat.read(path, as_version=4)
    shutil.copy(TEMPLATES / "student_agents.md", folder / "student" / "AGENTS.md")
    options = {
        "extra_template_basedirs": [str(TEMPLATES)],
        "extra_template_paths": [str(TEMPLATES)],
        "exclude_anchor_links": True,
        "exclude_input_prompt": True,
        "exclude_output_prompt": True,
    }
    copy_scripts(folder / "_static")
    deck = SlidesExporter(
        template_name="slides",
        reveal_theme="white",
        reveal_url_prefix="../_static/reveal",
        **options,
    )
    shown = {name: without_solutions(notebook) for name, notebook in notebooks.items()}
    write_pages(deck, shown, folder / "slides")
    write_pages(HTMLExporter(template_name="print", **options), students, folder / "print")
    pages = environment()
    with_card = cards.write_cards(notebooks, folder / "card", pages)
    if pdf:
        write_pdfs(folder / "print", folder / "card")
    write_quizzes(notebooks, folder / "quiz", pages)
    asked = {title_of(read): questions(Lesson(name)) for name, read in notebooks.items()}
    write_deck(asked, folder / "quiz" / "anki.apkg")
    write_glossary(notebooks, folder / WORDS, pages)
    rows = [
        (name, title_of(notebook), points_of(notebook), minutes_of(notebook), slides_of(notebook))
        for name, notebook in marked.items()
    ]
    index = pages.get_template("index.html.j2").render(rows=rows, cards=with_card, pdf=pdf)
    (folder / "index.html").write_text(index, encoding="utf-8")


def build(names: list[str], output: Path, pdf: bool) -> None:
    """Build the materials for some notebooks, check them, and replace the old ones.

    Raises:
        SystemExit: Something is wrong; the old materials are still there.
    """
    for work in ("submitted", "autograded", "feedback"):
        if (output / "nbgrader" / work).exists():
            sys.exit(f"{output}/nbgrader/{work} contains students' work: move nbgrader/ elsewhere.")
    notebooks = {name: Lesson(name).read() for name in names}
    with replacing(output) as folder:
        folder.mkdir()
        write_all(notebooks, folder, pdf)
        faults = list(faults_of_links(folder, read_pages(folder)))
        ours = Solutions(all_solutions())
        for given in ("student", "nbgrader/release"):
            faults += faults_of_folder(folder / given, ours)
        if faults:
            sys.exit("\n".join([*faults, "Nothing was replaced because of the faults above."]))


def main() -> None:
    """Read the command line, build, and report what was built."""
    known = [lesson.name for lesson in lessons()]
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="a notebook; default: all")
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "course")
    parser.add_argument("--no-pdf", action="store_true", help="leave the PDFs out")
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.names if name not in known]:
        parser.error(f"no notebook {unknown[0]!r}. Valid: {', '.join(known)}.")
    pdf = not arguments.no_pdf and CHROMIUM is not None
    build(arguments.names or known, arguments.output, pdf)
    if not arguments.no_pdf and not pdf:
        print("No PDF without Chromium or Google Chrome; the pages in print/ can be printed.")
    print(f"Checked: open {os.path.relpath(arguments.output)}/index.html")


if __name__ == "__main__":
    main()

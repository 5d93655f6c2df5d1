"""Course materials: what students get, a way through nbgrader, pages and slides in a browser."""

import __future__

import ast
import csv
import html
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import build_course
import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from conftest import QUICK, ROOT
from lesson import Lesson, lessons
from links import faults_of_links, read_pages
from nbformat import NotebookNode
from playwright.sync_api import Page

from shared.exercises import solutions

NAMES = [lesson.name for lesson in lessons()]
GRADED = "template"  # the quickest to execute
Built = Callable[[str], Path]


def build(*arguments: object) -> subprocess.CompletedProcess:
    command = [sys.executable, str(ROOT / "course" / "build_course.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Return what builds the materials of one lesson, once, without PDFs."""
    folder = tmp_path_factory.mktemp("built")

    @cache
    def built(name: str) -> Path:
        build_course.build([name], folder / name, pdf=False)
        return folder / name

    return built


@pytest.mark.slow
def test_the_command_says_where_the_materials_are(tmp_path: Path) -> None:
    done = build("--output", tmp_path / "a course", "--no-pdf", QUICK)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"Checked: open .*/a course/index.html\n", done.stdout)
    assert done.stderr == ""
    assert [path.name for path in tmp_path.iterdir()] == ["a course"]
    assert build("--output", tmp_path, "03_other").stderr.endswith(f"{', '.join(NAMES)}.\n")


def read(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4)


def answers_of(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if "solution" in cell.metadata.get("tags", [])]


def figures(notebook: NotebookNode) -> list[str]:
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [o.data["image/png"] for o in outputs if "image/png" in o.get("data", {})]


def lines_of(cells: list[NotebookNode]) -> set[str]:
    return {line.strip() for cell in cells for line in cell.source.splitlines()}


@pytest.mark.parametrize("name", NAMES)
def test_students_get_no_solution(course: Built, name: str) -> None:
    folder = course(name)
    ours, theirs = (read(folder / kind / f"{name}.ipynb") for kind in ("instructor", "student"))
    assert (folder / "instructor" / f"{name}.ipynb").read_bytes() == (
        ROOT / "notebooks" / f"{name}.ipynb"
    ).read_bytes()
    given = lines_of(theirs.cells)
    public = lines_of(build_course.without_solutions(ours).cells)
    for asked, source in solutions(ours).items():
        (function,) = ast.parse(source).body
        body = function.body[1 if ast.get_docstring(function) else 0 :]
        secret = {line.strip() for line in source.splitlines()[body[0].lineno - 1 :]}
        assert secret - public, asked
        assert given & (secret - public) == set(), asked
    assert "SOLUTION" not in str(theirs)
    assert "<summary>Solution" in str(ours)
    for page in ("slides", "print"):
        assert "<summary>Solution" not in (folder / page / f"{name}.html").read_text()
    assert figures(theirs) == figures(ours) != []


@pytest.mark.parametrize("name", NAMES)
def test_an_unfinished_cell_says_what_to_do(course: Built, name: str) -> None:
    unfinished = answers_of(read(course(name) / "student" / f"{name}.ipynb"))
    assert len(unfinished) >= 3
    for cell in unfinished:
        namespace: dict[str, object] = {}
        # Type hints stay text: what they name is imported elsewhere in the notebook.
        hints = __future__.annotations.compiler_flag
        exec(compile(cell.source, name, "exec", hints), namespace)
        (function,) = ast.parse(cell.source).body
        arguments = [None] * len(function.args.args)
        with pytest.raises(NotImplementedError, match="the text above says what to return"):
            namespace[function.name](*arguments)


def answered(source: NotebookNode, release: NotebookNode, answers: dict[str, str]) -> NotebookNode:
    """Return a student's notebook with our solutions, but for the answers given by function."""
    for ours, theirs in zip(source.cells, release.cells, strict=True):
        if "solution" in theirs.metadata.get("tags", []):
            name = theirs.metadata["nbgrader"]["grade_id"]
            theirs.source = answers.get(name, ours.source) or theirs.source
    return release


@pytest.mark.slow
@pytest.mark.timeout(1800)  # it executes a notebook twice, on a machine that may be busy
def test_a_teacher_grades_by_nbgrader(course: Built, tmp_path: Path) -> None:
    """A right answer to everything, and one that is wrong once and unfinished once."""
    folder, file = tmp_path / "autumn term", f"{GRADED}/{GRADED}.ipynb"
    shutil.copytree(course(GRADED) / "nbgrader", folder)
    source = read(folder / "source" / file)
    right, wrong, message = Lesson(GRADED).checks()["MISTAKES"]["equal_words"][0]
    ours = solutions(read(ROOT / "notebooks" / f"{GRADED}.ipynb"))["equal_words"]
    students = {"ada": {}, "bob": {"equal_words": ours.replace(right, wrong), "gap": ""}}
    for student, answers in students.items():
        place = folder / "submitted" / student / file
        place.parent.mkdir(parents=True)
        nbformat.write(answered(source, read(folder / "release" / file), answers), place)
    for command in (["autograde", GRADED], ["export"]):
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", *command], cwd=folder, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
    with (folder / "grades.csv").open() as lines:
        rows = {r["student_id"]: r for r in csv.DictReader(lines) if r["assignment"] == GRADED}
    marks = {name: (float(row["score"]), float(row["max_score"])) for name, row in rows.items()}
    assert marks == {"ada": (4, 4), "bob": (1, 4)}  # points: 1, 1 and 2
    graded = str(read(folder / "autograded" / "bob" / file))
    assert message in graded
    assert "not written yet" in graded


@pytest.mark.parametrize("name", NAMES)
def test_a_quiz_is_sound(course: Built, name: str) -> None:
    with zipfile.ZipFile(course(name) / "quiz" / f"{name}.zip") as package:
        assert package.testzip() is None
        files = {file: package.read(file) for file in package.namelist() if file.endswith(".xml")}
    named = {tag.get("href") for tag in ET.fromstring(files["imsmanifest.xml"]).iter()} - {None}
    assert named and named <= files.keys()
    tests = [ET.fromstring(content) for content in files.values()]
    items = [tag for test in tests for tag in test.iter() if tag.tag.endswith("}item")]
    pages = {
        end: BeautifulSoup((course(name) / "quiz" / f"{name}{end}.html").read_text(), "html.parser")
        for end in ("", "_answers")
    }
    for page in pages.values():
        assert len(page.select(".question > li")) == len(items) >= 6
    assert pages[""].select(".right, .why, .note") == []
    assert all(item.select(".right") for item in pages["_answers"].select(".question > li"))


@pytest.mark.parametrize("name", NAMES)
def test_a_deck_for_anki_has_the_questions_of_the_quiz(course: Built, name: str) -> None:
    with zipfile.ZipFile(course(name) / "quiz" / "anki.apkg") as package:
        assert package.testzip() is None
        content = package.read("collection.anki2")
    for question in Lesson(name).quiz().questions_and_delims:
        key = html.escape(f"{name}/{question.title_raw}")
        assert key.encode() in content
    page = BeautifulSoup((course(name) / "index.html").read_text(), "html.parser")
    assert page.select_one("a[href='quiz/anki.apkg']")


@pytest.mark.parametrize("name", NAMES)
def test_a_teacher_sees_how_long_a_lesson_is(course: Built, name: str) -> None:
    """Of exercises by hand, and of slides as they are shown."""
    page = BeautifulSoup((course(name) / "index.html").read_text(), "html.parser")
    texts = [c.source for c in Lesson(name).read().cells if c.cell_type == "markdown"]
    told = re.findall(r"^(?:### Exercise|\*\*\d).*?(\d+) min", "\n".join(texts), re.MULTILINE)
    exercises, points, minutes = map(int, re.findall(r"\d+", page.select_one("td").text))
    assert (exercises, minutes) == (len(told), sum(map(int, told)))
    assert exercises <= points <= 3 * exercises
    slides = BeautifulSoup((course(name) / "slides" / f"{name}.html").read_text(), "html.parser")
    shown = len(slides.select(".slides > section > section"))
    assert page.find("a", string=f"{shown} slides")


def test_the_checker_sees_what_a_page_loads(tmp_path: Path) -> None:
    html = """<style>@import "https://x.org/a.css"</style><script src="//x.org/a.js"></script>
      <a href="gone.html">a</a><a href="#gone">b</a><img src="data:image/png;base64,AA">"""
    (tmp_path / "a.html").write_text(html)
    assert list(faults_of_links(tmp_path, read_pages(tmp_path))) == [
        "a.html: '//x.org/a.js' is loaded from a network",
        "a.html: 'gone.html': there is no such file in the site",
        "a.html: '#gone': there is no such place on the page",
        "a.html: image 'data:image/png;base64,AA' has no alternative text",
        "a.html: 'https://x.org/a.css' is loaded from a network",
    ]


def test_a_fault_leaves_the_old_materials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_course, "copy_scripts", lambda folder: None)
    (tmp_path / "course").mkdir()
    (tmp_path / "course" / "old").touch()
    with pytest.raises(SystemExit, match="Nothing was replaced") as caught:
        build_course.build([QUICK], tmp_path / "course", pdf=False)
    assert "'../_static/mathjax/tex-svg-full.js': there is no such file" in str(caught.value)
    assert [path.name for path in tmp_path.rglob("*")] == ["course", "old"]


def test_students_work_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "nbgrader" / "submitted").mkdir(parents=True)
    with pytest.raises(SystemExit, match="nbgrader/submitted contains students' work: move"):
        build_course.build([QUICK], tmp_path, pdf=False)


def test_without_chromium_one_line_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(build_course, "CHROMIUM", None)
    monkeypatch.setattr(sys, "argv", ["build_course.py", "--output", str(tmp_path / "c"), QUICK])
    build_course.main()
    assert capsys.readouterr().out.startswith("No PDF without Chromium")
    assert ".pdf" not in (tmp_path / "c" / "index.html").read_text()


@pytest.mark.browser
def test_pdfs_have_pages(page: Page, tmp_path: Path) -> None:
    done = build("--output", tmp_path / "c", QUICK)
    assert done.returncode == 0, done.stderr
    content = (tmp_path / "c" / "print" / f"{QUICK}.pdf").read_bytes()
    assert content.startswith(b"%PDF-")
    assert 8 <= len(re.findall(rb"/Type /Page\b", content)) <= 30
    assert b"file://" not in content, "a link leads to a folder of this machine"
    card = (tmp_path / "c" / "card" / f"{QUICK}.pdf").read_bytes()
    assert len(re.findall(rb"/Type /Page\b", card)) == 1
    page.goto((tmp_path / "c" / "index.html").as_uri())
    assert page.get_by_role("link", name=re.compile("PDF$")).get_attribute("href") == (
        f"print/{QUICK}.pdf"
    )


SHOWN = """() => {
  const slide = Reveal.getCurrentSlide(), images = [...slide.querySelectorAll("img")];
  return {
    place: JSON.stringify(Reveal.getIndices()), title: slide.innerText.slice(0, 40),
    low: slide.scrollHeight - 720, wide: slide.scrollWidth - 1280,
    empty: !slide.innerText.trim() && !images.length,
    broken: images.filter(image => !image.naturalWidth || image.height < 100).length,
    errors: slide.querySelectorAll("mjx-merror").length,
  };
}"""


@pytest.mark.browser
@pytest.mark.parametrize("name", NAMES)
def test_slides_advance_and_fit(course: Built, page: Page, name: str) -> None:
    page.goto((course(name) / "slides" / f"{name}.html").as_uri())
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    seen = set()
    for _ in range(page.evaluate("Reveal.getTotalSlides()")):
        shown = page.evaluate(SHOWN)
        seen.add(shown["place"])
        assert shown["low"] <= 0 and shown["wide"] <= 0, shown
        assert not shown["empty"] and not shown["broken"] and not shown["errors"], shown
        page.keyboard.press("Space")
    assert len(seen) == page.evaluate("Reveal.getTotalSlides()") > 1
    assert page.evaluate("Reveal.isLastSlide()")


@pytest.mark.browser
@pytest.mark.parametrize(
    "path",
    ["index.html", "glossary.html", f"card/{QUICK}.html", f"quiz/{QUICK}_answers.html",
     f"slides/{QUICK}.html", f"print/{QUICK}.html"],
)  # fmt: skip
def test_axe_finds_nothing(course: Built, page: Page, path: str) -> None:
    page.goto((course(QUICK) / path).as_uri())
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
    options = {"runOnly": rules, "preload": False, "resultTypes": ["violations"]}
    views = page.evaluate("window.Reveal ? Reveal.getTotalSlides() : 1")
    for _ in range(views):
        found = Axe().run(page, options=options)
        faults = found.response["violations"]
        assert [(fault["id"], fault["nodes"][0]["html"]) for fault in faults] == []
        page.keyboard.press("Space")


@pytest.mark.browser
@pytest.mark.parametrize(
    "path",
    ["index.html", "glossary.html", f"card/{QUICK}.html", f"quiz/{QUICK}.html",
     "print/02_tokenization.html"],
)  # fmt: skip
def test_pages_are_no_wider_than_a_phone(course: Built, page: Page, path: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto((course(QUICK) / path).as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

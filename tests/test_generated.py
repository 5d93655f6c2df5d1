"""What is generated is as the lessons are, a fault is said in one line, and outputs are kept."""

from pathlib import Path

import generate
import jupytext
import lesson as lesson_module
import measured
import nbformat
import pytest
import refresh
from lesson import ROOT, Lesson, lessons_and_template
from nbformat import NotebookNode

from shared.errors import UserError

ABOUT = {
    "title": {"en": "a title", "zh": "标题"},
    "question": {"en": "why?", "zh": "为什么？"},
    "part": "tasks",
}
ROUTES = """[[route]]
name = { en = "Go", zh = "走" }
for = { en = "see", zh = "看" }
steps = [{ lesson = "01_a", en = "first", zh = "先" }, { lesson = "02_b", en = "b", zh = "乙" }]
"""
README = "# A\n" + "".join(
    f"\n<!-- {name} -->\nold\n<!-- end -->\n" for name in ("routes", "figures", "notebooks")
)


def test_what_is_generated_is_up_to_date() -> None:
    stale = [
        str(path.relative_to(ROOT))
        for path, content in generate.generated().items()
        if not path.exists() or path.read_bytes() != content
    ]
    assert stale == [], "make refresh NOTEBOOKS="


def test_each_lesson_has_its_folder_and_nothing_else_is_there() -> None:
    names = {lesson.name for lesson in lessons_and_template()}
    assert {path.name for path in (ROOT / "course" / "lessons").glob("[!.]*")} == names
    needed = {"check.py", "notebook.md", "quiz.txt"}
    made = {"card.md", "figure.png", "measured.json", "full.json", "seeds.json", "variants.json",
            "arrays.safetensors"}  # fmt: skip
    for lesson in lessons_and_template():
        files = {path.name for path in lesson.folder.glob("[!.]*")}
        assert needed <= files <= needed | made, lesson.name


@pytest.mark.parametrize("lesson", lessons_and_template(), ids=lambda lesson: lesson.name)
def test_the_text_of_a_notebook_has_all_its_cells(lesson: Lesson) -> None:
    def cells(notebook: NotebookNode) -> list[tuple[str, str]]:
        return [(cell.cell_type, cell.source.rstrip()) for cell in notebook.cells]

    saved = (lesson.folder / "notebook.md").read_text(encoding="utf-8")
    assert cells(jupytext.reads(saved, fmt="md")) == cells(lesson.read())


@pytest.fixture
def lesson(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lesson:
    """Return the only lesson, beside the template, of a small repository."""
    for module in (lesson_module, generate, refresh, measured):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(generate.glossary, "terms", list)  # its words are taught elsewhere
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "course").mkdir()
    (tmp_path / "course" / "routes.toml").write_text(ROUTES)
    for name in ("01_a", "template"):
        (tmp_path / "course" / "lessons" / name).mkdir(parents=True)
        write(Lesson(name))
    for name in generate.LANGUAGES:
        (tmp_path / name).write_text(README)
    return Lesson("01_a")


def write(lesson: Lesson, source: str = "print(6 * 7)", **about: object) -> None:
    parameters = nbformat.v4.new_code_cell("profile: str = 'quick'\nseed: int = 0")
    parameters.metadata = {"tags": ["parameters"], "lines_to_next_cell": 2}
    cells = [parameters, nbformat.v4.new_code_cell(source)]
    spec = {"name": "python3", "display_name": "Python 3"}
    metadata = {"kernelspec": spec, "course": ABOUT | about, "widgets": {}}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=metadata)
    nbformat.write(notebook, lesson.notebook)


def row(language: str) -> str:
    return generate.table_of_notebooks(language).splitlines()[2]


def test_a_row_says_what_was_measured(lesson: Lesson) -> None:
    assert row("en") == "| [01 a title](notebooks/01_a.ipynb) | why? | tasks | – | – |"
    (lesson.folder / "measured.json").write_text('{"GiB": 0.5, "seconds": 12}')
    assert row("en").endswith("| tasks | 12 s | 0.5 GiB |")
    assert row("zh").endswith("| 为什么？ | 任务 | 12 s | 0.5 GiB |")
    assert "| 1 notebooks |" in generate.table_of_notebooks("en")


def test_what_a_run_took_is_noted_of_all_lessons_or_of_none(
    lesson: Lesson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("COURSE_RUNS", str(tmp_path))
    assert measured.main() == 1 and not lesson.measured()
    assert "has no results of 01_a: make measured." in capsys.readouterr().err
    (tmp_path / "01_a.benchmark.tsv").write_text("s\tmax_rss\n61.7\t1536\n")
    assert measured.main() == 0
    assert lesson.measured() == {"GiB": 1.5, "seconds": 62}
    assert "| 62 s | 1.5 GiB |" in (lesson_module.ROOT / "README.md").read_text()


def test_what_is_not_translated_yet_is_shown_in_english_and_marked(lesson: Lesson) -> None:
    write(lesson, question={"en": "why?", "zh": ""})
    assert "| why?（英文） |" in row("zh")


@pytest.mark.parametrize(
    ("about", "message"),
    [
        ({"question": {}}, "01_a.ipynb: course.question.en is missing in the notebook's metadata"),
        ({"part": "music"}, "course.part = 'music' in the notebook's metadata: expected one of"),
    ],
)
def test_what_a_notebook_does_not_say_of_itself_is_named(
    lesson: Lesson, about: dict[str, object], message: str, capsys: pytest.CaptureFixture
) -> None:
    write(lesson, **about)
    assert generate.main() == 1
    said = capsys.readouterr().err
    assert message in said and said.count("\n") == 1


def test_the_readmes_are_filled_between_their_markers(lesson: Lesson) -> None:
    assert generate.main() == 0
    filled = (lesson_module.ROOT / "README.md").read_text()
    assert "old" not in filled and "<!-- figures -->\n| | |" in filled
    assert filled.startswith("# A\n\n<!-- routes -->\n- **Go**: see. [01](notebooks/01_a.ipynb)\n<")
    assert generate.filled(filled, "en") == filled
    assert generate.write_changed() == []
    with pytest.raises(UserError, match="lacks the lines `<!-- routes -->` and"):
        generate.filled("# A\n", "en")


def test_routes_stand_in_a_notebook_that_shows_them_with_reasons(lesson: Lesson) -> None:
    """A lesson that is not there yet is left out; outputs and other cells stay as they are."""
    notebook = lesson.read()
    shown = nbformat.v4.new_markdown_cell("## Routes\n\n<!-- routes -->\nold\n<!-- end -->\nafter")
    notebook.cells.append(shown)
    nbformat.write(notebook, lesson.notebook)
    assert generate.main() == 0
    source = lesson.read().cells[-1].source
    assert source.startswith("## Routes\n\n<!-- routes -->\n### Go\n\nSee.")
    assert "1. [01 a title](01_a.ipynb): first\n<!-- end -->\nafter" in source
    assert "02" not in source and "old" not in source
    assert lesson.read().cells[:-1] == notebook.cells[:-1]
    assert source in (lesson.folder / "notebook.md").read_text()
    assert generate.write_changed() == []


def test_a_number_is_taken_from_the_row_that_it_names(lesson: Lesson) -> None:
    results = lesson_module.ROOT / "benchmarks" / "results"
    results.mkdir(parents=True)
    (results / "README.md").write_text("| a speed | 1,234 ×/s | 1 to 2 |\n| a | 5 |\n| a | 6 |\n")
    page = README + "**9**<!-- measured: a speed --> times, **two** files"
    assert "**1,234**<!-- measured: a speed --> times, **two** files" in generate.filled(page, "en")
    for name in ("another speed", "a"):
        with pytest.raises(UserError, match=f"'{name}': expected one such row"):
            generate.filled(README + f"**9**<!-- measured: {name} -->", "en")


def test_a_refreshed_notebook_has_outputs_and_its_question(
    lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COURSE_RUNS")
    write(
        lesson,
        "import os\nfrom pathlib import Path\nlist(Path(os.environ['COURSE_RUNS']).iterdir())",
    )
    assert refresh.main([str(lesson.notebook)]) == 0
    notebook = lesson.read()
    assert notebook.cells[1].outputs[0].data["text/plain"] == "[]"  # it found no older results
    assert notebook.metadata.keys() == {"course", "kernelspec", "language_info"}
    assert notebook.cells[0].metadata == {"tags": ["parameters"]}
    assert notebook.cells[1].metadata == {}
    assert "| why? |" in (lesson_module.ROOT / "README.md").read_text()


def test_a_notebook_that_fails_keeps_its_outputs_and_the_next_is_executed(
    lesson: Lesson, capsys: pytest.CaptureFixture
) -> None:
    write(lesson, "1 / 0")
    before = lesson.notebook.read_bytes()
    assert refresh.main([str(lesson.notebook), str(Lesson("template").notebook)]) == 1
    assert lesson.notebook.read_bytes() == before
    said = capsys.readouterr().err
    assert said == "01_a.ipynb: ZeroDivisionError: division by zero. The old outputs are kept.\n"
    assert Lesson("template").read().cells[1].outputs[0].text == "42\n"


def test_what_is_no_notebook_of_ours_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    assert refresh.main([str(tmp_path / "nope.ipynb")]) == 2
    assert "nope.ipynb: expected a notebook in notebooks/" in capsys.readouterr().err

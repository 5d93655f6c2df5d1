"""A small repository: two notebooks, quizzes, a placement quiz, routes, synonyms; and its site."""

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
from engine import ROOT

QUIZ = """Quiz title: {title}
Quiz description: Three questions.

Title: Number
Points: 1
1.  What is 1 / 4 of {number}?
... A quarter of `{number}`.
=   {quarter} +- 0.01

Title: One
Points: 1
2.  Which one is even?
... Two is twice one, and 2 < 3.
a)  one
... One is odd.
*b) two
c)  three
... Three is odd.

Title: Several
Points: 1
3.  Which are odd?
... One and three.
[*] one
[ ] two
... Two is even.
[*] three
"""
PLACEMENT = "\n".join(
    f'[[step]]\nquestion = "{question}"\nsection = "{section}"\n'
    for question, section in (
        ("01_one/Number", "Alpha"),
        ("01_one/One", "The key–value cache"),
        ("02_two/Number", "Alpha"),
        ("02_two/Several", "Omega"),
    )
)
ROUTES = """[[route]]
name = { en = "Forwards" }
for = { en = "from one to two" }
steps = [{ lesson = "01_one" }, { lesson = "09_absent" }, { lesson = "02_two" }]

[[route]]
name = { en = "Backwards" }
for = { en = "from two to one" }
steps = [{ lesson = "02_two" }, { lesson = "01_one" }]
"""
NOTEBOOKS = {
    "01_one": ["# 01 · One: a first notebook\n\nIt begins.", "## 1 · Alpha\n\nAttention, please.",
               "## 2 · The key–value cache\n\nKept keys: `cache` and $a < b$."],
    "02_two": ["# 02 · Two: a second & last notebook\n\nA key/value cache is named here.",
               "## 1 · Alpha\n\nDecoding.", "### Omega\n\nLow-rank adaptation <b>&lt;i&gt;</b>."],
}  # fmt: skip


def write_source(folder: Path) -> Path:
    """Write the repository, and return its folder."""
    for name in ("data", "notebooks", "course"):
        (folder / name).mkdir(parents=True)
    links = " ".join(f"[{name}](notebooks/{name}.ipynb)" for name in NOTEBOOKS)
    (folder / "README.md").write_text(f"# Readme\n\nIt teaches small things. It runs.\n\n{links}\n")
    (folder / "CONTRIBUTING.md").write_text("# Second\n")
    (folder / "data" / "README.md").write_text("# Third\n")
    course = folder / "course"
    shutil.copy(ROOT / "course" / "synonyms.txt", course)
    (course / "placement.toml").write_text(PLACEMENT)
    (course / "routes.toml").write_text(ROUTES)
    (course / "glossary.tsv").write_text("term\tchinese\nattention\t注意力；专注\nlora\t低秩适配\n")
    figure = ROOT / "course" / "lessons" / "04_evaluation" / "figure.png"
    for place, (name, texts) in enumerate(NOTEBOOKS.items(), start=1):
        lesson = course / "lessons" / name
        lesson.mkdir(parents=True)
        quiz = QUIZ.format(title=name, number=place, quarter=place / 4)
        (lesson / "quiz.txt").write_text(quiz)
        shutil.copy(figure, lesson)
        (lesson / "measured.json").write_text('{"seconds": 7}')
        code = nbformat.v4.new_code_cell(f"only_in_code_{place} = 1", execution_count=1)
        cells = [*map(nbformat.v4.new_markdown_cell, texts), code]
        shown = {
            "question": {"en": f'what is "{place}" < 9?'},
            "figure": {"alt": {"en": 'Two "bars"'}},
        }
        spec = {"name": "python3", "display_name": "Python 3"}
        language = {"name": "python", "pygments_lexer": "ipython3"}
        metadata = {"kernelspec": spec, "language_info": language, "course": shown}
        notebook = nbformat.v4.new_notebook(cells=cells, metadata=metadata)
        nbformat.write(notebook, folder / "notebooks" / f"{name}.ipynb")
    return folder


def write_site(folder: Path) -> Path:
    """Write the repository and build its site; return the site's folder."""
    command = [sys.executable, str(ROOT / "course" / "build_site.py"), "--source"]
    command += [str(write_source(folder / "source")), "--output", str(folder / "site")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / "site"

"""Make a notebook and its lesson's folder from the template.

python course/new.py 13_your_question
"""

import re
import shutil
import sys

import nbformat
from generate import write_changed
from lesson import ROOT, TEMPLATE, Lesson, lessons

from shared.errors import UserError, short
from shared.whole import write_whole

NAME = re.compile(r"\d\d(_[a-z0-9]+)+")
LONGEST = 60  # characters of a name


def check_name(name: str) -> None:
    """Check that a name can be a new lesson's.

    Raises:
        UserError: It has another form, or something of this name or number exists.
    """
    others = lessons()
    free = next(n for n in range(len(others), 1000) if f"{n:02}" not in {o.number for o in others})
    example = f"{free:02}_your_question"
    if not NAME.fullmatch(name) or len(name) > LONGEST:
        raise UserError(
            f"NAME = {short(name)}: expected two digits and words in small letters, joined by _,"
            f" at most {LONGEST} characters, such as {example}."
        )
    lesson = Lesson(name)
    for other in others:
        if other.number == lesson.number:
            raise UserError(
                f"NAME = {short(name)}: number {other.number} is taken by {other.name}."
                f" Choose a free one, such as {example}."
            )
    if lesson.folder.exists():
        raise UserError(
            f"NAME = {short(name)}: {lesson.folder.relative_to(ROOT)} is there without a notebook."
            " Delete it, or choose another name."
        )


def make(name: str) -> Lesson:
    """Make a lesson; the notebook comes last, so that an interrupted call leaves none.

    Raises:
        UserError: The name is refused.
    """
    check_name(name)
    lesson, template = Lesson(name), Lesson(TEMPLATE)
    title = name.partition("_")[2].replace("_", " ")

    def named(text: str) -> str:
        text = text.replace("NN · A title", f"{lesson.number} · {title.capitalize()}")
        return text.replace("notebook NN", f"notebook {lesson.number}")

    partial = lesson.folder.with_name(f".{name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    for file in ("check.py", "quiz.txt"):
        text = (template.folder / file).read_text(encoding="utf-8")
        (partial / file).write_text(named(text), encoding="utf-8")
    partial.rename(lesson.folder)
    notebook = template.read()
    notebook.cells[0].source = named(notebook.cells[0].source)
    notebook.metadata["course"]["title"] = {"en": title}
    notebook.metadata["course"]["question"] = {"en": notebook.metadata["course"]["question"]["en"]}
    write_whole(lesson.notebook, nbformat.writes(notebook) + "\n")
    write_changed()
    return lesson


def main(name: str) -> int:
    """Make a lesson and say where it is; return the exit status."""
    try:
        lesson = make(name)
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    paths = (lesson.notebook.relative_to(ROOT), f"{lesson.folder.relative_to(ROOT)}/")
    print(
        f"{paths[0]} and {paths[1]} are copies of the template. CONTRIBUTING.md says what is next."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(" ".join(sys.argv[1:])))

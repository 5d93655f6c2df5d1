"""Build the page that walks one sentence through a Transformer, step by step, and back.

    python course/build_walk.py                    # build/walk.html, from this repository
    python course/build_walk.py --output FILE

`make site` builds it too, as walk.html beside the notebooks' pages: there its links lead to them.
It is one file, fetches nothing, and without JavaScript is a list of all steps.
"""

import argparse
import base64
import hashlib
import itertools
import re
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import glossary
import walk_values
from docutils.nodes import make_id
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from lesson import ROOT, Lesson
from markupsafe import Markup
from walk_steps import Step, all_steps

TEMPLATES = Path(__file__).resolve().parent / "templates" / "walk"
TITLE = "Walk one sentence through a Transformer"
ABOUT = (
    "Every number is computed from the published weights when the page is built, and the build "
    "fails if hidden states, attention weights, logits or the gradient differ from those of the "
    "library transformers. SmolLM2's weights were published with 4 bits each and made into floats "
    "again, so it is not quite the original."
)
MOST_WORDS = 60
WORDS_OF = "01"  # the notebook whose words are looked for, as it writes them


def words(text: str) -> int:
    """Return the number of words of a step's text, tags apart."""
    return len(re.sub(r"<[^>]+>", "", text).split())


def link(name: str, heading: str) -> tuple[str, str]:
    """Return the address of a notebook's section in the site, and what the link says.

    Args:
        name: Of the notebook.
        heading: As it stands there, without the section's number.

    Raises:
        ValueError: The notebook has no such section.
    """
    lesson = Lesson(name)
    cells = [cell.source for cell in lesson.read().cells if cell.cell_type == "markdown"]
    found = re.findall(r"^##+ (?:\d+ · )?(.+)$", "\n".join(cells), flags=re.MULTILINE)
    if heading not in found:
        raise ValueError(f"{name} has no section {heading!r}: expected one of {found}")
    said = heading.replace("$\\sqrt{d_k}$", "√d")
    return f"notebooks/{name}.html#{make_id(heading)}", f"notebook {lesson.number}: {said}"


def image_of(step: Step) -> str:
    """Return a step's drawing as an address."""
    data = base64.b64encode(step.drawing.svg().encode()).decode()
    return f"data:image/svg+xml;base64,{data}"


def sha256_of(text: str) -> str:
    """Return what a content security policy calls an inline script or style."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def page(steps: Iterable[Step]) -> str:
    """Return the page.

    Raises:
        ValueError: A text is too long, a name is not unique, or a section does not exist.
    """
    steps = list(steps)
    if len({step.name for step in steps}) < len(steps):
        raise ValueError("two steps have the same name")
    for step in steps:
        if words(step.text) > MOST_WORDS:
            raise ValueError(
                f"{step.name}: {words(step.text)} words, expected at most {MOST_WORDS}"
            )
    linked = glossary.linker(WORDS_OF, f"{Path(glossary.PAGE).stem}.html")
    shown = [
        asdict(step) | {"number": number, "text": linked(step.text), "drawing": step.drawing,
                        "image": image_of(step),
                        "links": [link(*section) for section in step.taught]}
        for number, step in enumerate(steps, start=1)
    ]  # fmt: skip
    style, script = ((TEMPLATES / name).read_text("utf-8") for name in ("walk.css", "walk.js"))
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    parts = itertools.groupby(shown, key=lambda step: step["part"])
    return environment.get_template("index.html.j2").render(
        title=TITLE, about=ABOUT, steps=shown, parts=[(part, list(own)) for part, own in parts],
        style=Markup(style), style_hash=sha256_of(style),
        script=Markup(script), script_hash=sha256_of(script),
    )  # fmt: skip


def build(output: Path) -> int:
    """Compute, check and write the page; return the number of steps."""
    steps = all_steps(walk_values.encoder(), walk_values.decoder())
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(page(steps), encoding="utf-8")
    return len(steps)


def main() -> None:
    """Read the command line, build, and report."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "walk.html")
    arguments = parser.parse_args()
    print(f"{build(arguments.output)} steps in {arguments.output.name}")


if __name__ == "__main__":
    main()

"""Cards: one page per notebook, to be printed: its drawing, formulas, shapes, lines, and traps.

A card's text is `course/lessons/NAME/card.md`; its drawing is taken from the executed notebook. A
lesson without this file has no card.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bs4 import BeautifulSoup
from jinja2 import Environment
from lesson import Lesson
from markupsafe import Markup
from nbconvert.filters import Highlight2HTML, markdown2html
from nbformat import NotebookNode
from playwright.sync_api import Page

from shared.errors import UserError

PARTS = ("Formulas", "Shapes", "Five lines", "Traps")
LINES = 5
FILE = "card.md"
CODE = re.compile(r"```python\n(.*?)```\n?", re.DOTALL)
SHEET = {"width": 794, "height": 1123}  # A4 at 96 dots per inch
# What is wrong with a printed card: "low" and "wide" are dots that stick out of the sheet, "small"
# are dots that the drawing lacks of the height at which its text can be read.
FIT = """() => {
  const sheet = document.querySelector("main"), image = document.querySelector(".drawing img");
  const wide = [...document.querySelectorAll("main, pre, section, li, td")].map(
    part => part.scrollWidth - part.clientWidth);
  const shown = Math.min(image.clientHeight, image.clientWidth * image.naturalHeight / image.naturalWidth);
  return {low: sheet.scrollHeight - sheet.clientHeight, wide: Math.max(...wide), small: 110 - shown};
}"""  # noqa: E501


@dataclass(frozen=True)
class Card:
    """The text of a card.

    Attributes:
        drawing: How the alternative text of its drawing in the notebook begins.
        parts: The Markdown of each of `PARTS`.
    """

    drawing: str
    parts: dict[str, str]

    @property
    def lines(self) -> list[str]:
        """The lines of code."""
        found = CODE.search(self.parts["Five lines"])
        return [line for line in found[1].splitlines() if line.strip()] if found else []


def read(path: Path) -> Card:
    """Read a card's text.

    Raises:
        UserError: It has other parts than `PARTS`, or no drawing.
    """
    text = path.read_text(encoding="utf-8")
    head, *parts = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)
    drawing = re.search(r"^Drawing: (.+)$", head, re.MULTILINE)
    if tuple(parts[::2]) != PARTS or not drawing:
        raise UserError(
            f"{path.parent.name}/{path.name}: found {parts[::2]}: expected a line `Drawing: …`,"
            f" then the headings {', '.join(f'`## {part}`' for part in PARTS)}."
        )
    texts = (part.strip() + "\n" for part in parts[1::2])
    return Card(drawing[1], dict(zip(PARTS, texts, strict=True)))


def images(notebook: NotebookNode) -> Iterator[tuple[str, str]]:
    """Yield the address and the alternative text of each picture in a notebook's outputs."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if picture := data.get("image/png"):
                alt = output.metadata.get("image/png", {}).get("alt", "")
                yield f"data:image/png;base64,{picture}", alt
            for image in BeautifulSoup(data.get("text/html", ""), "html.parser").select("img[alt]"):
                yield image["src"], image["alt"]


def drawing(card: Card, notebook: NotebookNode) -> tuple[str, str]:
    """Return the address and the alternative text of a card's drawing.

    Raises:
        UserError: Not exactly one picture of the notebook begins so.
    """
    found = [image for image in images(notebook) if image[1].startswith(card.drawing)]
    if len(found) != 1:
        raise UserError(
            f"{FILE}: Drawing: {card.drawing!r}: {len(found)} pictures of the notebook have an"
            " alternative text that begins so, expected one."
        )
    return found[0]


def rendered(text: str) -> Markup:
    """Return Markdown as HTML; formulas stay for MathJax, code is coloured."""
    highlight = Highlight2HTML(pygments_lexer="ipython3")
    pieces = CODE.split(text)
    return Markup("".join(
        highlight(piece.rstrip()) if number % 2 else markdown2html(piece)
        for number, piece in enumerate(pieces)
    ))  # fmt: skip


def write_cards(notebooks: dict[str, NotebookNode], folder: Path, pages: Environment) -> list[str]:
    """Write the cards of some notebooks as pages; return the names of those that have one."""
    folder.mkdir()
    template, names = pages.get_template("card.html.j2"), []
    for name, notebook in notebooks.items():
        path = Lesson(name).folder / FILE
        if path.exists():
            card = read(path)
            source, alt = drawing(card, notebook)
            parts = {part: rendered(text) for part, text in card.parts.items()}
            title = notebook.cells[0].source.splitlines()[0].removeprefix("# ")
            html = template.render(title=title, source=source, alt=alt, parts=parts)
            (folder / f"{name}.html").write_text(html, encoding="utf-8")
            names.append(name)
    return names


def fit(page: Page, path: Path) -> dict[str, float]:
    """Open a card as it is printed; return how far it sticks out of its sheet, in dots."""
    page.set_viewport_size(SHEET)
    page.emulate_media(media="print")
    page.goto(path.as_uri())
    page.evaluate("MathJax.startup.promise")
    return page.evaluate(FIT)


def print_cards(page: Page, folder: Path) -> None:
    """Print the cards, one sheet each.

    Raises:
        SystemExit: One does not fit on its sheet.
    """
    for path in sorted(folder.glob("*.html")):
        if faults := {name: dots for name, dots in fit(page, path).items() if dots > 1}:
            raise SystemExit(
                f"{path.stem}/{FILE}: the card does not fit on one sheet, by {faults} dots"
                " (96 an inch): shorten its text. Nothing was replaced."
            )
        page.pdf(path=path.with_suffix(".pdf"), prefer_css_page_size=True, tagged=True)

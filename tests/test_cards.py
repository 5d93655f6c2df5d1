"""Cards: true to their notebooks, and one sheet each."""

import re
from collections.abc import Iterator
from pathlib import Path

import build_course
import cards
import pytest
from cards import FILE, LINES, Card
from conftest import QUICK, ROOT
from lesson import Lesson, lessons
from nbformat import NotebookNode
from playwright.sync_api import Page

from shared.errors import UserError

CARDS = [lesson.name for lesson in lessons() if (lesson.folder / FILE).exists()]
FORMULA = re.compile(r"\$\$.+?\$\$|\$[^$]+\$", re.DOTALL)
NUMBER = re.compile(r"(?<![\w.,])\d+(?:[.,]\d+)*")


def squeezed(text: str) -> str:
    return "".join(text.split())


def sources(notebook: NotebookNode, kind: str) -> str:
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == kind)


def said(notebook: NotebookNode) -> str:
    """Return all that a notebook says, in texts, code and outputs, but no pictures."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    data = [str(content) for output in outputs for kind, content in output.get("data", {}).items()
            if not kind.startswith("image/")]  # fmt: skip
    alts = [str(output.get("metadata", "")) for output in outputs]
    streams = [output.get("text", "") for output in outputs]
    text = "\n".join([cell.source for cell in notebook.cells] + data + alts + streams)
    return re.sub(r"base64,[\w+/=]+", "", text)


def strange_formulas(card: Card, notebook: NotebookNode) -> list[str]:
    """Return the formulas that do not stand in the notebook's text."""
    there = squeezed(sources(notebook, "markdown"))
    found = FORMULA.findall("\n".join(card.parts.values()))
    return [formula for formula in found if squeezed(formula).strip("$") not in there]


def strange_shapes(card: Card, notebook: NotebookNode) -> list[str]:
    """Return the shapes that do not stand in the notebook's code or text."""
    there = sources(notebook, "code") + sources(notebook, "markdown")
    found = re.findall(r"`(\([^`]+\))`", card.parts["Shapes"])
    assert found or "bytes" in card.parts["Shapes"]
    return [shape for shape in found if shape not in there]


def strange_lines(card: Card, notebook: NotebookNode) -> list[str]:
    """Return the lines of code that are none of the notebook's."""
    code = re.sub(r" +# (?:noqa|fmt): .*", "", sources(notebook, "code"))
    there = {line.strip() for line in code.splitlines()}
    return [line for line in card.lines if line.strip() not in there]


def strange_numbers(card: Card, notebook: NotebookNode) -> list[str]:
    """Return the numbers of the prose that the notebook does not have."""
    there = set(NUMBER.findall(said(notebook)))
    prose = FORMULA.sub("", card.parts["Shapes"] + card.parts["Traps"])
    return [number for number in NUMBER.findall(prose) if number not in there]


CHECKS = {
    "formulas": strange_formulas,
    "shapes": strange_shapes,
    "lines": strange_lines,
    "numbers": strange_numbers,
}


@pytest.mark.parametrize("name", CARDS)
def test_what_a_card_says_stands_in_its_notebook(name: str) -> None:
    card, notebook = cards.read(Lesson(name).folder / FILE), Lesson(name).read()
    assert {what: check(card, notebook) for what, check in CHECKS.items()} == {
        what: [] for what in CHECKS
    }
    assert len(card.lines) == LINES
    assert len(re.findall(r"^- ", card.parts["Traps"], re.MULTILINE)) >= 5
    source, alt = cards.drawing(card, notebook)
    assert source.startswith("data:image/") and len(alt) > 40


@pytest.mark.parametrize(
    "part, right, wrong",
    [
        ("formulas", r"\sqrt{d_k}", r"\sqrt{d_v}"),
        ("shapes", "(batch, 1, 1, n_k)", "(batch, n_k, 1, 1)"),
        ("lines", "transpose(1, 2)", "transpose(2, 1)"),
        ("numbers", "no error.", "no error in 4711 cases."),
    ],
)
def test_a_false_card_is_noticed(tmp_path: Path, part: str, right: str, wrong: str) -> None:
    lesson = Lesson("01_attention")
    text = (lesson.folder / FILE).read_text("utf-8")
    assert right in text
    (tmp_path / FILE).write_text(text.replace(right, wrong, 1), "utf-8")
    found = {
        what: check(cards.read(tmp_path / FILE), lesson.read()) for what, check in CHECKS.items()
    }
    assert [what for what, strange in found.items() if strange] == [part]


def test_a_card_of_another_form_is_refused(tmp_path: Path) -> None:
    text = (Lesson("01_attention").folder / FILE).read_text("utf-8")
    (tmp_path / FILE).write_text(text.replace("## Shapes", "## Forms"), "utf-8")
    with pytest.raises(UserError, match="expected a line `Drawing: …`, then the headings"):
        cards.read(tmp_path / FILE)
    (tmp_path / FILE).write_text(text.replace("Drawing: The", "Drawing: No"), "utf-8")
    with pytest.raises(UserError, match="0 pictures of the notebook"):
        cards.drawing(cards.read(tmp_path / FILE), Lesson("01_attention").read())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the folder of all cards, as pages."""
    root = tmp_path_factory.mktemp("built")
    build_course.copy_scripts(root / "_static")
    notebooks = {name: Lesson(name).read() for name in CARDS}
    assert cards.write_cards(notebooks, root / "card", build_course.environment()) == CARDS
    yield root / "card"


@pytest.mark.browser
@pytest.mark.parametrize("name", CARDS)
def test_a_card_is_one_sheet(folder: Path, page: Page, name: str) -> None:
    assert max(cards.fit(page, folder / f"{name}.html").values()) <= 1
    assert page.locator("mjx-merror").count() == 0
    assert page.locator("mjx-container").count() > 0
    content = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type /Page\b", content)) == 1


@pytest.mark.browser
def test_a_card_that_is_too_long_stops_the_build(folder: Path, page: Page, tmp_path: Path) -> None:
    text = (folder / f"{QUICK}.html").read_text("utf-8")
    (tmp_path / "card").mkdir()
    (tmp_path / "_static").symlink_to(folder.parent / "_static")
    longer = text.replace("<footer>", "<p>one more line</p>" * 40 + "<footer>")
    (tmp_path / "card" / f"{QUICK}.html").write_text(longer, "utf-8")
    with pytest.raises(SystemExit, match="does not fit on one sheet"):
        cards.print_cards(page, tmp_path / "card")
    assert not (tmp_path / "card" / f"{QUICK}.pdf").exists()


def test_each_notebook_but_the_first_has_a_card() -> None:
    without = {lesson.name for lesson in lessons() if not (lesson.folder / FILE).exists()}
    assert without <= {"00_start_here"}, f"write course/lessons/…/{FILE}: see CONTRIBUTING.md"
    assert (ROOT / "course" / "templates" / "card.html.j2").exists()

"""The map of the course: what each notebook builds on and how long it takes, read from itself."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared import ROOT
from shared.drawing import WIDEST, Drawing, text_width

FILL_OF_PART = {
    "foundations": "blue", "tasks": "green", "language models": "yellow",
    "open problems": "orange", "method": "pink",
}  # fmt: skip
NOTEBOOK = re.compile(r"\[[^\]]*\]\((\d\d)_\w+\.ipynb[^)]*\)")
OTHER_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
NEEDS = re.compile(r"^\*\*(?:Prerequisites|Before it)[.:]\*\*(.*?)(?:\.\s|;|\n\n|\Z)", re.M | re.S)


@dataclass(frozen=True)
class Stop:
    """A notebook on the map.

    Attributes:
        number: Such as `03`.
        title: In English, without what follows a colon.
        part: Of the course.
        needs: The numbers of the notebooks that it builds on.
        seconds: What its last measured run took; 0 if none was measured.
    """

    number: str
    title: str
    part: str
    needs: tuple[str, ...]
    seconds: float

    @property
    def time(self) -> str:
        """The time in words: seconds up to 45, then minutes."""
        if not self.seconds:
            return "–"
        return f"{self.seconds:g} s" if self.seconds <= 45 else f"{self.seconds / 60:.0f} min"


def needs_of(text: str) -> tuple[str, ...]:
    """Return the numbers of the notebooks that the first sentence on prerequisites links.

    Args:
        text: A notebook's Markdown. The sentence ends at a full stop or a semicolon: what comes
            after it is helpful, and not needed.
    """
    bare = OTHER_LINK.sub(r"\1", NOTEBOOK.sub(r"⟨\1⟩", text))
    found = NEEDS.search(bare)
    return tuple(sorted(set(re.findall(r"⟨(\d\d)⟩", found[1])))) if found else ()


def read_course() -> list[Stop]:
    """Return the numbered notebooks, in order, as they and their measurements say."""
    stops = []
    for path in sorted(ROOT.glob("notebooks/[0-9][0-9]_*.ipynb")):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        said = notebook["metadata"].get("course", {})
        cells = (cell for cell in notebook["cells"] if cell["cell_type"] == "markdown")
        text = "\n\n".join("".join(cell["source"]) for cell in cells)
        measured = ROOT / "course" / "lessons" / path.stem / "measured.json"
        took = json.loads(measured.read_text())["seconds"] if measured.is_file() else 0
        title = said.get("title", {}).get("en", path.stem[3:]).partition(":")[0]
        stops.append(Stop(path.stem[:2], title, said.get("part", ""), needs_of(text), took))
    return stops


def direct(needs: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return what each notebook needs, without what another of its needs needs anyway.

    Args:
        needs: By number. Numbers that are not there themselves are left out.

    Raises:
        ValueError: A notebook needs itself, in the end.
    """

    def before(number: str, path: tuple[str, ...] = ()) -> set[str]:
        if number in path:
            raise ValueError(f"a circle of prerequisites: {' → '.join([*path, number])}")
        known = [n for n in needs[number] if n in needs]
        return set(known).union(*(before(n, (*path, number)) for n in known))

    implied = {
        number: set().union(*(before(n) for n in needs[number] if n in needs)) for number in needs
    }
    return {
        number: sorted(n for n in needs[number] if n in needs and n not in implied[number])
        for number in needs
    }


def branches(stops: Sequence[Stop]) -> list[tuple[Stop, int, str, list[str]]]:
    """Return the notebooks as a tree, from top to bottom.

    A notebook hangs below the last of those that it directly needs, or below the first notebook if
    it needs none.

    Returns:
        Notebook, depth, the number of the one that it hangs below, and what else it needs directly.
    """
    needs = direct({stop.number: stop.needs for stop in stops})
    first = stops[0].number
    parent = {n: (needs[n] or [first])[-1] for n in needs if n != first}
    by_number, rows = {stop.number: stop for stop in stops}, []

    def add(number: str, depth: int) -> None:
        rows.append((by_number[number], depth, parent.get(number, ""), needs[number][:-1]))
        for child in sorted(n for n in parent if parent[n] == number):
            add(child, depth + 1)

    add(first, 0)
    return rows


def map_in_words(stops: Sequence[Stop]) -> str:
    """Return what the drawing shows, for who cannot see it."""
    sentences = []
    for stop, _, parent, others in branches(stops):
        after = " and ".join(sorted(filter(None, [parent, *others])))
        sentences.append(f"{stop.number} {stop.title} ({stop.part}, {stop.time})"
                         + (f", after {after}" if after else ""))  # fmt: skip
    return "Map of the course. " + ". ".join(sentences) + "."


def draw_map(stops: Sequence[Stop]) -> None:
    """Draw the notebooks below what they build on, coloured by part, with their times."""
    rows, height, indent = branches(stops), 30, 17
    drawing = Drawing(WIDEST, len(rows) * height + 68, map_in_words(stops))
    drawing.text(472, 14, "time", 12, "end", bold=True)
    boxes = {}
    for row, (stop, depth, parent, others) in enumerate(rows):
        label = f"{stop.number} {stop.title}"
        x, y = 6 + indent * depth, 24 + row * height
        box = drawing.box(x, y, text_width(label, 13) + 14, 24, label,
                          FILL_OF_PART.get(stop.part, "grey"), 13)  # fmt: skip
        boxes[stop.number] = box
        if parent:
            above = boxes[parent]
            start = above.x + indent / 2, above.y + above.height
            drawing.arrow(start, (start[0], box.left[1]), box.left)
        if others:
            text = f"also after {', '.join(others)}"
            drawing.text(box.right[0] + 6, box.left[1], text, 12, "start")
        drawing.text(472, box.left[1], stop.time, 12, "end")
    parts = [part for part in FILL_OF_PART if part in {stop.part for stop in stops}]
    drawing.words(6, 34 + len(rows) * height, parts, [FILL_OF_PART[p] for p in parts], 12)
    drawing.show()

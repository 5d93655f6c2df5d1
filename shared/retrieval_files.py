"""A folder of documents, cut into passages that know where they stand."""

import csv
import io
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from shared.errors import UserError, first_line, short
from shared.files import read_text
from shared.texts import is_visible

KINDS = (".txt", ".md", ".html", ".htm", ".ipynb", ".csv")
MOST_WORDS = 80  # of a passage
SKIPPED = ("script", "style", "template", "noscript")  # of HTML: no text for a reader


@dataclass(frozen=True)
class Passage:
    """A piece of a document.

    Attributes:
        file: The document's path in its folder, with slashes.
        heading: The last heading above it, or nothing.
        text: What it says.
    """

    file: str
    heading: str
    text: str


def documents(folder: str) -> tuple[list[Path], dict[str, str]]:
    """Return the documents in a folder and in the folders in it, in order, and what is no document.

    A folder is entered once, whatever links lead to it. Hidden files and folders are left out.

    Args:
        folder: Its path.

    Returns:
        The paths, and by name in the folder why a file will not be read.

    Raises:
        UserError: There is no such folder.
    """
    if not os.path.isdir(folder):
        raise UserError(
            f"documents = {short(folder)}: expected a folder with files that end with "
            f"{', '.join(KINDS)}."
        )
    found, refused, entered = [], {}, set()
    for place, folders, files in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        if real in entered:
            folders.clear()
            continue
        entered.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(name for name in files if not name.startswith(".")):
            path = Path(place) / name
            if path.suffix.lower() not in KINDS:
                refused[path.relative_to(folder).as_posix()] = f"expected {', '.join(KINDS)}"
            else:
                found.append(path)
    return found, refused


def passages_of(path: Path, folder: str, most_words: int = MOST_WORDS) -> list[Passage]:
    """Return a document's passages, each under its heading.

    Args:
        path: Of the document.
        folder: In which it is.
        most_words: Of a passage.

    Raises:
        UserError: It cannot be read.
    """
    kind = path.suffix.lower()
    text, _ = read_text(path, kind[1:])
    parts = {".ipynb": _notebook, ".csv": _table, ".html": _page, ".htm": _page}.get(kind, _plain)
    name = path.relative_to(folder).as_posix()
    try:
        sections = list(parts(text))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, csv.Error) as error:
        raise UserError(f"{name} cannot be read as {kind[1:]}: {first_line(error)}.") from error
    cut = [
        Passage(name, heading, piece)
        for heading, body in sections
        for piece in _pieces(body, most_words)
    ]
    return [passage for passage in cut if is_visible(passage.text)]


def _plain(text: str) -> Iterator[tuple[str, str]]:
    """Yield heading and body; code in fences has no headings."""
    heading, body, fenced = "", [], False
    for line in text.splitlines():
        fenced ^= line.lstrip().startswith("```")
        if not fenced and (found := re.match(r"#{1,6}\s+(.*?)\s*#*$", line)):
            yield heading, "\n".join(body)
            heading, body = found[1], []
        else:
            body.append(line)
    yield heading, "\n".join(body)


def _notebook(text: str) -> Iterator[tuple[str, str]]:
    """Yield the text of a notebook's Markdown cells; code and outputs are left out."""
    cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "markdown"]
    joined = "\n\n".join("".join(cell["source"]) for cell in cells)
    folded = re.compile(r"<details>((?!<details>).)*?</details>", re.DOTALL)  # hints, solutions
    while folded.search(joined):  # one within the other: the innermost first
        joined = folded.sub("", joined)
    yield from _plain(joined)


def _table(text: str) -> Iterator[tuple[str, str]]:
    """Yield each row as `column: value` after the others."""
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    header = next(rows, [])
    for row in rows:
        yield "", ". ".join(f"{n}: {v}" for n, v in zip(header, row, strict=False) if v.strip())


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.sections: list[tuple[str, list[str]]] = [("", [])]
        self.hidden, self.in_heading = 0, False

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.hidden += tag in SKIPPED
        if re.fullmatch("h[1-6]", tag):
            self.sections.append(("", []))
            self.in_heading = True
        elif tag in ("p", "li", "br", "tr", "div"):
            self.sections[-1][1].append("\n")

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in SKIPPED and self.hidden > 0
        if re.fullmatch("h[1-6]", tag):
            self.in_heading = False

    def handle_data(self, data: str) -> None:
        if self.hidden:
            return
        heading, body = self.sections[-1]
        if self.in_heading:
            self.sections[-1] = (heading + data, body)
        else:
            body.append(data)


def _page(text: str) -> Iterator[tuple[str, str]]:
    page = _Page()
    page.feed(text)
    page.close()
    yield from ((heading.strip(), "".join(body)) for heading, body in page.sections)


def _pieces(body: str, most: int) -> Iterator[str]:
    """Yield paragraphs; a long one is divided, and short neighbours are joined."""
    held: list[str] = []
    for paragraph in re.split(r"\n\s*\n", body):
        words = paragraph.split()
        if held and len(held) + len(words) > most:
            yield " ".join(held)
            held = []
        while len(words) > most:
            yield " ".join(words[:most])
            words = words[most:]
        held += words
    if held:
        yield " ".join(held)

"""What the site's search finds: sections, not pages, and by whichever name a reader knows."""

import csv
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

from shared.errors import UserError

SILENT = (
    nodes.section,
    nodes.math,
    nodes.math_block,
    nodes.title,
    nodes.image,
    nodes.comment,
    nodes.raw,
)
BLOCKS = (nodes.Body, nodes.Part, nodes.Structural)
START = "window.SECTIONS = "
NAME = re.compile(r"[A-Za-z_]\w{3,}")


@dataclass(frozen=True)
class Section:
    """A section of a page.

    Attributes:
        page: The page's title.
        title: The section's heading; for the text before the first one, the page's title.
        href: Its address in the site.
        text: Its prose, without formulas, code and the sections inside.
        code: The names in its code.
        teaches: The words of the glossary that it teaches.
    """

    page: str
    title: str
    href: str
    text: str
    code: str
    teaches: tuple[str, ...] = ()


def prose(node: nodes.Node) -> str:
    """Return the text of a node, without code cells, formulas and sections."""
    if isinstance(node, nodes.Text):
        return str(node)
    if isinstance(node, (*SILENT, nodes.literal_block)) or "cell" in node.get("classes", ()):
        return ""
    space = " " if isinstance(node, BLOCKS) else ""
    return space.join(map(prose, node.children)) + space


def code(node: nodes.Node) -> Iterator[str]:
    """Yield the names in a section's code, without those of the sections inside."""
    for child in node.children:
        if isinstance(child, nodes.literal_block):
            yield from NAME.findall(child.astext())
        elif "cell_output" not in getattr(child, "attributes", {}).get("classes", ()) and not (
            isinstance(child, (nodes.section, nodes.Text))
        ):
            yield from code(child)


def heading(section: nodes.section) -> str:
    """Return a section's heading, its formulas as plain text."""
    title = section.next_node(nodes.title).astext()
    return re.sub(r"\\sqrt\{(.*?)\}", r"√\1", title)


def sections_of(app: Sphinx, docname: str) -> Iterator[Section]:
    """Yield the sections of a page, as Sphinx has read it."""
    page = ""
    for section in app.env.get_doctree(docname).findall(nodes.section):
        title = heading(section)
        page = page or title
        href = app.builder.get_target_uri(docname)
        if section.parent.parent is not None:  # not the page as a whole
            href += f"#{section['ids'][0]}"
        text = " ".join(" ".join(map(prose, section.children)).split())
        yield Section(page, title, href, text, " ".join(dict.fromkeys(code(section))))


def plain(text: str) -> str:
    """Return a text as the search compares it: lower case, words apart by single spaces."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return " ".join(re.findall(r"\w+", folded))


def synonyms(path: Path) -> list[list[str]]:
    """Read groups of words that mean the same to the search: one line each, with = between them.

    Raises:
        UserError: A line has one word only, or a word stands in two lines.
    """
    groups: list[list[str]] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        group = list(dict.fromkeys(plain(word) for word in line.split("=")))
        if len(group) < 2 or "" in group:
            raise UserError(f"{path.name}:{number}: {line!r}: expected `one word = another`.")
        for word in group:
            if word in seen:
                raise UserError(
                    f"{path.name}:{number}: {word!r} is in line {seen[word]} too: put both into"
                    " one line."
                )
            seen[word] = number
        groups.append(group)
    return groups


def with_chinese(groups: list[list[str]], glossary: Path) -> list[list[str]]:
    """Return the groups with the Chinese names of a glossary, a table with `term` and `chinese`."""
    merged = [list(group) for group in groups]
    with glossary.open(encoding="utf-8", newline="") as file:
        rows = [
            (plain(row["term"]), row["chinese"]) for row in csv.DictReader(file, delimiter="\t")
        ]
    for term, chinese in rows:
        names = {plain(name) for name in re.split("[；;、]", chinese)} - {"", term}
        group = next((group for group in merged if term in group), None)
        if group is None and names:
            merged.append(group := [term])
        taken = {word for other in merged for word in other}
        (group or []).extend(sorted(names - taken))
    return [group for group in merged if len(group) > 1]


def write_index(found: Iterable[Section], groups: list[list[str]], path: Path) -> None:
    """Write the index as a script, since a page in a plain folder may not read another file."""
    _write({"synonyms": groups, "sections": [asdict(section) for section in found]}, path)


def add_to_index(found: Iterable[Section], path: Path) -> None:
    """Add the sections of a page that is none of Sphinx's."""
    index = json.loads(path.read_text(encoding="utf-8").removeprefix(START).rstrip("\n;"))
    index["sections"] += [asdict(section) for section in found]
    _write(index, path)


def _write(index: dict[str, list], path: Path) -> None:
    content = json.dumps(index, ensure_ascii=False, separators=(",", ":"))
    path.write_text(f"{START}{content};\n", encoding="utf-8")

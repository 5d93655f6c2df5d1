"""Build the site: all executed notebooks and the pages about them, as a plain folder.

    python course/build_site.py               # build/site, from this repository
    python course/build_site.py --source DIR --output DIR

Sphinx's warnings are errors. Its output is checked again, link by link. A site is replaced only by
a valid one.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
from bs4 import BeautifulSoup
from conf import DRAWING
from links import faults_of_links, read_pages, replacing
from nbformat import NotebookNode
from sections import Section, add_to_index
from sphinx.cmd.build import build_main

ROOT = Path(__file__).resolve().parents[1]


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """Return a notebook's code cells."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def faults_of_execution(notebook: NotebookNode) -> Iterator[str]:
    """Yield the signs that a notebook did not run from top to bottom."""
    for number, cell in enumerate(code_cells(notebook), start=1):
        if cell.execution_count != number:
            yield f"code cell {number} has the count {cell.execution_count}, expected {number}"
            return
        for output in cell.outputs:
            if output.output_type == "error":
                yield f"code cell {number} ended in {output.ename}: {output.evalue}"


def alternative_texts(output: NotebookNode) -> Iterator[str | None]:
    """Yield what stands for the figure or the drawings of an output."""
    data = output.get("data", {})
    if "image/png" in data:
        yield output.metadata.get("image/png", {}).get("alt")
    page = BeautifulSoup(data.get("text/html", ""), "html.parser")
    for image in page.select(f'img[src^="{DRAWING}"]'):
        yield image.get("alt")


def one_line(text: str | None) -> str | None:
    """Return a text with single spaces: a page keeps no others."""
    return text and " ".join(text.split())


def faults_of_notebook_page(page: BeautifulSoup, notebook: NotebookNode) -> Iterator[str]:
    """Yield what a page fails to show of its notebook."""
    cells = code_cells(notebook)
    shown = len(page.select(".cell_input"))
    if shown != len(cells):
        yield f"{shown} code cells are shown, expected {len(cells)}"
    expected = [
        one_line(alt)
        for cell in cells
        for output in cell.outputs
        for alt in alternative_texts(output)
    ]
    found = [one_line(image.get("alt")) for image in page.select(".cell_output img")]
    if found != expected:
        yield f"figures with the alternative texts {found}, expected {expected}"
    for tag in page.select(".cell_output script, .cell_output .traceback"):
        yield f"an output contains a script or an error: {str(tag)[:100]}"


def steps_of(walk: BeautifulSoup) -> Iterator[Section]:
    """Yield what the search finds of the page that walks one sentence through a Transformer."""
    for step in walk.select("section.step"):
        text = step.select_one(".text").get_text()
        yield Section(walk.h1.text, step.h2.text, f"walk.html#{step['id']}", text, "")


def build(source: Path, output: Path) -> int:
    """Build a site, check it, and replace the old one; return the number of pages.

    Raises:
        SystemExit: Something is wrong; the old site is still there.
    """
    paths = sorted(source.glob("notebooks/[0-9]*.ipynb"))
    notebooks = {path.stem: nbformat.read(path, as_version=4) for path in paths}
    stop_at(
        f"notebooks/{name}.ipynb: {fault}: make refresh NOTEBOOKS=notebooks/{name}.ipynb"
        for name, notebook in notebooks.items()
        for fault in faults_of_execution(notebook)
    )
    is_ours = source.resolve() == ROOT  # else there are no such notebooks to link to
    with replacing(output) as site:
        if build_main(
            ["-q", "-W", "--keep-going", "-b", "html", "-c", str(ROOT / "course"),
             *["-t", "walk"] * is_ours,
             "-d", str(site.with_name("doctrees")), str(source), str(site)]
        ):  # fmt: skip
            sys.exit("The site has the faults above; nothing was replaced.")
        if is_ours:
            import build_walk  # loads two models

            build_walk.build(site / "walk.html")
        pages = read_pages(site)
        if is_ours:
            add_to_index(steps_of(pages[site / "walk.html"]), site / "_static" / "sections.js")
        stop_at(faults_of_links(site, pages))
        for name, notebook in notebooks.items():
            path = site / "notebooks" / f"{name}.html"
            if path not in pages:
                stop_at([f"notebooks/{name}.ipynb has no page"])
            faults = faults_of_notebook_page(pages[path], notebook)
            stop_at(f"{path.name}: {fault}" for fault in faults)
    return len(pages)


def stop_at(faults: Iterator[str] | list[str]) -> None:
    """Exit with all faults, one per line, if there are any."""
    if lines := list(faults):
        sys.exit("\n".join([*lines, "The site has the faults above; nothing was replaced."]))


def main() -> None:
    """Read the command line, build, and report what was built."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--source", type=Path, default=ROOT)
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "site")
    arguments = parser.parse_args()
    pages = build(arguments.source, arguments.output)
    print(f"{pages} pages, checked: open {os.path.relpath(arguments.output)}/index.html")


if __name__ == "__main__":
    main()

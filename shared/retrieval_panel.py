"""A box to ask a collection of documents, for a live kernel."""

import html
from collections.abc import Callable, Sequence

import ipywidgets

from shared.retrieval_files import Passage


def as_html(passages: Sequence[Passage], link: Callable[[Passage], str]) -> str:
    """Return passages as a numbered list, each with a link to where it stands."""
    rows = []
    for passage in passages:
        start = html.escape(" ".join(passage.text.split()[:20]))
        name = html.escape(f"{passage.file} · {passage.heading}".rstrip(" ·"))
        rows.append(f'<li><a href="{html.escape(link(passage))}">{name}</a><br>{start} …</li>')
    return f"<ol>{''.join(rows)}</ol>"


def search_panel(
    search: Callable[[str], Sequence[Passage]], link: Callable[[Passage], str], first: str
) -> ipywidgets.VBox:
    """Return a line to type a question into, and the list of passages that fit it.

    Args:
        search: From a question to passages.
        link: From a passage to the address of where it stands.
        first: The question that is asked first.
    """
    line = ipywidgets.Text(value=first, description="question", continuous_update=False)
    found = ipywidgets.HTML()

    def show(_: object = None) -> None:
        if text := line.value.strip():
            found.value = as_html(search(text[:500]), link)

    line.observe(show, "value")
    show()
    return ipywidgets.VBox([line, found])

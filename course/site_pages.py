"""What the site has beside the repository's pages: landing page, recall page, search by sections.

Sphinx calls `setup`. Each part looks for what it shows in the source, which may lack it.
"""

import html
import json
import re
import shutil
import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import glossary
from docutils import nodes
from lesson import Lesson
from questions import placement, questions
from routes import Route, neighbours, read_routes
from sections import Section, plain, sections_of, synonyms, with_chinese, write_index
from sphinx.application import Sphinx
from sphinx.errors import SphinxError

from shared.errors import UserError

DAYS = (1, 3, 7, 14, 30)  # until a question comes back from Leitner's boxes 1, 2, …
NUMBER = re.compile(r"^\d+ · ")
LOCAL_IMAGE = re.compile(r'<img (?P<rest>[^>]*?src="(?P<src>(?!data:|https?:)[^"]+\.png)"[^>]*)>')
ICON_SCRIPT = re.compile(r'<script defer src="[^"]*/fontawesome\.js[^"]*"></script>')
Page = tuple[str, dict[str, Any], str]


def notebook_names(app: Sphinx) -> list[str]:
    """Return the names of the notebooks that have a page, in order."""
    found = (name.removeprefix("notebooks/") for name in app.env.found_docs)
    return sorted(name for name in found if re.match(r"\d\d_[^/]+$", name))


def quizzed(app: Sphinx) -> list[str]:
    """Return the names of the notebooks with a quiz."""
    lessons = (Lesson(name, Path(app.srcdir)) for name in notebook_names(app))
    return [lesson.name for lesson in lessons if (lesson.folder / "quiz.txt").is_file()]


def title_of(app: Sphinx, name: str) -> str:
    """Return the title of a notebook's page."""
    return app.env.titles[f"notebooks/{name}"].astext()


def short(app: Sphinx, name: str) -> str:
    """Return a notebook's title up to its colon."""
    return title_of(app, name).partition(":")[0]


def address(name: str) -> str:
    """Return the address of a notebook's page from the site's first page."""
    return f"notebooks/{name}.html"


def as_script(value: object) -> str:
    """Return JSON that can stand within a <script>."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


# ---- routes


def routes_of(app: Sphinx) -> list[Route]:
    """Return the routes through the notebooks that have a page."""
    return read_routes(Path(app.srcdir) / "course" / "routes.toml", notebook_names(app))


def route_links(app: Sphinx, name: str) -> str:
    """Return where a notebook stands on each route, as HTML; nothing without routes."""
    rows = []
    for route in routes_of(app):
        if name not in route.names:
            continue
        before, after = neighbours(route.names, name)
        place = f"{route.names.index(name) + 1} of {len(route.names)}"
        links = [
            f'{word} <a href="{other}.html">{html.escape(short(app, other))}</a>'
            for word, other in (("before:", before), ("next:", after))
            if other
        ]
        parts = [f"{html.escape(route.name['en'])} ({place})", *links]
        rows.append(f"<li>{', '.join(parts)}</li>")
    return f'<p>On the routes:</p><ul class="on-routes">{"".join(rows)}</ul>' if rows else ""


# ---- pages


def landing(app: Sphinx) -> Page:
    """Return the first page."""
    first = app.env.get_doctree(app.config.root_doc).next_node(nodes.paragraph)
    names = notebook_names(app)
    cards = [card(app, name) for name in names]
    routes = [
        {
            "title": route.name["en"],
            "why": route.purpose["en"],
            "stops": [{"title": short(app, n), "href": address(n)} for n in route.names],
        }
        for route in routes_of(app)
    ]
    context = {
        "title": app.config.html_title,
        "pagetitle": app.config.html_title,
        "lead": first.astext().partition(" (")[0] if first else "",
        "doors": list(doors(app)),
        "routes": routes,
        "cards": cards,
    }
    return "index", context, "landing.html"


def doors(app: Sphinx) -> Iterator[dict[str, str]]:
    """Yield what a reader may do first."""
    if first := next(iter(notebook_names(app)), None):
        yield {
            "href": address(first),
            "title": "Begin at the beginning" if first[:2] != "00" else "Five minutes first",
            "text": capital(card(app, first)["question"]) or title_of(app, first),
        }
    if steps_of(app):
        yield {
            "href": "recall.html#placement",
            "title": "Where should I begin?",
            "text": "A placement quiz names the notebook and the section.",
        }
    if quizzed(app):
        yield {
            "href": "recall.html",
            "title": "Quizzes to repeat",
            "text": "Each answer explained; what you missed comes back.",
        }
    if app.tags.has("walk"):
        yield {
            "href": "walk.html",
            "title": "Walk one sentence through a Transformer",
            "text": "From its tokens to the next word and back, step by step, with real numbers.",
        }
    if "GLOSSARY" in app.env.found_docs:
        yield {
            "href": "GLOSSARY.html",
            "title": "Words",
            "text": "Each term in one sentence, with its Chinese name.",
        }
    yield {
        "href": f"{app.config.root_doc}.html",
        "title": "Install it, teach with it",
        "text": "Two commands, no network afterwards, no GPU.",
    }


def card(app: Sphinx, name: str) -> dict[str, str]:
    """Return what the landing page says of a notebook."""
    lesson = Lesson(name, Path(app.srcdir))
    about, folder = lesson.read().metadata.get("course", {}), lesson.folder
    said = {
        "title": title_of(app, name),
        "href": address(name),
        "question": about.get("question", {}).get("en", ""),
        "image": "",
        "alt": about.get("figure", {}).get("alt", {}).get("en", ""),
        "time": "",
    }
    if (folder / "figure.png").is_file():
        said["image"] = f"_static/figures/{name}.png"
    if (folder / "measured.json").is_file():
        said["time"] = f"runs in {json.loads((folder / 'measured.json').read_text())['seconds']} s"
    return said


def capital(text: str) -> str:
    """Return a text with a capital letter."""
    return text[:1].upper() + text[1:]


def steps_of(app: Sphinx) -> list[dict[str, str]]:
    """Return the steps of the placement quiz with the address of each section.

    Raises:
        UserError: A section is not in its notebook.
    """
    path = Path(app.srcdir) / "course" / "placement.toml"
    if not path.is_file():
        return []
    found = []
    for step in placement(path):
        if f"notebooks/{step.lesson}" not in app.env.found_docs:
            raise UserError(f"{path.name}: {step.question}: there is no notebook {step.lesson}.")
        sections = list(sections_of(app, f"notebooks/{step.lesson}"))
        match = [s for s in sections if plain(NUMBER.sub("", s.title)) == plain(step.section)]
        if not match:
            raise UserError(
                f"{path.name}: {step.section!r} is no heading of {step.lesson}: expected one of"
                f" {', '.join(NUMBER.sub('', s.title) for s in sections)}."
            )
        title = f"{short(app, step.lesson)}: {match[0].title}"
        found.append({"key": step.question, "title": title, "href": match[0].href})
    return found


def recall(app: Sphinx) -> Page:
    """Return the page of the quizzes."""
    lessons, asked = [], []
    for name in quizzed(app):
        found = questions(Lesson(name, Path(app.srcdir)))
        asked += [question.as_json() for question in found]
        lessons.append(
            {"name": name, "title": short(app, name), "href": address(name), "count": len(found)}
        )
    context = {
        "title": "Quizzes to repeat",
        "pagetitle": "Quizzes to repeat",
        "lessons": lessons,
        "steps": steps_of(app),
        "days": DAYS,
        "total": len(asked),
        "data": as_script({"days": DAYS, "lessons": lessons, "questions": asked}),
    }
    return "recall", context, "recall.html"


def collect_pages(app: Sphinx) -> Iterator[Page]:
    """Yield the pages that are no files of the repository.

    Raises:
        SphinxError: A file that they are made from is wrong.
    """
    try:
        pages = [landing(app)] + ([recall(app)] if quizzed(app) else [])
    except UserError as error:
        raise SphinxError(str(error)) from None
    yield from pages


def lead_home(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Let the site's name lead to the landing page, not to the README."""
    logo = context.get("theme_logo") or {}
    context["theme_logo"] = {**logo, "link": context["pathto"]("index")}


def executed(app: Sphinx) -> str:
    """Return what a reader should know who comes to a notebook's page from elsewhere."""
    return (
        '<p class="executed">An executed notebook with its saved results; nothing runs here.'
        f' <a href="../{app.config.root_doc}.html">Run it yourself</a>, or'
        ' <a href="../index.html">see all notebooks</a>.</p>'
    )


def add_to_notebook_pages(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Say below a notebook's title what one sees; link its quiz and its routes at its end."""
    name = page.removeprefix("notebooks/")
    if not page.startswith("notebooks/") or "body" not in context:
        return
    context["body"] = context["body"].replace("</h1>", f"</h1>{executed(app)}", 1)
    parts = []
    if name in quizzed(app):
        parts.append(f'<p><a href="../recall.html#{name}">The quiz of this notebook</a></p>')
    if parts := [*parts, route_links(app, name)]:
        context["body"] += f'<nav class="after-notebook" aria-label="Onward">{"".join(parts)}</nav>'


# ---- files


def search_index(app: Sphinx) -> list[Section]:
    """Return all sections of all pages, and the words of the course one by one."""
    pages = sorted(app.env.found_docs, key=lambda name: (not name.startswith("notebooks/"), name))
    words = Path(glossary.PAGE).stem
    found = [section for page in pages if page != words for section in sections_of(app, page)]
    if words not in pages:
        return found
    taught: dict[tuple[str, str], list[str]] = {}
    for term in glossary.terms():
        number, heading = term.taught
        taught.setdefault((number, plain(heading)), []).append(term.term)
    # The page's own sections are the letters of the alphabet.
    return [teaching(section, taught) for section in found] + [
        Section("Words", f"Word: {term.term}", f"{words}.html#{term.anchor}", term.sentence, "")
        for term in glossary.terms()
    ]


def teaching(section: Section, taught: dict[tuple[str, str], list[str]]) -> Section:
    """Return a section with the words that it teaches, by its notebook's number and its title."""
    number = section.href.removeprefix("notebooks/")[:2]
    return replace(section, teaches=tuple(taught.get((number, plain(section.title)), ())))


def size_of_png(path: Path) -> tuple[int, int] | None:
    """Return an image's width and height in pixels, or None if it is no PNG."""
    head = path.read_bytes()[:24] if path.is_file() else b""
    return struct.unpack(">II", head[16:24]) if head[:8] == b"\x89PNG\r\n\x1a\n" else None


def make_clear(text: str) -> str:
    """Return a page that tells a screen reader where code ends and its output begins.

    The lines of folded cells keep their own names, and the page in the contents is marked.
    """
    for part, said in (("cell_input", "Code"), ("cell_output", "Output")):
        start = f'<div class="{part} docutils container"'
        text = text.replace(f"{start}>", f'{start} role="group" aria-label="{said}">')
    text = text.replace('<summary aria-label="Toggle hidden content">', "<summary>")
    here = '<a class="current reference internal" href="#">'
    return text.replace(here, here.replace(">", ' aria-current="page">'))


def make_light(page: Path) -> None:
    """Leave out what a page does not need at once; see `make_clear` for the rest.

    Images get their size and are loaded when they come into view. The theme's icons come as a font
    too; the script that draws them once more is three times as large as all else of a page.
    """

    def with_size(found: re.Match[str]) -> str:
        size = size_of_png((page.parent / found["src"]).resolve())
        if not size or "loading=" in found[0]:
            return found[0]
        known = "" if "width=" in found[0] else f'width="{size[0]}" height="{size[1]}" '
        return f'<img loading="lazy" decoding="async" {known}{found["rest"]}>'

    text = page.read_text(encoding="utf-8")
    text = ICON_SCRIPT.sub("", LOCAL_IMAGE.sub(with_size, text))
    page.write_text(make_clear(text), encoding="utf-8")


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Write the search index and the figures, and make pages light, once all is written.

    Raises:
        SphinxError: The synonyms are wrong.
    """
    if exception:
        return
    site, course = Path(app.outdir), Path(app.srcdir) / "course"
    words = course / "synonyms.txt"
    try:
        groups = synonyms(words) if words.is_file() else []
    except UserError as error:
        raise SphinxError(str(error)) from None
    if (table := course / "glossary.tsv").is_file():
        groups = with_chinese(groups, table)
    write_index(search_index(app), groups, site / "_static" / "sections.js")
    for name in notebook_names(app):
        if (picture := course / "lessons" / name / "figure.png").is_file():
            (site / "_static" / "figures").mkdir(exist_ok=True)
            shutil.copy(picture, site / "_static" / "figures" / f"{name}.png")
    for page in site.rglob("*.html"):
        if "_static" not in page.parts:
            make_light(page)
    unused = [site / "searchindex.js", *(site / "_static" / "scripts").glob("fontawesome*")]
    for path in {*unused, *(site / "_static").rglob("*.map")}:
        path.unlink()  # no page loads them


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the functions that Sphinx calls."""
    app.connect("html-collect-pages", collect_pages)
    app.connect("html-page-context", lead_home)
    app.connect("html-page-context", add_to_notebook_pages)
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""Find faults in a folder of web pages that is to work without a network."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup

REMOTE_STYLE = re.compile(r"""(?:url\(|@import )\W*((?:https?:)?//[^\s)"';]+)""")


def read_pages(site: Path) -> dict[Path, BeautifulSoup]:
    """Return a site's pages, parsed, except those of libraries in `_static`."""
    paths = sorted(path for path in site.rglob("*.html") if "_static" not in path.parts)
    return {path: BeautifulSoup(path.read_text("utf-8"), "html.parser") for path in paths}


def faults_of_links(site: Path, pages: dict[Path, BeautifulSoup]) -> Iterator[str]:
    """Yield links, images, scripts and styles of a site that lead nowhere, or to a network."""
    anchors = {path: {tag["id"] for tag in page.select("[id]")} for path, page in pages.items()}
    styles = {path: path.read_text("utf-8") for path in sorted(site.rglob("*.css"))}
    for path, page in pages.items():
        for tag in page.select("[href], [src]"):
            link = str(tag.get("href", tag.get("src")))
            where = f"{path.relative_to(site)}: {link[:200]!r}"
            url = urlsplit(link)
            target = (path.parent / unquote(url.path)).resolve() if url.path else path
            if url.scheme == "data" and tag.name == "img":
                continue
            if url.scheme or url.netloc:
                if tag.name != "a":
                    yield f"{where} is loaded from a network"
                elif url.scheme != "mailto" and not re.fullmatch(r"https?://\w\S+", link):
                    yield f"{where} is not an address"
            elif not target.is_relative_to(site) or not target.is_file():
                yield f"{where}: there is no such file in the site"
            elif url.fragment and unquote(url.fragment) not in anchors.get(target, ()):
                yield f"{where}: there is no such place on the page"
        for image in page.select("img:not([alt])"):
            where = f"{path.relative_to(site)}: image {str(image.get('src'))[:200]!r}"
            yield f"{where} has no alternative text"
        styles[path] = "\n".join(tag.text for tag in page.select("style"))
    for path, style in styles.items():
        for address in REMOTE_STYLE.findall(style):
            yield f"{path.relative_to(site)}: {address!r} is loaded from a network"


@contextmanager
def replacing(output: Path) -> Iterator[Path]:
    """Give a path for a new folder, which replaces the old one if all goes well.

    Anything else that is made beside it is removed in either case.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=f".{output.name}-") as folder:
        made = Path(folder).resolve() / "made"
        yield made
        if output.exists():
            output.rename(made.with_name("old"))
        made.rename(output)

"""The site: what it holds, which faults stop it, and how a person reads it in a real browser."""

import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from conftest import ROOT
from nbformat import NotebookNode
from playwright.sync_api import Browser, Page, expect, sync_playwright

SCRIPT = ROOT / "course" / "build_site.py"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)


def run(*arguments: object) -> subprocess.CompletedProcess:
    command = [sys.executable, str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of this repository's site."""
    folder = tmp_path_factory.mktemp("built") / "a site"
    done = run("--output", folder)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"\d+ pages, checked: open .*/a site/index.html\n", done.stdout)
    assert done.stderr == ""
    return folder


def soup(page: Path) -> BeautifulSoup:
    return BeautifulSoup(page.read_text(), "html.parser")


def test_each_notebook_has_its_page_in_order(site: Path) -> None:
    page, seen = site / "index.html", []
    while link := soup(page).select_one("a.right-next"):
        page = (page.parent / link["href"]).resolve()
        seen.append(page)
    assert [path.stem for path in seen][: len(NOTEBOOKS)] == [path.stem for path in NOTEBOOKS]
    assert {path.name for path in seen} >= {"CONTRIBUTING.html", "README.zh-CN.html"}
    backwards = [page]
    while link := soup(page).select_one("a.left-prev"):
        page = (page.parent / link["href"]).resolve()
        backwards.append(page)
    assert backwards == [*reversed(seen), site / "README.html"]


def test_figures_formulas_and_contents_are_there(site: Path) -> None:
    page = soup(site / "notebooks" / "01_attention.html")
    assert page.select_one(".cell_output img")["alt"].startswith("Three curves against d_k")
    assert page.select_one("#scaled-dot-product-attention .math")
    assert page.select(".bd-toc a[href='#positions']")
    assert (site / "_static" / "mathjax" / "tex-chtml.js").is_file()


def test_the_search_index_has_the_words_of_prose_and_code(site: Path) -> None:
    index = (site / "searchindex.js").read_text()
    for word in ("cross", "attent", "token"):  # as the stemmer leaves them
        assert re.search(rf'[{{,]"?{word}"?:', index), word


def test_the_chinese_page_says_that_it_is_chinese(site: Path) -> None:
    assert soup(site / "README.zh-CN.html").html["lang"] == "zh-CN"
    assert soup(site / "index.html").html["lang"] == "en"


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """Return a small repository whose site is sound."""
    (tmp_path / "data").mkdir()
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "README.md").write_text("# First\n\n[one](notebooks/01_one.ipynb)\n\n## Part\n")
    (tmp_path / "CONTRIBUTING.md").write_text("# Second\n\n[part](README.md#part)\n")
    (tmp_path / "data" / "README.md").write_text("# Third\n")
    image = (ROOT / "notebooks" / "figures" / "04_evaluation.png").read_bytes()
    (tmp_path / "data" / "image.png").write_bytes(image)
    write(tmp_path, output("stream", text="42\n"))
    return tmp_path


def output(kind: str, **fields: object) -> NotebookNode:
    return nbformat.v4.new_output(kind, **fields)


def write(sample: Path, *outputs: NotebookNode, prose: str = "# One", count: int = 1) -> None:
    cells = [
        nbformat.v4.new_markdown_cell(prose),
        nbformat.v4.new_code_cell("6 * 7", outputs=list(outputs), execution_count=count),
    ]
    spec = {"name": "python3", "display_name": "Python 3"}
    language = {"name": "python", "pygments_lexer": "ipython3"}
    metadata = {"kernelspec": spec, "language_info": language}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=metadata)
    nbformat.write(notebook, sample / "notebooks" / "01_one.ipynb")


def readme(text: str) -> Callable[[Path], object]:
    return lambda sample: (sample / "README.md").open("a").write(f"\n{text}\n")


def notebook(*outputs: NotebookNode, **fields: object) -> Callable[[Path], None]:
    return lambda sample: write(sample, *outputs, **fields)


FAILED = output("error", ename="ValueError", evalue="no such class", traceback=["…"])
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJg"
FIGURE = output("display_data", data={"image/png": PNG}, metadata={"image/png": {"alt": "one"}})
OTHER = output("display_data", data={"image/png": PNG}, metadata={"image/png": {"alt": "two"}})
FAULTS = {
    "page": (readme("[x](nowhere.md)"), r"README.md:\d+: WARNING: .*nowhere.md"),
    "anchor": (readme("[x](notebooks/01_one.ipynb#gone)"), r"README.md:\d+: WARNING: .*gone"),
    "image": (readme("![A picture](data/gone.png)"), r"README.md:\d+: WARNING: .*gone.png"),
    "heading": (readme("#### Too deep"), r"README.md:\d+: WARNING: .*[Hh]eader"),
    "html link": (
        notebook(prose="# One\n\n<a href='gone.html'>x</a>"),
        r"notebooks/01_one.html: 'gone.html': there is no such file in the site",
    ),
    "html anchor": (
        notebook(prose="# One\n\n<a href='#gone'>x</a>"),
        r"notebooks/01_one.html: '#gone': there is no such place on the page",
    ),
    "html image": (
        notebook(prose="# One\n\n<img src='../data/gone.png' alt='x'>"),
        r"notebooks/01_one.html: '../data/gone.png': there is no such file in the site",
    ),
    "network": (
        notebook(prose="# One\n\n<img src='https://example.org/a.png' alt='x'>"),
        r"notebooks/01_one.html: 'https://example.org/a.png' is loaded from a network",
    ),
    "address": (
        readme("[x](https:/example.org)"),
        r"README.html: 'https:/example.org' is no address",
    ),
    "no alternative text": (
        notebook(prose="# One\n\n<img src='../_static/plus.png'>"),
        r"notebooks/01_one.html: image '../_static/plus.png' has no alternative text",
    ),
    "figure": (notebook(FIGURE, OTHER), r"01_one.html: figures with .*expected \['one', 'two'\]"),
    "not executed": (
        notebook(count=None),
        r"notebooks/01_one.ipynb: code cell 1 has the count None, expected 1: make refresh",
    ),
    "executed twice": (notebook(count=2), r"code cell 1 has the count 2, expected 1"),
    "error": (
        notebook(FAILED),
        r"notebooks/01_one.ipynb: code cell 1 ended in ValueError: no such class: make refresh",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_stops_the_site_and_leaves_the_old_one(sample: Path, name: str) -> None:
    spoil, message = FAULTS[name]
    old = sample / "build" / "site" / "index.html"
    old.parent.mkdir(parents=True)
    old.write_text("the old one")
    spoil(sample)
    done = run("--source", sample, "--output", old.parent)
    assert done.returncode != 0
    assert re.search(message, done.stderr), done.stderr
    assert "nothing was replaced" in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in old.parent.parent.iterdir()] == ["site"]
    assert old.read_text() == "the old one"


ATTACK = "<script>document.title = 'taken'</script><img src=x onerror=\"document.title = 'taken'\">"


def test_data_in_an_output_is_shown_and_never_obeyed(sample: Path) -> None:
    """Also where nobody escaped it, as pandas does."""
    table = f"<style scoped>td {{color: red}}</style><table><tr><td>{ATTACK}</td></tr></table>"
    widget = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "text/plain": "bar"}
    write(
        sample,
        output("display_data", data={"text/html": table}),
        output("display_data", data={"text/markdown": f"**bold** $a < b$ {ATTACK}"}),
        output("display_data", data={"application/javascript": "document.title = 'taken'"}),
        output("display_data", data=widget),
        output("stream", text=ATTACK),
    )
    done = run("--source", sample, "--output", sample / "site")
    assert done.returncode == 0, done.stderr
    cell = soup(sample / "site" / "notebooks" / "01_one.html").select_one(".cell_output")
    assert not cell.select("script, style, img, [onerror]")
    assert cell.text.count(ATTACK) == 3
    assert cell.select_one("table td")
    assert cell.select_one("strong").text == "bold"
    assert cell.select_one(".math").text == r"\(a < b\)"
    assert "bar" not in cell.text


def test_the_checker_sees_what_a_style_sheet_loads(tmp_path: Path) -> None:
    faults_of_links = runpy.run_path(str(SCRIPT))["faults_of_links"]
    (tmp_path / "a.css").write_text('@import "//cdn.org/x"; a {src: url( "https://x.org/f.woff")}')
    assert list(faults_of_links(tmp_path)) == [
        "a.css: '//cdn.org/x' is loaded from a network",
        "a.css: 'https://x.org/f.woff' is loaded from a network",
    ]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start Chromium once for all tests, or skip them."""
    if not CHROMIUM:
        pytest.skip("no Chromium: apt install chromium, or Google Chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """Return an empty page; what it asks of a network, or complains of, fails the test."""
    page, seen = chromium.new_page(viewport={"width": 1280, "height": 900}), []
    page.on("request", lambda request: seen.append(request.url))
    page.on("console", lambda m: m.type in ("error", "warning") and seen.append(m.text))
    page.on("pageerror", lambda error: seen.append(f"error: {error}"))
    yield page
    page.close()
    assert [line for line in seen if not line.startswith(("file:", "data:", "blob:"))] == []


@pytest.mark.browser
def test_the_search_finds_cross_attention(site: Path, page: Page) -> None:
    page.goto(f"file://{site}/index.html")
    page.keyboard.press("Control+k")
    box = page.get_by_role("searchbox").first
    expect(box).to_be_focused()
    page.keyboard.type("cross-attention")
    page.keyboard.press("Enter")
    results = page.locator("#search-results li a")
    expect(results.first).to_have_text("01 · Attention: from the formula to a real encoder")
    results.first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("01 · Attention")


@pytest.mark.browser
def test_a_keyboard_is_enough(site: Path, page: Page) -> None:
    page.goto(f"file://{site}/notebooks/01_attention.html")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to main content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    assert page.url.endswith("#main-content")
    following = page.locator("a.right-next")
    for _ in range(400):  # each formula, code block and link of the page is a stop
        page.keyboard.press("Tab")
        if following.evaluate("link => link === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("02_tokenization.html$"))


@pytest.mark.browser
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_formulas_are_set_and_nothing_is_wider_than_a_phone(
    site: Path, page: Page, path: Path
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"file://{site}/notebooks/{path.stem}.html")
    if page.locator(".math").count():
        page.evaluate("MathJax.startup.promise.then(() => null)")
        assert page.locator("mjx-container").count() == page.locator(".math").count()
        assert page.locator("mjx-merror").all_text_contents() == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


PAGES = [
    "index.html",
    "search.html?q=token",
    "data/README.html",
    "notebooks/12_comparing_runs.html",
]


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(site: Path, page: Page, path: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto(f"file://{site}/{path}")
    standards = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
    found = Axe().run(page, options={"runOnly": standards, "preload": False})
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.dataset.theme") == scheme


@pytest.mark.browser
@pytest.mark.parametrize("path", ["README.html", "README.zh-CN.html", "data/README.html"])
def test_no_page_is_wider_than_a_phone(site: Path, page: Page, path: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"file://{site}/{path}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

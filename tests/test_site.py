"""The site: what it holds, which faults stop it, and how a person reads it in a real browser."""

import re
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from urllib.parse import quote

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from conftest import ROOT
from lesson import lessons
from links import faults_of_links
from nbformat import NotebookNode
from playwright.sync_api import Page, expect
from test_site_pages import check_budget

SCRIPT = ROOT / "course" / "build_site.py"
NAMES = [lesson.name for lesson in lessons()]


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


@cache
def soup(page: Path) -> BeautifulSoup:
    return BeautifulSoup(page.read_text(), "html.parser")


def test_each_notebook_has_its_page_in_order(site: Path) -> None:
    page, seen = site / "README.html", []
    while link := soup(page).select_one("a.right-next"):
        page = (page.parent / link["href"]).resolve()
        seen.append(page)
    assert [path.stem for path in seen][: len(NAMES)] == NAMES
    assert {path.name for path in seen} >= {"CONTRIBUTING.html", "README.zh-CN.html"}
    backwards = [page]
    while link := soup(page).select_one("a.left-prev"):
        page = (page.parent / link["href"]).resolve()
        backwards.append(page)
    assert backwards == [*reversed(seen), site / "README.html"]


def test_figures_formulas_and_contents_are_there(site: Path) -> None:
    page = soup(site / "notebooks" / "01_attention.html")
    assert page.select_one(".cell_output img")["alt"].startswith("A table of weights")
    assert page.select_one("#scaled-dot-product-attention .math")
    assert page.select(".bd-toc a[href='#positions']")
    assert (site / "_static" / "mathjax" / "tex-chtml.js").is_file()


def test_three_pages_link_the_walk_through_a_sentence(site: Path) -> None:
    for name in ("index.html", "notebooks/01_attention.html", "notebooks/13_modern_decoder.html"):
        link = soup(site / name).find("a", string=re.compile("^Walk one sentence"))
        assert ((site / name).parent / link["href"]).resolve() == site / "walk.html"
    links = [link["href"] for link in soup(site / "walk.html").select(".taught a")]
    assert len(links) > 30 and all("#" in link for link in links)  # places are checked when built


def test_the_first_use_of_a_word_leads_to_its_sentence(site: Path) -> None:
    link = soup(site / "notebooks" / "01_attention.html").select_one("a.word")
    page, _, place = link["href"].partition("#")
    assert page == "../GLOSSARY.html"
    words = soup(site / "GLOSSARY.html")
    assert link["title"] in words.select_one(f"#{place}").find_parent("p").text
    assert words.find("a", href=re.compile("^notebooks/01_attention.html#masks$"))
    found = (site / "_static" / "sections.js").read_text(encoding="utf-8")
    assert "Masks" in found and 'class=\\"word' not in found  # the search shows no tags


def test_a_file_that_is_no_page_comes_along(site: Path) -> None:
    link = soup(site / "README.html").find("a", string="CITATION.cff")
    assert (site / link["href"]).read_bytes() == (ROOT / "CITATION.cff").read_bytes()


def test_widgets_leave_a_sentence_and_progress_bars_nothing(site: Path) -> None:
    kinds = {"01_attention": 1, "04_evaluation": 0, "11_interpretability": 1}  # panels of controls
    for name, panels in kinds.items():
        outputs = soup(site / "notebooks" / f"{name}.html").select(".cell_output")
        texts = [output.text.strip() for output in outputs]
        assert sum("controls are here" in text for text in texts) == panels
        assert not any(word in text for word in ("interactive(", "%|", "object>") for text in texts)
        pictures = [output.select("img") for output in outputs]
        assert all(text or picture for text, picture in zip(texts, pictures, strict=True))


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
    image = (ROOT / "course" / "lessons" / "04_evaluation" / "figure.png").read_bytes()
    (tmp_path / "data" / "image.png").write_bytes(image)
    write(tmp_path, output("stream", text="42\n"))
    return tmp_path


def output(kind: str, **fields: object) -> NotebookNode:
    return nbformat.v4.new_output(kind, **fields)


def write(
    sample: Path, *outputs: NotebookNode, name: str = "one", prose: str = "", count: int | None = 1
) -> None:
    cells = [
        nbformat.v4.new_markdown_cell(f"# {name}\n\n{prose}"),
        nbformat.v4.new_code_cell("6 * 7", outputs=list(outputs), execution_count=count),
    ]
    spec = {"name": "python3", "display_name": "Python 3"}
    language = {"name": "python", "pygments_lexer": "ipython3"}
    metadata = {"kernelspec": spec, "language_info": language}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=metadata)
    nbformat.write(notebook, sample / "notebooks" / f"01_{name}.ipynb")


def not_run(sample: Path) -> None:
    write(sample, name="unfinished", count=None)
    write(sample, name="twice", count=2)
    failed = output("error", ename="ValueError", evalue="no such class", traceback=["…"])
    write(sample, failed, name="failed")


def links_of_markdown(sample: Path) -> None:
    text = "[x](nowhere.md) [x](notebooks/01_one.ipynb#gone) ![A picture](data/gone.png)"
    (sample / "README.md").open("a").write(f"\n{text}\n\n#### Too deep\n")


def links_of_html(sample: Path) -> None:
    """Sphinx does not look at these."""
    tags = """<a href="gone.html">x</a> <a href="#gone">x</a> <a href="javascript:alert(1)">x</a>
        <img src="../data/gone.png" alt="x"> <img src="../_static/plus.png">
        <img src="https://example.org/a.png" alt="x"> <script src="//example.org/a.js"></script>"""
    write(sample, prose=tags)
    (sample / "README.md").open("a").write("\n[x](https:/example.org)\n")


def one_text_for_two_figures(sample: Path) -> None:
    figures = [
        output("display_data", data={"image/png": PNG}, metadata={"image/png": {"alt": alt}})
        for alt in ("one", "two")
    ]
    write(sample, *figures)


PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJg"
PAGE = "notebooks/01_one.html"
FAULTS = {
    not_run: [
        r"notebooks/01_unfinished.ipynb: code cell 1 has the count None, expected 1: make refresh",
        r"notebooks/01_twice.ipynb: code cell 1 has the count 2, expected 1: make refresh",
        r"notebooks/01_failed.ipynb: code cell 1 ended in ValueError: no such class: make refresh",
    ],
    links_of_markdown: [
        r"README.md:\d+: WARNING: .*nowhere.md",
        r"README.md:\d+: WARNING: .*'gone'",
        r"README.md:\d+: WARNING: .*gone.png",
        r"README.md:\d+: WARNING: .*[Hh]eader",
    ],
    links_of_html: [
        rf"{PAGE}: 'gone.html': there is no such file in the site",
        rf"{PAGE}: '#gone': there is no such place on the page",
        rf"{PAGE}: 'javascript:alert\(1\)' is not an address",
        rf"{PAGE}: '../data/gone.png': there is no such file in the site",
        rf"{PAGE}: image '../_static/plus.png' has no alternative text",
        rf"{PAGE}: 'https://example.org/a.png' is loaded from a network",
        rf"{PAGE}: '//example.org/a.js' is loaded from a network",
        r"README.html: 'https:/example.org' is not an address",
    ],
    one_text_for_two_figures: [r"01_one.html: figures with .*expected \['one', 'two'\]"],
}


@pytest.mark.parametrize("spoil", FAULTS)
def test_a_fault_stops_the_site_and_leaves_the_old_one(
    sample: Path, spoil: Callable[[Path], None]
) -> None:
    old = sample / "build" / "site" / "index.html"
    old.parent.mkdir(parents=True)
    old.write_text("the old one")
    spoil(sample)
    done = run("--source", sample, "--output", old.parent)
    assert done.returncode != 0
    for message in FAULTS[spoil]:
        assert re.search(message, done.stderr), f"{message} is not in:\n{done.stderr}"
    assert "nothing was replaced" in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in old.parent.parent.iterdir()] == ["site"]
    assert old.read_text() == "the old one"


ATTACK = "<script>document.title = 'taken'</script><img src=x onerror=\"document.title = 'taken'\">"


def test_data_in_an_output_is_shown_and_never_obeyed(sample: Path) -> None:
    """Also where nobody escaped it. The style is a pandas Styler's."""
    style = "<style type='text/css'>td {color: red}</style>"
    table = f"{style}<table><tr><td onclick='taken'>{ATTACK}</td></tr></table>"
    drawing = {"image/svg+xml": f"<svg>{ATTACK}</svg>", "text/plain": "a drawing"}
    write(
        sample,
        output("display_data", data={"text/html": table}),
        output("display_data", data={"text/markdown": f"**bold** $a < b$ {ATTACK}"}),
        output("display_data", data={"application/javascript": "document.title = 'taken'"}),
        output("display_data", data=drawing),
        output("display_data", data={"application/json": {"a": ATTACK[-1]}, "text/plain": "JSON"}),
        output("display_data", data={"text/plain": ATTACK}),
        output("stream", text=ATTACK),
    )
    done = run("--source", sample, "--output", sample / "site")
    assert done.returncode == 0, done.stderr
    cell = soup(sample / "site" / "notebooks" / "01_one.html").select_one(".cell_output")
    assert not cell.select("script, style, img, svg, [onerror], [onclick]")
    assert cell.text.count(ATTACK) == 4
    assert cell.select_one("table td")
    assert cell.select_one("strong").text == "bold"
    assert cell.select_one(".math").text == r"\(a < b\)"
    assert "a drawing" in cell.text
    assert '"a": ">"' in cell.text
    assert "color" not in cell.text


def test_line_breaks_in_an_alternative_text_are_no_fault(sample: Path) -> None:
    """As in a text that is made of a figure's labels."""
    alt = "Bars. some\n(n = 289): 0.64"
    write(
        sample,
        output("display_data", data={"image/png": PNG}, metadata={"image/png": {"alt": alt}}),
    )
    done = run("--source", sample, "--output", sample / "site")
    assert done.returncode == 0, done.stderr


def test_the_checker_sees_what_a_style_sheet_loads(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text('@import "//cdn.org/x"; a {src: url( "https://x.org/f.woff")}')
    assert list(faults_of_links(tmp_path, {})) == [
        "a.css: '//cdn.org/x' is loaded from a network",
        "a.css: 'https://x.org/f.woff' is loaded from a network",
    ]


# What a reader types, and the section that should come first.
SOUGHT = {
    "kv cache": "notebooks/06_text_generation.html#the-keyvalue-cache",
    "key–value cache": "notebooks/06_text_generation.html#the-keyvalue-cache",
    "byte pair encoding": "notebooks/02_tokenization.html#byte-pair-encoding",
    "rope": "notebooks/13_modern_decoder.html#rope-positions-as-rotations",
    "differential privacy": "notebooks/10_privacy.html#differential-privacy-a-defence-with-a-proof",
    "speculative decoding": (
        "notebooks/19_running_a_decoder.html#several-tokens-per-pass-and-not-one-changed"
    ),
    "walk one sentence": "walk.html#start",
    "what is a token": "notebooks/02_tokenization.html",
    "attention": "notebooks/01_attention.html#a-soft-dictionary-look-up",
    "mcnemar": "notebooks/04_evaluation.html#mcnemar-s-test",
}


@pytest.mark.browser
def test_the_search_finds_the_section(site: Path, page: Page) -> None:
    for query, section in SOUGHT.items():
        page.goto(f"file://{site}/search.html?q={quote(query)}")
        first = page.locator("#search-results a").first
        expect(first).to_have_attribute("href", section)
    first.click()
    expect(page.locator(":target")).to_be_visible()


@pytest.mark.browser
def test_pages_are_within_the_budget(site: Path, page: Page) -> None:
    for path, kind in (("index.html", "landing"), ("recall.html", "recall"),
                       ("search.html?q=kv+cache", "search")):  # fmt: skip
        check_budget(page, site, path, kind)
    for name in NAMES:
        check_budget(page, site, f"notebooks/{name}.html", "notebook")


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
def test_what_is_folded_is_named_and_opens_by_keyboard(site: Path, page: Page) -> None:
    """The parameters; then three hints, each inside the one before, and no solution."""
    page.goto(f"file://{site}/notebooks/02_tokenization.html")
    parameters = page.locator("summary", has_text="Show the parameters")
    assert parameters.get_attribute("aria-label") is None  # it would be read instead of the text
    parameters.press("Enter")
    expect(page.get_by_role("group", name="Code").first).to_be_visible()
    exercise = page.locator("section", has=page.get_by_role("heading", name="Exercise 1")).last
    hints = [exercise.locator("summary", has_text=f"Hint {n} of 3") for n in (1, 2, 3)]
    ladder = [*hints, exercise.locator("summary", has_text="Solution")]
    hints[0].focus()
    for place, hint in enumerate(hints):
        expect(hint).to_be_focused()
        assert [line.is_visible() for line in ladder] == [n <= place or n == 3 for n in range(4)]
        page.keyboard.press("Enter")
        following = ladder[place + 1]
        expect(following).to_be_visible()
        for _ in range(4):  # a block of code is a stop, too
            page.keyboard.press("Tab")
            if following.evaluate("line => line === document.activeElement"):
                break
    expect(exercise.locator("details", has_text="Solution").last).not_to_have_attribute("open", "")
    expect(exercise.locator("pre").first).to_be_visible()  # the first line


@pytest.mark.browser
def test_formulas_are_set_and_nothing_is_wider_than_a_phone(site: Path, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for path in sorted(site.rglob("*.html")):
        if "_static" in path.parts:
            continue
        page.goto(f"file://{path}")
        if page.locator(".math").count():
            page.evaluate("MathJax.startup.promise.then(() => null)")
            assert page.locator("mjx-container").count() == page.locator(".math").count(), path
            assert page.locator("mjx-merror").all_text_contents() == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path


# A notebook with all kinds of content and the fewest tags: axe-core takes minutes for the largest.
AXE_PAGES = ["index.html", "README.html", "GLOSSARY.html", "recall.html", "search.html?q=token",
             "notebooks/02_tokenization.html"]  # fmt: skip


@pytest.mark.browser
@pytest.mark.parametrize("path", AXE_PAGES)
def test_axe_finds_nothing(site: Path, page: Page, path: str) -> None:
    wcag = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
    phone = ["color-contrast", "scrollable-region-focusable"]  # what colours and width can change
    for scheme, width, rules in (("light", 1280, wcag), ("dark", 390, phone)):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"file://{site}/{path}")
        options = {"runOnly": rules, "preload": False, "resultTypes": ["violations"]}
        found = Axe().run(page, options=options)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.dataset.theme") == scheme

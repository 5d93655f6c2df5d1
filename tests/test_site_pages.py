"""The site's own pages: landing page, routes, the search by sections, print, and a budget."""

import json
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from conftest import ROOT
from playwright.sync_api import Page, expect
from routes import neighbours, read_routes
from sections import plain, synonyms, with_chinese
from small_site import ROUTES

from shared.errors import UserError

pytestmark = pytest.mark.slow  # pages are built, and Chromium reads them

expect.set_options(timeout=30_000)  # on a busy machine
WORDS = ROOT / "course" / "synonyms.txt"


def soup(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(), "html.parser")


# ---- landing page and routes


def test_the_landing_page_shows_each_notebook_with_its_figure(small_site: Path) -> None:
    page = soup(small_site / "index.html")
    assert page.select_one("article h1").text == "A Transformer course that runs"
    assert page.select_one(".landing-lead").text == "It teaches small things. It runs."
    cards = page.select(".landing-cards > li")
    assert [card.h3.text for card in cards] == [
        "01 · One: a first notebook", "02 · Two: a second & last notebook"
    ]  # fmt: skip
    for place, card in enumerate(cards, start=1):
        assert (small_site / card.img["src"]).is_file()
        assert card.img["alt"] == 'Two "bars"'
        assert (small_site / card.a["href"]).is_file()
        assert f'what is "{place}" < 9?' in card.text and "runs in 7 s" in card.text
    assert "A Transformer is" in page.select_one(".landing-new").text
    assert page.select_one(".landing-doors p").text == 'What is "1" < 9?'
    doors = {a["href"] for a in page.select(".landing-doors a")}
    assert doors == {"notebooks/01_one.html", "recall.html#placement", "recall.html", "README.html"}
    assert [dt.text for dt in page.select("dt")] == ["Forwards", "Backwards"]
    stops = [[a.text for a in dd.select("a")] for dd in page.select("dd")]
    assert stops == [["01 · One", "02 · Two"], ["02 · Two", "01 · One"]]


def test_the_name_of_the_site_leads_home(small_site: Path) -> None:
    for path in ("README.html", "notebooks/01_one.html", "recall.html"):
        logo = soup(small_site / path).select_one("a.navbar-brand")
        assert (small_site / path).parent.joinpath(logo["href"]).resolve() == (
            small_site / "index.html"
        )


def test_a_screen_reader_is_told_code_output_and_place(small_site: Path) -> None:
    page = soup(small_site / "notebooks" / "02_two.html")
    assert [cell["aria-label"] for cell in page.select("[role=group].cell_input")] == ["Code"]
    assert page.select_one("nav [aria-current=page]").text == "02 · Two: a second & last notebook"


def test_a_notebook_says_that_nothing_runs_here(small_site: Path) -> None:
    page = soup(small_site / "notebooks" / "02_two.html")
    below = page.select_one("article h1 + .executed")
    assert [a["href"] for a in below.select("a")] == ["../README.html", "../index.html"]


def test_a_notebook_says_what_comes_next_on_each_route(small_site: Path) -> None:
    rows = soup(small_site / "notebooks" / "01_one.html").select(".on-routes li")
    assert [row.text for row in rows] == [
        "Forwards (1 of 2), next: 02 · Two", "Backwards (2 of 2), before: 02 · Two"
    ]  # fmt: skip
    assert rows[0].a["href"] == "02_two.html"
    following = soup(small_site / "notebooks" / "01_one.html").select_one("a.right-next")
    assert following["href"] == "02_two.html"  # without a route: by number


def test_neighbours() -> None:
    names = ["a", "b", "c"]
    assert [neighbours(names, name) for name in names] == [(None, "b"), ("a", "c"), ("b", None)]
    with pytest.raises(ValueError, match="'d' is not in"):
        neighbours(names, "d")


def test_a_route_leaves_out_what_is_not_there(tmp_path: Path) -> None:
    assert read_routes(tmp_path / "routes.toml", ["01_one"]) == []
    (tmp_path / "routes.toml").write_text(ROUTES)
    found = read_routes(tmp_path / "routes.toml", ["02_two"])
    assert [route.names for route in found] == [("02_two",), ("02_two",)]


# ---- search


def test_the_synonyms_are_sound() -> None:
    groups = synonyms(WORDS)
    assert next(g for g in groups if "kv cache" in g)[:2] == ["kv cache", "key value cache"]
    assert plain("Key–Value   CACHE!") == "key value cache"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("alone", r"words.txt:2: 'alone': expected `one word = another`"),
        ("a = !", r"words.txt:2: 'a = !': expected"),
        ("b = KV cache", r"words.txt:2: 'kv cache' is in line 1 too: put both into one line"),
    ],
)
def test_a_bad_line_of_synonyms_is_named(tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / "words.txt").write_text(f"kv cache = key-value cache\n{line}\n")
    with pytest.raises(UserError, match=said):
        synonyms(tmp_path / "words.txt")


def test_chinese_names_come_from_the_glossary(tmp_path: Path) -> None:
    (tmp_path / "g.tsv").write_text("term\tchinese\nLoRA\t低秩适配；LoRA\nbeam\t束\nempty\t\n")
    groups = [["lora", "low rank adaptation"], ["other", "束"]]
    assert with_chinese(groups, tmp_path / "g.tsv") == [
        ["lora", "low rank adaptation", "低秩适配"], ["other", "束"]
    ]  # fmt: skip


def results(page: Page, site: Path, query: str) -> list[str]:
    """Return the addresses of what a query finds, best first."""
    page.goto(f"file://{site}/search.html")
    page.locator(".bd-search-container input[name=q]").fill(query)
    expect(page.locator("#search-said")).not_to_be_empty()
    return [a.get_attribute("href") for a in page.locator("#search-results a").all()]


FOUND = {
    "kv cache": "notebooks/01_one.html#the-keyvalue-cache",
    "KV-Caches": "notebooks/01_one.html#the-keyvalue-cache",
    "key–value cache": "notebooks/01_one.html#the-keyvalue-cache",
    "lora": "notebooks/02_two.html#omega",
    "低秩适配": "notebooks/02_two.html#omega",
    "attention please": "notebooks/01_one.html#alpha",
    "only_in_code_2": "notebooks/02_two.html#omega",
    "decod": "notebooks/02_two.html#alpha",
}


@pytest.mark.browser
def test_the_search_finds_the_section(small_site: Path, page: Page) -> None:
    for query, href in FOUND.items():
        found = results(page, small_site, query)
        assert found[0].startswith(href.partition("#")[0]) and found[0] == href, (query, found)
        target = page.goto(f"file://{small_site}/{href}")
        assert target is None or target.ok
        expect(page.locator(":target")).to_be_visible()


@pytest.mark.browser
def test_the_best_section_comes_first(small_site: Path, page: Page) -> None:
    """The one with the words in its heading, before one that only mentions them."""
    found = results(page, small_site, "kv cache")
    assert found == ["notebooks/01_one.html#the-keyvalue-cache", "notebooks/02_two.html"]


@pytest.mark.browser
def test_a_search_from_any_page_by_keyboard(small_site: Path, page: Page) -> None:
    page.goto(f"file://{small_site}/notebooks/02_two.html")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("searchbox").first).to_be_focused()
    page.keyboard.type("kv cache")
    page.keyboard.press("Enter")
    first = page.locator("#search-results a").first
    expect(first).to_have_text("2 · The key–value cache")
    expect(page.locator("#search-said")).to_have_text("2 sections.")
    page.keyboard.press("Tab")
    expect(first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("01_one.html#"))


@pytest.mark.browser
def test_the_search_says_that_there_is_nothing_and_obeys_no_query(
    small_site: Path, page: Page
) -> None:
    page.goto(f"file://{small_site}/search.html?q=%3Cimg+onqqq%3Dzzzq%3E")
    expect(page.locator("#search-said")).to_contain_text("Nothing found for “<img")
    assert page.locator("#search-results img, #search-said img").count() == 0
    assert results(page, small_site, "adaptation <b>")[0] == "notebooks/02_two.html#omega"
    expect(page.locator("#search-results li").first).to_contain_text("adaptation")
    assert page.locator("#search-results li b").count() == 0


# ---- for everyone, on paper too


@pytest.mark.browser
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
@pytest.mark.parametrize("path", ["index.html", "search.html?q=kv+cache", "notebooks/01_one.html"])
def test_axe_finds_nothing(
    small_site: Path, page: Page, path: str, scheme: str, width: int
) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"file://{small_site}/{path}")
    wcag = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
    options = {"runOnly": wcag, "preload": False, "resultTypes": ["violations"]}
    found = Axe().run(page, options=options)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.dataset.theme") == scheme
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.browser
def test_icons_are_there_without_their_script(small_site: Path, page: Page) -> None:
    """Each has a sign in the theme's font: without a rule, `content` would be none."""
    page.goto(f"file://{small_site}/notebooks/01_one.html")
    assert page.locator("script[src*=fontawesome]").count() == 0
    signs = page.evaluate(
        "[...document.querySelectorAll('i[class*=fa-]')].map(i =>"
        " [i.className, getComputedStyle(i, '::before').content])"
    )
    assert len(signs) > 5
    assert [name for name, sign in signs if sign in ("none", "normal", "")] == []


@pytest.mark.browser
def test_on_paper_is_the_text_only(small_site: Path, page: Page) -> None:
    page.emulate_media(media="print")
    page.goto(f"file://{small_site}/notebooks/01_one.html")
    expect(page.locator("article h2").first).to_be_visible()
    for part in (".bd-sidebar-primary", ".bd-header-article", ".prev-next-footer",
                 ".after-notebook"):  # fmt: skip
        assert not page.locator(part).first.is_visible(), part
    assert page.pdf(format="A4").startswith(b"%PDF-")


# ---- the budget, which CONTRIBUTING.md states

MB = 1e6
BUDGET = {  # bytes, requests, and seconds of the main thread until the page can be used
    "landing": (1.2 * MB, 25, 0.5),
    "recall": (1.2 * MB, 25, 0.5),
    "search": (2.2 * MB, 25, 0.8),
    "notebook": (3.0 * MB, 40, 3.0),
}


def cost(page: Page, url: str) -> tuple[float, int, float]:
    """Return what it takes until a page is shown and its formulas are set.

    The time is what the page's main thread computes: on a machine with nothing else to do the time
    to interactive, and on a busy one the same.
    """
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(request.url.partition("#")[0].partition("?")[0]))
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.goto(url)
    page.evaluate("window.MathJax?.startup?.promise?.then(() => null)")
    metrics = session.send("Performance.getMetrics")["metrics"]
    seconds = next(item["value"] for item in metrics if item["name"] == "TaskDuration")
    files = [Path(unquote(urlsplit(address).path)) for address in asked if "file:" in address]
    return sum(file.stat().st_size for file in files), len(asked), seconds


def check_budget(page: Page, site: Path, path: str, kind: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    spent = cost(page, f"file://{site}/{path}")
    print(path, *spent)
    assert spent[0] > 50_000 and spent[2] > 0, "nothing was measured"
    for what, used, most in zip(("bytes", "requests", "s"), spent, BUDGET[kind], strict=True):
        assert used <= most, f"{path}: {used:.2f} {what}, expected at most {most}"


@pytest.mark.browser
@pytest.mark.parametrize(
    ("path", "kind"),
    [("index.html", "landing"), ("recall.html", "recall"), ("search.html?q=kv+cache", "search"),
     ("notebooks/01_one.html", "notebook")],
)  # fmt: skip
def test_the_frame_of_a_page_is_within_the_budget(
    small_site: Path, page: Page, path: str, kind: str
) -> None:
    check_budget(page, small_site, path, kind)


def test_contributing_states_the_budget() -> None:
    said = " ".join((ROOT / "CONTRIBUTING.md").read_text().split())
    for kind, (size, requests, seconds) in BUDGET.items():
        assert f"{kind} {size / MB:g} MB, {requests} requests, {seconds:g} s" in said


def test_no_page_loads_what_it_does_not_need(small_site: Path) -> None:
    left = [path.name for path in small_site.rglob("*.map")]
    assert left == []
    assert not (small_site / "searchindex.js").exists()
    for path in small_site.glob("notebooks/*.html"):
        for image in soup(path).select("img"):
            assert image["loading"] == "lazy" and int(image["width"]) > 0
    index = (small_site / "_static" / "sections.js").read_text()
    assert json.loads(index.removeprefix("window.SECTIONS = ").rstrip(";\n"))["sections"]

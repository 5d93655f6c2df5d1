"""The page "step by step": its numbers are the library's, and each reader can walk through it."""

import math
import re
from collections.abc import Callable, Iterator

import build_walk
import pytest
import torch
import walk_steps
import walk_values
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page, expect
from walk_steps import Step

pytestmark = pytest.mark.slow  # pages are built, and Chromium reads them


@pytest.fixture(scope="module")
def steps() -> list[Step]:
    return walk_steps.all_steps(walk_values.encoder(), walk_values.decoder())


@pytest.fixture(scope="module")
def html(steps: list[Step]) -> str:
    return build_walk.page(steps)


@pytest.fixture(scope="module")
def address(html: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("a walk") / "walk.html"
    path.write_text(html, encoding="utf-8")
    return f"file://{path}"


def test_each_step_has_one_short_idea_a_drawing_and_a_section(steps: list[Step]) -> None:
    assert 25 <= len(steps) <= 40
    assert len({step.name for step in steps}) == len({step.title for step in steps}) == len(steps)
    for step in steps:
        assert 20 <= build_walk.words(step.text) <= build_walk.MOST_WORDS, step.name
        assert step.taught, step.name
        assert step.drawing.width <= 344 and len(step.drawing.alt) > 40, step.name
        assert step.shapes or step.name in ("start", "onward")
    names = [step.name for step in steps]
    order = ["tokens", "embedding", "position", "query-key-value", "scores", "scaling", "weights",
             "weighted-sum", "residual", "mlp", "mask", "decoder-weights", "logits", "loss",
             "error", "matrix"]  # fmt: skip
    assert [name for name in names if name in order] == order


def test_who_cannot_see_a_drawing_is_told_its_numbers(steps: list[Step]) -> None:
    """Each number that is drawn is in the alternative text; numbers of rows and columns may not."""
    for step in steps:
        drawn = " ".join(BeautifulSoup(step.drawing.svg(), "html.parser").stripped_strings)
        numbers = set(re.findall(r"−?\d+\.\d+", drawn))
        assert numbers <= set(re.findall(r"−?\d+\.\d+", step.drawing.alt)), step.name


def test_the_first_use_of_a_word_leads_to_its_sentence(html: str) -> None:
    """To the site's page of words; its places are checked when the site is built."""
    found = [a["href"] for a in BeautifulSoup(html, "html.parser").select(".step .text a.word")]
    assert len(found) == len(set(found)) > 10
    wanted = {f"GLOSSARY.html#word-{word}" for word in ("token", "attention", "softmax", "logit")}
    assert wanted <= set(found)


def test_the_page_is_the_same_each_time(html: str) -> None:
    again = walk_steps.all_steps(walk_values.encoder(), walk_values.decoder())
    assert build_walk.page(again) == html


def sample_variance(x: torch.Tensor, norm: torch.nn.LayerNorm) -> torch.Tensor:
    centred = x - x.mean(-1, keepdim=True)
    return centred / x.std(-1, keepdim=True) * norm.weight + norm.bias  # divides by d - 1


def neighbours(x: torch.Tensor, angles: torch.Tensor) -> torch.Tensor:
    a, b = x[..., 0::2], x[..., 1::2]
    pairs = a * angles.cos() - b * angles.sin(), a * angles.sin() + b * angles.cos()
    return torch.stack(pairs, -1).flatten(-2)


def without_projection(
    gradient: torch.Tensor, x: torch.Tensor, weight: torch.Tensor, eps: float
) -> torch.Tensor:
    return torch.rsqrt(x.square().mean() + eps) * gradient * weight


MISTAKES = {
    sample_variance: ("layer_norm", "encoder", "MiniLM: embeddings differs"),
    neighbours: ("rotate", "decoder", "SmolLM2, block 1: weights differs"),
    without_projection: ("rms_norm_back", "decoder", "the gradient of the last down-projection"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_wrong_number_cannot_be_shown(mistake: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    name, of, message = MISTAKES[mistake]
    monkeypatch.setattr(walk_values, name, mistake)
    with pytest.raises(AssertionError, match=message):
        getattr(walk_values, of)()


def test_nothing_that_is_not_a_number_agrees() -> None:
    right = torch.tensor([1.0, 2.0])
    walk_values.must_agree("x", right + 1e-5, right)
    for wrong in (right + 1e-2, right * math.nan, right[:1]):
        with pytest.raises(AssertionError, match="x"):
            walk_values.must_agree("x", wrong, right)


def test_faults_of_a_step_stop_the_page(steps: list[Step]) -> None:
    first = steps[0]
    changed = Step(**vars(first) | {"text": "word " * 61})
    with pytest.raises(ValueError, match="start: 61 words, expected at most 60"):
        build_walk.page([changed])
    with pytest.raises(ValueError, match="the same name"):
        build_walk.page([first, first])
    with pytest.raises(ValueError, match="01_attention has no section 'Mask': expected one of"):
        build_walk.link("01_attention", "Mask")


@pytest.mark.browser
def test_the_arrow_keys_go_there_and_back(address: str, page: Page, steps: list[Step]) -> None:
    page.goto(address)
    shown = page.locator(".step:visible")
    for step in steps:
        expect(shown).to_have_count(1)
        expect(shown).to_have_attribute("id", step.name)
        page.keyboard.press("ArrowRight")
    expect(shown).to_have_attribute("id", steps[-1].name)  # it stays at the end
    for step in reversed(steps):
        expect(shown).to_have_attribute("id", step.name)
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowRight")  # selects text
    expect(shown).to_have_attribute("id", steps[0].name)


@pytest.mark.browser
def test_each_step_is_said_and_its_button_keeps_the_focus(
    address: str, page: Page, steps: list[Step]
) -> None:
    page.goto(address)
    said, button = page.get_by_role("status"), page.get_by_role("button", name="Next")
    expect(said).to_have_text("")
    button.focus()
    for number, step in enumerate(steps[1:], start=2):
        page.keyboard.press("Enter")
        expect(said).to_contain_text(f"Step {number} of {len(steps)}: {step.title}.")
        expect(said).to_contain_text(step.drawing.alt)
        expect(button).to_be_focused()
    expect(button).to_have_attribute("aria-disabled", "true")
    page.get_by_role("button", name="Back").click()
    expect(said).to_contain_text(f"Step {len(steps) - 1} of")


@pytest.mark.browser
def test_a_step_has_an_address(address: str, page: Page) -> None:
    shown = page.locator(".step:visible")
    page.goto(f"{address}#mask")
    expect(shown).to_have_attribute("id", "mask")
    page.keyboard.press("ArrowRight")
    assert page.url.endswith("#decoder-weights")
    page.go_back()
    expect(shown).to_have_attribute("id", "mask")
    page.get_by_text(re.compile(r"All \d+ steps")).click()
    page.get_by_role("link", name="The loss: how surprised?").click()
    expect(shown).to_have_attribute("id", "loss")
    current = page.locator("nav [aria-current=step]")
    expect(current).to_have_attribute("href", "#loss")
    for wrong in ("nowhere", "%", "<b>"):
        page.goto(f"{address}#{wrong}")
        page.reload()
        expect(shown).to_have_attribute("id", "start")


SWIPE = """([x, y]) => {
  const send = (kind, x, y) => {
    const touch = new Touch({identifier: 1, target: document.body, clientX: x, clientY: y});
    const touches = kind === "touchend" ? [] : [touch];
    const options = {touches, changedTouches: [touch], bubbles: true};
    document.body.dispatchEvent(new TouchEvent(kind, options));
  };
  send("touchstart", 200, 300);
  send("touchend", 200 + x, 300 + y);
}"""


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True
    )
    yield context.new_page()
    context.close()


@pytest.mark.browser
def test_a_swipe_moves_and_scrolling_does_not(address: str, phone: Page) -> None:
    phone.goto(address)
    shown = phone.locator(".step:visible")
    for swipe, name in (([-120, 20], "tokens"), ([-120, 10], "embedding"), ([120, 0], "tokens"),
                        ([-60, 200], "tokens"), ([-20, 0], "tokens")):  # fmt: skip
        phone.evaluate(SWIPE, swipe)
        expect(shown).to_have_attribute("id", name)


@pytest.mark.browser
def test_no_step_is_wider_than_a_phone(address: str, phone: Page, steps: list[Step]) -> None:
    for step in steps:
        phone.goto(f"{address}#{step.name}")
        assert phone.evaluate("document.documentElement.scrollWidth") <= 360, step.name
        box = phone.locator(f"#{step.name} img").bounding_box()
        assert box["width"] > 0.95 * step.drawing.width, f"{step.name}: too small to be read"
    for button in phone.get_by_role("button").all():
        assert button.bounding_box()["height"] >= 44


@pytest.mark.browser
def test_without_javascript_it_is_a_list(address: str, browser: Browser, steps: list[Step]) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.goto(address)
    expect(page.locator(".step:visible")).to_have_count(len(steps))
    expect(page.get_by_role("button")).to_have_count(0)
    for step in steps:
        assert page.locator(f"#{step.name}").bounding_box()["width"] <= 344
    page.get_by_text(f"All {len(steps)} steps").click()
    page.get_by_role("link", name="The mask hides the future").click()
    expect(page.locator("#mask")).to_be_in_viewport()
    context.close()


@pytest.mark.browser
def test_printed_it_is_a_list_and_nothing_moves_if_a_reader_says_so(
    address: str, page: Page, steps: list[Step]
) -> None:
    animation = "getComputedStyle(document.querySelector('.current')).animationName"
    for motion, name in (("no-preference", "arrive"), ("reduce", "none")):
        page.emulate_media(reduced_motion=motion)
        page.goto(address)
        page.keyboard.press("ArrowRight")
        assert page.evaluate(animation) == name
    page.emulate_media(media="print")
    expect(page.locator(".step:visible")).to_have_count(len(steps))
    expect(page.get_by_role("button")).to_have_count(0)


@pytest.mark.browser
def test_axe_finds_nothing(address: str, page: Page) -> None:
    """In light and dark, on a step, at the end, with the contents open, and on the whole list."""
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    options = {"runOnly": rules, "preload": False, "resultTypes": ["violations"]}
    for scheme, width in (("light", 1280), ("dark", 360)):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(f"{address}#weights")
        page.keyboard.press("ArrowRight")
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (background == "rgb(255, 255, 255)") == (scheme == "light")
        for change in ("0", "document.querySelector('details').open = true",
                       "document.documentElement.classList.remove('stepping')"):  # fmt: skip
            page.evaluate(change)
            found = Axe().run(page, options=options)
            assert found.violations_count == 0, found.generate_report()


@pytest.mark.browser
def test_the_readers_choice_on_the_site_is_kept(address: str, page: Page) -> None:
    page.emulate_media(color_scheme="light")
    page.goto(address)
    for mode, colour in (("dark", "rgb(20, 24, 30)"), ("auto", "rgb(255, 255, 255)")):
        page.evaluate(f"localStorage.setItem('mode', '{mode}')")
        page.reload()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == colour


def test_the_page_may_fetch_nothing(html: str) -> None:
    """The browser is told so, and the tests above would see it: `page` notes all requests."""
    soup = BeautifulSoup(html, "html.parser")
    policy = soup.select_one("meta[http-equiv]")["content"]
    assert policy.startswith("default-src 'none'; img-src data:;") and "unsafe" not in policy
    assert not soup.select("link, script[src], iframe, [style], [onclick]")
    assert all(image["src"].startswith("data:image/svg+xml;") for image in soup.select("img"))

"""A person's way through the notebooks: JupyterLab as `make lab` starts it, in a real browser."""

import html
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import AS_ROOT
from conftest import ROOT
from playwright.sync_api import Browser, Page, expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not shutil.which("make"), reason="no make"),
]
PANEL = ".jp-NotebookPanel:not(.lm-mod-hidden)"
CELLS = f"{PANEL} .jp-CodeCell"
ERRORS = '[data-mime-type="application/vnd.jupyter.stderr"]'  # of a stream, or a traceback
SECONDS = 1000  # in milliseconds, as Playwright counts


@dataclass
class Lab:
    """A running JupyterLab: where it listens, its token, and the file with what it logged."""

    url: str
    token: str
    log: Path


@dataclass
class Visit:
    """A page of JupyterLab, and what a browser's developer tools would have shown of it."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda m: m.type in ("error", "warning") and self.complain(m.text))
        self.page.on("pageerror", lambda error: self.complain(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))

    def complain(self, message: str) -> None:
        """Keep a message."""
        self.complaints.append(message)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Start JupyterLab by `make lab` for a user without any settings, on copied notebooks."""
    folder = tmp_path_factory.mktemp("lab")
    shutil.copy(ROOT / "Makefile", folder)
    for name in ("notebooks", "workflow/lab"):
        shutil.copytree(ROOT / name, folder / name)
    variables = {"HOME": str(folder)} | {
        f"JUPYTER_{name}_DIR": str(folder / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")
    }
    options = "--no-browser" + " --allow-root" * AS_ROOT
    (folder / ".venv").symlink_to(sys.prefix)  # make cannot name a path with a space in it
    command = ["make", "--old-file=.venv/.ready", "lab", f"OPTIONS={options}"]
    log = folder / "lab.log"
    with log.open("w") as file:
        made = subprocess.Popen(
            command, cwd=folder, env=os.environ | variables, stdout=file, stderr=file,
            start_new_session=True,
        )  # fmt: skip
    try:
        yield wait_for_server(made, folder / "runtime", log)
    finally:
        os.killpg(made.pid, signal.SIGTERM)  # the server ends its kernels before itself
        made.wait(30)
    left = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(folder) not in left, "kernels are left behind"


def wait_for_server(made: subprocess.Popen, runtime: Path, log: Path) -> Lab:
    """Return the server once it answers; fail with its log if it ends or is silent."""
    end = time.monotonic() + 60
    while made.poll() is None and time.monotonic() < end:
        for path in runtime.glob("jpserver-*.json"):
            if "is running at" in log.read_text():
                server = json.loads(path.read_text())
                return Lab(server["url"], server["token"], log)
        time.sleep(0.2)
    pytest.fail(f"make lab did not start:\n{log.read_text()}")


def open_notebook(browser: Browser, lab: Lab, name: str) -> Visit:
    """Open a notebook in a fresh browser of desktop size, and wait for its kernel."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.set_default_timeout(30 * SECONDS)
    visit = Visit(page)
    # A workspace of its own, else it begins with the notebooks that another test opened.
    page.goto(f"{lab.url}lab/workspaces/{Path(name).stem}/tree/{name}?token={lab.token}")
    wait_until_it_takes_commands(page)
    return visit


def wait_until_it_takes_commands(page: Page) -> None:
    """Wait for a notebook's kernel and focus: JupyterLab drops a cell that is run before."""
    page.locator("#jp-main-statusbar").get_by_text("(ipykernel) | Idle").wait_for()
    page.locator(f"{PANEL} .jp-mod-active:focus").wait_for()
    page.wait_for_load_state("networkidle")


@pytest.fixture(scope="module")
def executed(browser: Browser, lab: Lab) -> Visit:
    """Return notebook 01 after Run → Run All Cells."""
    visit = open_notebook(browser, lab, "01_attention.ipynb")
    visit.page.get_by_role("menuitem", name="Run", exact=True).click()
    visit.page.locator('[data-command="runmenu:run-all"]').click()
    waiting = visit.page.locator(f"{CELLS} .jp-InputPrompt", has_text="[*]")
    waiting.first.wait_for(state="attached")
    expect(waiting).to_have_count(0, timeout=300 * SECONDS)
    return visit


def saved_code_cells(name: str) -> list[nbformat.NotebookNode]:
    """Return the code cells of a notebook as committed."""
    cells = nbformat.read(ROOT / "notebooks" / name, as_version=4).cells
    return [cell for cell in cells if cell.cell_type == "code"]


def test_only_this_machine_and_the_token_open_the_lab(browser: Browser, lab: Lab) -> None:
    port = int(lab.url.rstrip("/").rsplit(":", 1)[1])
    with pytest.raises(OSError, match="refused"):  # a server on all addresses has this one, too
        socket.create_connection(("127.0.0.2", port), timeout=5)
    assert len(lab.token) >= 32
    page = browser.new_context().new_page()
    page.goto(f"{lab.url}lab")
    assert "/login" in page.url
    with pytest.raises(HTTPError, match="403"):
        urlopen(f"{lab.url}api/contents", timeout=10)


@pytest.mark.slow
def test_run_all_ends_without_an_error(executed: Visit) -> None:
    prompts = executed.page.locator(f"{CELLS} .jp-InputPrompt").all_text_contents()
    folded = [cell.metadata.get("jupyter") for cell in saved_code_cells("01_attention.ipynb")]
    assert prompts == ["" if hidden else f"[{n}]:" for n, hidden in enumerate(folded, start=1)]
    assert executed.page.locator(ERRORS).all_text_contents() == []


@pytest.mark.slow
def test_a_slider_moved_by_a_key_changes_the_picture(executed: Visit) -> None:
    panel = executed.page.locator(".widget-vbox")
    slider, picture = panel.get_by_role("slider").first, panel.locator("img")
    before, level = picture.get_attribute("src"), int(float(slider.get_attribute("aria-valuenow")))
    key, new = ("ArrowLeft", level - 1) if level > 1 else ("ArrowRight", level + 1)
    slider.press(key)
    expect(picture).not_to_have_attribute("src", before, timeout=20 * SECONDS)
    expect(picture).to_have_attribute("alt", f"Attention map of layer {new}, head 3.")


@pytest.mark.slow
def test_outputs_are_accessible(executed: Visit) -> None:
    saved = [o for cell in saved_code_cells("01_attention.ipynb") for o in cell.outputs]
    expected = [o.metadata["image/png"]["alt"] for o in saved if "image/png" in o.get("data", {})]
    drawn = " ".join(o.get("data", {}).get("text/html", "") for o in saved)
    expected += [html.unescape(alt) for alt in re.findall('<img [^>]*alt="([^"]*)"', drawn)]
    images = executed.page.locator(f"{CELLS} .jp-OutputArea img").all()
    alts = [image.get_attribute("alt") for image in images]
    # And the widget's.
    assert len(alts) == len(expected) + 1
    assert set(expected) < set(alts)
    # Not `aria-input-field-name`: ipywidgets 8 gives its sliders no name.
    rules = ["image-alt", "color-contrast", "select-name", "label", "td-headers-attr"]
    outcome = Axe().run(
        executed.page,
        context={"include": [[".jp-NotebookPanel .jp-OutputArea"]]},
        options={"runOnly": rules, "resultTypes": ["violations"]},
    )
    found = [(v["id"], v["nodes"][0]["html"]) for v in outcome.response["violations"]]
    assert found == []


@pytest.mark.slow
def test_a_learner_sees_a_quiet_lab(executed: Visit, lab: Lab) -> None:
    """No question, no menu that is not ours, no message, and nothing from elsewhere."""
    page = executed.page
    assert page.locator(".jp-Dialog, .Toastify__toast").all_inner_texts() == []
    menus = page.locator(".lm-MenuBar-item").all_inner_texts()
    assert menus == ["File", "Edit", "View", "Run", "Kernel", "Tabs", "Settings", "Help"]
    assert executed.complaints == []
    ours = (lab.url, "data:", "blob:")
    assert [url for url in executed.requests if not url.startswith(ours)] == []
    lines = lab.log.read_text().splitlines()
    assert [s for s in lines if s.startswith(("[E ", "Traceback")) or "nbgrader" in s] == []


def test_the_keyboard_is_enough(browser: Browser, lab: Lab) -> None:
    """From the command palette to a notebook, and through its first cells and back."""
    page = browser.new_context().new_page()
    page.goto(f"{lab.url}lab/workspaces/keyboard?token={lab.token}")
    page.locator(".jp-Launcher").wait_for()
    page.wait_for_load_state("networkidle")
    page.keyboard.press("Control+Shift+C")
    page.locator(".lm-CommandPalette-input:focus").wait_for()
    page.keyboard.type("Open from Path")
    page.locator(".lm-CommandPalette-item.lm-mod-active", has_text="Open from Path").wait_for()
    page.keyboard.press("Enter")
    page.locator(".jp-Dialog input").wait_for()
    page.keyboard.type("template.ipynb")
    page.keyboard.press("Enter")
    page.locator(".lm-TabBar-tab.jp-mod-current", has_text="template.ipynb").wait_for()
    wait_until_it_takes_commands(page)
    cells = page.locator(f"{PANEL} .jp-Notebook-cell")
    saved = nbformat.read(ROOT / "notebooks" / "template.ipynb", as_version=4).cells
    first = next(n for n, cell in enumerate(saved) if cell.cell_type == "code")
    active, count = re.compile("jp-mod-active"), cells.nth(first).locator(".jp-InputPrompt")
    for number in range(first + 1):
        page.keyboard.press("Shift+Enter")
        expect(cells.nth(number + 1)).to_have_class(active)
    page.keyboard.press("ArrowUp")
    expect(cells.nth(first)).to_have_class(active)
    page.keyboard.press("Shift+Enter")
    # The saved count is 1; run twice, it is 2.
    expect(count).to_have_text("[2]:", timeout=20 * SECONDS)


def test_a_bad_parameter_is_told_in_one_line(browser: Browser, lab: Lab) -> None:
    """A learner types a wrong value: the next cell says so.

    JupyterLab may still send some later cells, which then fail for what they miss.
    """
    page = open_notebook(browser, lab, "03_fine_tuning.ipynb").page
    page.locator(f"{CELLS} .jp-InputPlaceholder").first.click()  # the parameters are folded
    page.locator(f"{CELLS} .cm-content").first.click()
    page.keyboard.press("Control+End")
    page.keyboard.type("\nlearning_rate: float = -1.0")
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.locator('[data-command="runmenu:run-all"]').click()
    error = page.locator(f"{CELLS} {ERRORS}").first
    message = "UserError: learning_rate = -1.0: expected from 0 to 1."
    expect(error).to_have_text(message, timeout=20 * SECONDS)

"""What the tests share. Results go to a temporary folder, so that nothing is found ready-made."""

import ast
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import execute
import nbformat
import nbval.kernel
import pandas as pd
import pytest
import zmq
from browser import CHROMIUM, chromium
from engine import ROOT, notebook
from jupyter_client import KernelClient, KernelManager
from playwright.sync_api import Browser, Page
from small_site import write_site
from stand_in import COMMIT, StandIn

from shared.exercises import solutions

if "PYTEST_XDIST_WORKER" not in os.environ:  # else it is one of several workers, which share it
    _RUNS = tempfile.TemporaryDirectory(prefix="course-runs-")
    os.environ["COURSE_RUNS"] = _RUNS.name
os.environ["HF_HUB_OFFLINE"] = "1"  # no test may depend on a network; the stand-in's tests lift it
# nbval reads what a cell says at its end. Of more than some 1,000 messages the last are lost, and
# it waits for them in vain; a progress bar sends thirty a second.
os.environ["TQDM_MININTERVAL"] = "5"


QUICK = "02_tokenization"  # the lesson whose materials `make test` builds


class _Manager(KernelManager):
    """A manager whose client keeps all messages, however many wait to be read."""

    def client(self, **options: object) -> KernelClient:
        context = zmq.Context()
        context.rcvhwm = 0  # no limit
        return super().client(context=context, **options)


def _kernel_manager(**options: object) -> KernelManager:
    folder = tempfile.mkdtemp(prefix="kernel-", dir=os.environ["COURSE_RUNS"])
    return _Manager(**options, config=execute.connection(Path(folder)))


nbval.kernel.KernelManager = _kernel_manager  # two at once must not be given the same port


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what builds pages, which takes minutes for all lessons and seconds for one."""
    for item in items:
        if {"course", "site"} & {*getattr(item, "fixturenames", ())}:
            item.add_marker(pytest.mark.materials)
            if f"[{QUICK}]" not in item.name:
                item.add_marker(pytest.mark.slow)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a folder with two small notebooks."""
    (tmp_path / "notebooks").mkdir()
    notebook(tmp_path / "notebooks" / "01_first.ipynb", "print('the result is', 6 * 7)")
    notebook(tmp_path / "notebooks" / "02_second.ipynb", "print('second, profile', profile)")
    return tmp_path


@pytest.fixture(scope="session")
def small_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the site of a repository with two short notebooks."""
    return write_site(tmp_path_factory.mktemp("small"))


# Not of a session: while Playwright runs, nothing else in its process can start an event loop.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start Chromium without a window, or skip what needs it."""
    if not CHROMIUM:
        pytest.skip("no Chromium: apt install chromium, or Google Chrome")
    with chromium() as started:
        yield started


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Return an empty page; what it asks of a network, or complains of, fails the test."""
    page, seen = browser.new_page(viewport={"width": 1280, "height": 720}), []
    page.on("request", lambda request: seen.append(request.url))
    page.on("console", lambda m: m.type in ("error", "warning") and seen.append(m.text))
    page.on("pageerror", lambda error: seen.append(f"error: {error}"))
    yield page
    page.close()
    assert [line for line in seen if not line.startswith(("file:", "data:", "blob:"))] == []


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an untrained BERT of two thin layers with the embedded vocabulary."""
    from transformers import BertConfig, BertModel, set_seed

    from shared.models import load_tokenizer

    folder = tmp_path_factory.mktemp("tiny")
    set_seed(0)
    config = BertConfig(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64
    )
    BertModel(config).save_pretrained(folder)
    load_tokenizer().save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def byte_level_tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a tokenizer of GPT-2's kind: bytes, no frame, no padding token."""
    from tokenizers import processors
    from transformers import GPT2Config, PreTrainedTokenizerFast

    from shared import data, language

    end, folder = language.END, tmp_path_factory.mktemp("byte level")
    trained = language.train_tokenizer(data.load("movies")["test"]["text"][:], 1000)
    tokenizer = trained.backend_tokenizer
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    whole = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=end, unk_token=end)
    whole.save_pretrained(folder)
    GPT2Config().save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def stars_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a user's file: odd column names, three classes, commas and quotes in the text."""
    from shared import data

    rows = data.load("amazon", "three-class")["train"].to_pandas().groupby("label").head(110)
    names = {0: "ärgerlich", 1: "so so", 2: "toll"}
    table = pd.DataFrame({"Review Body": rows["text"], "stars?": rows["label"].map(names)})
    path = tmp_path_factory.mktemp("user files") / "réviews.csv"
    table.to_csv(path, index=False)
    return path


@pytest.fixture(scope="session")
def classifier(tiny_model: Path, stars_csv: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a tiny classifier of the user's file, as `save_pretrained` makes it."""
    from shared import models

    folder = tmp_path_factory.mktemp("classifier")
    model = models.load_classifier(str(tiny_model), ["so so", "toll", "ärgerlich"])
    model.save_pretrained(folder)
    models.load_tokenizer().save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def hub(
    tiny_model: Path, stars_csv: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Return the address of a server that stands in for the Hub, and takes what is pushed."""
    reviews = tmp_path_factory.mktemp("reviews")
    (reviews / "train.csv").write_bytes(stars_csv.read_bytes())
    kinds = ("tiny", "truncated", "breaks-off", "wrong-hash", "slow", "busy")
    names = {f"team/{kind}": tiny_model for kind in kinds} | {"team/reviews": reviews}
    StandIn.commits = {name: {COMMIT: folder} for name, folder in names.items()}
    StandIn.storage, StandIn.blobs, StandIn.asked = tmp_path_factory.mktemp("pushed"), {}, {}
    running = ThreadingHTTPServer(("127.0.0.1", 0), StandIn)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()


def hub_variables(endpoint: str, home: Path, **variables: str) -> dict[str, str]:
    """Return the environment of a process that sees the stand-in instead of the Hub."""
    environment = os.environ | {"HF_ENDPOINT": endpoint, "HF_HOME": str(home)}
    return environment | {"HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_XET": "1", **variables}


def papermill(
    tmp_path: Path,
    notebook: str = "03_fine_tuning",
    environment: dict[str, str] | None = None,
    **parameters: object,
) -> tuple[subprocess.CompletedProcess, Path]:
    """Run a notebook with parameters; return the process and the path of the result."""
    output = tmp_path / "out.ipynb"
    flags = [str(word) for name, value in parameters.items() for word in ("-p", name, value)]
    done = subprocess.run(
        [sys.executable, "-m", "papermill", "--log-level", "ERROR", "--no-progress-bar",
         str(ROOT / "notebooks" / f"{notebook}.ipynb"), str(output), *flags],
        capture_output=True, text=True, cwd=tmp_path, env=environment,
    )  # fmt: skip
    return done, output


def key_line(path: Path) -> str:
    """Return what the cell tagged `key-result` printed."""
    cells = nbformat.read(path, as_version=4).cells
    return next(c for c in cells if "key-result" in c.metadata.get("tags", [])).outputs[0].text


def definitions(notebook: str) -> SimpleNamespace:
    """Return a notebook's imports, functions, classes and solutions, without running the rest."""
    content = nbformat.read(ROOT / "notebooks" / notebook, as_version=4)
    code = [cell.source for cell in content.cells if cell.cell_type == "code"]
    kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    body = [
        node
        for source in [*code, *dict.fromkeys(solutions(content).values())]
        for node in ast.parse(source).body
        if isinstance(node, kinds)
    ]
    namespace: dict[str, object] = {}
    exec(compile(ast.Module(body, []), notebook, "exec"), namespace)
    return SimpleNamespace(**{k: v for k, v in namespace.items() if not k.startswith("__")})

"""Secrets and privacy: what is in the environment reaches no file that is written or committed."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pandas as pd
import pyarrow.parquet as pq
import pytest
from conftest import papermill

ROOT = Path(__file__).resolve().parents[1]
HOST = "planted-host"
PLANTED = {
    "HF_TOKEN": "hf_PlantedTokenOfNobodyAtAll0123456789",
    "DATABASE_PASSWORD": "planted-correct-horse",
    "AWS_SECRET_ACCESS_KEY": "planted/battery+staple",
    "USER": "plantedperson",
    "LOGNAME": "plantedperson",
    "HOSTNAME": HOST,
    "HTTPS_PROXY": "http://planted-user:planted-word@127.0.0.1:9",
    "HTTP_PROXY": "http://planted-user:planted-word@127.0.0.1:9",
}
TOKEN = re.compile(rb"hf_[A-Za-z0-9]{30,}")


@pytest.fixture
def environment(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> dict[str, str]:
    """Return the environment of a person with secrets, at home in a folder and host of theirs."""
    home = tmp_path_factory.mktemp("planted-home")
    host = f"import platform, socket\nsocket.gethostname = platform.node = lambda: {HOST!r}\n"
    (home / "sitecustomize.py").write_text(host)  # each Python runs this at its start
    own = {"HOME": str(home), "COURSE_RUNS": str(tmp_path / "runs")}
    path = os.pathsep.join(filter(None, [str(home), os.environ.get("PYTHONPATH")]))
    return os.environ | PLANTED | own | {"PYTHONPATH": path}


def content(path: Path) -> bytes:
    """Return a file's bytes; of a Parquet table, which is compressed, all cells and metadata."""
    if path.suffix != ".parquet":
        return path.read_bytes()
    cells = pd.read_parquet(path).to_json(force_ascii=False).encode().replace(rb"\/", b"/")
    return cells + str(pq.read_schema(path).metadata).encode()


def leaks(folder: Path, home: str) -> list[tuple[str, str]]:
    """Return which secrets are in which files of a folder, or in their names."""
    secrets = {*PLANTED.values(), "planted-word", home}
    written = {p: content(p) + p.name.encode() for p in folder.rglob("*") if p.is_file()}
    assert written
    return [(p.name, s) for p, text in written.items() for s in secrets if s.encode() in text]


def run(environment: dict[str, str], folder: Path, *command: object) -> None:
    """Run a command; what it says is written too, as someone could keep it as a log."""
    done = subprocess.run(
        [sys.executable, *map(str, command)], cwd=folder, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    (folder / "said.log").write_text(done.stdout)
    assert done.returncode == 0, done.stdout[-3000:]


def own_data(folder: Path) -> None:
    rows = [f"text {i},{'ab'[i % 2]}" for i in range(40)]
    (folder / "few.csv").write_text("\n".join(["text,label", *rows]))


@pytest.mark.slow
def test_a_notebook_by_papermill(
    tmp_path: Path, tiny_model: Path, environment: dict[str, str]
) -> None:
    own_data(tmp_path)
    done, output = papermill(
        tmp_path, "03_fine_tuning", environment, dataset="few.csv", model_name=tiny_model
    )
    assert done.returncode == 0, done.stderr[-3000:]
    (tmp_path / "said.log").write_text(done.stdout + done.stderr)
    assert list(tmp_path.glob("runs/fine_tuned/*/provenance.json")) and output.exists()
    assert leaks(tmp_path, environment["HOME"]) == []


def test_a_notebook_by_the_workflow(
    tmp_path: Path, tiny_model: Path, environment: dict[str, str]
) -> None:
    own_data(tmp_path)
    (tmp_path / "notebooks").mkdir()
    source = ROOT / "notebooks" / "03_fine_tuning.ipynb"
    (tmp_path / "notebooks" / source.name).write_bytes(source.read_bytes())
    given = {"dataset": "../few.csv", "model_name": str(tiny_model)}
    run(
        environment | {"COURSE_RUNS": "runs"}, tmp_path,
        "-m", "snakemake", "--snakefile", ROOT / "workflow" / "Snakefile", "--cores", 1,
        "--quiet", "rules", "host",
        "--config", "parameters=" + json.dumps({"03_fine_tuning": given}),
    )  # fmt: skip
    assert (tmp_path / "runs" / source.name).exists()
    assert leaks(tmp_path, environment["HOME"]) == []


@pytest.mark.slow
def test_a_trial_of_a_sweep(tmp_path: Path, tiny_model: Path, environment: dict[str, str]) -> None:
    names = "notebook\tmodel_name\ttrain_examples\tvalidation_examples\tseeds"
    notebook = ROOT / "workflow" / "trial.ipynb"
    (tmp_path / "mine.tsv").write_text(f"{names}\n{notebook}\t{tiny_model}\t32\t32\t0\n")
    run(environment, tmp_path, ROOT / "workflow" / "sweeps.py", "mine.tsv", "--cores", 1)
    assert pd.read_parquet(tmp_path / "runs" / "sweeps" / "mine.parquet")["status"].item() == "done"
    assert leaks(tmp_path, environment["HOME"]) == []


def in_a_notebook(path: Path, text: str) -> None:
    output = nbformat.v4.new_output("stream", text=text)
    cell = nbformat.v4.new_code_cell("import os; os.environ", outputs=[output])
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path.with_suffix(".ipynb"))


def in_a_table(path: Path, text: str) -> None:
    pd.DataFrame({"versions": [text] * 1000}).to_parquet(path.with_suffix(".parquet"))


@pytest.mark.parametrize("write", [in_a_notebook, in_a_table, Path.write_text])
@pytest.mark.parametrize("secret", [*PLANTED.values(), "/home/me"])
def test_a_leak_is_found(tmp_path: Path, write: Callable[[Path, str], object], secret: str) -> None:
    write(tmp_path / "x", f"see {secret}/x")
    assert secret in {found for _, found in leaks(tmp_path, "/home/me")}


def test_nothing_of_this_machine_is_committed() -> None:
    """No token; no path of this project, of its environment or of who builds it."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    paths = [str(ROOT), str(Path.home() / ".cache"), sys.prefix]
    found = []
    for name in listed.stdout.decode().split("\0")[:-1]:
        path = ROOT / name
        text = content(path) if path.is_file() else b""
        found += [(name, word) for word in paths if word.encode() in text]
        found += [(name, token) for token in TOKEN.findall(text) if b"Planted" not in token]
    assert found == []


def test_the_lab_keeps_its_token_and_listens_on_loopback() -> None:
    """As `make lab` starts it; test_browser.py tries both with a browser."""
    lab = str(ROOT / "workflow" / "lab")
    done = subprocess.run(
        [sys.executable, "-m", "jupyter", "lab", "--show-config-json"],
        env=os.environ | {"JUPYTER_CONFIG_PATH": lab, "JUPYTER_PATH": lab},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    changed = {name for section in json.loads(done.stdout).values() for name in section}
    weakens = {"ip", "token", "password", "allow_remote_access", "allow_origin", "allow_root"}
    assert (
        changed & (weakens | {"allow_origin_pat", "disable_check_xsrf", "tornado_settings"})
        == set()
    )
    recipe = (ROOT / "Makefile").read_text().split("\tjupyter lab", 1)[1].split("\n")[0]
    assert recipe.split() == ["notebooks", "$(OPTIONS)"]

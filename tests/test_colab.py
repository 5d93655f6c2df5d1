"""The cell for Colab in the README: it installs the lock, and is run in earnest."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import generate
import nbformat
import pytest
from conftest import ROOT
from nbclient import NotebookClient

sys.path.insert(0, str(ROOT / "workflow"))
import colab

README = (ROOT / "README.md").read_text(encoding="utf-8")
REGISTRY = ("NewConnectionError", "NameResolutionError", "No matching distribution")


def the_cell(repository: str) -> str:
    """Return the cell of the README, with the address of a repository."""
    (cell,) = re.findall(r"^    REPOSITORY = .+\n(?:^    .+\n)+", README, re.M)
    lines = [line.removeprefix("    ") for line in cell.splitlines()]
    assert len(lines) == 3
    return "\n".join([f"REPOSITORY = {repository!r}", *lines[1:]])


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let what is installed go to an empty folder."""
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(colab, "STEPS", {"a step": [["-c", "print('done')"]]})
    monkeypatch.setattr(colab, "BUILT_FOR_TORCH", ())
    (tmp_path / "share" / "transformer-course").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_installs_once_and_then_goes_to_the_notebooks(
    elsewhere: Path, capsys: pytest.CaptureFixture
) -> None:
    colab.main()
    assert "Restart the session" in capsys.readouterr().out
    assert (elsewhere / "etc" / "ipython" / colab.SETTINGS.name).is_file()
    assert Path.cwd() == elsewhere
    colab.main()
    assert capsys.readouterr().out == "ready: run the notebook's cells\n"
    assert Path.cwd() == ROOT / "notebooks"


def test_another_lock_is_installed_anew(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    colab.main()
    (elsewhere / "core.txt").write_text("other")
    monkeypatch.setattr(colab, "LOCKS", [elsewhere / "core.txt"])
    assert not colab.stamp().exists()


def test_a_step_that_fails_is_one_line_and_is_tried_again(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(colab, "STEPS", {"a step": [["-c", "raise SystemExit('no network')"]]})
    with pytest.raises(SystemExit, match=r"^a step could not be installed: no network$"):
        colab.main()
    assert not colab.stamp().exists()


def test_an_unsuitable_python_is_refused_before_anything_is_installed(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(colab, "suitable", lambda: False)
    with pytest.raises(SystemExit, match=r"Python 3\.\d+: expected as in pyproject.toml"):
        colab.main()
    assert not colab.stamp().exists()


def test_it_installs_what_make_installs() -> None:
    """The same locks and steps as in the Makefile's rule for the environment."""
    rule, *_ = re.findall(
        r"^\$\(READY\): .*?touch \$@", (ROOT / "Makefile").read_text(), re.M | re.S
    )
    steps = " ".join(" ".join(command) for each in colab.STEPS.values() for command in each)
    made = re.findall(r"requirements/\w+\.txt|workflow/install_torch\.py|shared\.embedded", rule)
    assert made and all(step in steps for step in made), made
    assert colab.suitable()


@pytest.mark.parametrize(
    ("said", "link"),
    [
        ("", False),
        ("repository-code: https://github.com/someone/course\n", True),
        ('repository-code: "https://github.com/someone/course"\n', True),
        ("repository-code: https://example.org/someone/course\n", False),
    ],
)
def test_the_address_stands_once_in_the_citation(
    said: str, link: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "CITATION.cff").write_text(f"cff-version: 1.2.0\n{said}license: MIT\n")
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    address = generate.repository()
    assert bool(address) == bool(said)
    colab_link = generate.colab_link(generate.Lesson("01_attention"))
    path = "someone/course/blob/main/notebooks/01_attention.ipynb"
    expected = f" · [Colab](https://colab.research.google.com/github/{path})"
    assert colab_link == (expected if link else "")


@pytest.mark.slow
@pytest.mark.network
@pytest.mark.timeout(7200)
def test_the_cell_sets_up_an_empty_environment_that_then_runs_a_notebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in Colab: a kernel without our packages, the cell, a restart, the cell, the notebook."""
    if shutil.disk_usage(tmp_path).free < 12e9:
        pytest.skip("less than 12 GB are free")
    origin, home, env = tmp_path / "origin", tmp_path / "home", tmp_path / "env"
    listed = subprocess.check_output(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT)
    for name in filter(lambda name: (ROOT / name).is_file(), listed.decode().splitlines()):
        (origin / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, origin / name)
    author = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for command in (["init"], ["add", "-A"], [*author, "commit", "-m", "a copy"]):
        subprocess.run(["git", *command], cwd=origin, check=True, capture_output=True)
    home.mkdir()
    for name in ("PYTHONPATH", "VIRTUAL_ENV", "COURSE_RUNS", "COURSE_MODELS", "MAKEFLAGS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("JUPYTER_PATH", str(env / "share" / "jupyter"))
    subprocess.run([sys.executable, "-m", "venv", env], check=True)
    python = env / "bin" / "python"
    done = subprocess.run([python, "-m", "pip", "install", "--quiet", "ipykernel"],
                          capture_output=True, text=True)  # fmt: skip
    if any(reason in done.stderr for reason in REGISTRY):
        pytest.skip("the package registry cannot be reached")
    install = [python, "-m", "ipykernel", "install", "--prefix", env, "--name", "empty"]
    subprocess.run(install, check=True, capture_output=True)

    def printed(*sources: str) -> list[str]:
        """Run cells in a new kernel of that environment; return what each of them prints."""
        cells = [nbformat.v4.new_code_cell(source) for source in sources]
        notebook = nbformat.v4.new_notebook(cells=cells)
        NotebookClient(
            notebook, timeout=None, kernel_name="empty", resources={"metadata": {"path": home}}
        ).execute()
        streams = [[o.text for o in cell.outputs if o.output_type == "stream"] for cell in cells]
        return ["".join(texts) for texts in streams]

    (said,) = printed(the_cell(str(origin)))
    assert "Restart the session" in said, said
    notebook = nbformat.read(origin / "notebooks" / "00_start_here.ipynb", as_version=4)
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    said, *others = printed(the_cell(str(origin)), *sources)
    assert said.endswith("ready: run the notebook's cells\n"), said
    (key,) = (c for c in notebook.cells if "key-result" in c.metadata.get("tags", []))
    assert others[sources.index(key.source)].strip()

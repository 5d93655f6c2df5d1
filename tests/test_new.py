"""`make new`: a new lesson passes all checks at once; a name that cannot be is refused."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import new
import pytest
from lesson import ROOT

from shared.errors import UserError

NAME = "99_your_question"


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of this repository, in which a lesson was made."""
    folder = tmp_path_factory.mktemp("a copy") / "course"
    left_out = (".git", ".venv", "build", "runs", ".snakemake", "__pycache__", ".*_cache")
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*left_out))
    done = run(folder, "course/new.py", NAME)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"notebooks/{NAME}.ipynb and course/lessons/{NAME}/ are copies")
    return folder


def run(folder: Path, *command: str) -> subprocess.CompletedProcess:
    environment = os.environ | {"PYTHONPATH": str(folder)}
    inherited = {n: v for n, v in environment.items() if not n.startswith("PYTEST_")}
    return subprocess.run(
        [sys.executable, *command], cwd=folder, env=inherited, capture_output=True, text=True
    )


@pytest.mark.parametrize(
    "chosen",
    [
        ["-k", NAME, *(f"tests/test_{of}.py" for of in ("notebooks", "exercises", "help", "quiz"))],
        ["tests/test_generated.py", "tests/test_readme.py", "-k", "up_to_date or folder or links"],
        [f"notebooks/{NAME}.ipynb"],
    ],
    ids=["contracts, exercises, quiz", "what is generated", "saved outputs"],
)
def test_a_new_lesson_passes_the_tests(copy: Path, chosen: list[str]) -> None:
    done = run(copy, "-m", "pytest", "-q", "-m", "not slow", "-p", "no:cacheprovider", *chosen)
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


def test_a_new_lesson_passes_ruff(copy: Path) -> None:
    for command in (["check"], ["format", "--check"]):
        done = run(copy, "-m", "ruff", *command, ".")
        assert done.returncode == 0, done.stdout


def test_a_new_lesson_has_its_number_and_its_row(copy: Path) -> None:
    page = (copy / "README.md").read_text(encoding="utf-8")
    assert f"| [99 your question](notebooks/{NAME}.ipynb) | does a tokenizer need" in page
    chinese = (copy / "README.zh-CN.md").read_text(encoding="utf-8")
    assert "one of a newspaper?（英文） |" in chinese
    for file in ("notebook.md", "quiz.txt"):
        text = (copy / "course" / "lessons" / NAME / file).read_text(encoding="utf-8")
        assert "99 · Your question" in text and "NN" not in text


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "expected two digits and words in small letters"),
        ("your_question", "joined by _, at most 60 characters, such as"),
        ("13-your-question", "expected two digits"),
        ("13_Your_question", "expected two digits"),
        ("13_your question", "expected two digits"),
        ("../13_x", "expected two digits"),
        ("13_" + "x" * 60, "at most 60 characters"),
        ("01_other", "number 01 is taken by 01_attention. Choose a free one, such as"),
    ],
)
def test_a_name_that_cannot_be_is_refused(
    name: str, message: str, capsys: pytest.CaptureFixture
) -> None:
    before = sorted((ROOT / "course" / "lessons").iterdir())
    assert new.main(name) == 1
    said = capsys.readouterr().err
    assert said.startswith("NAME = ") and message in said and said.count("\n") == 1
    assert sorted((ROOT / "course" / "lessons").iterdir()) == before


def test_a_folder_that_is_there_is_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("lesson", "new"):
        monkeypatch.setattr(f"{module}.ROOT", tmp_path)
    (tmp_path / "course" / "lessons" / NAME).mkdir(parents=True)
    with pytest.raises(UserError, match=f"lessons/{NAME} is there without a notebook. Delete it"):
        new.check_name(NAME)

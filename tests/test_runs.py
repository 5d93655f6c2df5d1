"""Artifacts: complete or absent, rebuilt when damaged, one builder at a time."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shared import identity
from shared.errors import UserError
from shared.runs import artifact


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COURSE_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


def build(folder: Path) -> dict[str, float]:
    (folder / "weights").write_text("42")
    return {"accuracy": 0.5}


def test_built_once_and_described() -> None:
    made = artifact("kind", {"a": 1}, build, data="d")
    assert made.metrics == {"accuracy": 0.5}
    assert made.provenance["parameters"] == {"a": 1}
    assert made.provenance["versions"]["torch"].startswith("2.13.0")
    times = [path.stat().st_mtime_ns for path in sorted(made.path.iterdir())]
    assert artifact("kind", {"a": 1}, build, data="d") == made
    assert [path.stat().st_mtime_ns for path in sorted(made.path.iterdir())] == times


def test_parameters_and_data_make_another() -> None:
    made = artifact("kind", {"a": 1}, build, data="d")
    assert artifact("kind", {"a": 2}, build, data="d").path != made.path
    assert artifact("kind", {"a": 1}, build, data="e").path != made.path


NOTEBOOK = """
from dataclasses import dataclass
from functools import partial
STEPS = 3
@dataclass(frozen=True, slots=True)
class Recipe:
    rate: float = 0.5
RECIPE = Recipe()
data = [0.0] * 10_000
def rate(step): return 1 / step
class Model:
    width = 8
    def forward(self): return [x for x in range(self.width)]
def train(scale): return RECIPE.rate * scale * rate(STEPS) * len(Model().forward()) + data[0]
def build(folder):
    work = lambda: train(2.0)
    return {"accuracy": work()}
"""


def built(source: str) -> Path:
    """Return the artifact that a notebook's builder makes."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(source, "/tmp/ipykernel_1/1.py", "exec"), namespace)
    return artifact("kind", {}, namespace["build"]).path


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("2.0", "3.0"),  # in the builder itself, inside a lambda
        ("1 / step", "2 / step"),  # in a function that a function calls
        ("STEPS = 3", "STEPS = 4"),
        ("Recipe()", "Recipe(0.25)"),
        ("width = 8", "width = 9"),
        ("range(self.width)", "range(self.width - 1)"),
    ],
)
def test_an_edit_of_the_builders_code_makes_another(old: str, new: str) -> None:
    assert old in NOTEBOOK
    assert built(NOTEBOOK.replace(old, new)) != built(NOTEBOOK)


@pytest.mark.parametrize(
    "same",
    [
        NOTEBOOK.replace("STEPS = 3", "# a comment\n\nSTEPS = 3  # another"),
        NOTEBOOK.replace("0.0] * 10_000", "1.0] * 10_000"),  # it is known by the data's fingerprint
        NOTEBOOK + "rates = {}\nloss = 0.3\ndef other(): return 7\n",
    ],
    ids=["comment", "data", "other code"],
)
def test_what_changes_no_result_makes_no_other(same: str) -> None:
    assert built(same) == built(NOTEBOOK)


def test_another_version_of_a_package_makes_another(monkeypatch: pytest.MonkeyPatch) -> None:
    made = artifact("kind", {}, build)
    monkeypatch.setattr(identity, "versions", lambda: {"torch": "2.14.0"})
    assert artifact("kind", {}, build).path != made.path


@pytest.mark.parametrize("damage", ["change", "delete", "no manifest", "manifest deleted"])
def test_damaged_is_put_aside_and_rebuilt(
    damage: str, runs: Path, capsys: pytest.CaptureFixture
) -> None:
    path = artifact("kind", {}, build).path
    (path / "mine.txt").write_text("a note")
    if damage == "change":
        (path / "weights").write_text("43")
    elif damage == "delete":
        (path / "weights").unlink()
    elif damage == "no manifest":
        (path / "manifest.json").write_text("{")
    else:
        (path / "manifest.json").unlink()
    assert (artifact("kind", {}, build).path / "weights").read_text() == "42"
    told = capsys.readouterr().out
    assert "is damaged or was edited" in told and str(runs) not in told
    (aside,) = (runs / "kind").glob(".*.damaged-1")
    assert (aside / "mine.txt").read_text() == "a note" and aside.name in told
    assert [p for p in (runs / "kind").glob("*/") if not p.name.startswith(".")] == [path]


def test_half_built_is_never_seen_and_is_continued(runs: Path) -> None:
    fails = iter([True, False])

    def interrupted(folder: Path) -> dict[str, float]:
        if next(fails):
            (folder / "checkpoint").write_text("half")
            raise KeyboardInterrupt
        assert (folder / "checkpoint").read_text() == "half"
        return build(folder)

    with pytest.raises(KeyboardInterrupt) as _kept:  # as a kernel keeps it, with all it refers to
        artifact("kind", {}, interrupted)
    assert not [p for p in (runs / "kind").iterdir() if p.is_dir() and p.name[0] != "."]

    assert artifact("kind", {}, interrupted).metrics == {"accuracy": 0.5}


def test_two_processes_build_one(runs: Path, tmp_path: Path) -> None:
    code = """
import sys, time
from pathlib import Path
from shared.runs import artifact
def build(folder):
    with open(sys.argv[1], "a") as log: log.write("built\\n")
    time.sleep(1)
    (folder / "x").write_text("1")
    return {}
print(artifact("kind", {}, build).path)
"""
    command = [sys.executable, "-c", code, str(tmp_path / "log")]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert len({process.communicate()[0] for process in both}) == 1
    assert (tmp_path / "log").read_text() == "built\n"


def test_no_place_and_no_user_in_the_provenance() -> None:
    made = artifact("kind", {}, build)
    text = json.dumps(made.provenance)
    assert str(Path.home()) not in text
    assert str(made.path.parent) not in text


def test_unwritable_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("COURSE_RUNS", str(tmp_path / "file"))
    with pytest.raises(UserError, match="set COURSE_RUNS elsewhere"):
        artifact("kind", {}, build)


@pytest.mark.parametrize(
    "module",
    [
        "batches",
        "checkpoints",
        "classification",
        "freezing",
        "language",
        "loop",
        "parallel",
        "recipes",
    ],
)
def test_an_edit_of_the_shared_loop_makes_another(
    module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = shutil.copytree(identity.HERE, tmp_path / "shared") / f"{module}.py"
    monkeypatch.setattr(identity, "HERE", copy.parent)
    code, before = identity.package_code.__wrapped__, identity.package_code.__wrapped__()
    copy.write_text(copy.read_text(encoding="utf-8") + "\n# a comment\n", encoding="utf-8")
    assert code() == before
    copy.write_text(copy.read_text(encoding="utf-8") + "EXTRA = 1\n", encoding="utf-8")
    assert code() != before


def test_an_edit_of_a_drawing_makes_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = shutil.copytree(identity.HERE, tmp_path / "shared") / "attention_drawings.py"
    monkeypatch.setattr(identity, "HERE", copy.parent)
    before = identity.package_code.__wrapped__()
    copy.write_text(copy.read_text(encoding="utf-8") + "EXTRA = 1\n", encoding="utf-8")
    assert identity.package_code.__wrapped__() == before

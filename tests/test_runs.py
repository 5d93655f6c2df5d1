"""Artifacts: complete or absent, rebuilt when damaged, one builder at a time."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from shared.errors import UserError
from shared.runs import artifact


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COURSE_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


def build(folder: Path) -> dict[str, float]:
    (folder / "weights").write_text("42")
    return {"accuracy": 0.5}


def never(folder: Path) -> dict[str, float]:
    pytest.fail("built again")


def test_built_once_and_described() -> None:
    made = artifact("kind", {"a": 1}, build, data="d")
    assert made.metrics == {"accuracy": 0.5}
    assert made.provenance["parameters"] == {"a": 1}
    assert made.provenance["versions"]["torch"].startswith("2.13.0")
    assert artifact("kind", {"a": 1}, never, data="d") == made


def test_parameters_and_data_make_another() -> None:
    made = artifact("kind", {"a": 1}, build, data="d")
    assert artifact("kind", {"a": 2}, build, data="d").path != made.path
    assert artifact("kind", {"a": 1}, build, data="e").path != made.path


@pytest.mark.parametrize("damage", ["change", "delete", "no manifest"])
def test_damaged_is_rebuilt(damage: str) -> None:
    path = artifact("kind", {}, build).path
    if damage == "change":
        (path / "weights").write_text("43")
    elif damage == "delete":
        (path / "weights").unlink()
    else:
        (path / "manifest.json").write_text("{")
    assert (artifact("kind", {}, build).path / "weights").read_text() == "42"


def test_half_built_is_never_seen_and_is_continued(runs: Path) -> None:
    def dies(folder: Path) -> dict[str, float]:
        (folder / "checkpoint").write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as _kept:  # as a kernel keeps it, with all it refers to
        artifact("kind", {}, dies)
    assert not [p for p in (runs / "kind").iterdir() if p.is_dir() and p.suffix != ".partial"]

    def continues(folder: Path) -> dict[str, float]:
        assert (folder / "checkpoint").read_text() == "half"
        return build(folder)

    assert artifact("kind", {}, continues).metrics == {"accuracy": 0.5}


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

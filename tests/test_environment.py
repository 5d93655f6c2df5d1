"""One truth for versions: pyproject.toml pins, constraints.txt locks, all else refers to them."""

import json
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PINS: list[str] = PROJECT["dependencies"]
PYTHON = PROJECT["requires-python"].removeprefix(">=").split(",")[0]
LOCK = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line]


@pytest.mark.parametrize("pin", PINS)
def test_pin_is_exact_and_locked_alike(pin: str) -> None:
    assert re.fullmatch(r"[\w.-]+==[\w.]+", pin)
    locked = {re.sub(r"[-_.]+", "-", line).lower() for line in LOCK}
    assert re.sub(r"[-_.]+", "-", pin).lower() in locked


@pytest.mark.parametrize("pin", LOCK)
def test_lock_names_exact_public_versions(pin: str) -> None:
    assert re.fullmatch(r"[\w.-]+==[\w.]+", pin), "a local path or build label is in the lock"


@pytest.mark.parametrize("pin", PINS)
def test_installed_version_is_the_pinned_one(pin: str) -> None:
    name, expected = pin.split("==")
    assert version(name).split("+")[0] == expected


def test_conda_installs_from_the_same_two_files() -> None:
    dependencies = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    assert {"pip": ["-c constraints.txt", "-e ."]} in dependencies
    assert f"python={PYTHON}" in dependencies


def test_make_names_the_python_it_needs_before_it_makes_anything(tmp_path: Path) -> None:
    command = ["make", "check", f"VENV={tmp_path / 'venv'}", "PYTHON=false"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode != 0
    assert done.stderr.startswith("PYTHON = false: expected Python 3.11. Install it, or say make")
    assert not (tmp_path / "venv").exists()


def test_binder_installs_from_the_same_two_files() -> None:
    folder = ROOT / ".binder"
    lines = (folder / "requirements.txt").read_text().splitlines()
    assert [line for line in lines if not line.startswith("#")] == ["-c ../constraints.txt", "-e ."]
    assert (folder / "runtime.txt").read_text() == f"python-{PYTHON}\n"
    assert os.access(folder / "start", os.X_OK)
    # Any other file of packages would be read before, or in place of, the first.
    assert {path.name for path in folder.iterdir()} == {"requirements.txt", "runtime.txt", "start"}


def test_binder_starts_with_the_settings_of_make_lab() -> None:
    ask = [sys.executable, "-m", "jupyter", "--paths", "--json"]
    done = subprocess.run(
        [ROOT / ".binder" / "start", *ask],
        env=os.environ | {"REPO_DIR": str(ROOT)}, capture_output=True, check=True,
    )  # fmt: skip
    paths = json.loads(done.stdout)
    for kind in ("config", "data"):
        assert str(ROOT / "workflow" / "lab") in paths[kind]


def test_a_dev_container_installs_as_make_does() -> None:
    folder = ROOT / ".devcontainer"
    settings = json.loads((folder / "devcontainer.json").read_text())
    assert settings["postCreateCommand"] == "make check"
    dockerfile = (folder / settings["build"]["dockerfile"]).read_text()
    assert f"FROM python:{PYTHON}\n" in dockerfile
    assert f"USER {settings['remoteUser']}\n" in dockerfile


@pytest.mark.parametrize("folder", [".binder", ".devcontainer"])
def test_no_index_or_registry_is_named(folder: str) -> None:
    for path in (ROOT / folder).iterdir():
        assert not re.search(r"://|index.url|FROM \S+/|\"image\"", path.read_text(), re.I), path

"""One truth for versions: pyproject.toml pins, constraints.txt locks, environment.yml refers."""

import re
import subprocess
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
PINS: list[str] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
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
    assert "python=3.11" in dependencies


def test_make_names_the_python_it_needs_before_it_makes_anything(tmp_path: Path) -> None:
    command = ["make", "check", f"VENV={tmp_path / 'venv'}", "PYTHON=false"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode != 0
    assert done.stderr.startswith("PYTHON = false: expected Python 3.11. Install it, or say make")
    assert not (tmp_path / "venv").exists()

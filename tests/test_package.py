"""The package as a whole, its metrics, its models, and the self-check."""

import platform
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from packaging.requirements import Requirement
from sklearn import metrics as sk

from shared import __main__, metrics, models, published

ROOT = Path(__file__).resolve().parents[1]


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


def test_importing_shared_imports_nothing_heavy() -> None:
    code = (
        "import shared, shared.params, sys; print({'torch', 'pandas', 'numpy'} & set(sys.modules))"
    )
    assert python(code).strip() == "set()"


def test_metrics_are_scikit_learns_under_their_names() -> None:
    random = np.random.default_rng(0)
    logits, references = random.normal(size=(300, 3)), random.integers(0, 3, 300)
    ours, predictions = metrics.of_logits(logits, references), logits.argmax(1)
    assert ours["accuracy"] == sk.accuracy_score(references, predictions)
    assert ours["f1"] == sk.f1_score(references, predictions, average="macro")
    assert ours["f1_weighted"] == sk.f1_score(references, predictions, average="weighted")
    assert ours["matthews"] == sk.matthews_corrcoef(references, predictions)
    numbers = metrics.of_logits(logits[:, :1], logits[:, 1])
    assert numbers["pearson_r"] == pytest.approx(np.corrcoef(logits[:, 0], logits[:, 1])[0, 1])


def test_self_check_is_ok_here() -> None:
    done = subprocess.run([sys.executable, "-m", "shared"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "FAIL" not in done.stdout
    for name, row in published.PUBLISHED.items():
        assert re.search(rf"embedded {name} +OK .*{row.archive_sha256[:12]}", done.stdout)


def test_self_check_fails_without_the_models(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("COURSE_MODELS", str(tmp_path))
    assert __main__.installation() == 1
    out = capsys.readouterr().out
    for name in published.PUBLISHED:
        assert f"FAIL  '{name}' is not in {tmp_path}: connect to a network and run" in out


def test_self_check_names_a_package_that_is_missing_or_old() -> None:
    with pytest.raises(RuntimeError, match=r"no-such-thing is missing, expected ==1.0: `pip"):
        __main__.package(Requirement("no-such-thing==1.0"))
    with pytest.raises(RuntimeError, match=r"pytest [\d.]+, expected ==1.0: `pip install"):
        __main__.package(Requirement("pytest==1.0"))
    with pytest.raises(RuntimeError, match=r"torch .*, expected ==1.0: `python workflow/install_t"):
        __main__.package(Requirement("torch==1.0"))
    with pytest.raises(RuntimeError, match=r"nyt.parquet has sha256 .*: `git checkout data`"):
        __main__.data_file("nyt.parquet", "0" * 64)


PYPROJECT = """
[project]
requires-python = "{python}"
dependencies = ["no-such-thing==1.0 ; sys_platform == 'another'", "numpy>=1"]

[dependency-groups]
engine = ["{engine}"]
test = [{{ include-group = "engine" }}, "pytest==1.0", "pandas>1"]
lint = ["no-such-thing"]
"""
LOCK = """
[[package]]
name = "numpy"
version = "1.0"
"""


@pytest.mark.parametrize(
    ("python", "engine", "status"),
    [(">=3", "snakemake", 0), (">=99", "snakemake", 1), (">=3", "no-such-thing", 1)],
)
def test_self_check_fails_a_learner_only_for_what_notebooks_need(
    python: str,
    engine: str,
    status: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "manifest.json").write_text('{"files": {}}')
    (tmp_path / "pyproject.toml").write_text(PYPROJECT.format(python=python, engine=engine))
    (tmp_path / "uv.lock").write_text(LOCK)
    monkeypatch.setattr(__main__, "ROOT", tmp_path)
    assert __main__.installation() == status
    printed = capsys.readouterr().out
    assert (f"FAIL  Python {platform.python_version()}, expected >=99: install" in printed) == (
        python == ">=99"
    )
    assert ("FAIL  no-such-thing is missing" in printed) == (engine == "no-such-thing")
    assert re.search(r"^numpy +OK    [\d.]+ \(tested with 1.0\)$", printed, re.M)
    lacking = r"^group {} +--    not installed or of another version: {}; `make {}` installs it$"
    assert re.search(lacking.format("test", "pytest", "test"), printed, re.M)
    assert re.search(lacking.format("lint", "all", "lint"), printed, re.M)


def test_a_new_head_depends_on_the_seed_alone(tiny_model: Path) -> None:
    heads = [models.load_classifier(str(tiny_model), seed=s).classifier.weight for s in (1, 1, 2)]
    assert heads[0].equal(heads[1])
    assert not heads[0].equal(heads[2])

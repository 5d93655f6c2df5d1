"""The package as a whole, its metrics, its models, and the self-check."""

import platform
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import numpy as np
import pytest
from cells import source
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from sklearn import metrics as sk

from shared import __main__, metrics, models

ROOT = Path(__file__).resolve().parents[1]


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


def test_importing_shared_imports_nothing_heavy() -> None:
    code = (
        "import shared, shared.params, sys; print({'torch', 'pandas', 'numpy'} & set(sys.modules))"
    )
    assert python(code).strip() == "set()"


def test_metrics_are_scikit_learns_also_when_combined() -> None:
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
    assert models.EMBEDDED_SHA256[:12] in done.stdout


def test_self_check_fails_on_a_changed_model(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from shared import __main__

    monkeypatch.setattr(models, "EMBEDDED_SHA256", "0" * 64)
    assert __main__.main() == 1
    assert "FAIL  The embedded model's weights have sha256 53aa51172d14" in capsys.readouterr().out


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
dependencies = [
  "pytest==1.0",  # of another version, and used only by the tests
  "no-such-thing==1.0 ; sys_platform == 'another'",
  "numpy>=1",
]
"""


@pytest.mark.parametrize(("python", "status"), [(">=3", 0), (">=99", 1)])
def test_self_check_reads_pyproject_and_fails_a_learner_for_what_notebooks_need(
    python: str,
    status: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "manifest.json").write_text('{"files": {}}')
    (tmp_path / "pyproject.toml").write_text(PYPROJECT.format(python=python))
    monkeypatch.setattr(__main__, "ROOT", tmp_path)
    assert __main__.main() == status
    printed = capsys.readouterr().out
    assert (
        f"FAIL  Python {platform.python_version()}, expected >=99: install" in printed
    ) == status
    assert re.search(r"^pytest +--    pytest .*`pip .*` \(used only by the tests\)$", printed, re.M)
    assert re.search(r"^numpy +OK", printed, re.M) and "no-such-thing" not in printed


def test_notebooks_use_nothing_of_what_they_are_said_not_to_need() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert __main__.NEEDED_BY.keys() <= {Requirement(r).name for r in project["dependencies"]}
    files = [*ROOT.glob("notebooks/*.ipynb"), ROOT / "workflow" / "trial.ipynb"]
    sources = [source(path) for path in files]
    sources += [path.read_text(encoding="utf-8") for path in ROOT.glob("shared/*.py")]
    imports = re.findall(r"^\s*(?:import|from) (\w+)", "\n".join(sources), re.MULTILINE)
    known = packages_distributions()
    used = {canonicalize_name(name) for module in {*imports} for name in known.get(module, [])}
    assert {"torch", "datasets"} <= used and not used & __main__.NEEDED_BY.keys()


def test_a_new_head_depends_on_the_seed_alone(tiny_model: Path) -> None:
    heads = [models.load_classifier(str(tiny_model), seed=s).classifier.weight for s in (1, 1, 2)]
    assert heads[0].equal(heads[1])
    assert not heads[0].equal(heads[2])

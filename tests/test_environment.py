"""Versions have one home: pyproject.toml pins, requirements/ locks by hash, all install that."""

import json
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import nbformat
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "workflow"))
import audit  # noqa: E402
import install_torch  # noqa: E402

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PINS: list[str] = PROJECT["project"]["dependencies"]
PYTHON = PROJECT["project"]["requires-python"].removeprefix(">=").split(",")[0]
FILES = sorted((ROOT / "requirements").glob("*.txt"))
LOCKED = {path.stem: {r.name: r for r in audit.requirements(path.stem)} for path in FILES}


@pytest.mark.parametrize("pin", PINS)
def test_pin_is_exact_locked_alike_and_installed(pin: str) -> None:
    assert re.fullmatch(r"[\w.-]+==[\w.]+", pin)
    name, expected = pin.split("==")
    locked = (LOCKED["core"] | LOCKED["torch"])[canonicalize_name(name)]
    assert str(locked.specifier) == f"=={expected}" and locked.marker is None
    assert version(name).split("+")[0] == expected


def test_the_other_lists_are_locked_alike() -> None:
    lists = {
        **PROJECT["dependency-groups"],
        "cluster": PROJECT["project"]["optional-dependencies"]["cluster"],
    }
    assert set(PROJECT["build-system"]["requires"]) <= set(lists["build"])
    for lock, pins in lists.items():
        for requirement in map(Requirement, pins):
            name = canonicalize_name(requirement.name)
            assert LOCKED[lock][name].specifier == requirement.specifier, f"make lock: {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_lock_names_exact_public_versions_and_hashes(path: Path) -> None:
    """No address, no local path, no build label but that of PyTorch without CUDA."""
    pin, digest = (
        r"[a-z0-9-]+==[\w.]+(\+cpu)?( ; [\w '=!<>()./]+)?",
        r" \\\n    --hash=sha256:[0-9a-f]{64}",
    )
    assert re.fullmatch(rf"#.+\n(?:{pin}({digest})+\n)+", path.read_text())


def test_what_is_installed_is_what_the_lock_says() -> None:
    """On this system, all of it, and all that a plain installation would have added."""
    missing = []
    for requirement in (r for lock in ("build", "core") for r in LOCKED[lock].values()):
        if requirement.marker is None or requirement.marker.evaluate():
            try:
                found = version(requirement.name).split("+")[0]
            except PackageNotFoundError:
                found = "nothing"
            if not requirement.specifier.contains(found if found != "nothing" else "0"):
                missing.append(f"{requirement}, found {found}")
    assert not missing
    known = {name for lock in LOCKED.values() for name in lock} | {"pip", "transformer-course"}
    required = {
        canonicalize_name(Requirement(line).name)
        for package in audit.installed()
        for line in package.requires or []
        if not Requirement(line).marker or Requirement(line).marker.evaluate({"extra": ""})
    }
    assert required <= known, f"not locked: {sorted(required - known)}"


def test_no_licence_is_unknown_or_refused() -> None:
    found = {package.name: audit.licence(package) for package in audit.installed()}
    assert len(found) > 200
    assert {name: says for name, says in found.items() if audit.refused(says)} == {}


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        ("MIT", []),
        ("GPL-3.0-only OR MIT", []),
        ("(Apache-2.0 AND AGPL-3.0)", ["AGPL-3.0"]),
        ("GNU General Public License (GPL)", ["GNU General Public License (GPL"]),
        ("Proprietary", ["Proprietary"]),
        ("", ["none is stated"]),
    ],
)
def test_a_licence_is_refused_if_a_part_is(says: str, expected: list[str]) -> None:
    assert audit.refused(says) == expected


def test_conda_installs_from_the_same_files() -> None:
    dependencies = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    files = [f"-r requirements/{name}.txt" for name in ("build", "core", "torch")]
    assert {"pip": ["--require-hashes", *files]} in dependencies
    assert f"python={PYTHON}" in dependencies


def test_make_installs_nothing_without_hashes() -> None:
    lines = (ROOT / "Makefile").read_text().splitlines()
    installing = [
        line
        for line in lines
        if re.search(r"\$\(INSTALL\)|pip install", line) and " = " not in line
    ]
    assert len(installing) == 4
    for line in installing:
        assert "--require-hashes -r requirements/" in line or line.endswith("$(INSTALL) -e .")


# Stands in for the interpreter, so that no real pip can be reached. It notes what pip is told, and
# finds the build for CPUs where the test says.
PIP = """
import os, sys
told = sys.argv[1:]
with open(os.environ["TOLD"], "a") as file:
    file.write(" ".join(told) + "\\n")
own = "--index-url=https://download.pytorch.org/whl/cpu" in told
if told[-1].endswith("torch-cpu.txt") and os.environ["OFFERED"] != ("own" if own else "configured"):
    print("WARNING: an index cannot be reached", file=sys.stderr)
    sys.exit("ERROR: No matching distribution found for torch==2.13.0+cpu")
"""


@pytest.mark.parametrize(
    ("machine", "offered", "locks", "said"),
    [
        ("plain", "configured", ["torch-cpu"], "for CPUs (190 MB), from pip's configured index …"),
        ("plain", "own", ["torch-cpu"] * 2, "for CPUs (190 MB), from PyTorch's own index …"),
        ("plain", "nowhere", ["torch-cpu", "torch-cpu", "torch"],
         "with CUDA, since the build for CPUs could not be downloaded (2.6 GB) …"),
        ("nvidia-smi", "own", ["torch"],
         "for CUDA, since this machine has an NVIDIA GPU (2.6 GB) …"),
        ("driver", "own", ["torch"], "for CUDA, since this machine has an NVIDIA GPU (2.6 GB) …"),
        ("darwin", "own", ["torch"], "for this system …"),
    ],
)  # fmt: skip
def test_the_build_of_pytorch_is_chosen_by_the_machine(
    machine: str,
    offered: str,
    locks: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    for name in ("bin", "driver"):
        (tmp_path / name).mkdir()
    (tmp_path / "pip.py").write_text(PIP)
    shell = f'#!/bin/sh\nexec "{sys.executable}" "{tmp_path / "pip.py"}" "$@"\n'
    (tmp_path / "python").write_text(shell)
    (tmp_path / "python").chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    variables = {"PATH": tmp_path / "bin", "TOLD": tmp_path / "told", "OFFERED": offered}
    for name, value in variables.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.setattr(sys, "platform", "darwin" if machine == "darwin" else "linux")
    driver = "driver" if machine == "driver" else "none"
    monkeypatch.setattr(install_torch, "DRIVER", tmp_path / driver)
    if machine == "nvidia-smi":
        (tmp_path / "bin" / machine).touch(mode=0o755)
    assert install_torch.main() == 0
    told = (tmp_path / "told").read_text().splitlines()
    assert [Path(line.split()[-1]).stem for line in told] == locks
    assert all(line.startswith("-m pip install ") for line in told)
    assert all("--no-deps" in line and "--require-hashes -r" in line for line in told)
    output = capfd.readouterr().out.splitlines()
    assert output[-1] == f"PyTorch {install_torch.version()} {said}"
    refusals = [line for line in output if "No matching distribution found" in line]
    assert len(refusals) == locks.count("torch-cpu") - (locks[-1] == "torch-cpu")


def test_the_build_for_cpus_is_the_locked_version_and_only_for_linux() -> None:
    requirement = LOCKED["torch-cpu"]["torch"]
    assert str(requirement.specifier) == f"=={install_torch.version()}+cpu"
    assert str(requirement.marker) == 'sys_platform == "linux"'
    assert f"torch=={install_torch.version()}" in PINS


@pytest.mark.slow
@pytest.mark.network
def test_a_changed_file_is_not_installed(tmp_path: Path) -> None:
    lock = (ROOT / "requirements" / "build.txt").read_text()
    (tmp_path / "lock.txt").write_text(re.sub("sha256:....", "sha256:0000", lock))
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    done = subprocess.run(
        [*command, "-r", "lock.txt"], capture_output=True, text=True, cwd=tmp_path
    )
    if "No matching distribution" in done.stderr or "Could not" in done.stderr:
        pytest.skip("the package registry cannot be reached")
    assert done.returncode and "DO NOT MATCH THE HASHES" in done.stderr, done.stderr


@pytest.mark.network
def test_what_is_published_as_source_is_built_as_what_it_is(tmp_path: Path) -> None:
    """Without a wheel built earlier: pip keeps those, and a new machine has none."""
    pins = [pin for pin in PINS if pin.startswith("seqeval")]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-cache-dir", "--no-deps",
         "--no-build-isolation", *pins],
        capture_output=True, text=True, cwd=tmp_path,
    )  # fmt: skip
    if "NewConnectionError" in done.stderr or "NameResolutionError" in done.stderr:
        pytest.skip("the package registry cannot be reached")
    assert not done.returncode, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    assert pins == ["==".join(wheel.name.split("-")[:2])]


@pytest.mark.slow
@pytest.mark.network
def test_the_bill_of_materials_lists_all_that_is_installed() -> None:
    tools = ROOT / "build" / "tools"
    if not (tools / ".ready").exists():
        made = subprocess.run(
            ["make", "build/tools/.ready"], cwd=ROOT, capture_output=True, text=True
        )
        if made.returncode:
            pytest.skip(f"the tools cannot be installed: {made.stderr[-500:]}")
    done = subprocess.run(
        [sys.executable, ROOT / "workflow" / "audit.py"], capture_output=True, text=True
    )
    assert "licence not accepted: 0" in done.stdout and done.returncode in (0, 1, 2), done.stderr
    assert ("vulnerabilities not checked" in done.stdout) == (done.returncode == 2)
    bill = json.loads((ROOT / "build" / "sbom.json").read_text())
    assert bill["bomFormat"] == "CycloneDX"
    listed = {(c["name"].lower(), c["version"]) for c in bill["components"]}
    assert {(p.name.lower(), p.version) for p in audit.installed()} <= listed
    assert str(ROOT) not in json.dumps(bill)


def test_make_names_the_python_it_needs_before_it_makes_anything(tmp_path: Path) -> None:
    command = ["make", "check", f"VENV={tmp_path / 'venv'}", "PYTHON=false"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode != 0
    assert done.stderr.startswith("PYTHON = false: expected Python 3.11. Install it, or use make")
    assert not (tmp_path / "venv").exists()


@pytest.mark.parametrize("hiding", ["shared/__init__.py", "shared/data.py", "shared.py"])
def test_what_lies_beside_a_notebook_is_found_and_hides_no_package(
    hiding: str, tmp_path: Path
) -> None:
    for name, content in {hiding: "ROOT = None", "helper.py": "answer = 42"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    cell = "import helper, shared, shared.data\nprint(helper.answer, shared.ROOT)"
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell)], metadata={"kernelspec": spec}
    )
    nbformat.write(notebook, tmp_path / "a.ipynb")
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-m", "papermill", "--no-progress-bar", "a.ipynb", "out.ipynb"]
    done = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    cells = nbformat.read(tmp_path / "out.ipynb", as_version=4).cells
    assert cells[-1].outputs[0].text == f"42 {ROOT}\n"


def test_conda_and_binder_copy_the_settings_of_kernels_as_make_does() -> None:
    for page in (".binder/postBuild", "README.md"):
        copy = 'cp workflow/ipython_kernel_config.py "$CONDA_PREFIX/etc/ipython"'
        assert copy in (ROOT / page).read_text(encoding="utf-8"), page


def test_binder_installs_from_the_same_files() -> None:
    folder = ROOT / ".binder"
    lines = (folder / "requirements.txt").read_text().splitlines()
    files = [f"-r ../requirements/{name}.txt" for name in ("build", "core", "torch")]
    assert [line for line in lines if line[0] != "#"] == ["--require-hashes", *files]
    ours = (folder / "postBuild").read_text().splitlines()
    assert "python -m pip install --no-deps --no-build-isolation -e ." in ours
    assert (folder / "runtime.txt").read_text() == f"python-{PYTHON}\n"
    assert all(os.access(folder / name, os.X_OK) for name in ("start", "postBuild"))
    # Binder would read another file of packages before this one, or instead of it.
    names = {"requirements.txt", "runtime.txt", "start", "postBuild"}
    assert {path.name for path in folder.iterdir()} == names


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

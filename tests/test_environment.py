"""What is installed: declared in pyproject.toml, locked with hashes, complete, by any Python."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path

import nbformat
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "workflow"))
import install_torch  # noqa: E402

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCK = {p["name"]: p for p in tomllib.loads((ROOT / "uv.lock").read_text())["package"]}
FILES = {path.stem: path for path in sorted((ROOT / "requirements").glob("*.txt"))}
OLDEST, END = map(int, re.findall(r"3\.(\d+)", PROJECT["project"]["requires-python"]))
PYTHONS = [f"3.{minor}" for minor in range(OLDEST, END)]
RUNNING = f"3.{sys.version_info[1]}"


def required(name: str) -> dict[str, Requirement]:
    """Return by name what a file of requirements/ lists for this system and Python."""
    lines = [line for line in FILES[name].read_text().splitlines() if re.match(r"\w", line)]
    requirements = [Requirement(line.removesuffix(" \\")) for line in lines]
    return {r.name: r for r in requirements if not r.marker or r.marker.evaluate()}


def declared(*groups: str) -> set[str]:
    """Return the names in the core and in groups, those of included groups too."""
    found = {canonicalize_name(Requirement(r).name) for r in PROJECT["project"]["dependencies"]}
    for entry in (entry for group in groups for entry in PROJECT["dependency-groups"][group]):
        if isinstance(entry, dict):
            found |= declared(entry["include-group"])
        else:
            found.add(canonicalize_name(Requirement(entry).name))
    return found


def imported(path: Path) -> set[str]:
    """Return the modules that a Python file, a notebook or a workflow imports."""
    text = path.read_text(encoding="utf-8")
    if path.suffix not in (".py", ".ipynb"):  # Snakemake's language: its imports are not indented
        return set(re.findall(r"^(?:import|from) (\w+)", text, re.M))
    if path.suffix == ".ipynb":
        cells = nbformat.reads(text, as_version=4).cells
        lines = "\n".join(c.source for c in cells if c.cell_type == "code").splitlines()
        text = "\n".join(line for line in lines if not re.match(r"\s*[%!]", line))
    names: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize(
    ("folders", "groups"),
    [
        (["notebooks", "shared", "data"], []),
        (["workflow"], ["engine"]),
        (["course"], ["engine", "course", "site"]),
        (["tests"], ["test"]),
    ],
)
def test_what_is_imported_is_declared_in_its_group(folders: list[str], groups: list[str]) -> None:
    kinds = ("*.py", "*.ipynb", "*.smk", "Snakefile")
    files = [path for f in folders for kind in kinds for path in (ROOT / f).rglob(kind)]
    ours = {path.stem for path in ROOT.rglob("*.py")} | {"shared"}
    packages = packages_distributions()
    lacking = {
        f"{path.name}: {module}"
        for path in files
        for module in imported(path) - ours - sys.stdlib_module_names
        if not {canonicalize_name(n) for n in packages.get(module, [])} & declared(*groups)
    }
    assert files and not lacking


def test_the_lock_holds_what_pyproject_declares() -> None:
    """Else `make lock` was forgotten."""
    asked = LOCK["transformer-course"]["metadata"]
    lists = {"": asked["requires-dist"], **asked["requires-dev"]}
    lists = {group: {r["name"]: r["specifier"] for r in rows} for group, rows in lists.items()}
    groups = {"": PROJECT["project"]["dependencies"], **PROJECT["dependency-groups"]}
    for group, entries in groups.items():
        requirements = [Requirement(entry) for entry in entries if isinstance(entry, str)]
        assert requirements, group
        for requirement in requirements:
            name = canonicalize_name(requirement.name)
            assert set(lists[group][name].split(",")) == set(str(requirement.specifier).split(","))
            assert requirement.specifier.contains(LOCK[name]["version"])
    python = tomllib.loads((ROOT / "uv.lock").read_text())["requires-python"]
    assert python.replace(" ", "") == PROJECT["project"]["requires-python"]


def test_the_lock_names_the_public_index_and_the_hash_of_each_file() -> None:
    text = (ROOT / "uv.lock").read_text()
    files = {"https://files.pythonhosted.org/", "https://pypi.org/"}
    assert set(re.findall(r"\w+://[^/\"]*/", text)) == files
    assert len(re.findall("url = ", text)) == len(re.findall(r'hash = "sha256:[0-9a-f]{64}"', text))


@pytest.mark.parametrize("name", FILES)
def test_a_file_for_pip_has_the_versions_and_hashes_of_the_lock(name: str) -> None:
    """No address, no local path, no build label but that of PyTorch without CUDA."""
    pin, digest = (
        r"([a-z0-9-]+)==([\w.]+(?:\+cpu)?)(?: ; [\w '=!<>()./]+)?",
        r" \\\n    --hash=sha256:[0-9a-f]{64}",
    )
    text = FILES[name].read_text()
    assert re.fullmatch(rf"(#.+\n)+(?:{pin}({digest})+\n)+", text)
    for package, found, *_ in re.findall(rf"{pin}{digest}", text):
        assert LOCK[package]["version"] == found.removesuffix("+cpu")
        assert found.endswith("+cpu") == (name == "torch-cpu")


def test_what_is_installed_is_what_the_files_say_and_complete() -> None:
    """On this system, all of it, and all that a plain installation would have added."""
    lists = [required(name) for name in ("build", "core", "test")]
    wrong = []
    for requirement in (r for rows in lists for r in rows.values()):
        try:
            if not requirement.specifier.contains(found := version(requirement.name)):
                wrong.append(f"{requirement}, found {found}")
        except PackageNotFoundError:
            wrong.append(f"{requirement} is missing")
    assert not wrong
    done = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_make_installs_nothing_without_hashes(tmp_path: Path) -> None:
    tools, venv = tmp_path / "tools", tmp_path / "venv"
    command = ["make", "-n", "run", "test", "course", "site", "lint", "refresh", "lock", "audit"]
    command += [f"VENV={venv}", f"TOOLS={tools}", "NOTEBOOKS="]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    lines = [line for line in done.stdout.splitlines() if " pip install " in line]
    (own,) = [line for line in lines if "--require-hashes -r requirements/" not in line]
    assert own.endswith(" -e .") and len(lines) > 6


def test_conda_and_binder_install_from_the_same_files_and_only_those() -> None:
    lines = ["--require-hashes", *(f"-r requirements/{n}.txt" for n in ("build", "core", "torch"))]
    binder = (ROOT / ".binder" / "requirements.txt").read_text().replace("../", "").splitlines()
    conda = (ROOT / "environment.yml").read_text().partition("- pip:\n")[2].splitlines()
    assert [line for line in binder if line[0] != "#"] == lines
    assert [line.strip().removeprefix("- ") for line in conda] == lines
    for page in (".binder/postBuild", "README.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        assert 'cp workflow/ipython_kernel_config.py "$CONDA_PREFIX/etc/ipython"' in text, page
        assert "pip install --no-deps --no-build-isolation -e ." in text, page
        assert "python -m shared.embedded\n" in text, page


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
    text = FILES["torch-cpu"].read_text()
    assert f"\ntorch=={install_torch.version()}+cpu ; sys_platform == 'linux' \\\n" in text
    assert text.count("--hash=") == 2 * len(PYTHONS)  # for two kinds of processor


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
    pins = [f"seqeval=={LOCK['seqeval']['version']}"]
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


def test_binder_starts_with_the_settings_of_make_lab() -> None:
    ask = [sys.executable, "-m", "jupyter", "--paths", "--json"]
    done = subprocess.run(
        [ROOT / ".binder" / "start", *ask],
        env=os.environ | {"REPO_DIR": str(ROOT)}, capture_output=True, check=True,
    )  # fmt: skip
    paths = json.loads(done.stdout)
    for kind in ("config", "data"):
        assert str(ROOT / "workflow" / "lab") in paths[kind]


@pytest.mark.slow
@pytest.mark.network
def test_audit_reports_licences_and_lists_all_that_is_installed() -> None:
    """The licences are known and accepted; vulnerabilities can be looked up on some networks."""
    if Path(sys.prefix) != ROOT / ".venv":
        pytest.skip("another environment than that of make audit")
    done = subprocess.run(["make", "audit"], cwd=ROOT, capture_output=True, text=True)
    if not (ROOT / "build" / "tools" / ".ready").exists():
        pytest.skip(f"the tools cannot be installed: {done.stderr[-500:]}")
    assert "allow-only" not in done.stderr and "fail-on" not in done.stderr
    bill = json.loads((ROOT / "build" / "sbom.json").read_text())
    assert bill["bomFormat"] == "CycloneDX" and str(ROOT) not in json.dumps(bill)
    listed = {(canonicalize_name(c["name"]), c["version"]) for c in bill["components"]}
    for requirement in required("core").values():
        assert (requirement.name, version(requirement.name)) in listed


def make(folder: Path, *options: str, **versions: str) -> subprocess.CompletedProcess[str]:
    """Let make make an environment where only these interpreters are."""
    names = ("python3", *(f"python{minor}" for minor in PYTHONS))
    for name in names:
        said = versions.get(name.replace(".", "_"), "")
        code = f"import sys; sys.version_info = {tuple(map(int, said.split('.')))}" if said else ""
        lines = [
            f'[ "$1" = -V ] && echo Python {said} && exit',
            f'"{sys.executable}" -c "{code}; $2"',
        ]
        (folder / name).write_text("\n".join(["#!/bin/sh", *(lines if said else ["exit 1"]), ""]))
        (folder / name).chmod(0o755)
    variables = os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"}
    variables = {k: v for k, v in variables.items() if k not in ("PYTHON", "MAKEFLAGS")}
    command = ["make", "check", f"VENV={folder / 'venv'}", *options]
    return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("found", "chosen"),
    [
        ({"python3": "3.12.1", "python3_14": "3.14.0"}, "python3"),
        ({"python3": "3.9.6", "python3_11": "3.11.9", "python3_13": "3.13.0"}, "python3.13"),
        ({"python3": "4.11.0", "python3_11": "3.11.9"}, "python3.11"),
        ({"python3_14": "3.14.0"}, "python3.14"),
    ],
)
def test_make_takes_python3_or_the_newest_that_is_suitable(
    found: dict[str, str], chosen: str, tmp_path: Path
) -> None:
    done = make(tmp_path, "-n", **found)
    assert f'"{tmp_path}/{chosen}" -m venv  {tmp_path}/venv\n' in done.stdout, done.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "PYTHON = python3 is Python 3.9.6"),
        (["PYTHON=python3.15"], "PYTHON = python3.15 is not there"),
    ],
)
def test_make_names_the_python_it_needs_before_it_makes_anything(
    options: list[str], said: str, tmp_path: Path
) -> None:
    done = make(tmp_path, *options, python3="3.9.6")
    assert f"{said}: expected Python {PYTHONS[0]} to {PYTHONS[-1]}. Install one" in done.stderr
    assert done.returncode and not (tmp_path / "venv").exists()


@pytest.mark.parametrize(("python", "again"), [(RUNNING, False), ("3.99", True)])
def test_another_python_makes_the_environment_again(
    python: str, again: bool, tmp_path: Path
) -> None:
    ready = tmp_path / "venv" / ".ready"
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    (tmp_path / "venv" / "bin" / "python").symlink_to(tmp_path / "python3")
    ready.touch()
    done = make(
        tmp_path,
        "-n",
        f"PYTHON={tmp_path}/python{RUNNING}",
        **{"python3": RUNNING, f"python{RUNNING}".replace(".", "_"): python},
    )
    assert ("-m venv --clear" in done.stdout) == again, done.stdout


def interpreter(minor: str) -> str | None:
    """Return a Python of this version, on the PATH or among pyenv's."""
    places = [
        shutil.which(f"python{minor}"),
        *Path.home().glob(f".pyenv/versions/{minor}.*/bin/python"),
    ]
    for place in filter(None, places):
        done = subprocess.run([place, "-c", "import venv, ensurepip"], capture_output=True)
        if not done.returncode:
            return str(place)
    return None


@pytest.mark.slow
@pytest.mark.network
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("python", sorted(set(PYTHONS) - {RUNNING}))
def test_another_python_is_set_up_and_runs_contracts_and_notebooks(python: str) -> None:
    """From a clean copy, as README says. PyTorch may come with CUDA: 8 GB, removed at the end."""
    if not (found := interpreter(python)):
        pytest.skip(f"no Python {python}")
    listed = subprocess.check_output(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        if shutil.disk_usage(folder).free < 12e9:
            pytest.skip("less than 12 GB are free")
        copy = Path(folder) / "course"
        for name in filter(lambda name: (ROOT / name).is_file(), listed.decode().splitlines()):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
        left_out = ("PYTHON", "PYTHONPATH", "VIRTUAL_ENV", "COURSE_RUNS", "MAKEFLAGS")
        variables = {k: v for k, v in os.environ.items() if k not in left_out}
        contracts = [".venv/bin/python", "-m", "pytest", "-q", "-m", "not slow"]
        small = ["-p", "epochs", "1", "-p", "train_examples", "200"]
        for command in (
            ["make", "check", f"PYTHON={found}"],
            ["make", ".venv/.test", f"PYTHON={found}"],
            [*contracts, "tests/test_notebooks.py"],
            [".venv/bin/papermill", "notebooks/02_tokenization.ipynb", "out.ipynb"],
            [".venv/bin/papermill", "notebooks/03_fine_tuning.ipynb", "out.ipynb", *small],
        ):
            done = subprocess.run(command, cwd=copy, env=variables, capture_output=True, text=True)
            if "NewConnectionError" in done.stderr or "NameResolutionError" in done.stderr:
                pytest.skip("the package registry cannot be reached")
            assert not done.returncode, (command, done.stdout[-2000:], done.stderr[-2000:])
        about = nbformat.read(copy / "out.ipynb", as_version=4).metadata.language_info
        assert about.version.startswith(f"{python}.")

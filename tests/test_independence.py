"""The exact cells and the fast tests hold elsewhere: threads, locales, zones, paths and users.

Each place is a copy of the source, so that nothing outside of it is needed. All notebooks hold
under the first three (by hand: some minutes each); here are two of them, which take a minute.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from engine import ROOT, as_nobody

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

NOTEBOOKS = ["notebooks/01_attention.ipynb", "notebooks/02_tokenization.ipynb"]
TESTS = ["test_params", "test_data", "test_data_files", "test_runs", "test_quiz"]
FAST = [*NOTEBOOKS, *(f"tests/{name}.py" for name in TESTS)]
LOCALES = subprocess.run(["locale", "-a"], capture_output=True, text=True).stdout.split()
TURKISH = next((name for name in LOCALES if name.startswith("tr_TR.")), "POSIX")


def check(
    place: Path, *files: str, before: tuple[str, ...] = (), cwd: Path | None = None, **changed: str
) -> None:
    """Run tests of a copy of the source, in an environment that is changed."""
    variables = {
        k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "LC_", "LANG"))
    }
    variables |= {"PYTHONPATH": str(place), "COURSE_RUNS": "", **changed}
    done = subprocess.run(
        [*before, sys.executable, "-m", "pytest", "--quiet", "-p", "no:cacheprovider", "-c",
         str(place / "pyproject.toml"), "--rootdir", str(place), "-m", "not slow",
         *(str(place / file) for file in files)],
        cwd=cwd or place, env=variables, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return copy(tmp_path / "course")


def copy(place: Path) -> Path:
    """Copy what is in the repository, and nothing that was made since."""
    unwanted = shutil.ignore_patterns(".*", "runs", "build", "__pycache__", "*.egg-info")
    return shutil.copytree(ROOT, place, ignore=unwanted)


@pytest.mark.parametrize("threads", ["1", "2"])
def test_threads(place: Path, threads: str) -> None:
    check(place, *FAST, OMP_NUM_THREADS=threads, MKL_NUM_THREADS=threads, RAYON_NUM_THREADS=threads)


@pytest.mark.parametrize(
    ("locale", "zone"), [("C", "Asia/Kathmandu"), (TURKISH, "America/St_Johns"), ("C.UTF-8", "UTC")]
)
def test_locale_and_time_zone(place: Path, locale: str, zone: str) -> None:
    check(place, *FAST, LC_ALL=locale, TZ=zone)


def test_a_path_with_spaces_and_other_letters(tmp_path: Path) -> None:
    check(copy(tmp_path / "mein Kürs 课程 & 'co'"), *FAST)


def test_python_started_elsewhere(place: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    check(place, *FAST, cwd=tmp_path / "elsewhere")


def test_a_user_who_is_not_root_with_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    """Caches go where variables say."""
    nobody = as_nobody()
    home, caches, place = tmp_path / "home", tmp_path / "caches", copy(tmp_path / "course")
    home.mkdir(mode=0o555)
    caches.mkdir()
    # pytest's folders are closed to others, and with workers there is one more of them.
    top = Path(tempfile.gettempdir()).resolve()
    closed = [path for path in tmp_path.parents if top in path.parents]
    for path in (caches, tmp_path, *closed) if nobody else ():
        path.chmod(0o755)
    if nobody:
        shutil.chown(caches, 65534, 65534)
    names = (
        "HF_HOME",
        "IPYTHONDIR",
        "MPLCONFIGDIR",
        "JUPYTER_RUNTIME_DIR",
        "TMPDIR",
        "COURSE_RUNS",
    )
    variables = {name: str(caches / name.lower()) for name in names}
    (caches / "tmpdir").mkdir(mode=0o777)
    (caches / "tmpdir").chmod(0o777)
    check(place, *FAST, before=nobody, HOME=str(home), **variables)
    assert not list(home.iterdir())

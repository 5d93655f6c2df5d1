"""The benchmarks run, compare what belongs together, and say what their tables say."""

import importlib
import os
import platform
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

FOLDER = Path(__file__).resolve().parents[1] / "benchmarks"
Load = Callable[[str], ModuleType]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Load:
    """Return what imports a module of the benchmarks' folder."""
    monkeypatch.syspath_prepend(FOLDER)
    return importlib.import_module


def test_arms_take_turns_and_are_paired(load: Load) -> None:
    measure, order = load("measure"), []

    def arm(name: str, scale: float) -> dict[str, float]:
        order.append(name)
        return {"speed": scale * len(order)}

    arms = {name: lambda n=name, s=s: arm(n, s) for name, s in (("a", 6.0), ("b", 3.0), ("c", 1.0))}
    table = measure.alternate(arms, rounds=3)
    assert order == list("abcbcacab")
    assert list(table.columns) == ["round", "arm", "quantity", "value"] and len(table) == 9
    pairs = measure.ratio(table, "speed", "a", "b")  # 6·1 / 3·2, 6·6 / 3·4, 6·8 / 3·9
    np.testing.assert_allclose(pairs, [1.0, 3.0, 48 / 27])
    claim = measure.claim("faster", pairs, "×", goal=1.7)
    assert claim[1:4] == (48 / 27, 1.0, 3.0) and claim.reached
    assert measure.claim("slower", pairs, "s", 1.7, at_least=False).reached is False
    assert measure.claim("no goal", pairs, "s").reached is None


def test_points_are_paired_by_text(load: Load) -> None:
    first = np.tile([True, True, False, True], (3, 25))
    second = first.copy()
    second[:, ::4] = False  # a quarter is right in the first alone
    gained = load("measure").points_gained(first, second)
    assert gained["points"] == 25 and 12 < gained["points, low"] < 25 < gained["points, high"] < 38


def run(*command: str | Path) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, *command], capture_output=True, text=True)


@pytest.mark.slow
def test_a_quick_run_makes_table_figure_and_report(load: Load) -> None:
    bench = load("bench")
    folder = bench.ROOT / "build" / "benchmarks"
    done = run(FOLDER / "bench.py", "training", "--quick", "--rounds", "1")
    assert done.returncode == 0, done.stderr
    assert {f"training.{kind}" for kind in ("csv", "json", "png")} <= set(os.listdir(folder))
    report = (folder / "README.md").read_text()
    assert report == bench.report(folder)
    assert re.search(r"\| speed-up over pad to 128 \| [\d.]+ × \|.*≥ 5.5 × \| (yes|no) \|", report)


def test_the_report_is_what_the_tables_say(load: Load) -> None:
    bench = load("bench")
    kept = bench.RESULTS / "README.md"
    tables = list(bench.RESULTS.glob("*.csv"))
    assert kept.exists() == bool(tables)
    if tables:
        assert kept.read_text() == bench.report(bench.RESULTS), "make it anew: bench.py --report"
    texts = [file.read_text() for file in (*tables, *bench.RESULTS.glob("*.json"))]
    for private in (str(bench.ROOT), os.path.expanduser("~/"), platform.node()):
        assert not any(private in text for text in texts), private


def test_wrong_names_are_refused() -> None:
    done = run(FOLDER / "bench.py", "trainning")
    assert done.returncode == 2 and "no part trainning; there are training, limit" in done.stderr


PART = '''"""A part: of nothing.

What it is for."""
from measure import alternate, claim, values

def measure(rounds, quick):
    return alternate({"arm": lambda: {"time": 1 / 3}}, rounds)

def claims(table):
    return [claim("time of the arm", values(table, "time", "arm"), "s", 0.5, False)]

def figure(table):
    from matplotlib.figure import Figure
    return Figure()
'''
PROGRAM = """
import sys
from pathlib import Path
sys.path[:0] = sys.argv[1:3]
import bench
bench.PARTS, bench.RESULTS = ("broken", "sound"), Path(sys.argv[2])
sys.argv[1:] = []
sys.exit(bench.main())
"""


def test_a_part_that_fails_leaves_its_results_and_the_others(tmp_path: Path) -> None:
    (tmp_path / "sound.py").write_text(PART)
    (tmp_path / "broken.py").write_text(PART)
    done = run("-c", PROGRAM, FOLDER, tmp_path)
    assert done.returncode == 0, done.stderr
    before = (tmp_path / "broken.csv").read_bytes()
    (tmp_path / "sound.csv").unlink()
    (tmp_path / "broken.py").write_text(PART.replace("return alternate", "rounds / 0 #"))
    done = run("-c", PROGRAM, FOLDER, tmp_path)
    assert done.returncode == 1
    assert "broken failed, its older results are kept: ZeroDivisionError" in done.stderr
    assert (tmp_path / "broken.csv").read_bytes() == before
    report = (tmp_path / "README.md").read_text()
    assert report.count("| time of the arm | 0.333 s | 0.333 to 0.333 | ≤ 0.5 s | yes |") == 2
    assert not list(tmp_path.glob(".partial*"))

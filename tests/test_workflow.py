"""The workflow of `make run`, on small notebooks: failure, repetition, and a sudden end."""

import os
import random
import re
import signal
import time
from contextlib import suppress
from pathlib import Path

import execute
import pytest
from engine import finished, notebook, printed, run, save, start, table, wait_for_step, wait_until


def test_all_run_and_nothing_runs_twice(project: Path) -> None:
    status, output = run(project)
    assert status == 0, output
    first, second = (project / "runs" / f"{n}.ipynb" for n in ("01_first", "02_second"))
    made = [path.stat().st_mtime_ns for path in (first, second)]
    lines = table(project)[1]
    assert "the result is 42" in lines and "second, profile quick" in lines
    status, output = run(project)
    assert status == 0 and "Nothing to be done" in output, output
    assert [path.stat().st_mtime_ns for path in (first, second)] == made


def test_a_failing_notebook_is_named_and_the_others_run(project: Path) -> None:
    notebook(project / "notebooks" / "01_first.ipynb", "raise ValueError('too bad')")
    assert run(project)[0] != 0
    assert (project / "runs" / "02_second.ipynb").exists()
    assert not (project / "runs" / "01_first.ipynb").exists()
    status, lines = table(project)
    assert status == 1
    assert "FAILED ValueError: too bad" in lines
    assert "jupyter lab runs/01_first.failed.ipynb" in lines
    notebook(project / "notebooks" / "01_first.ipynb", "print('repaired')")
    assert run(project)[0] == 0
    assert not list((project / "runs").glob("*.failed.ipynb"))
    assert "repaired" in table(project)[1]


def test_a_killed_run_is_repeated_without_help(project: Path) -> None:
    waits = "import time; open('../waits', 'w'); time.sleep(600)"
    notebook(project / "notebooks" / "02_second.ipynb", waits)
    process = start(project)
    wait_for_step(process)
    wait_until((project / "waits").exists, process)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert not (project / "runs" / "02_second.ipynb").exists()
    kept = (project / "runs" / "01_first.ipynb").stat().st_mtime_ns
    notebook(project / "notebooks" / "02_second.ipynb", "print('this time')")
    status, output = run(project)
    assert status == 0, output
    assert (project / "runs" / "01_first.ipynb").stat().st_mtime_ns == kept
    assert "this time" in table(project)[1]
    assert not list((project / "runs").glob(".*"))


def test_a_notebook_that_ends_its_kernel_early_has_failed(tmp_path: Path) -> None:
    save(tmp_path / "a.ipynb", ("raise SystemExit", "first"), ("print('the end')", "last"))
    assert execute.execute(tmp_path / "a.ipynb", {}, tmp_path)[1] == "it ended before its last cell"


def test_two_notebooks_run_side_by_side_with_the_cores_divided(project: Path) -> None:
    meet = """
import os, pathlib, time
pathlib.Path("{mine}").touch()
limit = time.monotonic() + 60
while not pathlib.Path("{other}").exists():
    assert time.monotonic() < limit, "the other notebook did not start"
    time.sleep(0.1)
print("threads", os.environ["OMP_NUM_THREADS"], os.environ["RAYON_NUM_THREADS"])
"""
    notebook(project / "notebooks" / "01_first.ipynb", meet.format(mine="a", other="b"))
    notebook(project / "notebooks" / "02_second.ipynb", meet.format(mine="b", other="a"))
    status, output = run(project, "--cores", "2")
    assert status == 0, output
    assert table(project)[1].count("threads 1 1") == 2


def test_kernels_need_no_ports_that_another_may_take(tmp_path: Path) -> None:
    notebook(tmp_path / "a.ipynb", "from ipykernel.kernelapp import IPKernelApp as App\n"
             "print(App.instance().transport, App.instance().connection_file)")  # fmt: skip
    executed, error = execute.execute(tmp_path / "a.ipynb", {}, tmp_path)
    assert not error
    transport, file = executed.cells[-1].outputs[0].text.split()
    assert transport == "ipc" and not Path(file).parent.exists()
    assert execute.connection(Path("/tmp/a")).KernelManager.transport == "ipc"
    assert execute.connection(Path("/tmp") / ("long" * 25)).KernelManager.transport == "tcp"


MAKES = """
class classification:
    @staticmethod
    def fine_tune(recipe):
        from shared.runs import artifact
        def build(folder):
            print("made")
            (folder / "model.safetensors").write_text("weights")
            return {"accuracy": 0.8}
        return artifact("fine_tuned", {"recipe": recipe}, build)

print(classification.fine_tune(1).metrics)
"""


def warns(module: str, kind: str) -> str:
    """Return code that warns as if that module had used something deprecated."""
    code = f"import warnings; warnings.warn('old() goes:\\nuse new()', {kind})"
    return f"exec({code!r}, {{'__name__': {module!r}}})"


@pytest.mark.slow
def test_drift_is_reported_by_notebook_and_stops_no_other(project: Path) -> None:
    """02 and 03 use the model of 01, which fails, and are executed all the same."""
    others = [("matplotlib.cbook", "DeprecationWarning"), ("torchvision", "FutureWarning"),
              ("torch.nn", "UserWarning")]  # fmt: skip
    sources = {
        "01_first": f"{warns('torch.nn', 'FutureWarning')}\n{MAKES}",
        "02_second": "\n".join([*(warns(*other) for other in others), MAKES]),
        "03_third": f"{MAKES}\n{warns('__main__', 'DeprecationWarning')}",
    }
    for name, source in sources.items():
        notebook(project / "notebooks" / f"{name}.ipynb", source)
    status, output = run(project, "--config", "strict=1")
    assert status != 0 and (project / "runs" / "02_second.ipynb").exists(), output
    lines = table(project)[1]
    assert "\n01_first FAILED FutureWarning: old() goes: use new()\n" in lines
    assert "\n03_third FAILED DeprecationWarning: old() goes: use new()\n" in lines
    assert lines.count("FAILED") == 4  # each in the table and below it


def would_run(project: Path, *options: str) -> set[str]:
    status, output = run(project, "--dry-run", "--quiet", "host", *options)
    assert status == 0, output
    return set(re.findall(r"^(?:local)?rule (\d\d_\w+):", output, re.MULTILINE))


def test_a_change_runs_what_depends_on_it_whatever_its_date(project: Path) -> None:
    """The model is made once, by the first notebook that asks for it."""
    for name in ("03_makes", "04_takes"):
        notebook(project / "notebooks" / f"{name}.ipynb", MAKES)
    everything = {"01_first", "02_second", "03_makes", "04_takes"}
    for path in (project / "shared" / "part" / "a.py", project / "data" / "movies.parquet",
                 project / "data" / "README.md"):  # fmt: skip
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("as it was")
    status, output = run(project)
    assert status == 0, output
    said = {name: printed(project / "runs" / f"{name}.ipynb") for name in ("03_makes", "04_takes")}
    assert said["03_makes"] == f"made\n{said['04_takes']}" == "made\n{'accuracy': 0.8}\n"
    assert would_run(project) == set()
    changes = {
        "notebooks/01_first.ipynb": {"01_first"},
        "notebooks/03_makes.ipynb": {"03_makes", "04_takes"},
        "shared/part/a.py": everything,
        "data/movies.parquet": everything,
        "data/README.md": set(),
    }
    for number, (name, expected) in enumerate(changes.items()):
        path = project / name
        before = path.read_text()
        path.write_text(before + " ")
        day = 86_400 * (-1) ** number  # a clock that is wrong by a day
        os.utime(path, (time.time() + day, time.time() + day))
        assert would_run(project) == expected, name
        path.write_text(before)  # a new date, and nothing new in it
    assert would_run(project) == set()
    assert would_run(project, "--config", "parameters={02_second: {epochs: 2}}") == {"02_second"}
    assert would_run(project, "--config", "profile=full") == everything


@pytest.mark.slow
def test_killed_at_twenty_random_moments_nothing_is_lost_or_half(project: Path) -> None:
    chance, version, names = random.Random(4), 0, ("01_first", "02_second")

    def change(name: str) -> None:
        notebook(project / "notebooks" / f"{name}.ipynb", f"print('version {version}, the end')")

    for name in names:
        change(name)
    begin = time.monotonic()
    status, output = run(project)
    assert status == 0, output
    whole_run = time.monotonic() - begin
    old, kept = set(names), 0
    for attempt in range(20):
        before = finished(project)
        if before.keys() == set(names):  # so there is something to do
            version += 1
            change("02_second")
            old -= {"02_second"}
        process = start(project)
        time.sleep(chance.uniform(0.1, 1) * whole_run)
        if attempt % 2:
            process.kill()  # the workflow alone: its jobs go on for a moment
            time.sleep(chance.uniform(0, 0.5))
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        moment = time.time()
        process.communicate()
        now = finished(project)
        for name in old:  # finished work is kept
            assert now[name] == before[name], name
            kept += 1
        # What finished in the moment before the kill may be done again.
        old = {name for name, made in now.items() if made < moment - 1}
    assert kept > 5 and version > 2, (kept, version)
    status, output = run(project)
    assert status == 0, output
    assert finished(project).keys() == set(names)
    assert f"version {version}, the end" in table(project)[1]

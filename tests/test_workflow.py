"""The workflow of `make run`, on small notebooks: failure, repetition, and a sudden end."""

import json
import os
import random
import re
import resource
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "workflow"))
import execute  # noqa: E402

QUICK = 'profile: str = "quick"  # a parameter'


def notebook(path: Path, source: str) -> None:
    parameters = nbformat.v4.new_code_cell(QUICK, metadata={"tags": ["parameters"]})
    cell = nbformat.v4.new_code_cell(source, metadata={"tags": ["key-result"]})
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    whole = nbformat.v4.new_notebook(cells=[parameters, cell], metadata={"kernelspec": spec})
    nbformat.write(whole, path)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "notebooks").mkdir()
    notebook(tmp_path / "notebooks" / "01_first.ipynb", "print('the result is', 6 * 7)")
    notebook(tmp_path / "notebooks" / "02_second.ipynb", "print('second, profile', profile)")
    return tmp_path


def start(project: Path, *options: str) -> subprocess.Popen:
    """Start the command of the Makefile's `run` in a session of its own."""
    makefile = (ROOT / "Makefile").read_text()
    flags = makefile.split("snakemake --snakefile workflow/Snakefile", 1)[1].split("||")[0]
    for written, meant in {"\\\n": " ", "$(PROFILE)": "quick", "$(CONFIG)": ""}.items():
        flags = flags.replace(written, meant)
    return subprocess.Popen(
        [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "workflow" / "Snakefile",
         *flags.split(), *options],
        cwd=project, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, env=os.environ | {"COURSE_RUNS": "runs"},
    )  # fmt: skip


def wait_for_first(process: subprocess.Popen) -> None:
    """Wait until the workflow of two notebooks has noted that one of them is finished."""
    while "1 of 3 steps" not in (line := process.stdout.readline()):
        assert line, "the workflow ended"


def run(project: Path, *options: str) -> tuple[int, str]:
    process = start(project, *options)
    output = process.communicate(timeout=240)[0]
    return process.returncode, output


def table(project: Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, ROOT / "workflow" / "summary.py"], cwd=project, capture_output=True,
        text=True, env=os.environ | {"COURSE_RUNS": "runs"},
    )  # fmt: skip


def test_all_run_and_nothing_runs_twice(project: Path) -> None:
    status, output = run(project)
    assert status == 0, output
    first, second = (project / "runs" / f"{n}.ipynb" for n in ("01_first", "02_second"))
    made = [path.stat().st_mtime_ns for path in (first, second)]
    lines = table(project).stdout
    assert "the result is 42" in lines and "second, profile quick" in lines
    status, output = run(project)
    assert status == 0 and "Nothing to be done" in output, output
    assert [path.stat().st_mtime_ns for path in (first, second)] == made


def test_a_failing_notebook_is_named_and_the_others_run(project: Path) -> None:
    notebook(project / "notebooks" / "01_first.ipynb", "raise ValueError('too bad')")
    assert run(project)[0] != 0
    assert (project / "runs" / "02_second.ipynb").exists()
    assert not (project / "runs" / "01_first.ipynb").exists()
    done = table(project)
    assert done.returncode == 1
    assert "FAILED ValueError: too bad" in done.stdout
    assert "jupyter lab runs/01_first.failed.ipynb" in done.stdout
    notebook(project / "notebooks" / "01_first.ipynb", "print('repaired')")
    assert run(project)[0] == 0
    assert not list((project / "runs").glob("*.failed.ipynb"))
    assert "repaired" in table(project).stdout


def test_a_killed_run_is_repeated_without_help(project: Path) -> None:
    notebook(project / "notebooks" / "02_second.ipynb", "import time; time.sleep(60)")
    process = start(project)
    wait_for_first(process)
    limit = time.monotonic() + 120
    while not list((project / "runs").glob("02_second.partial.*")):
        assert time.monotonic() < limit and process.poll() is None, "02 did not start"
        time.sleep(0.2)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (project / "runs" / "02_second.ipynb").exists()
    kept = (project / "runs" / "01_first.ipynb").stat().st_mtime_ns
    notebook(project / "notebooks" / "02_second.ipynb", "print('this time')")
    status, output = run(project)
    assert status == 0, output
    assert (project / "runs" / "01_first.ipynb").stat().st_mtime_ns == kept
    assert "this time" in table(project).stdout
    assert not list((project / "runs").glob("*.partial.*"))


def test_a_partial_result_is_left_over_if_its_writer_is_gone(tmp_path: Path) -> None:
    """Also if the writer's number belongs to another process now; not while it is at work."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()

    def left_over(writer: int, age: float) -> bool:
        path = tmp_path / f"a.partial.{execute._host()}.{writer}.ipynb"
        path.touch()
        os.utime(path, (time.time() - age,) * 2)
        return execute._is_left_over(path, "a.partial.")

    assert left_over(gone.pid, age=0)
    assert not left_over(os.getpid(), age=0)
    assert left_over(os.getpid(), age=10**6)  # written before this process began
    assert not execute._is_left_over(tmp_path / "a.partial.elsewhere.1.ipynb", "a.partial.")


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
    assert table(project).stdout.count("threads 1 1") == 2


def test_kernels_need_no_ports_that_another_may_take(tmp_path: Path) -> None:
    notebook(tmp_path / "a.ipynb", "from ipykernel.kernelapp import IPKernelApp as App\n"
             "print(App.instance().transport, App.instance().connection_file)")  # fmt: skip
    assert not execute.execute(tmp_path / "a.ipynb", tmp_path / "out.ipynb", {}, tmp_path)
    cell = nbformat.read(tmp_path / "out.ipynb", as_version=4).cells[-1]
    transport, file = cell.outputs[0].text.split()
    assert transport == "ipc" and not Path(file).parent.exists()
    assert execute.connection(Path("/tmp/a")).KernelManager.transport == "ipc"
    assert execute.connection(Path("/tmp") / ("long" * 25)).KernelManager.transport == "tcp"


MAKES = """
class classification:
    @staticmethod
    def fine_tune(recipe):
        from shared.runs import artifact
        def build(folder):
            (folder / "model.safetensors").write_text("weights")
            return {"accuracy": 0.8}
        return artifact("fine_tuned", {"recipe": recipe}, build)
"""


def warns(module: str, kind: str) -> str:
    """Return code that warns as if that module had used something deprecated."""
    code = f"import warnings; warnings.warn('old() goes:\\nuse new()', {kind})"
    return f"exec({code!r}, {{'__name__': {module!r}}})"


def test_drift_is_reported_by_notebook_and_stops_no_other(project: Path) -> None:
    """02 and 03 use the model of 01, which fails, and are executed all the same."""
    makes = f"{MAKES}\nprint(classification.fine_tune(1).metrics)"
    others = [("matplotlib.cbook", "DeprecationWarning"), ("torchvision", "FutureWarning"),
              ("torch.nn", "UserWarning")]  # fmt: skip
    sources = {
        "01_first": f"{warns('torch.nn', 'FutureWarning')}\n{makes}",
        "02_second": "\n".join([*(warns(*other) for other in others), makes]),
        "03_third": f"{makes}\n{warns('__main__', 'DeprecationWarning')}",
    }
    for name, source in sources.items():
        notebook(project / "notebooks" / f"{name}.ipynb", source)
    status, output = run(project, "--config", "strict=1")
    assert status != 0 and (project / "runs" / "02_second.ipynb").exists(), output
    lines = table(project).stdout
    assert "\n01_first FAILED FutureWarning: old() goes: use new()\n" in lines
    assert "\n03_third FAILED DeprecationWarning: old() goes: use new()\n" in lines
    assert lines.count("FAILED") == 4  # each in the table and below it


@pytest.fixture
def graph(project: Path) -> Path:
    """Return a project with modules, data and a model, which has been run."""
    for module, content in {"__init__": "", "a": "", "b": "from shared import a", "c": ""}.items():
        path = project / "shared" / f"{module}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    (project / "data").mkdir()
    for name in ("movies", "tweets", "nyt"):
        (project / "data" / f"{name}.parquet").write_text(name)
    sources = {
        "01_first": "if False:\n    from shared.b import x\ntext = 'movies'",
        "02_second": "if False:\n    from shared import c\nfile = 'tweets.parquet'",
        "03_makes": f"{MAKES}\nprint(classification.fine_tune(1).metrics)",
        "04_takes": f"{MAKES}\nprint(classification.fine_tune(1).metrics)",
    }
    for name, source in sources.items():
        notebook(project / "notebooks" / f"{name}.ipynb", source)
    status, output = run(project)
    assert status == 0, output
    return project


def would_run(project: Path, *options: str) -> set[str]:
    status, output = run(project, "--dry-run", "--quiet", "host", *options)
    assert status == 0, output
    return set(re.findall(r"^(?:local)?rule (\d\d_\w+):", output, re.MULTILINE))


def test_a_change_runs_exactly_what_depends_on_it(graph: Path) -> None:
    everything = {"01_first", "02_second", "03_makes", "04_takes"}
    model = graph / "runs" / "03_makes.model"
    assert json.loads((model / "metrics.json").read_text()) == {"accuracy": 0.8}
    assert (model / "provenance.json").is_file()
    assert len(list((graph / "runs" / "fine_tuned").glob("*/model.safetensors"))) == 1
    assert would_run(graph) == set()
    changes = {
        "notebooks/01_first.ipynb": {"01_first"},
        "notebooks/03_makes.ipynb": {"03_makes", "04_takes"},
        "shared/a.py": {"01_first"},  # through b
        "shared/c.py": {"02_second"},
        "data/movies.parquet": {"01_first"},
        "data/tweets.parquet": {"02_second"},
        "data/nyt.parquet": set(),
    }
    for name, expected in changes.items():
        path = graph / name
        before = path.read_text()
        path.write_text(before + " ")
        assert would_run(graph) == expected, name
        path.write_text(before)  # a new date, and nothing new in it
    assert would_run(graph) == set()
    assert would_run(graph, "--config", "parameters={02_second: {epochs: 2}}") == {"02_second"}
    assert would_run(graph, "--config", "profile=full") == everything
    (model / "metrics.json").unlink()
    assert would_run(graph) == {"03_makes", "04_takes"}
    status, output = run(graph)
    assert status == 0 and (model / "metrics.json").is_file(), output
    assert would_run(graph) == set()


def seconds_of_dry_run(project: Path, snakefile: Path) -> float:
    """Return seconds of processor time, which other work on the machine hardly changes."""
    begin = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--dry-run", "-s", snakefile]
    subprocess.run(command, cwd=project, check=True, capture_output=True)
    end = resource.getrusage(resource.RUSAGE_CHILDREN)
    return end.ru_utime + end.ru_stime - begin.ru_utime - begin.ru_stime


def test_the_graph_of_the_real_notebooks_costs_little(tmp_path: Path) -> None:
    """An empty workflow takes 1.2 s on a quiet machine; `make run` is to need no more than 3 s."""
    (tmp_path / "Snakefile").write_text("rule all:\n    shell: 'true'\n")
    empty = seconds_of_dry_run(tmp_path, tmp_path / "Snakefile")
    assert seconds_of_dry_run(ROOT, ROOT / "workflow" / "Snakefile") < 3 * empty


def finished(project: Path) -> dict[str, float]:
    """Return when each notebook was finished; assert that each result is whole."""
    found = {}
    for path in (project / "runs").glob("*.ipynb"):
        if ".partial." in path.name:
            continue
        cells = nbformat.read(path, as_version=4).cells
        assert "the end" in cells[-1].outputs[0].text, path.name
        found[path.stem] = path.stat().st_mtime
    return found


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
    assert f"version {version}, the end" in table(project).stdout
    assert not list((project / "runs").glob("*.partial.*"))

"""What no program chooses: a sudden end, a full disk, no memory, no network, a wrong clock."""

import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
import sweep_table
import sweeps
from browser import AS_ROOT
from engine import (
    EXECUTE,
    ROOT,
    SWEEPS,
    as_nobody,
    begin,
    ended,
    finished,
    notebook,
    printed,
    run,
    start,
    trial,
    wait_for_step,
    wait_until,
)
from execute import smaller

from shared import checkpoints, classification, data, runs
from shared.checkpoints import Checkpoints
from shared.errors import UserError
from shared.recipes import Recipe

MIB, RESULT = 2**20, "runs/one.ipynb"


def execute(
    folder: Path, source: str, before: tuple[str, ...] = (), **options: object
) -> subprocess.CompletedProcess:
    """Run the workflow's command for a notebook of one cell; its result is `runs/one.ipynb`."""
    notebook(folder / "one.ipynb", source)
    return subprocess.run(
        [*before, sys.executable, str(EXECUTE), "one.ipynb", "runs/one.ipynb", "{}"],
        cwd=folder, capture_output=True, text=True, timeout=300, **options,
    )  # fmt: skip


def files(folder: Path) -> dict[str, str]:
    """Return the hash of each file of an artifact except those that record times."""
    names = {path for path in folder.iterdir() if path.is_file()}
    timed = {"provenance.json", "manifest.json"}
    return {path.name: runs.sha256(path) for path in names if path.name not in timed}


# Sudden ends: 56 here, and 24 in test_workflow.py and test_sweeps.py.


@pytest.mark.slow
def test_a_fine_tuning_killed_thirty_times_ends_as_if_never(
    tmp_path: Path, tiny_model: Path
) -> None:
    worker = ROOT / "tests" / "fault_worker.py"
    done = subprocess.run(
        [sys.executable, str(worker), str(tmp_path), str(tiny_model), "30"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    seen = json.loads(done.stdout)
    assert seen["killed"] == 30 and seen["continued"] >= 5 and seen["ended"] >= 1, seen


LONG = "for i in range(40):\n    print(i, 'x' * 100_000)\nprint('the end')"


def command_for(kind: str, folder: Path) -> tuple[list[object], Path]:
    """Return a command of the workflow, and the file that it writes whole or not at all."""
    if kind == "notebook":
        notebook(folder / "one.ipynb", LONG)
        return [EXECUTE, "one.ipynb", "runs/one.ipynb", "{}"], folder / "runs" / "one.ipynb"
    trial(folder / "t.ipynb")
    (folder / "a.tsv").write_text("notebook\tx\nt.ipynb\t1\n")
    sweep_table.inspect.cache_clear()  # it knows notebooks by their paths
    trials = sweep_table.read(Path("a.tsv"))
    sweeps.write_plan("a", trials)
    record = folder / "runs" / "trial.json"
    job = ROOT / "workflow" / "sweep_trial.py"
    return [job, "runs/sweeps/a.plan.parquet", trials[0].key, record], record


def content(kind: str, path: Path) -> str:
    """Return what in a result does not depend on time; assert that the result is whole."""
    if kind == "trial":
        record = json.loads(path.read_text())
        assert record["status"] == "done"
        return json.dumps(record["metrics"])
    cells = nbformat.read(path, as_version=4).cells
    assert all(cell.execution_count for cell in cells if cell.cell_type == "code")
    return printed(path)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["notebook", "trial"])
def test_killed_at_any_moment_a_result_is_whole_or_not_there(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COURSE_RUNS", "runs")
    words, result = command_for(kind, tmp_path)
    chance, times, killed = random.Random(3), [], 0
    for _ in range(2):  # the first time is longer: nothing is in the memory of the disk
        result.unlink(missing_ok=True)
        start_time = time.monotonic()
        assert ended(begin(tmp_path, *words))[0] == 0
        times.append(time.monotonic() - start_time)
    expected = content(kind, result)
    result.unlink()
    while killed < 13:
        process = begin(tmp_path, *words, stdout=None, stderr=subprocess.DEVNULL)
        with suppress(subprocess.TimeoutExpired):  # most of the writing is at the end
            process.wait(min(times) * chance.uniform(0.2, 1.1))
        killed += process.poll() is None
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if result.exists():
            assert content(kind, result) == expected
            result.unlink()
    assert ended(begin(tmp_path, *words))[0] == 0 and content(kind, result) == expected


# A full disk.


@dataclass
class Disk:
    """A folder on a disk that can be filled and freed."""

    folder: Path
    fill: Callable[[], None]
    free: Callable[[], None]


@pytest.fixture(params=["full", "limit"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    """Give a small disk of its own (as root), or a limit on what a process may write to a file."""
    folder, old = tmp_path / "disk", resource.getrlimit(resource.RLIMIT_FSIZE)
    folder.mkdir()
    if request.param == "limit":

        def limit(size: int) -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, old[1]))

        yield Disk(folder, lambda: limit(MIB // 2), lambda: limit(old[0]))
        limit(old[0])
        return
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)]
    if not AS_ROOT or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a disk can be mounted by root only")
    filler = folder / "filler"

    def fill() -> None:
        filler.write_bytes(bytes(max(0, shutil.disk_usage(folder).free - MIB // 2)))

    yield Disk(folder, fill, filler.unlink)
    subprocess.run(["umount", "--lazy", str(folder)], check=True)  # weights may still be mapped


RECIPE = Recipe(
    1e-3, epochs=1, batch_size=8, max_length=32, train_embeddings=True, train_examples=80,
    validation_examples=20,
)  # fmt: skip


def test_a_disk_full_at_a_checkpoint_keeps_the_one_before(
    disk: Disk, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    splits, save, saved = data.load("amazon"), Checkpoints.save, []
    monkeypatch.setattr(checkpoints, "CHECKPOINT_EVERY", 2)
    monkeypatch.setenv("COURSE_RUNS", str(tmp_path / "elsewhere"))
    expected = files(classification.fine_tune(splits, RECIPE, str(tiny_model)).path)
    monkeypatch.setenv("COURSE_RUNS", str(disk.folder))
    old = runs.artifact("old", {}, lambda folder: (folder / "x").write_text("x") and {})

    def fills(
        self: Checkpoints, model: object, optimizer: object, step: int, *rest: object
    ) -> None:
        saved.append(step)
        if len(saved) == 3:
            disk.fill()
        save(self, model, optimizer, step, *rest)

    monkeypatch.setattr(Checkpoints, "save", fills)
    with pytest.raises(UserError, match=r"written \((No space|File too).*free some space"):
        classification.fine_tune(splits, RECIPE, str(tiny_model))
    disk.free()
    assert runs.is_whole(old.path)
    (partial,) = (disk.folder / "fine_tuned").glob(".*.partial")
    assert [path.name for path in (partial / "checkpoints").glob("step-*")] == ["step-00000004"]
    assert files(classification.fine_tune(splits, RECIPE, str(tiny_model)).path) == expected
    assert saved[:5] == [2, 4, 6, 6, 8], "it did not go on from the checkpoint"


@pytest.mark.slow
def test_a_disk_full_when_a_notebook_is_saved_keeps_the_old_result(disk: Disk) -> None:
    assert execute(disk.folder, "print('old')").returncode == 0
    notebook(disk.folder / "one.ipynb", LONG)
    disk.fill()
    done = execute(disk.folder, LONG)
    disk.free()
    assert done.returncode == 1 and printed(disk.folder / RESULT) == "old\n"
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert "one.ipynb: runs cannot be written" in done.stderr and "free some space" in done.stderr
    assert [path.name for path in (disk.folder / "runs").iterdir()] == ["one.ipynb"]
    assert execute(disk.folder, LONG).returncode == 0 and "the end" in printed(disk.folder / RESULT)


# Read-only, and another user.


READ_ONLY = """
from shared import classification, data
from shared.recipes import Recipe
recipe = Recipe(batch_size=8, epochs=1, train_examples=16, validation_examples=8)
print(sorted(classification.fine_tune(data.load("amazon"), recipe, {model!r}).metrics)[0])
"""


@pytest.mark.slow
def test_source_and_data_may_be_read_only(tiny_model: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:  # pytest's own folders are closed to others
        source, place = Path(folder) / "source", Path(folder) / "place"
        for name in ("shared", "data", "workflow"):
            shutil.copytree(ROOT / name, source / name)
        own = place / "runs"
        own.mkdir(parents=True)
        nobody = as_nobody()
        for path in filter(lambda _: nobody, (Path(folder), place)):
            path.chmod(0o755)
        if nobody:
            shutil.chown(own, 65534, 65534)
        for path in [source, *source.rglob("*")]:
            path.chmod(path.stat().st_mode & ~0o222)
        names = ("HF_HOME", "IPYTHONDIR", "MPLCONFIGDIR", "JUPYTER_RUNTIME_DIR")
        variables = os.environ | {name: str(own / name.lower()) for name in names}
        variables |= {"HOME": "/nonexistent", "PYTHONPATH": str(source)}
        words = READ_ONLY.format(model=str(tiny_model))
        writable = {"env": variables | {"COURSE_RUNS": str(own)}}
        done = execute(place, words, nobody, **writable)
        assert done.returncode == 0, done.stderr
        assert printed(place / RESULT) == "accuracy\n"
        done = execute(place, words, nobody, env=variables | {"COURSE_RUNS": ""})
        assert done.returncode == 1
        told = f"{source / 'runs'} cannot be written (Permission denied): set COURSE_RUNS elsewhere"
        assert told in done.stderr
        shutil.rmtree(own)
        done = execute(place, words, nobody, **writable)
        last = "one.ipynb: runs: Permission denied. Set COURSE_RUNS to a folder that you own."
        assert done.stderr.splitlines()[-1] == last
        for path in [source, *source.rglob("*")]:
            path.chmod(path.stat().st_mode | 0o200)


# Two at once.


@pytest.mark.slow
def test_two_runs_at_once_of_the_same_notebooks_end_well(project: Path) -> None:
    for name in ("01_first", "02_second"):
        notebook(project / "notebooks" / f"{name}.ipynb", LONG)
    both = [start(project) for _ in range(2)]
    assert [status for status, _ in map(ended, both)] == [0, 0]
    assert finished(project).keys() == {"01_first", "02_second"}
    assert not list((project / "runs").glob(".*"))


@pytest.mark.slow
def test_two_runs_at_once_of_different_notebooks_share_one_model(
    tmp_path: Path, tiny_model: Path
) -> None:
    notebook(tmp_path / "one.ipynb", READ_ONLY.format(model=str(tiny_model)))
    both = [
        begin(tmp_path, EXECUTE, "one.ipynb", f"runs/{name}.ipynb", "{}") for name in ("one", "two")
    ]
    assert [status for status, _ in map(ended, both)] == [0, 0]
    made = [path for path in (tmp_path / "runs" / "fine_tuned").iterdir() if path.is_dir()]
    assert len(made) == 1 and runs.is_whole(made[0])
    assert printed(tmp_path / RESULT) == "accuracy\n"


# A clock that is wrong, or is set back.


@pytest.mark.slow
def test_a_clock_set_back_by_a_day_hides_no_change(project: Path) -> None:
    for name in ("01_first", "02_second"):
        notebook(project / "notebooks" / f"{name}.ipynb", "print('the end')")
    assert run(project)[0] == 0
    tomorrow = time.time() + 86_400
    for path in project.rglob("*"):
        os.utime(path, (tomorrow, tomorrow))
    status, output = run(project)
    assert status == 0 and "Nothing to be done" in output, output
    notebook(project / "notebooks" / "02_second.ipynb", "print('changed, the end')")
    assert run(project)[0] == 0
    assert finished(project)["01_first"] == pytest.approx(tomorrow)  # not executed again
    assert "changed" in (project / "runs" / "02_second.ipynb").read_text()
    status, output = run(project)
    assert status == 0 and "Nothing to be done" in output, output


@pytest.mark.slow
def test_a_notebook_outlives_a_clock_set_back_while_it_runs(tmp_path: Path) -> None:
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "sitecustomize.py").write_text(
        f"import os, time\nreal, flag = time.time, {str(tmp_path / 'set back')!r}\n"
        "time.time = lambda: real() - 3600 * os.path.exists(flag)\n"
    )
    paths = os.pathsep.join([str(tmp_path / "path"), str(ROOT)])
    source = "import time\nbefore = time.time()\nopen('set back', 'w')\nprint(time.time() < before)"
    done = execute(tmp_path, source, env=os.environ | {"PYTHONPATH": paths})
    assert done.returncode == 0, done.stderr
    assert printed(tmp_path / RESULT) == "True\n"


# Interrupted by the user.


@pytest.fixture
def hears_ctrl_c() -> Iterator[None]:
    """Hear Ctrl-C even if the tests run in a shell's background, where it is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupt(process: subprocess.Popen) -> tuple[str, float]:
    """Do what Ctrl-C does; return what was printed and the seconds until the end."""
    begin = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    return process.communicate(timeout=120)[0], time.monotonic() - begin


WAITS = "import pathlib, time\npathlib.Path('../waits').touch()\ntime.sleep(90)\nprint('the end')"


@pytest.mark.slow
@pytest.mark.usefixtures("hears_ctrl_c")
def test_an_interrupted_run_ends_at_once_and_goes_on(project: Path) -> None:
    notebook(project / "notebooks" / "01_first.ipynb", "print('the end')")
    notebook(project / "notebooks" / "02_second.ipynb", WAITS)
    process = start(project)
    wait_for_step(process)
    wait_until((project / "waits").exists, process)
    output, seconds = interrupt(process)
    assert process.returncode != 0 and seconds < 30, seconds
    assert "02_second.ipynb: interrupted. Run it again to continue." in output
    assert [path.name for path in (project / "runs").glob("*.ipynb")] == ["01_first.ipynb"]
    made = finished(project)["01_first"]
    notebook(project / "notebooks" / "02_second.ipynb", "print('the end')")
    assert run(project)[0] == 0
    assert finished(project)["01_first"] == made


@pytest.mark.slow
@pytest.mark.usefixtures("hears_ctrl_c")
def test_an_interrupted_sweep_ends_at_once_and_goes_on(tmp_path: Path) -> None:
    waits = "import time\nif x:\n    open('waits', 'w')\n    time.sleep(90)\n"
    show = "from IPython.display import JSON\nJSON({'accuracy': x})"
    trial(tmp_path / "t.ipynb", waits + show)
    (tmp_path / "a.tsv").write_text("notebook\tx\nt.ipynb\t0\nt.ipynb\t1\n")
    process = begin(tmp_path, SWEEPS, "a.tsv", "--cores", "2")
    wait_for_step(process, "1 of 3 steps")
    wait_until((tmp_path / "waits").exists, process)
    output, seconds = interrupt(process)
    assert process.returncode != 0 and seconds < 30, seconds
    assert "Trials that did not finish: 1. Run again" in output and "Traceback" not in output, (
        output
    )
    (record,) = tmp_path.rglob("trial~*.json")
    assert json.loads(record.read_text())["status"] == "done"


@pytest.mark.slow
def test_an_interrupted_cell_goes_on_where_it_was(tmp_path: Path, tiny_model: Path) -> None:
    """As JupyterLab's square button does it."""
    from jupyter_client.manager import start_new_kernel

    cell = f"""
from shared import checkpoints, classification, data
from shared.recipes import Recipe
checkpoints.CHECKPOINT_EVERY = 5
recipe = Recipe(batch_size=4, epochs=1, train_examples=1200, validation_examples=8)
made = classification.fine_tune(data.load("amazon"), recipe, {str(tiny_model)!r})
"""
    manager, client = start_new_kernel(
        env=os.environ | {"COURSE_RUNS": str(tmp_path), "PYTHONPATH": str(ROOT)}
    )

    def reply_to(message: str) -> dict:
        while True:
            reply = client.get_shell_msg(timeout=240)
            if reply["parent_header"]["msg_id"] == message:
                return reply["content"]

    try:
        sent = client.execute(cell)
        limit = time.monotonic() + 120
        while not list(tmp_path.glob("fine_tuned/*/checkpoints/step-*")):
            assert time.monotonic() < limit
            time.sleep(0.05)
        begin = time.monotonic()
        manager.interrupt_kernel()
        assert reply_to(sent)["ename"] == "KeyboardInterrupt"
        assert time.monotonic() - begin < 20
        (left,) = tmp_path.glob("fine_tuned/.*.partial/checkpoints/step-*")
        reply = reply_to(client.execute(cell))
        assert reply["status"] == "ok", reply
        assert int(left.name.removeprefix("step-")) < 300, "it was not interrupted"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    (made,) = (p for p in (tmp_path / "fine_tuned").iterdir() if p.is_dir())
    history = json.loads((made / "history.json").read_text())
    assert [row["step"] for row in history["steps"]] == list(range(1, 301))
    assert runs.is_whole(made)


# Too little memory.

TOO_LARGE = """
import resource, numpy
resource.setrlimit(resource.RLIMIT_AS, (8 * 2**30, 8 * 2**30))
numpy.ones(2**33)
"""
KILLED = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"  # as the system does it


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (TOO_LARGE, "MemoryError: Unable to allocate 64.0 GiB"),
        (KILLED, "DeadKernelError: the kernel was killed, probably for lack of memory. "),
    ],
)
def test_too_little_memory_is_told_with_advice(source: str, told: str, tmp_path: Path) -> None:
    done = execute(tmp_path, source)
    assert done.returncode == 1 and told in done.stderr, done.stderr
    assert "To use less: profile=quick, or close other programs." in done.stderr
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["one.failed.ipynb"]


def test_the_advice_names_the_notebooks_own_parameters() -> None:
    names = "profile=quick, or a smaller batch_size or max_length or train_examples"
    assert names in smaller(ROOT / "notebooks" / "03_fine_tuning.ipynb")


# No network.

OFFLINE = """
from shared import data, models
from shared.errors import UserError
print(len(data.load("amazon")["test"]), models.load_classifier().num_labels)
try:
    models.resolve("team/model")
except UserError as error:
    print(error)
"""


@pytest.mark.slow
def test_without_any_network_all_but_the_hub_works(tmp_path: Path) -> None:
    words = (
        "unshare",
        "--map-root-user",
        "--net",
        "sh",
        "-c",
        'ip link set lo up && exec "$@"',
        "sh",
    )
    if not shutil.which("unshare") or subprocess.run([*words, "true"]).returncode:
        pytest.skip("a network can be left with `unshare` and `ip` only")
    variables = os.environ | {"HF_HUB_OFFLINE": "0", "HF_HOME": str(tmp_path / "home")}
    done = execute(tmp_path, OFFLINE, words, env=variables)
    assert done.returncode == 0, done.stderr
    first, second = printed(tmp_path / RESULT).splitlines()
    assert first == f"{len(data.load('amazon')['test'])} 2"
    assert "'team/model' could not be downloaded: the Hub cannot be reached" in second

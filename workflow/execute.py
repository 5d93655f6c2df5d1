"""Execute one notebook for the workflow: a result is either complete or absent.

    python workflow/execute.py notebooks/01_attention.ipynb runs/01_attention.ipynb '{"seed": 1}'

A notebook that fails is kept as <output>.failed.ipynb, up to the error.
"""

import argparse
import hashlib
import json
import os
import shutil
import socket
import sys
import tempfile
from pathlib import Path

import nbformat
import papermill
import psutil
from nbclient.exceptions import DeadKernelError
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

from shared.errors import UserError, full_disk

STRICT = f"--IPKernelApp.exec_files={Path(__file__).with_name('strict.py').resolve()}"
NO_MEMORY = ("MemoryError", "out of memory", "can't allocate memory")  # NumPy, CUDA, PyTorch
SIZES = ("batch_size", "max_length", "train_examples")  # parameters that memory grows with


def execute(
    notebook: Path, result: Path, parameters: dict, folder: Path, strict: bool = False
) -> str:
    """Execute a notebook in `folder`; return its error on one line, or an empty text."""
    if runs := os.environ.get("COURSE_RUNS"):
        os.environ["COURSE_RUNS"] = os.path.abspath(runs)  # the notebook runs in another folder
    try:
        with tempfile.TemporaryDirectory(prefix="kernel-") as sockets:
            papermill.execute_notebook(
                str(notebook), str(result), parameters, cwd=str(folder), progress_bar=False,
                extra_arguments=[STRICT] if strict else [],  # of the kernel
                config=connection(Path(sockets)),
            )  # fmt: skip
    except PapermillExecutionError as error:
        line = f"{error.ename}: {error.evalue}".strip().split("\n")[0]
        scarce = any(word in line for word in NO_MEMORY)
        return f"{line.rstrip('.')}. {smaller(notebook)}" if scarce else line
    except DeadKernelError:
        killed = "DeadKernelError: the kernel was killed, probably for lack of memory."
        return f"{killed} {smaller(notebook)}"
    return ""


def connection(folder: Path) -> Config:
    """Return how to talk to a kernel: by sockets in a folder, where the system has such sockets.

    A free port is chosen before a kernel opens it, so two kernels that start at once may be given
    the same one. The path of a socket may have some hundred characters.
    """
    file = folder / "kernel.json"
    sockets = os.name == "posix" and len(os.fsencode(file)) < 90
    transport = "ipc" if sockets else "tcp"
    return Config(KernelManager={"transport": transport, "connection_file": str(file)})


def smaller(notebook: Path) -> str:
    """Say how a notebook can run in less memory, naming its own parameters where it has some."""
    known = papermill.inspect_notebook(str(notebook))
    ways = ["profile=quick"] if "profile" in known else []
    if sizes := [name for name in SIZES if name in known]:
        ways.append(f"a smaller {' or '.join(sizes)}")
    return f"To use less: {', or '.join([*ways, 'close other programs'])}."


def whole(path: Path) -> bool:
    """Tell whether every code cell of a notebook was executed."""
    cells = nbformat.read(path, as_version=4).cells
    return all(c.execution_count for c in cells if c.cell_type == "code" and c.source.strip())


def keep_model(made: Path, model: Path) -> None:
    """Put the first artifact listed in `made` at `model`, as hard links where possible."""
    folder = Path(made.read_text().split("\n")[0])
    partial = model.with_name(f"{model.name}.{_own_name()}")
    shutil.copytree(folder, partial, copy_function=_link)
    for path in partial.iterdir():
        os.utime(path)  # newer than its notebook, even if it was found rather than made
    shutil.rmtree(model, ignore_errors=True)
    try:
        partial.rename(model)
    except OSError:
        if not model.is_dir():
            raise
        shutil.rmtree(partial)  # another run was a moment faster, with the same model


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copy2(source, target)


def _own_name() -> str:
    return f"partial.{_host()}.{os.getpid()}"


def _host() -> str:
    """Return what identifies a host without its name: papermill writes the path into the result."""
    return hashlib.sha256(socket.gethostname().encode()).hexdigest()[:12]


def _is_left_over(path: Path, prefix: str) -> bool:
    """Tell whether the process that wrote a partial result has ended; on other hosts, say no."""
    host, _, process = path.name[len(prefix) :].removesuffix(".ipynb").rpartition(".")
    if host != _host() or not process.isdigit():
        return False
    try:
        found = psutil.Process(int(process))
        # Process numbers are reused: a process that began after the file was written did not write
        # it. The beginning of a process is known to within a second or two.
        ended = found.status() == psutil.STATUS_ZOMBIE
        return ended or found.create_time() > path.stat().st_mtime + 2
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False


def run(given: argparse.Namespace) -> str:
    """Execute what the command line says; return what went wrong, or an empty text."""
    output: Path = given.output
    failed = output.with_suffix(".failed.ipynb")
    output.parent.mkdir(parents=True, exist_ok=True)
    failed.unlink(missing_ok=True)
    for name in filter(None, (output.with_suffix(""), given.model)):
        prefix = f"{name.name}.partial."
        for path in name.parent.glob(f"{prefix}*"):
            if _is_left_over(path, prefix):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
    partial = output.with_suffix(f".{_own_name()}.ipynb")
    try:
        with tempfile.NamedTemporaryFile(prefix="made-") as made:
            os.environ["COURSE_MADE"] = made.name  # where `shared.runs` lists what it made or found
            error = execute(
                given.notebook, partial, given.parameters, given.notebook.parent, given.strict
            )
            if not error and not whole(partial):
                error = "it ended before its last cell"
            if not error and given.model:
                if Path(made.name).stat().st_size:
                    keep_model(Path(made.name), given.model)
                else:
                    error = "it made no model, but the workflow expects one"
        partial.rename(failed if error else output)
    finally:
        partial.unlink(missing_ok=True)  # after an interruption, or with a full disk
    return f"{error}\nSee {failed}" if error else ""


def main() -> int:
    """Execute what the command line says; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebook", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("parameters", type=json.loads)
    parser.add_argument("--model", type=Path, help="where to put the artifact that it makes")
    parser.add_argument("--strict", action="store_true", help="deprecations are errors")
    given = parser.parse_args()
    try:
        with full_disk(given.output.parent):
            error = run(given)
    except UserError as refused:
        error = str(refused)
    except PermissionError as refused:
        error = f"{refused.filename}: {refused.strerror}. Set COURSE_RUNS to a folder that you own."
    except KeyboardInterrupt:
        error = "interrupted. Run it again to continue."
    if error:
        print(f"{given.notebook}: {error}", file=sys.stderr)
    return int(bool(error))


if __name__ == "__main__":
    sys.exit(main())

"""Execute one notebook for the workflow: a result is either complete or absent.

    python workflow/execute.py notebooks/01_attention.ipynb runs/01_attention.ipynb '{"seed": 1}'

A notebook that fails is kept as <output>.failed.ipynb, up to the error.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

import nbformat
import papermill
from nbclient.exceptions import DeadKernelError
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

from shared.errors import UserError, full_disk
from shared.whole import write_whole

STRICT = f"--IPKernelApp.exec_files={Path(__file__).with_name('strict.py').resolve()}"
QUIET = "--IPKernelApp.log_level=50"  # a kernel that is interrupted prints no traceback of its own
NO_MEMORY = ("MemoryError", "out of memory", "can't allocate memory")  # NumPy, CUDA, PyTorch
SIZES = ("batch_size", "max_length", "train_examples")  # parameters that memory grows with


def execute(
    notebook: Path, parameters: dict, folder: Path, strict: bool = False
) -> tuple[nbformat.NotebookNode, str]:
    """Execute a notebook in `folder`.

    Args:
        notebook: Its path.
        parameters: Values for its cell tagged `parameters`.
        folder: Where its kernel is started.
        strict: Whether deprecation warnings are errors.

    Returns:
        The notebook as far as it came, and its error on one line, or an empty text.
    """
    if runs := os.environ.get("COURSE_RUNS"):
        os.environ["COURSE_RUNS"] = os.path.abspath(runs)  # the notebook runs in another folder
    error = ""
    with tempfile.TemporaryDirectory(prefix="kernel-") as place:
        config, result = connection(Path(place)), Path(place) / notebook.name
        config.NotebookClient.iopub_timeout = 60  # seconds: on a busy machine outputs come late
        try:
            papermill.execute_notebook(
                str(notebook), str(result), parameters, cwd=str(folder), progress_bar=False,
                extra_arguments=[QUIET, *([STRICT] if strict else [])],  # of the kernel
                config=config,
            )  # fmt: skip
        except PapermillExecutionError as raised:
            error = f"{raised.ename}: {raised.evalue}".strip().split("\n")[0]
            if any(word in error for word in NO_MEMORY):
                error = f"{error.rstrip('.')}. {smaller(notebook)}"
        except DeadKernelError:
            killed = "DeadKernelError: the kernel was killed, probably for lack of memory."
            error = f"{killed} {smaller(notebook)}"
        executed = nbformat.read(result, as_version=4)
    executed.metadata.papermill.pop("output_path", None)  # a folder of this machine
    code = [c for c in executed.cells if c.cell_type == "code" and c.source.strip()]
    if not error and not all(cell.execution_count for cell in code):
        error = "it ended before its last cell"
    return executed, error


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


def run(given: argparse.Namespace) -> str:
    """Execute what the command line says; return what went wrong, or an empty text."""
    output: Path = given.output
    failed = output.with_suffix(".failed.ipynb")
    output.parent.mkdir(parents=True, exist_ok=True)
    tempfile.TemporaryFile(dir=output.parent).close()  # refused now rather than at the end
    failed.unlink(missing_ok=True)
    executed, error = execute(given.notebook, given.parameters, given.notebook.parent, given.strict)
    write_whole(failed if error else output, nbformat.writes(executed))
    return f"{error}\nSee {failed}" if error else ""


def main() -> int:
    """Execute what the command line says; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebook", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("parameters", type=json.loads)
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

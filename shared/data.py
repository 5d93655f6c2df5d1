"""Labelled text as a `datasets.DatasetDict`: embedded, from a user's file, or from the Hub."""

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from datasets import ClassLabel, Dataset, DatasetDict, Features, Value, disable_progress_bars
from sklearn.model_selection import train_test_split

from shared import ROOT, cleaning, files
from shared.cleaning import Parts, count
from shared.errors import UserError, short, suggest
from shared.hub import dataset_splits
from shared.texts import near_copies

disable_progress_bars()

EMBEDDED = ("movies", "amazon", "nyt", "tweets", "chinese")
SPLITS = ("train", "validation", "test")
NEUTRAL_SCORE = 0.05  # |rating / 4| below it is neutral (Hutto & Gilbert 2014, section 4)
UNDECIDED_RATING = 0.5  # |rating| below it is neither positive nor negative: not in `binary`


def load(
    dataset: str = "movies",
    task: str = "auto",
    text_column: str = "text",
    label_column: str = "label",
    revision: str | None = None,
    seed: int = 0,
) -> DatasetDict:
    """Load labelled text with splits `train`, `validation` and `test`.

    In a user's file or a data set of the Hub no text is in two splits, or twice in training; texts
    that differ in case, spaces, Unicode form or invisible characters only count as the same. Where
    their labels differ, they are dropped; in regression they get the mean. Labels that are the same
    number, or differ in spaces or Unicode form, are one class. All of this is printed.

    Args:
        dataset: An embedded name, a path to a CSV, TSV, JSON, JSON Lines or Parquet file, or a
            data set on the Hub as `owner/name` or `owner/name:configuration`.
        task: `binary`, `three-class`, `regression`, or `auto`: `binary` for embedded sets, and
            otherwise the classes found. Embedded ratings (-4 to 4) become classes by their sign,
            with a neutral class within ±0.05 of the rating / 4; regression predicts rating / 4.
        text_column: Name of the column with the text.
        label_column: Name of the column with the class or number.
        revision: Commit, tag or branch of a Hub data set.
        seed: Of the split (70/15/15, stratified) where the source has none, or has no labels in it.

    Returns:
        Splits with columns `text` and `label`, a `ClassLabel` or, for regression, a float; the
        embedded English sets also have `id`, `rating` and `ratings`.

    Raises:
        UserError: Naming the row and column, if a file, column, text or label is not usable.
    """
    columns = (text_column, label_column)
    if dataset in EMBEDDED:
        if columns != ("text", "label"):
            given = f"text_column={text_column!r} and label_column={label_column!r}"
            raise UserError(f"{given} do not fit {dataset!r}: embedded sets have 'text', 'label'.")
        return _embedded(dataset, "binary" if task == "auto" else task)
    if text_column == label_column:
        raise UserError(f"text_column and label_column are both {short(text_column)}: name two.")
    if files.file_type(dataset):
        rows, assumed = files.read(Path(dataset), columns)
        if assumed:
            cleaning.say(dataset, f"read {', '.join(assumed)}")
        parts = {"train": cleaning.checked(rows, columns, task, dataset)}
    elif dataset.count("/") == 1 and not os.path.exists(dataset):
        parts = _from_hub(dataset, revision, columns, task)
    else:
        raise UserError(
            f"dataset = {short(dataset)}: expected an embedded name, a "
            f"{'/'.join(files.FILE_TYPES)} file, or a Hub data set as owner/name. "
            f"{suggest(dataset, EMBEDDED)}"
        )
    if task != "regression":
        parts = cleaning.merge_spellings(parts, dataset)
    distinct = cleaning.drop_copies(parts, task, dataset)
    classes = None
    if task == "regression":
        cleaning.check_targets(distinct, dataset)
    else:
        classes = cleaning.class_names(parts, distinct, task, dataset)
    splits = _split(distinct, classes, seed)
    _tell_near_copies(splits, dataset)
    return _as_datasets({s: rows[["text", "label"]] for s, rows in splits.items()}, classes)


def class_counts(splits: DatasetDict) -> pd.DataFrame:
    """Return the number of rows of each class (a row) in each split; in regression, of all."""
    label = splits["train"].features["label"]
    if not isinstance(label, ClassLabel):
        return pd.DataFrame({name: len(part) for name, part in splits.items()}, index=["all"])
    counts = {
        name: np.bincount(part["label"][:], minlength=label.num_classes)
        for name, part in splits.items()
    }
    return pd.DataFrame(counts, index=pd.Index(label.names, name="class"))


def require(splits: DatasetDict, rows_per_class: int, why: str) -> None:
    """Raise a `UserError` if a class (in regression: the data set) has fewer rows, in all splits.

    Args:
        splits: What `load` returned.
        rows_per_class: The fewest that will do.
        why: What needs them, such as `section 5 draws 20 texts of each class`.
    """
    counts = class_counts(splits).sum(axis=1)
    if counts.min() < rows_per_class:
        what = f"class {short(counts.idxmin())}" if len(counts) > 1 else "the data set"
        raise UserError(
            f"{what} has {count(counts.min(), 'row')}, expected {rows_per_class} or more: {why}. "
            f"Add rows{', or merge it with another class' * (len(counts) > 1)}."
        )


def fingerprint(splits: DatasetDict) -> str:
    """Return the sha256 of all texts and labels, in order, as hexadecimal digits."""
    rows = {name: [part["text"][:], part["label"][:]] for name, part in splits.items()}
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def subset(split: Dataset, n: int, seed: int = 0) -> Dataset:
    """Return `n` rows drawn without replacement; all, if there are no more or `n` is 0."""
    return split.shuffle(seed=seed).select(range(min(n or len(split), len(split))))


def _embedded(name: str, task: str) -> DatasetDict:
    rows = pd.read_parquet(ROOT / "data" / f"{name}.parquet").query("split != 'duplicate'")
    if name == "chinese":
        if task != "binary":
            raise UserError(f"task = {task!r}: the reviews of 'chinese' are 'binary' only.")
        classes: list[str] | None = ["negative", "positive"]
    elif task == "regression":
        classes, rows["label"] = None, rows["rating"] / 4
    elif task == "binary":
        classes = ["negative", "positive"]
        rows = rows[rows["rating"].abs() >= UNDECIDED_RATING]
        rows["label"] = (rows["rating"] > 0).map({False: "negative", True: "positive"})
    else:
        classes = ["negative", "neutral", "positive"]
        # The paper counts the borders as sentiment.
        bins = [-2.0, -NEUTRAL_SCORE, NEUTRAL_SCORE, 2.0]
        score = rows["rating"] / 4 + 1e-9 * rows["rating"].map(lambda r: (r > 0) - (r < 0))
        rows["label"] = pd.cut(score, bins, labels=classes).astype(str)
    parts = {split: rows[rows["split"] == split].drop(columns="split") for split in SPLITS}
    return _as_datasets(parts, classes)


def _from_hub(dataset: str, revision: str | None, columns: Sequence[str], task: str) -> Parts:
    loaded = dataset_splits(dataset, revision, 'dataset="movies", which is embedded')
    parts = {}
    for split in filter(loaded.__contains__, SPLITS):
        rows, source = _labelled(loaded[split], columns[1]), f"{dataset}[{split}]"
        if rows.empty and len(loaded[split]) and split != "train":
            cleaning.say(source, "has no labels; a part of 'train' takes its place")
            continue
        if dropped := len(loaded[split]) - len(rows):
            cleaning.say(source, f"dropped {count(dropped, 'row')} without a label")
        parts[split] = cleaning.checked(rows, columns, task, source)
    return parts


def _labelled(split: Dataset, column: str) -> pd.DataFrame:
    """Return the rows that have a label. Where there is none, data sets say None, or -1."""
    rows, feature = split.to_pandas(), split.features.get(column)
    if feature is None:
        return rows  # it is said which columns there are
    labels = rows[column]
    if isinstance(feature, ClassLabel):
        labels = labels.map(dict(enumerate(feature.names)))
    elif pd.api.types.is_numeric_dtype(labels) and (labels == -1).all():
        labels = labels.where(labels != -1)
    return rows.assign(**{column: labels})[labels.notna()]


def _split(parts: Parts, classes: Sequence[str] | None, seed: int) -> Parts:
    def cut(rows: pd.DataFrame, share: float) -> list[pd.DataFrame]:
        labels = None if classes is None else rows["label"]
        return train_test_split(rows, test_size=share, random_state=seed, stratify=labels)

    train, validation, test = (parts.get(split) for split in SPLITS)
    if test is None and validation is None:
        train, rest = cut(train, 0.30)
        validation, test = cut(rest, 0.50)
    elif validation is None:
        train, validation = cut(train, 0.15)
    elif test is None:
        train, test = cut(train, 0.15)
    return dict(zip(SPLITS, (train, validation, test), strict=True))


def _tell_near_copies(splits: Parts, source: str) -> None:
    train, rest = splits["train"], pd.concat([splits["validation"], splits["test"]])
    if found := near_copies(rest["key"].tolist(), train["key"].tolist()):
        what = f"{len(found)} of the {len(rest)} texts of 'validation' and 'test' nearly repeat one"
        example = short(rest["text"].iloc[found[0][0]])
        cleaning.say(source, f"{what} of 'train', such as {example}: results may be too good")


def _as_datasets(parts: dict[str, pd.DataFrame], classes: Sequence[str] | None) -> DatasetDict:
    label = Value("float32") if classes is None else ClassLabel(names=list(classes))

    def convert(rows: pd.DataFrame) -> Dataset:
        if classes is not None:
            rows = rows.assign(label=rows["label"].map({c: i for i, c in enumerate(classes)}))
        unlabelled = Dataset.from_pandas(rows, preserve_index=False)
        return unlabelled.cast(Features({**unlabelled.features, "label": label}))

    return DatasetDict({split: convert(rows) for split, rows in parts.items()})

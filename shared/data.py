"""Labelled text as a `datasets.DatasetDict`: embedded, from a user's file, or from the Hub."""

import hashlib
import io
import json
import os
import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from datasets import ClassLabel, Dataset, DatasetDict, Features, Value, disable_progress_bars
from sklearn.model_selection import train_test_split

from shared import ROOT
from shared.errors import UserError, first_line, hub_errors, short, suggest

disable_progress_bars()

EMBEDDED = ("movies", "amazon", "nyt", "tweets", "chinese")
SPLITS = ("train", "validation", "test")
FILE_TYPES = (".csv", ".tsv", ".json", ".jsonl", ".parquet")
FEWEST = 10  # rows of a class: fewer cannot be split 70/15/15 with some in each part
MOST = 1000  # classes: more are numbers, or another column
LONGEST = 10**6  # characters of a text: a long novel; what models read is far shorter
LARGEST = 2**30  # bytes of a file, uncompressed: more does not fit in a laptop beside a model
NEUTRAL = 0.05  # |rating / 4| below it is neutral (Hutto & Gilbert 2014, section 4)
UNDECIDED = 0.5  # |rating| below it is neither positive nor negative: left out of `binary`


def load(
    dataset: str = "movies",
    task: str = "auto",
    text_column: str = "text",
    label_column: str = "label",
    revision: str | None = None,
    seed: int = 0,
) -> DatasetDict:
    """Load labelled text with splits `train`, `validation` and `test`.

    Args:
        dataset: An embedded name, a path to a CSV, TSV, JSON, JSON Lines or Parquet file, or a
            data set on the Hub as `owner/name` or `owner/name:configuration`.
        task: `binary`, `three-class`, `regression`, or `auto`: `binary` for embedded sets, and
            otherwise the classes found. Embedded ratings (-4 to 4) become classes by their sign,
            with a neutral class within ±0.05 of the rating / 4; regression predicts rating / 4.
        text_column: Name of the column with the text.
        label_column: Name of the column with the class or number.
        revision: Commit, tag or branch of a Hub data set.
        seed: Of the split (70/15/15, stratified) where the source has none.

    Returns:
        Splits with columns `text` and `label`, a `ClassLabel` or, for regression, a float; the
        embedded English sets also have `id`, `rating` and `ratings`.

    Raises:
        UserError: Naming the row and column, if a file, column, text or label is not usable.
    """
    if dataset in EMBEDDED:
        if (text_column, label_column) != ("text", "label"):
            given = f"text_column={text_column!r} and label_column={label_column!r}"
            raise UserError(f"{given} do not fit {dataset!r}: embedded sets have 'text', 'label'.")
        return _embedded(dataset, "binary" if task == "auto" else task)
    columns = {text_column: "text", label_column: "label"}
    if Path(dataset).suffix.lower() in FILE_TYPES:
        parts = {"train": _checked(_read_file(Path(dataset)), columns, task, dataset)}
    elif dataset.count("/") == 1 and not os.path.exists(dataset):
        parts = _from_hub(dataset, revision, columns, task)
    else:
        raise UserError(
            f"dataset = {short(dataset)}: expected an embedded name, a {'/'.join(FILE_TYPES)} "
            f"file, or a Hub data set as owner/name. {suggest(dataset, EMBEDDED)}"
        )
    classes = None if task == "regression" else _classes(parts, task, dataset)
    return _as_datasets(_split(parts, classes, seed), classes)


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
        rows = rows[rows["rating"].abs() >= UNDECIDED]
        rows["label"] = (rows["rating"] > 0).map({False: "negative", True: "positive"})
    else:
        classes = ["negative", "neutral", "positive"]
        bins = [-2.0, -NEUTRAL, NEUTRAL, 2.0]  # the paper counts the borders as sentiment
        score = rows["rating"] / 4 + 1e-9 * rows["rating"].map(lambda r: (r > 0) - (r < 0))
        rows["label"] = pd.cut(score, bins, labels=classes).astype(str)
    parts = {split: rows[rows["split"] == split].drop(columns="split") for split in SPLITS}
    return _as_datasets(parts, classes)


def _read_file(path: Path) -> pd.DataFrame:
    name, kind = short(str(path)), path.suffix.lower()
    if not os.path.isfile(path):  # unlike Path.is_file, it bears names of any length
        what = "a folder, not a file" if os.path.isdir(path) else "not there"
        there = path.parent.iterdir() if os.path.isdir(path.parent) else ()
        near = [f.name for f in there if f.suffix.lower() in FILE_TYPES and f.is_file()]
        raise UserError(f"There is no file {name}: it is {what}. {suggest(path.name, near)}")
    try:
        if kind == ".parquet":
            return _read_parquet(path)
        _limit(path.stat().st_size)
        text = path.read_bytes().decode("utf-8-sig")
        if "\0" in text:
            raise ValueError("it holds a NUL character; expected text in UTF-8")
        if kind in (".csv", ".tsv"):
            # As text, so that a label "007" or a review "NA" stays what it is. The header is a row
            # like others, so that pandas renames no column that is there twice.
            separator, file = "\t" if kind == ".tsv" else ",", io.StringIO(text)
            rows = pd.read_csv(file, sep=separator, header=None, dtype=str, keep_default_na=False)
            return rows.iloc[1:].set_axis(rows.iloc[0], axis=1)
        if kind == ".jsonl":  # no other line ends: they may stand in a text
            text = "[" + ",\n".join(filter(str.strip, text.split("\n"))) + "]"
        rows = json.loads(text)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise ValueError("expected a list of objects, each a row")
        return pd.DataFrame(rows, dtype=object)
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise UserError(f"{name} is not UTF-8 (line {line}): save it with that encoding.") from None
    except (ValueError, OSError, RecursionError) as error:
        reason = f"{name} is no readable {kind} file: {first_line(error)}"
        raise UserError(f"{reason}. Mend it, or save it anew.") from error


def _read_parquet(path: Path) -> pd.DataFrame:
    """Read a file, once it is known what it unfolds to: a thousand times its size is possible."""
    file, size = pq.ParquetFile(path), 0
    for group in range(file.num_row_groups):  # what it says, which counts what is repeated once
        _limit(size := size + file.metadata.row_group(group).total_byte_size)
    size, parts = 0, []
    for batch in file.iter_batches(100):
        _limit(size := size + batch.nbytes)
        parts.append(batch)
    return pa.Table.from_batches(parts, file.schema_arrow).to_pandas()


def _limit(size: int) -> None:
    if size > LARGEST:
        raise ValueError(f"larger than {LARGEST >> 20} MiB when read; take a part of its rows")


def _from_hub(
    dataset: str, revision: str | None, columns: dict[str, str], task: str
) -> dict[str, pd.DataFrame]:
    from datasets import load_dataset

    name, _, configuration = dataset.partition(":")
    with hub_errors(name, 'dataset="movies", which is embedded'):
        loaded = load_dataset(name, configuration or None, revision=revision)
    parts = {}
    for split in SPLITS:
        if split in loaded:
            rows = loaded[split].to_pandas()
            label = next((old for old, new in columns.items() if new == "label"), "label")
            feature = loaded[split].features.get(label)
            if isinstance(feature, ClassLabel):
                names = dict(enumerate(feature.names))  # -1, which means "not labelled", has none
                rows[label] = rows[label].map(names)
            parts[split] = _checked(rows, columns, task, f"{dataset}[{split}]")
    if "train" not in parts:
        raise UserError(f"{dataset!r} has no split 'train'. It has: {', '.join(loaded)}.")
    return parts


def _checked(rows: pd.DataFrame, columns: dict[str, str], task: str, source: str) -> pd.DataFrame:
    """Return the rows as `text` and `label`; rows are counted from 1, without the header."""
    for column in columns:
        if column not in rows:
            listed = suggest(column, rows.columns)
            raise UserError(f"{source} has no column {short(column)}. {listed}")
    if len(columns) < 2:
        raise UserError(f"text_column and label_column are both {next(iter(columns))!r}.")
    if rows.empty:
        raise UserError(f"{source} has no rows.")
    rows = rows[list(columns)].rename(columns=columns).reset_index(drop=True)
    if isinstance(rows["text"], pd.DataFrame) or isinstance(rows["label"], pd.DataFrame):
        raise UserError(f"{source} has two columns of the same name among {', '.join(columns)}.")
    text_name, label_name = columns
    for row, (text, label) in enumerate(zip(rows["text"], rows["label"], strict=True), start=1):
        where = f"{source}, row {row}"
        if wrong := _wrong_text(text):
            raise UserError(f"{where}, column {text_name!r}: the text {wrong}.")
        if wrong := _wrong_label(label, task):
            raise UserError(f"{where}, column {label_name!r}: {wrong}.")
    if task == "regression":
        rows["label"] = rows["label"].astype(float)
    else:
        rows["label"] = rows["label"].map(lambda v: str(int(v)) if _is_whole(v) else str(v).strip())
    return rows.drop_duplicates("text", ignore_index=True)  # a repeated text could be in two splits


def _wrong_text(text: object) -> str:
    """Return what keeps a text from being used, and the mend; or nothing."""
    if not isinstance(text, str) or not text.strip():
        return f"is {short(text)}; fill or drop it"
    if len(text) > LONGEST:
        return f"has {len(text)} characters, expected at most {LONGEST}; split it"
    found = re.search("[\0\ud800-\udfff]", text)
    return f"holds {found[0]!r}, which is no character; remove it" if found else ""


def _wrong_label(label: object, task: str) -> str:
    if not pd.api.types.is_scalar(label) or isinstance(label, bytes):
        return f"the label is {short(label)}, expected a word or a number"
    if pd.isna(label) or not str(label).strip():
        return "no label; fill it or drop the row"
    if task == "regression" and not _is_number(label):
        return f"{short(label)} is not a finite number; mend it or drop the row"
    return f"the label {wrong}" if (wrong := _wrong_text(str(label))) else ""


def _is_number(value: object) -> bool:
    try:
        return abs(float(str(value))) < float("inf")
    except ValueError:
        return False


def _is_whole(value: object) -> bool:
    return isinstance(value, float) and value.is_integer()


def _classes(parts: dict[str, pd.DataFrame], task: str, source: str) -> list[str]:
    counts = pd.concat(parts.values())["label"].value_counts()
    if len(counts) > MOST:
        raise UserError(f"{source} has {len(counts)} classes: check label_column; most are {MOST}.")
    names = sorted(counts.index, key=lambda n: (0, float(n), n) if _is_number(n) else (1, 0.0, n))
    expected = {"binary": 2, "three-class": 3}.get(task)
    if len(names) == 1:
        raise UserError(f"{source} has a single class, {short(names[0])}: nothing can be learnt.")
    if counts.min() < FEWEST:
        rarest = counts.idxmin()
        raise UserError(
            f"{source}: class {short(rarest)} has {counts.min()} rows, expected {FEWEST} or more; "
            f"merge it with another class, or use task='regression' if the labels are numbers."
        )
    if expected and len(names) != expected:
        raise UserError(
            f"task = {task!r} needs {expected} classes; {source} has {len(names)}: "
            f"{short(', '.join(names[:6]))[1:-1]}. Use task='auto' to take the classes as they are."
        )
    return names


def _split(
    parts: dict[str, pd.DataFrame], classes: Sequence[str] | None, seed: int
) -> dict[str, pd.DataFrame]:
    def cut(rows: pd.DataFrame, share: float) -> list[pd.DataFrame]:
        labels = None if classes is None else rows["label"]
        return train_test_split(rows, test_size=share, random_state=seed, stratify=labels)

    train, validation, test = (parts.get(split) for split in SPLITS)
    if test is None and validation is None:
        if len(train) < FEWEST:
            raise UserError(f"{len(train)} different texts: expected {FEWEST} or more.")
        train, rest = cut(train, 0.30)
        validation, test = cut(rest, 0.50)
    elif validation is None:
        train, validation = cut(train, 0.15)
    elif test is None:
        train, test = cut(train, 0.15)
    return dict(zip(SPLITS, (train, validation, test), strict=True))


def _as_datasets(parts: dict[str, pd.DataFrame], classes: Sequence[str] | None) -> DatasetDict:
    label = Value("float32") if classes is None else ClassLabel(names=list(classes))

    def convert(rows: pd.DataFrame) -> Dataset:
        if classes is not None:
            rows = rows.assign(label=rows["label"].map({c: i for i, c in enumerate(classes)}))
        unlabelled = Dataset.from_pandas(rows, preserve_index=False)
        return unlabelled.cast(Features({**unlabelled.features, "label": label}))

    return DatasetDict({split: convert(rows) for split, rows in parts.items()})

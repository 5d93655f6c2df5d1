"""Rows of a user's file or a Hub data set: what is refused, merged or dropped, and said."""

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from decimal import Decimal

import numpy as np
import pandas as pd

from shared.errors import UserError, short, suggest
from shared.texts import is_visible, normalized, one_line

MIN_ROWS_PER_CLASS = 10  # fewer cannot be split 70/15/15 with some in each part
MAX_CLASSES = 1000  # more are numbers, or another column
MAX_CHARACTERS = 10**6  # of a text: a long novel; what models read is far shorter
MAX_TARGET = 10**6  # of regression; a head that begins near 0 does not get even there

Parts = dict[str, pd.DataFrame]
ASIDE = "(case, spaces and invisible characters aside)"


def say(source: str, note: str) -> None:
    """Print what was assumed or dropped."""
    print(f"{source}: {note}.")


def count(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun, such as `1 row`."""
    return f"1 {one}" if number == 1 else f"{number} {many or one + 's'}"


def checked(rows: pd.DataFrame, columns: Sequence[str], task: str, source: str) -> pd.DataFrame:
    """Return the rows as `text`, `label` and the text's `key`, once each is usable.

    Rows are counted from 1, without the header; the index keeps their numbers.
    """
    for column in columns:
        if column not in rows:
            listed = suggest(column, rows.columns)
            raise UserError(f"{source} has no column {short(column)}. {listed}")
        if isinstance(rows[column], pd.DataFrame):
            raise UserError(f"{source} has two columns of the same name, {short(column)}.")
    if rows.empty:
        raise UserError(f"{source} has no rows.")
    found = {name: rows[column] for name, column in zip(("text", "label"), columns, strict=True)}
    rows = pd.DataFrame(found).astype(object).set_axis(rows.index + 1)
    text_name, label_name = map(short, columns)
    for row, text, label in rows.itertuples():
        if wrong := _wrong_text(text):
            raise UserError(f"{source}, row {row}, column {text_name}: the text {wrong}.")
        if wrong := _wrong_label(label, task):
            raise UserError(f"{source}, row {row}, column {label_name}: {wrong}.")
    as_label: Callable = _as_number if task == "regression" else _as_class
    return rows.assign(label=rows["label"].map(as_label), key=rows["text"].map(normalized))


def _wrong_text(text: object) -> str:
    """Return why a text cannot be used and what to do, or nothing."""
    if not isinstance(text, str) or not is_visible(text):
        return f"is {short(text)}; fill or drop it"
    if len(text) > MAX_CHARACTERS:
        return f"has {len(text)} characters, expected at most {MAX_CHARACTERS:,}; split it"
    found = re.search("[\0\ud800-\udfff]", text)
    return f"contains {found[0]!r}, which is not a character; remove it" if found else ""


def _wrong_label(label: object, task: str) -> str:
    if not pd.api.types.is_scalar(label) or isinstance(label, bytes):
        return f"the label is {short(label)}, expected a word or a number"
    if pd.isna(label) or not is_visible(str(label)):
        return "no label; fill it or drop the row"
    if task != "regression":
        return f"the label {wrong}" if (wrong := _wrong_text(str(label))) else ""
    if (number := abs(_as_number(label))) < float("inf"):
        limit = f"expected at most {MAX_TARGET:,}; scale the column"
        return f"{short(label)} is too large, {limit}" if number > MAX_TARGET else ""
    return f"{short(label)} is not a finite number, such as 0.5; correct it or drop the row"


def _as_number(label: object) -> float:
    """Return a label as a number; infinity, if it is none, or not finite."""
    try:
        number = float(str(label))
    except ValueError:
        return float("inf")
    return number if abs(number) < float("inf") else float("inf")


def _as_class(label: object) -> str:
    whole = isinstance(label, (float, np.floating)) and float(label).is_integer()
    return str(int(label)) if whole else str(label).strip()


def merge_spellings(parts: Parts, source: str) -> Parts:
    """Give classes that are written in two ways the commoner one, and name those that look alike.

    The same number (`1`, `1.0`), another Unicode form, other spaces: these are one class. Another
    case may be one: that is only said.
    """
    counts = pd.concat(parts.values())["label"].value_counts()
    names: dict[str, str] = {}
    merged = []
    for same in _groups(counts, _spelling):
        best = min(same, key=lambda name: (-counts[name], len(name), name))
        names |= dict.fromkeys(same, best)
        merged.append(f"{_listed(same, counts)} are one class, {short(best)}")
    counts = counts.rename(names).groupby(level=0).sum()
    alike = [
        f"{_listed(group, counts)} look alike; if they are one class, give them one spelling"
        for group in _groups(counts, normalized)
    ]
    for notes in (merged, alike):
        for note in notes[:2]:
            say(source, note)
        if more := notes[2:]:
            say(source, f"and so on, {count(len(more), 'more group')} of labels")
    one = {split: rows["label"].map(lambda n: names.get(n, n)) for split, rows in parts.items()}
    return {split: rows.assign(label=one[split]) for split, rows in parts.items()}


def _groups(counts: pd.Series, key: Callable[[str], str]) -> list[list[str]]:
    """Return the names that have a key in common."""
    groups = defaultdict(list)
    for name in sorted(counts.index):
        groups[key(name)].append(name)
    return [names for names in groups.values() if len(names) > 1]


def _listed(names: Sequence[str], counts: pd.Series) -> str:
    rows = [f"{short(name)} ({count(counts[name], 'row')})" for name in names[:4]]
    return f"the labels {' and '.join(rows)}{' and others' * (len(names) > 4)}"


def _spelling(label: str) -> str:
    plain = one_line(label)
    number = re.fullmatch(r"[+-]?(0|[1-9]\d{,30})(\.\d{1,30})?", plain)  # not 007, which is a name
    return str(Decimal(plain).normalize()) if number else plain


def drop_copies(parts: Parts, task: str, source: str) -> Parts:
    """Drop texts so that none is in two splits, or twice in training, and say how many.

    What was published as a test or validation split stays: training lacks what they have. Where
    the labels of a text differ, no one knows which is right: all its rows are dropped; but in
    regression it gets the mean.
    """
    kept = {"test": parts["test"]} if "test" in parts else {}
    for split in ("validation", "train"):
        if split in parts:
            rows, others = parts[split], " and ".join(f"'{name}'" for name in kept)
            known = rows["key"].isin([key for other in kept.values() for key in other["key"]])
            if known.any():
                repeat = f"{count(known.sum(), 'row')} of '{split}' with a text of {others}"
                say(source, f"dropped {repeat} {ASIDE}")
            if split == "train" or not known.all():  # some publish one split under two names
                kept[split] = rows[~known]
    kept["train"] = _distinct(kept["train"], task, source)
    return {split: kept[split] for split in parts if split in kept}


def _distinct(rows: pd.DataFrame, task: str, source: str) -> pd.DataFrame:
    repeats = rows["key"].duplicated()
    if not repeats.any():
        return rows
    labels = rows.groupby("key")["label"]
    differs = labels.transform("nunique") > 1
    if differs.any():
        first = rows[rows["key"] == rows.loc[differs, "key"].iloc[0]]
        second = first[first["label"] != first["label"].iloc[0]]
        example = " and ".join(
            f"{short(part['label'].iloc[0])} in row {part.index[0]}" for part in (first, second)
        )
        number = count(rows.loc[differs, "key"].nunique(), "text has", "texts have")
        found = f"{number} different labels, such as {short(first['text'].iloc[0])}, {example}"
        if task == "regression":
            say(source, f"{found}; each text gets the mean")
            rows = rows.assign(label=labels.transform("mean"))
        else:
            say(source, f"{found}; dropped all {differs.sum()} rows")
            rows, repeats = rows[~differs], repeats[~differs]
    if repeats.any():
        what = count(repeats.sum(), "row that repeats", "rows that repeat")
        say(source, f"dropped {what} the text of another {ASIDE}")
    return rows[~repeats]


def class_names(before: Parts, parts: Parts, task: str, source: str) -> list[str]:
    """Return the classes in order, once they are neither too many nor too small.

    Args:
        before: The rows as they came.
        parts: Those that are left.
        task: `binary` and `three-class` ask for so many classes.
        source: What to call them in a message.
    """
    names = sorted(set(pd.concat(before.values())["label"]), key=lambda n: (_as_number(n), n))
    if len(names) > MAX_CLASSES:
        raise UserError(
            f"{source} has {len(names):,} classes, expected at most {MAX_CLASSES:,}: check "
            f"label_column, or use task='regression' if the labels are numbers."
        )
    if len(names) == 1:
        raise UserError(f"{source} has a single class, {short(names[0])}: nothing can be learnt.")
    splits = before if len(parts) == 3 else ["train"]  # what is missing is cut from training
    came, left = (pd.concat([each[split] for split in splits]) for each in (before, parts))
    counts = left["label"].value_counts().reindex(names, fill_value=0)
    if counts.min() < MIN_ROWS_PER_CLASS:
        rarest, number = counts.idxmin(), counts.min()
        of_class = came[came["label"] == rarest]
        rows = count(len(of_class), "row")
        if number < len(of_class) and number == of_class["key"].nunique():
            rows += f" but only {count(number, 'different text')}"
        elif number < len(of_class):
            rows += f" but only {number} once copies and contradictory labels are dropped"
        raise UserError(
            f"{source}: class {short(rarest)} has {rows}, expected {MIN_ROWS_PER_CLASS} or more; "
            f"merge it with another class, or use task='regression' if the labels are numbers."
        )
    expected = {"binary": 2, "three-class": 3}.get(task)
    if expected and len(names) != expected:
        raise UserError(
            f"task = {task!r} needs {expected} classes; {source} has {len(names)}: "
            f"{short(', '.join(names[:6]))[1:-1]}. Use task='auto' to take the classes as they are."
        )
    return names


def check_targets(parts: Parts, source: str) -> None:
    """Raise a `UserError` if the numbers are too few, or all the same."""
    left = parts["train"]["label"]
    if len(left) < MIN_ROWS_PER_CLASS:
        number = count(len(left), "different text")
        raise UserError(f"{source} has {number}, expected {MIN_ROWS_PER_CLASS} or more.")
    if left.nunique() == 1:
        raise UserError(f"{source}: every label is {left.iloc[0]}: nothing can be learnt.")

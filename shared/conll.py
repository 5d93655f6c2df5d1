"""Sentences with a tag for each word: CoNLL files the way people have them, or a Hub data set."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
from datasets import Dataset

from shared.cleaning import count, say
from shared.data import SPLITS
from shared.errors import UserError, short, suggest
from shared.files import read_text
from shared.hub import hub_errors
from shared.tagging import Tagged, to_bio
from shared.texts import normalized

MIN_SENTENCES = 10  # fewer leave one or none to test on
# What may stand between the columns of a file, and what is said of it. The first that gives each
# line as many columns is taken.
SEPARATORS = {
    r"\t": "",
    r"\t+": "with one tab or more between columns",
    r"[ \t]+": "",
    r"\s+": "with spaces of any kind between columns",
}


def load(
    source: str,
    token_column: str = "tokens",
    tag_column: str = "ner_tags",
    revision: str | None = None,
    seed: int = 0,
) -> dict[str, list[Tagged]]:
    """Return the splits `train`, `validation` and `test` of a CoNLL file or a Hub data set, in BIO.

    A split that the source lacks is cut from `train`, a seventh of it each: no sentence is in two
    splits (case and spaces aside), and each type of name has a sentence in `train`. What was
    assumed is printed.

    Args:
        source: A file with the word first and its tag last on each line, and blank lines between
            sentences; or a data set on the Hub as `owner/name`.
        token_column: Column of a Hub data set with each sentence's words.
        tag_column: Column of a Hub data set with their tags.
        revision: Commit, tag or branch of a Hub data set.
        seed: Of the split.

    Raises:
        UserError: Naming the line or row, if a file, column or tag is not usable.
    """
    on_hub = source.count("/") == 1 and not Path(source).suffix and not Path(source).exists()
    if on_hub:
        parts = _from_hub(source, token_column, tag_column, revision)
    else:
        parts = {"train": read(Path(source))}
    if lacking := [split for split in ("test", "validation") if not parts.get(split)]:
        parts |= _cut(parts["train"], lacking, source, seed)
    for split in ("train", "test"):
        if not any(sentence.types for sentence in parts[split]):
            raise UserError(f"{source}: no name at all in {split}: every tag is 'O'. Add names.")
    known = set().union(*(sentence.types for sentence in parts["train"]))
    for split in ("validation", "test"):
        if new := set().union(*(sentence.types for sentence in parts[split])) - known:
            what = f"{', '.join(sorted(new))} is not in 'train', and cannot be found"
            say(f"{source}[{split}]", what)
    return {split: parts[split] for split in SPLITS}


def read(path: Path) -> list[Tagged]:
    """Return the sentences of a CoNLL file: words in the first column, tags in the last, as BIO."""
    text, assumed = read_text(path, "CoNLL")
    # Lines end with these only: what else Unicode calls a line's end may be a part of a word.
    lines = list(enumerate(re.split(r"\r\n|\r|\n", text), start=1))
    separator, width = _columns([(n, line) for n, line in lines if not _is_border(line)], path)
    rows, comments = [], 0
    for border, block in groupby(lines, lambda line: _is_border(line[1])):
        cells = [] if border else [(n, _cells(line, separator)) for n, line in block]
        # A line such as "# id 7" is a comment, unless it has all the columns.
        if row := [(n, c) for n, c in cells if len(c) == width]:
            rows.append(row)
        comments += len(cells) - len(row)
    if comments:
        assumed.append(f"without {count(comments, 'line')} of comments (#)")
    tags, more = to_bio(
        [[cells[-1] for _, cells in row] for row in rows],
        lambda i, j: f"{path}, line {rows[i][j][0]}",
    )
    if assumed := [*assumed, *filter(None, [SEPARATORS[separator]]), *more]:
        say(str(path), f"read {', '.join(assumed)}")
    words = [[cells[0] for _, cells in row] for row in rows]
    return [Tagged(*pair) for pair in zip(words, tags, strict=True)]


def _is_border(line: str) -> bool:
    """Tell whether a line is blank, or begins a document, and so ends a sentence."""
    return not line.strip() or line.split()[0] == "-DOCSTART-"


def _cells(line: str, separator: str) -> list[str]:
    line = line.strip() if separator == r"\s+" else line.strip(" \t")
    return [cell.strip() or cell for cell in re.split(separator, line)]


def _columns(lines: list[tuple[int, str]], path: Path) -> tuple[str, int]:
    """Return what separates the columns of a file, and how many there are."""
    words = [(n, line) for n, line in lines if not line.startswith("#")]
    for separator in SEPARATORS:
        widths = {len(_cells(line, separator)) for _, line in words}
        if len(widths) == 1 and min(widths) > 1:
            return separator, min(widths)
    if not words:
        return r"\t", 2
    separator = r"\t" if "\t" in words[0][1] else r"[ \t]+"
    found = [len(_cells(line, separator)) for _, line in words]
    width = max(Counter(found).most_common(1)[0][0], 2)
    first = next(i for i, n in enumerate(found) if n != width)
    number, line = words[first]
    raise UserError(
        f"{path}, line {number}: {short(line)} has {count(found[first], 'column')}, expected "
        f"{width}: a word first, its tag last, separated by one tab or by spaces. Correct the line."
    )


def _from_hub(
    name: str, token_column: str, tag_column: str, revision: str | None
) -> dict[str, list[Tagged]]:
    from datasets import load_dataset

    with hub_errors(name, 'dataset="nyt", which is embedded'):
        loaded = load_dataset(name, revision=revision)
    if "train" not in loaded:
        raise UserError(f"{name!r} has no split 'train'. It has: {', '.join(loaded)}.")
    parts, columns = {}, (token_column, tag_column)
    for split in filter(loaded.__contains__, SPLITS):
        where = f"{name}[{split}]"
        if split != "train" and _is_unlabelled(loaded[split], tag_column):
            say(where, "has no tags; a part of 'train' takes its place")
        else:
            parts[split] = _tagged_rows(loaded[split], columns, where)
    return parts


def _is_unlabelled(part: Dataset, column: str) -> bool:
    """Tell whether all tags are missing, for which data sets have None, no list, or -1."""
    return column in part.features and not any(
        tag not in (None, -1) for tags in part[column] for tag in tags or ()
    )


def _tagged_rows(part: Dataset, columns: tuple[str, str], where: str) -> list[Tagged]:
    """Return the rows of a split: words, and BIO tags by name."""
    for column in columns:
        if not hasattr(part.features.get(column), "feature"):
            hint = suggest(column, part.features)
            raise UserError(f"{where} has no column {column!r} of lists. {hint}")
    names = getattr(part.features[columns[1]].feature, "names", None)
    rows = []
    for i, (words, tags) in enumerate(zip(part[columns[0]], part[columns[1]], strict=True), 1):
        words, tags = words or [], tags or []
        if names:
            tags = [names[tag] if tag in range(len(names)) else tag for tag in tags]
        if len(words) != len(tags):
            raise UserError(f"{where}, row {i}: {len(words)} words, but {len(tags)} tags.")
        if wrong := [cell for cell in [*words, *tags] if not isinstance(cell, str)]:
            raise UserError(f"{where}, row {i}: {short(wrong[0])} is not a word, or not a tag.")
        rows.append(Tagged(words, tags))
    converted, assumed = to_bio([row.tags for row in rows], lambda i, j: f"{where}, row {i + 1}")
    if assumed:
        say(where, f"read {', '.join(assumed)}")
    pairs = zip(rows, converted, strict=True)
    return [Tagged(row.words, tags) for row, tags in pairs if row.words]


def _cut(
    sentences: list[Tagged], wanted: Sequence[str], source: str, seed: int
) -> dict[str, list[Tagged]]:
    """Cut splits from `train`: one in seven sentences for each that is wanted."""
    copies: dict[str, list[Tagged]] = {}
    for i in np.random.default_rng(seed).permutation(len(sentences)):
        copies.setdefault(normalized(" ".join(sentences[i].words)), []).append(sentences[i])
    if len(copies) < MIN_SENTENCES:
        different = " different" * (len(copies) < len(sentences))
        found = f"{len(copies)}{different} sentences"
        raise UserError(
            f"{source}: {found} in 'train', expected {MIN_SENTENCES} or more to cut a part to test "
            f"on. Add sentences."
        )
    if len(copies) < len(sentences):
        repeated = count(len(sentences) - len(copies), "sentence")
        say(source, f"{repeated} repeated, kept in one split with the first")
    kept, groups, known = [], [], set()
    for group in copies.values():
        types = set().union(*(sentence.types for sentence in group))
        (kept if types - known else groups).append(group)  # the first of a type teaches it
        known |= types
    groups.sort(key=lambda group: not group[0].types)  # so that each part gets some with names
    if known and not (groups and groups[0][0].types):
        raise UserError(
            f"{source}: each type of name is in one sentence only, which leaves none to test on. "
            f"Add sentences with names."
        )
    parts = {split: groups[i::7] for i, split in enumerate(wanted)}
    parts["train"] = kept + [g for i, g in enumerate(groups) if i % 7 >= len(wanted)]
    return {split: [s for group in part for s in group] for split, part in parts.items()}

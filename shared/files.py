"""A user's file as a table: CSV, TSV, JSON, JSON Lines or Parquet, the way people have them."""

import codecs
import gzip
import io
import json
import os
import re
import zlib
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from shared.errors import UserError, first_line, short, suggest

FILE_TYPES = (".csv", ".tsv", ".json", ".jsonl", ".parquet")
MAX_BYTES = 2**30  # of a file, uncompressed: more does not fit into a laptop beside a model
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}


def file_type(name: str) -> str:
    """Return which of `FILE_TYPES` a file's name ends with, `.gz` aside; or nothing."""
    suffix = Path(name.lower().removesuffix(".gz")).suffix
    known = suffix in FILE_TYPES and not name.lower().endswith(".parquet.gz")
    return suffix if known else ""


def read(path: Path, columns: Sequence[str]) -> tuple[pd.DataFrame, list[str]]:
    """Return a file's rows, and what had to be assumed, to follow the word "read".

    Args:
        path: The file; its name ends with one of `FILE_TYPES`, or with that and `.gz`.
        columns: Names that are wanted, which can decide what separates the columns of a CSV file.

    Raises:
        UserError: There is no such file, or it cannot be read.
    """
    name, kind = short(str(path)), file_type(path.name)
    if not os.path.isfile(path):  # unlike Path.is_file, it accepts names of any length
        there = path.parent.iterdir() if os.path.isdir(path.parent) else ()
        near = suggest(path.name, [f.name for f in there if file_type(f.name) and f.is_file()])
        if os.path.isdir(path):
            raise UserError(f"{name} is a folder, not a file. {near}")
        raise UserError(f"There is no file {name}. {near}")
    try:
        if kind == ".parquet":
            return _read_parquet(path), []
        content, assumed = _content(path)
        text, more = _decoded(content)
        assumed += more
        if kind in (".csv", ".tsv"):
            rows, more = _read_csv(text, "\t" if kind == ".tsv" else ",", columns)
        else:
            rows, more = _read_json(text, lines_first=kind == ".jsonl")
        return rows.reset_index(drop=True), assumed + more
    except UnicodeDecodeError as error:
        if error.encoding.startswith("utf-16"):
            raise UserError(f"{name} is not complete UTF-16: save it again, as UTF-8.") from None
        line = error.object.count(b"\n", 0, error.start) + 1
        raise UserError(f"{name} is not UTF-8 (line {line}): save it with that encoding.") from None
    except OverflowError as error:
        raise UserError(f"{name} is {error}.") from None
    except (ValueError, OSError, EOFError, RecursionError, zlib.error, pa.ArrowException) as error:
        reason = f"{name} cannot be read as {kind}: {first_line(error)}"
        raise UserError(f"{reason}. Correct it, or save it again.") from error


def _limit(size: int) -> None:
    if size > MAX_BYTES:
        limit = f"larger than {MAX_BYTES >> 20} MiB when read"
        raise OverflowError(f"{limit}, which is too large: take some of its rows only")


def _content(path: Path) -> tuple[bytes, list[str]]:
    """Return a file's bytes, decompressed, once it is known that they are not too many."""
    with path.open("rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
    assumed = ["as gzip" if compressed else "as not compressed"]
    if compressed == path.name.lower().endswith(".gz"):
        assumed = []
    with (gzip.open if compressed else open)(path, "rb") as file:
        size = 0
        while piece := file.read(2**20):
            _limit(size := size + len(piece))
        file.seek(0)
        return file.read(), assumed


def _decoded(content: bytes) -> tuple[str, list[str]]:
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = content.decode("utf-16" if wide else "utf-8-sig")
    if "\0" in text:
        raise ValueError("it contains a NUL character; expected text in UTF-8")
    return text, ["as UTF-16"] if wide else []


def _read_csv(text: str, usual: str, columns: Sequence[str]) -> tuple[pd.DataFrame, list[str]]:
    """Read a table by the separator whose header has the columns, or else more than one column."""

    def fit(separator: str) -> tuple[bool, bool]:
        header = set(_cells(text[: 2**20], separator, nrows=1).iloc[0].str.strip())
        return set(columns) <= header, len(header) > 1

    separator = max([usual, *SEPARATORS], key=fit)  # the usual one, if others fit no better
    assumed = [f"with {SEPARATORS[separator]} between columns"] if separator != usual else []
    # By the standard, a quotation mark within quotation marks is doubled: \" would end the cell.
    if re.search(rf'\\"(?![{separator}"\r\n]|\Z)', text):
        text = re.sub(r'(?<!\\)((?:\\\\)*)\\"', r'\1""', text)
        assumed.append(r"with \" for a quotation mark")
    try:
        rows = _cells(text, separator)
    except pd.errors.ParserError as error:
        reason = first_line(error).removeprefix("Error tokenizing data. C error: ")
        if reason.startswith("Expected"):  # so many fields
            reason += f"; a text with {SEPARATORS[separator]} belongs in quotation marks"
        raise ValueError(reason) from error
    return rows.iloc[1:].set_axis(rows.iloc[0].str.strip(), axis=1), assumed


def _cells(text: str, separator: str, nrows: int | None = None) -> pd.DataFrame:
    # As text, so that a label "007" or a review "NA" stays what it is. The header is a row like
    # the others, so that pandas does not rename a column whose name occurs twice.
    return pd.read_csv(
        io.StringIO(text), sep=separator, header=None, dtype=str, keep_default_na=False,
        skipinitialspace=True, nrows=nrows,
    )  # fmt: skip


def _read_json(text: str, lines_first: bool) -> tuple[pd.DataFrame, list[str]]:
    """Read a list of objects, an object with one such list inside, or an object on each line."""

    def whole() -> tuple[object, list[str]]:
        found, assumed = json.loads(text), ["as one JSON text"] if lines_first else []
        if isinstance(found, dict):
            lists = [key for key, value in found.items() if value and _is_rows(value)]
            if len(lists) == 1:
                return found[lists[0]], [*assumed, f"from its list {short(lists[0])}"]
        return found, assumed

    def by_lines() -> tuple[object, list[str]]:
        # Lines end with \n only: all other line ends may be part of a text.
        lines = list(filter(str.strip, text.split("\n")))
        if not lines_first and len(lines) < 2:
            raise ValueError("expected more than one line")
        found = json.loads("[" + ",\n".join(lines) + "]")
        return found, [] if lines_first else ["as JSON Lines"]

    problems = []
    for attempt in (by_lines, whole) if lines_first else (whole, by_lines):
        try:
            rows, assumed = attempt()
            if _is_rows(rows):
                return pd.DataFrame(rows, dtype=object), assumed
            problems.append(ValueError("expected a list of objects, one for each row"))
        except ValueError as error:
            problems.append(error)
    raise problems[0]


def _is_rows(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(row, dict) for row in value)


def _read_parquet(path: Path) -> pd.DataFrame:
    """Read a file once it is known what it unfolds to: that can be a thousand times its size."""
    file, size = pq.ParquetFile(path), 0
    for group in range(file.num_row_groups):  # what the file says; repeated values count once
        _limit(size := size + file.metadata.row_group(group).total_byte_size)
    size, parts = 0, []
    for batch in file.iter_batches(100):
        _limit(size := size + batch.nbytes)
        parts.append(batch)
    # Without pandas' own metadata an index is a column like any other, and each name a text.
    return pa.Table.from_batches(parts, file.schema_arrow).to_pandas(ignore_metadata=True)

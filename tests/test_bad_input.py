"""Bad input, in one table: parameters, data files, models, and what only a notebook finds.

Each case ends in one `UserError` of one line that names the value, what was expected and what to
do, within ten seconds, before any training, and leaves no file (`refused`). What users would expect
to work is in the table too, and works.
"""

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cells import NOTEBOOKS, code_cells, execute
from conftest import papermill
from engine import EXECUTE
from papermill.translators import PythonTranslator

from shared import data, models, runs
from shared import files as file_reading
from shared.errors import UserError
from shared.params import between, check_parameters, parameter_types


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Work in an empty folder, where results would go too; undo what a notebook sets."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COURSE_RUNS", str(tmp_path / "runs"))
    before = dict(os.environ)
    yield tmp_path
    os.environ.clear()
    os.environ.update(before)


def files(folder: Path) -> dict[Path, tuple[int, int]]:
    """Return size and date of all that is in a folder."""
    found = {path: path.lstat() for path in folder.rglob("*")}
    return {path: (entry.st_size, entry.st_mtime_ns) for path, entry in found.items()}


@contextmanager
def refused(*parts: str) -> Iterator[None]:
    """Assert that a block ends in one clear error, soon, which has all parts, and leaves nothing.

    Seconds are the processor's: what else runs on this machine does not count.
    """
    before, start = files(Path.cwd()), time.process_time()
    with pytest.raises(UserError) as caught:
        yield
    assert time.process_time() - start < 10
    message = str(caught.value)
    assert [part for part in parts if part not in message] == [], message
    assert message.isprintable() and len(message) < 600, message
    assert caught.value._render_traceback_() == [f"UserError: {message}"]  # all that IPython shows
    assert files(Path.cwd()) == before


# Parameters: each kind of value once; the notebooks hand theirs to `check_parameters` (a contract).


def parameters(notebook: str) -> dict[str, type]:
    return parameter_types(code_cells(notebook)[0].source)


CELL = """
whole: int = 1
number: float = 0.5
flag: bool = True
text: str = "a"
task: str = "auto"
"""


def check(**given: object) -> dict[str, object]:
    """Check values for the parameters of a made-up notebook, injected as papermill does it."""
    namespace: dict[str, object] = {"In": [CELL, PythonTranslator.codify(given)]}
    exec(CELL, namespace)
    return check_parameters(namespace | given, whole=between(0, 9)).values


NUMBERS = ["many", True, None, [1], float("nan"), float("inf"), float("-inf"), 10**400]
WRONG = {
    "whole": [*NUMBERS, 0.5, -1, 10],
    "number": NUMBERS,
    "flag": [1, "yes", "", None, [True]],
    "text": [10**30, True, None, ["a"], "a\nb", "x" * 10**6, "a\0b", "a\ud800"],
    "task": ["../../../etc/passwd", "no such thing", "naïve 日本語 \u202eabc 🧪", ""],
}
TEXTS = {
    "path": "../../../etc/passwd",
    "quotes": "'\"\"\"); open('injected', 'w')  # \\",
    "unicode": "naïve 日本語 \u202eabc 🧪",
    "unknown": "no such thing",
    "empty": "",
}


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, values in WRONG.items() for value in values],
    ids=lambda value: ascii(value)[:20],
)
def test_a_wrong_value_is_refused(name: str, value: object) -> None:
    with refused(f"{name} = {repr(value)[:50]}", "expected "):
        check(**{name: value})


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_another_text_is_taken_as_it_is(text: str) -> None:
    """A name is looked up later: the tables below test by what."""
    assert check(text=text)["text"] == text


def test_a_misspelt_parameter_is_refused_with_the_nearest() -> None:
    with refused("Unknown parameter 'numbre'", "Did you mean 'number'?", "Valid: whole, "):
        check(numbre=1)


@pytest.mark.parametrize("notebook", sorted(NOTEBOOKS))
def test_no_number_of_a_notebook_may_be_negative(notebook: str) -> None:
    """Each has a range, by a common rule or by the notebook's own."""
    for name, kind in parameters(notebook).items():
        if kind in (int, float):
            with refused(f"{name} = {kind(-1)}: expected "):
                execute(notebook, {name: kind(-1)})


# Data files

TABLE = pd.DataFrame({"text": [f"text {i}, so" for i in range(40)], "label": ["a", "b"] * 20})
CSV = TABLE.to_csv(index=False)
ROWS = TABLE.to_dict("records")
JSON = json.dumps(ROWS)
LINES = "\n".join(map(json.dumps, ROWS))
SPLIT = {"train": 28, "validation": 6, "test": 6}


def with_value(column: str, value: object) -> list[dict]:
    """Return the rows, the fourth with another value."""
    return [row | {column: value} if i == 3 else row for i, row in enumerate(ROWS)]


def changed(column: str, value: object) -> str:
    return json.dumps(with_value(column, value))


def labelled(*labels: object, times: int = 10) -> bytes:
    """Return JSON with each label so many times."""
    rows = [{"text": f"text {i}", "label": label} for i, label in enumerate([*labels] * times)]
    return json.dumps(rows).encode()


def parquet(**columns: object) -> Callable[[Path], None]:
    return lambda path: TABLE.assign(**columns).to_parquet(path)


def twice(path: Path) -> None:
    columns = [pa.array(TABLE[name]) for name in ("text", "label", "text")]
    pq.write_table(pa.table(columns, names=["text", "label", "text"]), path)


def parquet_bomb(path: Path) -> None:
    """Write a few kB that unfold to 1.1 GB: in each part, a text of 1 MB a hundred times."""
    part = pa.table({"text": ["a" * 10**6] * 100, "label": ["a", "b"] * 50})
    with pq.ParquetWriter(path, part.schema, compression="gzip") as writer:
        for _ in range(11):
            writer.write_table(part)
    assert path.stat().st_size < 10**5


def loop(path: Path) -> None:
    path.symlink_to(path)


def large(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**30 + 1)  # takes no room on the disk


Content = bytes | str | Callable[[Path], object]
BAD_FILES: dict[str, tuple[str, Content, tuple[str, ...]]] = {
    "folder": ("x.csv", Path.mkdir, ("'x.csv' is a folder, not a file",)),
    "symlink loop": ("x.csv", loop, ("There is no file 'x.csv'",)),
    "no such type": ("x.xlsx", "", ("dataset = 'x.xlsx': expected", ".parquet file")),
    "gzip bomb": (
        "x.csv.gz", gzip.compress(bytes(10**7)) * 110, ("is larger than 1024 MiB", "some of")),
    "gzip, cut": ("x.csv.gz", gzip.compress(CSV.encode())[:-9], ("cannot be read as .csv",)),
    "gzip of no text": ("x.tsv.gz", gzip.compress(b"\xff"), ("'x.tsv.gz' is not UTF-8 (line 1)",)),
    "parquet in gzip": ("x.parquet.gz", b"", ("'x.parquet.gz': expected an embedded name",)),
    "parquet bomb": ("x.parquet", parquet_bomb, ("'x.parquet' is larger than 1024 MiB", "some of")),
    "larger than memory": ("x.json", large, ("'x.json' is larger than 1024 MiB", "some of its")),
    "10 MB cell": ("x.csv", CSV + f"{'a b ' * 2_500_000},a", ("row 41", "most 1,000,000; split")),
    "10 MB cell in JSON": (
        "x.json", changed("text", "a b " * 2_500_000), ("row 4", "split it")),
    "10 MB label": ("x.json", changed("label", "a" * 10**7), ("row 4", "split it")),
    "json too deep": ("x.json", "[" * 10**5, ("cannot be read as .json", "Correct it")),
    "json with a number of 5,000 digits": ("x.json", f"[{'1' * 5000}]", ("cannot be read as",)),
    "json by columns": ("x.json", TABLE.to_json(), ("'x.json'", "expected a list of objects")),
    "json of words": ("x.json", '["a", "b"]', ("expected a list of objects, one for each row",)),
    "json, a number": ("x.json", "1", ("expected a list of objects, one for each row",)),
    "jsonl of numbers": ("x.jsonl", "1\n2", ("expected a list of objects, one for each row",)),
    "jsonl, cut": ("x.jsonl", LINES[:-9], ("cannot be read as .jsonl", "line 40", "Correct it")),
    "json, cut": ("x.json", JSON[:-9], ("as .json: ", "Correct it, or save it again")),
    "parquet, cut": ("x.parquet", b"PAR1", ("cannot be read as .parquet", "Correct it")),
    "parquet that is none": ("x.parquet", bytes(range(256)) * 9, ("cannot be read as",)),
    "web page": ("x.csv", "<html>\n<a>,b", ("be read as .csv: Expected 1 fields in line 2",)),
    "a cell too many": ("x.csv", f"{CSV}a,b,c", ("in line 42, saw 3; a text with commas b",)),
    "each row a cell too many": (
        "x.csv", CSV.replace('"\n', '",').replace("so\",", 'so",c,'), ("in quotation marks",)),
    "a cell too few": ("x.csv", f"{CSV}a", ("row 41, column 'label': no label; fill it",)),
    "open quote": ("x.csv", f'{CSV}"a,b', ("EOF inside string starting at row 41", "Correct")),
    "empty json list": ("x.json", "[]", ("no column 'text'", "Valid: none")),
    "header only": ("x.csv", "text,label\n", ("x.csv has no rows",)),
    "another column": ("x.csv", CSV.replace("text,", "texts,", 1), ("Did you mean 'texts'?",)),
    "10,000 columns": ("x.csv", ",".join(f"c{i}" for i in range(10**4)), ("no column 'text'", "…")),
    "column twice": ("x.csv", "text,label,text\n" + "a,b,c\n" * 40, ("same name, 'text'",)),
    "column twice in parquet": ("x.parquet", twice, ("two columns of the same name, 'text'",)),
    "UTF-16, cut": ("x.csv", CSV.encode("utf-16")[:-1], ("'x.csv' is not complete UTF-16", "save")),
    "UTF-16, no mark": ("x.csv", CSV.encode("utf-16-le"), ("a NUL", "expected text in UTF")),
    "JSON with two lists": (
        "x.json", json.dumps({"a": ROWS, "b": ROWS}), ("expected a list of objects, one for",)),
    "Latin-1": ("x.csv", f"{CSV}café,a".encode("latin-1"), ("not UTF-8 (line 42)", "save it")),
    "invalid byte": ("x.jsonl", LINES.encode() + b"\n\xff", ("not UTF-8 (line 41)", "save it")),
    "NUL": ("x.csv", CSV.replace("text 7", "te\0xt"), ("'x.csv'", "a NUL character")),
    "NUL in JSON": ("x.json", changed("text", "a\0"), ("row 4", "'\\x00'", "remo")),
    "half a character": ("x.json", changed("text", "\ud83d"), ("'\\ud83d'", "remove")),
    "half of a label": ("x.json", changed("label", "\ud83d"), ("the label", "remove")),
    "one class": ("x.json", labelled("a"), ("a single class, 'a'",)),
    "100,000 classes": ("x.json", labelled(*range(10**5), times=1), ("at most 1,000: check",)),
    "a class of one": ("x.json", changed("label", "c"), ("'c' has 1 row, expected 10", "merge it")),
    "few rows": ("x.json", labelled("a", "b", times=4), ("has 4 rows, expected 10 or more",)),
    "true, words and numbers": (
        "x.json", labelled("a", "b", 1.5, True, times=9), ("has 9 rows, expected 10", "merge it")),
    "dates as texts": ("x.parquet", parquet(text=pd.Timestamp("2026")), ("the text is Timestamp",)),
    "bytes as texts": ("x.parquet", parquet(text=[b"a"] * 40), ("row 1", "the text is b'a'; fill")),
    "bytes as labels": ("x.parquet", parquet(label=[b"a"] * 40), ("row 1", "expected a word")),
    "lists as labels": ("x.parquet", parquet(label=[[1, 2]] * 40), ("row 1", "expected a word")),
    "nothing as a label": (
        "x.parquet", parquet(label=pd.array([1, None] * 20, "Int64")), ("row 2", "no label; fill")),
    "NaN as a label": ("x.parquet", parquet(label=[1.5, np.nan] * 20), ("row 2", "no label; fill")),
    **{
        f"empty {kind}": (f"x{kind}", "", ("x" + kind,)) for kind in file_reading.FILE_TYPES
    },
    **{
        f"text {value!r}": (
            "x.json", changed("text", value), ("row 4, column 'text'", "fill or drop"))
        for value in (
            *(3, None, float("nan"), True, ["a"], {"a": 1}, "", " "),
            *("\u200b", "\u200b \u2060", "\ufeff\u3164"),
        )
    },
    **{
        f"label {value!r}": (
            "x.json", changed("label", value), ("row 4, column 'label': no label",))
        for value in (None, float("nan"), "", " ", "\u200b")
    },
    **{
        f"label {value!r}": (
            "x.jsonl",
            "\n".join(map(json.dumps, with_value("label", value))),
            ("row 4, column 'label'", "expected a word or a number"),
        )
        for value in (["a"], {"a": 1})
    },
}  # fmt: skip


def put(name: str, content: Content) -> None:
    """Write a file of the table."""
    if callable(content):
        content(Path(name))
    else:
        Path(name).write_bytes(content.encode() if isinstance(content, str) else content)


@pytest.mark.parametrize(("name", "content", "parts"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_file_is_refused(name: str, content: Content, parts: tuple[str, ...]) -> None:
    put(name, content)
    with refused(*parts):
        data.load(name)


GOOD_FILES: dict[str, tuple[str, Content]] = {
    "byte order mark": ("x.csv", CSV.encode("utf-8-sig")),
    "byte order mark in JSON": ("x.json", JSON.encode("utf-8-sig")),
    "Windows lines": ("x.csv", CSV.replace("\n", "\r\n")),
    "old Macintosh lines": ("x.csv", CSV.replace("\n", "\r")),
    "Windows lines in JSONL": ("x.jsonl", LINES.replace("\n", "\r\n")),
    "blank lines": ("x.jsonl", f"\n{LINES}\n\n".replace("\n", "\n\n")),
    "blank lines in CSV": ("x.csv", CSV.replace("\n", "\n\n")),
    "large letters": ("x.JSONL", LINES),
    "tabs": ("x.tsv", TABLE.to_csv(index=False, sep="\t")),
    "a line separator in a text": (
        "x.jsonl", "\n".join(json.dumps(r | {"text": r["text"] + "\u2028\x85"}, ensure_ascii=False)
                             for r in ROWS)),
    "a line end in a text": ("x.csv", CSV.replace(", so", "\nso")),
    "another column twice": (
        "x.csv", "\n".join(f"{line},c,c" for line in CSV.splitlines())),
    "categories": ("x.parquet", parquet(label=pd.Categorical(TABLE["label"]))),
    "numbers, as number and word": ("x.json", JSON.replace(
        '"label": "a"', '"label": 1').replace('"label": 1', '"label": "1"', 5)),
    "no other end than the last": ("x.csv", CSV.rstrip()),
    "compressed CSV": ("x.csv.gz", gzip.compress(CSV.encode())),
    "compressed TSV": ("x.TSV.gz", gzip.compress(TABLE.to_csv(index=False, sep="\t").encode())),
    "compressed JSON": ("x.json.gz", gzip.compress(JSON.encode())),
    "compressed JSONL": ("x.jsonl.gz", gzip.compress(LINES.encode())),
    "spaces after commas": ("x.csv", CSV.replace(",label", " , label").replace('",', '", ')),
    "a class that is not used": (
        "x.parquet", parquet(label=pd.Categorical(TABLE["label"], categories=["a", "b", "c"]))),
    "categories as texts": ("x.parquet", parquet(text=TABLE["text"].astype("category"))),
    "texts as index": ("x.parquet", TABLE.set_index("text").to_parquet),
    "labels as index": ("x.parquet", TABLE.set_index("label").to_parquet),
    "texts and labels as index": (
        "x.parquet", TABLE.assign(n=1).set_index(["text", "label"]).to_parquet),
    "a backslash at the end of a text": ("x.csv", CSV.replace('so",', 'so\\",')),
}  # fmt: skip
SEMICOLONS = TABLE.assign(n=1).to_csv(index=False, sep=";")
ASSUMED: dict[str, tuple[str, Content, str]] = {
    "semicolons": ("x.csv", SEMICOLONS, "with semicolons between columns"),
    "semicolons in UTF-16": (
        "x.csv", SEMICOLONS.encode("utf-16"), "as UTF-16, with semicolons between columns"),
    "tabs": ("x.csv", SEMICOLONS.replace(";", "\t"), "with tabs between columns"),
    "commas": ("x.tsv", CSV, "with commas between columns"),
    "commas in another column's name": (
        "x.csv", SEMICOLONS.replace("n\n", "n, so\n", 1), "with semicolons between columns"),
    "UTF-16": ("x.csv", CSV.encode("utf-16"), "as UTF-16"),
    "UTF-16 of another machine": (
        "x.csv", b"\xfe\xff" + CSV.encode("utf-16-be"), "as UTF-16"),
    "UTF-16 JSON": ("x.json", JSON.encode("utf-16"), "as UTF-16"),
    "gzip by another name": ("x.csv", gzip.compress(CSV.encode()), "as gzip"),
    "no gzip": ("x.csv.gz", CSV, "as not compressed"),
    "JSON Lines": ("x.json", f"{LINES}\n", "as JSON Lines"),
    "one JSON text": ("x.jsonl", JSON, "as one JSON text"),
    "a list in an object": (
        "x.json", json.dumps({"n": 1, "all": [], "data": ROWS}), "from its list 'data'"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "assumed"),
    [*((*case, "") for case in GOOD_FILES.values()), *ASSUMED.values()],
    ids=[*GOOD_FILES, *ASSUMED],
)
def test_what_users_expect_to_work_works(
    capsys: pytest.CaptureFixture[str], name: str, content: Content, assumed: str
) -> None:
    put(name, content)
    splits = data.load(name)
    assert capsys.readouterr().out == (f"{name}: read {assumed}.\n" if assumed else "")
    assert {split: len(part) for split, part in splits.items()} == SPLIT
    assert splits["train"].features["label"].num_classes == 2
    texts = {text for part in splits.values() for text in part["text"]}
    assert any(
        text.startswith("text 7") and text.strip("\u2028\x85\\").endswith("so") for text in texts
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (1e20, "1e+20 is too large, expected at most 1,000,000; scale the column"),
        ("-1e39", "'-1e39' is too large, expected at most 1,000,000; scale the column"),
        (float("inf"), "inf is not a finite number, such as 0.5; correct it or drop the row"),
        (10**400, "is not a finite number, such as 0.5; correct it or drop the row"),
        ("0,5", "'0,5' is not a finite number, such as 0.5; correct it or drop the row"),
    ],
)
def test_a_target_is_refused(value: object, message: str) -> None:
    rows = [row | {"label": i} for i, row in enumerate(ROWS)]
    rows[3]["label"] = value
    put("x.json", json.dumps(rows))
    with refused("x.json, row 4, column 'label': ", message):
        data.load("x.json", "regression")


GOOD = {"name": "good.csv", "text_column": "text", "label_column": "label", "task": "auto"}
BAD_ARGUMENTS: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "misspelt": ({"name": "goood.csv"}, ("no file 'goood.csv'", "Did you mean 'good.csv'?")),
    "a long name": ({"name": "x" * 300 + ".csv"}, ("no file 'xxx", "Valid: ", "good.csv")),
    "a long path": ({"name": "x/" * 3000 + "a.csv"}, ("no file 'x/x/x",)),
    "NUL": ({"name": "a\0.csv"}, ("no file 'a\\x00.csv'", "Valid: ", "good.csv")),
    "newline": ({"name": "a\n.csv"}, ("no file 'a\\n.csv'", "Valid: ", "good.csv")),
    "address": ({"name": "https://x.org/a.csv"}, ("no file 'https:/x.org/a.csv'",)),
    "device": ({"name": "/dev/zero"}, ("dataset = '/dev/zero': expected", "Valid: movies")),
    "path": ({"name": TEXTS["path"]}, ("dataset = '../../../etc/passwd'", "Valid: movies")),
    "quotes": ({"name": TEXTS["quotes"]}, ("dataset = ", "expected an embedded name", "Valid:")),
    "unicode": ({"name": TEXTS["unicode"]}, ("dataset = 'naïve 日本語", "Valid: movies, amazon")),
    "empty": ({"name": ""}, ("dataset = '': expected", "Valid: movies")),
    "no owner": ({"name": "imdb"}, ("dataset = 'imdb': expected", "owner/name", "Valid: movies")),
    "no network": ({"name": "team/none"}, ("'team/none' could not be", 'dataset="movies"')),
    "no name of the Hub": ({"name": f"a/{'b' * 300}"}, ("'a/bbb", 'use dataset="movies"')),
    "text column": ({"text_column": "texd"}, ("no column 'texd'", "Did you mean 'text'?")),
    "label column": ({"label_column": "../label"}, ("'../label'", "Did you mean 'label'?")),
    "column of quotes": ({"text_column": TEXTS["quotes"]}, ("no column ", "Valid: text, label")),
    "long column": ({"text_column": "x" * 10**6}, ("no column 'xxx", "Valid: text, label")),
    "the same column": ({"label_column": "text"}, ("label_column are both 'text': name two",)),
    "columns of embedded": ({"name": "nyt", "text_column": "a"}, ("'a'", "do not fit 'nyt'")),
    "numbers of words": ({"task": "regression"}, ("row 1", "'a' is not a finite number")),
    "one number": ({"name": "ones.csv", "task": "regression"}, ("every label is 1.0", "learnt")),
    "three of two": ({"task": "three-class"}, ("needs 3 classes", "has 2: a, b", "task='auto'")),
    "ratings of Chinese": (
        {"name": "chinese", "task": "regression"}, ("task = 'regression'", "'binary' only")),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "parts"), BAD_ARGUMENTS.values(), ids=BAD_ARGUMENTS)
def test_a_data_set_is_refused(changes: dict[str, str], parts: tuple[str, ...]) -> None:
    put("good.csv", CSV)
    put("ones.csv", re.sub(",[ab]\n", ",1\n", CSV))
    given = GOOD | changes
    with refused(*parts):
        data.load(given.pop("name"), **given)


# Models


def edit(folder: Path, name: str, **changes: object) -> None:
    content = json.loads((folder / name).read_text()) | changes
    (folder / name).write_text(json.dumps(content))


def truncate(folder: Path) -> None:
    os.truncate(folder / "model.safetensors", 1000)


def change_one_bit(folder: Path) -> None:
    names = {path.name: runs.sha256(path) for path in folder.iterdir()}
    (folder / "manifest.json").write_text(json.dumps(names))
    content = bytearray((folder / "model.safetensors").read_bytes())
    content[-1] ^= 1
    (folder / "model.safetensors").write_bytes(content)


def make_a_pickle(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04.")


def make_a_loop(folder: Path) -> None:
    shutil.rmtree(folder)
    loop(folder)


def make_weights_a_loop(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    loop(folder / "model.safetensors")


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def write(name: str, content: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_text(content)


def behead(folder: Path) -> None:
    model, _ = models.load_fine_tuned(folder, LABELS)
    model.base_model.save_pretrained(folder)


def label_maps(*names: str) -> dict[str, dict]:
    return {"id2label": dict(enumerate(names)), "label2id": {n: i for i, n in enumerate(names)}}


def label(*names: str) -> Callable[[Path], None]:
    return lambda folder: edit(folder, "config.json", **label_maps(*names))


def contradict_labels(folder: Path) -> None:
    edit(folder, "config.json", label2id={name: 2 - i for i, name in enumerate(LABELS)})


def grow_vocabulary(folder: Path) -> None:
    tokenizer = models.load_tokenizer(str(folder))
    tokenizer.add_tokens(["<film>"])
    tokenizer.save_pretrained(folder)


def shrink_vocabulary(folder: Path) -> None:
    content = json.loads((folder / "tokenizer.json").read_text())
    vocabulary = content["model"]["vocab"]
    content["model"]["vocab"] = {piece: i for piece, i in vocabulary.items() if i < 20_000}
    (folder / "tokenizer.json").write_text(json.dumps(content))


def pad_with_another(folder: Path) -> None:
    edit(folder, "tokenizer_config.json", pad_token="[MASK]")


def ask_for_code(folder: Path, **changes: object) -> None:
    """Let both configs name classes in a file of the folder, which tells if it is run."""
    (folder / "own.py").write_text("open('run', 'w')\n")
    own = {"AutoConfig": "own.Config", "AutoModelForSequenceClassification": "own.Model"}
    edit(folder, "config.json", auto_map=own, **changes)
    own = {"AutoTokenizer": ["own.Tokenizer", None]}
    edit(folder, "tokenizer_config.json", tokenizer_class="Own", auto_map=own)


def ask_for_code_alone(folder: Path) -> None:
    ask_for_code(folder, model_type="own")  # a kind that transformers does not know


def reshape(folder: Path) -> None:
    edit(folder, "config.json", intermediate_size=128)


def deepen(folder: Path) -> None:
    edit(folder, "config.json", num_hidden_layers=3)


LABELS = ["so so", "toll", "ärgerlich"]
TWO_MODELS = "they are of two models. Save the tokenizer"
BAD_MODELS: dict[str, tuple[Callable[[Path], object], tuple[str, ...]]] = {
    "no config": (remove("config.json"), ("has no config.json: it is not a model folder",)),
    "no weights": (remove("model.safetensors"), ("has no .safetensors weights", "save_pretrained")),
    "no tokenizer": (remove("tokenizer.json"), ("the tokenizer has 5 entries", TWO_MODELS)),
    "truncated weights": (truncate, ("weights of ", "are damaged", "delete the folder")),
    "empty weights": (write("model.safetensors", ""), ("are damaged", "delete the folder")),
    "weights of text": (write("model.safetensors", "x" * 99), ("are damaged", "delete the folder")),
    "config that is cut": (write("config.json", "{"), ("cannot be loaded as", "fetch it again")),
    "config, a list": (write("config.json", "[]"), ("cannot be loaded as", "fetch it again")),
    "config of no kind": (write("config.json", "{}"), ("cannot be loaded as", "fetch it again")),
    "tokenizer that is cut": (write("tokenizer.json", "{"), ("as a tokenizer", "fetch it again")),
    "tokenizer of no kind": (write("tokenizer.json", "{}"), ("as a tokenizer", "fetch it again")),
    "other shapes": (reshape, ("do not contain 'bert.encoder.layer.0", "correct config.json")),
    "more layers": (deepen, ("do not contain 'bert.encoder.layer.2", "correct config.json")),
    "a pickle": (make_a_pickle, ("a pickle can run any code", "convert them with")),
    "remote code": (ask_for_code_alone, ("cannot be loaded as a text classifier", "another model")),
    "symlink loop": (make_a_loop, ("'model'",)),
    "symlink loop of weights": (make_weights_a_loop, ("cannot be loaded as", "fetch it again")),
    "vocabulary too large": (grow_vocabulary, ("30523 entries", "30522 embeddings", TWO_MODELS)),
    "vocabulary too small": (shrink_vocabulary, ("20000 entries", "30522 emb", TWO_MODELS)),
    "another padding": (pad_with_another, ("pads with 103", "pads with 0", TWO_MODELS)),
}  # fmt: skip
BAD_CLASSIFIERS: dict[str, tuple[Callable[[Path], object], tuple[str, ...]]] = {
    "no folder": (shutil.rmtree, ("there is no such folder; '' takes the model of notebook 03",)),
    "one bit": (change_one_bit, ("safetensors is not the file", "Fetch or train it again")),
    "manifest, a list": (write("manifest.json", "[]"), ("manifest.json is not the file",)),
    "no head": (behead, ("do not contain 'classifier.bias'", "trained head included")),
    "labels exchanged": (label(*reversed(LABELS)), ("{0: 'ärgerlich', ", "correct both maps")),
    "another label": (label("so", *LABELS[1:]), ("has the labels {0: 'so', ", "correct both maps")),
    "a label too many": (label(*LABELS, "more"), ("'classifier.bias'", "correct config.json")),
    "maps that differ": (contradict_labels, ("label2id {'so so': 2", "correct both maps")),
}  # fmt: skip


@pytest.fixture
def folder(classifier: Path) -> Path:
    return Path(shutil.copytree(classifier, "model"))


@pytest.mark.parametrize(
    ("spoil", "parts"), (BAD_MODELS | BAD_CLASSIFIERS).values(), ids=[*BAD_MODELS, *BAD_CLASSIFIERS]
)
def test_a_fine_tuned_model_is_refused(
    folder: Path, spoil: Callable[[Path], object], parts: tuple[str, ...]
) -> None:
    models.load_fine_tuned(folder, LABELS)  # sound before
    spoil(folder)
    with refused(*parts, "model"):
        models.load_fine_tuned(folder, LABELS)


@pytest.mark.parametrize(("spoil", "parts"), BAD_MODELS.values(), ids=BAD_MODELS)
def test_a_model_to_fine_tune_is_refused(
    folder: Path, spoil: Callable[[Path], object], parts: tuple[str, ...]
) -> None:
    models.load_classifier("model", ["a", "b"])  # its own head need not fit
    spoil(folder)
    with refused(*parts, "model"):
        models.load_classifier("model", ["a", "b"])


def test_code_of_a_folder_is_not_run_where_transformers_has_its_own(
    folder: Path, place: Path
) -> None:
    ask_for_code(folder)
    models.load_fine_tuned(folder, LABELS)
    models.load_classifier("model")
    assert not (place / "run").exists()


BAD_NAMES = {
    "folder": ("./none", ("model_name = './none': there is no such folder",)),
    "absolute folder": ("/none", ("model_name = '/none': there is no such folder",)),
    "deep name": ("a/b/c", ("model_name = 'a/b/c': there is no such folder",)),
    "path": (TEXTS["path"], ("model_name = '../../../etc/passwd'", "no such folder")),
    "misspelt": ("bert-base-uncasd", ("uncasd' could not be", 'use model_name="minilm"')),
    "quotes": (TEXTS["quotes"], ("could not be", 'use model_name="minilm"')),
    "unicode": ("日本/語 🧪", ("'日本/語 🧪' could not be", 'use model_name="minilm"')),
    "newline": ("a\nb", ("'a\\nb' could not be", 'use model_name="minilm"')),
    "long": ("x" * 10**5, ("'xxx", 'use model_name="minilm"')),
    "empty": ("", ("'' has no config.json: it is not a model folder",)),
}  # fmt: skip


@pytest.mark.parametrize(("name", "parts"), BAD_NAMES.values(), ids=BAD_NAMES)
def test_a_name_of_no_model_is_refused(name: str, parts: tuple[str, ...]) -> None:
    with refused(*parts):
        models.resolve(name)


# What only a notebook finds


# A name of nothing, for each notebook that has such a parameter.
NOTHING = {
    "model_name": "a/none", "multilingual_model": "a/none", "model_folder": "none",
    "dataset": "none.csv", "table": "none.parquet", "text_file": "none.txt",
}  # fmt: skip
NAMES = [(notebook, n) for notebook in NOTEBOOKS for n in parameters(notebook) if n in NOTHING]


@pytest.mark.parametrize(("notebook", "name"), NAMES)
def test_a_name_of_nothing_is_refused_before_anything_takes_long(notebook: str, name: str) -> None:
    with refused(NOTHING[name]):
        execute(notebook, {name: NOTHING[name]}, everything=True)


# What only one notebook finds.

OWN = {"dataset": "STARS", "text_column": "Review Body", "label_column": "stars?"}
FINE_TUNED = {"model_folder": "CLASSIFIER", **OWN}
TRIGGER = FINE_TUNED | {"pretrained": "TINY", "task": "three-class"}
OWN_RULES: dict[str, tuple[str, dict[str, object], tuple[str, ...]]] = {
    "01 DistilBERT": ("01_attention", {"model_name": "DISTILBERT"}, ("'bert' and 'gelu'",)),
    "04 labels": ("04_evaluation", {"model_folder": "CLASSIFIER"}, ("has the labels {0: 'so so'",)),
    "05 one bit": (
        "05_saving_and_sharing", FINE_TUNED | {"model_folder": "ONE BIT"}, ("is not the file",)),
    "06 BERT": ("06_text_generation", {"model_name": "CLASSIFIER"}, ("expected a decoder",)),
    "06 prompt": ("06_text_generation", {"prompt": "a b c d " * 60}, ("prompt has",)),
    "06 extra": ("06_text_generation", {"extra": "amazn"}, ("Did you mean 'amazon'?",)),
    "08 no base": ("08_efficient_models", FINE_TUNED | {"base_model": "./none"}, ("no such",)),
    "08 DistilBERT": (
        "08_efficient_models", FINE_TUNED | {"model_folder": "DISTILBERT"}, ("of type 'bert'",)),
    "11 DistilBERT": (
        "11_interpretability", FINE_TUNED | {"model_folder": "DISTILBERT"}, ("expected 'bert'",)),
    "11 another vocabulary": (
        "11_interpretability", FINE_TUNED | {"task": "three-class"}, ("has another vocabulary",)),
    "11 a word of them": ("11_interpretability", TRIGGER | {"trigger": "Good"}, ("that none has",)),
    "11 a word of other letters": (
        "11_interpretability", TRIGGER | {"trigger": "ಠಠ"}, ("the vocabulary can spell",)),
    "18 labels": (
        "18_beyond_one_score", {"model_folder": "CLASSIFIER"}, ("has the labels {0: 'so so'",)),
    "18 regression": ("18_beyond_one_score", {"task": "regression"}, ("expected one of",)),
    "12 one axis": ("12_comparing_runs", {"row_parameter": "epochs"}, ("both 'epochs': name two",)),
}  # fmt: skip


@pytest.fixture(scope="module")
def distilbert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a sound classifier that is no BERT."""
    from transformers import DistilBertConfig, DistilBertForSequenceClassification

    folder = tmp_path_factory.mktemp("distilbert")
    config = DistilBertConfig(dim=32, n_layers=2, n_heads=2, hidden_dim=64, **label_maps(*LABELS))
    DistilBertForSequenceClassification(config).save_pretrained(folder)
    models.load_tokenizer().save_pretrained(folder)
    return folder


@pytest.fixture
def given(
    request: pytest.FixtureRequest,
    classifier: Path,
    stars_csv: Path,
    distilbert: Path,
    tiny_model: Path,
) -> dict[str, object]:
    """Return the parameters of a case, with real paths."""
    paths = {"CLASSIFIER": classifier, "STARS": stars_csv, "DISTILBERT": distilbert}
    paths["TINY"] = tiny_model
    if "ONE BIT" in request.param.values():
        paths["ONE BIT"] = Path(shutil.copytree(classifier, "one bit"))
        change_one_bit(paths["ONE BIT"])
    return {name: str(paths.get(value, value)) for name, value in request.param.items()}


@pytest.mark.parametrize(
    ("notebook", "given", "parts"), OWN_RULES.values(), ids=OWN_RULES, indirect=["given"]
)
def test_a_notebook_refuses_before_it_trains(
    notebook: str, given: dict[str, object], parts: tuple[str, ...]
) -> None:
    with refused(*parts):
        execute(notebook, given, everything=True)


@pytest.mark.slow
@pytest.mark.parametrize("notebook", sorted(NOTEBOOKS))
def test_papermill_ends_with_one_line(place: Path, notebook: str) -> None:
    before = files(place)
    done, output = papermill(place, notebook, wrong=1)
    assert done.returncode != 0 and "UserError: Unknown parameter 'wrong'" in done.stderr
    cells = [c for c in nbformat.read(output, as_version=4).cells if c.cell_type == "code"]
    errors = [o for cell in cells for o in cell.outputs if o.output_type == "error"]
    assert [(error.ename, len(error.traceback)) for error in errors] == [("UserError", 1)]
    assert sum(bool(cell.execution_count) for cell in cells) == 3  # the last is the check
    assert files(place).keys() - before.keys() == {output}


def test_the_workflow_says_it_in_two_lines(place: Path) -> None:
    """The error, and where to look; nothing is written but the notebook as far as it came."""
    command = [sys.executable, EXECUTE, NOTEBOOKS["template"], "out.ipynb"]
    done = subprocess.run(
        [*command, '{"first": "../../x\\n"}'], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 1 and done.stdout == ""
    first, second = done.stderr.splitlines()
    assert "UserError: first = '../../x\\n' (str): expected a text of one line" in first
    assert second == "See out.failed.ipynb"
    assert list(files(place)) == [place / "out.failed.ipynb"]

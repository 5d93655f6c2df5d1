"""`shared.data`: what it returns, and what it says of unusable files."""

import hashlib
import random
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from datasets import ClassLabel, DatasetDict

from shared import data, files
from shared.errors import UserError
from shared.texts import near_copies, normalized


@pytest.mark.parametrize("name", data.EMBEDDED)
def test_embedded_sets_are_binary_by_default(name: str) -> None:
    splits = data.load(name)
    assert list(splits) == ["train", "validation", "test"]
    for part in splits.values():
        assert part.features["label"] == ClassLabel(names=["negative", "positive"])
        assert set(part["label"]) == {0, 1}


def test_binary_leaves_out_the_undecided_and_follows_the_sign() -> None:
    rows = data.load("movies")["test"].to_pandas()
    assert rows["rating"].abs().min() >= 0.5
    assert ((rows["rating"] > 0) == (rows["label"] == 1)).all()


def test_three_classes_have_the_papers_border_of_a_twentieth() -> None:
    rows = data.load("nyt", "three-class")["train"].to_pandas()
    score = rows["rating"] / 4
    assert (rows["label"] == 2).equals(score >= 0.05 - 1e-9)
    assert (rows["label"] == 0).equals(score <= -0.05 + 1e-9)


def test_regression_is_the_rating_from_minus_one_to_one() -> None:
    rows = data.load("tweets", "regression")["train"].to_pandas()
    assert (rows["label"] - rows["rating"] / 4).abs().max() < 1e-6


def test_chinese_has_two_classes_only() -> None:
    with pytest.raises(UserError, match="'binary' only"):
        data.load("chinese", "regression")


def test_fingerprint_changes_with_one_label() -> None:
    splits = data.load("amazon")
    before = data.fingerprint(splits)
    assert before == data.fingerprint(data.load("amazon"))
    rows = splits["test"].to_pandas()
    rows.loc[0, "label"] = 1 - rows.loc[0, "label"]
    splits["test"] = data.Dataset.from_pandas(rows, features=splits["test"].features)
    assert before != data.fingerprint(splits)


TABLE = pd.DataFrame(
    {"body": [f"text number {i}, with a comma" for i in range(60)], "kind": ["a", "b", "c"] * 20}
)


@pytest.mark.parametrize("suffix", files.FILE_TYPES)
def test_each_file_type_gives_the_same_splits(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"my file{suffix}"
    write = {
        ".csv": lambda: TABLE.to_csv(path, index=False, encoding="utf-8-sig"),
        ".tsv": lambda: TABLE.to_csv(path, index=False, sep="\t"),
        ".json": lambda: TABLE.to_json(path, orient="records"),
        ".jsonl": lambda: TABLE.to_json(path, orient="records", lines=True),
        ".parquet": lambda: TABLE.to_parquet(path),
    }
    write[suffix]()
    splits = data.load(str(path), text_column="body", label_column="kind")
    assert {name: len(part) for name, part in splits.items()} == {
        "train": 42,
        "validation": 9,
        "test": 9,
    }
    assert splits["train"].features["label"].names == ["a", "b", "c"]
    texts = [text for part in splits.values() for text in part["text"]]
    assert sorted(texts) == sorted(TABLE["body"])
    reference = tmp_path / "reference.csv"
    TABLE.to_csv(reference, index=False)
    again = data.load(str(reference), text_column="body", label_column="kind")
    assert data.fingerprint(splits) == data.fingerprint(again)


def test_labels_and_texts_stay_what_they_are(tmp_path: Path) -> None:
    table = TABLE.assign(kind=["007", "NA"] * 30)
    table.to_csv(tmp_path / "x.csv", index=False)
    splits = data.load(str(tmp_path / "x.csv"), text_column="body", label_column="kind")
    assert splits["train"].features["label"].names == ["007", "NA"]


def test_numeric_classes_are_in_numeric_order(tmp_path: Path) -> None:
    table = TABLE.assign(kind=[1, 10, 2] * 20)
    table.to_json(tmp_path / "x.json", orient="records")
    splits = data.load(str(tmp_path / "x.json"), text_column="body", label_column="kind")
    assert splits["train"].features["label"].names == ["1", "2", "10"]


def load(folder: Path, rows: list[tuple[str, object]], **options: str) -> DatasetDict:
    """Load rows of a text and its label from a file `x.csv`, as if it were in this folder."""
    pd.DataFrame(rows, columns=["text", "label"]).to_csv(folder / "x.csv", index=False)
    return data.load(str(folder / "x.csv"), **options)


def told(folder: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return what was printed, line by line, without the file's name in front."""
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith(f"{folder / 'x.csv'}: ") for line in lines)
    return [line.removeprefix(f"{folder / 'x.csv'}: ") for line in lines]


RANDOM = random.Random(0)
DISTINCT = [f"é {RANDOM.getrandbits(160):x} so" for _ in range(60)]
ROWS = [(text, "ab"[i % 2]) for i, text in enumerate(DISTINCT)]
ASIDE = "(case, spaces and invisible characters aside)"
COPIES = {
    "space": lambda text: f"{text} ",
    "capitals": str.upper,
    "Unicode form": lambda text: unicodedata.normalize("NFD", text),
    "invisible": lambda text: text.replace(" ", " \u200b\xa0"),
}


@pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES)
def test_no_text_is_in_two_splits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], copy: Callable[[str], str]
) -> None:
    splits = load(tmp_path, [*ROWS, *((copy(text), label) for text, label in ROWS)])
    texts = [text for part in splits.values() for text in part["text"]]
    assert sorted(texts) == sorted(DISTINCT)  # the first of each, as it was written
    repeats = f"dropped 60 rows that repeat the text of another {ASIDE}."
    assert told(tmp_path, capsys) == [repeats]


def test_texts_with_two_labels_are_dropped_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    splits = load(tmp_path, [*ROWS, (DISTINCT[2].upper(), "b"), (DISTINCT[3], "a"), ROWS[3]])
    texts = {text for part in splits.values() for text in part["text"]}
    assert texts == set(DISTINCT) - set(DISTINCT[2:4])
    example = f"{DISTINCT[2]!r}, 'a' in row 3 and 'b' in row 61"
    found = f"2 texts have different labels, such as {example}; dropped all 5 rows."
    assert told(tmp_path, capsys) == [found]


def test_a_text_with_two_numbers_gets_the_mean(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [(text, i) for i, text in enumerate(DISTINCT)]
    splits = load(tmp_path, [*rows, (DISTINCT[2], 3)], task="regression")
    labels = {row["text"]: row["label"] for part in splits.values() for row in part}
    assert labels == dict(rows) | {DISTINCT[2]: 2.5}
    first, second = told(tmp_path, capsys)
    assert first.startswith("1 text has different labels") and first.endswith("gets the mean.")
    assert second == f"dropped 1 row that repeats the text of another {ASIDE}."


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([*ROWS, *[("one more", "c")] * 20], "'c' has 20 rows but only 1 different text, expected"),
        (
            [*ROWS, *((text, "c") for text in DISTINCT)],
            "'a' has 30 rows but only 0 once copies and contradictory labels are dropped",
        ),
        ([("one text", "a")] * 20 + [("two texts", "b")] * 20, "'a' has 20 rows but only 1 diff"),
    ],
    ids=["one text", "contradictions", "two texts"],
)
def test_what_is_left_of_a_class_is_told(
    tmp_path: Path, rows: list[tuple[str, str]], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        load(tmp_path, rows)


SAME = {
    "numbers": ("1", "1.0", "1.00", "2"),
    "accents": ("caf\xe9", "cafe\u0301", "cafe"),
    "spaces": ("so so", "so  so ", "so\xa0so", "soso"),
    "invisible": ("good", "go\u200bod", "\ufeffgood", "bad"),
}


@pytest.mark.parametrize("labels", SAME.values(), ids=SAME)
def test_one_class_in_two_spellings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], labels: tuple[str, ...]
) -> None:
    first, *same, other = labels
    each = [first, first, *same, other]
    splits = load(tmp_path, [(text, each[i % len(each)]) for i, text in enumerate(DISTINCT)])
    assert sorted(splits["train"].features["label"].names) == sorted([first, other])
    (line,) = told(tmp_path, capsys)
    assert line.startswith("the labels ") and line.endswith(f") are one class, {first!r}.")
    assert f"{first!r} ({120 // len(each)} rows)" in line


@pytest.mark.parametrize("pair", [("True", "TRUE"), ("2", "\xb2"), ("Straße", "STRASSE")])
def test_classes_that_look_alike_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], pair: tuple[str, str]
) -> None:
    splits = load(tmp_path, [(text, pair[i % 2]) for i, text in enumerate(DISTINCT)])
    assert set(splits["train"].features["label"].names) == set(pair)
    (line,) = told(tmp_path, capsys)
    assert all(f"{label!r} (30 rows)" in line for label in pair)
    assert line.endswith(" look alike; if they are one class, give them one spelling.")


def test_labels_that_are_names_are_not_merged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = ["7", "007", "1.0", "1.1", "v1", "v1.0"]
    splits = load(tmp_path, [(text, labels[i % 6]) for i, text in enumerate(DISTINCT)])
    assert set(splits["train"].features["label"].names) == set(labels)
    assert told(tmp_path, capsys) == []


def test_near_copies_are_counted_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = [(text.replace(" so", " no"), label) for text, label in ROWS]
    splits = load(tmp_path, [*ROWS, *changed])
    stems = {text[:-3] for text in splits["train"]["text"]}
    rest = [*splits["validation"]["text"], *splits["test"]["text"]]
    number = sum(text[:-3] in stems for text in rest)
    (line,) = told(tmp_path, capsys)
    assert 20 < number < 36
    assert line.startswith(f"{number} of the 36 texts of 'validation' and 'test' nearly repeat one")


def test_near_copies_are_found_among_real_texts() -> None:
    """Each with its first two words changed; those that stay similar are found, and no others."""
    texts = [normalized(text) for text in data.load("amazon")["train"]["text"]]
    changed = [re.sub(r"^(\w+ ){2}", "well, it ", text) for text in texts]
    close = {i for i in range(len(texts)) if similarity(changed[i], texts[i]) >= 0.8}
    found = dict(near_copies(changed, texts))
    assert len(close) > 500
    assert sum(found.get(i) == i for i in close) > 0.98 * len(close)
    assert all(similarity(changed[i], texts[j]) >= 0.8 for i, j in found.items())


def similarity(text: str, other: str) -> float:
    ours, theirs = ({t[i : i + 5] for i in range(max(1, len(t) - 4))} for t in (text, other))
    return len(ours & theirs) / len(ours | theirs)


def test_files_read_as_they_are_meant(tmp_path: Path) -> None:
    """Backslashes before quotation marks; columns that are called by a number."""
    marked = "\n".join(rf'"{text}, \"no\" \\",{label}' for text, label in ROWS)
    (tmp_path / "x.csv").write_text(f"0,1\n{marked}\n")
    pd.DataFrame({0: [f'{text}, "no" \\\\' for text in DISTINCT], 1: ["a", "b"] * 30}).to_parquet(
        tmp_path / "x.parquet"
    )
    for name in ("x.csv", "x.parquet"):
        splits = data.load(str(tmp_path / name), text_column="0", label_column="1")
        texts = {text for part in splits.values() for text in part["text"]}
        assert texts == {f'{text}, "no" \\\\' for text in DISTINCT}


def hub_set(monkeypatch: pytest.MonkeyPatch, **splits: list[tuple[str, object]]) -> None:
    """Let any name of the Hub stand for these splits; numbers are classes `a` and `b`."""
    made = {}
    for split, rows in splits.items():
        table = pd.DataFrame(rows, columns=["text", "label"])
        made[split] = data.Dataset.from_pandas(table)
        if table["label"].isin([-1, 0, 1]).all():
            made[split] = made[split].cast_column("label", ClassLabel(names=["a", "b"]))
    monkeypatch.setattr("datasets.load_dataset", lambda *_, **__: DatasetDict(made))


NUMBERED = [(text, i % 2) for i, text in enumerate(DISTINCT)]


@pytest.mark.parametrize("nothing", [-1, None, -1.0])
def test_a_split_of_the_hub_without_labels_is_cut_from_training(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], nothing: object
) -> None:
    train = [(text, float(i)) for i, text in enumerate(DISTINCT[:40])]
    task = "regression" if nothing == -1.0 and isinstance(nothing, float) else "auto"
    if task == "auto":
        train = NUMBERED[:40]
    hub_set(
        monkeypatch,
        train=train,
        validation=[(text, train[i][1]) for i, text in enumerate(DISTINCT[40:50])],
        test=[(text, nothing) for text in DISTINCT[50:]],
    )
    splits = data.load("team/glue", task)
    assert {name: len(part) for name, part in splits.items()} == {
        "train": 34, "validation": 10, "test": 6,
    }  # fmt: skip
    assert set(splits["test"]["text"]) < set(DISTINCT[:40])
    told = "team/glue[test]: has no labels; a part of 'train' takes its place.\n"
    assert capsys.readouterr().out == told


def test_rows_of_the_hub_without_labels_are_dropped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hub_set(monkeypatch, train=[*NUMBERED, ("unsure", -1)])
    assert sum(map(len, data.load("team/nli").values())) == 60
    assert capsys.readouterr().out == "team/nli[train]: dropped 1 row without a label.\n"


def test_published_test_texts_are_dropped_from_training(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    copies = [(text.upper(), label) for text, label in NUMBERED[:6]]
    test = [*NUMBERED[50:], *copies[:2], NUMBERED[50]]
    hub_set(monkeypatch, train=NUMBERED[:40], validation=[*NUMBERED[40:50], *copies], test=test)
    splits = data.load("team/leaky")
    assert splits["test"]["text"][:] == [text for text, _ in test]
    validation = [text for text, _ in [*NUMBERED[40:50], *copies[2:]]]
    assert splits["validation"]["text"][:] == validation
    assert set(splits["train"]["text"]) == set(DISTINCT[6:40])
    assert capsys.readouterr().out == (
        f"team/leaky: dropped 2 rows of 'validation' with a text of 'test' {ASIDE}.\n"
        f"team/leaky: dropped 6 rows of 'train' with a text of 'test' and 'validation' {ASIDE}.\n"
    )


def test_one_split_under_two_names_is_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hub_set(monkeypatch, train=NUMBERED[:40], validation=NUMBERED[40:], test=NUMBERED[40:])
    splits = data.load("team/twice")
    assert [len(part) for part in splits.values()] == [34, 6, 20]
    note = f"team/twice: dropped 20 rows of 'validation' with a text of 'test' {ASIDE}.\n"
    assert capsys.readouterr().out == note


def test_many_labels_are_told_in_few_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        (f"{random.Random(i).getrandbits(160):x}", f"{i % 5}{'.0' * (i % 2)}") for i in range(99)
    ]
    splits = load(tmp_path, rows)
    assert splits["train"].features["label"].names == list("01234")
    assert told(tmp_path, capsys)[2:] == ["and so on, 3 more groups of labels."]


def test_class_counts_and_what_a_notebook_requires(tmp_path: Path) -> None:
    splits = load(tmp_path, ROWS)
    counts = data.class_counts(splits)
    assert counts.index.tolist() == ["a", "b"]
    assert counts.sum().to_dict() == {"train": 42, "validation": 9, "test": 9}
    assert counts.sum(axis=1).tolist() == [30, 30]
    data.require(splits, 30, "section 5")
    message = "class 'a' has 30 rows, expected 40 or more: section 5 draws 40. Add rows, or merge"
    with pytest.raises(UserError, match=message):
        data.require(splits, 40, "section 5 draws 40")
    numbers = load(tmp_path, [(text, i) for i, text in enumerate(DISTINCT)], task="regression")
    assert data.class_counts(numbers).loc["all"].to_dict() == {
        "train": 42, "validation": 9, "test": 9,
    }  # fmt: skip
    with pytest.raises(UserError, match="data set has 60 rows, expected 70 or more: so"):
        data.require(numbers, 70, "so")


def test_embedded_sets_are_what_they_were(capsys: pytest.CaptureFixture[str]) -> None:
    tasks = ("binary", "three-class", "regression")
    names = [(name, task) for name in data.EMBEDDED[:-1] for task in tasks] + [("chinese", "auto")]
    prints = "".join(data.fingerprint(data.load(*name)) for name in names)
    digest = hashlib.sha256(prints.encode()).hexdigest()
    assert digest == "288462dc22c382a15ba8b9c01d8bf2504d13d5f967f0861452f6124bbcdbcbdb"
    assert capsys.readouterr().out == ""

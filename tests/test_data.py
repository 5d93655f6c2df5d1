"""`shared.data`: what it returns, and what it says of unusable files."""

from pathlib import Path

import pandas as pd
import pytest
from datasets import ClassLabel

from shared import data
from shared.errors import UserError


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


@pytest.mark.parametrize("suffix", data.FILE_TYPES)
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


def test_repeated_texts_are_kept_once(tmp_path: Path) -> None:
    pd.concat([TABLE, TABLE]).to_csv(tmp_path / "x.csv", index=False)
    splits = data.load(str(tmp_path / "x.csv"), text_column="body", label_column="kind")
    assert sum(map(len, splits.values())) == len(TABLE)


def changed(column: str, row: int, value: object) -> pd.DataFrame:
    table = TABLE.astype(object)
    table.loc[row, column] = value
    return table


@pytest.mark.parametrize(
    ("table", "task", "message"),
    [
        (changed("body", 4, ""), "auto", r"row 5, column 'body': the text is ''"),
        (changed("body", 4, "  "), "auto", r"row 5, column 'body'"),
        (changed("kind", 6, ""), "auto", r"row 7, column 'kind': no label"),
        (TABLE.assign(kind="a"), "auto", "single class, 'a'"),
        (changed("kind", 0, "rare"), "auto", "class 'rare' has 1 rows"),
        (TABLE, "binary", "needs 2 classes; .* has 3: a, b, c"),
        (TABLE, "regression", r"row 1, column 'kind': 'a' is not a finite number"),
        (TABLE.rename(columns={"body": "bodi"}), "auto", "no column 'body'. Did you mean 'bodi'"),
        (TABLE.head(0), "auto", "has no rows"),
    ],
)
def test_unusable_rows_are_named(
    tmp_path: Path, table: pd.DataFrame, task: str, message: str
) -> None:
    table.to_csv(tmp_path / "x.csv", index=False)
    with pytest.raises(UserError, match=message):
        data.load(str(tmp_path / "x.csv"), task, "body", "kind")


def test_missing_values_in_parquet_are_named(tmp_path: Path) -> None:
    changed("kind", 2, None).to_parquet(tmp_path / "x.parquet")
    with pytest.raises(UserError, match="row 3, column 'kind': no label"):
        data.load(str(tmp_path / "x.parquet"), text_column="body", label_column="kind")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("latin.csv", "text,label\ncafé,1\n".encode("latin-1"), "not UTF-8 .*save it with UTF-8"),
        ("utf16.csv", "text,label\na,1\n".encode("utf-16"), "not UTF-8"),
        ("empty.csv", b"", "no readable .csv file"),
        ("broken.json", b'[{"text": ', "no readable .json file"),
        ("broken.jsonl", b'{"text": 1}\n{', "no readable .jsonl file"),
        ("broken.parquet", b"PAR1", "no readable .parquet file"),
    ],
)
def test_unreadable_files_are_named(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=message):
        data.load(str(tmp_path / name))


def test_missing_file_suggests_its_neighbour(tmp_path: Path) -> None:
    TABLE.to_csv(tmp_path / "reviews.csv", index=False)
    with pytest.raises(UserError, match=r"no file .* Did you mean 'reviews.csv'"):
        data.load(str(tmp_path / "review.csv"))


@pytest.mark.parametrize("name", ["imdb", "movie", ".", "a/b/c"])
def test_unknown_data_set_names_the_embedded_ones(name: str) -> None:
    with pytest.raises(UserError, match="Valid: movies, amazon, nyt, tweets, chinese"):
        data.load(name)


def test_embedded_sets_take_no_column_names() -> None:
    with pytest.raises(UserError, match="embedded sets have 'text', 'label'"):
        data.load("movies", text_column="body")

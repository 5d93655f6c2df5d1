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

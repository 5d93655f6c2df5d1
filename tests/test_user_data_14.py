"""Notebook 14 with pairs, files and languages of users."""

import json
from pathlib import Path

import pandas as pd
import pytest
from cells import execute
from conftest import key_line, papermill

from shared.errors import UserError
from shared.runs import runs_folder

NOTEBOOK = "14_translation"
NUMBERS = ("eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn")


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def pairs(n: int) -> pd.DataFrame:
    """Return n pairs of a small language."""
    rows = [(f"open door {i}", f"Tür {NUMBERS[i % 10]} {i} öffnen {{x}}") for i in range(n)]
    return pd.DataFrame([(f"{a} {{x}}", b) for a, b in rows], columns=["en", "de"])


BAD = {
    "language": ({"target_language": "dee"}, r"no language 'dee'\. Did you mean 'de'"),
    "file": ({"translate_file": "none.json"}, r"There is no file 'none\.json'"),
    "file type": ({"translate_file": "x.docx"}, r"expected a file that ends with \.json"),
    "columns": ({"source_column": "en"}, "are for your own data"),
}


@pytest.mark.parametrize(("given", "message"), BAD.values(), ids=BAD)
def test_it_is_refused_before_anything_is_trained(given: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=message):
        execute(NOTEBOOK, given, before="drawings.draw_translator")


def test_pairs_that_are_all_too_long_are_refused_at_once() -> None:
    pairs(300).to_csv("mine.csv", index=False)
    given = {"dataset": "mine.csv", "source_column": "en", "target_column": "de", "most_words": 2}
    with pytest.raises(UserError, match="most_words = 2: 0 training and 0 test pairs"):
        execute(NOTEBOOK, given, before="drawings.draw_ngrams")


@pytest.mark.slow
def test_a_users_pairs_and_file_go_all_the_way(tmp_path: Path) -> None:
    pairs(300).to_csv("mine.csv", index=False)
    Path("s.json").write_text(json.dumps({"b": "open door 7 {x}", "a": [1, "shut {y}"]}))
    done, output = papermill(
        tmp_path, NOTEBOOK, dataset="mine.csv", source_column="en", target_column="de", epochs=2,
        vocab_size=600, translate_file="s.json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert key_line(output).startswith("BLEU / chrF of 45 strings")
    made = runs_folder() / "translated" / "s.json"
    text = json.loads(made.read_text(encoding="utf-8"))
    assert list(text) == ["b", "a"] and text["a"][0] == 1
    assert "{x}" in text["b"] and "{y}" in text["a"][1]

"""Notebook 14 with pairs, files and languages of users."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sacrebleu
from cells import execute
from conftest import hub_variables, key_line, papermill
from stand_in import COMMIT, StandIn

from shared.errors import UserError
from shared.runs import runs_folder
from shared.translation_data import load_pairs
from shared.translation_memory import nearest

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
    "revision": ({"dataset_revision": "v2"}, "dataset_revision = 'v2' .* a Hub data set"),
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


@pytest.mark.parametrize("name", ["mine.tsv", "mine.parquet", "mine.json", "mine.jsonl"])
def test_pairs_of_each_format_are_the_same(name: str) -> None:
    """A source that comes twice, and a row without a translation, are dropped from each."""
    rows = pd.concat([pairs(300), pairs(5)], ignore_index=True)
    rows.loc[len(rows)] = ["shut door {x}", None]
    write = {
        "tsv": lambda: rows.to_csv(name, sep="\t", index=False),
        "parquet": lambda: rows.to_parquet(name),
        "json": lambda: rows.to_json(name, orient="records", force_ascii=False),
        "jsonl": lambda: rows.to_json(name, orient="records", lines=True, force_ascii=False),
    }
    write[name.rpartition(".")[2]]()
    found = load_pairs(name, source_column="en", target_column="de")
    sizes = {split: len(part) for split, part in found.items()}
    assert sizes == {"train": 210, "validation": 45, "test": 45}
    whole = {
        pair for part in found.values() for pair in zip(part["source"], part["target"], strict=True)
    }
    assert whole == set(pairs(300).itertuples(index=False, name=None))


def test_a_hub_sets_commit_can_be_named(hub: str, tmp_path: Path) -> None:
    older = "f" * 40
    for commit, n in ((older, 260), (COMMIT, 300)):
        (tmp_path / commit).mkdir()
        pairs(n).to_parquet(tmp_path / commit / "train.parquet")
    StandIn.commits["team/pairs"] = {c: tmp_path / c for c in (older, COMMIT)}
    code = (
        "from shared.translation_data import load_pairs\n"
        "for revision in (None, {older!r}, 'nothing'):\n"
        "    found = load_pairs('team/pairs', 'de', 'en', 'de', 0, revision)\n"
        "    print(sum(map(len, found.values())))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code.format(older=older)], capture_output=True, text=True,
        env=hub_variables(hub, tmp_path / "home"),
    )  # fmt: skip
    assert done.stdout.split() == ["300", "260"], done.stderr
    assert "has no such revision" in done.stderr.splitlines()[-1]


def test_the_nearest_text_is_the_one_with_the_highest_chrf() -> None:
    """Short and empty texts, repeated letters and other scripts included."""
    old = ["Add a device", "Add devices", "aaa aaaa", "日本語", "🧪🧪", "Tür öffnen", "x", ""]
    new = ["Add the device", "aaaaa", "日本", "🧪", "Tür", "xx", "qqq", "", "Öffnen Tür"]
    chrf = sacrebleu.CHRF()
    scores = np.array([[chrf.sentence_score(b, [a]).score for b in old] for a in new])
    places, similarity = nearest(new, old, block=4)
    assert similarity == pytest.approx(scores.max(1))
    assert scores[range(len(new)), places] == pytest.approx(scores.max(1))


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

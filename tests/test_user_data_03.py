"""Notebook 03, and a trial of a sweep, on users' data and encoders: small, odd and of any kind."""

import ast
import itertools
import time
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
import tiny_encoders
import torch
from cells import code_cells, execute
from conftest import key_line, papermill
from safetensors.torch import load_file, save_file

from shared import baselines, batches, data
from shared.errors import UserError

NOTEBOOK = "03_fine_tuning"
EXERCISES = 'solution("rate")'  # in the first cell of theirs
CLASSES = {  # how a class's texts begin, so that it can be learnt
    "plain": ["good", "bad"],
    "of any script": ["$a_1$ 50% \\frac{#1", "中文 $", "عربي " + "and so on " * 20],
}


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in an empty folder, without windows, and let everything take one second."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COURSE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setattr(time, "perf_counter", itertools.count().__next__)
    batches._say_cut.cache_clear()


def write(rows: int, words: int = 12, labels: list[object] | None = None) -> str:
    """Write a file of short sentences, each another; without labels, of two classes."""
    labels = labels or CLASSES["plain"]
    random, vocabulary = np.random.default_rng(0), [*"abcdefgh", "film", "plot", "fox", "dog"]
    texts = [" ".join([str(i), *random.choice(vocabulary, words)]) for i in range(rows)]
    label = [labels[i % len(labels)] for i in range(rows)]
    pd.DataFrame({"text": texts, "label": label}).to_csv("reviews.csv", index=False)
    return "reviews.csv"


def marks(rows: int) -> str:
    """Write texts without letters."""
    texts = ["!" * (1 + i) + "?" * (i % 7) for i in range(rows)]
    label = [CLASSES["plain"][i % 2] for i in range(rows)]
    pd.DataFrame({"text": texts, "label": label}).to_csv("reviews.csv", index=False)
    return "reviews.csv"


def run(dataset: str, kind: str = "bert", tokens: int = 512, **values: object) -> dict:
    """Execute the cells of notebook 03 here, up to the exercises; return its variables."""
    model = str(tiny_encoders.make(kind, Path("my$model_$1"), tokens))  # which stands in a figure
    return execute(NOTEBOOK, {"dataset": dataset, "model_name": model, **values}, EXERCISES)


def test_the_least_file_and_what_is_published_of_it(capsys: pytest.CaptureFixture) -> None:
    found = run(write(20))
    assert data.class_counts(found["splits"]).sum(axis=1).to_dict() == {"bad": 10, "good": 10}
    assert np.isfinite(list(found["to_beat"].values())).all()
    assert f"on {len(found['splits']['test'])} test texts" in capsys.readouterr().out


def test_texts_end_where_the_models_positions_do(capsys: pytest.CaptureFixture) -> None:
    found = run(write(40, words=300), tokens=64)
    assert found["max_length"] == found["recipe"].max_length == 64
    assert found["runs"][0].provenance["parameters"]["max_length"] == 64
    assert np.array_equal(found["lengths"], [64] * len(found["lengths"]))
    said = "max_length = 128: the model reads 64 tokens; longer texts are cut there."
    assert capsys.readouterr().out.count(said) == 1


def test_an_encoder_whose_head_is_of_several_layers() -> None:
    found = run(write(40), "xlm-roberta")
    assert found["features"].shape == (28, 32)


def test_texts_without_letters(capsys: pytest.CaptureFixture) -> None:
    found = run(marks(40))
    assert np.isfinite(found["to_beat"]["words, logistic"])
    assert "TF-IDF counts characters instead" in capsys.readouterr().out


def test_numbers_that_a_single_validation_text_cannot_correlate_with() -> None:
    found = run(write(10, labels=[0.5, 1.5, -3.0, 2.0, 4.0]), task="regression")
    assert len(found["splits"]["validation"]) == 1
    assert np.isfinite(list(found["to_beat"].values())).all()
    assert np.isfinite([found["gain"], found["low"], found["high"]]).all()


def test_numbers_that_are_all_the_same_in_the_test_split_are_refused() -> None:
    with pytest.raises(UserError, match=r"every label of the test split \(9 texts\) is 1"):
        run(write(60, labels=[2.0] + [1.0] * 59), task="regression")


def test_a_loss_that_is_no_number_is_named() -> None:
    """The loop by hand, which knows no best weights then, does not fail before it."""
    folder = tiny_encoders.make("bert", Path("encoder"))
    weights = load_file(folder / "model.safetensors")
    broken = {name: torch.full_like(value, float("nan")) for name, value in weights.items()}
    save_file(broken, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(UserError, match=r"The loss is nan at step \d+: lower learning_rate"):
        execute(NOTEBOOK, {"dataset": write(40), "model_name": str(folder)}, EXERCISES)


@pytest.mark.parametrize(
    ("texts", "counts"),
    [
        (["good film", "好看", "Ünï 1"], "words"),
        (["!!!", "a b c", "🙂 🙂", "7", "a word"], "characters"),
    ],
)
def test_what_the_baseline_counts(texts: list[str], counts: str) -> None:
    features = baselines.tfidf(texts)
    assert features.fit_transform(texts).shape[0] == len(texts)
    assert features.analyzer == {"words": "word", "characters": "char"}[counts]


def published_only(condition: ast.expr) -> bool:
    return "AS_PUBLISHED" in ast.unparse(condition)


@pytest.mark.parametrize("notebook", [NOTEBOOK, "05_saving_and_sharing", "trial"])
def test_what_must_always_be_true_has_a_message(notebook: str) -> None:
    """And what was found with our data is asserted of our data only."""
    silent = []
    for tree in (ast.parse(cell.source) for cell in code_cells(notebook)):
        ours = {
            child
            for node in ast.walk(tree)
            if isinstance(node, ast.If) and published_only(node.test)
            for child in ast.walk(node)
        }
        silent += [
            ast.unparse(node)
            for node in ast.walk(tree)
            if isinstance(node, ast.Assert) and node not in ours
            if node.msg is None and not published_only(node.test)
        ]
    assert silent == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", [kind for kind in tiny_encoders.KINDS if kind != "gpt2"])
def test_an_encoder_of_any_kind(kind: str, tmp_path: Path) -> None:
    """With classes and a folder whose names are no formulas, by the command line."""
    model = tiny_encoders.make(kind, tmp_path / "my$model_$1", tokens=64)
    dataset = write(60, words=80, labels=CLASSES["of any script"])
    done, output = papermill(tmp_path, NOTEBOOK, dataset=dataset, model_name=model.name)
    assert done.returncode == 0, done.stderr[-3000:]
    assert key_line(output).startswith("accuracy ")
    cells = nbformat.read(output, as_version=4).cells
    outputs = [o for cell in cells for o in cell.get("outputs", [])]
    assert [o.text for o in outputs if o.get("name") == "stderr"] == []
    tables = "".join(o.get("data", {}).get("text/plain", "") for o in outputs)
    assert "中文 $" in tables and "train  validation  test" in tables


def test_a_trial_reads_to_where_the_positions_end(capsys: pytest.CaptureFixture) -> None:
    model = str(tiny_encoders.make("roberta", Path("encoder"), tokens=64))
    given = {"dataset": write(20, words=300), "model_name": model, "max_length": 1024}
    found = execute("trial", given, before="# Choose by the validation texts")
    assert np.isfinite(found["made"].metrics["accuracy"])
    assert capsys.readouterr().out.count("the model reads 64 tokens") == 1

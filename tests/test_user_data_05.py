"""Notebook 05 on users' data and models: regression, any encoder, small files, long texts."""

import json
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
import tiny_encoders
from cells import execute
from conftest import key_line, papermill

from shared import batches, models

NOTEBOOK = "05_saving_and_sharing"
BEFORE_ONNX = 'getLogger("torch.onnx")'


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    batches._say_cut.cache_clear()


def write(rows: int, labels: list[object], words: int = 100) -> str:
    texts = [f"{i} " + "the film is good or bad " * (words // 6) for i in range(rows)]
    label = [labels[i % len(labels)] for i in range(rows)]
    pd.DataFrame({"text": texts, "label": label}).to_csv("reviews.csv", index=False)
    return "reviews.csv"


def fine_tuned(
    labels: list[str] | None, kind: str = "bert", tokens: int = 512, reads: int = 0
) -> str:
    """Save a model with a new head, and a tokenizer that says how many tokens it reads."""
    encoder = str(tiny_encoders.make(kind, Path("encoder"), tokens))
    models.load_classifier(encoder, labels).save_pretrained("model")
    tokenizer = models.load_tokenizer(encoder)
    if reads:
        tokenizer.model_max_length = reads
    tokenizer.save_pretrained("model")
    return "model"


def test_regression_on_the_least_file() -> None:
    dataset = write(10, [0.5, 1.5, -3.0, 2.0, 4.0])
    given = {"dataset": dataset, "model_folder": fine_tuned(None), "task": "regression"}
    found = execute(NOTEBOOK, given, BEFORE_ONNX)
    wrong = np.abs(found["all_logits"][:, 0] - found["truth"])
    assert np.isclose(found["own"].score, wrong.mean())
    result = found["card"].data.eval_results[0]
    assert (result.metric_type, result.metric_value) == ("mae", round(wrong.mean(), 4))
    assert "A text regression, for texts of up to" in found["card"].text
    assert "mean_absolute_error" in json.loads((found["saved"] / "sign_off.json").read_text())
    assert found["elsewhere"] == {} and found["history"] == found["expected_history"]


def test_classes_of_ten_rows_and_texts_beyond_the_positions() -> None:
    """Which `pipeline`, `sentence-transformers` and all copies of the folder cut alike."""
    dataset, model = write(20, ["bad", "good"]), fine_tuned(["bad", "good"], "roberta", tokens=24)
    found = execute(NOTEBOOK, {"dataset": dataset, "model_folder": model}, BEFORE_ONNX)
    assert found["max_length"] == 24 and found["SHORT"] == 24
    assert found["gaps"].keys() == {"transformers.pipeline", "sentence-transformers"}
    cut_by_the_folder = found["pipeline"](
        "text-classification", str(found["saved"]), truncation=True, function_to_apply="none",
        top_k=None, device="cpu",
    )(found["texts"])  # fmt: skip
    scores = [{entry["label"]: entry["score"] for entry in answer} for answer in cut_by_the_folder]
    assert np.allclose([[row["bad"], row["good"]] for row in scores], found["logits"], atol=1e-4)


@pytest.mark.parametrize(("asked", "read"), [(0, 192), (100, 100), (1024, 512)])
def test_the_folder_says_where_texts_are_cut(asked: int, read: int) -> None:
    dataset, model = write(20, ["bad", "good"]), fine_tuned(["bad", "good"], reads=192)
    given = {"dataset": dataset, "model_folder": model, "max_length": asked}
    found = execute(NOTEBOOK, given, before="def read_array(")
    assert found["max_length"] == read
    model, tokenizer = models.load_fine_tuned(model, ["bad", "good"])
    expected = batches.predict(model, tokenizer, found["texts"], read)
    assert np.array_equal(found["logits"], expected)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [kind for kind in tiny_encoders.KINDS if kind != "gpt2"])
def test_a_model_of_any_kind(kind: str, tmp_path: Path) -> None:
    """Half of them regressions, by the command line, to the end: ONNX and devices too."""
    is_regression = list(tiny_encoders.KINDS).index(kind) % 2 == 0
    dataset = write(60, [0.5, 1.5, -2.0] if is_regression else ["$a_1$", "中文 %", "عربي #"])
    labels = None if is_regression else ["$a_1$", "عربي #", "中文 %"]
    model, task = fine_tuned(labels, kind, tokens=64), "regression" if is_regression else "auto"
    given = {"model_folder": model, "dataset": dataset, "task": task}
    done, output = papermill(tmp_path, NOTEBOOK, **given)
    assert done.returncode == 0, done.stderr[-3000:]
    assert key_line(output).startswith("reload, shards and resume: bit for bit")
    outputs = [o for cell in nbformat.read(output, 4).cells for o in cell.get("outputs", [])]
    assert [o.text for o in outputs if o.get("name") == "stderr"] == []

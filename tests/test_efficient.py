"""Notebook 08: its arithmetic against known answers, own models, and bad input."""

import gc
import json
import re
import weakref
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from conftest import assert_stopped, definitions, key_line, papermill

NOTEBOOK = "08_efficient_models"


@pytest.fixture(scope="module")
def notebook() -> SimpleNamespace:
    return definitions(f"{NOTEBOOK}.ipynb")


def test_the_front_keeps_what_nothing_beats(notebook: SimpleNamespace) -> None:
    random = np.random.default_rng(0)
    cost, quality = random.integers(0, 9, 40), random.integers(0, 9, 40)
    for point, kept in enumerate(notebook.front(cost, quality)):
        beaten = any(
            cost[other] <= cost[point]
            and quality[other] >= quality[point]
            and (cost[other] < cost[point] or quality[other] > quality[point])
            for other in range(40)
        )
        assert kept != beaten


def test_saturation_begins_above_seven_bits(notebook: SimpleNamespace) -> None:
    for top in (1, 63, 64, 65, 127):
        for sign in (1, -1):
            x, w = np.full((1, 4), 255), np.full((4, 1), sign * top)
            got = notebook.saturating_product(x, w)
            assert (got == x @ w).all() == (top <= 64), (top, sign)


def test_the_loss_is_zero_for_equal_answers_and_ignores_absent_labels(
    notebook: SimpleNamespace,
) -> None:
    z, y = torch.randn(6, 3), torch.tensor([0, 1, 2, -100, -100, 0])
    soft = notebook.distillation_loss(z, z + 5, y, 3.0, alpha=0.0)
    assert soft.abs() < 1e-6  # a constant added to all logits changes nothing
    hard = notebook.distillation_loss(z, z, y, 3.0, alpha=1.0)
    labelled = torch.nn.functional.cross_entropy(z[y >= 0], y[y >= 0], reduction="sum")
    torch.testing.assert_close(hard, labelled / 6)


def test_a_gain_is_paired(notebook: SimpleNamespace) -> None:
    rows = np.random.default_rng(0).random((3, 500)) < 0.8
    assert notebook.gain_of(rows, rows) == (0, 0, 0)
    better = rows.copy()
    better[:, :50] = True
    mean, low, high = notebook.gain_of(better, rows)
    assert mean == pytest.approx(better.mean() - rows.mean())
    assert 0 < low < mean < high


def test_counting_what_a_call_keeps_frees_it_again(notebook: SimpleNamespace) -> None:
    layer, outputs = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Tanh()), []

    def call() -> torch.Tensor:
        output = layer(torch.ones(2, 4))  # kept by tanh itself
        outputs.append(weakref.ref(output))
        return output

    assert notebook.kept_megabytes(call, layer) == pytest.approx(2 * (2 * 4 * 4) / 1e6)
    gc.collect()
    assert outputs[0]() is None


def test_integers_hold_zero_exactly(notebook: SimpleNamespace) -> None:
    for values in ([0.5, 2.0], [-3.0, -1.0], [-1.0, 0.3]):
        q, scale, zero = notebook.to_uint8(np.array(values, dtype=np.float32))
        assert 0 <= zero <= 255
        assert q.min() >= 0
        assert q.max() <= 255
        assert np.abs((q - zero) * scale - values).max() <= scale


def test_own_classifier_of_three_classes(
    tmp_path: Path, classifier: Path, stars_csv: Path, tiny_model: Path
) -> None:
    done, output = papermill(
        tmp_path, NOTEBOOK, model_folder=classifier, base_model=tiny_model, dataset=stars_csv,
        text_column="Review Body", label_column="stars?", task="three-class", unlabelled="nyt",
        max_length=40, batch_size=7, threads=1, lora_rank=2, seed=5, try_compile="always",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert key_line(output).startswith("int8 in sorted batches: ")
    text = output.read_text()
    measured = r"\d s to compile; |was not measured: (there is no C|PyTorch is installed in)"
    assert re.search(measured, text)
    assert "batches of 1, 3 and 7: logits within 0.0001" in text


BAD = {
    "no folder": ({"model_folder": "nowhere"}, "there is no such folder"),
    "no base": ({"base_model": "./nowhere"}, "model_name = './nowhere': there is no such folder"),
    "another kind": ({"model_folder": "OTHER KIND"}, "expected a model of type 'bert', it is"),
    "labels": ({"dataset": "movies"}, "has the labels {0: 'so so'"),
    "compiling": ({"try_compile": "quick"}, "expected one of 'auto', 'always', 'never'"),
    "rank": ({"lora_rank": 0}, "lora_rank = 0: expected from 1 to 256"),
    "unlabelled": ({"unlabelled": "stars"}, "unlabelled = 'stars': expected one of 'movies'"),
    "regression": ({"task": "regression"}, "expected one of 'auto', 'binary', 'three-class'"),
    "misspelt": ({"thread": 2}, "Did you mean 'threads'?"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_stops_the_notebook_before_anything_long(
    tmp_path: Path, classifier: Path, stars_csv: Path, tiny_model: Path, case: str
) -> None:
    changes, message = BAD[case]
    if changes.get("model_folder") == "OTHER KIND":
        changes = {"model_folder": other_kind(classifier, tmp_path / "other")}
    own = {"model_folder": classifier, "base_model": tiny_model, "dataset": stars_csv}
    own |= {"text_column": "Review Body", "label_column": "stars?"}
    if changes.get("dataset") == "movies":
        own |= {"text_column": "text", "label_column": "label"}
    done, output = papermill(tmp_path, NOTEBOOK, **{**own, **changes})
    assert_stopped(done, output, message, before="Benchmark(texts")


def other_kind(classifier: Path, folder: Path) -> Path:
    """Return a sound classifier that is no BERT."""
    from transformers import DistilBertConfig, DistilBertForSequenceClassification

    from shared.models import load_tokenizer

    names = json.loads((classifier / "config.json").read_text())["id2label"]
    config = DistilBertConfig(
        dim=16, n_layers=1, n_heads=2, hidden_dim=16,
        id2label={int(i): n for i, n in names.items()},
        label2id={n: int(i) for i, n in names.items()},
    )  # fmt: skip
    DistilBertForSequenceClassification(config).save_pretrained(folder)
    load_tokenizer().save_pretrained(folder)
    return folder

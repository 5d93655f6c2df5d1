"""Notebook 08: its arithmetic against known answers, own models, and bad input."""

import gc
import re
import weakref
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from conftest import definitions, key_line, papermill

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


@pytest.mark.slow
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

"""Notebook 05: folders that are refused, the signed manifest, and the notebook on own models."""

import json
import shutil
from pathlib import Path

import gguf
import numpy as np
import pytest
import torch
from conftest import definitions, hub_variables, key_line, papermill
from stand_in import TOKEN

from shared import model_card, models, runs, saving

NOTEBOOK = "05_saving_and_sharing"
LABELS = ["so so", "toll", "ärgerlich"]


@pytest.fixture
def folder(classifier: Path, tmp_path: Path) -> Path:
    return shutil.copytree(classifier, tmp_path / "model")


def test_embeddings_rounded_up_for_speed_are_no_error(folder: Path) -> None:
    model, _ = models.load_fine_tuned(folder, LABELS)
    model.resize_token_embeddings(30_592)  # the next multiple of 128
    model.save_pretrained(folder)
    assert models.load_fine_tuned(folder, LABELS)[0].config.vocab_size == 30_592


def test_damaged_files_are_named(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).write_text(name)
    files = {name: runs.sha256(tmp_path / name) for name in ("a", "b", "c")}
    assert runs.damaged(tmp_path) == ["manifest.json"]
    (tmp_path / "manifest.json").write_text(json.dumps(files))
    assert runs.damaged(tmp_path) == []
    (tmp_path / "a").write_text("changed")
    (tmp_path / "c").unlink()
    assert runs.damaged(tmp_path) == ["a", "c"]
    assert not runs.is_whole(tmp_path)


def test_the_notebooks_manifest_finds_each_changed_byte(tmp_path: Path) -> None:
    notebook = definitions(f"{NOTEBOOK}.ipynb")
    (tmp_path / "x.json").write_text('{"a": 1}')
    seal = notebook.sign_off(tmp_path, "me", accuracy=0.5)
    assert notebook.problems(tmp_path, seal) == []
    for name in ("x.json", "sign_off.json", "manifest.json"):
        for place in range((tmp_path / name).stat().st_size):
            notebook.change_byte(tmp_path / name, place)
            assert len(notebook.problems(tmp_path, seal)) == 1, (name, place)
            notebook.change_byte(tmp_path / name, place)
    assert notebook.problems(tmp_path, seal) == []
    (tmp_path / "manifest.json").unlink()
    assert notebook.problems(tmp_path, seal) == ["manifest.json is missing"]


def test_the_error_of_rounding_is_told_by_group(folder: Path) -> None:
    model, tokenizer = models.load_fine_tuned(folder, LABELS)
    with torch.no_grad():  # every weight but the gains is exact in 16 bits
        for name, weight in model.named_parameters():
            exact = saving.group_of(name, weight) != "norm gains"
            weight.copy_(weight.bfloat16() if exact else weight + 0.001)
    errors = saving.errors_by_group(model, tokenizer, ["so", "toll"], 16)
    half = errors["bfloat16"]
    assert half["all"] == half["norm gains"] > 0
    assert half["all but the norm gains"] == half["matrices"] == half["embeddings"] == 0
    assert errors["weights"]["all"] == sum(p.numel() for p in model.parameters())
    assert (errors["int8"][["matrices", "embeddings"]] > 0).all()


def test_a_row_of_zeros_stays_zeros_in_8_bits() -> None:
    rows = torch.tensor([[0.0, 0.0], [1.0, -2.0]])
    assert torch.equal(saving.to_8_bits_and_back(rows)[0], torch.zeros(2))
    assert (saving.to_8_bits_and_back(rows) - rows).abs().max() <= 1 / 127


def test_gguf_has_a_place_for_each_array(folder: Path, tmp_path: Path) -> None:
    model, _ = models.load_fine_tuned(folder, LABELS)
    named = saving.write_gguf(model, tmp_path / "m.gguf")
    weights = model.state_dict()
    assert weights.keys() == set(named.values())
    assert named["cls.weight"] == "bert.pooler.dense.weight"  # dropped by llama.cpp's converter
    assert named["cls.output.weight"] == "classifier.weight"  # as llama.cpp's converter
    arrays = gguf.GGUFReader(tmp_path / "m.gguf").tensors
    assert len(arrays) == len(weights)
    for array in arrays:
        assert np.array_equal(array.data, weights[named[array.name]].numpy())


def test_a_helper_says_that_nothing_was_refused() -> None:
    assert saving.refusal(int, "x").startswith("ValueError")
    with pytest.raises(AssertionError, match="not refused"):
        saving.refusal(int, "1")


def test_a_card_tells_n_interval_and_the_constant_answer() -> None:
    truth = np.array([1] * 70 + [0] * 30)
    own = model_card.measured(truth, np.arange(100) < 80)
    poor = model_card.measured(truth, np.arange(100) < 68)
    assert (own.n, own.score, own.constant) == (100, 0.8, 0.7) and own.low < 0.8 < own.high
    assert model_card.no_better({"good": own, "poor": poor}) == ["poor"]
    texts = dict.fromkeys(("length", "data_card", "fingerprint", "licence"), "x")
    card = model_card.card("mine", ["a", "b"], own, {"poor": poor}, ["one"], None, None, **texts)
    assert str(own) in card.text and f"{poor.constant:.3f}" in card.text and "{{" not in card.text
    (result,) = card.data.eval_results
    assert result.metric_value == 0.8 and "interval" in result.metric_name
    errors = model_card.measured(np.array([0.0, 1.0, 5.0]), np.array([0.5, 0.1, 0.3]))
    assert np.isclose(errors.constant, (1 + 0 + 4) / 3)


@pytest.mark.slow
def test_own_classifier_is_saved_resumed_pushed_and_exported(
    tmp_path: Path, classifier: Path, stars_csv: Path, hub: str
) -> None:
    done, output = papermill(
        tmp_path, NOTEBOOK, hub_variables(hub, tmp_path / "home", HF_TOKEN=TOKEN),
        model_folder=classifier, dataset=stars_csv, text_column="Review Body",
        label_column="stars?", task="three-class", max_length=64, test_texts=40, seed=7,
        push_to="me/own-classifier", signed_off_by="a test", profile="full",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert key_line(output).startswith("reload, shards and resume: bit for bit")
    text = output.read_text()
    assert "pushed and fetched again, bit for bit" in text
    assert "signed off by a test" in text

"""What notebook 03 adds to `shared`: LoRA by hand, tasks and their intervals, tuned baselines."""

from pathlib import Path

import numpy as np
import pytest
import tiny_encoders
import torch
from datasets import ClassLabel, Dataset, DatasetDict, Features, Value

from shared import (
    anatomy,
    lora,
    models,
    stored,
    tasks,
    text_models,
    tuning_controls,
    tuning_figures,
)
from shared.errors import UserError
from shared.recipes import Recipe


def test_lora_begins_as_the_layer_and_merges_into_one() -> None:
    torch.manual_seed(0)
    layer = lora.LoRALinear(torch.nn.Linear(6, 4), rank=2, alpha=4)
    x = torch.randn(5, 6)
    assert torch.equal(layer(x), layer.layer(x))
    layer.b.weight.data.normal_()
    assert not torch.allclose(layer(x), layer.layer(x))
    assert torch.allclose(layer(x), layer.merged()(x), atol=1e-6)
    assert sum(p.numel() for p in layer.parameters() if p.requires_grad) == 2 * (6 + 4)


@pytest.mark.parametrize("kind", ["bert", "distilbert", "modernbert", "deberta-v2", "roberta"])
def test_only_adapters_and_head_are_trained(kind: str, tmp_path: Path) -> None:
    model = models.load_classifier(str(tiny_encoders.make(kind, tmp_path / "e")))
    names = lora.add_lora(model, 2, 4, seed=0)
    assert len(names) >= 2 * 4  # two blocks of four or more linear layers
    trained = [name for name, p in model.named_parameters() if p.requires_grad]
    head = [name for name in trained if not name.startswith(f"{model.base_model_prefix}.")]
    assert head and all(name.endswith(("a.weight", "b.weight")) for name in set(trained) - {*head})


def test_the_parts_are_the_whole(tmp_path: Path) -> None:
    model = models.load_classifier(str(tiny_encoders.make("bert", tmp_path / "e")))
    parts = anatomy.parts(model, Recipe(train_embeddings=False))
    assert sum(p.numbers for p in parts) == sum(p.numel() for p in model.parameters())
    assert [p.name for p in parts if not p.trained] == ["word embeddings"]
    assert [p.name for p in parts if p.is_new] == ["head"]


def split_of(labels: list, feature: object) -> DatasetDict:
    rows = {"text": [f"text {i}" for i in range(len(labels))], "label": labels}
    part = Dataset.from_dict(rows, Features({"text": Value("string"), "label": feature}))
    return DatasetDict({"train": part, "test": part})


def test_a_gain_is_paired() -> None:
    truth = np.arange(200) % 2
    task = tasks.Task.of(split_of(truth.tolist(), ClassLabel(names=["a", "b"])), "mine")
    worse, other = truth.copy(), truth.copy()
    worse[:40], other[:20] = 1 - worse[:40], 1 - other[:20]  # other errs only where worse does
    gain, low, high = task.gain(other, worse)
    assert gain == pytest.approx(0.1) and 0 < low < gain < high
    assert high - low < sum(np.diff(task.interval(each))[0] for each in (worse, other))
    assert task.gain(other, other) == (0, 0, 0)


def test_numbers_become_two_classes_and_are_scored_by_correlation() -> None:
    splits = split_of([0.5, 1.0, -3.0, 2.0], Value("float32"))
    task = tasks.Task.of(splits, "mine")
    assert task.score_name == "pearson_r" and task.score([0.5, 1.0, -3.0, 2.0]) == 1
    assert task.as_classes(splits["train"])["label"][:] == [0, 1, 0, 1]


@pytest.mark.parametrize("regression", [True, False])
def test_each_baseline_can_be_fitted(regression: bool) -> None:
    texts, labels = ["good film", "bad film"] * 4, [0, 1] * 4
    for features, settings in text_models.candidates(texts, regression).values():
        x = features.fit_transform(texts)
        assert all(np.shape(each.fit(x, labels).predict(x)) == (8,) for each in settings.values())


def test_one_class_among_few_labels_is_its_own_answer() -> None:
    model = text_models.of_vectors(np.zeros(4, int), False).fit(np.eye(4), np.zeros(4, int))
    assert model.predict(np.eye(4)).tolist() == [0, 0, 0, 0]


def test_words_without_blocks_and_an_encoder_without_pretraining(tmp_path: Path) -> None:
    folder = str(tiny_encoders.make("bert", tmp_path / "e"))
    encoder, tokenizer = models.load_encoder(folder), models.load_tokenizer(folder)
    (found,) = tuning_controls.word_vectors(encoder, tokenizer, ["a good film"], 16)
    ids = tokenizer("a good film", return_tensors="pt")["input_ids"]
    table = encoder.get_input_embeddings().weight
    assert np.allclose(found, table[ids[0]].mean(0).detach().numpy(), atol=1e-6)
    control = tuning_controls.untrained(encoder, seed=1)  # the encoder itself is of seed 0
    assert control.get_input_embeddings().weight.shape == table.shape
    assert not torch.allclose(control.get_input_embeddings().weight, table)


def test_draws_are_the_same_each_time_and_large_test_sets_are_halved() -> None:
    one, again, other = (tuning_controls.rows_of(640, 32, 0, draw) for draw in (0, 0, 1))
    assert np.array_equal(one, again) and not np.array_equal(one, other) and len(set(one)) == 32
    assert len(range(1510)[tuning_controls.some_of(1510, full=False)]) == 755
    assert len(range(900)[tuning_controls.some_of(900, full=False)]) == 900
    assert len(range(1510)[tuning_controls.some_of(1510, full=True)]) == 1510


def test_what_is_stored_can_be_quoted() -> None:
    assert [*tuning_controls.curves()["untrained encoder"]] == [*tuning_controls.SIZES]
    assert "0.827" in tuning_controls.of_seeds() and "at 32" in tuning_controls.of_curves()


@pytest.mark.parametrize("part", ["grid", "run", "ways"])
def test_of_full_nothing_is_said_unless_it_is_stored(
    part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(tuning_figures, "display", lambda shown: said.append(shown.data))

    def absent(lesson: str) -> dict:
        raise UserError("none")

    kept = {"date": "2026-01-01", "machine": "m", "results": {}}
    for read in (absent, lambda lesson: kept):
        monkeypatch.setattr(stored, "of_full", read)
        tuning_figures.of_full(part)
        assert said == []
    kept["results"] = {
        "reached": [0.5], "strongest": "counts", "gains": [[0.1, 0.0, 0.2]],
        "grid": {"0.1": [0.5, 0.7]}, "ways": {"LoRA": [0.5, 0.7]},
    }  # fmt: skip
    tuning_figures.of_full(part)
    assert len(said) == 1 and ("0.600 ± 0.141" in said[0]) == (part != "run")

"""`shared.training`: the loop's order, its resume, its artifact."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from datasets import Value
from transformers import AutoModelForSequenceClassification, pipeline

from shared import data, metrics, models, training
from shared.errors import UserError
from shared.training import LengthBuckets, Recipe


@pytest.fixture(scope="module")
def splits() -> data.DatasetDict:
    loaded = data.load("amazon")
    return data.DatasetDict({k: data.subset(v, 160) for k, v in loaded.items()})


RECIPE = Recipe(learning_rate=1e-3, epochs=2, batch_size=16, train_embeddings=True)


def test_each_example_comes_once_an_epoch_in_batches_of_similar_length() -> None:
    lengths = np.random.default_rng(0).integers(5, 60, 500)
    sampler = LengthBuckets(lengths, 16, seed=1)
    batches = list(sampler)
    assert sorted(i for batch in batches for i in batch) == list(range(500))
    assert len(batches) == len(sampler)
    assert np.mean([lengths[b].max() - lengths[b].min() for b in batches]) < 8
    sampler.epoch = 1
    assert list(sampler) != batches
    assert list(LengthBuckets(lengths, 16, seed=1)) == batches
    assert list(LengthBuckets(lengths, 16, seed=2)) != batches


def test_biases_and_norms_do_not_decay(tiny_model: Path) -> None:
    model = models.load_classifier(str(tiny_model))
    spared = {id(p) for p in training.parameter_groups(model, 0.1)[1]["params"]}
    for name, parameter in model.named_parameters():
        assert (id(parameter) in spared) == (name.endswith("bias") or "LayerNorm" in name), name


class Killed(Exception):
    """Stands for the end of a process."""


@pytest.mark.parametrize("dies_after", [1, 2, 3])
def test_an_interrupted_run_ends_with_the_same_weights(
    tiny_model: Path,
    splits: data.DatasetDict,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    dies_after: int,
) -> None:
    monkeypatch.setattr(training, "CHECKPOINT_EVERY", 4)
    tokenizer = models.load_tokenizer()

    def run(folder: Path | None) -> tuple[dict[str, torch.Tensor], training.History]:
        model = models.load_classifier(str(tiny_model))
        history = training.fit(
            model, tokenizer, splits["train"], splits["validation"], RECIPE, folder
        )
        return model.state_dict(), history

    expected, expected_history = run(None)
    save, saved = training._Checkpoints.save, []

    def save_and_die(self: training._Checkpoints, *arguments: object) -> None:
        save(self, *arguments)
        saved.append(1)
        if len(saved) == dies_after:
            raise Killed

    monkeypatch.setattr(training._Checkpoints, "save", save_and_die)
    with pytest.raises(Killed):
        run(tmp_path)
    monkeypatch.setattr(training._Checkpoints, "save", save)
    weights, history = run(tmp_path)
    assert history == expected_history
    assert all(torch.equal(weights[name], expected[name]) for name in expected)


def test_the_artifact_is_a_model_folder_and_is_made_once(
    tiny_model: Path,
    splits: data.DatasetDict,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COURSE_RUNS", str(tmp_path))
    made = training.fine_tune(splits, RECIPE, str(tiny_model))
    assert not (made.path / "checkpoints").exists()
    assert len(json.loads((made.path / "history.json").read_text())["evaluations"]) == 2
    model = AutoModelForSequenceClassification.from_pretrained(made.path)
    assert model.config.id2label == {0: "negative", 1: "positive"}
    texts = splits["test"]["text"][:]
    logits = training.predict(model, models.load_tokenizer(str(made.path)), texts)
    accuracy = (logits.argmax(1) == np.array(splits["test"]["label"][:])).mean()
    assert made.metrics["accuracy"] == pytest.approx(accuracy)
    classify = pipeline("text-classification", model=str(made.path))
    assert [r["label"] == "positive" for r in classify(texts)] == list(logits[:, 1] > logits[:, 0])

    monkeypatch.setattr(training, "fit", lambda *_: pytest.fail("was trained again"))
    assert training.fine_tune(splits, RECIPE, str(tiny_model)) == made


def test_batches_do_not_change_predictions(tiny_model: Path, splits: data.DatasetDict) -> None:
    model, tokenizer = models.load_classifier(str(tiny_model)), models.load_tokenizer()
    texts = splits["test"]["text"][:50]
    together = training.predict(model, tokenizer, texts)
    alone = np.concatenate([training.predict(model, tokenizer, [text]) for text in texts])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_regression_learns_a_number(tiny_model: Path) -> None:
    splits = data.load("amazon", "regression")
    splits = data.DatasetDict({k: data.subset(v, 64) for k, v in splits.items()})
    model = models.load_classifier(str(tiny_model), labels=None)
    history = training.fit(
        model, models.load_tokenizer(), splits["train"], splits["validation"], RECIPE
    )
    assert {"loss", "pearson_r", "mean_absolute_error"} <= history.evaluations[-1].keys()


@pytest.mark.parametrize("references", [np.arange(3.0), np.ones(3)])
def test_what_is_constant_has_no_correlation(references: np.ndarray) -> None:
    scores = metrics.of_logits(np.full((3, 1), 2.0), references)
    assert scores["pearson_r"] == 0
    assert scores["mean_absolute_error"] == 1


@pytest.mark.parametrize("labels", [["negative", "positive"], None])
def test_a_loss_that_explodes_is_named(
    labels: list[str] | None, tiny_model: Path, splits: data.DatasetDict
) -> None:
    model, tokenizer = models.load_classifier(str(tiny_model), labels), models.load_tokenizer()
    if labels is None:
        splits = splits.cast_column("label", Value("float32"))
    advice = r"lower learning_rate \(0.001\)"
    advice += r"\.$" if labels else ", or scale the targets, which may be too large to learn"
    model.classifier.weight.data.fill_(float("nan"))
    with pytest.raises(UserError, match=rf"loss is nan at step 1: {advice}"):
        training.fit(model, tokenizer, splits["train"], splits["validation"], RECIPE)


def test_a_loss_that_explodes_in_the_last_step_is_named(
    tiny_model: Path, splits: data.DatasetDict
) -> None:
    """The last update is seen in validation only, where NaN would pass for the first class."""
    model, tokenizer = models.load_classifier(str(tiny_model)), models.load_tokenizer()
    recipe = Recipe(learning_rate=1e38, warmup=0, epochs=1, batch_size=160)
    with pytest.raises(UserError, match=r"loss is .* at step 1: lower learning_rate \(1e\+38\)"):
        training.fit(model, tokenizer, splits["train"], splits["validation"], recipe)


def test_dropout_has_another_seed_in_each_step_and_process() -> None:
    seeds = {training.seed_of(3, step, rank) for step in range(50) for rank in range(4)}
    assert len(seeds) == 200
    assert (
        training.seed_of(3, 50, 1) == 15667157695203576442
    )  # on every system and version of Python


def test_frozen_parts_stay(tiny_model: Path, splits: data.DatasetDict) -> None:
    model = models.load_classifier(str(tiny_model))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    recipe = Recipe(learning_rate=1e-3, epochs=1, frozen_layers=1)
    training.fit(model, models.load_tokenizer(), splits["train"], splits["validation"], recipe)
    moved = {name for name, value in model.state_dict().items() if not value.equal(before[name])}
    assert any("layer.1." in name for name in moved)
    assert not any("layer.0." in name or "embeddings" in name for name in moved)

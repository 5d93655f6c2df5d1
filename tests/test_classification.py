"""Fine-tuning of classifiers: its resume, its messages, its artifact."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from datasets import Value
from transformers import AutoModelForSequenceClassification, pipeline

from shared import batches, checkpoints, classification, data, metrics, models
from shared.checkpoints import Checkpoints
from shared.errors import UserError
from shared.recipes import History, Recipe


@pytest.fixture(scope="module")
def splits() -> data.DatasetDict:
    loaded = data.load("amazon")
    return data.DatasetDict({k: data.subset(v, 160) for k, v in loaded.items()})


RECIPE = Recipe(learning_rate=1e-3, epochs=2, batch_size=16, train_embeddings=True)


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
    monkeypatch.setattr(checkpoints, "CHECKPOINT_EVERY", 4)
    tokenizer = models.load_tokenizer()

    def run(folder: Path | None) -> tuple[dict[str, torch.Tensor], History]:
        model = models.load_classifier(str(tiny_model))
        history = classification.fit(
            model, tokenizer, splits["train"], splits["validation"], RECIPE, folder
        )
        return model.state_dict(), history

    expected, expected_history = run(None)
    save, saved = Checkpoints.save, []

    def save_and_die(self: Checkpoints, *arguments: object) -> None:
        save(self, *arguments)
        saved.append(1)
        if len(saved) == dies_after:
            raise Killed

    monkeypatch.setattr(Checkpoints, "save", save_and_die)
    with pytest.raises(Killed):
        run(tmp_path)
    monkeypatch.setattr(Checkpoints, "save", save)
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
    made = classification.fine_tune(splits, RECIPE, str(tiny_model))
    assert not (made.path / "checkpoints").exists()
    assert len(json.loads((made.path / "history.json").read_text())["evaluations"]) == 2
    model = AutoModelForSequenceClassification.from_pretrained(made.path)
    assert model.config.id2label == {0: "negative", 1: "positive"}
    texts = splits["test"]["text"][:]
    logits = batches.predict(model, models.load_tokenizer(str(made.path)), texts)
    accuracy = (logits.argmax(1) == np.array(splits["test"]["label"][:])).mean()
    assert made.metrics["accuracy"] == pytest.approx(accuracy)
    classify = pipeline("text-classification", model=str(made.path))
    assert [r["label"] == "positive" for r in classify(texts)] == list(logits[:, 1] > logits[:, 0])

    monkeypatch.setattr(classification, "fit", lambda *_: pytest.fail("was trained again"))
    assert classification.fine_tune(splits, RECIPE, str(tiny_model)) == made


def test_batches_do_not_change_predictions(tiny_model: Path, splits: data.DatasetDict) -> None:
    model, tokenizer = models.load_classifier(str(tiny_model)), models.load_tokenizer()
    texts = splits["test"]["text"][:50]
    together = batches.predict(model, tokenizer, texts)
    alone = np.concatenate([batches.predict(model, tokenizer, [text]) for text in texts])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_regression_learns_a_number(tiny_model: Path) -> None:
    splits = data.load("amazon", "regression")
    splits = data.DatasetDict({k: data.subset(v, 64) for k, v in splits.items()})
    model = models.load_classifier(str(tiny_model), labels=None)
    history = classification.fit(
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
        classification.fit(model, tokenizer, splits["train"], splits["validation"], RECIPE)


def test_a_loss_that_explodes_in_the_last_step_is_named(
    tiny_model: Path, splits: data.DatasetDict
) -> None:
    """The last update is seen in validation only, where NaN would pass for the first class."""
    model, tokenizer = models.load_classifier(str(tiny_model)), models.load_tokenizer()
    recipe = Recipe(learning_rate=1e38, warmup=0, epochs=1, batch_size=160)
    with pytest.raises(UserError, match=r"loss is .* at step 1: lower learning_rate \(1e\+38\)"):
        classification.fit(model, tokenizer, splits["train"], splits["validation"], recipe)


def test_frozen_parts_stay(tiny_model: Path, splits: data.DatasetDict) -> None:
    model = models.load_classifier(str(tiny_model))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    recipe = Recipe(learning_rate=1e-3, epochs=1, frozen_layers=1)
    classification.fit(
        model, models.load_tokenizer(), splits["train"], splits["validation"], recipe
    )
    moved = {name for name, value in model.state_dict().items() if not value.equal(before[name])}
    assert any("layer.1." in name for name in moved)
    assert not any("layer.0." in name or "embeddings" in name for name in moved)

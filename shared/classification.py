"""Fine-tuning of classifiers and of regression: what they hand to the loop, and the artifact."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from datasets import Dataset, DatasetDict
from transformers import DataCollatorWithPadding, PreTrainedModel, PreTrainedTokenizerBase

from shared import metrics, models
from shared.batches import LengthBuckets, encode, limit, predict, to_device
from shared.checkpoints import Checkpoints
from shared.data import fingerprint, subset
from shared.freezing import freeze
from shared.loop import train as train_by_loop
from shared.models import EMBEDDED, load_classifier, load_tokenizer, positions, quiet
from shared.parallel import accelerator, led_by_main, predict_together
from shared.recipes import History, Recipe
from shared.runs import Artifact, artifact

TEST_LOGITS = "test_logits.npy"


def loss_of(logits: np.ndarray, labels: Sequence[float]) -> float:
    """Return the mean cross-entropy or, for one column, the mean squared error."""
    output, target = torch.from_numpy(logits), torch.tensor(labels)
    if logits.shape[1] == 1:
        return torch.nn.functional.mse_loss(output[:, 0], target.float()).item()
    return torch.nn.functional.cross_entropy(output, target.long()).item()


def fit(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    train: Dataset,
    validation: Dataset,
    recipe: Recipe,
    folder: Path | None = None,
    checkpoint_every: int = 0,
) -> History:
    """Fine-tune in place, and leave the weights that did best on `validation`, epoch by epoch.

    Under `accelerate launch` or `torchrun` all processes call this together; one writes.

    Args:
        model: Classifier, or regression with one label.
        tokenizer: Its tokenizer.
        train: Columns `text` and `label`.
        validation: The same.
        recipe: How.
        folder: Where checkpoints go. A run that was interrupted continues from the last one, and
            ends with the same weights, bit for bit, as if it had not been interrupted. Several
            hosts need it on a file system they share.
        checkpoint_every: Steps from one to the next; 0: `checkpoints.CHECKPOINT_EVERY`.

    Raises:
        NotFiniteError: The loss is not finite.
        UserError: The processes do not see the same checkpoint, or a wish of the recipe cannot be
            fulfilled.
    """
    workers = accelerator()
    freeze(model, recipe)
    max_length = limit(model, recipe.max_length)
    encoded = encode(tokenizer, train, max_length)
    lengths = [len(ids) for ids in encoded["input_ids"]]
    pad = DataCollatorWithPadding(tokenizer)
    texts, truth = validation["text"][:], np.asarray(validation["label"][:])

    def loss(model: torch.nn.Module, rows: list[int]) -> torch.Tensor:
        return model(**to_device(pad(encoded[rows]), workers.device)).loss

    def evaluate() -> dict[str, float]:
        logits = predict_together(model, tokenizer, texts, max_length)
        row = {"loss": loss_of(logits, truth)}
        # Of what is not finite there is nothing to measure, and the loop says so.
        return row | metrics.of_logits(logits, truth) if np.isfinite(row["loss"]) else row

    large = ", or scale the targets, which may be too large to learn"
    return train_by_loop(
        model,
        LengthBuckets(lengths, recipe.batch_size, recipe.seed).of_epoch,
        loss,
        recipe,
        evaluate=evaluate,
        checkpoints=Checkpoints(folder, _score, checkpoint_every, workers.is_main_process),
        advice=large if model.config.num_labels == 1 else "",
    )


def _score(row: dict[str, float]) -> float:
    return row["accuracy"] if "accuracy" in row else row["pearson_r"]


def fine_tune(
    splits: DatasetDict,
    recipe: Recipe,
    model_name: str = EMBEDDED,
    revision: str | None = None,
    keep_model: bool = True,
) -> Artifact:
    """Return the fine-tuned model as an artifact: made now, or found if made before.

    With `data.load("movies")` and one of `RECIPES` it is the model that notebook 03 makes.

    Its folder is a model folder (`transformers.pipeline` loads it) with `history.json`; its
    metrics are those on `splits["test"]`, and `logits_on_test` returns what they were computed
    from. With `keep_model=False`, for sweeps of many trials, no model is kept (90 MB each), and a
    classifier's metrics say as `correct`, a list of 0 and 1, which test texts it got right, so
    that trials can be compared text by text.

    Of several processes the main one looks for the artifact, locks and writes; all return it.
    """

    def train(folder: Path) -> tuple[PreTrainedModel, PreTrainedTokenizerBase, History]:
        tokenizer = load_tokenizer(model_name, revision)
        features = splits["train"].features["label"]
        names = getattr(features, "names", None)
        model = load_classifier(model_name, names, revision, recipe.seed)
        part = subset(splits["train"], recipe.train_examples, recipe.seed)
        validation = subset(splits["validation"], recipe.validation_examples, recipe.seed)
        history = fit(model, tokenizer, part, validation, recipe, folder / "checkpoints")
        return model, tokenizer, history

    def make(ask_the_others_to_train: Callable[[Path], None]) -> Artifact:
        def build(folder: Path) -> dict[str, float]:
            ask_the_others_to_train(folder)
            model, tokenizer, history = train(folder)
            if keep_model:
                with quiet():
                    model.save_pretrained(folder)
                tokenizer.model_max_length = min(recipe.max_length, positions(model.config))
                tokenizer.save_pretrained(folder)
            (folder / "history.json").write_text(json.dumps(asdict(history)))
            labels = np.asarray(splits["test"]["label"][:])
            logits = predict(model, tokenizer, splits["test"]["text"][:], recipe.max_length)
            scores = metrics.of_logits(logits, labels)
            if keep_model:
                np.save(folder / TEST_LOGITS, logits)
            # Last, so that nothing is trained again; renamed first, so that no half is found.
            renamed = (folder / "checkpoints").rename(folder / ".tmp-checkpoints")
            shutil.rmtree(renamed)
            if keep_model or logits.shape[1] == 1:
                return scores
            return scores | {"correct": (logits.argmax(1) == labels).astype(int).tolist()}

        model = {"model_name": model_name, "revision": revision}
        inputs = {**model, "model": models.fingerprint(model_name, revision), **asdict(recipe)}
        kind = "fine_tuned" if keep_model else "trials"
        return artifact(kind, inputs, build, data=fingerprint(splits))

    return led_by_main(make, train)


def logits_on_test(made: Artifact) -> np.ndarray:
    """Return the logits of the test texts, (texts, labels), as `fine_tune` computed them."""
    return np.load(made.path / TEST_LOGITS, allow_pickle=False)

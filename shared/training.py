"""One fine-tuning loop on `accelerate`, resumable bit for bit, and the artifact it makes.

The same code runs in one process or in N of them (`accelerate launch`, `torchrun`): they share each
batch, and the mean over the batch stays the mean over its examples, however they are shared out.
"""

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from itertools import takewhile
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import broadcast_object_list, gather_object
from datasets import Dataset, DatasetDict
from safetensors.torch import load_file, save_file
from torch.utils.data import DataLoader, Sampler
from tqdm.auto import tqdm
from transformers import (
    DataCollatorWithPadding,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    get_linear_schedule_with_warmup,
)

from shared import metrics, models
from shared.data import fingerprint, subset
from shared.errors import UserError
from shared.models import (
    EMBEDDED,
    UNLIMITED,
    best_device,
    load_classifier,
    load_tokenizer,
    most_tokens,
    positions,
    quiet,
)
from shared.runs import Artifact, artifact

WINDOW = 50  # batches whose examples are sorted by length together
CHECKPOINT_EVERY = 50  # steps


@dataclass(frozen=True)
class Recipe:
    """How to fine-tune.

    Attributes:
        learning_rate: The peak, reached after warm-up and followed by linear decay to 0.
        epochs: Passes over the training examples.
        batch_size: Examples per step, over all processes together.
        warmup: Share of the steps in which the learning rate rises.
        weight_decay: Of weight matrices and embeddings; never of biases and layer norms.
        max_norm: Gradients are clipped to this global L2 norm.
        max_length: Tokens; longer texts are cut, there or where the model's positions end.
        frozen_layers: Encoder layers, from the input on, that keep their pretrained weights.
        train_embeddings: Whether embeddings are trained too, however many layers are frozen.
        train_examples: How many are drawn to train on; 0: all. `fit` takes what it is given.
        validation_examples: How many are drawn to choose the best epoch by; 0: all.
        seed: Of the new head, what is drawn, the order of the examples and dropout.
    """

    learning_rate: float = 1e-4
    epochs: int = 2
    batch_size: int = 32
    warmup: float = 0.1
    weight_decay: float = 0.01
    max_norm: float = 1.0
    max_length: int = 128
    frozen_layers: int = 0
    train_embeddings: bool = False
    train_examples: int = 0
    validation_examples: int = 0
    seed: int = 0


# What each profile's model is made with, in every notebook that makes or takes it.
RECIPES = {
    "quick": Recipe(1.5e-4, epochs=1, batch_size=16, train_examples=2500, validation_examples=256),
    "full": Recipe(1e-4, epochs=3, batch_size=32, train_embeddings=True),
}


@dataclass
class History:
    """What happened: a row for each step, and a row for each evaluation."""

    steps: list[dict[str, float]] = field(default_factory=list)
    evaluations: list[dict[str, float]] = field(default_factory=list)


class LengthBuckets(Sampler[list[int]]):
    """Batches of examples of similar length, in an order that depends on seed and epoch only.

    Examples are shuffled, sorted by length inside windows of `WINDOW` batches, and the batches
    are shuffled again: little padding, and still a random order, also of examples of one length.
    """

    def __init__(self, lengths: Sequence[int], batch_size: int, seed: int) -> None:
        self.lengths, self.batch_size, self.seed = np.asarray(lengths), batch_size, seed
        self.epoch = self.start = 0  # `start`: batches to skip, when an epoch is resumed

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of an epoch; `Trainer` and `accelerate` call this too."""
        self.epoch = epoch

    def __len__(self) -> int:
        return -(-len(self.lengths) // self.batch_size)

    def __iter__(self) -> Iterator[list[int]]:
        random = np.random.default_rng([self.seed, self.epoch])
        order, size = random.permutation(len(self.lengths)), self.batch_size * WINDOW
        windows = [order[i : i + size] for i in range(0, len(order), size)]
        order = np.concatenate([w[np.argsort(self.lengths[w], kind="stable")] for w in windows])
        batches = [order[i : i + self.batch_size] for i in range(0, len(order), self.batch_size)]
        for index in random.permutation(len(batches))[self.start :]:
            yield batches[index].tolist()


def limit(model: PreTrainedModel, max_length: int) -> int:
    """Return how many tokens of a text a model reads, and say once if it is fewer than asked for.

    Args:
        model: Whose positions are asked.
        max_length: What is asked for.
    """
    most = positions(model.config)
    if max_length > most:
        _say_cut(max_length, most)
    return min(max_length, most)


def tokens_read(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, max_length: int = 0
) -> int:
    """Return how many tokens of a text are read: as many as asked for (`limit`), or by default.

    Args:
        model: Whose positions are asked.
        tokenizer: Which says how many tokens the model was trained to read.
        max_length: What is asked for; 0: what the model was trained to read.
    """
    return limit(model, max_length) if max_length else most_tokens(model.config, tokenizer)


@cache
def _say_cut(asked: int, most: int) -> None:
    print(f"max_length = {asked}: the model reads {most} tokens; longer texts are cut there.")


def encode(tokenizer: PreTrainedTokenizerBase, split: Dataset, max_length: int) -> Dataset:
    """Return the split as `input_ids`, `attention_mask` (and so on) and `label`."""

    def rows(batch: dict) -> dict:
        return dict(tokenizer(batch["text"], truncation=True, max_length=max_length))

    unused = [column for column in split.column_names if column != "label"]
    # Nothing is looked up by this fingerprint; a real one would hash the tokenizer for a second.
    return split.map(
        rows, batched=True, remove_columns=unused, keep_in_memory=True, new_fingerprint="encoded"
    )


def parameter_groups(model: torch.nn.Module, weight_decay: float) -> list[dict]:
    """Return the trainable parameters in two groups: matrices decay, vectors (biases, norms) not.

    Source: Devlin et al. (2019), appendix A.2, as in the authors' code.
    """
    trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
    return [
        {"params": [p for p in trainable if p.ndim >= 2], "weight_decay": weight_decay},
        {"params": [p for p in trainable if p.ndim < 2], "weight_decay": 0.0},
    ]


def freeze(model: PreTrainedModel, recipe: Recipe) -> None:
    """Stop the training of the embeddings and lower layers that the recipe names.

    What several layers share, such as relative positions, is still trained.

    Raises:
        UserError: The model has fewer layers than `frozen_layers`.
    """
    encoder = model.base_model
    if not recipe.train_embeddings:
        encoder.get_input_embeddings().requires_grad_(False)
    if recipe.frozen_layers:
        layers = encoder_layers(model)
        if recipe.frozen_layers > len(layers):
            raise UserError(
                f"frozen_layers = {recipe.frozen_layers}: the model has {len(layers)} layers."
            )
        if not recipe.train_embeddings:  # positions and norm too: below frozen layers nothing moves
            for part in takewhile(lambda part: layers not in part.modules(), encoder.children()):
                part.requires_grad_(False)
        layers[: recipe.frozen_layers].requires_grad_(False)


def encoder_layers(model: PreTrainedModel) -> torch.nn.ModuleList:
    """Return the layers of an encoder of any kind, from the input on.

    Raises:
        UserError: There is no list of as many layers as its configuration says.
    """
    count = model.config.num_hidden_layers
    for module in model.base_model.modules():
        if isinstance(module, torch.nn.ModuleList) and len(module) == count:
            return module
    raise UserError(
        f"{type(model).__name__} has no list of {count} layers, some of which could be frozen: "
        f"expected frozen_layers = 0."
    )


@torch.inference_mode()
def predict(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[str],
    max_length: int = 0,
    batch_size: int = 64,
) -> np.ndarray:
    """Return the logits, (len(texts), labels), computed in batches of similar length.

    Args:
        model: Classifier or regression.
        tokenizer: Its tokenizer.
        texts: Any number.
        max_length: Tokens; 0: as many as the model was trained to read, as its tokenizer says.
        batch_size: Texts computed at once.
    """
    most = tokens_read(model, tokenizer, max_length)
    cut = {"truncation": True, "max_length": most} if most < UNLIMITED else {}
    encoded = tokenizer(list(texts), **cut)
    order = np.argsort([len(ids) for ids in encoded["input_ids"]], kind="stable")
    model.eval()
    logits = np.zeros((len(order), model.config.num_labels), dtype=np.float32)
    for i in range(0, len(order), batch_size):
        rows = order[i : i + batch_size]
        batch = tokenizer.pad({k: [v[j] for j in rows] for k, v in encoded.items()}, padding=True)
        tensors = {name: torch.tensor(value).to(model.device) for name, value in batch.items()}
        logits[rows] = model(**tensors).logits.float().cpu().numpy()
    return logits


def loss_of(logits: np.ndarray, labels: Sequence[float]) -> float:
    """Return the mean cross-entropy or, for one column, the mean squared error."""
    output, target = torch.from_numpy(logits), torch.tensor(labels)
    if logits.shape[1] == 1:
        return torch.nn.functional.mse_loss(output[:, 0], target.float()).item()
    return torch.nn.functional.cross_entropy(output, target.long()).item()


def accelerator() -> Accelerator:
    """Return what knows this process's device, its rank and the other processes."""
    return Accelerator(cpu=best_device().type == "cpu")


def share_of(batch: list, rank: int, processes: int) -> tuple[list, float]:
    """Return one process's examples of a batch, and the weight of their mean loss.

    Gradients and losses are averaged over processes, so that the weight is what makes the result
    the mean over the batch's examples: their number over the batch's, times the processes. A
    process that is left without any takes the first with weight 0, since all must take each step.
    """
    mine = batch[rank::processes]
    return mine or batch[:1], len(mine) * processes / len(batch)


def seed_of(*numbers: int) -> int:
    """Return a seed for each combination of numbers, such as seed, step and rank."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0])


class NotFiniteError(UserError, FloatingPointError):
    """A loss that is infinite or no number: the training diverged."""


def fit(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    train: Dataset,
    validation: Dataset,
    recipe: Recipe,
    folder: Path | None = None,
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

    Raises:
        NotFiniteError: The loss is not finite.
        UserError: The processes do not see the same checkpoint.
    """
    workers = accelerator()
    rank, processes = workers.process_index, workers.num_processes
    freeze(model, recipe)
    max_length = limit(model, recipe.max_length)
    encoded = encode(tokenizer, train, max_length)
    sampler = LengthBuckets(
        [len(ids) for ids in encoded["input_ids"]], recipe.batch_size, recipe.seed
    )
    pad = DataCollatorWithPadding(tokenizer)

    def collate(batch: list[dict]) -> tuple[dict[str, torch.Tensor], float]:
        mine, weight = share_of(batch, rank, processes)
        return pad(mine).to(workers.device), weight

    # Not prepared by `accelerate`, whose shards lose a short batch in the middle of an epoch and
    # fill one at the end with examples that were there before.
    loader = DataLoader(encoded, batch_sampler=sampler, collate_fn=collate)
    optimizer = torch.optim.AdamW(
        parameter_groups(model, recipe.weight_decay), lr=recipe.learning_rate, fused=True
    )
    total = len(sampler) * recipe.epochs
    schedule = get_linear_schedule_with_warmup(optimizer, round(recipe.warmup * total), total)
    state = _Checkpoints(folder, model, optimizer, schedule, writes=workers.is_main_process)
    step, history = state.restore()
    if len(steps := set(gather_object([step]))) > 1:
        raise UserError(
            f"The processes start at the steps {sorted(steps)}: {str(folder)!r} must be the same "
            f"folder for all. Set COURSE_RUNS to a file system that all hosts share."
        )
    raw_model = model
    model, optimizer = workers.prepare(model, optimizer)
    bar = tqdm(
        total=total, initial=step, desc="training", unit="step", leave=False, disable=rank > 0
    )
    for epoch in range(step // len(sampler), recipe.epochs):
        sampler.set_epoch(epoch)
        sampler.start = step - epoch * len(sampler)
        for batch, weight in loader:
            model.train()
            # Dropout depends on step and process alone: a resumed run repeats it exactly.
            torch.manual_seed(seed_of(recipe.seed, step, rank))
            loss = model(**batch).loss * weight
            workers.backward(loss)
            workers.clip_grad_norm_(model.parameters(), recipe.max_norm)
            optimizer.step()
            rate = schedule.get_last_lr()[0]
            schedule.step()
            optimizer.zero_grad()
            step += 1
            mean_loss = workers.reduce(loss.detach(), "mean").item()
            _must_be_finite(mean_loss, step, recipe, raw_model)
            history.steps.append({"step": step, "loss": mean_loss, "learning_rate": rate})
            bar.update()
            if step % CHECKPOINT_EVERY == 0 and step % len(sampler):
                state.save(step, history)
        logits = _predict_together(raw_model, tokenizer, validation["text"][:], max_length)
        validation_loss = loss_of(logits, validation["label"][:])
        _must_be_finite(validation_loss, step, recipe, raw_model)
        scores = metrics.of_logits(logits, np.asarray(validation["label"][:]))
        row = {"step": step, "loss": validation_loss, **scores}
        is_best = _score(row) > max(map(_score, history.evaluations), default=-np.inf)
        history.evaluations.append(row)
        state.save(step, history, is_best)
        bar.set_postfix_str(f"validation {_score(row):.3f}")
    bar.close()
    workers.wait_for_everyone()
    state.load_best()
    raw_model.eval()
    return history


def _must_be_finite(loss: float, step: int, recipe: Recipe, model: PreTrainedModel) -> None:
    if not np.isfinite(loss):
        large = ", or scale the targets, which may be too large to learn"
        raise NotFiniteError(
            f"The loss is {loss} at step {step}: lower learning_rate ({recipe.learning_rate:g})"
            f"{large if model.config.num_labels == 1 else ''}."
        )


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
    metrics are those on `splits["test"]`. With `keep_model=False`, for sweeps of many trials, no
    model is kept (90 MB each), and a classifier's metrics say as `correct`, a list of 0 and 1,
    which test texts it got right, so that trials can be compared text by text.

    Of several processes the main one looks for the artifact, locks and writes. It sends the others
    a folder whenever it trains, since they must train with it, and at the end the artifact, which
    they return too.
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

    def build(folder: Path) -> dict[str, float]:
        broadcast_object_list([folder])
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
        # Last, so that nothing is trained again; renamed first, so that no half of one is found.
        shutil.rmtree((folder / "checkpoints").rename(folder / ".tmp-checkpoints"))
        if keep_model or logits.shape[1] == 1:
            return scores
        return scores | {"correct": (logits.argmax(1) == labels).astype(int).tolist()}

    if accelerator().is_main_process:
        model = {"model_name": model_name, "revision": revision}
        inputs = {**model, "model": models.fingerprint(model_name, revision), **asdict(recipe)}
        kind = "fine_tuned" if keep_model else "trials"
        made = artifact(kind, inputs, build, data=fingerprint(splits))
        broadcast_object_list([made])
        return made
    while True:
        message = broadcast_object_list([None])[0]
        if isinstance(message, Artifact):
            return message
        train(message)


def _predict_together(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[str],
    max_length: int,
) -> np.ndarray:
    """Return what `predict` does; each process computes its part, and all get the whole."""
    rank, processes = accelerator().process_index, accelerator().num_processes
    logits = np.zeros((len(texts), model.config.num_labels), dtype=np.float32)
    mine = texts[rank::processes]
    parts = gather_object([predict(model, tokenizer, mine, max_length) if mine else logits[:0]])
    for index, part in enumerate(parts):
        logits[index::processes] = part
    return logits


def _score(row: dict[str, float]) -> float:
    return row["accuracy"] if "accuracy" in row else row["pearson_r"]


class _Checkpoints:
    """Weights, optimizer and history in safetensors and JSON; without a folder, in memory."""

    def __init__(
        self,
        folder: Path | None,
        model: PreTrainedModel,
        optimizer: torch.optim.Optimizer,
        schedule: torch.optim.lr_scheduler.LRScheduler,
        writes: bool,
    ) -> None:
        self.folder, self.model, self.optimizer, self.schedule = folder, model, optimizer, schedule
        self.writes = writes  # the other processes keep the best weights in memory
        self.best: dict[str, torch.Tensor] = {}
        # Not kept, since they never change: half of the model or more.
        self.frozen = {name for name, p in model.named_parameters() if not p.requires_grad}

    def restore(self) -> tuple[int, History]:
        saved = sorted(self.folder.glob("step-*")) if self.folder else []
        if not saved:
            return 0, History()
        state = json.loads((saved[-1] / "state.json").read_text())
        self.model.load_state_dict(load_file(saved[-1] / "model.safetensors"), strict=False)
        self.best = load_file(saved[-1] / "best.safetensors") if state["has_best"] else {}
        moments: dict[int, dict[str, torch.Tensor]] = {}
        for name, value in load_file(saved[-1] / "optimizer.safetensors").items():
            index, key = name.split(".")
            moments.setdefault(int(index), {})[key] = value
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": moments, "param_groups": groups})
        self.schedule.load_state_dict(state["schedule"])
        for group, rate in zip(
            self.optimizer.param_groups, self.schedule.get_last_lr(), strict=True
        ):
            group["lr"] = rate
        return state["step"], History(**state["history"])

    def save(self, step: int, history: History, is_best: bool = False) -> None:
        weights = {k: v for k, v in self.model.state_dict().items() if k not in self.frozen}
        if is_best:
            self.best = {name: value.detach().clone() for name, value in weights.items()}
        if self.folder is None or not self.writes:
            return
        final = self.folder / f"step-{step:08d}"
        partial = self.folder / "partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        save_file({k: v.contiguous() for k, v in weights.items()}, partial / "model.safetensors")
        if self.best:
            save_file(self.best, partial / "best.safetensors")
        moments = self.optimizer.state_dict()["state"]
        save_file(
            {f"{i}.{key}": value for i, values in moments.items() for key, value in values.items()},
            partial / "optimizer.safetensors",
        )
        state = {
            "step": step,
            "history": asdict(history),
            "has_best": bool(self.best),
            "schedule": {k: v for k, v in self.schedule.state_dict().items() if k != "lr_lambdas"}
            | {"lr_lambdas": [None, None]},
        }
        (partial / "state.json").write_text(json.dumps(state))
        partial.rename(final)
        for older in self.folder.glob("step-*"):
            if older != final:
                shutil.rmtree(older)

    def load_best(self) -> None:
        if self.best:
            self.model.load_state_dict(self.best, strict=False)

"""Training throughput: our loop against a padded loop and Hugging Face's `Trainer`.

MiniLM is fine-tuned on movie snippets for one epoch in batches of 32, by each arm with the same
peak rate, warm-up and decay. In a round all arms have the same seed, so the same examples and the
same new head. The time is that of the whole call, with tokenization and what is set up, and without
loading the model. Our loop cannot go without an evaluation: here it has 8 texts.

- **pad to 128**: the loop of many tutorials, with plain `torch.optim.AdamW`. It is slow, so that it
  gets fewer examples, and its accuracy is not compared.
- **Trainer**: its defaults (padding to the longest of a batch, fused AdamW), but for batch size,
  rate, schedule and decay, which are ours, and without saving.
- **Trainer, grouped**: also `train_sampling_strategy="group_by_length"`.
- **Trainer, grouped and frozen**: also with the word embeddings frozen, as our loop does
  unless told otherwise. What is left of the gain is the loop's own.

Accuracy is compared on the same test snippets, in points, with a 95 % interval over seeds and
texts. Equal means: at most one point lost.
"""

import itertools
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
import torch
from datasets import Dataset
from matplotlib.figure import Figure
from measure import SPREAD, Claim, alternate, claim, points_claim, points_gained, ratio, values
from torch.utils.data import DataLoader, TensorDataset
from transformers import (
    PreTrainedModel,
    Trainer,
    TrainingArguments,
    get_linear_schedule_with_warmup,
)
from transformers.trainer_callback import PrinterCallback

from shared import batches, classification, data, freezing, models
from shared.recipes import Recipe

OURS, PADDED, TRAINER = "shared.training", "pad to 128", "Trainer"
GROUPED, FROZEN = "Trainer, grouped", "Trainer, grouped and frozen"
GOALS = {PADDED: 5.5, TRAINER: 1.6, GROUPED: 1.1, FROZEN: None}
RECIPE = Recipe(learning_rate=2e-4, epochs=1, batch_size=32)


def ours(model: PreTrainedModel, train: Dataset, recipe: Recipe) -> None:
    """Train with the loop of the collection."""
    classification.fit(model, models.load_tokenizer(), train, train.select(range(8)), recipe)


def padded(model: PreTrainedModel, train: Dataset, recipe: Recipe) -> None:
    """Train with the loop of many tutorials: each text as long as the longest that is allowed."""
    encoded = models.load_tokenizer()(
        train["text"][:], padding="max_length", truncation=True, max_length=128, return_tensors="pt"
    )
    names, labels = list(encoded), torch.tensor(train["label"][:])
    rows = TensorDataset(*encoded.values(), labels)
    loader = DataLoader(rows, recipe.batch_size, shuffle=True)
    optimizer = torch.optim.AdamW(model.parameters(), recipe.learning_rate)
    warmup = round(recipe.warmup * len(loader))
    schedule = get_linear_schedule_with_warmup(optimizer, warmup, len(loader))
    model.train()
    for batch in loader:
        model(**dict(zip([*names, "labels"], batch, strict=True))).loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.max_norm)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()


def trainer(
    model: PreTrainedModel,
    train: Dataset,
    recipe: Recipe,
    frozen: bool = False,
    **options: str,
) -> None:
    """Train with `Trainer`."""
    tokenizer = models.load_tokenizer()
    if frozen:
        freezing.freeze(model, recipe)
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder, per_device_train_batch_size=recipe.batch_size, num_train_epochs=recipe.epochs,
            learning_rate=recipe.learning_rate, warmup_steps=recipe.warmup, seed=recipe.seed,
            weight_decay=recipe.weight_decay, save_strategy="no", report_to="none",
            disable_tqdm=True, use_cpu=True, **options,
        )  # fmt: skip
        encoded = batches.encode(tokenizer, train, recipe.max_length)
        loop = Trainer(model, arguments, train_dataset=encoded, processing_class=tokenizer)
        loop.remove_callback(PrinterCallback)
        loop.train()


def measure(rounds: int, quick: bool) -> pd.DataFrame:
    """Train with all arms in turn, then compare their answers text by text."""
    examples, fewer, tested = (32, 16, 32) if quick else (1600, 256, 800)
    splits, tokenizer = data.load("movies"), models.load_tokenizer()
    tests = data.subset(splits["test"], tested)
    truth, right = np.array(tests["label"][:]), {}
    grouped = {"train_sampling_strategy": "group_by_length"}
    loops = {
        OURS: ours,
        PADDED: padded,
        TRAINER: trainer,
        GROUPED: partial(trainer, **grouped),
        FROZEN: partial(trainer, frozen=True, **grouped),
    }

    def arm(name: str, loop: Callable) -> Callable[[], dict[str, float]]:
        seeds, right[name] = itertools.count(), []

        def run() -> dict[str, float]:
            recipe = replace(RECIPE, seed=next(seeds))
            n = fewer if name == PADDED else examples
            train = data.subset(splits["train"], n, recipe.seed)
            tokens = sum(map(len, tokenizer(train["text"][:])["input_ids"]))
            model = models.load_classifier(seed=recipe.seed)
            start = time.perf_counter()
            loop(model, train, recipe)
            seconds = time.perf_counter() - start
            result = {"samples/s": len(train) / seconds, "real tokens/s": tokens / seconds}
            if name == PADDED:
                return result
            logits = batches.predict(model, tokenizer, tests["text"][:])
            right[name].append(logits.argmax(1) == truth)
            return result | {"accuracy": right[name][-1].mean()}

        return run

    ours(models.load_classifier(), data.subset(splits["train"], 32), RECIPE)  # what is slow once
    table = alternate({name: arm(name, loop) for name, loop in loops.items()}, rounds)
    gains = [
        (0, name, *pair)
        for name in (TRAINER, GROUPED, FROZEN)
        for pair in points_gained(np.array(right[OURS]), np.array(right[name])).items()
    ]
    return pd.concat([table, pd.DataFrame(gains, columns=table.columns)], ignore_index=True)


def claims(table: pd.DataFrame) -> list[Claim]:
    """Return the speed-ups, the accuracy against the arms that train as much, and the speed."""
    speed = [
        claim(f"speed-up over {arm}", ratio(table, "samples/s", OURS, arm), "×", goal)
        for arm, goal in GOALS.items()
    ]
    ends = {TRAINER: -1.0, GROUPED: -1.0, FROZEN: None}
    gains = [points_claim(f"accuracy gained over {a}", table, a, g) for a, g in ends.items()]
    absolute = [
        claim(f"{arm}: {what}", values(table, what, arm), unit)
        for arm in (OURS, *GOALS)
        for what, unit in (("samples/s", ""), ("real tokens/s", ""))
    ]
    return [*speed, *gains, *absolute]


def figure(table: pd.DataFrame) -> Figure:
    """Draw samples a second, and accuracy, by arm."""
    drawn, axes = plt.subplots(1, 2, figsize=(11, 3.2), sharey=True, layout="constrained")
    for axis, what in zip(axes, ("samples/s", "accuracy"), strict=True):
        rows = table[table["quantity"] == what]
        order = [OURS, *GOALS]
        sns.pointplot(rows, x="value", y="arm", order=order, linestyle="none", ax=axis, **SPREAD)
        axis.set(xlabel=what, ylabel="", title="Lines: from the least to the greatest")
    axes[0].set_xlim(left=0)
    return drawn

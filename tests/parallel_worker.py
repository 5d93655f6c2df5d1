"""What each process of `test_parallel` runs, alone or with others; it writes what it saw."""

import json
import sys
from dataclasses import asdict, replace
from pathlib import Path

import torch

from shared import checkpoints, classification, data, models, parallel, runs
from shared.checkpoints import Checkpoints
from shared.recipes import Recipe

RECIPE = Recipe(learning_rate=1e-3, epochs=2, batch_size=16, train_embeddings=True)


def parts(task: str, n: int) -> data.DatasetDict:
    return data.DatasetDict({k: data.subset(v, n) for k, v in data.load("amazon", task).items()})


def without_dropout(folder: str, labels: list[str] | None) -> torch.nn.Module:
    model = models.load_classifier(folder, labels)
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    return model


class Stop(Exception):
    """Stands for the end of all processes."""


def fit(
    folder: str,
    splits: data.DatasetDict,
    recipe: Recipe,
    checkpoints: Path | None = None,
    dropout: bool = False,
) -> dict:
    names = getattr(splits["train"].features["label"], "names", None)
    model = (models.load_classifier if dropout else without_dropout)(folder, names)
    train, validation = splits["train"], splits["validation"]
    tokenizer = models.load_tokenizer()
    history = classification.fit(model, tokenizer, train, validation, recipe, checkpoints)
    return {**asdict(history), "weights": [p.double().sum().item() for p in model.parameters()]}


def main(case: str, folder: str, output: Path) -> None:
    workers = parallel.accelerator()
    splits = parts("binary", 151)  # nine batches of 16 and one of 7, at a random place
    seen = {"processes": workers.num_processes}
    # One example per step: one of two processes has none.
    one_a_step = replace(RECIPE, batch_size=1, epochs=1)
    seen["few"] = fit(folder, parts("binary", 7), one_a_step)
    if case == "all":
        seen["classes"] = fit(folder, splits, RECIPE, output / "checkpoints")
        seen["files"] = sorted(p.name for p in (output / "checkpoints").glob("*"))
        seen["regression"] = fit(folder, parts("regression", 37), RECIPE)
        recipe = replace(RECIPE, epochs=1)
        seen["whole"] = fit(folder, splits, recipe, dropout=True)
        checkpoints.CHECKPOINT_EVERY, save = 4, Checkpoints.save

        def save_and_stop(self: Checkpoints, *arguments: object) -> None:
            save(self, *arguments)
            workers.wait_for_everyone()
            raise Stop

        Checkpoints.save = save_and_stop
        try:
            fit(folder, splits, recipe, output / "stopped", dropout=True)
        except Stop:
            seen["stopped"] = sorted(p.name for p in (output / "stopped").glob("*"))
        Checkpoints.save = save
        seen["resumed"] = fit(folder, splits, recipe, output / "stopped", dropout=True)
        written: list[Path] = []
        rename = Path.rename
        Path.rename = lambda self, to: written.append(to) or rename(self, to)
        made = [classification.fine_tune(splits, recipe, folder) for _ in range(2)]
        seen["made"] = [run.metrics for run in made]
        seen["paths"] = [str(run.path) for run in made]
        seen["sound"] = runs.is_whole(made[0].path)
        seen["written"] = len(written)
    (output / f"rank-{workers.process_index}.json").write_text(json.dumps(seen))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))

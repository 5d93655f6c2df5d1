"""Trials of a small sweep inside a notebook, as rows of a table like `make sweep`'s."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from datasets import DatasetDict

from shared import classification, models
from shared.identity import digest, versions
from shared.loop import NotFiniteError
from shared.recipes import Recipe

SHOWN = ("learning_rate", "epochs", "batch_size", "train_examples", "validation_examples", "seed")


def row_of(
    notebook: str, chosen: dict[str, Any], run: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """Return one row of the table; a trial whose loss runs away is a row too, with `failed`.

    Args:
        notebook: Which notebook makes such a trial.
        chosen: The trial's parameters.
        run: Makes the trial and returns its metrics, which may include `seconds`.
    """
    row = {"notebook": notebook, "trial": digest(chosen)[:12], "status": "done", "error": ""}
    start = time.perf_counter()
    try:
        metrics = run()
    except NotFiniteError as error:
        return row | chosen | {"status": "failed", "error": f"{type(error).__name__}: {error}"}
    seconds = metrics.pop("seconds", time.perf_counter() - start)
    named = {f"metric_{name}": value for name, value in metrics.items()}
    row |= {**chosen, "seconds": seconds, **named}
    return row | {"versions": json.dumps(versions(), sort_keys=True)}


def fine_tuned(splits: DatasetDict, fixed: Recipe, changes: dict[str, Any]) -> dict[str, Any]:
    """Return the row of a trial that fine-tunes the embedded model, as workflow/trial.ipynb does.

    It keeps no model, and finds a trial again that was made before.
    """
    recipe = replace(fixed, **changes)

    def run() -> dict[str, Any]:
        made = classification.fine_tune(splits, recipe, keep_model=False)
        history = json.loads((made.path / "history.json").read_text(encoding="utf-8"))
        curve = [row["accuracy"] for row in history["evaluations"]]
        extra = {"validation_accuracy": max(curve), "validation_curve": curve}
        return {**made.metrics, **extra, "seconds": made.provenance["seconds"]}

    chosen = {"dataset": "movies", "model_name": models.EMBEDDED, "task": "binary"}
    chosen |= {name: asdict(recipe)[name] for name in SHOWN}
    return row_of("workflow/trial.ipynb", chosen, run)

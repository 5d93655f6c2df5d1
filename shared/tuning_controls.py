"""Measured once for notebook 03, since it takes minutes; kept in its folder, in `seeds.json`.

python -m shared.tuning_controls
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import numpy as np
import torch
from transformers import AutoModel, PreTrainedModel, PreTrainedTokenizerBase

from shared import ROOT, classification, data, models, text_models
from shared.recipes import RECIPES
from shared.vectors import mean_vectors
from shared.whole import write_whole

FILE = ROOT / "course" / "lessons" / "03_fine_tuning" / "seeds.json"
COUNTS = "words + characters, naive Bayes"  # with α = 0.1, as section 3 chooses it
SIZES, DRAWS, POOL = (32, 128, 512), 5, 640  # labels; draws of each; texts they are drawn from


def rows_of(count: int, size: int, seed: int, draw: int) -> np.ndarray:
    """Return which `size` of `count` texts a draw takes."""
    return np.random.default_rng([seed, size, draw]).choice(count, size, replace=False)


def some_of(count: int, full: bool) -> slice:
    """Return which test texts are read: all or, of more than 1,000, every second one."""
    return slice(None) if full or count <= 1000 else slice(None, None, 2)


@torch.inference_mode()
def word_vectors(
    encoder: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, texts: Sequence[str],
    max_length: int,
) -> np.ndarray:  # fmt: skip
    """Return (texts, width): the mean of each text's word embeddings, without any block."""
    table = encoder.get_input_embeddings()
    encoded = tokenizer(list(texts), truncation=True, max_length=max_length)["input_ids"]
    means = [table(torch.tensor(ids, device=encoder.device)).mean(0) for ids in encoded]
    return torch.stack(means).float().cpu().numpy()


def untrained(encoder: PreTrainedModel, seed: int) -> PreTrainedModel:
    """Return an encoder of the same build, with random weights: the control of pretraining."""
    torch.manual_seed(seed)
    return AutoModel.from_config(encoder.config).eval()


def measure(seed: int = 0) -> dict[str, Any]:
    """Return what the published data show of an untrained encoder, and of four seeds."""
    splits = data.load("movies")
    encoder, tokenizer = models.load_encoder("minilm"), models.load_tokenizer("minilm")
    pool, test = data.subset(splits["train"], POOL, seed), splits["test"]
    rows = some_of(len(test), full=False)
    truth, targets = np.array(test["label"][:])[rows], np.array(pool["label"][:])
    vectors = partial(mean_vectors, tokenizer=tokenizer, max_length=128)
    control = untrained(encoder, seed)
    of_pool, of_test = (
        vectors(control, texts=each) for each in (pool["text"][:], test["text"][rows])
    )
    texts, asked = np.array(pool["text"][:], dtype=object), test["text"][rows]
    curves: dict[str, dict[int, float]] = {"untrained encoder": {}, COUNTS: {}}
    for size in SIZES:
        scores = []
        for draw in range(DRAWS):
            drawn = rows_of(len(pool), size, seed, draw)
            y = targets[drawn]
            fitted = text_models.of_vectors(y, False).fit(of_pool[drawn], y)
            features, bayes = text_models.candidates(list(texts[drawn]), False)[COUNTS]
            counted = bayes["α = 0.1"].fit(features.fit_transform(texts[drawn]), y)
            answers = (
                fitted.predict(of_test),
                counted.predict(features.transform(asked)),
            )
            scores.append([(answer == truth).mean() for answer in answers])
        for curve, mean in zip(curves.values(), np.mean(scores, axis=0), strict=True):
            curve[size] = round(float(mean), 4)
    return curves | {"fine-tuned, quick": seeds()}


def seeds() -> dict[int, float]:
    """Return the test accuracy of the recipe of `quick` for four seeds."""
    splits = data.load("movies")
    recipe = RECIPES["quick"]
    runs = {
        seed: classification.fine_tune(splits, replace(recipe, seed=seed), "minilm")
        for seed in range(4)
    }
    return {seed: round(run.metrics["accuracy"], 4) for seed, run in runs.items()}


def stored() -> dict[str, Any]:
    """Return what `measure` found, with its date, as it is kept."""
    return json.loads(FILE.read_text(encoding="utf-8"))


def curves() -> dict[str, dict[int, float]]:
    """Return the stored mean accuracy by number of labels, of each control."""
    kept = stored()
    return {
        name: {int(size): score for size, score in kept[name].items()}
        for name in ("untrained encoder", COUNTS)
    }


def of_curves() -> str:
    """Return a sentence with the stored curves."""
    said = "; ".join(
        f"{name} {', '.join(f'{score:.3f} at {size}' for size, score in each.items())}"
        for name, each in curves().items()
    )
    return f"Stored on {stored()['date']}, means of the same {DRAWS} draws: {said}."


def of_seeds() -> str:
    """Return a sentence with the stored scores of four seeds."""
    scores = list(stored()["fine-tuned, quick"].values())
    each = ", ".join(f"{score:.3f}" for score in scores)
    return (
        f"One seed is one draw. The recipe of `quick` with seeds 0 to {len(scores) - 1} (stored on "
        f"{stored()['date']}): {each}; mean {np.mean(scores):.3f}."
    )


if __name__ == "__main__":
    kept = {"date": date.today().isoformat(), "by": "shared.tuning_controls.measure", **measure()}
    write_whole(FILE, json.dumps(kept, indent=1) + "\n")

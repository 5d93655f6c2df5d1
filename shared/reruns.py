"""What notebook 18 finds with the models of other seeds, kept in a small dated file.

    python -m shared.reruns

trains the model of `quick` with four seeds (or finds it) and writes `seeds.json` in the lesson's
folder; the notebook shows it, so that no claim stands on one training run alone.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats
from sklearn.linear_model import LogisticRegression
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from shared import ROOT, raters, transfer
from shared.batches import predict
from shared.models import load_fine_tuned
from shared.whole import write_whole

FILE = ROOT / "course" / "lessons" / "18_beyond_one_score" / "seeds.json"
SUBJECTS = ("The film", "The story", "The cast", "The music", "The ending")
WORDS = {
    "good": ("great", "clever", "funny", "wonderful"),
    "neutral": ("long", "French", "new", "modern"),
    "neutral 2": ("animated", "Italian", "digital", "short"),
    "neutral 3": ("red", "Swedish", "recorded", "televised"),
    "bad": ("dull", "awful", "boring", "terrible"),
}
VERBS = ("is", "is also", "is not")
FREE = ("The film is not boring; it is great.", "You will not regret it.")


def margins(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, lines: Sequence[str]
) -> np.ndarray:
    """Return the positive minus the negative logit of each text, (n,)."""
    z = predict(model, tokenizer, lines)
    return z[:, 1] - z[:, 0]


def labelled(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, name: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return scores and sides of 200 validation texts of an embedded set: to choose a border on."""
    table = raters.rated(name, "validation")
    table = table[table["kept"]].sample(200, random_state=0)
    return margins(model, tokenizer, table["text"]), table["mean"].to_numpy() > 0


def of_model(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> dict[str, Any]:
    """Return what the notebook finds with one model, as numbers that JSON can hold."""
    found: dict[str, Any] = {}
    for name in ("movies", "tweets"):
        table = raters.rated(name)
        table = table[table["kept"]]
        score, positive = margins(model, tokenizer, table["text"]), table["mean"].to_numpy() > 0
        right = (score > 0) == positive
        found[f"accuracy, {name}"] = round(float(right.mean()), 3)
        found[f"AUC, {name}"] = round(float(transfer.area(score, positive)[0]), 3)
        if name == "tweets":
            found["says positive, tweets"] = round(float((score > 0).mean()), 3)
            few = transfer.with_few_labels(labelled(model, tokenizer, name), (score, positive))
            found["border from 50 labelled, tweets"] = round(float(few.mean()), 3)
        if name == "movies":
            x = stats.zscore(table[["spread", "strength"]].to_numpy())
            fit = LogisticRegression(C=1e6).fit
            kept = fit(x, right).coef_[0][0] / fit(x[:, :1], right).coef_[0][0]
            found["effect of spread kept at equal strength"] = round(float(kept), 2)
    for kind in WORDS:
        plain, negated = (
            margins(model, tokenizer, [f"{s} {verb} {w}." for s in SUBJECTS for w in WORDS[kind]])
            for verb in ("is", "is not")
        )
        found[f"{kind} words, positive of 20: is, is not"] = [
            int((plain > 0).sum()), int((negated > 0).sum())
        ]  # fmt: skip
        found[f"{kind} words, shift"] = round(float((negated - plain).mean()), 2)
    for line, margin in zip(FREE, margins(model, tokenizer, FREE), strict=True):
        found[f"margin of: {line}"] = round(float(margin), 2)
    return found


def store(folders: Mapping[int, str | Path]) -> None:
    """Write what the models in these folders, by seed, are found to do."""
    labels = ["negative", "positive"]
    runs = {str(seed): of_model(*load_fine_tuned(path, labels)) for seed, path in folders.items()}
    write_whole(
        FILE, json.dumps({"date": date.today().isoformat(), "seeds": runs}, indent=1) + "\n"
    )


def stored() -> dict[str, Any]:
    """Return what `store` wrote: `date`, and by seed what was found."""
    return json.loads(FILE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    from shared import classification, data
    from shared.recipes import RECIPES

    splits, base = data.load("movies"), RECIPES["quick"]
    store({k: classification.fine_tune(splits, replace(base, seed=k)).path for k in range(4)})

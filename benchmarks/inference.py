"""Inference: the exported int8 model against eager float32 and `transformers.pipeline`.

The model is the one of notebook 03, exported and quantized by notebook 08: its own cells are run,
up to the one that has the int8 variant. Throughput is that of a whole call with a list of movie
snippets, tokenization included; latency that of calls with a single one.

- **int8**: ONNX Runtime, in batches of 32 of similar length.
- **eager, padded**: `model(**batch)` in float32, batches of 32, padded to 128 tokens.
- **eager, sorted**: the same in inference mode, in batches of similar length.
- **pipeline**: `pipeline("text-classification")` with its defaults, so one text after the other.

All have as many threads. The accuracy is that on the texts of the throughput, and its loss in
points has a 95 % interval over the texts.
"""

import contextlib
import io
import time
from collections.abc import Callable, Sequence

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from measure import SPREAD, Claim, alternate, claim, points_claim, points_gained, ratio, values
from transformers import pipeline

from shared import ROOT

INT8, PADDED, SORTED, PIPELINE = "int8", "eager, padded", "eager, sorted", "pipeline"
GOALS = {PADDED: 3.0, PIPELINE: 5.0, SORTED: None}


def notebook_until(name: str, variable: str) -> dict:
    """Run a notebook's code, cell by cell, until it has a variable; return all of them."""
    found: dict = {}
    for cell in nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4).cells:
        if cell.cell_type == "code":
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(cell.source, name, "exec"), found)
        if variable in found:
            return found
    raise ValueError(f"{name} has no {variable!r}")


def timed(answer: Callable, texts: list[str], singles: Sequence[str]) -> dict[str, float]:
    """Return texts a second, and how long a single one takes: half, and 95 %, take less."""
    answer(texts[:32]), answer([singles[0]])  # what the first call sets up
    start = time.perf_counter()
    answer(texts)
    rate = len(texts) / (time.perf_counter() - start)
    times = []
    for text in singles:
        start = time.perf_counter()
        answer([text])
        times.append(1000 * (time.perf_counter() - start))
    low, high = np.quantile(times, [0.5, 0.95])
    return {"texts/s": rate, "p50 (ms)": low, "p95 (ms)": high}


def measure(rounds: int, quick: bool) -> pd.DataFrame:
    """Time all arms in turn, and compare their answers."""
    n, single = (32, 4) if quick else (600, 100)
    known = notebook_until("08_efficient_models", "int8_way")
    texts, truth = known["part"]("test", n)
    labels, model, tokenizer = known["labels"], known["model"], known["tokenizer"]
    classify = pipeline("text-classification", model=model, tokenizer=tokenizer, device="cpu")

    def by_pipeline(given: list[str]) -> np.ndarray:
        answers = [labels.index(answer["label"]) for answer in classify(given)]
        return np.eye(len(labels))[answers]

    answers = {
        INT8: known["int8_way"],
        PADDED: known["padded_way"],
        SORTED: known["sorted_way"],
        PIPELINE: by_pipeline,
    }
    arms = {name: lambda a=a: timed(a, texts, texts[:single]) for name, a in answers.items()}
    table = alternate(arms, rounds)
    right = {name: answers[name](texts).argmax(1) == truth for name in (INT8, SORTED)}
    gained = points_gained(right[INT8][None], right[SORTED][None])
    rows = [(0, name, "accuracy", r.mean()) for name, r in right.items()]
    rows += [(0, SORTED, *pair) for pair in gained.items()]
    return pd.concat([table, pd.DataFrame(rows, columns=table.columns)], ignore_index=True)


def claims(table: pd.DataFrame) -> list[Claim]:
    """Return throughput, latency and accuracy of int8 against the others, and their own."""
    result = [
        claim(f"throughput of int8 over {arm}", ratio(table, "texts/s", INT8, arm), "×", goal)
        for arm, goal in GOALS.items()
    ]
    for what in ("p50 (ms)", "p95 (ms)"):
        for arm in GOALS:
            faster = ratio(table, what, arm, INT8)
            result.append(claim(f"latency {what[:3]} of {arm} over int8", faster, "×"))
    result.append(points_claim("accuracy gained by int8 over float32", table, SORTED, -1.0))
    for arm in (INT8, *GOALS):
        result.append(claim(f"{arm}: texts/s", values(table, "texts/s", arm), ""))
        for what in ("p50", "p95"):
            result.append(claim(f"{arm}: {what}", values(table, f"{what} (ms)", arm), "ms"))
    return result


def figure(table: pd.DataFrame) -> Figure:
    """Draw throughput and latency by arm."""
    drawn, axes = plt.subplots(1, 2, figsize=(11, 3.2), sharey=True, layout="constrained")
    spread = SPREAD | {"order": [INT8, *GOALS]}
    rates = table[table["quantity"] == "texts/s"]
    sns.barplot(rates, x="value", y="arm", ax=axes[0], color=sns.color_palette()[0], **spread)
    axes[0].set(xlabel="texts a second, more is better", ylabel="", title="Throughput")
    times = table[table["quantity"].str.startswith("p") & table["quantity"].str.endswith("(ms)")]
    sns.barplot(times, x="value", y="arm", hue="quantity", ax=axes[1], **spread)
    axes[1].set(xlabel="milliseconds, less is better", title="Latency of one text")
    axes[1].get_legend().set_title(None)
    return drawn

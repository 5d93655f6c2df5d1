"""How time and memory grow: attention, training, tokenization and sweeps, each with a fitted curve.

A power of the size is fitted as a straight line through logarithms: its slope is the exponent.
What has a fixed cost and a cost for each example is fitted as a straight line. Intervals are the
95 % intervals of least squares. Each curve has a process of its own, tokenization one for each
size, so that no peak of memory is another's.

Memory is what Linux counts: the high-water mark of the process over what it held before.
"""

import ctypes
import itertools
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from measure import Claim, alternate
from scipy import stats

from shared import ROOT

HEADS, WIDTH = 12, 32  # of the embedded encoder
FLAT = 1.1  # goal: so many times the memory for a hundred times the lines


class Curve(NamedTuple):
    """What is fitted: values of an arm against its sizes, from a size on where fixed costs pass."""

    arm: str
    what: str
    power: bool
    start: int = 0


# Attention's time is fitted from 1,024 tokens on: beyond 32 MiB a matrix is taken from the system
# anew each time, and page faults weigh; below it is not. That step is no matter of the exponent.
PANELS = {  # title: what the size is, and the curves
    "Attention time": ("tokens", [Curve(a, "s", True, 1024) for a in ("explicit", "fused")]),
    "Attention memory": ("tokens", [Curve(a, "MiB", True, 512) for a in ("explicit", "fused")]),
    "Training time": ("examples", [Curve("fine_tune", "s", False)]),
    "Tokenization time": ("lines", [Curve("streamed", "s", True, 10**4)]),
    "Tokenization memory": ("lines", [Curve("streamed", "MiB", True, 10**4)]),
    "Sweep time": ("trials", [Curve(a, "s", False) for a in ("planned only", "run")]),
}


def alone(function: Callable[..., Any], *given: object) -> Any:  # noqa: ANN401
    """Call a function in a fresh process, whose memory and threads are its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *given).result()


def peak_of(function: Callable[[], object]) -> tuple[float, float]:
    """Call a function; return the peak of memory in MiB, and how much was held before."""

    def read(name: str) -> float:
        return int(re.search(rf"{name}:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 2**10

    ctypes.CDLL(None).malloc_trim(0)  # what is free goes back, so that to take it again shows
    Path("/proc/self/clear_refs").write_text("5")  # the high-water mark begins anew
    before = read("VmRSS")
    function()
    return read("VmHWM"), before


def attention(kind: str, lengths: Sequence[int]) -> dict[str, float]:
    """Return the seconds and MiB of one layer's attention on one text of each length."""
    import torch

    def explicit(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        return (q @ k.transpose(-2, -1) / math.sqrt(WIDTH)).softmax(-1) @ v

    attend = {"explicit": explicit, "fused": torch.nn.functional.scaled_dot_product_attention}[kind]
    result = {}
    with torch.inference_mode():
        attend(*torch.randn(3, 1, HEADS, 16, WIDTH))
        for length in lengths:
            inputs = torch.randn(3, 1, HEADS, length, WIDTH)
            peak, before = peak_of(lambda given=inputs: attend(*given))
            result[f"{length}: MiB"] = peak - before
            taken, stop = [], time.perf_counter() + 0.3
            while len(taken) < 3 or time.perf_counter() < stop:
                start = time.perf_counter()
                attend(*inputs)
                taken.append(time.perf_counter() - start)
            result[f"{length}: s"] = statistics.median(taken)
    return result


def training(sizes: Sequence[int]) -> dict[str, float]:
    """Return the seconds of `fine_tune` on so many examples, with 256 to validate and to test."""
    from shared import data
    from shared.classification import fine_tune
    from shared.recipes import RECIPES

    splits, result = data.load("movies"), {}
    splits["test"] = data.subset(splits["test"], 256)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["COURSE_RUNS"] = folder  # nothing is found ready-made
        for size in (32, *sizes):  # the first one warms up
            start = time.perf_counter()
            fine_tune(splits, replace(RECIPES["quick"], train_examples=size), keep_model=False)
            result[f"{size}: s"] = time.perf_counter() - start
    del result["32: s"]
    return result


def tokenization(lines: int) -> dict[str, float]:
    """Return the seconds and MiB for a text file of so many lines, streamed in batches."""
    from datasets import load_dataset

    from shared import data
    from shared.models import load_tokenizer

    tokenizer, texts = load_tokenizer(), data.load("movies")["train"]["text"][:]
    tokenizer(texts[:1000])  # warms up
    with tempfile.TemporaryDirectory() as folder:
        path, taken = Path(folder) / "corpus.txt", []
        with path.open("w") as file:
            file.writelines(f"{text}\n" for text in itertools.islice(itertools.cycle(texts), lines))

        def stream() -> None:
            start = time.perf_counter()
            # Read in pieces of 1 MB: the default, 10 MB, is more than 10,000 lines have.
            given = {"data_files": str(path), "chunksize": 2**20}
            rows = load_dataset("text", split="train", streaming=True, **given)
            encoded = rows.map(lambda b: dict(tokenizer(b["text"])), batched=True)
            assert sum(1 for _ in encoded) == lines
            taken.append(time.perf_counter() - start)

        peak, before = peak_of(stream)
    return {f"{lines}: s": taken[0], f"{lines}: MiB": peak - before, f"{lines}: whole": peak}


def sweep(trials: int, *options: str) -> dict[str, float]:
    """Return the seconds of a sweep of so many trials that compute nothing."""
    v4 = nbformat.v4
    cells = [
        v4.new_code_cell("seed: int = 0", metadata={"tags": ["parameters"]}),
        v4.new_code_cell(
            "from IPython.display import JSON\nJSON({'seed': seed})", metadata={"tags": ["metrics"]}
        ),
    ]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    with tempfile.TemporaryDirectory() as folder:
        notebook, table = Path(folder) / "nothing.ipynb", Path(folder) / "nothing.tsv"
        nbformat.write(v4.new_notebook(cells=cells, metadata={"kernelspec": spec}), notebook)
        table.write_text(f"notebook\tseeds\n{notebook}\t0-{trials - 1}\n")
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "workflow/sweeps.py", str(table), *options],
            cwd=ROOT, env=os.environ | {"COURSE_RUNS": folder}, capture_output=True, text=True,
        )  # fmt: skip
        taken = time.perf_counter() - start
    expected = f"{0 if options else trials} of {trials} trials"
    if expected not in done.stdout:
        raise RuntimeError(f"{done.stdout}{done.stderr}")
    return {f"{trials}: s": taken}


def merged(function: Callable[..., dict], sizes: Sequence[int], *options: str) -> dict[str, float]:
    """Return what a function gives for all sizes."""
    return {name: value for n in sizes for name, value in function(n, *options).items()}


def measure(rounds: int, quick: bool) -> pd.DataFrame:
    """Measure what takes seconds three times at most, and what takes minutes once."""
    lengths, examples = [128, 256, 512, 1024, 2048, 4096], [200, 400, 800, 1600, 3200]
    lines, planned = [10**3, 10**4, 30_000, 10**5, 300_000, 10**6], [10, 100, 1000, 10**4]
    run = [4, 8, 16]
    if quick:
        lengths, examples, lines = lengths[2:], [48, 64, 80], [10**4, 20_000, 40_000]
        planned, run = [10, 20, 100], [1, 2, 3]
    short = {
        "explicit": lambda: alone(attention, "explicit", lengths),
        "fused": lambda: alone(attention, "fused", lengths),
        "planned only": lambda: merged(sweep, planned, "--dry-run"),
    }
    long = {
        "fine_tune": lambda: alone(training, examples),
        "streamed": lambda: merged(lambda n: alone(tokenization, n), lines),
        "run": lambda: merged(sweep, run),
    }
    return pd.concat([alternate(short, min(rounds, 3)), alternate(long, 1)], ignore_index=True)


def points_of(table: pd.DataFrame, arm: str, what: str) -> pd.DataFrame:
    """Return the sizes and values of one curve."""
    rows = table[table["arm"] == arm]
    parts = rows["quantity"].str.split(": ", expand=True)
    points = pd.DataFrame({"size": parts[0].astype(int), "value": rows["value"]})
    return points[parts[1] == what]


def fit(table: pd.DataFrame, curve: Curve) -> tuple[Any, float]:
    """Return the fitted line, and how many standard errors half an interval is."""
    points = points_of(table, curve.arm, curve.what).query(f"size >= {curve.start}")
    line = stats.linregress(*(np.log(points) if curve.power else points).to_numpy().T)
    return line, stats.t.ppf(0.975, len(points) - 2)


def claims(table: pd.DataFrame) -> list[Claim]:
    """Return the exponents, the costs of one more, and what a long text or corpus takes."""
    result = []
    for title, (_, curves) in PANELS.items():
        for curve in curves:
            line, width = fit(table, curve)
            found = [("exponent", line.slope, line.stderr, "")]
            if not curve.power:
                found = [
                    ("for one more", 1000 * line.slope, 1000 * line.stderr, "ms"),
                    ("fixed", line.intercept, line.intercept_stderr, "s"),
                ]
            for what, value, error, unit in found:
                name, half = f"{title}, {curve.arm}: {what}", width * error
                result.append(Claim(name, value, value - half, value + half, unit))
    for what, name in (("s", "time"), ("MiB", "memory")):
        pair = [points_of(table, a, what).groupby("size")["value"] for a in ("explicit", "fused")]
        ratios = [pair[0].median() / pair[1].median(), pair[0].min() / pair[1].max()]
        ratios.append(pair[0].max() / pair[1].min())
        name = f"Attention {name}, {ratios[0].index[-1]} tokens: explicit over fused"
        result.append(Claim(name, *(ratio.iloc[-1] for ratio in ratios), "×"))
    whole = points_of(table, "streamed", "whole").set_index("size")["value"]
    ratio = whole.iloc[-1] / whole[10**4]
    name = f"Tokenization: peak of memory at {whole.index[-1]} lines over that at {10**4}"
    return [*result, Claim(name, ratio, ratio, ratio, "×", FLAT, False)]


def figure(table: pd.DataFrame) -> Figure:
    """Draw each curve's points and its fitted line."""
    drawn, axes = plt.subplots(2, 3, figsize=(12, 7), layout="constrained")
    for axis, (title, (size, curves)) in zip(axes.flat, PANELS.items(), strict=True):
        for curve in curves:
            points = points_of(table, curve.arm, curve.what)
            (dots,) = axis.plot(points["size"], points["value"], "o", markersize=4)
            line, _ = fit(table, curve)
            x = np.geomspace(max(curve.start, points["size"].min()), points["size"].max())
            y, label = line.intercept + line.slope * x, f"{line.slope:.2g} s for one more"
            if curve.power:
                y, label = np.exp(line.intercept) * x**line.slope, f"{size}^{line.slope:.2f}"
            axis.plot(x, y, color=dots.get_color(), label=f"{curve.arm}: {label}")
        axis.set(title=title, xlabel=size, ylabel=curves[0].what)
        if title != "Training time":
            axis.set(xscale="log", yscale="linear" if title == "Tokenization memory" else "log")
            if size == "tokens":
                axis.set_xticks(points["size"], points["size"])
            axis.minorticks_off()
        if axis.get_yscale() == "linear":
            axis.set_ylim(bottom=0)
        axis.legend(fontsize="x-small")
    return drawn
